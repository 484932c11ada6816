#pragma once
// A platform in memory, with an adapter for its API: mailings, their events, contacts with
// subscriptions, one target. Faults can be put between any request and its answer.

#include "adapter/api_request.hpp"
#include "adapter/registry.hpp"
#include "app/api_connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace mailfunnel::toy {

constexpr std::size_t k_page = 3, k_batch = 5;

struct Event {
  std::string kind, address;
  Seconds time = 0;
};
struct Mailing {
  std::string id;
  Seconds sent = 0;
  std::vector<Event> events;
  std::string name{};
};
struct Contact {
  Subscription subscription = Subscription::subscribed;
  bool in_target = false;
  std::vector<std::string> fields{"", ""};
};

/// What becomes of one request.
enum class Fault { none, unreachable, server_error, cut_json, lost_reply, refused_key, forbidden };

struct Platform {
  std::vector<Mailing> mailings; // newest first
  std::map<std::string, Contact> contacts;
  bool target_there = false;
  std::string token;         // that it takes; empty: whatever comes
  bool gives_tokens = false; // new ones: "t1", "t2", …
  unsigned given_tokens = 0;
  bool refuses_with_200 = false;
  bool tells_asked_only = false; // of fields: those who are asked for, of all contacts
  std::function<int()> job;      // changes are carried out by a job: the status of a look at it

  std::function<Fault(std::uint64_t request, const HttpRequest&)> fault;
  std::uint64_t requests = 0, changes = 0;
  std::vector<std::string> log;                         // method and path
  std::vector<std::string> wrongs;                      // what must never be asked for
  std::function<bool(const std::string&)> must_not_add; // who is suppressed now

  HttpResponse answer(const HttpRequest& request);

private:
  std::string list(std::string_view name, std::size_t total, std::size_t offset,
                   const std::function<std::string(std::size_t)>& row) const;
  HttpResponse change(const HttpRequest& request);
};

inline std::string query_of(std::string_view url, std::string_view name) {
  const auto at = url.find(std::string(name) + "=");
  const auto from = at == std::string_view::npos ? url.size() : at + name.size() + 1;
  return std::string(url.substr(from, url.find('&', from) - from));
}

inline std::string Platform::list(std::string_view name, std::size_t total, std::size_t offset,
                                  const std::function<std::string(std::size_t)>& row) const {
  std::string out = fmt::format("{{\"{}\":[", name);
  for (auto i = offset; i < std::min(total, offset + k_page); ++i) {
    out += (i == offset ? "" : ",") + row(i);
  }
  return out + fmt::format("],\"total\":{}}}", total);
}

