#pragma once
// The API of one account. What it asks for: api.cpp; what the answers hold: api_pull.cpp,
// api_push.cpp.

#include "readers.hpp"

#include "adapter/api_request.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel::laposta {

/// The states that members of a list are asked for in.
inline constexpr std::array<std::string_view, 3> k_states{"active", "unsubscribed", "cleaned"};

class LapostaApi : public Api {
public:
  explicit LapostaApi(const ApiAccount& account)
      : m_base(base_url(account, "https://api.laposta.nl/v2")), m_list(account.list),
        m_key(account.secret("api_key")),
        m_input(LogContext{.zone = account.zone, .zone_given = account.zone_given}) {}

  // 120 a minute; 30 where nothing is paid: then quota_share = 0.25.
  ApiLimits limits() const override { return {.per_second = 2, .burst = 4, .connections = 2}; }
  std::vector<std::string> origins() const override { return {origin_of(m_base)}; }
  HttpRequest request(const ApiTask& task) const override;
  Result<void> read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const override;
  bool understands(const ApiTask& task, int status) const override;
  std::string problem(const HttpResponse& answer) const override;

  bool can_pull() const override { return true; }
  bool pulls_opens() const override { return false; }
  std::vector<ApiTask> pull(const PullRequest& request) const override;
  bool discovers(const ApiTask& task) const override {
    return task.step == "campaigns" || task.step == "lists";
  }

  std::vector<TargetInfo> targets() const override {
    return {{TargetKind::fields,
             "fields of the list's members: membership of a list is a subscription, which is never "
             "touched",
             true}};
  }
  Result<std::vector<ApiTask>> look(const PushTarget& target,
                                    std::span<const std::string> wanted) const override;
  Result<std::vector<ApiTask>> create(const PushTarget& target) const override;
  Result<std::vector<PushStep>> change(const PushTarget& target, std::string_view id,
                                       std::span<const MemberChange> changes) const override;
  std::vector<ApiTask> check() const override;

private:
  std::string url(const ApiTask& task) const;
  std::vector<ApiTask> list_tasks(std::string_view list) const;
  void read_campaigns(const ApiTask& task, const JsonAnswer& json, std::string_view body,
                      ApiSink& sink) const;
  Result<void> read_report(const ApiTask& task, const JsonAnswer& json, ApiSink& sink) const;
  Result<void> read_history(const ApiTask& task, const JsonAnswer& json, std::string_view body,
                            ApiSink& sink) const;
  void read_people(const ApiTask& task, const Json& member, ApiSink& sink) const;
  void read_fields(const ApiTask& task, const JsonAnswer& json, ApiSink& sink) const;
  Result<void> read_bulk(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;

  std::string m_base, m_list, m_key;
  InputFacts m_input;
};

} // namespace mailfunnel::laposta
