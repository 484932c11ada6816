// The parts of the client that know no socket.
#include "base/base64.hpp"
#include "net/http_date.hpp"
#include "net/pace.hpp"
#include "net/request_head.hpp"
#include "net/retry.hpp"
#include "net/secret_mask.hpp"
#include "net/target.hpp"

#include <doctest/doctest.h>

#include <stdlib.h> // setenv

using namespace mailfunnel;

namespace {

constexpr Seconds k_now = 1'760'000'000; // 2025-10-09T08:53:20Z

Attempt answered(int status, HttpHeaders headers = {}) {
  Attempt out;
  out.fate = Attempt::Fate::answered;
  out.answer.status = status;
  out.answer.headers = std::move(headers);
  return out;
}

Attempt ended(Attempt::Fate fate, ErrorCode code) {
  Attempt out;
  out.fate = fate;
  out.error = {code, "why"};
  return out;
}

HttpRequest get() {
  HttpRequest out;
  out.method = "GET";
  return out;
}

} // namespace

TEST_CASE("HTTP dates: the three forms of RFC 9110") {
  struct Row {
    const char* text;
    std::optional<Seconds> expected;
  };
  for (const auto& row : {
           Row{"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
           Row{"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
           Row{"Sun Nov  6 08:49:37 1994", 784111777},
           Row{" Thu, 09 Oct 2025 08:53:20 GMT ", k_now},
           Row{"Thursday, 09-Oct-25 08:53:20 GMT", k_now},
           Row{"Monday, 01-Jan-75 00:00:00 GMT", 3313526400},  // 2075: 50 years from now
           Row{"Thursday, 01-Jan-76 00:00:00 GMT", 189302400}, // 1976
           Row{"2025-10-09T08:53:20Z", std::nullopt},
           Row{"Thu, 99 Oct 2025 08:53:20 GMT", std::nullopt},
           Row{"", std::nullopt},
           Row{",", std::nullopt},
       }) {
    CAPTURE(row.text);
    CHECK(parse_http_date(row.text, k_now) == row.expected);
  }
}

TEST_CASE("Retry-After: seconds or a moment by the other side's clock") {
  struct Row {
    const char* text;
    const char* date;
    std::optional<std::int64_t> expected;
  };
  for (const auto& row : {
           Row{"120", "", 120},
           Row{" 0 ", "", 0},
           Row{"99999999999999999999999", "", 315360000},
           Row{"-5", "", std::nullopt},
           Row{"1.5", "", std::nullopt},
           Row{"soon", "", std::nullopt},
           Row{"Thu, 09 Oct 2025 08:54:20 GMT", "", 60},
           Row{"Thu, 09 Oct 2025 09:54:20 GMT", "Thu, 09 Oct 2025 09:53:20 GMT", 60},
           Row{"Thu, 09 Oct 2025 08:54:20 GMT", "yesterday", 60},
           Row{"Thu, 09 Oct 2025 08:00:00 GMT", "", 0},
           Row{"Thursday, 09-Oct-25 08:53:30 GMT", "", 10},
           Row{"Thu Oct  9 08:53:30 2025", "", 10},
       }) {
    CAPTURE(row.text);
    const auto seconds = parse_retry_after(row.text, row.date, k_now);
    CHECK(seconds.has_value() == row.expected.has_value());
    CHECK(seconds.value_or(std::chrono::seconds(0)).count() == row.expected.value_or(0));
  }
}

TEST_CASE("the headers of a limit tell when it is over, as a span or as a moment") {
  const auto reset = [](const char* name, const std::string& value) {
    const auto seconds = rate_limit_reset({{name, value}}, k_now);
    return seconds ? seconds->count() : -1;
  };
  CHECK(reset("X-RateLimit-Reset", std::to_string(k_now + 60)) == 60);
  CHECK(reset("X-RateLimit-Reset", std::to_string(k_now - 60)) == 0);
  CHECK(reset("RateLimit-Reset", "7") == 7);
  CHECK(reset("x-sib-ratelimit-reset", "3600") == 3600);
  CHECK(reset("X-RateLimit-Reset", "soon") == -1);
  CHECK(reset("X-RateLimit-Limit", "7") == -1);
  const auto next =
      after_attempt({}, get(), answered(429, {{"X-RateLimit-Reset", "7"}}), 1, 0.5, k_now);
  CHECK(next.again);
  CHECK(next.wait.count() == 7000);
}

TEST_CASE("retry: what is sent again") {
  using Fate = Attempt::Fate;
  struct Row {
    const char* name;
    Attempt came;
    bool get_again, post_again;
    const char* post_error; // code of what a POST ends with at once; "": the answer
  };
  const HttpHeaders after{{"Retry-After", "7"}};
  for (const auto& row : {
           Row{"fine", answered(200), false, false, ""},
           Row{"not found", answered(404), false, false, ""},
           Row{"request time-out", answered(408), true, false, ""},
           Row{"too many", answered(429), true, true, ""},
           Row{"too many, with a moment", answered(429, after), true, true, ""},
           Row{"internal error", answered(500), true, false, ""},
           Row{"internal error with a moment", answered(500, after), true, false, ""},
           Row{"not implemented", answered(501), false, false, ""},
           Row{"bad gateway", answered(502), true, false, "unanswered"},
           Row{"unavailable", answered(503), true, false, ""},
           Row{"unavailable, with a moment", answered(503, after), true, true, ""},
           Row{"gateway time-out", answered(504), true, false, "unanswered"},
           Row{"no connection", ended(Fate::not_sent, ErrorCode::unreachable), true, true, ""},
           Row{"lost", ended(Fate::lost, ErrorCode::unanswered), true, false, "unanswered"},
           Row{"refused", ended(Fate::refused, ErrorCode::untrusted), false, false, "untrusted"},
       }) {
    CAPTURE(row.name);
    CHECK(after_attempt({}, get(), row.came, 1, 0.5, k_now).again == row.get_again);
    HttpRequest post;
    const auto next = after_attempt({}, post, row.came, 1, 0.5, k_now);
    CHECK(next.again == row.post_again);
    if (!next.again) {
      const std::string expected = row.post_error;
      REQUIRE(next.error.has_value() == !expected.empty());
      if (next.error) {
        CHECK((next.error->code == ErrorCode::unanswered) == (expected == "unanswered"));
        CHECK((next.error->code == ErrorCode::untrusted) == (expected == "untrusted"));
      }
    }
    post.repeatable = true;
    CHECK(after_attempt({}, post, row.came, 1, 0.5, k_now).again == row.get_again);
    CHECK_FALSE(after_attempt({}, get(), row.came, 5, 0.5, k_now).again);
  }
}

TEST_CASE("retry: how long is waited") {
  const RetryRules rules;
  const auto wait = [&](const Attempt& came, unsigned attempt, double random) {
    return after_attempt(rules, get(), came, attempt, random, k_now).wait.count();
  };
  RetryRules endless = rules;
  endless.attempts = 1000;
  CHECK(wait(answered(500), 1, 0.5) == 250);
  CHECK(wait(answered(500), 2, 0.5) == 500);
  CHECK(wait(answered(500), 4, 0.25) == 1000);
  CHECK(wait(answered(500), 4, 0) == 0);
  CHECK(after_attempt(endless, get(), answered(500), 900, 0.5, k_now).wait.count() == 15000);
  CHECK(wait(answered(429, {{"Retry-After", "7"}}), 1, 0.5) == 7000);
  CHECK(wait(answered(429, {{"Retry-After", "0"}}), 1, 0.5) == 250);
  CHECK(wait(answered(429, {{"Retry-After", "soon"}}), 1, 0.5) == 250);
  CHECK(wait(answered(500, {{"Retry-After", "7"}}), 1, 0.5) == 250);
}

TEST_CASE("retry: a wait beyond what is waited for ends the request with the moment") {
  const auto next =
      after_attempt({}, get(), answered(503, {{"Retry-After", "3600"}}), 1, 0.5, k_now);
  CHECK_FALSE(next.again);
  REQUIRE(next.error.has_value());
  CHECK(next.error->code == ErrorCode::throttled);
  CHECK(next.error->message.find("2025-10-09T09:53:20Z") != std::string::npos);
  CHECK(next.whole_account);
}

TEST_CASE("token bucket: a burst, then the rate") {
  const Moment start{std::chrono::hours(1)};
  const auto at = [&](int ms) { return start + Milliseconds(ms); };
  TokenBucket bucket(10, 2);
  CHECK(bucket.take(start) == start);
  CHECK(bucket.take(start) == start);
  CHECK(bucket.take(start) == at(100));
  CHECK(bucket.take(start) == at(200));
  CHECK(bucket.take(at(200)) == at(300));
  CHECK(bucket.take(at(5000)) == at(5000));
  CHECK(bucket.take(at(5000)) == at(5000)); // a rest gives a burst, no more
  CHECK(bucket.take(at(5000)) == at(5100));
  TokenBucket none(0, 1);
  CHECK(none.take(start) == start);
  CHECK(none.take(start) == start);
}

TEST_CASE("paths: each at its own pace, from the first time the server asks for it") {
  const Moment start{std::chrono::hours(1)};
  const auto at = [&](int seconds) { return start + std::chrono::seconds(seconds); };
  PathPace paths({{"/v3/messages", 0.1}, {"/v3/", 0.5}});
  CHECK(paths.take("/v3/messages?limit=10", start) == start);
  CHECK(paths.take("/v3/messages?limit=10", start) == start); // nobody said a word yet
  CHECK(paths.told("/v3/messages?limit=10", start, start));
  CHECK(paths.take("/v3/messages", start) == at(10));
  CHECK(paths.take("/v3/messages", start) == at(20));
  CHECK(paths.take("/v3/lists", start) == start); // another one
  CHECK(paths.told("/v3/messages", at(90), at(21)));
  CHECK(paths.take("/v3/messages", at(22)) == at(90));
  CHECK(paths.take("/v3/messages", at(500)) == at(500)); // a rest gives no burst
  CHECK(paths.take("/v3/messages", at(500)) == at(510));
  CHECK_FALSE(paths.told("/v2/messages", at(90), start));
  CHECK(paths.take("/v2/messages", start) == start);
}

TEST_CASE("breaker: closed, open, half open") {
  const Moment start{std::chrono::hours(1)};
  BreakerRules rules;
  rules.failures = 2;
  Breaker breaker(rules);
  CHECK(breaker.admits(start));
  breaker.ended(true, start);
  CHECK(breaker.admits(start));
  breaker.ended(false, start); // only failures in a row count
  breaker.ended(true, start);
  breaker.ended(true, start);
  CHECK_FALSE(breaker.admits(start));
  CHECK_FALSE(breaker.admits(start + rules.pause - Milliseconds(1)));
  const auto later = start + rules.pause;
  CHECK(breaker.admits(later));
  CHECK_FALSE(breaker.admits(later)); // one alone
  breaker.dropped();
  CHECK(breaker.admits(later));
  breaker.ended(true, later);
  CHECK_FALSE(breaker.admits(later + Milliseconds(1)));
  CHECK(breaker.admits(later + rules.pause));
  breaker.ended(false, start);
  CHECK(breaker.admits(later + rules.pause));
  CHECK(breaker.admits(later + rules.pause));
}

TEST_CASE("secrets: masked in every form") {
  const SecretMask mask({"k3y/with+signs=", "pass word", "", "shöt"});
  struct Row {
    const char* name;
    std::string text, expected;
  };
  for (const auto& row : {
           Row{"as it is", "key k3y/with+signs= here", "key *** here"},
           Row{"twice", "k3y/with+signs=k3y/with+signs=", "******"},
           Row{"in a URL", "?key=k3y%2Fwith%2Bsigns%3D&a=1", "?key=***&a=1"},
           Row{"in a URL, lower case", "?key=k3y%2fwith%2bsigns%3d", "?key=***"},
           Row{"form, space as plus", "p=pass+word", "p=***"},
           Row{"space encoded", "p=pass%20word", "p=***"},
           Row{"JSON with \\/", R"({"k":"k3y\/with+signs="})", R"({"k":"***"})"},
           Row{"UTF-8, encoded", "sh%C3%B6t", "***"},
           Row{"base64", "Basic " + base64_encode("k3y/with+signs=") + ", x", "Basic ***, x"},
           Row{"base64 of a pair", "Basic " + base64_encode("any:k3y/with+signs="), "Basic ***"},
           Row{"base64 of another", "Basic " + base64_encode("ab:k3y/with+signs=:c"), "Basic ***"},
           Row{"another text", "k3y/with", "k3y/with"},
       }) {
    CAPTURE(row.name);
    CHECK(mask.mask(row.text) == row.expected);
  }
  CHECK(mask.mask_url("https://user:pw@example.com/a?k=k3y%2Fwith%2Bsigns%3D\n") ==
        "https://***@example.com/a?k=***\\x0a");
  CHECK(mask.mask_url("https://example.com/a@b?to=ada@example.com") ==
        "https://example.com/a@b?to=ada@example.com");
}

TEST_CASE("secrets: one that comes later, and one that is part of another") {
  SecretMask mask({"token"});
  mask.add("token-and-more");
  CHECK(mask.mask("token-and-more, token") == "***, ***");
}

TEST_CASE("target: the parts of a URL") {
  const auto target = parse_target("https://API.Example.com/v3/a%20b?x=%2F&y=1#part");
  REQUIRE(target.has_value());
  CHECK(target->origin() == "https://api.example.com");
  CHECK(target->host_field() == "api.example.com");
  CHECK(target->host_and_port() == "api.example.com:443");
  CHECK(target->path == "/v3/a%20b?x=%2F&y=1");
  CHECK(parse_target("https://example.com:8443")->host_field() == "example.com:8443");
  CHECK(parse_target("https://example.com:443?a")->path == "/?a");
  CHECK(parse_target("HTTP://[::1]:8080/")->origin() == "http://[::1]:8080");
  CHECK(parse_target("http://localhost:80/")->origin() == "http://localhost");
}

TEST_CASE("target: what is no URL of ours") {
  struct Row {
    const char* url;
    const char* part;
  };
  for (const auto& row : {
           Row{"", "no URL"},
           Row{"/v3/lists", "no URL"},
           Row{"https://example.com/a b", "no URL"},
           Row{"https://example.com/{{id}}", "no URL"},
           Row{"https://example.com/\r\nX: y", "no URL"},
           Row{"https://exa%0d%0ample.com/", "host"},
           Row{"https:///path", "host"},
           Row{"https://user:pw@example.com/", "user"},
           Row{"ftp://example.com/", "https"},
           Row{"http://example.com/", "this machine only"},
           Row{"http://10.0.0.1/", "this machine only"},
           Row{"http://localhost.example.com/", "this machine only"},
           Row{"http://127.0.0.1.example.com/", "is none"},
           Row{"https://example.com:0/", "port"},
           Row{"https://example.com:99999/", "port"},
       }) {
    CAPTURE(std::string(row.url));
    const auto target = parse_target(row.url);
    REQUIRE(!target.has_value());
    CHECK(target.error().code == ErrorCode::usage);
    CHECK_MESSAGE(target.error().message.find(row.part) != std::string::npos,
                  target.error().message);
  }
}

TEST_CASE("proxy: its URL, and who goes past it") {
  const auto proxy = parse_proxy("http://ada:p%40ss@proxy.example:3128");
  REQUIRE(proxy.has_value());
  CHECK((*proxy)->host == "proxy.example");
  CHECK((*proxy)->port == 3128);
  CHECK((*proxy)->authorization == "Basic " + base64_encode("ada:p@ss"));
  CHECK((*proxy)->secret == "p@ss");
  CHECK((*parse_proxy("proxy.example:8080"))->port == 8080);
  CHECK((*parse_proxy("proxy.example:8080"))->authorization.empty());
  CHECK(!parse_proxy("")->has_value());
  CHECK(!parse_proxy("socks5://proxy.example:1080").has_value());
  CHECK(!parse_proxy("https://proxy.example:1080").has_value());

  struct Row {
    const char* no_proxy;
    const char* url;
    bool expected;
  };
  for (const auto& row : {
           Row{"", "https://api.example.com", false},
           Row{"", "https://localhost", true},
           Row{"", "https://127.0.0.1", true},
           Row{"*", "https://api.example.com", true},
           Row{"example.com", "https://api.example.com", true},
           Row{".example.com", "https://api.example.com", true},
           Row{"*.example.com", "https://api.example.com", true},
           Row{"a.org, EXAMPLE.com ", "https://example.com", true},
           Row{"ample.com", "https://example.com", false},
           Row{"example.com:8443", "https://example.com", false},
           Row{"example.com:8443", "https://example.com:8443", true},
           Row{"10.0.0.1", "https://10.0.0.1", true},
           Row{"[fd00::1]", "https://[fd00::1]", true},
           Row{",,", "https://example.com", false},
       }) {
    CAPTURE(row.no_proxy);
    CHECK(bypasses_proxy(*parse_target(row.url), row.no_proxy) == row.expected);
  }
}

TEST_CASE("proxy: from the environment, lower case first") {
  for (const auto* name : {"https_proxy", "http_proxy", "no_proxy", "HTTPS_PROXY"}) {
    ::unsetenv(name);
  }
  ::setenv("HTTP_PROXY", "http://a.example:1", 1);
  ::setenv("NO_PROXY", "b.example", 1);
  CHECK(network_settings_from_environment().proxy == "http://a.example:1");
  CHECK(network_settings_from_environment().no_proxy == "b.example");
  ::setenv("HTTPS_PROXY", "http://c.example:1", 1);
  CHECK(network_settings_from_environment().proxy == "http://c.example:1");
  ::setenv("https_proxy", "http://d.example:1", 1);
  CHECK(network_settings_from_environment().proxy == "http://d.example:1");
  for (const auto* name : {"https_proxy", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"}) {
    ::unsetenv(name);
  }
}

TEST_CASE("request head: nothing gets in that is not a header") {
  struct Row {
    const char* name;
    const char* value;
  };
  for (const auto& row : {Row{"X-A", "b\r\nX-C: d"}, Row{"X-A", "b\nc"}, Row{"X A", "b"},
                          Row{"X-A:", "b"}, Row{"", "b"}, Row{"Host", "other.example"},
                          Row{"content-length", "5"}, Row{"Transfer-Encoding", "chunked"}}) {
    CAPTURE(row.name);
    HttpRequest request;
    request.headers = {{row.name, row.value}};
    const auto checked = check_head(request);
    REQUIRE(!checked.has_value());
    CHECK(checked.error().code == ErrorCode::usage);
    CHECK(checked.error().message.find(row.value) == std::string::npos); // it may be a secret
  }
  for (const auto* method : {"", "GET /", "GE T", "CONNECT"}) {
    HttpRequest request;
    request.method = method;
    CHECK(!check_head(request).has_value());
  }
}
