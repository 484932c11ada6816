#pragma once
// Klaviyo's API: api.cpp has the requests and who reads which answer, api_pull.cpp what is pulled,
// api_push.cpp what is sent back.

#include "adapter/api.hpp"
#include "adapter/api_request.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace mailfunnel::klaviyo {

Result<std::unique_ptr<Api>> open_api(const ApiAccount& account);

class KlaviyoApi : public Api {
public:
  explicit KlaviyoApi(const ApiAccount& account);

  // 750 a minute of profiles, and more of events; of campaigns and jobs 150 a minute, of reports 2:
  // what is beyond is refused with the seconds to wait, and waited for.
  ApiLimits limits() const override {
    constexpr double k_steady = 150.0 / 60;
    const auto path = url_path(m_base);
    return {.per_second = 10,
            .burst = 10,
            .connections = 4,
            .paths = {{path + "/campaigns", k_steady},
                      {path + "/campaign-messages", k_steady},
                      {path + "/metrics", k_steady},
                      {path + "/profile-bulk-import-jobs", k_steady}}};
  }
  std::vector<std::string> origins() const override { return {origin_of(m_base)}; }
  HttpRequest request(const ApiTask& task) const override;
  Result<void> read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const override;
  bool understands(const ApiTask& task, int status) const override;
  std::string problem(const HttpResponse& answer) const override;

  std::optional<ApiTask> restart(const ApiTask& task) const override;

  bool can_pull() const override { return true; }
  std::vector<ApiTask> pull(const PullRequest& request) const override;
  bool discovers(const ApiTask& task) const override {
    return task.step == "campaigns" || task.step == "metrics";
  }

  std::vector<TargetInfo> targets() const override;
  Result<std::vector<ApiTask>> look(const PushTarget& target,
                                    std::span<const std::string> wanted) const override;
  Result<std::vector<ApiTask>> look_at_members(const PushTarget& target,
                                               std::span<const std::string> asked) const override;
  Result<std::vector<ApiTask>> create(const PushTarget& target) const override;
  Result<std::vector<PushStep>> change(const PushTarget& target, std::string_view id,
                                       std::span<const MemberChange> changes) const override;
  std::vector<ApiTask> check() const override;

private:
  using Answer = Result<void> (KlaviyoApi::*)(const ApiTask&, const HttpResponse&, ApiSink&) const;
  struct StepRow {
    std::string_view step;
    Answer read;
  };
  static const std::vector<StepRow>& steps();
  HttpRequest post(const std::string& path, std::string body, bool repeatable) const;

  // api_pull.cpp
  Result<void> read_campaigns(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_content(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_metrics(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_report(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_events(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_profiles(const ApiTask&, const HttpResponse&, ApiSink&) const;

  // api_push.cpp
  Result<void> read_lists(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_new_list(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_people(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_nothing(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_job(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_job_errors(const ApiTask&, const HttpResponse&, ApiSink&) const;

  Result<void> read_check(const ApiTask&, const HttpResponse&, ApiSink&) const;

  std::string m_base, m_list, m_authorization;
};

/// Answers are lists of items, "data", with the URL of the next page: its cursor alone is taken, so
/// that no URL of an answer is called. Nothing: this was the last.
std::optional<ApiTask> next_page(const ApiTask& task, const JsonAnswer& answer);

} // namespace mailfunnel::klaviyo
