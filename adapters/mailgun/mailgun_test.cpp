#include "support/adapter_case.hpp"

namespace mailfunnel::mailgun {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_mailgun("mailgun", mailgun::register_adapter);

std::string event(const std::string& word, const std::string& more = "") {
  return R"({"event":")" + word + R"(","timestamp":1772443507.5,"recipient":"ann@example.com")" +
         more + "}";
}
std::string failed(const std::string& severity, const std::string& reason,
                   const std::string& status) {
  return event("failed", R"(,"severity":")" + severity + R"(","reason":")" + reason +
                             R"(","delivery-status":{)" + status + "}");
}

// printf %s 17673230450123…01 | openssl dgst -sha256 -hmac test-signing-key
const std::string k_token = "0123456789abcdef0123456789abcdef0123456789abcdef01";
const std::string k_signature = "0371e53732c37b55057bbe8da4d6ea309c1644450ed5aa91c91f6427e45dbbbf";
constexpr Seconds k_moment = 1767323045;
const Secrets k_secrets{{"webhook_signing_key", "test-signing-key"}};

HttpRequest json_request(const std::string& data) {
  HttpRequest request;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = R"({"signature":{"timestamp":"1767323045","token":")" + k_token +
                 R"(","signature":")" + k_signature + R"("},"event-data":)" + data + "}";
  return request;
}

HttpRequest form_request(const std::string& fields) {
  HttpRequest request;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = fields + "&timestamp=1767323045&token=" + k_token + "&signature=" + k_signature;
  return request;
}

std::string part(const std::string& name, const std::string& value, const std::string& more = "") {
  return "--xyz\r\nContent-Disposition: form-data; name=\"" + name + "\"" + more + "\r\n\r\n" +
         value + "\r\n";
}

} // namespace

TEST_CASE("mailgun: what is ours") {
  CHECK(k_mailgun.takes(event("opened")));
  CHECK(k_mailgun.takes(R"({"items":[)" + event("failed") + R"(],"paging":{}})"));
  CHECK(k_mailgun.takes(R"({"event-data":{"event":"levitated"}})"));
  CHECK(k_mailgun.takes(R"({"items":[{"event":"opened","@timestamp":"2026-03-02T09:25:07Z"}]})"));
  CHECK_FALSE(k_mailgun.takes(event("levitated")));
  CHECK_FALSE(k_mailgun.takes(event("opened", R"(,"email":"ann@example.com")")));
  CHECK_FALSE(k_mailgun.takes(R"({"items":[]})"));
  CHECK(k_mailgun.takes("event=opened&timestamp=1&token=t&signature=s"));
  CHECK_FALSE(k_mailgun.takes("event=opened&timestamp=1&token=t"));
  CHECK_FALSE(k_mailgun.takes("address,created_at\nann@example.com,2026-03-02 09:00:00\n"));
  CHECK_FALSE(k_mailgun.takes("address,created_at\n"));
  CHECK_FALSE(
      k_mailgun.takes("address,name,created_at\na@example.com,a,\"Mon, 02 Mar 2026 09:14:55 "
                      "UTC\"\n"));
  CHECK(k_mailgun.takes("address,created_at\na@example.com,\"Mon, 02 Mar 2026 09:14:55 UTC\"\n"));
}

