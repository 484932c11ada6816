// Klaviyo: bodies of its system webhooks, answers of its API (JSON:API), and tables that its users
// export. What each looks like stands at the top of its file; words and oddities are in README.md.

#include "api.hpp"
#include "readers.hpp"

#include "adapter/registry.hpp"
#include "adapter/signature.hpp"
#include "adapter/webhook.hpp"
#include "adapter/webhook_sender.hpp"

namespace mailfunnel::klaviyo {

namespace {

/// HMAC-SHA256 over the body and, behind it, the timestamp as it stands in its header.
Result<void> check_request(const HttpRequest& request, std::string_view secret) {
  MF_TRY(given, need_header(request, "Klaviyo-Signature"));
  MF_TRY(stamp, need_header(request, "Klaviyo-Timestamp"));
  const auto signature = hex_decode(given);
  auto checked = check_signature(
      signature, hmac(Digest::sha256, secret, std::string(request.body).append(stamp)));
  if (!checked && check_signature(signature, hmac(Digest::sha256, secret, request.body))) {
    return Error{ErrorCode::unauthorized,
                 "the signature is wrong: it is one of the body alone, without Klaviyo-Timestamp"};
  }
  return checked;
}

class KlaviyoAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "Klaviyo"; }
  Capabilities capabilities() const override {
    return {.delivery_events = true, .delivery_times = true, .machine_flags = true};
  }
  std::vector<FormatInfo> formats() const override {
    return {{k_events.name, "events"},
            {k_campaigns.name, "campaigns"},
            {k_templates.name, "campaigns"},
            {k_overview.name, "campaigns"},
            {k_profiles.name, "recipients"},
            {k_members.name, "recipients"},
            {"recipient activity, CSV, by profile.toml", "events"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    for (const auto* const format : {&k_events, &k_profiles, &k_campaigns, &k_templates}) {
      if (auto reader = open_json_log(head, *format, context)) {
        return reader;
      }
    }
    auto reader = open_table(head, k_overview, context);
    return reader ? std::move(reader) : open_table(head, k_members, context);
  }
  bool has_pull() const override { return true; }
  bool has_push() const override { return true; }
  std::vector<AccountKey> account_keys() const override {
    return {{"api_key", "a private key (pk_…): Settings > API keys", true}};
  }
  Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) const override {
    return klaviyo::open_api(account);
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds /*now*/) const override {
    MF_TRY(secret, need_secret(secrets, "klaviyo", {"webhook_secret", "secret"}));
    return check_request(request, secret);
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds now) const override {
    MF_TRY(secret, need_secret(secrets, "klaviyo", {"webhook_secret", "secret"}));
    const auto stamp = format_time(now);
    request.headers.emplace_back("Klaviyo-Signature",
                                 hex_encode(hmac(Digest::sha256, secret, request.body + stamp)));
    request.headers.emplace_back("Klaviyo-Timestamp", stamp);
    return {};
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& /*context*/,
                            RecordSink& sink) const override {
    return read_json_body(request.body, k_events, sink);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("klaviyo", std::make_unique<KlaviyoAdapter>());
}

} // namespace mailfunnel::klaviyo
