#pragma once
// Brevo's API v3: api.cpp has the requests and who reads which answer, api_pull.cpp what is pulled,
// api_push.cpp what is sent back.

#include "adapter/api.hpp"
#include "adapter/api_request.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace mailfunnel::brevo {

Result<std::unique_ptr<Api>> open_api(const ApiAccount& account);

class BrevoApi : public Api {
public:
  explicit BrevoApi(const ApiAccount& account);

  // Ten a second of all below /contacts, which most requests are. Of the others there are a hundred
  // an hour; what is beyond is refused with the moment from which on it takes more, and waited for.
  ApiLimits limits() const override {
    constexpr double k_beside_contacts = 100.0 / 3600; // of the usual plans
    const auto path = url_path(m_base);
    return {.per_second = 10,
            .burst = 10,
            .connections = 4,
            .paths = {{path + "/emailCampaigns", k_beside_contacts},
                      {path + "/smtp/statistics", k_beside_contacts}}};
  }
  std::vector<std::string> origins() const override { return {origin_of(m_base)}; }
  HttpRequest request(const ApiTask& task) const override;
  Result<void> read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const override;
  bool understands(const ApiTask& task, int status) const override;
  std::string problem(const HttpResponse& answer) const override;

  bool can_pull() const override { return true; }
  /// Of several opens of a mailing by the same person one is told: nobody who opened seems silent.
  bool pulls_opens() const override { return m_asks_people; }
  std::vector<ApiTask> pull(const PullRequest& request) const override;
  bool discovers(const ApiTask& task) const override {
    return task.step == "campaigns" || task.step == "contacts";
  }

  std::vector<TargetInfo> targets() const override;
  Result<std::vector<ApiTask>> look(const PushTarget& target,
                                    std::span<const std::string> wanted) const override;
  Result<std::vector<ApiTask>> create(const PushTarget& target) const override;
  Result<std::vector<PushStep>> change(const PushTarget& target, std::string_view id,
                                       std::span<const MemberChange> changes) const override;
  std::vector<ApiTask> check() const override;

private:
  using Answer = Result<void> (BrevoApi::*)(const ApiTask&, const HttpResponse&, ApiSink&) const;
  struct StepRow {
    std::string_view step;
    Answer read;
  };
  static const std::vector<StepRow>& steps();

  // api_pull.cpp
  Result<void> read_campaigns(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_content(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_events(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_contacts(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_statistics(const ApiTask&, const HttpResponse&, ApiSink&) const;

  // api_push.cpp
  Result<void> read_lists(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_people(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_person(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_attributes(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_folders(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_new_list(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_moved(const ApiTask&, const HttpResponse&, ApiSink&) const;
  Result<void> read_nothing(const ApiTask&, const HttpResponse&, ApiSink&) const;

  Result<void> read_check(const ApiTask&, const HttpResponse&, ApiSink&) const;

  std::string m_base, m_list, m_key;
  bool m_asks_people; // for their statistics, one request each
};

} // namespace mailfunnel::brevo
