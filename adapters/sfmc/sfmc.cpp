// Salesforce Marketing Cloud Engagement, once ExactTarget: what it reads stands at the top of the
// readers' files. Notifications are signed: the header x-sfmc-ens-signature holds the HMAC-SHA256
// of the raw body in base64, under the key that making the callback gave, as it was given.
// https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/ens-notification-signing.html

#include "readers.hpp"

#include "adapter/registry.hpp"
#include "adapter/signature.hpp"
#include "adapter/webhook.hpp"
#include "adapter/webhook_sender.hpp"
#include "base/base64.hpp"

namespace mailfunnel::sfmc {

namespace {

class SfmcAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "Salesforce Marketing Cloud (ExactTarget)"; }
  Capabilities capabilities() const override { return {.agents = true, .networks = true}; }
  std::vector<FormatInfo> formats() const override {
    return {
        {"tracking extract: Sent, NotSent, Opens, Clicks, Bounces, Unsubs; CSV or TAB", "events"},
        {"tracking extract: SendJobs, CSV or TAB", "campaigns"},
        {"tracking extract: Subscribers, CSV or TAB", "recipients"},
        {"answers of SOAP's Retrieve about events, XML", "events"},
        {"answers of SOAP's Retrieve about sends, links and e-mails, XML", "campaigns"},
        {"answers of SOAP's Retrieve about subscribers, XML", "recipients"},
        {"bodies of the Event Notification Service, JSON", "events"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    if (auto reader = open_json_log(head, k_notifications, context)) {
      return reader;
    }
    for (const auto* const format : {&k_emails, &k_answers}) {
      if (auto reader = open_xml_log(head, *format, context)) {
        return reader;
      }
    }
    return open_extract(head, context);
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds /*now*/) const override {
    MF_TRY(key, need_secret(secrets, "sfmc", {"signature_key", "secret"}));
    MF_TRY(given, need_header(request, "x-sfmc-ens-signature"));
    return check_signature(base64_decode(given), hmac(Digest::sha256, key, request.body));
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds /*now*/) const override {
    MF_TRY(secret, need_secret(secrets, "sfmc", {"signature_key", "secret"}));
    request.headers.emplace_back("x-sfmc-ens-signature",
                                 base64_encode(hmac(Digest::sha256, secret, request.body)));
    return {};
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& /*context*/,
                            RecordSink& sink) const override {
    return read_json_body(request.body, k_notifications, sink);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("sfmc", std::make_unique<SfmcAdapter>());
}

} // namespace mailfunnel::sfmc
