#include "adapter/signature.hpp"

#include "support/sample_certificate.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mailfunnel;

namespace {

// The published vector of SendGrid's own client libraries (eventwebhook.spec.js).
const std::string k_key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/"
                          "7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==";
const std::string k_other_key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqTxd43gyp8IOEto2LdIfjRQrIbsd4S"
                                "XZkLW6jDutdhXSJCWHw8REntlo7aN"
                                "Dthvj+y7GjUuFDb/R1NGe1OPzpA==";
const std::string k_signature = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+"
                                "uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=";
const std::string k_message =
    "1600112502[{\"email\":\"hello@world.com\",\"event\":\"dropped\",\"reason\":\"Bounced "
    "Address\",\"sg_event_id\":\"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA\",\"sg_"
    "message_"
    "id\":\"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0\",\"smtp-"
    "id\":\"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>\",\"timestamp\":1600112492}]"
    "\r\n";

// Made with openssl(1), for a key of 1024 bits that was thrown away.
const std::string k_rsa_key =
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC+8bVfAYNftSlEVJFhDfyYsjCSprjJTww1KWIaeNB++tNNpJ2z"
    "bFJ0sDziy5Y8/U3bSn1tbCpY4N4yVKIK5ZY6ihYqzFuOyOTlRDnSFi76Fk8k3SSXEjoFwibHvi/YXfXg81ULbP2X"
    "mYkD6HqQbA1DO8SOmePRBls5tZsAXpqbcwIDAQAB";
const std::string k_rsa_sha1 =
    "QzbRPK5fseFxj5ArSp+FzvYBCUPZAppQ2aya4EIS5GuZA2j6/4VjD8ck5u2/99SeUaVRP1FIlSFKcrHHhqXCjwcX"
    "3R+sEkjTbj6k/5wwgF+QuUEnG6XQhNo2SclV1j8OADONLhqitZbM5688uvyclcFGm6mPrsjnOBNWSGhFVEM=";
const std::string k_rsa_sha256 =
    "YMiNdKOQGvujyjA4mwRymx2YeQ17u0mV4nnGO84RU9so8epZiRxRRjuJi6aqBl07Ep8VKgvT/Z1IxhqGXz6vxSGb"
    "RJ3T56AgvlGuu5A4+tnjTsFspUt29nUb196dP1PhqcVQJvvVwLdNmhabaBozkCCwrOvpLfpGzbC3H/Izqa8=";

std::optional<bool> verify(const std::string& key, const std::string& message) {
  return verify_signature(Digest::sha256, key, base64_decode(k_signature).value(), message);
}

} // namespace

TEST_CASE("signature: the published vector, and what is near it") {
  CHECK(verify(k_key, k_message) == true);
  CHECK(verify("-----BEGIN PUBLIC KEY-----\n" + k_key + "\n-----END PUBLIC KEY-----\n",
               k_message) == true);
  CHECK(verify(k_other_key, k_message) == false);
  CHECK(verify(k_key, k_message.substr(0, k_message.size() - 2)) == false); // CRLF is signed too
  CHECK(verify(k_key, "payload") == false);
  CHECK(verify_signature(Digest::sha256, k_key, "", k_message) == false);
  CHECK(verify_signature(Digest::sha256, k_key, "not DER", k_message) == false);
}

TEST_CASE("signature: a key that is none is told from a wrong signature") {
  CHECK(verify("", k_message) == std::nullopt);
  CHECK(verify("AAAA", k_message) == std::nullopt);
  CHECK(verify("not base64!", k_message) == std::nullopt);
  CHECK(verify("-----BEGIN", k_message) == std::nullopt);
}

