// Mailchimp Marketing: files that its users export, and answers of its API. What each looks like
// stands at the top of its reader; words and oddities are in README.md.

#include "readers.hpp"

#include "adapter/registry.hpp"
#include "adapter/webhook_sender.hpp"

namespace mailfunnel::mailchimp {

namespace {

class MailchimpAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "Mailchimp"; }
  Capabilities capabilities() const override { return {.networks = true}; }
  std::vector<FormatInfo> formats() const override {
    return {{"audience export, CSV", "recipients"},
            {"unsubscribed and cleaned members of the audience export, CSV", "events"},
            {"granular open and click activity of the account export, CSV", "events"},
            {"email-activity answers of the API, JSON", "events"},
            {"open-details, unsubscribed, abuse-reports answers of the API, JSON", "events"},
            {"click-details answers of the API, JSON", "campaigns"},
            {"report of all campaigns, CSV", "campaigns"},
            {"report of one campaign, CSV", "campaigns"},
            {k_webhooks.name, "events, recipients or campaigns"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    for (const auto open : {open_api_activity, open_reports, open_audience, open_activity}) {
      if (auto reader = open(head, context)) {
        return reader;
      }
    }
    auto details = open_api_details(head);
    return details ? std::move(details) : open_form_log(head, k_webhooks, context);
  }
  bool has_pull() const override { return true; }
  bool has_push() const override { return true; }
  std::vector<AccountKey> account_keys() const override {
    return {
        {"api_key", "the key, with its data centre (…-us1): Account > Extras > API keys", true}};
  }
  Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) const override {
    return mailchimp::open_api(account);
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds now) const override {
    return check_request(request, secrets, now);
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds now) const override {
    return sign_request(request, secrets, now);
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& context,
                            RecordSink& sink) const override {
    return read_form_body(request.body, k_webhooks, sink, InputFacts(context));
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("mailchimp", std::make_unique<MailchimpAdapter>());
}

} // namespace mailfunnel::mailchimp
