#include "adapter/signature.hpp"

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

std::optional<bool> verify(const std::string& key, const std::string& message) {
  return verify_sha256(key, base64_decode(k_signature).value(), message);
}

} // namespace

TEST_CASE("signature: the published vector, and what is near it") {
  CHECK(verify(k_key, k_message) == true);
  CHECK(verify("-----BEGIN PUBLIC KEY-----\n" + k_key + "\n-----END PUBLIC KEY-----\n",
               k_message) == true);
  CHECK(verify(k_other_key, k_message) == false);
  CHECK(verify(k_key, k_message.substr(0, k_message.size() - 2)) == false); // CRLF is signed too
  CHECK(verify(k_key, "payload") == false);
  CHECK(verify_sha256(k_key, "", k_message) == false);
  CHECK(verify_sha256(k_key, "not DER", k_message) == false);
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

TEST_CASE("same_secret compares whole texts") {
  CHECK(same_secret("abc", "abc"));
  CHECK(same_secret("", ""));
  CHECK_FALSE(same_secret("abc", "abd"));
  CHECK_FALSE(same_secret("abc", "ab"));
}
