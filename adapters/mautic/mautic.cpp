// Mautic: webhooks, tables of the database as they are or through the Stats API, answers of the
// API. What each looks like stands at the top of its file; words and oddities are in README.md.

#include "readers.hpp"

#include "adapter/registry.hpp"
#include "adapter/signature.hpp"
#include "adapter/webhook.hpp"
#include "adapter/webhook_sender.hpp"
#include "base/base64.hpp"

namespace mailfunnel::mautic {

namespace {

Result<void> check_request(const HttpRequest& request, std::string_view secret) {
  MF_TRY(given, need_header(request, "Webhook-Signature"));
  return check_signature(base64_decode(given), hmac(Digest::sha256, secret, request.body));
}

class MauticAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "Mautic"; }
  /// Page hits tell the agent too, but no open does.
  Capabilities capabilities() const override { return {.networks = true}; }
  std::vector<FormatInfo> formats() const override {
    return {{k_webhooks.name, "events or recipients"},
            {k_stats.name, "events"},
            {k_tables, "events or recipients"},
            {k_emails.name, "campaigns"},
            {k_contacts.name, "recipients"},
            {"reports and contact export, CSV, by profile.toml", "events or recipients"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    for (const auto* const format : {&k_webhooks, &k_stats, &k_emails, &k_contacts}) {
      if (auto reader = open_json_log(head, *format, context)) {
        return reader;
      }
    }
    return open_database_table(head, context);
  }
  bool has_pull() const override { return true; }
  bool has_push() const override { return true; }
  std::vector<AccountKey> account_keys() const override {
    return {{"user", "a user of Mautic, where Basic sign-in is on", false, false},
            {"password", "that user's password", true, false},
            {"client_id", "instead of these: OAuth 2 credentials (Settings > API Credentials)",
             true, false},
            {"client_secret", "their secret", true, false}};
  }
  Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) const override {
    return mautic::open_api(account);
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds /*now*/) const override {
    MF_TRY(secret, need_secret(secrets, "mautic", {"webhook_secret", "secret"}));
    return check_request(request, secret);
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds /*now*/) const override {
    MF_TRY(secret, need_secret(secrets, "mautic", {"webhook_secret", "secret"}));
    request.headers.emplace_back("Webhook-Signature",
                                 base64_encode(hmac(Digest::sha256, secret, request.body)));
    return {};
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& /*context*/,
                            RecordSink& sink) const override {
    return read_json_body(request.body, k_webhooks, sink);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("mautic", std::make_unique<MauticAdapter>());
}

} // namespace mailfunnel::mautic
