#include "support/adapter_case.hpp"

namespace mailfunnel::mandrill {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_mandrill("mandrill", mandrill::register_adapter);

std::string event(const std::string& word, const std::string& message = "",
                  const std::string& more = "") {
  return R"({"event":")" + word +
         R"(","ts":1772443507,"_id":"m","msg":{"_id":"m","email":"ann@example.com")" + message +
         "}" + more + "}";
}

constexpr auto k_url = "https://hooks.example.net/mandrill?account=1";

/// An open and a click, as they are posted.
HttpRequest signed_request() {
  HttpRequest request;
  request.url = k_url;
  request.body = "mandrill_events=%5B%7B%22event%22%3A%22open%22%2C%22ts%22%3A1772443507%2C%22_id%"
                 "22%3A%22m%22%2C%22msg%22%3A%7B%22_id%22%3A%22m%22%2C%22email%22%3A%22ann%40examp"
                 "le.com%22%7D%7D%2C%7B%22event%22%3A%22click%22%2C%22ts%22%3A1772443507%2C%22_id%"
                 "22%3A%22m%22%2C%22msg%22%3A%7B%22_id%22%3A%22m%22%2C%22email%22%3A%22ann%40examp"
                 "le.com%22%7D%7D%5D";
  // HMAC-SHA1 with "test webhook key", made with another implementation
  request.headers = {{"X-Mandrill-Signature", "0499a9rXxQvyb11xqRNpME2XAds="}};
  return request;
}
const Secrets k_secrets{{"webhook_key", "test webhook key"}};

} // namespace

TEST_CASE("mandrill: what is ours") {
  CHECK(k_mandrill.takes("[" + event("send") + "]"));
  CHECK(k_mandrill.takes(R"([{"type":"blacklist","action":"add","reject":{}}])"));
  CHECK(k_mandrill.takes(signed_request().body));
  CHECK(k_mandrill.takes("mandrill_events=oops"));
  CHECK_FALSE(k_mandrill.takes("[" + event("levitation") + "]"));
  CHECK_FALSE(k_mandrill.takes(R"([{"event":"open","ts":1772443507,"email":"ann@example.com"}])"));
  CHECK_FALSE(k_mandrill.takes("events=%5B%5D"));
}

TEST_CASE("mandrill: one event, what comes of it") {
  struct Row {
    const char* name;
    std::string record;
    const char* part;
  };
  for (const auto& row : {
           Row{"the word names the class, the answer the reason",
               event("soft_bounce", R"(,"diag":"smtp;550 5.1.1 user unknown")"),
               R"("bounce":{"class":"soft","status":"5.1.1","code":550,"reason":"user_unknown")"},
           Row{"without an answer the description does",
               event("hard_bounce", R"(,"bounce_description":"bad_mailbox")"),
               R"("bounce":{"class":"hard","reason":"user_unknown","diagnostic":"bad_mailbox"})"},
           Row{"the last attempt of a deferral",
               event("deferral",
                     R"(,"smtp_events":[{"diag":"421 busy"},{"diag":"452 4.2.2 full"},{}])"),
               R"("status":"4.2.2","code":452,"reason":"mailbox_full")"},
           Row{"rejected after a bounce", event("reject", R"(,"reject":{"reason":"hard-bounce"})"),
               R"("bounce":{"class":"hard","reason":"suppressed")"},
           Row{"rejected, nobody says why", event("reject"), R"("bounce":{"reason":"other"})"},
           Row{"a click names its link",
               event("click", R"(,"clicks":[{"url":"https://b.example"}])",
                     R"(,"url":"https://a.example")"),
               R"("link":"https://a.example")"},
           Row{"else it is the last of the message",
               event("click",
                     R"(,"clicks":[{"url":"https://b.example"},{"url":"https://c.example"}])"),
               R"("link":"https://c.example")"},
           Row{"metadata of PHP: an empty list", event("send", R"(,"metadata":[],"tags":"news")"),
               R"("campaign":"news","message_id":"m","tags":["news"],"native":"send")"},
           Row{"a word that is new", event("levitation"), R"({"kind":"unknown")"},
       }) {
    CAPTURE(row.name);
    check_has(k_mandrill.lines("[" + event("send") + "," + row.record + "]").back(), row.part);
  }
}

TEST_CASE("mandrill: a form has its place in the file, not its events") {
  const auto lines = k_mandrill.lines("mandrill_events=oops\n" + signed_request().body + "\r\n");
  REQUIRE(lines.size() == 3);
  check_has(lines[0], R"({"rejected":"no JSON in \"mandrill_events\"")");
  check_has(lines[1], R"("line":2,"offset":21)");
  check_has(lines[2], R"("line":2,"offset":21)");
}

TEST_CASE("mandrill: a webhook is read when it is signed") {
  CHECK(k_mandrill.webhook(signed_request(), k_secrets).size() == 2);
  k_mandrill.check_either_key(signed_request(), "test webhook key");
  // behind a proxy the URL of the request is another one than Mandrill's
  auto proxied = signed_request();
  proxied.url = "http://127.0.0.1:8080/mandrill";
  check_has(k_mandrill.refusal(proxied, k_secrets), "wrong");
  CHECK(k_mandrill.webhook(proxied, {{"webhook_key", "test webhook key"}, {"webhook_url", k_url}})
            .size() == 2);
  check_has(k_mandrill.refusal(signed_request(), {}), "no secret");
  check_has(k_mandrill.refusal(signed_request(), {{"webhook_key", "another"}}), "wrong");
  auto changed = signed_request();
  changed.body += "&more=1"; // every field is signed
  check_has(k_mandrill.refusal(changed, k_secrets), "wrong");
  changed = signed_request();
  changed.headers.clear();
  check_has(k_mandrill.refusal(changed, k_secrets), "no header X-Mandrill-Signature");
}

TEST_CASE("mandrill: more fields than one are signed by name") {
  auto request = signed_request();
  request.body = "x=1&" + request.body;
  request.headers = {{"X-Mandrill-Signature", "y01y2cGQzzTUiMdEB7IgOzTRlxk="}};
  CHECK(k_mandrill.webhook(request, k_secrets).size() == 2);
}
