#include "net/tls.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>
#include <openssl/ocsp.h>
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
    Meaning{SSL_R_INVALID_STATUS_RESPONSE, // of judge_staple()
            "its certificate is revoked, by the answer of its authority that it sent along (OCSP)",
            k_provider},
    Meaning{SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, "it has no cipher that is safe enough",
            k_provider},
};

template<std::size_t n> const Meaning* meaning_of(const std::array<Meaning, n>& table, long code) {
  const auto* found = std::ranges::find(table, code, &Meaning::code);
  return found == table.end() ? nullptr : found;
}

template<auto release> struct Release {
  template<typename T> void operator()(T* object) const { release(object); }
};

/// Does one answer of the authority say so of this certificate? Answers name it by hashes of the
/// issuer, of whichever kind.
bool says_revoked(OCSP_SINGLERESP* single, X509* certificate, X509* issuer) {
  const auto* named = OCSP_SINGLERESP_get0_id(single);
  ASN1_OBJECT* hash = nullptr;
  OCSP_id_get0_info(nullptr, &hash, nullptr, nullptr, const_cast<OCSP_CERTID*>(named));
  const auto* kind = EVP_get_digestbyobj(hash);
  const std::unique_ptr<OCSP_CERTID, Release<OCSP_CERTID_free>> ours(
      kind == nullptr ? nullptr : OCSP_cert_to_id(kind, certificate, issuer));
  return ours && OCSP_id_cmp(ours.get(), named) == 0 &&
         OCSP_single_get0_status(single, nullptr, nullptr, nullptr, nullptr) ==
             V_OCSP_CERTSTATUS_REVOKED;
}

/// What the server sends along of its authority's word on its certificate (RFC 6066, OCSP stapling;
/// RFC 6960). Most send nothing, and who is asked not to can leave it out: so what is missing or
/// not signed by the authority says nothing. 1: go on; 0: it is revoked.
int judge_staple(SSL* tls, void* /*of the context*/) {
  const unsigned char* bytes = nullptr;
  const auto size =
      SSL_ctrl(tls, SSL_CTRL_GET_TLSEXT_STATUS_REQ_OCSP_RESP, 0, static_cast<void*>(&bytes));
  if (bytes == nullptr || size <= 0) {
    return 1;
  }
  const std::unique_ptr<OCSP_RESPONSE, Release<OCSP_RESPONSE_free>> response(
      d2i_OCSP_RESPONSE(nullptr, &bytes, size));
  const std::unique_ptr<OCSP_BASICRESP, Release<OCSP_BASICRESP_free>> answers(
      response ? OCSP_response_get1_basic(response.get()) : nullptr);
  auto* chain = SSL_get0_verified_chain(tls);
  const bool can_tell = answers && chain != nullptr && sk_X509_num(chain) > 1 &&
                        OCSP_basic_verify(answers.get(), SSL_get_peer_cert_chain(tls),
                                          SSL_CTX_get_cert_store(SSL_get_SSL_CTX(tls)), 0) == 1;
  ERR_clear_error(); // of what could not be read or verified
  for (int i = 0; can_tell && i < OCSP_resp_count(answers.get()); ++i) {
    if (says_revoked(OCSP_resp_get0(answers.get(), i), sk_X509_value(chain, 0),
                     sk_X509_value(chain, 1))) {
      return 0;
    }
  }
  return 1;
}

void ask_for_staple(SSL_CTX* context) {
  SSL_CTX_ctrl(context, SSL_CTRL_SET_TLSEXT_STATUS_REQ_TYPE, TLSEXT_STATUSTYPE_ocsp, nullptr);
  SSL_CTX_callback_ctrl(context, SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB,
                        reinterpret_cast<void (*)()>(judge_staple));
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
  ask_for_staple(context->native_handle());
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
