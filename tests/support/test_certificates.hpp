#pragma once
// Keys and certificates for tests of TLS, made when they are needed: none is kept anywhere.

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <string>

namespace mailfunnel {

struct Identity {
  std::string certificate, key; // PEM
};

struct CertificateFor {
  std::string host;                    // a DNS name, or an IPv4 address
  long from = -3600, until = 3600;     // seconds from now
  const Identity* authority = nullptr; // none: signed by itself
  bool is_authority = false;
};

Identity make_identity(const CertificateFor& wish);

/// What a server needs to be that.
std::unique_ptr<boost::asio::ssl::context> server_context(const Identity& identity);
/// What the authority says of the identity, for OCSP, in DER.
std::string ocsp_response(const Identity& identity, const Identity& authority, bool revoked);
/// From now on the server sends it along. `response` outlives the context.
void staple(boost::asio::ssl::context& context, const std::string& response);
/// Only TLS 1.1 and older.
std::unique_ptr<boost::asio::ssl::context> outdated_server_context(const Identity& identity);

} // namespace mailfunnel
