// Mailgun (Sinch): recognises its files, and checks its webhooks. Each of these is signed:
// HMAC-SHA256 of the timestamp and the token of 50 characters, one behind the other; the body is
// not covered.
// https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks

#include "readers.hpp"

#include "adapter/registry.hpp"
#include "adapter/signature.hpp"
#include "adapter/webhook.hpp"
#include "adapter/webhook_sender.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

namespace mailfunnel::mailgun {

namespace {

/// A post that is not taken is sent again for eight hours. Longer than that a signature must not
/// last: who got hold of one can put any body to it.
constexpr Seconds k_tolerance = 9 * 3600;

bool is_json(std::string_view body) {
  return trim(without_bom(body)).starts_with('{');
}

FormSignature json_signature(std::string_view body) {
  simdjson::dom::parser parser;
  const simdjson::padded_string text(body);
  const auto signature = Json(parser.parse(text))["signature"];
  return {std::string(JsonScalar(signature["timestamp"])), std::string(text_of(signature["token"])),
          std::string(text_of(signature["signature"]))};
}

Result<void> check(const FormSignature& given, std::string_view secret, Seconds now) {
  if (given.signature.empty() || given.timestamp.empty() || given.token.empty()) {
    return Error{ErrorCode::unauthorized,
                 "the signature can't be checked: no timestamp, token and signature in the body"};
  }
  MF_CHECK(check_signature(hex_decode(given.signature),
                           hmac(Digest::sha256, secret, given.timestamp + given.token)));
  return check_age(given.timestamp, now, k_tolerance);
}

/// A signature of now into the body, in place of the one that a sample brings.
Result<void> sign(HttpRequest& request, std::string_view secret, Seconds now) {
  const auto stamp = std::to_string(now), token = "test" + stamp;
  const auto signature = hex_encode(hmac(Digest::sha256, secret, stamp + token));
  if (!is_json(request.body)) {
    if (!request.header("Content-Type").starts_with("application/x-www-form-urlencoded")) {
      return Error{ErrorCode::bad_syntax, "only JSON and URL-encoded forms can be signed"};
    }
    // Of fields that are there twice the last one counts.
    request.body = fmt::format("{}&timestamp={}&token={}&signature={}", trim(request.body), stamp,
                               token, signature);
    return {};
  }
  const auto old = json_member(request.body, "signature");
  if (old.empty() || old.front() != '{') {
    return Error{ErrorCode::bad_syntax, "the body has no object \"signature\" to be filled in"};
  }
  const auto fresh =
      fmt::format(R"({{"timestamp":"{}","token":"{}","signature":"{}"}})", stamp, token, signature);
  request.body.replace(static_cast<std::size_t>(old.data() - request.body.data()), old.size(),
                       fresh);
  return {};
}

class MailgunAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "Mailgun"; }
  Capabilities capabilities() const override {
    return {.delivery_events = true,
            .delivery_times = true,
            .agents = true,
            .networks = true,
            .machine_flags = true};
  }
  std::vector<FormatInfo> formats() const override {
    return {{"events: webhook bodies, pages of the API, NDJSON", "events"},
            {"legacy webhook bodies: form posts, one a line", "events"},
            {"suppression lists, CSV and JSON", "events"},
            {"members of mailing lists, JSON", "recipients"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& /*context*/) const override {
    if (auto reader = open_json_log(head, k_events)) {
      return reader;
    }
    auto reader = open_forms(head);
    return reader ? std::move(reader) : open_lists(head);
  }
  bool has_pull() const override { return true; }
  bool has_push() const override { return true; }
  std::vector<AccountKey> account_keys() const override {
    return {{"api_key", "an API key of the account: Settings > API Keys", true},
            {"domain", "the domain that sends, such as mg.example.com", false}};
  }
  Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) const override {
    return mailgun::open_api(account);
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds now) const override {
    MF_TRY(secret, need_secret(secrets, "mailgun", {"webhook_signing_key", "signing_key"}));
    const auto type = request.header("Content-Type");
    const bool json = is_json(request.body);
    return check(json ? json_signature(request.body) : form_signature(type, request.body), secret,
                 now);
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds now) const override {
    MF_TRY(secret, need_secret(secrets, "mailgun", {"webhook_signing_key", "signing_key"}));
    return sign(request, secret, now);
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& /*context*/,
                            RecordSink& sink) const override {
    if (is_json(request.body)) {
      return read_json_body(request.body, k_events, sink);
    }
    read_form(request.header("Content-Type"), request.body, sink);
    return {};
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("mailgun", std::make_unique<MailgunAdapter>());
}

} // namespace mailfunnel::mailgun
