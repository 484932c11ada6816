#include "adapter/shared_secret.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mailfunnel;

namespace {

HttpRequest request(const std::string& url, const std::string& authorization = "",
                    const std::string& key = "") {
  HttpRequest request;
  request.url = url;
  request.headers = {{"Authorization", authorization}, {"X-Hook-Key", key}};
  return request;
}

std::string why(const HttpRequest& request, const Secrets& secrets) {
  const auto result = check_shared_secrets(request, secrets, "acme");
  if (result) {
    return "good";
  }
  CHECK(result.error().code == ErrorCode::unauthorized);
  return result.error().message;
}

} // namespace

TEST_CASE("shared secrets: each way, good and bad") {
  struct Row {
    const char* name;
    const char* secret;
    const char* value;
    HttpRequest request;
    bool good;
  };
  const std::string basic = "Basic YW5uOm9wZW4gc2VzYW1l"; // ann:open sesame
  for (const auto& row : {
           Row{"basic", "basic_auth", "ann:open sesame", request("/", basic), true},
           Row{"the adapter's id before the name", "acme_basic_auth", "ann:open sesame",
               request("/", basic), true},
           Row{"another's id", "other_basic_auth", "ann:open sesame", request("/", basic), false},
           Row{"schemes have no case", "basic_auth", "ann:open sesame",
               request("/", "basic  YW5uOm9wZW4gc2VzYW1l"), true},
           Row{"another password", "basic_auth", "ann:open", request("/", basic), false},
           Row{"no base64", "basic_auth", "ann:open", request("/", "Basic !"), false},
           Row{"another scheme", "basic_auth", "ann:open sesame", request("/", "Bearer YW5u"),
               false},
           Row{"no header", "basic_auth", "ann:open sesame", request("/"), false},
           Row{"bearer", "bearer_token", "t0ken", request("/", "Bearer t0ken"), true},
           Row{"a scheme that only begins so", "bearer_token", "t0ken", request("/", "Bearert0ken"),
               false},
           Row{"the scheme alone", "bearer_token", "t0ken", request("/", "Bearer"), false},
           Row{"another token", "bearer_token", "t0ken", request("/", "Bearer token"), false},
           Row{"a header", "header", "x-hook-key: k1", request("/", "", "k1"), true},
           Row{"a header that differs", "header", "X-Hook-Key:k2", request("/", "", "k1"), false},
           Row{"a header without a name", "header", "k1", request("/", "", "k1"), false},
           Row{"a header without a value", "header", "X-Hook-Key:", request("/"), false},
           Row{"a segment of the path", "url_secret", "s3cret",
               request("https://example.com/hook/s3cret?x=1"), true},
           Row{"a path alone", "url_secret", "s3 cret", request("/hook/s3%20cret"), true},
           Row{"a parameter", "url_secret", "s3cret", request("/hook?key=s3cret&x=1"), true},
           Row{"a part of a segment", "url_secret", "s3cret", request("/hook/s3cret1"), false},
           Row{"the name of a parameter", "url_secret", "s3cret", request("/hook?s3cret=1"), false},
           Row{"the host", "url_secret", "example.com", request("https://example.com/"), false},
           Row{"webhook: the parameter", "webhook_secret", "s&cret",
               request("/hook?a=1&secret=s%26cret"), true},
           Row{"webhook: a password", "webhook_secret", "open sesame", request("/hook", basic),
               true},
           Row{"webhook: any parameter", "webhook_key", "s3cret", request("/hook?key=s3cret"),
               true},
           Row{"webhook: a segment of the path", "webhook_key", "s3cret", request("/hook/s3cret"),
               true},
           Row{"webhook: a bearer token", "webhook_key", "t0ken", request("/hook", "Bearer t0ken"),
               true},
           Row{"webhook: user and password", "webhook_key", "ann:open sesame",
               request("/hook", basic), true},
           Row{"webhook: one of the ways will do", "webhook_secret", "open sesame",
               request("/hook?secret=x", basic), true},
           Row{"webhook: another parameter", "webhook_secret", "s3cret",
               request("/hook?key=another"), false},
           Row{"webhook: an empty one in the URL", "webhook_secret", "open sesame",
               request("/hook?secret="), false},
           Row{"webhook: a wrong password", "webhook_secret", "open", request("/hook", basic),
               false},
           Row{"webhook: no Basic", "webhook_secret", "open sesame",
               request("/hook", "Bearer YW5uOm9wZW4gc2VzYW1l"), false},
           Row{"webhook: a user alone", "webhook_secret", "ann", request("/hook", "Basic YW5u"),
               false},
           Row{"an empty one is none", "url_secret", "", request("/hook/"), false},
       }) {
    CAPTURE(row.name);
    CHECK((why(row.request, {{row.secret, row.value}}) == "good") == row.good);
  }
}

TEST_CASE("shared secrets: all that are set must be right") {
  const auto good = request("/s3cret", "Bearer t0ken");
  CHECK(why(good, {{"url_secret", "s3cret"}, {"bearer_token", "t0ken"}}) == "good");
  CHECK(why(good, {{"url_secret", "s3cret"}, {"bearer_token", "other"}}) ==
        "the request does not bring the secret \"bearer_token\"");
  CHECK(why(good, {}).find("no secret is set") == 0);
  CHECK(why(good, {{"signing_secret", "s3cret"}}).find("no secret is set") == 0);
}
