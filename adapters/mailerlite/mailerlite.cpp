// MailerLite, the new platform and Classic: webhooks, answers of the API, the report of a campaign
// of Classic. What each looks like stands at the top of its file; words and oddities are in
// README.md.

#include "readers.hpp"

#include "adapter/registry.hpp"
#include "adapter/webhook.hpp"
#include "adapter/webhook_sender.hpp"

namespace mailfunnel::mailerlite {

namespace {

class MailerLiteAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "MailerLite"; }
  Capabilities capabilities() const override { return {}; }
  std::vector<FormatInfo> formats() const override {
    return {
        {k_webhooks.name, "events, recipients or campaigns"},
        {k_activity.name, "events"},
        {k_campaigns.name, "campaigns"},
        {"report of one campaign of Classic, CSV", "campaigns"},
        {k_subscribers.name, "recipients and unsubscribes"},
        {"subscriber export and campaign report, CSV, by profile.toml", "recipients or events"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    for (const auto* const format :
         {&k_webhooks, &k_campaigns, &k_counts, &k_subscribers, &k_activity}) {
      if (auto reader = open_json_log(head, *format, context)) {
        return reader;
      }
    }
    return open_report(head, context);
  }
  bool has_pull() const override { return true; }
  bool has_push() const override { return true; }
  std::vector<AccountKey> account_keys() const override {
    return {{"api_key", "an API token of the new platform: Integrations > API", true}};
  }
  Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) const override {
    return mailerlite::open_api(account);
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds /*now*/) const override {
    MF_TRY(secret, need_secret(secrets, "mailerlite", {"webhook_secret", "secret"}));
    return check_body_hmac(request, "Signature", secret);
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds /*now*/) const override {
    MF_TRY(secret, need_secret(secrets, "mailerlite", {"webhook_secret", "secret"}));
    sign_body_hmac(request, "Signature", secret);
    return {};
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& context,
                            RecordSink& sink) const override {
    return read_json_body(request.body, k_webhooks, sink, InputFacts(context));
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("mailerlite", std::make_unique<MailerLiteAdapter>());
}

} // namespace mailfunnel::mailerlite
