#pragma once
// TLS of the client: what is trusted, and what a failed handshake means.

#include "base/result.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>

#include <memory>
#include <optional>
#include <string>

namespace mailfunnel {

/// A context that checks chains, heeds an authority's word of revocation where the server sends it
/// along (OCSP stapling), and speaks TLS 1.2 or later. `ca_file`: see NetworkSettings. The
/// error is `usage`.
Result<std::unique_ptr<boost::asio::ssl::context>> make_tls_context(const std::string& ca_file);

/// Before the handshake: the name that the certificate must be for (a DNS name, also sent as SNI,
/// or an address).
bool expect_host(SSL* tls, const std::string& host);

/// Why a handshake failed, as `untrusted` with what to do; nothing where the connection was lost.
std::optional<Error> handshake_fault(SSL* tls, const boost::system::error_code& ec,
                                     const std::string& host);

} // namespace mailfunnel
