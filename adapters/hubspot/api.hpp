#pragma once
// HubSpot's API: https://developers.hubspot.com/docs/api-reference
//
// Pull. Marketing e-mails tell of the mailings; e-mail events are read by windows of time, newest
// first, so that a sync of a quiet account is one request for each of e-mails, events and contacts.
// A window that HubSpot can't answer in time is halved. Contacts are listed once; afterwards those
// that changed are searched for.
//
// Push. A static list, 1,000 records a call, or properties of contacts, 100 a call. Both know
// people by record id: neither makes a contact.

#include "adapter/api_request.hpp"
#include "readers.hpp"

#include <string>

namespace mailfunnel::hubspot {

class HubSpotApi : public Api {
public:
  explicit HubSpotApi(const ApiAccount& account);

  ApiLimits limits() const override;
  std::vector<std::string> origins() const override { return {origin_of(m_base)}; }
  HttpRequest request(const ApiTask& task) const override;
  Result<void> read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const override;
  bool understands(const ApiTask& task, int status) const override;
  std::string problem(const HttpResponse& answer) const override;

  bool can_pull() const override { return true; }
  std::vector<ApiTask> pull(const PullRequest& request) const override;
  bool discovers(const ApiTask& task) const override { return task.step == "emails"; }

  std::vector<TargetInfo> targets() const override;
  Result<std::vector<ApiTask>> look(const PushTarget& target,
                                    std::span<const std::string> wanted) const override;
  Result<std::vector<ApiTask>> create(const PushTarget& target) const override;
  Result<std::vector<PushStep>> change(const PushTarget& target, std::string_view id,
                                       std::span<const MemberChange> changes) const override;
  std::vector<ApiTask> check() const override;
  std::optional<ApiTask> refresh() const override;

private:
  struct Step { // a kind of task: how it is asked and read
    std::string_view name;
    HttpRequest (HubSpotApi::*ask)(const ApiTask&) const;
    Result<void> (HubSpotApi::*read)(const ApiTask&, const HttpResponse&, ApiSink&) const;
    int also = 0; // a status beside 2xx that tells something
  };
  static const Step* step_of(std::string_view name);

  // api_pull.cpp
  HttpRequest ask_emails(const ApiTask& task) const;
  HttpRequest ask_events(const ApiTask& task) const;
  HttpRequest ask_campaign(const ApiTask& task) const;
  HttpRequest ask_property_names(const ApiTask& task) const;
  HttpRequest ask_contacts(const ApiTask& task) const;
  HttpRequest ask_changed_contacts(const ApiTask& task) const;
  Result<void> read_emails(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_events(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_campaign(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_property_names(const ApiTask& task, const HttpResponse& answer,
                                   ApiSink& sink) const;
  Result<void> read_contacts(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_changed_contacts(const ApiTask& task, const HttpResponse& answer,
                                     ApiSink& sink) const;

  // api_push.cpp
  HttpRequest ask_list(const ApiTask& task) const;
  HttpRequest ask_memberships(const ApiTask& task) const;
  HttpRequest ask_people(const ApiTask& task) const;
  HttpRequest ask_new_list(const ApiTask& task) const;
  HttpRequest ask_new_property(const ApiTask& task) const;
  HttpRequest ask_change_list(const ApiTask& task) const;
  HttpRequest ask_set_properties(const ApiTask& task) const;
  Result<void> read_list(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_memberships(const ApiTask& task, const HttpResponse& answer,
                                ApiSink& sink) const;
  Result<void> read_people(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_properties(const ApiTask& task, const HttpResponse& answer,
                               ApiSink& sink) const;
  Result<void> read_new_property(const ApiTask& task, const HttpResponse& answer,
                                 ApiSink& sink) const;
  Result<void> read_change_list(const ApiTask& task, const HttpResponse& answer,
                                ApiSink& sink) const;
  Result<void> read_set_properties(const ApiTask& task, const HttpResponse& answer,
                                   ApiSink& sink) const;

  // api.cpp
  HttpRequest ask_right(const ApiTask& task) const;
  HttpRequest ask_token(const ApiTask& task) const;
  Result<void> read_right(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_token(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;

  std::string m_base, m_token, m_client, m_client_secret, m_refresh_token;
};

/// The next page of a list that names its place: {"paging":{"next":{"after":"…"}}}; or nothing.
std::optional<ApiTask> next_after(const ApiTask& task, const JsonAnswer& answer);

} // namespace mailfunnel::hubspot
