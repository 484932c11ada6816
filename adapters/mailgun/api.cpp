#include "api.hpp"

#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::mailgun {

using namespace std::string_view_literals;

const MailgunApi::Step* MailgunApi::step_of(std::string_view name) {
  using A = MailgunApi;
  static constexpr std::array k_steps{
      Step{"events"sv, &A::ask_events, &A::read_events},
      Step{"suppressed"sv, &A::ask_suppressed, &A::read_suppressed},
      Step{"lists"sv, &A::ask_lists, &A::read_lists},
      Step{"members"sv, &A::ask_members, &A::read_members},
      Step{"target"sv, &A::ask_target, &A::read_target, 404},
      Step{"target-members"sv, &A::ask_members, &A::read_target_members},
      Step{"people"sv, &A::ask_members, &A::read_people},
      Step{"barred"sv, &A::ask_suppressed, &A::read_barred},
      Step{"new-list"sv, &A::ask_new_list, &A::read_target},
      Step{"add"sv, &A::ask_add, &A::read_add},
      Step{"remove"sv, &A::ask_remove, &A::read_done, 404},
      Step{"member"sv, &A::ask_member, &A::read_member, 404},
      Step{"set"sv, &A::ask_set, &A::read_done},
      Step{"suppress"sv, &A::ask_suppress, &A::read_done},
      Step{"key"sv, &A::ask_key, &A::read_key},
  };
  const auto* found = std::find_if(k_steps.begin(), k_steps.end(),
                                   [name](const Step& step) { return step.name == name; });
  return found == k_steps.end() ? nullptr : found;
}

MailgunApi::MailgunApi(const ApiAccount& account, std::string base)
    : m_base(std::move(base)), m_domain(account.setting("domain")),
      m_key(account.secret("api_key")) {
  m_list = account.list.empty() ? std::string() : list_address(account.list);
}

std::string MailgunApi::of_domain(std::string_view what) const {
  return "/v3/" + percent_encode(m_domain) + "/" + std::string(what);
}

std::string MailgunApi::of_list(std::string_view address, std::string_view what) {
  return "/v3/lists/" + percent_encode(address) + std::string(what);
}

std::string MailgunApi::list_address(std::string_view name) const {
  return lower(name.find('@') == std::string_view::npos ? std::string(name) + "@" + m_domain
                                                        : std::string(name));
}

/// A page's place is its whole URL.
HttpRequest MailgunApi::request(const ApiTask& task) const {
  const auto* step = step_of(task.step);
  if (step == nullptr) {
    return get_request(m_base);
  }
  auto request = (this->*step->ask)(task);
  if (request.url.starts_with('/')) {
    request.url = m_base + request.url;
  }
  request.headers.emplace_back("Authorization", basic_authorization("api", m_key));
  return request;
}

Result<void> MailgunApi::read(const ApiTask& task, const HttpResponse& answer,
                              ApiSink& sink) const {
  const auto* step = step_of(task.step);
  return step == nullptr ? Result<void>(Error{ErrorCode::unsupported, "no such step: " + task.step})
                         : (this->*step->read)(task, answer, sink);
}

bool MailgunApi::understands(const ApiTask& task, int status) const {
  const auto* step = step_of(task.step);
  return step != nullptr && step->also == status;
}

/// Of a list by pages, whose URLs are Mailgun's own.
std::optional<ApiTask> MailgunApi::restart(const ApiTask& task) const {
  if (!task.place.starts_with("http")) {
    return std::nullopt;
  }
  auto first = task;
  first.place.clear();
  return first;
}

/// {"message":"…"}, or a word of text.
std::string MailgunApi::problem(const HttpResponse& answer) const {
  const auto json = read_json(answer);
  return json ? std::string(text_of((*json)["message"])) : std::string();
}

std::optional<ApiTask> next_url(const ApiTask& task, const JsonAnswer& answer, std::size_t enough) {
  simdjson::dom::array items;
  const auto rows = answer["items"].get_array().get(items) == simdjson::SUCCESS ? items.size() : 0;
  const auto url = text_of(answer["paging"]["next"]);
  if (rows == 0 || rows < enough || url.empty() || url == task.place) {
    return std::nullopt;
  }
  auto more = task;
  more.place = url;
  more.calls = std::max(1.0, task.calls - 1);
  return more;
}

std::vector<ApiTask> MailgunApi::check() const {
  std::vector<ApiTask> tasks{{.step = "key"}};
  if (!m_list.empty()) {
    tasks.push_back({.step = "key", .campaign = m_list});
  }
  return tasks;
}

HttpRequest MailgunApi::ask_key(const ApiTask& task) const {
  return get_request(task.campaign.empty() ? of_domain("events") + "?limit=1"
                                           : of_list(task.campaign, ""));
}

Result<void> MailgunApi::read_key(const ApiTask& task, const HttpResponse& answer,
                                  ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  if (task.campaign.empty()) {
    MF_CHECK(need_list(json["items"], "items"));
    sink.fact("key and domain", m_domain, true);
  } else {
    sink.fact("mailing list",
              scalar_text(json["list"]["members_count"]) + " members in " + task.campaign,
              is_there(json["list"]["address"]));
  }
  return {};
}

Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) {
  if (account.secret("api_key").empty() || account.setting("domain").empty()) {
    return Error{ErrorCode::usage,
                 "Mailgun needs an API key and the domain that sends: api_key = { env = "
                 "\"MAILGUN_API_KEY\" } and domain = \"mg.example.com\" (in the EU also base_url = "
                 "\"https://api.eu.mailgun.net\")"};
  }
  auto base = base_url(account, "https://api.mailgun.net");
  if (base.ends_with("/v3")) {
    base.resize(base.size() - std::string_view("/v3").size());
  }
  return std::make_unique<MailgunApi>(account, std::move(base));
}

} // namespace mailfunnel::mailgun
