// HubSpot: answers of its API about e-mail events, subscriptions, contacts and mailings, and the
// webhooks of apps, which tell changes of contacts. What each looks like stands at the top of its
// file; words and oddities are in README.md.

#include "readers.hpp"

#include "adapter/registry.hpp"
#include "adapter/signature.hpp"
#include "adapter/webhook.hpp"
#include "adapter/webhook_sender.hpp"
#include "base/base64.hpp"

namespace mailfunnel::hubspot {

namespace {

/// The URL that HubSpot called, as it was called: https, host and query.
Result<std::string_view> called_url(const HttpRequest& request, const Secrets& secrets) {
  const auto told = find_secret(secrets, "hubspot", "webhook_url");
  const auto url = told.empty() ? std::string_view(request.url) : told;
  if (url.empty()) {
    return Error{ErrorCode::unauthorized, "the signature covers the URL that HubSpot called, which "
                                          "is not known here: it can't be checked"};
  }
  return url;
}

/// Base64 of the HMAC-SHA256 over method, URL, body and timestamp, which is in milliseconds.
Result<void> check_version_3(const HttpRequest& request, const Secrets& secrets,
                             std::string_view secret, Seconds now) {
  MF_TRY(given, need_header(request, "X-HubSpot-Signature-v3"));
  MF_TRY(stamp, need_header(request, "X-HubSpot-Request-Timestamp"));
  MF_TRY(url, called_url(request, secrets));
  const auto text = std::string(request.method).append(url).append(request.body).append(stamp);
  MF_CHECK(check_signature(base64_decode(given), hmac(Digest::sha256, secret, text)));
  const auto milliseconds = parse_int(stamp);
  return check_age(milliseconds ? std::to_string(*milliseconds / 1000) : stamp, now);
}

/// SHA-256, no HMAC, in hexadecimal digits: over secret and body, and in version 2 over secret,
/// method, URL and body. No time is signed.
Result<void> check_version_1_or_2(const HttpRequest& request, const Secrets& secrets,
                                  std::string_view secret) {
  MF_TRY(given, need_header(request, "X-HubSpot-Signature"));
  std::string text(secret);
  if (request.header("X-HubSpot-Signature-Version") == "v2") {
    MF_TRY(url, called_url(request, secrets));
    text.append(request.method).append(url);
  }
  return check_signature(hex_decode(given), digest_of(Digest::sha256, text + request.body));
}

class HubSpotAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "HubSpot"; }
  Capabilities capabilities() const override {
    return {.delivery_events = true,
            .delivery_times = true,
            .agents = true,
            .networks = true,
            .machine_flags = true};
  }
  std::vector<FormatInfo> formats() const override {
    return {{k_events.name, "events"},
            {k_timeline.name, "events"},
            {k_contacts.name, "recipients"},
            {k_changes.name, "recipients"},
            {k_emails.name, "campaigns"},
            {k_campaigns.name, "campaigns"},
            {"contact export, CSV, by profile.toml", "recipients"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    for (const auto* const format :
         {&k_events, &k_timeline, &k_changes, &k_contacts, &k_emails, &k_campaigns}) {
      if (auto reader = open_json_log(head, *format, context)) {
        return reader;
      }
    }
    return nullptr;
  }
  bool has_pull() const override { return true; }
  bool has_push() const override { return true; }
  std::vector<AccountKey> account_keys() const override {
    return {{"api_key", "the access token of a private app: Settings > Integrations", true, false},
            {"client_id", "of an OAuth app, in place of api_key", true, false},
            {"client_secret", "of an OAuth app", true, false},
            {"refresh_token", "of an OAuth app", true, false},
            {"access_token", "of an OAuth app, where there is one already", true, false}};
  }
  Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) const override {
    return hubspot::open_api(account);
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds now) const override {
    MF_TRY(secret, need_secret(secrets, "hubspot", {"client_secret", "secret"}));
    return request.header("X-HubSpot-Signature-v3").empty()
               ? check_version_1_or_2(request, secrets, secret)
               : check_version_3(request, secrets, secret, now);
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds now) const override {
    MF_TRY(secret, need_secret(secrets, "hubspot", {"client_secret", "secret"}));
    MF_TRY(url, called_url(request, secrets));
    const auto stamp = std::to_string(now * 1000);
    const auto text = std::string(request.method).append(url).append(request.body).append(stamp);
    request.headers.emplace_back("X-HubSpot-Signature-v3",
                                 base64_encode(hmac(Digest::sha256, secret, text)));
    request.headers.emplace_back("X-HubSpot-Request-Timestamp", stamp);
    return {};
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& /*context*/,
                            RecordSink& sink) const override {
    return read_json_body(request.body, k_changes, sink);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("hubspot", std::make_unique<HubSpotAdapter>());
}

} // namespace mailfunnel::hubspot
