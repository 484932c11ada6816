#pragma once
// The API of one account. What it asks for: api.cpp; what the answers hold: api_pull.cpp,
// api_push.cpp.

#include "readers.hpp"

#include "adapter/api_request.hpp"
#include "base/xml.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel::acoustic {

/// As the content of an element: &amp; and the like, without control characters.
std::string xml_text(std::string_view text);
std::string element(std::string_view name, std::string_view content);

class AcousticApi : public Api {
public:
  explicit AcousticApi(const ApiAccount& account)
      : m_list(account.list), m_client(account.secret("client_id")),
        m_client_secret(account.secret("client_secret")),
        m_refresh(account.secret("refresh_token")), m_token(account.secret("access_token")),
        m_zone(account.zone), m_zone_given(account.zone_given) {
    const auto pod =
        account.setting("pod").empty() ? std::string_view("us-1") : account.setting("pod");
    m_base =
        base_url(account, "https://api-campaign-" + std::string(pod) + ".goacoustic.com/XMLAPI");
  }

  // Ten at a time for the whole organisation, and others use it too.
  ApiLimits limits() const override { return {.per_second = 5, .burst = 5, .connections = 3}; }
  std::vector<std::string> origins() const override { return {origin_of(m_base)}; }
  HttpRequest request(const ApiTask& task) const override;
  Result<void> read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const override;
  std::string problem(const HttpResponse& answer) const override;

  bool can_pull() const override { return true; }
  bool pulls_opens() const override { return false; }
  std::vector<ApiTask> pull(const PullRequest& request) const override;
  bool discovers(const ApiTask& task) const override { return task.step == "sent"; }

  std::vector<TargetInfo> targets() const override {
    return {
        {TargetKind::fields, "columns of the database; queries over them make the segment", true}};
  }
  Result<std::vector<ApiTask>> look(const PushTarget& target,
                                    std::span<const std::string> wanted) const override;
  Result<std::vector<ApiTask>> create(const PushTarget& target) const override;
  Result<std::vector<PushStep>> change(const PushTarget& target, std::string_view id,
                                       std::span<const MemberChange> changes) const override;
  std::vector<ApiTask> check() const override;
  std::optional<ApiTask> refresh() const override {
    return m_refresh.empty() ? std::nullopt : std::optional(ApiTask{.step = "token"});
  }

private:
  std::string command(const ApiTask& task) const;
  Result<void> read_fault(const ApiTask& task, const XmlDocument& xml, ApiSink& sink) const;
  void read_sent(const ApiTask& task, pugi::xml_node result, std::string_view body,
                 ApiSink& sink) const;
  void read_totals(pugi::xml_node result, std::string_view body, ApiSink& sink) const;
  Result<void> read_columns(const ApiTask& task, pugi::xml_node result, ApiSink& sink) const;
  void read_contact(const ApiTask& task, pugi::xml_node result, ApiSink& sink) const;
  void read_records(std::string_view campaign, std::string_view body, ApiSink& sink) const;

  std::string m_base, m_list, m_client, m_client_secret, m_refresh, m_token;
  TimeZone m_zone;
  bool m_zone_given;
};

} // namespace mailfunnel::acoustic
