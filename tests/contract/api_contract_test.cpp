// What the API of every adapter that has one must keep to: it calls nobody but the hosts that it
// names, its tasks can be saved, it survives any answer, and no request of a push sets a
// subscription.

#include "adapter/api.hpp"
#include "adapter/registry.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace mailfunnel;

namespace {

const AdapterRegistry& registry() {
  static const AdapterRegistry k_registry = builtin_adapters();
  return k_registry;
}

/// An account with everything that the adapter asks for.
std::unique_ptr<Api> api_of(const Adapter& adapter) {
  ApiAccount account;
  account.list = "77";
  account.zone_given = true;
  for (const auto& key : adapter.account_keys()) {
    if (key.secret) {
      account.secrets[std::string(key.name)] = "k3y-us1";
    } else {
      account.settings[std::string(key.name)] = "example.com";
    }
  }
  auto api = adapter.open_api(account);
  if (!api) { // one's own server
    account.base_url = "https://esp.example.com";
    api = adapter.open_api(account);
  }
  REQUIRE_MESSAGE(api.has_value(), (api ? "" : api.error().message));
  return *std::move(api);
}

template<typename Check> void each_api(Check check) {
  for (const auto& entry : registry().all()) {
    if (entry.adapter->has_pull() || entry.adapter->has_push()) {
      CAPTURE(entry.id);
      check(entry.id, *entry.adapter, *api_of(*entry.adapter));
    }
  }
}

class Swallow : public ApiSink, public RecordSink {
public:
  std::vector<ApiTask> tasks;
  RecordSink& records() override { return *this; }
  void next(ApiTask task) override { tasks.push_back(std::move(task)); }
  void mark(std::string_view, std::string_view) override {}
  std::string_view marked(std::string_view) const override { return {}; }
  void totals(const MailingTotals&) override {}
  void note(std::string_view) override {}
  void target(std::string_view) override {}
  void member(const TargetMember&) override {}
  void outcome(std::string_view, const PushOutcome&) override {}
  void unsure() override {}
  void fact(std::string_view, std::string_view, bool) override {}
  void secret(std::string_view, std::string_view) override {}
  Wants wants() const override { return {}; }
  void accept(const EventView&) override {}
  void accept(const RecipientView&) override {}
  void accept(const Campaign&, std::string_view) override {}
  void reject(std::string_view, std::string_view) override {}
};

PushTarget target_of(TargetKind kind) {
  PushTarget target;
  target.kind = kind;
  target.name = "Warm";
  if (kind == TargetKind::fields) {
    target.fields = {"SCORE", "STATUS"};
  }
  return target;
}

PullRequest pull_request() {
  PullRequest request;
  request.now = 1'774'958'400;
  request.since = request.now - 390 * k_day;
  return request;
}

/// All that the adapter asks of itself: where a sync begins, what a push looks at, what it checks.
std::vector<ApiTask> first_tasks(const Api& api) {
  auto tasks = api.pull(pull_request());
  const auto add = [&tasks](std::vector<ApiTask> more) {
    tasks.insert(tasks.end(), more.begin(), more.end());
  };
  add(api.check());
  if (const auto refresh = api.refresh()) {
    tasks.push_back(*refresh);
  }
  const std::vector<std::string> wanted{"ada@example.com", "bob@example.com"};
  for (const auto& info : api.targets()) {
    if (auto look = api.look(target_of(info.kind), wanted)) {
      add(*std::move(look));
    }
    if (auto look = api.look_at_members(target_of(info.kind), wanted)) {
      add(*std::move(look));
    }
    if (auto make = api.create(target_of(info.kind))) {
      add(*std::move(make));
    }
  }
  return tasks;
}

std::vector<MemberChange> changes_of(TargetKind kind, int count) {
  std::vector<MemberChange> out;
  for (int i = 0; i < count; ++i) {
    MemberChange change;
    change.address = "p" + std::to_string(i) + "@example.com";
    change.contact_id = std::to_string(1000 + i);
    if (kind == TargetKind::fields) {
      change.action = MemberChange::Action::set;
      change.fields = {std::to_string(i), "MQL"};
    } else {
      change.action = i % 3 == 0 && kind != TargetKind::suppression ? MemberChange::Action::remove
                                                                    : MemberChange::Action::add;
    }
    out.push_back(std::move(change));
  }
  return out;
}

} // namespace

