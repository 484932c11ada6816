#include "web/pages/handles.hpp"

#include "adapter/signature.hpp"
#include "base/base64.hpp"
#include "base/result.hpp"
#include "base/text.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include <algorithm>
#include <memory>

namespace mailfunnel {

namespace {

constexpr std::size_t k_nonce = 12, k_tag = 16; // bytes; as NIST SP 800-38D has them
constexpr std::size_t k_longest = 4096;
constexpr char k_mark = '~';

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

void fill(std::array<unsigned char, 32>& key) {
  if (getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size())) {
    throw Failure({ErrorCode::io, "the system gives no random bytes"});
  }
}

[[noreturn]] void no_cipher() {
  throw Failure({ErrorCode::io, "AES-256-GCM is not there"});
}

} // namespace

Handles::Handles() {
  fill(m_key);
  fill(m_nonce_key);
}

std::string Handles::seal(std::string_view text) const {
  // The nonce is of the text: two texts never share one, and the same gives the same link.
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const Cipher cipher(EVP_CIPHER_CTX_new());
  if (!cipher || HMAC(EVP_sha256(), m_nonce_key.data(), static_cast<int>(m_nonce_key.size()),
                      bytes(text), text.size(), digest.data(), &size) == nullptr) {
    no_cipher();
  }
  std::string out(reinterpret_cast<const char*>(digest.data()), k_nonce);
  out.resize(k_nonce + text.size() + k_tag);
  int written = 0, last = 0;
  if (EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, m_key.data(), bytes(out)) != 1 ||
      EVP_EncryptUpdate(cipher.get(), bytes(out) + k_nonce, &written, bytes(text),
                        static_cast<int>(text.size())) != 1 ||
      EVP_EncryptFinal_ex(cipher.get(), bytes(out) + k_nonce + written, &last) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(k_tag),
                          bytes(out) + k_nonce + text.size()) != 1) {
    no_cipher();
  }
  auto encoded = base64_encode(out);
  encoded.erase(std::find(encoded.begin(), encoded.end(), '='), encoded.end());
  std::replace(encoded.begin(), encoded.end(), '+', '-');
  std::replace(encoded.begin(), encoded.end(), '/', '_');
  return k_mark + encoded;
}

std::optional<std::string> Handles::open(std::string_view handle) const {
  if (!handle.starts_with(k_mark) || handle.size() > k_longest) {
    return std::nullopt;
  }
  auto sealed = base64_decode(handle.substr(1));
  const Cipher cipher(EVP_CIPHER_CTX_new());
  if (!sealed || sealed->size() < k_nonce + k_tag || !cipher) {
    return std::nullopt;
  }
  const auto size = sealed->size() - k_nonce - k_tag;
  std::string out(size, '\0');
  int written = 0, last = 0;
  if (EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, m_key.data(), bytes(*sealed)) !=
          1 ||
      EVP_DecryptUpdate(cipher.get(), bytes(out), &written, bytes(*sealed) + k_nonce,
                        static_cast<int>(size)) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(k_tag),
                          bytes(*sealed) + k_nonce + size) != 1 ||
      EVP_DecryptFinal_ex(cipher.get(), bytes(out) + written, &last) != 1) {
    return std::nullopt;
  }
  return out;
}

std::string masked_address(std::string_view address) {
  auto end = std::min<std::size_t>(1, address.size()); // one character, of several bytes perhaps
  while (end < address.size() && (static_cast<unsigned char>(address[end]) & 0xC0) == 0x80) {
    ++end;
  }
  const auto at = address.rfind('@');
  auto out = std::string(address.substr(0, end)) + "…";
  return at == std::string_view::npos ? out : out.append(address.substr(at));
}

} // namespace mailfunnel
