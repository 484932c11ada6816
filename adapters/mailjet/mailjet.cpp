// Mailjet (Sinch): recognises its files, and checks its webhooks, which are not signed: a user name
// and password stand in the URL.
// https://dev.mailjet.com/email/guides/webhooks/#secure-your-endpoint

#include "formats.hpp"

#include "adapter/registry.hpp"
#include "adapter/shared_secret.hpp"
#include "adapter/webhook_sender.hpp"

namespace mailfunnel::mailjet {

namespace {

class MailjetAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "Mailjet"; }
  Capabilities capabilities() const override {
    return {.delivery_events = true, .delivery_times = true, .agents = true, .networks = true};
  }
  std::vector<FormatInfo> formats() const override {
    return {{k_events.name, "events"},
            {"opens and bounces of the REST API, JSON", "events"},
            {"contacts and members of lists of the REST API, JSON", "recipients"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& /*context*/) const override {
    auto reader = open_json_log(head, k_events);
    return reader ? std::move(reader) : open_json_log(head, k_api_rows);
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds /*now*/) const override {
    return check_shared_secrets(request, secrets, "mailjet");
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds /*now*/) const override {
    return bring_shared_secrets(request, secrets, "mailjet");
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& /*context*/,
                            RecordSink& sink) const override {
    return read_json_body(request.body, k_events, sink);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("mailjet", std::make_unique<MailjetAdapter>());
}

} // namespace mailfunnel::mailjet
