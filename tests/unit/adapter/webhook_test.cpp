#include "adapter/webhook.hpp"

#include "adapter/signature.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mailfunnel;

namespace {

std::string why(const Result<void>& result) {
  if (result) {
    return "good";
  }
  CHECK(result.error().code == ErrorCode::unauthorized);
  return result.error().message;
}

bool has(const std::string& text, const std::string& part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

// The example of the Standard Webhooks specification and of its libraries' tests.
const std::string k_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr Seconds k_moment = 1614265330;
const std::string k_good = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

HttpRequest standard_request(const std::string& signature) {
  HttpRequest request;
  request.headers = {{"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
                     {"webhook-timestamp", "1614265330"},
                     {"webhook-signature", signature}};
  request.body = R"({"test": 2432232314})";
  return request;
}

std::string standard(const HttpRequest& request, const std::string& secret = k_secret,
                     Seconds now = k_moment) {
  return why(check_standard_webhook(request, "webhook", secret, now));
}

} // namespace

TEST_CASE("webhook: a secret goes by its own name or with the adapter's id before it") {
  const auto find = [](const Secrets& secrets) {
    const auto found = need_secret(secrets, "acme", {"signing_secret", "key"});
    return found ? std::string(*found) : found.error().message;
  };
  CHECK(find({{"signing_secret", "a"}}) == "a");
  CHECK(find({{"acme_signing_secret", "b"}}) == "b");
  CHECK(find({{"acme_key", "c"}, {"other_key", "d"}}) == "c");
  CHECK(find({{"signing_secret", ""}, {"key", "e"}}) == "e");
  CHECK(has(find({}), "no secret \"signing_secret\""));
  CHECK(has(find({{"key", ""}}), "signature"));
}

TEST_CASE("webhook: the age of a signature") {
  CHECK(check_age("1000", 1300));
  CHECK(check_age("1000", 700));
  CHECK(has(why(check_age("1000", 1301)), "more than 5m off"));
  CHECK(has(why(check_age("1000", 699)), "more than 5m off"));
  CHECK(has(why(check_age("soon", 1000)), "\"soon\" is no time"));
  CHECK_FALSE(check_age("-9223372036854775808", 1000));
  CHECK_FALSE(check_age("9223372036854775807", 1000));
}

TEST_CASE("webhook: an HMAC of the body in one header") {
  HttpRequest request;
  request.body = "what do ya want for nothing?"; // RFC 4231, test case 2
  request.headers = {
      {"x-signature", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"}};
  const auto check = [&](std::string_view header, std::string_view secret) {
    return why(check_body_hmac(request, header, secret));
  };
  CHECK(check("X-Signature", "Jefe") == "good");
  CHECK(has(check("X-Signature", "jefe"), "wrong"));
  CHECK(has(check("X-Other", "Jefe"), "no header X-Other"));
  request.headers.front().second = "nonsense";
  CHECK(has(check("X-Signature", "Jefe"), "wrong"));
  request.headers.front().second = "5bdcc146"; // a part is not enough
  CHECK(has(check("X-Signature", "Jefe"), "wrong"));
}

TEST_CASE("webhook: Standard Webhooks") {
  CHECK(standard(standard_request(k_good)) == "good");
  CHECK(standard(standard_request(k_good), k_secret.substr(6)) == "good");
  CHECK(standard(standard_request("v1,AAAA v1a,AAAA " + k_good)) == "good");
  CHECK(standard(standard_request(k_good.substr(3))) == "good"); // as Sweego writes it
  CHECK(has(standard(standard_request("v1,AAAA")), "wrong"));
  CHECK(has(standard(standard_request("v2" + k_good.substr(2))), "wrong"));
  CHECK(has(standard(standard_request("v1,")), "wrong"));
  CHECK(has(standard(standard_request("")), "no header webhook-signature"));
  CHECK(has(standard(standard_request(k_good), "whsec_AAAA"), "wrong"));
  CHECK(has(standard(standard_request(k_good), "whsec_"), "no base64"));
  CHECK(has(standard(standard_request(k_good), k_secret, k_moment + 301), "5m off"));
  CHECK(has(standard(standard_request(k_good), k_secret, k_moment - 301), "5m off"));
  auto changed = standard_request(k_good);
  changed.body += " ";
  CHECK(has(standard(changed), "wrong"));
  changed = standard_request(k_good);
  changed.headers[0].second += "x";
  CHECK(has(standard(changed), "wrong"));
}
