#include "support/adapter_case.hpp"

namespace mailfunnel::postal {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_postal("postal", postal::register_adapter);

std::string event(const std::string& word, const std::string& payload = "") {
  return R"({"event":")" + word +
         R"(","timestamp":1772443507.25,"payload":{"message":{"id":7,"to":"ann@example.com"})" +
         payload + R"(},"uuid":"u"})";
}

// Made with openssl(1) over event("MessageLoaded"), for a key that was thrown away.
const std::string k_key =
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC+8bVfAYNftSlEVJFhDfyYsjCSprjJTww1KWIaeNB+"
    "+tNNpJ2zbFJ0sDziy5Y8/U3bSn1tbCpY4N4yVKIK5ZY6ihYqzFuOyOTlRDnSFi76Fk8k3SSXEjoFwibH"
    "vi/YXfXg81ULbP2XmYkD6HqQbA1DO8SOmePRBls5tZsAXpqbcwIDAQAB";
const std::string k_sha1 =
    "o6pyN582L0R0JJ5Fp1mGBl8YAeSKtqvoimwExzUzQt6hv0zV9kJOj4RtklC60DwtpFG+pk5tEEfRFe09"
    "dVXuKynxV2J/tJhMefkYPdywwfb5Eh8ZVFRBkr6EWkKGmpwZ0fKxMh6VL6tKX4qWXVj86Uj3sRY/sPOh"
    "12tk9vsMnAY=";
const std::string k_sha256 =
    "QmV9sK/wnZJSkWKY8vjW0pRnRPitWnv1W/neSPaF4as85OZ69jRqRBZ9Y3xN8+qGJK0+EZLpFLx0gHGL"
    "L0Dr3r/mBQJ2PDNZyVpk6IzrKn/CfA893EfBfwfiJJt68TOUbOcEdR5eezD3BgEvL0Jv/OXyx7FlWXKf"
    "fuS048R5+Vg=";

} // namespace

TEST_CASE("postal: what is ours") {
  CHECK(k_postal.takes(event("MessageSent")));
  CHECK(k_postal.takes(R"({"event":"DomainDNSError","payload":{},"uuid":"u"})"));
  CHECK_FALSE(k_postal.takes(event("MessageLevitated")));
  CHECK_FALSE(k_postal.takes(R"({"event":"MessageSent","message":{}})"));
}

TEST_CASE("postal: one event, what comes of it") {
  struct Row {
    const char* name;
    std::string record;
    const char* part;
  };
  for (
      const auto& row : {
          Row{"sent is delivered", event("MessageSent"), R"({"kind":"delivered")"},
          Row{"the answer names class and reason",
              event(
                  "MessageDeliveryFailed",
                  R"(,"details":"Permanent SMTP delivery error","output":"550 5.1.1 user unknown")"),
              R"("bounce":{"class":"hard","status":"5.1.1","code":550,"reason":"user_unknown")"},
          Row{"given up after many attempts",
              event("MessageDeliveryFailed",
                    R"(,"details":"Maximum number of delivery attempts (18) has been reached.")"),
              R"("bounce":{"class":"soft","reason":"expired")"},
          Row{"delayed stays soft",
              event("MessageDelayed", R"(,"output":"550 5.1.1 user unknown")"),
              R"({"kind":"deferred")"},
          Row{"held for the suppression list",
              event("MessageHeld",
                    R"(,"details":"Recipient (a@b.example) is on the suppression list")"),
              R"("bounce":{"reason":"suppressed")"},
          Row{"held for the send limit",
              event("MessageHeld",
                    R"(,"details":"Message held because send limit (9) has been reached.")"),
              R"("bounce":{"reason":"rate_limited")"},
          Row{"a time with its fraction, an id that is a number", event("MessageLoaded"),
              R"("time":"2026-03-02T09:25:07.25Z","message_id":"7","event_id":"u")"},
          Row{"a click",
              event("MessageLinkClicked", R"(,"url":"https://a.example","user_agent":null)"),
              R"("link":"https://a.example","message_id":"7","event_id":"u","evidence":["empty_agent"])"},
      }) {
    CAPTURE(row.name);
    check_has(k_postal.line(row.record), row.part);
  }
}

TEST_CASE("postal: a bounce by mail is of the original message") {
  check_has(
      k_postal.line(R"({"event":"MessageBounced","timestamp":1772443507,"uuid":"u","payload":{)"
                    R"("original_message":{"id":7,"to":"ann@example.com","tag":"news"},)"
                    R"("bounce":{"id":8,"direction":"incoming","to":"x@example.net"}}})"),
      R"({"kind":"bounce","address":"ann@example.com","time":"2026-03-02T09:25:07Z","campaign":"news","message_id":"7")");
}

TEST_CASE("postal: incoming mail and events of the server are skipped") {
  const auto lines =
      k_postal.lines(event("MessageSent") + "\n" +
                     R"({"event":"MessageSent","timestamp":1,"uuid":"u","payload":{"message":)"
                     R"({"direction":"incoming","to":"ann@example.com"}}})"
                     "\n"
                     R"({"event":"SendLimitExceeded","timestamp":1,"uuid":"u","payload":{}})"
                     "\n");
  CHECK(lines.size() == 1);
}

TEST_CASE("postal: a webhook is read when it is signed") {
  const Secrets secrets{{"webhook_key", k_key}};
  HttpRequest request;
  request.body = event("MessageLoaded");
  const auto refusal = [&](std::vector<std::pair<std::string, std::string>> headers,
                           const Secrets& with) {
    request.headers = std::move(headers);
    return k_postal.refusal(request, with);
  };
  CHECK(refusal({{"X-Postal-Signature", k_sha1}}, secrets) == "taken");
  CHECK(refusal({{"X-Postal-Signature-256", k_sha256}}, secrets) == "taken");
  k_postal.check_either_key(request, k_key);
  CHECK(refusal({{"X-Postal-Signature", "old"}, {"X-Postal-Signature-256", k_sha256}}, secrets) ==
        "taken");
  check_has(refusal({{"X-Postal-Signature", k_sha1}, {"X-Postal-Signature-256", k_sha1}}, secrets),
            "wrong"); // the better one holds
  check_has(refusal({{"X-Postal-Signature", k_sha256}}, secrets), "wrong");
  check_has(refusal({{"X-Postal-Signature", "not base64!"}}, secrets), "wrong");
  check_has(refusal({}, secrets), "no header X-Postal-Signature");
  check_has(refusal({{"X-Postal-Signature", k_sha1}}, {}), "no secret");
  check_has(refusal({{"X-Postal-Signature", k_sha1}}, {{"webhook_key", "nonsense"}}),
            "the public key can't be read");
  request.body += " ";
  check_has(refusal({{"X-Postal-Signature-256", k_sha256}}, secrets), "wrong");
}
