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

namespace mailfunnel::mautic {

/// Rows of a page: of tables and contacts, and of e-mails, which bring their HTML.
constexpr std::int64_t k_rows = 500, k_emails_page = 30;

/// A table of the Stats API, and its column that tells when.
struct Table {
  std::string_view step, name, time;
};
inline constexpr std::array k_table_streams{
    Table{"sent", "email_stats", "date_sent"},
    Table{"opened", "email_stats", "last_opened"}, // the same rows, as they changed
    Table{"hits", "page_hits", "date_hit"},
    Table{"blocks", "lead_donotcontact", "date_added"},
    Table{"downloads", "asset_downloads", "date_download"},
    Table{"forms", "form_submissions", "date_submitted"},
};
/// nullptr: the step reads no table.
const Table* table_of(std::string_view step);

class MauticApi : public Api {
public:
  explicit MauticApi(const ApiAccount& account)
      : m_base(base_url(account, "http://localhost/api")), m_user(account.setting("user")),
        m_password(account.secret("password")), m_client(account.secret("client_id")),
        m_client_secret(account.secret("client_secret")), m_token(account.secret("access_token")),
        m_input(LogContext{.zone = account.zone, .zone_given = account.zone_given}) {}

  ApiLimits limits() const override { return {.per_second = 5, .burst = 5, .connections = 2}; }
  std::vector<std::string> origins() const override { return {origin_of(m_base)}; }
  HttpRequest request(const ApiTask& task) const override;
  Result<void> read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const override;
  bool understands(const ApiTask& task, int status) const override {
    constexpr int k_forbidden = 403, k_not_found = 404;
    const bool table = table_of(task.step) != nullptr;
    return (table && (status == k_forbidden || status == k_not_found)) ||
           (task.step == "remove" && status == k_not_found);
  }
  std::string problem(const HttpResponse& answer) const override;

  bool can_pull() const override { return true; }
  std::vector<ApiTask> pull(const PullRequest& request) const override;
  bool discovers(const ApiTask& task) const override { return task.step == "emails"; }

  std::vector<TargetInfo> targets() const override {
    return {
        {TargetKind::segment, "a segment; campaigns that start from it take in who is added", true},
        {TargetKind::fields, "custom fields of contacts, by their alias", true}};
  }
  Result<std::vector<ApiTask>> look(const PushTarget& target,
                                    std::span<const std::string> wanted) const override;
  Result<std::vector<ApiTask>> create(const PushTarget& target) const override;
  Result<std::vector<PushStep>> change(const PushTarget& target, std::string_view id,
                                       std::span<const MemberChange> changes) const override;
  std::vector<ApiTask> check() const override {
    return {{.step = "check-contacts"}, {.step = "check-stats"}};
  }
  std::optional<ApiTask> refresh() const override {
    return m_client.empty() ? std::nullopt : std::optional(ApiTask{.step = "token"});
  }

private:
  std::string url(const ApiTask& task) const;
  HttpRequest signed_request(HttpRequest request) const;
  Result<void> read_table(const ApiTask& task, const JsonAnswer& json, std::string_view body,
                          ApiSink& sink) const;
  Result<void> read_emails(const ApiTask& task, const JsonAnswer& json, std::string_view body,
                           ApiSink& sink) const;
  Result<void> read_contacts(const ApiTask& task, const JsonAnswer& json, std::string_view body,
                             ApiSink& sink) const;
  Result<void> read_people(const ApiTask& task, const JsonAnswer& json, ApiSink& sink) const;
  Result<void> find_segment(const ApiTask& task, const JsonAnswer& json, ApiSink& sink) const;
  Result<void> find_fields(const ApiTask& task, const JsonAnswer& json, ApiSink& sink) const;
  Result<void> read_change(const ApiTask& task, const JsonAnswer& json, ApiSink& sink) const;

  std::string m_base, m_user, m_password, m_client, m_client_secret, m_token;
  InputFacts m_input; // zone of the tables' times
};

} // namespace mailfunnel::mautic