inline HttpResponse Platform::answer(const HttpRequest& request) {
  const auto path = request.url.substr(std::string("https://toy.example").size());
  log.push_back(request.method + " " + path.substr(0, path.find('?')));
  const auto offset = static_cast<std::size_t>(parse_int(query_of(path, "offset")).value_or(0));
  HttpResponse out{200, {}, ""};
  if (path == "/token") {
    if (!gives_tokens) {
      return {400, {}, "no"};
    }
    token = fmt::format("t{}", ++given_tokens);
    out.body = fmt::format(R"({{"token":"{}"}})", token);
  } else if (!token.empty() && request.header("Authorization") != token) {
    return refuses_with_200 ? HttpResponse{200, {}, R"({"over":true})"}
                            : HttpResponse{401, {}, "who?"};
  } else if (path.starts_with("/mailings")) {
    out.body = list("mailings", mailings.size(), offset, [&](std::size_t i) {
      return fmt::format(R"({{"id":"{}","sent":{},"events":{},"name":"{}"}})", mailings[i].id,
                         mailings[i].sent, mailings[i].events.size(), mailings[i].name);
    });
  } else if (path.starts_with("/events")) {
    const auto id = query_of(path, "mailing");
    const auto found = std::find_if(mailings.begin(), mailings.end(),
                                    [&](const Mailing& one) { return one.id == id; });
    out.body = list("events", found->events.size(), offset, [&](std::size_t i) {
      const auto& event = found->events[i];
      return fmt::format(R"({{"kind":"{}","address":"{}","time":{}}})", event.kind, event.address,
                         event.time);
    });
  } else if (path.starts_with("/members")) {
    std::vector<std::pair<std::string, Contact>> rows(contacts.begin(), contacts.end());
    if (const auto only = query_of(path, "only"); tells_asked_only && !only.empty()) {
      std::erase_if(rows,
                    [&](const auto& row) { return only.find(row.first) == std::string::npos; });
    }
    out.body = list("members", rows.size(), offset, [&](std::size_t i) {
      const auto& [address, contact] = rows[i];
      return fmt::format(R"({{"address":"{}","status":"{}","in":{},"fields":["{}","{}"]}})",
                         address, name_of(contact.subscription), contact.in_target,
                         contact.fields[0], contact.fields[1]);
    });
  } else if (path == "/target" && request.method == "GET") {
    out.body = fmt::format(R"({{"there":{}}})", target_there);
  } else if (path == "/target") {
    target_there = true;
    out.body = R"({"there":true})";
  } else if (path == "/job") {
    out = {job(), {}, R"({"done":true})"};
  } else if (path == "/change") {
    return change(request);
  } else {
    out.status = 404;
  }
  return out;
}

inline HttpResponse Platform::change(const HttpRequest& request) {
  HttpResponse given{200, {}, request.body};
  given.body.reserve(given.body.size() + k_padding);
  const auto body = read_json(given);
  std::string refused;
  const auto each = [&](std::string_view list,
                        const std::function<void(Contact&, const Json&)>& take) {
    each_element((*body)[list], [&](const Json& row) {
      const std::string address(text_of(row["address"]));
      const auto found = contacts.find(address);
      if (found == contacts.end()) {
        refused += fmt::format(R"({}{{"address":"{}","why":"no such contact"}})",
                               refused.empty() ? "" : ",", address);
        return;
      }
      take(found->second, row);
      ++changes;
      bool raises = list == "add"; // or marks for mails: whose fields are emptied is not
      each_element(row["fields"],
                   [&](const Json& value) { raises = raises || !text_of(value).empty(); });
      if (raises && must_not_add && must_not_add(address)) {
        wrongs.push_back(address + " is suppressed");
      }
    });
  };
  each("add", [](Contact& contact, const Json&) { contact.in_target = true; });
  each("remove", [](Contact& contact, const Json&) { contact.in_target = false; });
  each("set", [](Contact& contact, const Json& row) {
    contact.fields.clear();
    each_element(row["fields"],
                 [&](const Json& value) { contact.fields.emplace_back(text_of(value)); });
  });
  return {200, {}, job ? R"({"job":"j"})" : "{\"refused\":[" + refused + "]}"};
}

class Sender : public HttpSender {
public:
  explicit Sender(Platform& platform) : m_platform(platform) {}
  std::future<Result<HttpResponse>> start(HttpRequest request) override {
    std::promise<Result<HttpResponse>> promise;
    promise.set_value(answer(request));
    return promise.get_future();
  }

private:
  Result<HttpResponse> answer(const HttpRequest& request) {
    const auto number = m_platform.requests++;
    const auto fault = m_platform.fault ? m_platform.fault(number, request) : Fault::none;
    if (fault == Fault::unreachable) {
      return Error{ErrorCode::unreachable, "no connection"};
    }
    if (fault == Fault::server_error) {
      return HttpResponse{500, {}, "oh"};
    }
    if (fault == Fault::refused_key) {
      return HttpResponse{401, {}, "who?"};
    }
    if (fault == Fault::forbidden) {
      return HttpResponse{403, {}, "no"};
    }
    auto out = m_platform.answer(request);
    if (fault == Fault::lost_reply) {
      return Error{ErrorCode::unanswered, "the connection broke"};
    }
    if (fault == Fault::cut_json) {
      out.body.resize(out.body.size() / 2);
    }
    out.body.reserve(out.body.size() + k_padding);
    return out;
  }
  Platform& m_platform;
};

