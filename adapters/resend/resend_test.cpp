#include "support/adapter_case.hpp"

namespace mailfunnel::resend {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_resend("resend", resend::register_adapter);

std::string event(const std::string& word, const std::string& more = "",
                  const std::string& to = R"(["ann@example.com"])") {
  return R"({"type":"email.)" + word +
         R"(","created_at":"2026-03-02T09:25:07.126Z","data":{"email_id":"m","to":)" + to + more +
         "}}";
}
std::string bounce(const std::string& type, const std::string& subtype,
                   const std::string& message = "") {
  return event("bounced", R"(,"bounce":{"type":")" + type + R"(","subType":")" + subtype +
                              R"(","message":")" + message + "\"}");
}

} // namespace

TEST_CASE("resend: what is ours") {
  CHECK(k_resend.takes(event("opened")));
  CHECK(k_resend.takes(R"({"type":"contact.updated","data":{"unsubscribed":true}})"));
  CHECK_FALSE(k_resend.takes(R"({"type":"email.opened","data":{"id":"1"}})"));
  CHECK_FALSE(k_resend.takes(R"({"type":"domain.updated","data":{"id":"1"}})"));
}

TEST_CASE("resend: one event, what comes of it") {
  struct Row {
    const char* name;
    std::string record;
    const char* part;
  };
  for (
      const auto& row : {
          Row{"the type names the class", bounce("Permanent", "General"),
              R"("bounce":{"class":"hard","reason":"other"})"},
          Row{"the message names the reason",
              bounce("Permanent", "General", "550 5.1.1 user unknown"),
              R"("class":"hard","status":"5.1.1","code":550,"reason":"user_unknown")"},
          Row{"a full mailbox", bounce("Transient", "MailboxFull"),
              R"("bounce":{"class":"soft","reason":"mailbox_full"})"},
          Row{"the content", bounce("Transient", "ContentRejected"),
              R"("bounce":{"class":"block","reason":"content"})"},
          Row{"a bounce that tells nothing is soft", event("bounced"),
              R"("bounce":{"class":"soft","reason":"other"})"},
          Row{"suppressed", event("suppressed", R"(,"suppressed":{"message":"on the list"})"),
              R"({"kind":"dropped")"},
          Row{"failed", event("failed", R"(,"failed":{"reason":"reached_daily_quota"})"),
              R"("bounce":{"reason":"other","diagnostic":"reached_daily_quota"})"},
          Row{"a click has its own time",
              event(
                  "clicked",
                  R"(,"click":{"link":"https://a.example","timestamp":"2026-03-02T09:25:01Z","userAgent":""})"),
              R"("time":"2026-03-02T09:25:01Z","link":"https://a.example","message_id":"m","evidence":["empty_agent"])"},
          Row{"a click without details", event("clicked"),
              R"("time":"2026-03-02T09:25:07.126Z","message_id":"m","native":"email.clicked")"},
          Row{"a broadcast", event("opened", R"(,"broadcast_id":"b-1","tags":{"a":"b"})"),
              R"("campaign":"b-1","message_id":"m","metadata":{"a":"b"})"},
          Row{"a word that is new", event("levitated"), R"({"kind":"unknown")"},
      }) {
    CAPTURE(row.name);
    check_has(k_resend.line(row.record), row.part);
  }
}

TEST_CASE("resend: of several recipients none is suppressed for sure") {
  const auto lines = k_resend.lines(event("bounced", R"(,"bounce":{"type":"Permanent"})",
                                          R"(["ann@example.com",17,"Bob <bob@example.com>"])"));
  REQUIRE(lines.size() == 2);
  check_has(lines[0], R"("address":"ann@example.com")");
  check_has(lines[1], R"("address":"Bob <bob@example.com>")");
  check_has(lines[1], R"("class":"soft")");
}

TEST_CASE("resend: an open of several recipients gives nobody points") {
  check_has(k_resend.line(event("opened", "", R"(["ann@example.com","bob@example.com"])")),
            "names 2 recipients, and nothing says which of them it was");
}

TEST_CASE("resend: contacts tell who left; the rest is skipped") {
  const auto contact = [](const std::string& unsubscribed) {
    return R"({"type":"contact.updated","created_at":"2026-03-02T09:25:07Z","data":{"id":"c",)"
           R"("email":"ann@example.com","unsubscribed":)" +
           unsubscribed + "}}\n";
  };
  const auto lines = k_resend.lines(contact("true") + contact("false") +
                                    R"({"type":"domain.created","data":{}})"
                                    "\n"
                                    R"({"type":"email.received","data":{"email_id":"1"}})"
                                    "\n");
  REQUIRE(lines.size() == 1);
  check_has(lines[0], R"({"kind":"unsubscribe","address":"ann@example.com","contact_id":"c")");
}

TEST_CASE("resend: a webhook is read when it is signed, and fresh") {
  HttpRequest request;
  request.body = event("opened");
  request.headers = {{"svix-id", "msg_1"},
                     {"svix-timestamp", "1772443507"},
                     {"svix-signature", "v1,uqDX0f/EgHOtCgqV+cqdNrJPuk+xb9NS0906y1f3Wks="}};
  const Secrets secrets{{"signing_secret", "whsec_dGVzdCBzaWduaW5nIHNlY3JldCAyNGJ5"}};
  constexpr Seconds k_moment = 1772443507;
  CHECK(k_resend.webhook(request, secrets, k_moment).size() == 1);
  CHECK(k_resend.webhook(request, secrets, k_moment + 300).size() == 1);
  check_has(k_resend.refusal(request, secrets, k_moment + 301), "5m off");
  check_has(k_resend.refusal(request, {}, k_moment), "no secret");
  k_resend.check_either_key(request, "whsec_dGVzdCBzaWduaW5nIHNlY3JldCAyNGJ5", k_moment);
  check_has(k_resend.refusal(request, {{"signing_secret", "whsec_AAAA"}}, k_moment), "wrong");
  for (std::size_t i = 0; i < 3; ++i) {
    auto changed = request;
    changed.headers[i].second.clear();
    check_has(k_resend.refusal(changed, secrets, k_moment), "no header svix-");
  }
}
