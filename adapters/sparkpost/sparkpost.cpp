// SparkPost (Bird): recognises its files, and checks its webhooks, which are not signed: a user
// name and password, an OAuth 2 token or headers of one's own can be set on the webhook.
// https://developers.sparkpost.com/api/webhooks/

#include "readers.hpp"

#include "adapter/registry.hpp"
#include "adapter/shared_secret.hpp"
#include "adapter/webhook_sender.hpp"

namespace mailfunnel::sparkpost {

namespace {

class SparkPostAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "SparkPost"; }
  Capabilities capabilities() const override {
    return {.delivery_events = true,
            .delivery_times = true,
            .agents = true,
            .networks = true,
            .machine_flags = true};
  }
  std::vector<FormatInfo> formats() const override {
    return {{k_events.name, "events"},
            {"recipient lists, CSV", "recipients"},
            {"suppression list, CSV", "recipients"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& /*context*/) const override {
    auto reader = open_json_log(head, k_events);
    return reader ? std::move(reader) : open_lists_csv(head);
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds /*now*/) const override {
    return check_shared_secrets(request, secrets, "sparkpost");
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds /*now*/) const override {
    return bring_shared_secrets(request, secrets, "sparkpost");
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& /*context*/,
                            RecordSink& sink) const override {
    return read_json_body(request.body, k_events, sink);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("sparkpost", std::make_unique<SparkPostAdapter>());
}

} // namespace mailfunnel::sparkpost
