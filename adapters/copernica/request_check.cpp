// How Copernica signs its calls: HTTP signatures (draft-cavage-http-signatures-11) by a key that is
// published in DNS, as DKIM's are, and changes every month:
//   X-Copernica-ID: account-1234
//   Digest: SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=
//   Signature:
//   keyId="one._domainkey.copernica.com",algorithm="rsa-sha256",headers="(request-target)
//     Host Date Content-length Content-type X-Copernica-ID Digest X-nonce",signature="vSdrb+dS3E…"
// https://www.copernica.com/en/documentation/webhook-security

#include "readers.hpp"

#include "adapter/signature.hpp"
#include "adapter/webhook.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mailfunnel::copernica {

namespace {

using namespace std::string_view_literals;

constexpr auto k_target = "(request-target)"sv;
/// A signature that does not cover these is not Copernica's.
constexpr std::array k_covered{k_target, "host"sv, "date"sv, "x-copernica-id"sv, "digest"sv};
constexpr auto k_domain = ".copernica.com"sv;

Error refused(std::string message) {
  return Error{ErrorCode::unauthorized, std::move(message)};
}

/// name="value" in the header Signature; "": there is none of that name.
std::string_view parameter(std::string_view header, std::string_view name) {
  const auto mark = std::string(name) + "=\"";
  const auto at = header.find(mark);
  if (at == std::string_view::npos || (at != 0 && is_alnum(header[at - 1]))) {
    return {};
  }
  const auto begin = at + mark.size();
  return header.substr(begin, std::min(header.find('"', begin), header.size()) - begin);
}

std::vector<std::string> names_in(std::string_view list) {
  std::vector<std::string> names;
  const auto spaced = replace_all(replace_all(replace_all(list, "\r", " "), "\n", " "), "\t", " ");
  for (const auto name : split(spaced, ' ')) {
    if (!name.empty()) {
      names.push_back(lower(name));
    }
  }
  return names;
}

std::string target_of(const HttpRequest& request) {
  const auto uri = parse_uri(request.url);
  auto out = lower(request.method).append(" ").append(uri.path.empty() ? "/"sv : uri.path);
  return uri.query.empty() ? out : out.append("?").append(uri.query);
}

/// One line for each name: "host: example.com".
std::string signed_text(const HttpRequest& request, const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) {
    out += out.empty() ? "" : "\n";
    out += name + ": ";
    out += name == k_target ? target_of(request) : std::string(trim(request.header(name)));
  }
  return out;
}

Result<void> check_digest(const HttpRequest& request) {
  constexpr auto k_algorithm = "SHA-256="sv;
  MF_TRY(given, need_header(request, "Digest"));
  if (!istarts_with(given, k_algorithm)) {
    return refused("the header Digest is no SHA-256");
  }
  return check_signature(base64_decode(given.substr(k_algorithm.size())),
                         digest_of(Digest::sha256, request.body));
}

Result<void> check_date(const HttpRequest& request, Seconds now) {
  MF_TRY(date, need_header(request, "Date"));
  const auto when = parse_time_as(date, "%a, %d %b %Y %H:%M:%S GMT", nullptr);
  return check_age(when ? std::to_string(when->seconds) : date, now);
}

Result<void> check_sender(const HttpRequest& request, std::string_view account) {
  MF_TRY(id, need_header(request, "X-Copernica-ID"));
  const auto number = id.substr(id.rfind('-') + 1);
  if (id != account && number != account) { // others have webhooks there too
    return refused("the request is of \"" + printable(id, 40) + "\", another account");
  }
  return {};
}

} // namespace

Result<void> check_request(const HttpRequest& request, std::string_view public_key,
                           std::string_view account, Seconds now) {
  MF_TRY(header, need_header(request, "Signature"));
  const auto names = names_in(parameter(header, "headers"));
  for (const auto name : k_covered) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      return refused("the signature does not cover " + std::string(name));
    }
  }
  if (!parameter(header, "keyId").ends_with(k_domain)) {
    return refused("the signature's key is not one of copernica.com");
  }
  MF_CHECK(check_digest(request));
  MF_CHECK(check_public_key_signature(Digest::sha256, public_key,
                                      base64_decode(parameter(header, "signature")),
                                      signed_text(request, names)));
  MF_CHECK(check_date(request, now));
  return check_sender(request, account);
}

} // namespace mailfunnel::copernica
