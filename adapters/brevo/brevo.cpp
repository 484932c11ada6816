// Brevo (formerly Sendinblue): recognises its files, and checks its webhooks, which are not signed:
// a password or token can be set on the webhook, or a secret put into its URL.
// https://developers.brevo.com/docs/username-and-password-authentication

#include "api.hpp"
#include "readers.hpp"

#include "adapter/registry.hpp"
#include "adapter/shared_secret.hpp"
#include "adapter/webhook_sender.hpp"

namespace mailfunnel::brevo {

namespace {

class BrevoAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "Brevo"; }
  Capabilities capabilities() const override {
    return {.delivery_events = true,
            .delivery_times = true,
            .agents = true,
            .networks = true,
            .machine_flags = true};
  }
  std::vector<FormatInfo> formats() const override {
    return {{"webhook bodies and events of the API, JSON and NDJSON", "events"},
            {"log of transactional mail, CSV", "events"},
            {"campaigns of the API, JSON", "campaigns"},
            {"contacts, CSV and JSON", "recipients"},
            {"blocked contacts, JSON", "events"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    for (const auto* format : {&k_events, &k_contacts, &k_campaigns}) {
      if (auto reader = open_json_log(head, *format)) {
        return reader;
      }
    }
    auto reader = open_log_csv(head, context);
    return reader ? std::move(reader) : open_contacts_csv(head, context);
  }
  bool has_pull() const override { return true; }
  bool has_push() const override { return true; }
  std::vector<AccountKey> account_keys() const override {
    return {{"api_key", "an API key (xkeysib-…): SMTP & API > API keys", true},
            {"campaign_statistics",
             "\"no\": what people did with campaigns is not asked for, person by person", false,
             false}};
  }
  Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) const override {
    return brevo::open_api(account);
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds /*now*/) const override {
    return check_shared_secrets(request, secrets, "brevo");
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds /*now*/) const override {
    return bring_shared_secrets(request, secrets, "brevo");
  }
  /// After a 5xx it never comes again: https://developers.brevo.com/docs/retry-mechanism
  int busy_status() const override {
    constexpr int k_too_many_requests = 429;
    return k_too_many_requests;
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& /*context*/,
                            RecordSink& sink) const override {
    return read_json_body(request.body, k_events, sink);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("brevo", std::make_unique<BrevoAdapter>());
}

} // namespace mailfunnel::brevo