TEST_CASE("mailgun: one event, what comes of it") {
  struct Row {
    const char* name;
    std::string record;
    const char* part;
  };
  for (const auto& row : {
           Row{"microseconds are kept", event("delivered"), R"("time":"2026-03-02T09:25:07.5Z")"},
           Row{"the first tag is the mailing", event("delivered", R"(,"tags":["a","b"])"),
               R"("campaign":"a")"},
           Row{"a campaign goes before it",
               event("delivered", R"(,"tags":["a"],"campaigns":[{"id":"c","name":"C"}])"),
               R"("campaign":"c","campaign_name":"C")"},
           Row{"the tag * is no mailing", event("unsubscribed", R"(,"tags":["*"])"),
               R"("time":"2026-03-02T09:25:07.5Z","tags":["*"])"},
           Row{"a temporary failure is soft, whatever the answer",
               failed("temporary", "generic", R"("code":550,"message":"5.1.1 user unknown")"),
               R"({"kind":"deferred")"},
           Row{"a bounce is hard", failed("permanent", "bounce", R"("code":550,"message":"no")"),
               R"("bounce":{"class":"hard","code":550)"},
           Row{"unless its type is soft",
               failed("permanent", "bounce", R"("code":552,"bounce-type":"soft")"),
               R"("class":"soft","code":552)"},
           Row{"another failure is judged by its answer",
               failed("permanent", "generic", R"("code":554,"message":"5.7.1 spam detected")"),
               R"("class":"block","status":"5.7.1","code":554,"reason":"spam")"},
           Row{"the enhanced code stands apart",
               failed("permanent", "generic", R"("code":550,"enhanced-code":"5.1.1","message":"")"),
               R"("class":"hard","status":"5.1.1","code":550,"reason":"user_unknown")"},
           Row{"too old is no hard bounce", failed("permanent", "old", R"("code":498)"),
               R"("class":"soft","code":498,"reason":"expired")"},
           Row{"who bounced before is not tried", failed("permanent", "suppress-bounce", ""),
               R"({"kind":"dropped")"},
           Row{"Mailgun's code says it too", failed("permanent", "", R"("code":607)"),
               R"("bounce":{"reason":"feedback"})"},
           Row{"unsubscribed before", failed("permanent", "suppress-unsubscribe", ""),
               R"("bounce":{"reason":"unsubscribed"})"},
           Row{"a bot that is just true", event("opened", R"(,"client-info":{"bot":true})"),
               R"("evidence":["esp_machine_flag"])"},
           Row{"a bot of a new kind", event("opened", R"(,"client-info":{"bot":"yahoo"})"),
               R"("evidence":["esp_machine_flag"])"},
           Row{"whoever clicks as a bot is a machine",
               event("clicked", R"(,"client-info":{"bot":"apple"})"),
               R"("evidence":["esp_machine_flag"])"},
           Row{"a link of a click only", event("opened", R"(,"url":"https://www.example.com/")"),
               R"("time":"2026-03-02T09:25:07.5Z","native":"opened")"},
           Row{"a word that is new", event("levitated"), R"({"kind":"unknown")"},
           Row{"fields of the wrong type",
               event("clicked", R"(,"url":[1],"campaigns":{},"tags":7,"client-info":[])"),
               R"("time":"2026-03-02T09:25:07.5Z","native":"clicked")"},
       }) {
    CAPTURE(row.name);
    check_has(k_mailgun.lines("[" + event("opened") + "," + row.record + "]").back(), row.part);
  }
}

TEST_CASE("mailgun: what is no event of a mail is passed over") {
  for (const auto& record : {event("stored"), event("list_uploaded"),
                             event("delivered", R"(,"flags":{"is-test-mode":true})")}) {
    CHECK(k_mailgun.lines("[" + record + "]").empty());
  }
}

TEST_CASE("mailgun: a webhook is read when it is signed") {
  const auto request = json_request(event("opened"));
  CHECK(k_mailgun.webhook(request, k_secrets, k_moment).size() == 1);
  CHECK(k_mailgun.webhook(request, {{"mailgun_webhook_signing_key", "test-signing-key"}}, k_moment)
            .size() == 1);
  CHECK(k_mailgun.webhook(request, k_secrets, k_moment + 8 * 3600).size() == 1); // the last retry
  check_has(k_mailgun.refusal(request, k_secrets, k_moment + 10 * 3600), "more than 9h off");
  check_has(k_mailgun.refusal(request, {}, k_moment), "no secret");
  k_mailgun.check_either_key(request, "test-signing-key", k_moment);
  check_has(k_mailgun.refusal(request, {{"signing_key", "another"}}, k_moment), "wrong");
  auto changed = request;
  changed.body = R"({"event-data":)" + event("opened") + "}";
  check_has(k_mailgun.refusal(changed, k_secrets, k_moment), "no timestamp, token and signature");
  changed.body = "[" + request.body + "]"; // one request, one event
  check_has(k_mailgun.refusal(changed, k_secrets, k_moment), "no timestamp, token and signature");
}

TEST_CASE("mailgun: a form post is read when it is signed") {
  const auto request = form_request("event=opened&recipient=ann%40example.com&crm+id=a%26b");
  const auto lines = k_mailgun.webhook(request, k_secrets, k_moment);
  REQUIRE(lines.size() == 1);
  check_has(lines.front(), R"({"kind":"open","address":"ann@example.com")");
  check_has(lines.front(), R"("metadata":{"crm id":"a&b"})");
  check_has(k_mailgun.refusal(form_request("event=opened&token=another&x=1"),
                              {{"signing_key", "another"}}, k_moment),
            "wrong");
  // The user's fields come before those that sign.
  CHECK(k_mailgun
            .webhook(form_request("event=opened&recipient=a%40example.com&token=mine"), k_secrets,
                     k_moment)
            .size() == 1);
}

TEST_CASE("mailgun: a form post of many parts") {
  HttpRequest request;
  request.headers = {{"Content-Type", "multipart/form-data; boundary=xyz"}};
  request.body = part("event", "bounced") + part("recipient", "bob@example.com") +
                 part("error", "550 5.1.1 user unknown\r\nsecond line") +
                 part("attachment-1", "event=opened", "; filename=\"message.eml\"") +
                 part("timestamp", "1767323045") + part("token", k_token) +
                 part("signature", k_signature) + "--xyz--\r\n";
  const auto lines = k_mailgun.webhook(request, k_secrets, k_moment);
  REQUIRE(lines.size() == 1);
  check_has(lines.front(), R"("kind":"bounce","address":"bob@example.com")");
  check_has(lines.front(), R"("diagnostic":"550 5.1.1 user unknown\r\nsecond line")");
  request.headers.front().second = "multipart/form-data";
  check_has(k_mailgun.refusal(request, k_secrets, k_moment), "no timestamp, token and signature");
  request.headers.front().second = "multipart/form-data; boundary=\"\"";
  check_has(k_mailgun.refusal(request, k_secrets, k_moment), "no timestamp, token and signature");
}
