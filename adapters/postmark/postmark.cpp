// Postmark (ActiveCampaign): recognises its files, and checks its webhooks, which are not signed: a
// user name and password stand in the URL, or headers of one's own are set on the webhook.
// https://postmarkapp.com/developer/webhooks/webhooks-overview#protecting-your-webhook

#include "formats.hpp"

#include "adapter/registry.hpp"
#include "adapter/shared_secret.hpp"
#include "adapter/webhook_sender.hpp"

namespace mailfunnel::postmark {

namespace {

class PostmarkAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "Postmark"; }
  Capabilities capabilities() const override {
    return {.delivery_events = true, .delivery_times = true, .agents = true, .networks = true};
  }
  std::vector<FormatInfo> formats() const override {
    std::vector<FormatInfo> formats{{k_webhooks.name, "events"}};
    for (const auto& page : k_pages) {
      formats.push_back({page.name, "events"});
    }
    return formats;
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& /*context*/) const override {
    if (auto reader = open_json_log(head, k_webhooks)) {
      return reader;
    }
    for (const auto& page : k_pages) {
      if (auto reader = open_json_log(head, page)) {
        return reader;
      }
    }
    return nullptr;
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds /*now*/) const override {
    return check_shared_secrets(request, secrets, "postmark");
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds /*now*/) const override {
    return bring_shared_secrets(request, secrets, "postmark");
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& /*context*/,
                            RecordSink& sink) const override {
    return read_json_body(request.body, k_webhooks, sink);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("postmark", std::make_unique<PostmarkAdapter>());
}

} // namespace mailfunnel::postmark
