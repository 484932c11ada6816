#include "api.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::activecampaign {

using namespace std::string_view_literals;

const ActiveCampaignApi::Step* ActiveCampaignApi::step_of(std::string_view name) {
  using A = ActiveCampaignApi;
  static constexpr std::array k_steps{
      Step{"campaigns"sv, &A::ask_campaigns, &A::read_campaigns},
      Step{"mails"sv, &A::ask_mails, &A::read_mails},
      Step{"opens"sv, &A::ask_report, &A::read_report},
      Step{"clicks"sv, &A::ask_report, &A::read_report},
      Step{"bounces"sv, &A::ask_report, &A::read_report},
      Step{"unsubscribes"sv, &A::ask_report, &A::read_report},
      Step{"messages"sv, &A::ask_messages, &A::read_messages},
      Step{"message"sv, &A::ask_message, &A::read_message, 404},
      Step{"field-names"sv, &A::ask_field_names, &A::read_field_names},
      Step{"contacts"sv, &A::ask_contacts, &A::read_contacts},
      Step{"tags"sv, &A::ask_tags, &A::read_tags},
      Step{"tagged"sv, &A::ask_tagged, &A::read_people},
      Step{"person"sv, &A::ask_person, &A::read_people},
      Step{"contact"sv, &A::ask_contact, &A::read_contact, 404},
      Step{"people"sv, &A::ask_contacts, &A::read_people},
      Step{"field-ids"sv, &A::ask_field_names, &A::read_field_ids},
      Step{"new-tag"sv, &A::ask_new_tag, &A::read_new_tag},
      Step{"import"sv, &A::ask_import, &A::read_import},
      Step{"import-info"sv, &A::ask_import_info, &A::read_import_info},
      Step{"contact-tags"sv, &A::ask_contact_tags, &A::read_contact_tags, 404},
      Step{"untag"sv, &A::ask_untag, &A::read_untag, 404},
      Step{"key"sv, &A::ask_key, &A::read_key},
  };
  const auto* found = std::find_if(k_steps.begin(), k_steps.end(),
                                   [name](const Step& step) { return step.name == name; });
  return found == k_steps.end() ? nullptr : found;
}

ActiveCampaignApi::ActiveCampaignApi(const ApiAccount& account, std::string base)
    : m_base(std::move(base)), m_key(account.secret("api_key")), m_list(account.list),
      m_zone(account.zone), m_zone_given(account.zone_given) {}

InputFacts ActiveCampaignApi::facts() const {
  InputFacts facts;
  facts.zone = m_zone;
  facts.zone_given = m_zone_given;
  return facts;
}

HttpRequest ActiveCampaignApi::request(const ApiTask& task) const {
  const auto* step = step_of(task.step);
  if (step == nullptr) {
    return get_request(m_base);
  }
  auto request = (this->*step->ask)(task);
  request.url = m_base + request.url;
  request.headers.emplace_back("Api-Token", m_key);
  return request;
}

Result<void> ActiveCampaignApi::read(const ApiTask& task, const HttpResponse& answer,
                                     ApiSink& sink) const {
  const auto* step = step_of(task.step);
  return step == nullptr ? Result<void>(Error{ErrorCode::unsupported, "no such step: " + task.step})
                         : (this->*step->read)(task, answer, sink);
}

bool ActiveCampaignApi::understands(const ApiTask& task, int status) const {
  const auto* step = step_of(task.step);
  return step != nullptr && step->also == status;
}

/// {"message":"…"} or {"errors":[{"title":"…","detail":"…"}]}
std::string ActiveCampaignApi::problem(const HttpResponse& answer) const {
  const auto json = read_json(answer);
  if (!json) {
    return {};
  }
  std::string out(text_of((*json)["message"]));
  each_element((*json)["errors"], [&out](const Json& error) {
    out.append(out.empty() ? "" : "; ").append(text_of(error["title"]));
  });
  return out;
}

std::vector<ApiTask> ActiveCampaignApi::check() const {
  std::vector<ApiTask> tasks{{.step = "key"}};
  if (!m_list.empty()) {
    tasks.push_back({.step = "key", .campaign = m_list});
  }
  return tasks;
}

HttpRequest ActiveCampaignApi::ask_key(const ApiTask& task) const {
  return get_request(task.campaign.empty() ? std::string("/api/3/campaigns?limit=1")
                                           : "/api/3/lists/" + task.campaign);
}

Result<void> ActiveCampaignApi::read_key(const ApiTask& task, const HttpResponse& answer,
                                         ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  if (task.campaign.empty()) {
    MF_CHECK(need_list(json["campaigns"], "campaigns"));
    sink.fact("key", scalar_text(json["meta"]["total"]) + " campaigns", true);
  } else {
    sink.fact("list", text_of(json["list"]["name"]), is_there(json["list"]["id"]));
  }
  return {};
}

Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) {
  const auto host = account.setting("host");
  auto base = base_url(account, host.empty() ? std::string() : "https://" + std::string(host));
  if (base.ends_with("/api/3")) {
    base.resize(base.size() - std::string_view("/api/3").size());
  }
  if (account.secret("api_key").empty() || base.empty()) {
    return Error{ErrorCode::usage,
                 "ActiveCampaign needs the account's host and key (Settings > Developer): host = "
                 "\"ACCOUNT.api-us1.com\" and api_key = { env = \"ACTIVECAMPAIGN_API_KEY\" }"};
  }
  return std::make_unique<ActiveCampaignApi>(account, std::move(base));
}

} // namespace mailfunnel::activecampaign
