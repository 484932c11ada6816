#pragma once
// SendGrid's API v3: api.cpp has the requests and who reads which answer, api_pull.cpp what is
// pulled, api_push.cpp what is sent back.

#include "adapter/api.hpp"
#include "adapter/api_request.hpp"

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace mailfunnel::sendgrid {

Result<std::unique_ptr<Api>> open_api(const ApiAccount& account);

class SendGridApi : public Api {
public:
  explicit SendGridApi(const ApiAccount& account);

  // The Email Activity API takes 6 requests a minute. What is beyond is refused with the moment
  // from which on it takes more, and is waited for: the rate here is that of all else.
  ApiLimits limits() const override {
    return {.per_second = 5,
            .burst = 10,
            .connections = 2,
            .per_day = 8640,
            .paths = {{url_path(m_base) + "/messages", 6.0 / 60}}};
  }
  std::vector<std::string> origins() const override;
  HttpRequest request(const ApiTask& task) const override;
  Result<void> read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const override;
  bool understands(const ApiTask& task, int status) const override;
  std::optional<ApiTask> restart(const ApiTask& task) const override;
  std::string problem(const HttpResponse& answer) const override;

  bool can_pull() const override { return true; }
  /// Activity goes 30 days back at most, and not every account has it.
  bool pulls_opens() const override { return false; }
  std::vector<ApiTask> pull(const PullRequest& request) const override;
  bool discovers(const ApiTask& task) const override {
    return task.step == "singlesends" || task.step == "messages" || task.step == "contact-count";
  }

  std::vector<TargetInfo> targets() const override;
  Result<std::vector<ApiTask>> look(const PushTarget& target,
                                    std::span<const std::string> wanted) const override;
  Result<std::vector<ApiTask>> create(const PushTarget& target) const override;
  Result<std::vector<PushStep>> change(const PushTarget& target, std::string_view id,
                                       std::span<const MemberChange> changes) const override;
  std::vector<ApiTask> check() const override;

private:
  using Answer = Result<void> (SendGridApi::*)(const ApiTask&, const HttpResponse&, ApiSink&) const;
  struct StepRow {
    std::string_view step;
    Answer read;
  };
  static const std::vector<StepRow>& steps();
  HttpRequest export_request(const ApiTask& task) const;

  // api_pull.cpp
  Result<void> read_singlesends(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_singlesend(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_stats(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_messages(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_message(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_suppressions(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_groups(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_group(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_contact_count(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_contacts(const ApiTask&, std::string_view csv, ApiSink&) const;

  // Exports of contacts, for pull and push: started, polled, read.
  Result<void> read_export(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_export_status(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_file(const ApiTask&, const HttpResponse&, ApiSink&) const;

  // api_push.cpp
  Result<void> read_lists(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_new_list(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_members(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_found(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_exported_members(const ApiTask&, std::string_view csv, ApiSink&) const;
  Result<void> read_suppressed(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_fields(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_target_groups(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_group_members(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_job(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_job_errors(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_nothing(const ApiTask&, const HttpResponse&, ApiSink&) const;

  Result<void> read_check(const ApiTask&, const HttpResponse&, ApiSink&) const;

  /// Is a file there which we may ask for?
  bool reaches(std::string_view url) const;

  std::string m_base, m_list, m_key, m_export_origin;
};

/// Steps of the lists of people who get no mail, by their path, and what somebody on it is.
struct SuppressionList {
  std::string_view step;
  Subscription subscription;
};
extern const std::array<SuppressionList, 4> k_suppressions;
const SuppressionList* suppression_list(std::string_view step);

} // namespace mailfunnel::sendgrid
