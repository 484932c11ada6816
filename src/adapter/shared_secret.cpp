#include "adapter/shared_secret.hpp"

#include "adapter/signature.hpp"
#include "adapter/webhook.hpp"
#include "base/base64.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel {

namespace {

/// What stands behind a scheme in the header Authorization; "": another scheme, or none.
std::string_view credentials(const HttpRequest& request, std::string_view scheme) {
  const auto value = trim(request.header("Authorization"));
  const bool same =
      istarts_with(value, scheme) && value.size() > scheme.size() && is_space(value[scheme.size()]);
  return same ? trim(value.substr(scheme.size())) : std::string_view{};
}

bool has_basic_auth(const HttpRequest& request, std::string_view secret) {
  return same_secret(base64_decode(credentials(request, "Basic")).value_or(""), secret);
}

bool has_bearer_token(const HttpRequest& request, std::string_view secret) {
  return same_secret(credentials(request, "Bearer"), secret);
}

bool has_header(const HttpRequest& request, std::string_view secret) {
  const auto colon = secret.find(':');
  return colon != std::string_view::npos &&
         same_secret(request.header(trim(secret.substr(0, colon))), trim(secret.substr(colon + 1)));
}

bool has_url_secret(const HttpRequest& request, std::string_view secret) {
  const auto uri = parse_uri(request.url);
  for (const auto segment : split(uri.path, '/')) {
    if (same_secret(percent_decode(segment), secret)) {
      return true;
    }
  }
  for (const auto& [name, value] : query_parameters(uri.query)) {
    if (same_secret(value, secret)) {
      return true;
    }
  }
  return false;
}

/// In whichever of these ways it comes. "user:password" is also good for HTTP Basic as a whole.
bool has_webhook_secret(const HttpRequest& request, std::string_view secret) {
  const auto pair = base64_decode(credentials(request, "Basic")).value_or("");
  const auto colon = pair.find(':');
  const bool basic =
      colon != std::string::npos &&
      (same_secret(std::string_view(pair).substr(colon + 1), secret) || same_secret(pair, secret));
  return basic || has_bearer_token(request, secret) || has_url_secret(request, secret);
}

void bring_basic_auth(HttpRequest& request, std::string_view secret) {
  request.headers.emplace_back("Authorization", "Basic " + base64_encode(secret));
}

void bring_bearer_token(HttpRequest& request, std::string_view secret) {
  request.headers.emplace_back("Authorization", "Bearer " + std::string(secret));
}

void bring_header(HttpRequest& request, std::string_view secret) {
  if (const auto colon = secret.find(':'); colon != std::string_view::npos) {
    request.headers.emplace_back(trim(secret.substr(0, colon)), trim(secret.substr(colon + 1)));
  }
}

void bring_url_secret(HttpRequest& request, std::string_view secret) {
  request.url += (request.url.ends_with('/') ? "" : "/") + percent_encode(secret);
}

struct Way {
  std::string_view name; // of the secret
  bool (*holds)(const HttpRequest& request, std::string_view secret);
  void (*bring)(HttpRequest& request, std::string_view secret);
};
constexpr std::array k_ways{Way{"basic_auth", has_basic_auth, bring_basic_auth},
                            Way{"bearer_token", has_bearer_token, bring_bearer_token},
                            Way{"header", has_header, bring_header},
                            Way{"url_secret", has_url_secret, bring_url_secret},
                            Way{"webhook_key", has_webhook_secret, bring_url_secret},
                            Way{"webhook_secret", has_webhook_secret, bring_url_secret}};

Error refused(std::string message) {
  return Error{ErrorCode::unauthorized, std::move(message)};
}

Error none_set() {
  return refused("no secret is set (webhook_secret, basic_auth, bearer_token, header or "
                 "url_secret), so nobody knows who sent this");
}

} // namespace

Result<void> check_shared_secrets(const HttpRequest& request, const Secrets& secrets,
                                  std::string_view adapter) {
  if (!has_shared_secret(secrets, adapter)) {
    return none_set();
  }
  for (const auto& [name, holds, bring] : k_ways) {
    const auto secret = find_secret(secrets, adapter, name);
    if (!secret.empty() && !holds(request, secret)) {
      return refused("the request does not bring the secret \"" + std::string(name) + "\"");
    }
  }
  return {};
}

Result<void> bring_shared_secrets(HttpRequest& request, const Secrets& secrets,
                                  std::string_view adapter) {
  if (!has_shared_secret(secrets, adapter)) {
    return none_set();
  }
  for (const auto& [name, holds, bring] : k_ways) {
    const auto secret = find_secret(secrets, adapter, name);
    if (!secret.empty() && !holds(request, secret)) {
      bring(request, secret);
    }
  }
  return {};
}

bool has_shared_secret(const Secrets& secrets, std::string_view adapter) {
  return std::any_of(k_ways.begin(), k_ways.end(), [&](const Way& way) {
    return !find_secret(secrets, adapter, way.name).empty();
  });
}

} // namespace mailfunnel
