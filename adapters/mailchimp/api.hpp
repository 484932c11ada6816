#pragma once
// The API of one account; api.cpp says what it does, api_pull.cpp and api_push.cpp how answers are
// read.

#include "adapter/api_request.hpp"

#include <string>
#include <string_view>

namespace mailfunnel::mailchimp {

constexpr std::size_t k_page = 1000; // rows of a list, the most there are

/// What a mailing's report leads to: a list of the API.
struct Stream {
  std::string_view step, path, list;
  bool since; // can be asked for what is new alone
};
/// nullptr: the step is none of them.
const Stream* stream_of(std::string_view step);

/// By this a member of an audience is named in a path.
std::string hash_of(std::string_view address);
Subscription subscription_of(std::string_view status);

class MailchimpApi : public Api {
public:
  explicit MailchimpApi(const ApiAccount& account)
      : m_list(account.list), m_key(account.secret("api_key")) {
    const auto dash = m_key.rfind('-');
    const auto centre = dash == std::string::npos ? std::string_view("us1")
                                                  : std::string_view(m_key).substr(dash + 1);
    m_base = base_url(account, "https://" + std::string(centre) + ".api.mailchimp.com/3.0");
  }

  // Mailchimp allows ten connections at a time to one account, and others use it too.
  ApiLimits limits() const override { return {.per_second = 10, .burst = 10, .connections = 4}; }
  std::vector<std::string> origins() const override { return {origin_of(m_base)}; }
  HttpRequest request(const ApiTask& task) const override;
  Result<void> read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const override;
  bool understands(const ApiTask& task, int status) const override {
    return status == 404 && (task.step == "content" || task.step == "member");
  }
  std::string problem(const HttpResponse& answer) const override;

  bool can_pull() const override { return true; }
  std::vector<ApiTask> pull(const PullRequest& request) const override;
  bool discovers(const ApiTask& task) const override {
    return task.step == "reports" || task.step == "lists";
  }

  std::vector<TargetInfo> targets() const override;
  Result<std::vector<ApiTask>> look(const PushTarget& target,
                                    std::span<const std::string> wanted) const override;
  Result<std::vector<ApiTask>> create(const PushTarget& target) const override;
  Result<std::vector<PushStep>> change(const PushTarget& target, std::string_view id,
                                       std::span<const MemberChange> changes) const override;
  std::vector<ApiTask> check() const override;

private:
  std::string list_path(std::string_view list) const {
    return m_base + "/lists/" + std::string(list);
  }
  std::string target_list(const PushTarget& target) const {
    return target.list.empty() ? m_list : target.list;
  }
  HttpRequest signed_request(HttpRequest request) const;

  Result<void> read_reports(const ApiTask& task, const JsonAnswer& answer, ApiSink& sink) const;
  void read_report(const ApiTask& task, const Json& report, ApiSink& sink) const;
  Result<void> read_campaigns(const ApiTask& task, const JsonAnswer& answer, std::string_view body,
                              ApiSink& sink) const;
  Result<void> read_stream(const Stream& stream, const ApiTask& task, const JsonAnswer& answer,
                           std::string_view body, ApiSink& sink) const;
  Result<void> read_lists(const ApiTask& task, const JsonAnswer& answer, ApiSink& sink) const;
  Result<void> read_members(const ApiTask& task, const JsonAnswer& answer, std::string_view body,
                            ApiSink& sink) const;
  Result<void> read_target(const ApiTask& task, const JsonAnswer& answer, ApiSink& sink) const;
  Result<void> read_merge_fields(const ApiTask& task, const JsonAnswer& answer,
                                 ApiSink& sink) const;
  Result<void> read_contacts(const ApiTask& task, const JsonAnswer& answer, ApiSink& sink) const;
  Result<void> read_batch(const ApiTask& task, const JsonAnswer& answer, ApiSink& sink) const;

  std::string m_base, m_list, m_key;
};

} // namespace mailfunnel::mailchimp
