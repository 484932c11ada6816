#pragma once
// ActiveCampaign's API 3, https://developers.activecampaign.com/reference/overview, and the reports
// of its older API, https://www.activecampaign.com/api/overview.php, which alone tell who opened
// and clicked.
//
// Pull. The list of campaigns has each one's figures; what differs from the last time is fetched:
// the reports of opens, links (with who clicked them), bounces and unsubscribes of its message. Of
// somebody who did a thing twice a report tells the last time only. Contacts are listed by id,
// later those that were updated.
//
// Push. A tag: added by bulk import, 250 contacts a call, with automations excluded; removed one by
// one, as only that is possible. Custom fields likewise by bulk import.

#include "adapter/api_request.hpp"
#include "readers.hpp"

#include <functional>
#include <map>
#include <string>

namespace mailfunnel::activecampaign {

/// What answers about contacts have besides them:
///   {"contactLists":[{"contact":"1","list":"4","status":"2"}],
///    "fieldValues":[{"contact":"1","field":"7","value":"82"}]}
class Besides {
public:
  /// `list`: whose subscription is told; "": that to any.
  Besides(const Json& answer, std::string_view list);
  Subscription subscription(std::string_view contact) const;
  /// "" where there is none.
  std::string_view field(std::string_view contact, std::string_view field) const;

private:
  struct Contact {
    Subscription subscription = Subscription::unknown;
    std::map<std::string, std::string, std::less<>> fields;
  };
  std::map<std::string, Contact, std::less<>> m_contacts;
};

class ActiveCampaignApi : public Api {
public:
  ActiveCampaignApi(const ApiAccount& account, std::string base);

  // Five calls a second are the account's, for all who use its API.
  ApiLimits limits() const override { return {.per_second = 3, .burst = 3, .connections = 2}; }
  std::vector<std::string> origins() const override { return {origin_of(m_base)}; }
  HttpRequest request(const ApiTask& task) const override;
  Result<void> read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const override;
  bool understands(const ApiTask& task, int status) const override;
  std::string problem(const HttpResponse& answer) const override;

  bool can_pull() const override { return true; }
  std::vector<ApiTask> pull(const PullRequest& request) const override;
  bool discovers(const ApiTask& task) const override { return task.step == "campaigns"; }

  std::vector<TargetInfo> targets() const override;
  Result<std::vector<ApiTask>> look(const PushTarget& target,
                                    std::span<const std::string> wanted) const override;
  Result<std::vector<ApiTask>> create(const PushTarget& target) const override;
  Result<std::vector<PushStep>> change(const PushTarget& target, std::string_view id,
                                       std::span<const MemberChange> changes) const override;
  std::vector<ApiTask> check() const override;

private:
  struct Step { // a kind of task: how it is asked and read
    std::string_view name;
    HttpRequest (ActiveCampaignApi::*ask)(const ApiTask&) const;
    Result<void> (ActiveCampaignApi::*read)(const ApiTask&, const HttpResponse&, ApiSink&) const;
    int also = 0; // a status beside 2xx that tells something
  };
  static const Step* step_of(std::string_view name);
  InputFacts facts() const;

  // api_pull.cpp
  HttpRequest ask_campaigns(const ApiTask& task) const;
  HttpRequest ask_mails(const ApiTask& task) const;
  HttpRequest ask_report(const ApiTask& task) const;
  HttpRequest ask_messages(const ApiTask& task) const;
  HttpRequest ask_message(const ApiTask& task) const;
  HttpRequest ask_field_names(const ApiTask& task) const;
  HttpRequest ask_contacts(const ApiTask& task) const;
  Result<void> read_campaigns(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  void read_campaign_row(const ApiTask& task, const Json& row, ApiSink& sink) const;
  Result<void> read_mails(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_report(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_messages(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_message(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_field_names(const ApiTask& task, const HttpResponse& answer,
                                ApiSink& sink) const;
  Result<void> read_contacts(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;

  // api_push.cpp
  HttpRequest ask_tags(const ApiTask& task) const;
  HttpRequest ask_tagged(const ApiTask& task) const;
  HttpRequest ask_person(const ApiTask& task) const;
  HttpRequest ask_contact(const ApiTask& task) const;
  HttpRequest ask_new_tag(const ApiTask& task) const;
  HttpRequest ask_import(const ApiTask& task) const;
  HttpRequest ask_import_info(const ApiTask& task) const;
  HttpRequest ask_contact_tags(const ApiTask& task) const;
  HttpRequest ask_untag(const ApiTask& task) const;
  Result<void> read_tags(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_people(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_contact(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  TargetMember member_of(const Json& contact, const Besides& besides,
                         const std::vector<std::string_view>& fields) const;
  Result<void> read_new_tag(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_field_ids(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_import(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_import_info(const ApiTask& task, const HttpResponse& answer,
                                ApiSink& sink) const;
  Result<void> read_contact_tags(const ApiTask& task, const HttpResponse& answer,
                                 ApiSink& sink) const;
  Result<void> read_untag(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;

  // api.cpp
  HttpRequest ask_key(const ApiTask& task) const;
  Result<void> read_key(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;

  std::string m_base, m_key, m_list;
  TimeZone m_zone;
  bool m_zone_given;
};

/// The next page of contacts listed by id, `page` of them at a time; or nothing.
std::optional<ApiTask> next_ids(const ApiTask& task, const Json& contacts, std::size_t page);

} // namespace mailfunnel::activecampaign
