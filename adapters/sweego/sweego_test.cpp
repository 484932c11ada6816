#include "support/adapter_case.hpp"

namespace mailfunnel::sweego {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_sweego("sweego", sweego::register_adapter);

std::string event(const std::string& word, const std::string& more = "") {
  return R"({"event_type":")" + word +
         R"(","timestamp":"2026-03-02T09:25:07+00:00","swg_uid":"m","event_id":"e",)"
         R"("channel":"email","recipient":"ann@example.com")" +
         more + "}";
}

} // namespace

TEST_CASE("sweego: what is ours") {
  CHECK(k_sweego.takes(event("email_sent")));
  CHECK(k_sweego.takes("[" + event("levitated") + "]"));
  CHECK_FALSE(k_sweego.takes(R"({"event_type":"email_sent","uid":"m"})"));
}

TEST_CASE("sweego: one event, what comes of it") {
  struct Row {
    const char* name;
    std::string record;
    const char* part;
  };
  for (
      const auto& row : {
          Row{"a hard bounce",
              event("hard_bounce", R"(,"details":"no such user","response_code":"550")"),
              R"("bounce":{"class":"hard","code":550,"reason":"user_unknown","diagnostic":"no such user"})"},
          Row{"a soft one is tried again", event("soft-bounce", R"(,"details":"452 4.2.2 full")"),
              R"({"kind":"deferred")"},
          Row{"with an underscore, too", event("soft_bounce"), R"({"kind":"deferred")"},
          Row{"a campaign",
              event("delivered",
                    R"(,"campaign_type":"market","campaign_id":"spring","campaign_tags":"a")"),
              R"("campaign":"spring","message_id":"m","event_id":"e","tags":["a"])"},
          Row{"none: the id is the type",
              event("delivered", R"(,"campaign_type":"transac","campaign_id":"transac")"),
              R"("time":"2026-03-02T09:25:07Z","message_id":"m")"},
          Row{"a click",
              event("email_clicked", R"(,"click":{"url":"https://a.example","user_agent":"UA/1"})"),
              R"("link":"https://a.example","message_id":"m","event_id":"e","user_agent":"UA/1")"},
          Row{"left", event("list_unsub"), R"({"kind":"unsubscribe")"},
          Row{"a word that is new", event("levitated"), R"({"kind":"unknown")"},
      }) {
    CAPTURE(row.name);
    check_has(k_sweego.line(row.record), row.part);
  }
}

TEST_CASE("sweego: SMS and mail that came in are skipped") {
  const auto lines = k_sweego.lines(
      event("email_sent") + "\n" +
      R"({"event_type":"sms_sent","swg_uid":"m","channel":"sms","recipient":"+32000000000"})"
      "\n"
      R"({"event_type":"email_inbound","swg_uid":"m","channel":"email"})"
      "\n");
  CHECK(lines.size() == 1);
}

TEST_CASE("sweego: a webhook is read when it is signed, and fresh") {
  HttpRequest request;
  request.body = event("email_opened");
  request.headers = {{"webhook-id", "w-1"},
                     {"webhook-timestamp", "1772443507"},
                     {"webhook-signature", "/FRa1Wl1Fo50dmzMxNSNPE6SrXtzowOJQ0NNDpLsYEo="}};
  const Secrets secrets{{"webhook_secret", "dGVzdCBzaWduaW5nIHNlY3JldCAyNGJ5"}};
  constexpr Seconds k_moment = 1772443507;
  CHECK(k_sweego.webhook(request, secrets, k_moment).size() == 1);
  check_has(k_sweego.refusal(request, secrets, k_moment + 301), "5m off");
  check_has(k_sweego.refusal(request, {}, k_moment), "no secret");
  k_sweego.check_either_key(request, "dGVzdCBzaWduaW5nIHNlY3JldCAyNGJ5", k_moment);
  check_has(k_sweego.refusal(request, {{"webhook_secret", "AAAA"}}, k_moment), "wrong");
  auto changed = request;
  changed.body += "\n";
  check_has(k_sweego.refusal(changed, secrets, k_moment), "wrong");
  changed = request;
  changed.headers.pop_back();
  check_has(k_sweego.refusal(changed, secrets, k_moment), "no header webhook-signature");
}
