// Laposta: webhooks, answers of the API. What each looks like stands at the top of its file; words
// and oddities are in README.md.

#include "readers.hpp"

#include "adapter/registry.hpp"
#include "adapter/signature.hpp"
#include "adapter/webhook.hpp"
#include "adapter/webhook_sender.hpp"

namespace mailfunnel::laposta {

namespace {

/// HMAC-SHA256 of the body; in which digits is not documented, and each of them decodes to the
/// same.
Result<void> check_request(const HttpRequest& request, std::string_view secret) {
  MF_TRY(given, need_header(request, "X-Laposta-Signature"));
  const auto hex = hex_decode(given);
  return check_signature(hex ? hex : base64_decode(given),
                         hmac(Digest::sha256, secret, request.body));
}

class LapostaAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "Laposta"; }
  Capabilities capabilities() const override { return {}; }
  std::vector<FormatInfo> formats() const override {
    return {{k_webhooks.name, "events or recipients"},
            {k_history.name, "events"},
            {k_campaigns.name, "campaigns"},
            {k_members.name, "recipients"},
            {"member export, CSV, by profile.toml", "recipients"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    for (const auto* const format : {&k_webhooks, &k_history, &k_members, &k_campaigns}) {
      if (auto reader = open_json_log(head, *format, context)) {
        return reader;
      }
    }
    return nullptr;
  }
  bool has_pull() const override { return true; }
  bool has_push() const override { return true; }
  std::vector<AccountKey> account_keys() const override {
    return {{"api_key", "the key: Connections > API", true}};
  }
  Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) const override {
    return laposta::open_api(account);
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds /*now*/) const override {
    MF_TRY(secret, need_secret(secrets, "laposta", {"webhook_secret", "secret"}));
    return check_request(request, secret);
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds /*now*/) const override {
    MF_TRY(secret, need_secret(secrets, "laposta", {"webhook_secret", "secret"}));
    sign_body_hmac(request, "X-Laposta-Signature", secret);
    return {};
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& context,
                            RecordSink& sink) const override {
    return read_json_body(request.body, k_webhooks, sink, InputFacts(context));
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("laposta", std::make_unique<LapostaAdapter>());
}

} // namespace mailfunnel::laposta
