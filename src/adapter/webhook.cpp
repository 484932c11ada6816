#include "adapter/webhook.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace mailfunnel {

namespace {

constexpr auto k_wrong = "the signature is wrong";

Error refused(std::string message) {
  return Error{ErrorCode::unauthorized, std::move(message)};
}

} // namespace

std::string_view find_secret(const Secrets& secrets, std::string_view adapter,
                             std::string_view name) {
  for (const auto& key : {std::string(name), std::string(adapter).append("_").append(name)}) {
    if (const auto found = secrets.find(key); found != secrets.end() && !found->second.empty()) {
      return found->second;
    }
  }
  return {};
}

Result<std::string_view> need_secret(const Secrets& secrets, std::string_view adapter,
                                     std::initializer_list<std::string_view> names) {
  std::vector<std::string_view> all(names);
  all.insert(all.end(), {"webhook_key", "webhook_secret"});
  for (const auto name : all) {
    if (const auto secret = find_secret(secrets, adapter, name); !secret.empty()) {
      return secret;
    }
  }
  return refused("no secret \"" + std::string(all.front()) +
                 "\" is set, so the signature can't be checked");
}

Result<std::string_view> need_header(const HttpRequest& request, std::string_view name) {
  const auto value = request.header(name);
  if (value.empty()) {
    return refused("the signature can't be checked: no header " + std::string(name));
  }
  return value;
}

Result<void> check_signature(const std::optional<std::string>& given, std::string_view expected) {
  if (!given || !same_secret(*given, expected)) {
    return refused(k_wrong);
  }
  return {};
}

Result<void> check_public_key_signature(Digest digest, std::string_view public_key,
                                        const std::optional<std::string>& given,
                                        std::string_view message) {
  const auto good = verify_signature(digest, public_key, given.value_or(""), message);
  if (!good) {
    return refused("the public key can't be read, so the signature can't be checked");
  }
  if (!*good) {
    return refused(k_wrong);
  }
  return {};
}

Result<void> check_age(std::string_view stamp, Seconds now, Seconds tolerance) {
  const auto time = parse_int(stamp);
  if (!time) {
    return refused("the signature's timestamp \"" + printable(stamp, 40) +
                   "\" is no time in seconds");
  }
  if (*time < now - tolerance || *time > now + tolerance) {
    return refused("the signature's timestamp is more than " + format_duration(tolerance) + " off");
  }
  return {};
}

Result<void> check_body_hmac(const HttpRequest& request, std::string_view header,
                             std::string_view secret) {
  MF_TRY(given, need_header(request, header));
  return check_signature(hex_decode(given), hmac(Digest::sha256, secret, request.body));
}

Result<void> check_standard_webhook(const HttpRequest& request, std::string_view prefix,
                                    std::string_view secret, Seconds now) {
  const std::string start(prefix);
  MF_TRY(id, need_header(request, start + "-id"));
  MF_TRY(stamp, need_header(request, start + "-timestamp"));
  MF_TRY(list, need_header(request, start + "-signature"));
  constexpr std::string_view k_mark = "whsec_";
  const auto key =
      base64_decode(secret.starts_with(k_mark) ? secret.substr(k_mark.size()) : secret);
  if (!key || key->empty()) {
    return refused("the secret is no base64, so the signature can't be checked");
  }
  const auto signed_text = std::string(id).append(".").append(stamp).append(".") + request.body;
  const auto expected = hmac(Digest::sha256, *key, signed_text);
  const auto signatures = split(list, ' '); // several while a secret is changed
  const bool good = std::any_of(signatures.begin(), signatures.end(), [&](std::string_view one) {
    constexpr std::string_view k_version = "v1,"; // of another one, the comma is no base64
    const auto text = one.starts_with(k_version) ? one.substr(k_version.size()) : one;
    return same_secret(base64_decode(text).value_or(""), expected);
  });
  if (!good) {
    return refused(k_wrong);
  }
  return check_age(stamp, now);
}

Result<void> take_webhook(const Adapter& adapter, const HttpRequest& request,
                          const Secrets& secrets, const WebhookContext& context, RecordSink& sink) {
  MF_CHECK(adapter.check_webhook(request, secrets, context.received));
  return adapter.read_webhook(request, context, sink);
}

} // namespace mailfunnel
