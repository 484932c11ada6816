#include "adapter/signature.hpp"

#include "base/base64.hpp"
#include "base/result.hpp"
#include "base/text.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <cstdint>
#include <memory>

namespace mailfunnel {

namespace {

constexpr std::uint8_t k_no_digit = 64;

constexpr std::array<std::uint8_t, 256> make_digits() {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(k_no_digit);
  std::uint8_t value = 0;
  constexpr std::string_view k_alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (const char c : k_alphabet) {
    digits[static_cast<unsigned char>(c)] = value++;
  }
  digits['-'] = 62; // the URL alphabet
  digits['_'] = 63;
  return digits;
}
constexpr auto k_digits = make_digits();

/// The base64 of a key without its "-----BEGIN PUBLIC KEY-----" lines.
std::string without_pem_lines(std::string_view text) {
  constexpr std::string_view k_dashes = "-----";
  std::string out;
  while (!text.empty()) {
    const auto begin = text.find(k_dashes);
    out += text.substr(0, begin);
    if (begin == std::string_view::npos) {
      break;
    }
    const auto end = text.find(k_dashes, begin + k_dashes.size());
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + k_dashes.size());
  }
  return out;
}

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

const EVP_MD* function_of(Digest digest) {
  switch (digest) {
  case Digest::md5:
    return EVP_md5();
  case Digest::sha1:
    return EVP_sha1();
  case Digest::sha256:
    return EVP_sha256();
  }
  return EVP_sha256();
}

/// What write(out, size) put into a buffer of EVP_MAX_MD_SIZE bytes. That it fails means that the
/// library has no memory, or that the machine forbids the function.
template<typename Write> std::string hashed(Write write) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (!write(out.data(), &size)) {
    throw Failure({ErrorCode::unsupported, "OpenSSL on this machine can't do a hash function"});
  }
  return {reinterpret_cast<const char*>(out.data()), size};
}

struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct ContextFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct CertificateFree {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct MemoryFree {
  void operator()(BIO* memory) const { BIO_free(memory); }
};
struct BytesFree {
  void operator()(unsigned char* bytes) const { OPENSSL_free(bytes); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyFree>;

Key read_key(std::string_view public_key) {
  const auto der = base64_decode(without_pem_lines(public_key));
  if (!der || der->empty()) {
    return nullptr;
  }
  const auto* at = bytes(*der);
  return Key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der->size())));
}

} // namespace

std::optional<std::string> base64_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t pending = 0;
  unsigned bits = 0;
  std::size_t digits = 0;
  bool padded = false;
  for (const char c : text) {
    if (is_space(c)) {
      continue;
    }
    if (c == '=') {
      padded = true;
      continue;
    }
    const auto digit = k_digits[static_cast<unsigned char>(c)];
    if (digit == k_no_digit || padded) {
      return std::nullopt;
    }
    pending = (pending << 6 | digit) & 0xFFFFFF;
    bits += 6;
    ++digits;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(pending >> bits & 0xFF);
    }
  }
  if (digits % 4 == 1) { // six bits are no byte
    return std::nullopt;
  }
  return out;
}

std::string hex_encode(std::string_view text) {
  constexpr char k_hex[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size() * 2);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += k_hex[byte >> 4];
    out += k_hex[byte & 15];
  }
  return out;
}

std::optional<std::string> hex_decode(std::string_view text) {
  const auto value_of = [](char c) {
    const char low = ascii_lower(c);
    return is_digit(c) ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
  };
  if (text.size() % 2 != 0) {
    return std::nullopt;
  }
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const int high = value_of(text[at]), low = value_of(text[at + 1]);
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::string digest_of(Digest digest, std::string_view message) {
  return hashed([&](unsigned char* out, unsigned* size) {
    return EVP_Digest(message.data(), message.size(), out, size, function_of(digest), nullptr) == 1;
  });
}

std::string hmac(Digest digest, std::string_view key, std::string_view message) {
  return hashed([&](unsigned char* out, unsigned* size) {
    return HMAC(function_of(digest), key.data(), static_cast<int>(key.size()), bytes(message),
                message.size(), out, size) != nullptr;
  });
}

bool same_secret(std::string_view a, std::string_view b) {
  return !a.empty() && a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<bool> verify_signature(Digest digest, std::string_view public_key,
                                     std::string_view signature, std::string_view message) {
  const auto key = read_key(public_key);
  if (!key) {
    return std::nullopt;
  }
  const std::unique_ptr<EVP_MD_CTX, ContextFree> context(EVP_MD_CTX_new());
  if (!context ||
      EVP_DigestVerifyInit(context.get(), nullptr, function_of(digest), nullptr, key.get()) != 1) {
    return std::nullopt;
  }
  // Anything but 1 is "no": 0 is a wrong signature, a negative number one that is no DER at all.
  return EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(message),
                          message.size()) == 1;
}

std::optional<std::string> public_key_of(std::string_view certificate) {
  constexpr std::size_t k_most = 64 << 10;
  if (certificate.size() > k_most) {
    return std::nullopt;
  }
  const std::unique_ptr<BIO, MemoryFree> memory(
      BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size())));
  const std::unique_ptr<X509, CertificateFree> read(
      PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
  if (!read) {
    return std::nullopt;
  }
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(read.get()), &der);
  const std::unique_ptr<unsigned char, BytesFree> owned(der);
  if (size <= 0) {
    return std::nullopt;
  }
  return base64_encode({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
}

} // namespace mailfunnel