TEST_CASE("base64: both alphabets, with and without padding") {
  struct Row {
    const char* text;
    const char* want;
  };
  for (const auto& row :
       {Row{"", ""}, Row{"Zg==", "f"}, Row{"Zg", "f"}, Row{"Zm8=", "fo"}, Row{"Zm9v", "foo"},
        Row{"Zm9v\r\nYmFy", "foobar"}, Row{"_-_-", "\xff\xef\xfe"}, Row{"/+/+", "\xff\xef\xfe"}}) {
    CAPTURE(row.text);
    CHECK(base64_decode(row.text) == row.want);
  }
  for (const char* bad : {"Z", "Zm9vZ", "Zm=9", "Zm9v*", "\xff"}) {
    CAPTURE(bad);
    CHECK_FALSE(base64_decode(bad).has_value());
  }
}

TEST_CASE("hex: both cases, whole bytes") {
  CHECK(hex_decode("00ffAb") == std::string("\x00\xff\xab", 3));
  CHECK(hex_decode("") == "");
  for (const char* bad : {"0", "0g", "0x00", "00 ff", "\xc3\xa9"}) {
    CAPTURE(bad);
    CHECK_FALSE(hex_decode(bad).has_value());
  }
}

TEST_CASE("digests and HMACs: published vectors") {
  CHECK(digest_of(Digest::md5, "abc") ==
        hex_decode("900150983cd24fb0d6963f7d28e17f72")); // RFC 1321
  CHECK(digest_of(Digest::sha1, "abc") ==                // RFC 3174
        hex_decode("a9993e364706816aba3e25717850c26c9cd0d89d"));
  CHECK(digest_of(Digest::sha256, "") ==
        hex_decode("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  const std::string_view key = "Jefe", message = "what do ya want for nothing?";
  CHECK(hmac(Digest::md5, key, message) == // RFC 2202
        hex_decode("750c783e6ab0b503eaa86e310a5db738"));
  CHECK(hmac(Digest::sha1, key, message) == hex_decode("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"));
  CHECK(hmac(Digest::sha256, key, message) == // RFC 4231
        hex_decode("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
  CHECK(hmac(Digest::sha256, "", "").size() == 32);
}

TEST_CASE("signature: RSA over SHA-1 and SHA-256") {
  const std::string message = R"({"event":"MessageSent"})";
  const auto verify = [&](Digest digest, const std::string& signature) {
    return verify_signature(digest, k_rsa_key, base64_decode(signature).value(), message);
  };
  CHECK(verify(Digest::sha1, k_rsa_sha1) == true);
  CHECK(verify(Digest::sha256, k_rsa_sha256) == true);
  CHECK(verify(Digest::sha256, k_rsa_sha1) == false);
  CHECK(verify(Digest::sha1, "Z2FyYmFnZQ==") == false);
}

TEST_CASE("same_secret compares whole texts") {
  CHECK(same_secret("abc", "abc"));
  CHECK_FALSE(same_secret("abc", "abd"));
  CHECK_FALSE(same_secret("abc", "ab"));
  CHECK_FALSE(same_secret("", "")); // a secret that nobody set
}

TEST_CASE("signature: the key of a certificate") {
  // What `openssl x509 -pubkey` says of it.
  const std::string certificate = k_sample_certificate;
  const std::string key =
      "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCvOPQgtG5hfkrynUpXuHwioO59WCvrJ7k+cmYScpf/"
      "mByOAN5MYfXB+b1aZ8L/9mhdvVAh4YuNlCXFN4S0856KwqxWcwXImRvVr+L0V0FprFyrzPRX3OjQXGMG"
      "W4AmrGwKN/NkZOvJ7WEbiSHIl4ZxI6smgaPh+++/PLh2/kcIwwIDAQAB";
  CHECK(public_key_of(certificate) == key);
  CHECK(public_key_of("in front of it\n" + certificate + certificate) == key);
  CHECK(public_key_of("") == std::nullopt);
  CHECK(public_key_of(key) == std::nullopt);
  CHECK(public_key_of(certificate.substr(0, certificate.size() / 2)) == std::nullopt);
  CHECK(public_key_of(std::string(1 << 20, '-')) == std::nullopt);
}