class ToyApi : public Api {
public:
  explicit ToyApi(std::string token = {}) : m_token(std::move(token)) {}
  ApiLimits limits() const override { return {.connections = 2}; }
  std::vector<std::string> origins() const override { return {"https://toy.example"}; }
  std::optional<ApiTask> refresh() const override { return ApiTask{.step = "token"}; }
  HttpRequest request(const ApiTask& task) const override {
    auto out = without_token(task);
    if (task.step != "token") {
      out.headers.emplace_back("Authorization", m_token);
    }
    return out;
  }
  Result<void> read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const override {
    MF_TRY(json, read_json(answer));
    if (is_true(json["over"])) {
      return Error{ErrorCode::unauthorized, "the token is over"};
    }
    if (task.step == "token") {
      sink.secret("token", text_of(json["token"]));
      return {};
    }
    if (task.step == "target" || task.step == "make") {
      if (is_true(json["there"])) {
        sink.target("t");
      }
      return {};
    }
    if (task.step == "job") {
      return {};
    }
    if (task.step == "change" && !text_of(json["job"]).empty()) {
      sink.next({.step = "job", .wait = 1});
      return {};
    }
    if (task.step == "change") {
      MF_CHECK(need_list(json["refused"], "refused"));
      each_element(json["refused"], [&](const Json& row) {
        sink.outcome(text_of(row["address"]),
                     {PushOutcome::State::refused, std::string(text_of(row["why"]))});
      });
      return {};
    }
    MF_CHECK(need_list(json[task.step], task.step));
    std::size_t rows = 0;
    each_element(json[task.step], [&](const Json& row) {
      ++rows;
      read_row(task, row, sink);
    });
    if (auto more = next_offset(task, rows, k_page, count_of(json["total"]))) {
      sink.next(std::move(*more));
    }
    return {};
  }

  bool can_pull() const override { return true; }
  bool discovers(const ApiTask& task) const override { return task.step == "mailings"; }
  std::vector<ApiTask> pull(const PullRequest& request) const override {
    return {{.step = "mailings", .until = request.now, .rank = 1'000'000'000'000}};
  }
  std::vector<TargetInfo> targets() const override {
    return {{TargetKind::tag, "a tag", true},
            {TargetKind::fields, "fields", false},
            {TargetKind::suppression, "the suppression list", false}};
  }
  Result<std::vector<ApiTask>> look(const PushTarget& target,
                                    std::span<const std::string> wanted) const override {
    ApiTask members{.step = "members", .memo = std::string(name_of(target.kind))};
    if (target.kind == TargetKind::fields) {
      members.campaign = join({wanted.begin(), wanted.end()}, ",");
    }
    return std::vector<ApiTask>{{.step = "target"}, std::move(members)};
  }
  Result<std::vector<ApiTask>> create(const PushTarget&) const override {
    ApiTask make{.step = "make"};
    make.body = "{}";
    return std::vector<ApiTask>{make};
  }
  Result<std::vector<PushStep>> change(const PushTarget&, std::string_view,
                                       std::span<const MemberChange> changes) const override {
    std::vector<std::size_t> all(changes.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i] = i;
    }
    return in_batches(all, k_batch, [&](const std::vector<std::size_t>& some) {
      constexpr std::string_view k_lists[] = {"add", "remove", "set"};
      std::string lists[3];
      for (const auto i : some) {
        const auto& change = changes[i];
        auto& list = lists[static_cast<int>(change.action)];
        list += (list.empty() ? "" : ",") + ("{\"address\":" + json_string(change.address));
        if (change.action == MemberChange::Action::set) {
          list += ",\"fields\":[" + json_string(change.fields.at(0)) + "," +
                  json_string(change.fields.at(1)) + "]";
        }
        list += "}";
      }
      ApiTask task{.step = "change"};
      for (int i = 0; i < 3; ++i) {
        task.body += fmt::format("{}\"{}\":[{}]", i == 0 ? "{" : ",", k_lists[i], lists[i]);
      }
      task.body += "}";
      return task;
    });
  }

