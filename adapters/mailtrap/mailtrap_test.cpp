#include "support/adapter_case.hpp"

namespace mailfunnel::mailtrap {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_mailtrap("mailtrap", mailtrap::register_adapter);

std::string event(const std::string& word, const std::string& more = "") {
  return R"({"event":")" + word +
         R"(","timestamp":1772443507,"message_id":"m","email":"ann@example.com","event_id":"e")" +
         more + "}";
}
std::string bounce(const std::string& category, const std::string& answer) {
  return event("bounce",
               R"(,"response":")" + answer + R"(","bounce_category":")" + category + "\"");
}

} // namespace

TEST_CASE("mailtrap: what is ours") {
  CHECK(k_mailtrap.takes(event("open")));
  CHECK(k_mailtrap.takes(R"({"events":[)" + event("soft bounce") + "]}"));
  CHECK(k_mailtrap.takes(R"([{"event":"activity_log.user.login","timestamp":1}])"));
  CHECK_FALSE(k_mailtrap.takes(event("levitation")));
  CHECK_FALSE(k_mailtrap.takes(R"({"events":[]})"));
  CHECK_FALSE(
      k_mailtrap.takes(R"({"event":"open","email":"ann@example.com","sg_message_id":"1"})"));
}

TEST_CASE("mailtrap: one event, what comes of it") {
  struct Row {
    const char* name;
    std::string record;
    const char* part;
  };
  for (const auto& row : {
           Row{"the category names the class", bounce("badrecipient", "421 busy"),
               R"("class":"hard","code":421,"reason":"user_unknown")"},
           Row{"a category in other case", bounce("DNSFAIL", ""), R"("reason":"host_unknown")"},
           Row{"a category that says nothing leaves it to the answer",
               bounce("other", "550 5.1.1 user unknown"),
               R"("class":"hard","status":"5.1.1","code":550,"reason":"user_unknown")"},
           Row{"neither of them says anything: soft", bounce("generalfail", "gave up"),
               R"("class":"soft","reason":"other")"},
           Row{"a soft bounce stays soft",
               event("soft bounce", R"(,"response":"550 5.1.1 user unknown")"),
               R"({"kind":"deferred","address":"ann@example.com")"},
           Row{"a code that is none", event("bounce", R"(,"response_code":99999)"),
               R"("bounce":{"class":"soft","reason":"other"})"},
           Row{"rejected after a hard bounce",
               event("reject", R"(,"reason":"Recipient in suppression list. Reason: hard bounce")"),
               R"("bounce":{"class":"hard","reason":"suppressed")"},
           Row{"rejected after a complaint",
               event("reject",
                     R"(,"reason":"Recipient in suppression list. Reason: spam complaint")"),
               R"("bounce":{"reason":"feedback")"},
           Row{"rejected, nobody says why", event("reject"), R"("bounce":{"reason":"other"})"},
           Row{"an agent that is null is an empty one", event("open", R"(,"user_agent":null)"),
               R"("evidence":["empty_agent")"},
           Row{"a link of a click only", event("open", R"(,"url":"https://www.example.com/")"),
               R"("event_id":"e","native":"open")"},
           Row{"a word that is new", event("levitation"), R"({"kind":"unknown")"},
           Row{"fields of the wrong type", event("click", R"(,"url":[1],"custom_variables":7)"),
               R"("event_id":"e","native":"click")"},
       }) {
    CAPTURE(row.name);
    check_has(k_mailtrap.lines("[" + event("open") + "," + row.record + "]").back(), row.part);
  }
}

TEST_CASE("mailtrap: a webhook is read when it is signed") {
  HttpRequest request;
  request.body = R"({"events":[)" + event("open") + "," + event("click") + "]}";
  // openssl dgst -sha256 -hmac "test signing secret"
  request.headers = {
      {"mailtrap-signature", "99a743fe14fdcc29d4eb53e3efb03f9dc47928c5508b4d4353be96d70bdacb99"}};
  const Secrets secrets{{"signing_secret", "test signing secret"}};
  CHECK(k_mailtrap.webhook(request, secrets).size() == 2);
  check_has(k_mailtrap.refusal(request, {}), "no secret");
  k_mailtrap.check_either_key(request, "test signing secret");
  check_has(k_mailtrap.refusal(request, {{"signing_secret", "another"}}), "wrong");
  auto changed = request;
  changed.body += "\n";
  check_has(k_mailtrap.refusal(changed, secrets), "wrong");
  changed = request;
  changed.headers.clear();
  check_has(k_mailtrap.refusal(changed, secrets), "no header Mailtrap-Signature");
}
