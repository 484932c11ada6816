#pragma once
// What webhook signatures are made of, over OpenSSL. Comparisons take constant time.

#include <optional>
#include <string>
#include <string_view>

namespace mailfunnel {

std::optional<std::string>
base64_decode(std::string_view text); // standard or URL alphabet, white space and padding optional
bool same_secret(std::string_view a, std::string_view b);
/// Is `signature` (DER) one of `message` by the key (base64 SubjectPublicKeyInfo, PEM lines
/// allowed), with SHA-256? Works for ECDSA and RSA keys. nullopt: the key itself can't be read.
std::optional<bool> verify_sha256(std::string_view public_key, std::string_view signature,
                                  std::string_view message);

} // namespace mailfunnel