TEST_CASE("api: requests go to the hosts that it names, and nowhere else") {
  each_api([](const std::string&, const Adapter&, const Api& api) {
    const auto origins = api.origins();
    REQUIRE_FALSE(origins.empty());
    for (const auto& task : first_tasks(api)) {
      CAPTURE(task.step);
      const auto request = api.request(task);
      CAPTURE(request.url);
      const bool known = std::any_of(origins.begin(), origins.end(), [&](const auto& origin) {
        return request.url.starts_with(origin + "/") || request.url == origin;
      });
      CHECK(known);
      CHECK(request.url.starts_with("https://"));
      CHECK_EQ(request.url.find("k3y"), std::string::npos); // secrets go into headers or bodies
    }
  });
}

TEST_CASE("api: a task can be saved and gone on with") {
  each_api([](const std::string&, const Adapter&, const Api& api) {
    for (const auto& task : api.pull(pull_request())) {
      CHECK(task.body.empty()); // bodies are not saved
    }
    for (const auto& task : first_tasks(api)) {
      CAPTURE(task.step);
      auto saved = api_task(to_json(task));
      REQUIRE(saved.has_value());
      saved->body = task.body; // which is not saved
      saved->calls = task.calls;
      CHECK((*saved == task));
    }
  });
}

TEST_CASE("api: whatever is answered is survived") {
  const std::vector<std::string> bodies{
      "",
      "{",
      "null",
      "[]",
      "{}",
      "[1]",
      "\"x\"",
      "<html>502</html>",
      "<?xml version='1.0'?><a>",
      R"({"data":[{"id":1,"attributes":null}],"members":{},"events":[[]],"total":"x"})",
      std::string(100, '['),
      std::string("\xff\xfe\0x", 4)};
  each_api([&](const std::string&, const Adapter&, const Api& api) {
    for (const auto& task : first_tasks(api)) {
      CAPTURE(task.step);
      for (auto body : bodies) {
        CAPTURE(body);
        HttpResponse answer{200, {}, body};
        answer.body.reserve(body.size() + k_padding);
        Swallow sink;
        const auto read = api.read(task, answer, sink); // an error or not, but no crash
        CHECK_LT(sink.tasks.size(), 100);
        answer.status = 500;
        CHECK_LT(api.problem(answer).size(), 10'000);
      }
    }
  });
}

TEST_CASE("api: no request of a push sets a subscription, and each change is in one request") {
  // What would subscribe somebody at some platform; without white space, small letters.
  const std::vector<std::string> never{"\"status\":\"subscribed\"",  "\"status\":\"active\"",
                                       "\"resubscribe\":true",       "<resubscribe>true",
                                       "\"subscribed\":true",        "\"unsubscribed\":false",
                                       "\"state\":\"active\"",       "status_if_new",
                                       "\"emailblacklisted\":false", "\"subscribe\":["};
  each_api([&](const std::string&, const Adapter&, const Api& api) {
    for (const auto& info : api.targets()) {
      CAPTURE(name_of(info.kind));
      const auto changes = changes_of(info.kind, 1203);
      const auto steps = api.change(target_of(info.kind), "t1", changes);
      REQUIRE_MESSAGE(steps.has_value(), (steps ? "" : steps.error().message));
      std::multiset<std::size_t> told;
      for (const auto& step : *steps) {
        told.insert(step.changes.begin(), step.changes.end());
        const auto request = api.request(step.task);
        std::string flat;
        for (const char c : request.body) {
          flat += is_space(c) ? std::string() : std::string(1, ascii_lower(c));
        }
        for (const auto& word : never) {
          CAPTURE(word);
          CHECK_EQ(flat.find(word), std::string::npos);
        }
        CHECK_LE(request.body.size(), std::size_t{8} << 20);
      }
      CHECK_EQ(told.size(), changes.size());
      CHECK_EQ(std::set(told.begin(), told.end()).size(), changes.size());
    }
  });
}
