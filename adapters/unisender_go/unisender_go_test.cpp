#include "support/adapter_case.hpp"

namespace mailfunnel::unisender_go {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_unisender_go("unisender_go", unisender_go::register_adapter);

std::string event(const std::string& status, const std::string& more = "") {
  return R"({"event_name":"transactional_email_status","event_data":{"job_id":"j",)"
         R"("email":"ann@example.com","status":")" +
         status + R"(","event_time":"2026-03-02 09:25:07")" + more + "}}";
}
std::string bounce(const std::string& status, const std::string& answer = "") {
  return event("hard_bounced", R"(,"delivery_info":{"delivery_status":")" + status +
                                   R"(","destination_response":")" + answer + "\"}");
}
std::string body(const std::string& auth, const std::string& events) {
  return R"({"events_by_user":[{"user_id":1,"auth":"decoy","events":[)" + events +
         R"(]}],"auth":)" + auth + "}";
}

} // namespace

TEST_CASE("unisender_go: what is ours") {
  CHECK(k_unisender_go.takes(body("\"x\"", event("opened"))));
  CHECK(k_unisender_go.takes(R"({"event_name":"transactional_email_status","status":"sent"})"));
  CHECK_FALSE(k_unisender_go.takes(R"({"event_name":"other","event_data":{}})"));
  CHECK_FALSE(k_unisender_go.takes(body("\"x\"", "")));
}

TEST_CASE("unisender_go: one event, what comes of it") {
  struct Row {
    const char* name;
    std::string record;
    const char* part;
  };
  for (
      const auto& row : {
          Row{"the delivery's word names class and reason",
              bounce("err_mailbox_discarded", "550 whatever"),
              R"("bounce":{"class":"hard","code":550,"reason":"mailbox_disabled")"},
          Row{"a word that says nothing leaves it to the answer",
              bounce("err_delivery_failed", "550 5.1.1 user unknown"),
              R"("bounce":{"class":"hard","status":"5.1.1","code":550,"reason":"user_unknown")"},
          Row{"not even tried", bounce("err_unreachable"), R"({"kind":"dropped")"},
          Row{"not tried, but of a soft bounce",
              event("soft_bounced", R"(,"delivery_info":{"delivery_status":"err_skip_letter"})"),
              R"({"kind":"deferred")"},
          Row{"soft bounces are soft",
              event("soft_bounced", R"(,"delivery_info":{"delivery_status":"err_user_unknown"})"),
              R"("bounce":{"class":"soft","reason":"user_unknown"})"},
          Row{"times are in UTC", event("sent"),
              R"("time":"2026-03-02T09:25:07Z","message_id":"j")"},
          Row{"metadata but an id of the sending library",
              event("sent", R"(,"metadata":{"anymail_id":"1","a":[1.50],"b":"\"c"})"),
              R"("metadata":{"a":[1.5],"b":"\"c"})"},
          Row{"a campaign that is a number", event("sent", R"(,"metadata":{"campaign_id":17})"),
              R"("campaign":"17")"},
          Row{"a click",
              event(
                  "clicked",
                  R"(,"url":"https://a.example","delivery_info":{"user_agent":"UA/1","ip":"203.0.113.7"})"),
              R"("link":"https://a.example","message_id":"j","user_agent":"UA/1","ip":"203.0.113.7")"},
          Row{"joined again", event("subscribed"), R"({"kind":"resubscribe")"},
          Row{"a word that is new", event("levitated"), R"({"kind":"unknown")"},
      }) {
    CAPTURE(row.name);
    check_has(k_unisender_go.line(row.record), row.part);
  }
}

TEST_CASE("unisender_go: one event whose data is at the top") {
  check_has(
      k_unisender_go.line(
          R"({"auth":"x","event_name":"transactional_email_status","email":"ann@example.com",)"
          R"("status":"opened","event_time":"2026-03-02 09:25:07"})"),
      R"({"kind":"open","address":"ann@example.com")");
}

TEST_CASE("unisender_go: a webhook is read when its auth is right") {
  const Secrets secrets{{"api_key", "test api key"}};
  const auto refusal = [](const std::string& text, const Secrets& with) {
    HttpRequest request;
    request.body = text;
    return k_unisender_go.refusal(request, with);
  };
  // MD5 of the body with "test api key" as auth, made with another implementation
  const auto good = body("\"27d25b7d4e11150e63cb18d17e30a807\"", event("opened"));
  CHECK(refusal(good, secrets) == "taken");
  CHECK(refusal(good, {{"unisender_go_api_key", "test api key"}}) == "taken");
  HttpRequest request;
  request.body = good;
  k_unisender_go.check_either_key(request, "test api key");
  CHECK(
      refusal(
          R"({ "auth" : "d514d5d6cc99508798046773b2c7edee", "event_name":"transactional_email_status",)"
          R"("email":"ann@example.com","status":"clicked","event_time":"2026-03-02 09:25:07"})",
          secrets) == "taken");
  check_has(refusal(good, {}), "no secret");
  check_has(refusal(good, {{"api_key", "another"}}), "wrong");
  check_has(refusal(good + " ", secrets), "wrong");
  for (const auto* auth : {"0", "null", "[]", "\"", "{"}) {
    CAPTURE(auth);
    check_has(refusal(body(auth, event("opened")), secrets), "missing");
  }
  for (const auto* auth : {"\"\"", "\":\"", "\"{\"", "\"\\\"\""}) {
    CAPTURE(auth);
    check_has(refusal(body(auth, event("opened")), secrets), "wrong");
  }
}
