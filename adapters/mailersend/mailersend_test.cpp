#include "support/adapter_case.hpp"

namespace mailfunnel::mailersend {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_mailersend("mailersend", mailersend::register_adapter);

std::string event(const std::string& word, const std::string& morph = "null") {
  return R"({"type":"activity.)" + word +
         R"(","data":{"id":"e","created_at":"2026-03-02T09:25:07Z",)"
         R"("email":{"message":{"id":"m"},"recipient":{"email":"ann@example.com"}},"morph":)" +
         morph + "}}";
}

} // namespace

TEST_CASE("mailersend: what is ours") {
  CHECK(k_mailersend.takes(event("opened")));
  CHECK(k_mailersend.takes(event("levitated") + "\n" + event("sent") + "\n"));
  CHECK_FALSE(k_mailersend.takes(R"({"type":"maintenance.start","data":{}})"));
  CHECK_FALSE(k_mailersend.takes(R"({"type":"email.opened","data":{"email":{}}})"));
}

TEST_CASE("mailersend: one event, what comes of it") {
  struct Row {
    const char* name;
    std::string record;
    const char* part;
  };
  for (
      const auto& row : {
          Row{"the word names the class",
              event("hard_bounced", R"({"reason":"Host or domain name not found"})"),
              R"("bounce":{"class":"hard","reason":"host_unknown")"},
          Row{"also against the answer",
              event("soft_bounced", R"({"reason":"550 5.1.1 user unknown"})"),
              R"("bounce":{"class":"soft","status":"5.1.1","code":550,"reason":"user_unknown")"},
          Row{"deferred", event("deferred"), R"("bounce":{"class":"soft","reason":"other"})"},
          Row{"the first open under its second word",
              event("opened_unique", R"({"ip":"203.0.113.7"})"),
              R"({"kind":"open","address":"ann@example.com","time":"2026-03-02T09:25:07Z","message_id":"m","event_id":"e","ip":"203.0.113.7")"},
          Row{"a click", event("clicked_unique", R"({"url":"https://www.example.com/"})"),
              R"("link":"https://www.example.com/")"},
          Row{"a survey is no word of ours", event("survey_submitted"), R"({"kind":"unknown")"},
          Row{"a morph of the wrong type", event("clicked", "[1]"), R"({"kind":"click")"},
      }) {
    CAPTURE(row.name);
    check_has(k_mailersend.line(row.record), row.part);
  }
}

TEST_CASE("mailersend: what is not of a mail is skipped") {
  const auto lines = k_mailersend.lines(event("sent") + "\n" +
                                        R"({"type":"inbound.message","data":{"object":"message"}})"
                                        "\n"
                                        R"({"type":"sms.sent","data":{}})"
                                        "\n");
  CHECK(lines.size() == 1);
}

TEST_CASE("mailersend: a webhook is read when it is signed") {
  HttpRequest request;
  request.body = event("opened");
  // openssl dgst -sha256 -hmac "test signing secret"
  request.headers = {
      {"signature", "e3509310b529cc032062cf2dfe0a07dbec888df87f0c14f7e832fca627c3e78c"}};
  const Secrets secrets{{"signing_secret", "test signing secret"}};
  CHECK(k_mailersend.webhook(request, secrets).size() == 1);
  check_has(k_mailersend.refusal(request, {}), "no secret");
  k_mailersend.check_either_key(request, "test signing secret");
  check_has(k_mailersend.refusal(request, {{"signing_secret", "another"}}), "wrong");
  auto changed = request;
  changed.body += " ";
  check_has(k_mailersend.refusal(changed, secrets), "wrong");
  changed = request;
  changed.headers.clear();
  check_has(k_mailersend.refusal(changed, secrets), "no header Signature");
}
