#include "api.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::mailerlite {

using namespace std::string_view_literals;

const MailerLiteApi::Step* MailerLiteApi::step_of(std::string_view name) {
  using A = MailerLiteApi;
  static constexpr std::array k_steps{
      Step{"campaigns"sv, &A::ask_campaigns, &A::read_campaigns},
      Step{"recipients"sv, &A::ask_recipients, &A::read_recipients, 404},
      Step{"subscribers"sv, &A::ask_subscribers, &A::read_subscribers},
      Step{"groups"sv, &A::ask_groups, &A::read_groups},
      Step{"members"sv, &A::ask_members, &A::read_members},
      Step{"people"sv, &A::ask_subscribers, &A::read_members},
      Step{"person"sv, &A::ask_person, &A::read_person, 404},
      Step{"fields"sv, &A::ask_fields, &A::read_fields},
      Step{"new-group"sv, &A::ask_new_group, &A::read_new_group},
      Step{"import"sv, &A::ask_import, &A::read_import},
      Step{"import-state"sv, &A::ask_import_state, &A::read_import},
      Step{"batch"sv, &A::ask_batch, &A::read_batch},
      Step{"key"sv, &A::ask_key, &A::read_key},
  };
  const auto* found = std::find_if(k_steps.begin(), k_steps.end(),
                                   [name](const Step& step) { return step.name == name; });
  return found == k_steps.end() ? nullptr : found;
}

MailerLiteApi::MailerLiteApi(const ApiAccount& account)
    : m_base(base_url(account, "https://connect.mailerlite.com/api")),
      m_key(account.secret("api_key")), m_zone(account.zone), m_zone_given(account.zone_given) {}

InputFacts MailerLiteApi::facts() const {
  InputFacts facts;
  facts.zone = m_zone;
  facts.zone_given = m_zone_given;
  return facts;
}

HttpRequest MailerLiteApi::request(const ApiTask& task) const {
  const auto* step = step_of(task.step);
  if (step == nullptr) {
    return get_request(m_base);
  }
  auto request = (this->*step->ask)(task);
  request.url = m_base + request.url;
  request.headers.emplace_back("Authorization", bearer_authorization(m_key));
  return request;
}

Result<void> MailerLiteApi::read(const ApiTask& task, const HttpResponse& answer,
                                 ApiSink& sink) const {
  const auto* step = step_of(task.step);
  return step == nullptr ? Result<void>(Error{ErrorCode::unsupported, "no such step: " + task.step})
                         : (this->*step->read)(task, answer, sink);
}

bool MailerLiteApi::understands(const ApiTask& task, int status) const {
  const auto* step = step_of(task.step);
  return step != nullptr && step->also == status;
}

/// {"message":"The given data was invalid.","errors":{"email":["…"]}}
std::string MailerLiteApi::problem(const HttpResponse& answer) const {
  const auto json = read_json(answer);
  if (!json) {
    return {};
  }
  std::string out(text_of((*json)["message"]));
  each_member((*json)["errors"], [&out](std::string_view name, const Json& words) {
    for (const auto word : texts_of(words)) {
      out.append(" (").append(name).append(": ").append(word).append(")");
    }
  });
  return out;
}

namespace {

ApiTask at_place(const ApiTask& task, std::string place) {
  auto more = task;
  more.place = std::move(place);
  more.calls = std::max(1.0, task.calls - 1);
  return more;
}

} // namespace

std::optional<ApiTask> next_page(const ApiTask& task, const JsonAnswer& answer) {
  const auto current = count_of(answer["meta"]["current_page"]);
  const auto last = count_of(answer["meta"]["last_page"]);
  if (!current || !last || *current >= *last) {
    return std::nullopt;
  }
  return at_place(task, std::to_string(*current + 1));
}

std::optional<ApiTask> next_cursor(const ApiTask& task, const JsonAnswer& answer) {
  const auto cursor = text_of(answer["meta"]["next_cursor"]);
  if (cursor.empty() || cursor == task.place) {
    return std::nullopt;
  }
  return at_place(task, std::string(cursor));
}

std::vector<ApiTask> MailerLiteApi::check() const {
  return {{.step = "key"}};
}

HttpRequest MailerLiteApi::ask_key(const ApiTask&) const {
  return get_request("/subscribers?limit=0");
}

/// {"total":1234}
Result<void> MailerLiteApi::read_key(const ApiTask&, const HttpResponse& answer,
                                     ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  const auto total = count_of(json["total"]);
  sink.fact("key", total ? std::to_string(*total) + " subscribers" : std::string("good"), true);
  if (const auto left = parse_int(answer.header("X-RateLimit-Remaining"))) {
    sink.fact("calls left this minute", std::to_string(*left), *left > 0);
  }
  return {};
}

Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) {
  if (account.secret("api_key").empty()) {
    return Error{ErrorCode::usage,
                 "MailerLite needs an API token, such as api_key = { env = "
                 "\"MAILERLITE_API_KEY\" } (Integrations > API; of the new platform)"};
  }
  return std::make_unique<MailerLiteApi>(account);
}

} // namespace mailfunnel::mailerlite
