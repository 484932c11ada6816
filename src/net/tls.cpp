#include "net/tls.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace mailfunnel {

namespace {

namespace ssl = boost::asio::ssl;

struct Meaning {
  long code;
  const char* what;
  const char* to_do;
};

constexpr const char* k_clock = "is this machine's clock right?";
constexpr const char* k_authority =
    "if it is right that your network or server uses an authority of its own, give its certificate "
    "as ca_file";
constexpr const char* k_provider = "the other side must mend it";

// Of openssl/x509_vfy.h.
constexpr std::array k_certificate_faults{
    Meaning{X509_V_ERR_CERT_HAS_EXPIRED, "its certificate, or one above it, has expired",
            "the other side must renew it; is this machine's clock right?"},
    Meaning{X509_V_ERR_CERT_NOT_YET_VALID, "its certificate is not yet valid", k_clock},
    Meaning{X509_V_ERR_HOSTNAME_MISMATCH, "its certificate is for another host",
            "is the base URL right?"},
    Meaning{X509_V_ERR_IP_ADDRESS_MISMATCH, "its certificate is for another address",
            "use the host's name in the base URL"},
    Meaning{X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "its certificate is self-signed", k_authority},
    Meaning{X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
            "its certificate comes from an unknown authority (the root it sent is not trusted)",
            k_authority},
    Meaning{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "its certificate comes from an unknown authority",
            k_authority},
    Meaning{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            "its certificate comes from an unknown authority", k_authority},
    Meaning{X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
            "its certificate comes from an unknown authority", k_authority},
    Meaning{X509_V_ERR_CERT_REVOKED, "its certificate is revoked", k_provider},
    Meaning{X509_V_ERR_INVALID_CA, "its certificate was issued by one that may not issue any",
            k_provider},
    Meaning{X509_V_ERR_INVALID_PURPOSE, "its certificate is not for servers", k_provider},
    Meaning{X509_V_ERR_CERT_SIGNATURE_FAILURE, "the signature of its certificate is wrong",
            k_provider},
    Meaning{X509_V_ERR_EE_KEY_TOO_SMALL, "the key of its certificate is too weak", k_provider},
    Meaning{X509_V_ERR_CA_KEY_TOO_SMALL, "the key of its authority is too weak", k_provider},
    Meaning{X509_V_ERR_CA_MD_TOO_WEAK, "its certificate is signed with a weak hash", k_provider},
};

constexpr const char* k_old = "it speaks no TLS 1.2 or later";
constexpr const char* k_no_tls = "it does not speak TLS";
constexpr const char* k_port = "are host and port of the base URL right?";

// Of openssl/sslerr.h.
constexpr std::array k_protocol_faults{
    Meaning{SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, k_old, k_provider},
    Meaning{SSL_R_UNSUPPORTED_PROTOCOL, k_old, k_provider},
    Meaning{SSL_R_WRONG_SSL_VERSION, k_old, k_provider},
    Meaning{SSL_R_WRONG_VERSION_NUMBER, k_no_tls, k_port},
    Meaning{SSL_R_HTTP_REQUEST, k_no_tls, k_port},
    Meaning{SSL_R_DH_KEY_TOO_SMALL, "its keys are too weak", k_provider},
    Meaning{SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, "it has no cipher that is safe enough",
            k_provider},
};

template<std::size_t n> const Meaning* meaning_of(const std::array<Meaning, n>& table, long code) {
  const auto* found = std::ranges::find(table, code, &Meaning::code);
  return found == table.end() ? nullptr : found;
}

Error untrusted(const std::string& host, std::string_view what, std::string_view to_do) {
  auto message = host + " is not trusted: " + std::string(what);
  if (!to_do.empty()) {
    message += "; " + std::string(to_do);
  }
  return {ErrorCode::untrusted, std::move(message)};
}

} // namespace

Result<std::unique_ptr<ssl::context>> make_tls_context(const std::string& ca_file) {
  auto context = std::make_unique<ssl::context>(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  context->set_verify_mode(ssl::verify_peer);
  boost::system::error_code ec;
  if (ca_file.empty()) {
    context->set_default_verify_paths(ec);
  } else {
    context->load_verify_file(ca_file, ec);
  }
  if (ec) {
    return Error{ErrorCode::usage,
                 "no certificates of authorities can be read (PEM): " + ec.message(),
                 ca_file.empty() ? "the system's store" : ca_file};
  }
  return context;
}

bool expect_host(SSL* tls, const std::string& host) {
  SSL_set_hostflags(tls, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  boost::system::error_code no_address;
  boost::asio::ip::make_address(host, no_address);
  if (!no_address) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host.c_str()) == 1;
  }
  return SSL_set1_host(tls, host.c_str()) == 1 &&
         SSL_ctrl(tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  const_cast<char*>(host.c_str())) == 1; // only read
}

std::optional<Error> handshake_fault(SSL* tls, const boost::system::error_code& ec,
                                     const std::string& host) {
  if (ec.category() != boost::asio::error::get_ssl_category()) {
    return std::nullopt;
  }
  const auto reason = ERR_GET_REASON(static_cast<unsigned long>(ec.value()));
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    const auto code = SSL_get_verify_result(tls);
    if (const auto* known = meaning_of(k_certificate_faults, code)) {
      return untrusted(host, known->what, known->to_do);
    }
    return untrusted(host, X509_verify_cert_error_string(code), "");
  }
  if (const auto* known = meaning_of(k_protocol_faults, reason)) {
    return untrusted(host, known->what, known->to_do);
  }
  return untrusted(host, "the TLS handshake failed: " + ec.message(), "");
}

} // namespace mailfunnel
