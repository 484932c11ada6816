#pragma once
// The API of one account. What it asks for: api.cpp; what the answers hold: api_pull.cpp,
// api_push.cpp.

#include "readers.hpp"

#include "adapter/api_request.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel::listmonk {

/// The next page by what the answer says of itself, or nothing: this was the last.
std::optional<ApiTask> next_page(const ApiTask& task, const Json& data, std::size_t rows);

class ListmonkApi : public Api {
public:
  explicit ListmonkApi(const ApiAccount& account)
      : m_base(base_url(account, "http://localhost:9000/api")), m_list(account.list),
        m_authorization("token " + std::string(account.setting("user")) + ":" +
                        std::string(account.secret("api_key"))) {}

  ApiLimits limits() const override { return {.per_second = 10, .burst = 10, .connections = 3}; }
  std::vector<std::string> origins() const override { return {origin_of(m_base)}; }
  HttpRequest request(const ApiTask& task) const override;
  Result<void> read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const override;
  bool understands(const ApiTask& task, int status) const override;
  std::string problem(const HttpResponse& answer) const override;

  bool can_pull() const override { return true; }
  /// Only where the server has the export and tracks people, which it does not by itself.
  bool pulls_opens() const override { return false; }
  std::vector<ApiTask> pull(const PullRequest& request) const override;
  bool discovers(const ApiTask& task) const override {
    return task.step == "campaigns" || task.step == "lists";
  }

  std::vector<TargetInfo> targets() const override {
    return {{TargetKind::list, "a list, private and single opt-in where it is made"},
            {TargetKind::suppression, "the blocklist of the whole server"}};
  }
  Result<std::vector<ApiTask>> look(const PushTarget& target,
                                    std::span<const std::string> wanted) const override;
  Result<std::vector<ApiTask>> create(const PushTarget& target) const override;
  Result<std::vector<PushStep>> change(const PushTarget& target, std::string_view id,
                                       std::span<const MemberChange> changes) const override;
  std::vector<ApiTask> check() const override { return {{.step = "check"}}; }

private:
  std::string url(const ApiTask& task) const;
  Result<void> read_events(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  void read_campaigns(const ApiTask& task, const Json& data, std::string_view rows,
                      ApiSink& sink) const;
  void read_bounces(const ApiTask& task, const Json& data, std::string_view rows,
                    ApiSink& sink) const;
  void read_subscribers(const ApiTask& task, const Json& data, std::string_view rows,
                        ApiSink& sink) const;
  void read_lists(const ApiTask& task, const Json& data, ApiSink& sink) const;
  void find_list(const ApiTask& task, const Json& data, ApiSink& sink) const;
  void read_members(const ApiTask& task, const Json& data, ApiSink& sink) const;

  std::string m_base, m_list, m_authorization;
};

} // namespace mailfunnel::listmonk
