#include "support/test_certificates.hpp"

#include "base/text.hpp"

#include <boost/asio/buffer.hpp>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <stdexcept>

namespace mailfunnel {

namespace {

namespace ssl = boost::asio::ssl;

template<auto release> struct Release {
  template<typename T> void operator()(T* object) const { release(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Release<X509_free>>;
using Memory = std::unique_ptr<BIO, Release<BIO_free>>;

void must(bool done) {
  if (!done) {
    throw std::runtime_error("OpenSSL would not make a certificate");
  }
}

std::string text_of(BIO* memory) {
  char* data = nullptr;
  const auto size = BIO_ctrl(memory, BIO_CTRL_INFO, 0, static_cast<void*>(&data));
  return {data, static_cast<std::size_t>(size)};
}

Memory memory_of(const std::string& text) {
  return Memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Certificate certificate_of(const Identity& identity) {
  return Certificate(
      PEM_read_bio_X509(memory_of(identity.certificate).get(), nullptr, nullptr, nullptr));
}

Key key_of(const Identity& identity) {
  return Key(PEM_read_bio_PrivateKey(memory_of(identity.key).get(), nullptr, nullptr, nullptr));
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

bool is_address(const std::string& host) {
  return std::ranges::all_of(host, [](char c) { return is_digit(c) || c == '.'; });
}

} // namespace

Identity make_identity(const CertificateFor& wish) {
  static long serial = 1000;
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  auto* x = certificate.get();
  X509_set_version(x, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(x), wish.from);
  X509_gmtime_adj(X509_getm_notAfter(x), wish.until);
  X509_set_pubkey(x, key.get());
  const auto name = wish.host.empty() ? "test" : wish.host;
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  Certificate above;
  Key above_key;
  if (wish.authority != nullptr) {
    above = certificate_of(*wish.authority);
    above_key = key_of(*wish.authority);
  }
  auto* issuer = above ? above.get() : x;
  X509_set_issuer_name(x, X509_get_subject_name(issuer));
  if (wish.is_authority) {
    extend(x, issuer, NID_basic_constraints, "critical,CA:TRUE");
    extend(x, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    extend(x, issuer, NID_subject_alt_name, (is_address(name) ? "IP:" : "DNS:") + name);
  }
  must(X509_sign(x, above_key ? above_key.get() : key.get(), EVP_sha256()) > 0);

  Identity out;
  const Memory pem(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_X509(pem.get(), x) == 1);
  out.certificate = text_of(pem.get());
  const Memory key_pem(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
       1);
  out.key = text_of(key_pem.get());
  return out;
}

std::unique_ptr<ssl::context> server_context(const Identity& identity) {
  auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
  context->use_certificate_chain(boost::asio::buffer(identity.certificate));
  context->use_private_key(boost::asio::buffer(identity.key), ssl::context::pem);
  return context;
}

std::string ocsp_response(const Identity& identity, const Identity& authority, bool revoked) {
  const auto certificate = certificate_of(identity), above = certificate_of(authority);
  const auto key = key_of(authority);
  const std::unique_ptr<OCSP_BASICRESP, Release<OCSP_BASICRESP_free>> basic(OCSP_BASICRESP_new());
  const std::unique_ptr<ASN1_TIME, Release<ASN1_STRING_free>> now(X509_gmtime_adj(nullptr, 0)),
      later(X509_gmtime_adj(nullptr, 3600));
  const std::unique_ptr<OCSP_CERTID, Release<OCSP_CERTID_free>> id(
      OCSP_cert_to_id(EVP_sha256(), certificate.get(), above.get()));
  must(OCSP_basic_add1_status(
           basic.get(), id.get(), revoked ? V_OCSP_CERTSTATUS_REVOKED : V_OCSP_CERTSTATUS_GOOD,
           OCSP_REVOKED_STATUS_KEYCOMPROMISE, now.get(), now.get(), later.get()) != nullptr);
  must(OCSP_basic_sign(basic.get(), above.get(), key.get(), EVP_sha256(), nullptr, 0) == 1);
  const std::unique_ptr<OCSP_RESPONSE, Release<OCSP_RESPONSE_free>> response(
      OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()));
  std::string out(static_cast<std::size_t>(i2d_OCSP_RESPONSE(response.get(), nullptr)), '\0');
  auto* at = reinterpret_cast<unsigned char*>(out.data());
  i2d_OCSP_RESPONSE(response.get(), &at);
  return out;
}

void staple(ssl::context& context, const std::string& response) {
  const auto send = +[](SSL* tls, void* what) {
    const auto& bytes = *static_cast<const std::string*>(what);
    void* copy = OPENSSL_memdup(bytes.data(), bytes.size()); // the connection's from now on
    SSL_ctrl(tls, SSL_CTRL_SET_TLSEXT_STATUS_REQ_OCSP_RESP, static_cast<long>(bytes.size()), copy);
    return SSL_TLSEXT_ERR_OK;
  };
  SSL_CTX_callback_ctrl(context.native_handle(), SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB,
                        reinterpret_cast<void (*)()>(send));
  SSL_CTX_ctrl(context.native_handle(), SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB_ARG, 0,
               const_cast<std::string*>(&response));
}

std::unique_ptr<ssl::context> outdated_server_context(const Identity& identity) {
  auto context = server_context(identity);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context->native_handle(), TLS1_1_VERSION);
  SSL_CTX_set_cipher_list(context->native_handle(), "DEFAULT@SECLEVEL=0");
  return context;
}

} // namespace mailfunnel
