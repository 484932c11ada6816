#include "support/adapter_case.hpp"

namespace mailfunnel::brevo {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_brevo("brevo", brevo::register_adapter);

std::string event(const std::string& word, const std::string& more = R"(,"ts_event":1772443507)") {
  return R"({"event":")" + word + R"(","email":"ann@example.com","message-id":"<m>")" + more + "}";
}

} // namespace

TEST_CASE("brevo: what is ours") {
  CHECK(k_brevo.takes(event("opened")));
  CHECK(k_brevo.takes("[" + event("soft_bounce") + "]"));
  CHECK(
      k_brevo.takes(R"({"events":[{"email":"a@example.com","event":"clicks","messageId":"m"}]})"));
  CHECK(k_brevo.takes(R"({"event":"contact_deleted","email":["a@example.com"],"ts":1})"));
  CHECK(k_brevo.takes(R"({"contacts":[{"email":"a@example.com","emailBlacklisted":false}]})"));
  CHECK_FALSE(k_brevo.takes(event("levitated")));
  CHECK_FALSE(k_brevo.takes(R"({"event":"open","email":"a@example.com","sg_message_id":"1"})"));
  CHECK_FALSE(k_brevo.takes(R"({"items":[]})")); // a mail that came in
  CHECK_FALSE(k_brevo.takes("EMAIL;LASTNAME\nann@example.com;Example\n"));
  CHECK(k_brevo.takes("EMAIL;ADDED_TIME;MODIFIED_TIME\n"));
  CHECK_FALSE(k_brevo.takes("st_text,ts,email\n"));
}

TEST_CASE("brevo: one event, what comes of it") {
  struct Row {
    const char* name;
    std::string record;
    const char* part;
  };
  for (const auto& row : {
           Row{"words in camel case", event("softBounce"), R"("class":"soft")"},
           Row{"and with an s", event("hardBounces"), R"("class":"hard")"},
           Row{"a proxy", event("proxy_open"), R"("evidence":["esp_machine_flag"])"},
           Row{"bounces of both kinds go by the answer",
               event("bounces", R"(,"ts_event":1,"reason":"421 busy")"), R"("class":"soft")"},
           Row{"milliseconds are UTC, seconds may be local",
               event("opened", R"(,"ts_event":1772447107,"ts_epoch":1772443507094)"),
               R"("time":"2026-03-02T09:25:07.094Z")"},
           Row{"milliseconds by the name of a sample",
               event("opened", R"(,"s_epoch":1772443507094)"),
               R"("time":"2026-03-02T09:25:07.094Z")"},
           Row{"seconds where the milliseconds are none",
               event("opened", R"(,"ts_event":1772443507,"ts_epoch":1772443000)"),
               R"("time":"2026-03-02T09:25:07Z")"},
           Row{"ts when there is no other", event("opened", R"(,"ts":1772443507)"),
               R"("time":"2026-03-02T09:25:07Z")"},
           Row{"local time alone is none", event("opened", R"(,"date":"2026-03-02 10:25:07")"),
               R"({"rejected":"no \"ts\" )"},
           Row{"the first tag is the mailing",
               event("opened", R"(,"ts_event":1,"tags":["a","b"],"tag":"[\"c\"]")"),
               R"("campaign":"a")"},
           Row{"a tag that is the text of a list",
               event("opened", R"(,"ts_event":1,"tag":"[\"a \\u00e9\",\"b\"]")"),
               R"("tags":["a é","b"])"},
           Row{"a tag that begins like a list", event("opened", R"(,"ts_event":1,"tag":"[x")"),
               R"("native":"opened")"},
           Row{"a tag that is a list", event("opened", R"(,"ts_event":1,"tag":["a"])"),
               R"("campaign":"a")"},
           Row{"a campaign goes before tags",
               event("opened", R"(,"ts_event":1,"camp_id":23,"campaign name":"Spring","tag":"a")"),
               R"("campaign":"23","campaign_name":"Spring")"},
           Row{"a link under its other name",
               event("click", R"(,"ts_event":1,"link":"","URL":"https://www.example.com/")"),
               R"("link":"https://www.example.com/")"},
           Row{"a link of a click only",
               event("opened", R"(,"ts_event":1772443507,"link":"https://www.example.com/")"),
               R"("time":"2026-03-02T09:25:07Z","message_id":"<m>")"},
           Row{"the sender's network is nobody's",
               event("opened", R"(,"ts_event":1772443507,"sending_ip":"203.0.113.9")"),
               R"("message_id":"<m>","native":"opened")"},
           Row{"an agent that is empty", event("opened", R"(,"ts_event":1,"user_agent":"")"),
               R"("evidence":["empty_agent"])"},
           Row{"a word that is new", event("levitated"), R"({"kind":"unknown")"},
           Row{"fields of the wrong type",
               event("click", R"(,"ts_event":1772443507,"link":7,"tag":{},"X-Mailin-custom":[1])"),
               R"("message_id":"<m>","native":"click")"},
       }) {
    CAPTURE(row.name);
    check_has(k_brevo.lines("[" + event("opened") + "," + row.record + "]").back(), row.part);
  }
}

TEST_CASE("brevo: the log is of the account's zone") {
  const std::string log = "st_text,ts,sub,frm,email,tag,mid,link\n"
                          "Opened,02-03-2026 10:25:07,s,f,ann@example.com,NA,<m>,NA\n";
  LogContext context;
  context.zone = *find_zone("Europe/Brussels");
  context.zone_given = true;
  check_has(k_brevo.line(log, context), R"("time":"2026-03-02T09:25:07Z","message_id":"<m>")");
  CHECK_FALSE(k_brevo.adapter().open_log(log, context)->assumes_utc());
  CHECK(k_brevo.adapter().open_log(log, {})->assumes_utc());
}

TEST_CASE("brevo: a webhook is read when it brings the secret") {
  HttpRequest request;
  request.url = "https://hooks.example.net/brevo";
  request.headers = {{"authorization", "Bearer t0ken"}};
  request.body = "[" + event("opened") + "," + event("click") + "]";
  CHECK(k_brevo.webhook(request, {{"bearer_token", "t0ken"}}).size() == 2);
  CHECK(k_brevo.webhook(request, {{"brevo_bearer_token", "t0ken"}}).size() == 2);
  k_brevo.check_either_key(request, "t0ken");
  check_has(k_brevo.refusal(request, {{"bearer_token", "another"}}), "bearer_token");
  check_has(k_brevo.refusal(request, {{"basic_auth", "a:b"}}), "basic_auth");
  check_has(k_brevo.refusal(request, {}), "no secret is set");
}
