#pragma once
// What several ESPs ask for to check their webhooks. Each step gives an `unauthorized` error that
// says what is missing or wrong, so that MF_TRY and MF_CHECK in a row are a whole check.

#include "adapter/adapter.hpp"
#include "adapter/signature.hpp"

#include <array>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace mailfunnel {

/// How far the signed time of a request may be off where the ESP says nothing else.
constexpr Seconds k_webhook_tolerance = 300;

/// The names under which an [[account]] gives what its webhooks are checked by. `webhook_key` and
/// `webhook_secret` do for every ESP; the others are the ESPs' own words for them. `webhook_url` is
/// the address that the ESP was told, where it differs from what the receiver sees of it.
inline constexpr std::array k_webhook_keys{
    std::string_view("webhook_key"),
    std::string_view("webhook_secret"),
    std::string_view("webhook_url"),
    std::string_view("webhook_host"),
    std::string_view("webhook_account"),
    std::string_view("webhook_topic"),
    std::string_view("basic_auth"),
    std::string_view("bearer_token"),
    std::string_view("header"),
    std::string_view("url_secret"),
    std::string_view("public_key"),
    std::string_view("verification_key"),
    std::string_view("signing_secret"),
    std::string_view("signing_key"),
    std::string_view("webhook_signing_key"),
    std::string_view("signature_key"),
    std::string_view("client_secret"),
};

/// The secret of that name, or with the adapter's id and '_' before it: "signing_secret",
/// "mailtrap_signing_secret"; "" where none is set.
std::string_view find_secret(const Secrets& secrets, std::string_view adapter,
                             std::string_view name);
/// The first of these secrets that is set and not empty; where none is, `webhook_key`, then
/// `webhook_secret`.
Result<std::string_view> need_secret(const Secrets& secrets, std::string_view adapter,
                                     std::initializer_list<std::string_view> names);
Result<std::string_view> need_header(const HttpRequest& request, std::string_view name);

/// `given` is the decoded signature of the request, or nothing where it can't be decoded.
Result<void> check_signature(const std::optional<std::string>& given, std::string_view expected);
/// `stamp`: seconds since 1970.
Result<void> check_age(std::string_view stamp, Seconds now,
                       Seconds tolerance = k_webhook_tolerance);

/// As check_signature, by the public key of the ESP: see verify_signature().
Result<void> check_public_key_signature(Digest digest, std::string_view public_key,
                                        const std::optional<std::string>& given,
                                        std::string_view message);
/// HMAC-SHA256 of the body, in hexadecimal digits in one header.
Result<void> check_body_hmac(const HttpRequest& request, std::string_view header,
                             std::string_view secret);
/// Standard Webhooks (https://www.standardwebhooks.com), as Svix brought them up: HMAC-SHA256 over
/// id.timestamp.body, a list of "v1,<base64>" (some leave "v1," out) in the header
/// <prefix>-signature. The secret is base64, with or without "whsec_" before it.
Result<void> check_standard_webhook(const HttpRequest& request, std::string_view prefix,
                                    std::string_view secret, Seconds now);

/// check_webhook(), then read_webhook().
Result<void> take_webhook(const Adapter& adapter, const HttpRequest& request,
                          const Secrets& secrets, const WebhookContext& context, RecordSink& sink);

} // namespace mailfunnel
