#include "adapter/webhook_sender.hpp"

#include "adapter/signature.hpp"
#include "base/base64.hpp"

namespace mailfunnel {

namespace {

constexpr int k_unavailable = 503;

} // namespace

Result<void> WebhookSender::sign_webhook(HttpRequest& /*request*/, const Secrets& /*secrets*/,
                                         Seconds /*now*/) const {
  return Error{ErrorCode::unsupported, "it signs with a key that nobody else has: let the platform "
                                       "itself send a test"};
}

int WebhookSender::busy_status() const {
  return k_unavailable;
}

std::string WebhookSender::webhook_gap(const Secrets& /*secrets*/) const {
  return {};
}

void sign_body_hmac(HttpRequest& request, std::string_view header, std::string_view secret) {
  request.headers.emplace_back(header, hex_encode(hmac(Digest::sha256, secret, request.body)));
}

Result<void> sign_standard_webhook(HttpRequest& request, std::string_view prefix,
                                   std::string_view secret, Seconds now) {
  constexpr std::string_view k_mark = "whsec_";
  const auto key =
      base64_decode(secret.starts_with(k_mark) ? secret.substr(k_mark.size()) : secret);
  if (!key || key->empty()) {
    return Error{ErrorCode::unauthorized, "the secret is no base64"};
  }
  const auto stamp = std::to_string(now), id = "msg_" + stamp;
  const auto signature = hmac(Digest::sha256, *key, id + "." + stamp + "." + request.body);
  const std::string start(prefix);
  request.headers.emplace_back(start + "-id", id);
  request.headers.emplace_back(start + "-timestamp", stamp);
  request.headers.emplace_back(start + "-signature", "v1," + base64_encode(signature));
  return {};
}

const WebhookSender& webhook_sender(const Adapter& adapter) {
  static const WebhookSender k_usual;
  const auto* own = dynamic_cast<const WebhookSender*>(&adapter);
  return own != nullptr ? *own : k_usual;
}

} // namespace mailfunnel
