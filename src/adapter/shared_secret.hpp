#pragma once
// Webhooks of ESPs that sign nothing: all that tells their requests from others is what the
// receiver told the ESP to send along, as a password or in the address itself.

#include "adapter/adapter.hpp"

#include <string_view>

namespace mailfunnel {

/// Checks each of these secrets that is set, under its own name or with the adapter's id and '_'
/// before it. An `unauthorized` error when one is missing or wrong in the request, or none is set.
///   basic_auth    "user:password" of https://user:password@host/path
///   bearer_token  of the header Authorization: Bearer …
///   header        "Name: value" of a header of the receiver's own
///   url_secret    a segment of the URL's path, or the value of one of its parameters
///   webhook_secret, webhook_key  any of: the password of HTTP Basic whoever the user,
///   "user:password" of it, a bearer token, a segment of the URL's path or the value of one of its
///   parameters
Result<void> check_shared_secrets(const HttpRequest& request, const Secrets& secrets,
                                  std::string_view adapter);
/// Brings what check_shared_secrets() asks for; the others of several ways stay open.
Result<void> bring_shared_secrets(HttpRequest& request, const Secrets& secrets,
                                  std::string_view adapter);
/// Is any of these set? For ESPs whose requests may also be signed.
bool has_shared_secret(const Secrets& secrets, std::string_view adapter);

} // namespace mailfunnel
