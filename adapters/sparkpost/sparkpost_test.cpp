#include "support/adapter_case.hpp"

namespace mailfunnel::sparkpost {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_sparkpost("sparkpost", sparkpost::register_adapter);

std::string flat(const std::string& word, const std::string& more = "") {
  return R"({"type":")" + word +
         R"(","event_id":"e","transmission_id":"t","timestamp":"1772443507","rcpt_to":"ann@example.com")" +
         more + "}";
}
std::string event(const std::string& word, const std::string& more = "") {
  return R"({"msys":{"some_event":)" + flat(word, more) + "}}";
}
std::string bounce(const std::string& klass, const std::string& answer,
                   const std::string& more = "") {
  return event("bounce",
               R"(,"bounce_class":")" + klass + R"(","raw_reason":")" + answer + "\"" + more);
}

} // namespace

TEST_CASE("sparkpost: what is ours") {
  CHECK(k_sparkpost.takes("[" + event("open") + "]"));
  CHECK(k_sparkpost.takes(R"([{"msys":{}}])"));
  CHECK(k_sparkpost.takes(R"({"results":[)" + flat("click") + R"(],"total_count":1})"));
  CHECK(k_sparkpost.takes(flat("relay_delivery")));
  CHECK_FALSE(k_sparkpost.takes(flat("levitation")));
  CHECK_FALSE(k_sparkpost.takes(R"({"type":"open","timestamp":1,"event_id":"e"})"));
  CHECK_FALSE(k_sparkpost.takes("email,name,tags\nann@example.com,Ann,\n"));
}

TEST_CASE("sparkpost: one event, what comes of it") {
  struct Row {
    const char* name;
    std::string record;
    const char* part;
  };
  for (const auto& row : {
           Row{"the class names what it is", bounce("10", "421 busy"),
               R"("class":"hard","code":421,"reason":"user_unknown")"},
           Row{"a class without a reason leaves it to the answer", bounce("20", "452 4.2.2 full"),
               R"("class":"soft","status":"4.2.2","code":452,"reason":"mailbox_full")"},
           Row{"undetermined: by the answer", bounce("1", "550 5.1.1 user unknown"),
               R"("class":"hard","status":"5.1.1","code":550,"reason":"user_unknown")"},
           Row{"the code stands apart from the answer",
               bounce("1", "MAIL REFUSED", R"(,"error_code":"554")"),
               R"("class":"block","code":554,"reason":"policy","diagnostic":"MAIL REFUSED")"},
           Row{"a class that is new", bounce("777", "421 busy"), R"("class":"soft","code":421)"},
           Row{"a class that is a number", event("bounce", R"(,"bounce_class":22)"),
               R"("class":"soft","reason":"mailbox_full")"},
           Row{"an auto-reply is no bounce", bounce("100", "prove it"),
               R"({"kind":"unknown","address":"ann@example.com")"},
           Row{"asked by mail to be left out", bounce("90", "unsubscribe"),
               R"({"kind":"unsubscribe")"},
           Row{"a delay stays one, whatever its class",
               event("delay", R"(,"bounce_class":"10","raw_reason":"451 later")"),
               R"({"kind":"deferred","address":"ann@example.com")"},
           Row{"not tried, as suppressed",
               event("generation_rejection", R"(,"raw_reason":"554 recipient address suppressed")"),
               R"("bounce":{"code":554,"reason":"suppressed")"},
           Row{"fetched ahead",
               event("open", R"(,"user_agent_parsed":{"is_prefetched":true,"is_proxy":false})"),
               R"("evidence":["esp_machine_flag"])"},
           Row{"through a proxy, when somebody looked",
               event("open", R"(,"user_agent_parsed":{"is_prefetched":false,"is_proxy":true})"),
               R"("evidence":["image_proxy"])"},
           Row{"the network of a server is nobody's",
               event("delivery", R"(,"ip_address":"203.0.113.9")"),
               R"("event_id":"e","native":"delivery")"},
           Row{"a link of a click only",
               event("open", R"(,"target_link_url":"https://www.example.com/")"),
               R"("event_id":"e","native":"open")"},
           Row{"a time of the API",
               R"({"msys":{"x":{"type":"open","event_id":"e","rcpt_to":)"
               R"("a@example.com","timestamp":"2026-03-02T10:25:07.5+01:00"}}})",
               R"("time":"2026-03-02T09:25:07.5Z")"},
           Row{"a word that is new", event("levitation"), R"({"kind":"unknown")"},
           Row{"fields of the wrong type",
               event("click", R"(,"target_link_url":[1],"rcpt_meta":7,"user_agent_parsed":[])"),
               R"("event_id":"e","native":"click")"},
       }) {
    CAPTURE(row.name);
    check_has(k_sparkpost.lines("[" + event("open") + "," + row.record + "]").back(), row.part);
  }
}

TEST_CASE("sparkpost: what is no event of a mail is passed over") {
  for (const auto& record : {event("sms_status"), event("relay_injection"),
                             event("ab_test_completed"), std::string(R"({"msys":{}})")}) {
    CHECK(k_sparkpost.lines("[" + record + "]").empty());
  }
}

TEST_CASE("sparkpost: a webhook is read when it brings the secret") {
  HttpRequest request;
  request.headers = {{"Authorization", "Basic YW5uOm9wZW4gc2VzYW1l"},
                     {"X-MessageSystems-Webhook-Token", "old"}};
  request.body = "[" + event("open") + "," + event("click") + "]";
  const Secrets secrets{{"sparkpost_basic_auth", "ann:open sesame"}};
  CHECK(k_sparkpost.webhook(request, secrets).size() == 2);
  k_sparkpost.check_either_key(request, "open sesame");
  CHECK(k_sparkpost.webhook(request, {{"header", "X-MessageSystems-Webhook-Token: old"}}).size() ==
        2);
  check_has(k_sparkpost.refusal(request, {{"basic_auth", "ann:sesame"}}), "basic_auth");
  check_has(k_sparkpost.refusal(request, {}), "no secret is set");
  request.body = R"([{"msys":{}}])"; // the ping when the webhook is made
  CHECK(k_sparkpost.webhook(request, secrets).empty());
}
