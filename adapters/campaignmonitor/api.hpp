#pragma once
// The API of one account. What it asks for: api.cpp; what the answers hold: api_pull.cpp,
// api_push.cpp.

#include "row_reader.hpp"

#include "adapter/api.hpp"
#include "base/xml.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel::campaignmonitor {

/// "Australia/Sydney" of a client's TimeZone "(GMT+10:00) Canberra, Melbourne, Sydney"; "": not
/// known.
std::string_view zone_of_client(std::string_view text);

/// Error usage: it has neither key nor token.
Result<std::unique_ptr<Api>> open_api(const ApiAccount& account);

/// The mark of a stream; "" for none.
using Marked = std::function<std::string_view(std::string_view stream)>;

class CampaignMonitorApi : public Api {
public:
  explicit CampaignMonitorApi(const ApiAccount& account);

  // The vendor publishes no limit for these calls.
  ApiLimits limits() const override { return {.per_second = 5, .burst = 5, .connections = 3}; }
  std::vector<std::string> origins() const override;
  HttpRequest request(const ApiTask& task) const override;
  Result<void> read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const override;
  bool understands(const ApiTask& task, int status) const override;
  std::string problem(const HttpResponse& answer) const override;

  bool can_pull() const override { return true; }
  std::vector<ApiTask> pull(const PullRequest& request) const override;
  bool discovers(const ApiTask& task) const override;

  std::vector<TargetInfo> targets() const override;
  Result<std::vector<ApiTask>> look(const PushTarget& target,
                                    std::span<const std::string> wanted) const override;
  Result<std::vector<ApiTask>> create(const PushTarget& target) const override;
  Result<std::vector<PushStep>> change(const PushTarget& target, std::string_view id,
                                       std::span<const MemberChange> changes) const override;
  std::vector<ApiTask> check() const override;
  std::optional<ApiTask> refresh() const override;

private:
  std::string url(const ApiTask& task) const;
  HttpRequest signed_request(HttpRequest request) const;
  /// Of the account, or the client's, which is passed on from task to task.
  TimeZone zone_of(const ApiTask& task) const;
  RowReader reader(const ApiTask& task, Stream stream) const;

  // Pull.
  std::vector<ApiTask> client_tasks(const ApiTask& client, const Marked& marked) const;
  std::vector<ApiTask> list_tasks(const ApiTask& from, std::string_view list,
                                  const Marked& marked) const;
  void read_clients(const ApiTask& task, const XmlDocument& xml, ApiSink& sink) const;
  Result<void> read_client(const ApiTask& task, const XmlDocument& xml, ApiSink& sink) const;
  Result<void> read_campaigns(const ApiTask& task, const XmlDocument& xml, std::string_view body,
                              ApiSink& sink) const;
  Result<void> read_summary(const ApiTask& task, const XmlDocument& xml, ApiSink& sink) const;
  Result<void> read_audience(const ApiTask& task, const XmlDocument& xml, std::string_view body,
                             ApiSink& sink) const;
  void read_journeys(const ApiTask& task, const XmlDocument& xml, ApiSink& sink) const;
  Result<void> read_journey(const ApiTask& task, const XmlDocument& xml, std::string_view body,
                            ApiSink& sink) const;
  void read_lists(const ApiTask& task, const XmlDocument& xml, ApiSink& sink) const;
  Result<void> read_stream(const ApiTask& task, const XmlDocument& xml, std::string_view body,
                           ApiSink& sink) const;
  Result<void> read_subscribers(const ApiTask& task, const XmlDocument& xml, std::string_view body,
                                ApiSink& sink) const;
  Result<void> read_suppressed(const ApiTask& task, const XmlDocument& xml, std::string_view body,
                               ApiSink& sink) const;

  // Push.
  Result<void> read_fields(const ApiTask& task, const XmlDocument& xml, ApiSink& sink) const;
  Result<void> read_members(const ApiTask& task, const XmlDocument& xml, std::string_view body,
                            ApiSink& sink) const;
  Result<void> read_import(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_new_field(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;

  std::string m_base, m_client, m_list, m_key, m_token, m_refresh;
  TimeZone m_zone;
  bool m_zone_given, m_journeys;
};

/// What a subscriber's list and a campaign's report are asked for.
struct ReportStream {
  std::string_view step; // and route
  Stream stream;
  bool journeys; // they have it too
};
const ReportStream* report_stream(std::string_view step);
/// One of a list's five: active, unconfirmed, unsubscribed, bounced, deleted.
bool is_subscriber_list(std::string_view step);

/// A page has <Results>; else it is no answer to what was asked. Error bad_syntax.
Result<void> need_results(const XmlDocument& xml);
/// The next page, or nothing: it was the last.
std::optional<ApiTask> next_page(const ApiTask& task, const XmlDocument& xml, std::size_t rows);

} // namespace mailfunnel::campaignmonitor
