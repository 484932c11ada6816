// ActiveCampaign: webhooks, which are forms; answers of its API 3; the export of contacts. What
// each looks like stands at the top of its file; words and oddities are in README.md.

#include "readers.hpp"

#include "adapter/registry.hpp"
#include "adapter/shared_secret.hpp"
#include "adapter/webhook_sender.hpp"

namespace mailfunnel::activecampaign {

namespace {

class ActiveCampaignAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "ActiveCampaign"; }
  Capabilities capabilities() const override { return {.agents = true}; }
  std::vector<FormatInfo> formats() const override {
    return {{k_webhooks.name, "events or recipients"},
            {k_bounces.name, "events"},
            {k_campaigns.name, "campaigns"},
            {k_links.name, "campaigns"},
            {k_subjects.name, "campaigns"},
            {k_messages.name, "campaigns"},
            {k_contacts.name, "recipients"},
            {k_subscriptions.name, "recipients and unsubscribes"},
            {k_contact_export.name, "recipients"},
            {"reports of a campaign, CSV, by profile.toml", "events"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    if (auto reader = open_form_log(head, k_webhooks, context)) {
      return reader;
    }
    for (const auto* const format : {&k_campaigns, &k_links, &k_subjects, &k_bounces, &k_contacts,
                                     &k_subscriptions, &k_message, &k_messages}) {
      if (auto reader = open_json_log(head, *format, context)) {
        return reader;
      }
    }
    return open_table(head, k_contact_export, context);
  }
  bool has_pull() const override { return true; }
  bool has_push() const override { return true; }
  std::vector<AccountKey> account_keys() const override {
    return {
        {"api_key", "the key: Settings > Developer", true},
        {"host", "of the account's URL, which stands there too, such as shop.api-us1.com", false}};
  }
  Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) const override {
    return activecampaign::open_api(account);
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds /*now*/) const override {
    return check_shared_secrets(request, secrets, "activecampaign");
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds /*now*/) const override {
    return bring_shared_secrets(request, secrets, "activecampaign");
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& context,
                            RecordSink& sink) const override {
    return read_form_body(request.body, k_webhooks, sink, InputFacts(context));
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("activecampaign", std::make_unique<ActiveCampaignAdapter>());
}

} // namespace mailfunnel::activecampaign
