#pragma once
// MailerLite's API (of the new platform): https://developers.mailerlite.com/docs
//
// Pull. Campaigns that were sent, with their figures; the recipients of each, which are who it was
// sent to; subscribers. What a recipient did is told as counts without times only, so it is left to
// the webhooks.
//
// Push. A group: added by import, 1,000 subscribers a call, removed in batches of 50 requests.
// Fields in batches of 50. No call makes a subscriber, or tells a status.

#include "adapter/api_request.hpp"
#include "readers.hpp"

#include <string>

namespace mailfunnel::mailerlite {

class MailerLiteApi : public Api {
public:
  explicit MailerLiteApi(const ApiAccount& account);

  // 120 a minute.
  ApiLimits limits() const override { return {.per_second = 2, .burst = 10, .connections = 2}; }
  std::vector<std::string> origins() const override { return {origin_of(m_base)}; }
  HttpRequest request(const ApiTask& task) const override;
  Result<void> read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const override;
  bool understands(const ApiTask& task, int status) const override;
  std::string problem(const HttpResponse& answer) const override;

  bool can_pull() const override { return true; }
  bool pulls_opens() const override { return false; }
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
    HttpRequest (MailerLiteApi::*ask)(const ApiTask&) const;
    Result<void> (MailerLiteApi::*read)(const ApiTask&, const HttpResponse&, ApiSink&) const;
    int also = 0; // a status beside 2xx that tells something
  };
  static const Step* step_of(std::string_view name);
  InputFacts facts() const;

  // api_pull.cpp
  HttpRequest ask_campaigns(const ApiTask& task) const;
  HttpRequest ask_recipients(const ApiTask& task) const;
  HttpRequest ask_subscribers(const ApiTask& task) const;
  Result<void> read_campaigns(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_recipients(const ApiTask& task, const HttpResponse& answer,
                               ApiSink& sink) const;
  Result<void> read_subscribers(const ApiTask& task, const HttpResponse& answer,
                                ApiSink& sink) const;

  // api_push.cpp
  HttpRequest ask_groups(const ApiTask& task) const;
  HttpRequest ask_members(const ApiTask& task) const;
  HttpRequest ask_person(const ApiTask& task) const;
  HttpRequest ask_fields(const ApiTask& task) const;
  HttpRequest ask_new_group(const ApiTask& task) const;
  HttpRequest ask_import(const ApiTask& task) const;
  HttpRequest ask_import_state(const ApiTask& task) const;
  HttpRequest ask_batch(const ApiTask& task) const;
  Result<void> read_groups(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_members(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_person(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_fields(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_new_group(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_import(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_batch(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;

  // api.cpp
  HttpRequest ask_key(const ApiTask& task) const;
  Result<void> read_key(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;

  std::string m_base, m_key;
  TimeZone m_zone;
  bool m_zone_given;
};

/// The next page of a list by numbers, {"meta":{"current_page":1,"last_page":3}}; or nothing.
std::optional<ApiTask> next_page(const ApiTask& task, const JsonAnswer& answer);
/// Of a list by cursors, {"meta":{"next_cursor":"…"}}; null at the end.
std::optional<ApiTask> next_cursor(const ApiTask& task, const JsonAnswer& answer);

} // namespace mailfunnel::mailerlite
