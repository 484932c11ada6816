#pragma once
// What webhook signatures and the sign-in of APIs are made of, over OpenSSL. Comparisons take
// constant time.

#include <optional>
#include <string>
#include <string_view>

namespace mailfunnel {

/// Hash functions that ESPs sign with; the old ones for those that use nothing better.
enum class Digest { md5, sha1, sha256 };

std::optional<std::string>
base64_decode(std::string_view text); // standard or URL alphabet, white space and padding optional
std::string hex_encode(std::string_view bytes);               // lower case
std::optional<std::string> hex_decode(std::string_view text); // both cases, nothing between

/// Bytes, not hexadecimal digits.
std::string digest_of(Digest digest, std::string_view message);
std::string hmac(Digest digest, std::string_view key, std::string_view message);

/// An empty secret is like none: it never matches.
bool same_secret(std::string_view a, std::string_view b);
/// Is `signature` one of `message` by the public key (base64 SubjectPublicKeyInfo, PEM lines
/// allowed)? ECDSA (the signature is DER) and RSA (PKCS #1 v1.5). nullopt: the key itself can't be
/// read.
std::optional<bool> verify_signature(Digest digest, std::string_view public_key,
                                     std::string_view signature, std::string_view message);
/// The public key of an X.509 certificate (PEM, the first one in it), as verify_signature() takes
/// it. nullopt: it can't be read. Whether the certificate is to be trusted is not asked.
std::optional<std::string> public_key_of(std::string_view certificate);

} // namespace mailfunnel