private:
  static HttpRequest without_token(const ApiTask& task) {
    const std::string base = "https://toy.example";
    const auto offset = task.place.empty() ? "0" : task.place;
    if (task.step == "mailings" || task.step == "members") {
      return get_request(base + "/" + task.step + "?offset=" + offset + "&only=" + task.campaign);
    }
    if (task.step == "events") {
      return get_request(base + "/events?mailing=" + task.campaign + "&offset=" + offset);
    }
    if (task.step == "target") {
      return get_request(base + "/target");
    }
    if (task.step == "token" || task.step == "job") {
      return get_request(base + "/" + task.step);
    }
    return json_request("POST", base + "/" + (task.step == "make" ? "target" : "change"),
                        task.body);
  }
  static void read_row(const ApiTask& task, const Json& row, ApiSink& sink) {
    if (task.step == "mailings") {
      const std::string id(text_of(row["id"]));
      const auto events = std::to_string(count_of(row["events"]).value_or(0));
      const auto sent = static_cast<std::int64_t>(count_of(row["sent"]).value_or(0));
      Campaign campaign;
      campaign.id = id;
      campaign.sent_at = sent;
      campaign.name = text_of(row["name"]);
      sink.records().accept(campaign, {});
      MailingTotals totals;
      totals.campaign = id;
      totals.opens = count_of(row["events"]);
      sink.totals(totals);
      if (sink.marked("events/" + id) != events) {
        sink.mark("events/" + id, events);
        sink.next({.step = "events", .campaign = id, .rank = sent, .calls = 2});
      }
    } else if (task.step == "events") {
      EventView event;
      event.kind = *event_kind(text_of(row["kind"]));
      event.native = text_of(row["kind"]);
      event.campaign = task.campaign;
      event.address = text_of(row["address"]);
      event.time.seconds = static_cast<Seconds>(count_of(row["time"]).value_or(0));
      if (event.kind == EventKind::bounce) {
        event.bounce.klass = BounceClass::hard;
      }
      if (event.kind == EventKind::click) {
        event.link = "https://shop.example/pricing";
      }
      sink.records().accept(event);
    } else {
      TargetMember member;
      member.address = text_of(row["address"]);
      member.subscription = subscription(text_of(row["status"])).value_or(Subscription::unknown);
      member.in_target = task.memo == "fields" || is_true(row["in"]);
      if (task.memo == "fields") {
        each_element(row["fields"],
                     [&](const Json& value) { member.fields.emplace_back(text_of(value)); });
      }
      sink.member(member);
    }
  }

  std::string m_token;
};

class ToyAdapter : public Adapter {
public:
  std::string_view title() const override { return "Toy"; }
  Capabilities capabilities() const override { return {.delivery_events = true}; }
  std::vector<FormatInfo> formats() const override { return {}; }
  std::unique_ptr<LogReader> open_log(std::string_view, const LogContext&) const override {
    return nullptr;
  }
  bool has_pull() const override { return true; }
  bool has_push() const override { return true; }
  Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) const override {
    return std::make_unique<ToyApi>(std::string(account.secret("token")));
  }
};

inline ConnectionSettings settings_for(Platform& platform) {
  ConnectionSettings settings;
  settings.sender = [&platform](const Api&, const ApiAccount&, double) {
    return std::make_unique<Sender>(platform);
  };
  return settings;
}

} // namespace mailfunnel::toy
