#include "support/adapter_case.hpp"

namespace mailfunnel::mailerlite {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_mailerlite("mailerlite", mailerlite::register_adapter);

const std::string k_report =
    "\"Campaign report\"\n"
    "\"Subject:\",\"Spring news\"\n"
    "\"Sent\",\"2026-03-02 13:00:00\"\n\n"
    "\"Campaign results\"\n\"Total emails sent:\",\"4116\"\n\"Opened:\",\"1085 (26.66%)\"\n"
    "\"Links activity\"\n\"Links\",\"Unique clicks\",\"Total clicks\"\n"
    "\"https://www.example.com/demo?ml_subscriber=1&a=2&ml_subscriber_hash=ab12\",\"20\",\"25\"\n"
    "\"https://www.example.com/demo?a=2&ml_subscriber=7\",\"1\",\"1\"\n"
    "\"https://www.example.com/blog?ml_subscriber=1\",\"1\",\"1\"\n"
    "\"Unsubscribe link (plain text version)\",\"1\",\"1\"\n"
    "\"Top email clients\"\n\"Email client\",\"Subscribers\"\n\"https://x.example\",\"1\"\n";

std::string log(const std::string& name) {
  return R"({"data":[{"id":"1","log_name":")" + name +
         R"(","subject_type":"opens","properties":{},"created_at":"2026-03-02 10:23:20"}]})";
}

} // namespace

TEST_CASE("mailerlite: what is ours") {
  CHECK(k_mailerlite.takes(R"({"id":"1","event":"subscriber.created","account_id":1})"));
  CHECK(k_mailerlite.takes(log("email_open")));
  CHECK(k_mailerlite.takes(k_report));
  CHECK_FALSE(k_mailerlite.takes(R"({"event":"subscriber.created","email":"a@x.be"})"));
  CHECK_FALSE(k_mailerlite.takes(R"({"data":[{"id":"1","name":"x","status":"sent"}]})"));
  CHECK_FALSE(k_mailerlite.takes("Campaign Report\n\"Title:\",\"x\"\n")); // Mailchimp's
}

TEST_CASE("mailerlite: the report of a campaign of Classic") {
  CHECK(k_mailerlite.line(k_report, {.campaign = "77"}) ==
        R"({"campaign":{"id":"77","subject":"Spring news",)"
        R"("sent_at":"2026-03-02T13:00:00Z","status":"sent","links":[)"
        R"({"url":"https://www.example.com/demo?a=2"},{"url":"https://www.example.com/blog"}]},)"
        R"("source":{"adapter":"mailerlite","file":"x","line":1,"offset":0}})");
  check_has(k_mailerlite.line(k_report), "name the campaign");
  check_has(k_mailerlite.line("Campaign report\nSent,soon\n", {.campaign = "77"}),
            R"({"rejected":"Sent is \"soon\", not)");
}

TEST_CASE("mailerlite: whose an activity log is") {
  struct Row {
    const char* file;
    const char* part;
  };
  for (const auto& row : {
           Row{"ann@example.com.json", R"({"kind":"open","address":"ann@example.com","time")"},
           Row{"log of ann@example.com.json",
               R"({"kind":"open","address":"ann@example.com","time")"},
           Row{"31986843064993537.json",
               R"({"kind":"open","contact_id":"31986843064993537","time")"},
           Row{"log-2-31986843064993537-march.json", R"("contact_id":"31986843064993537")"},
           Row{"log-20260302.json", R"({"rejected":"the log does not tell whose it is)"},
           Row{"", R"({"rejected":"the log does not tell whose it is)"},
       }) {
    CAPTURE(row.file);
    check_has(k_mailerlite.line(log("email_open"), {.file_name = row.file}), row.part);
  }
  check_has(k_mailerlite.line(log("levitated"), {.file_name = "ann@example.com.json"}),
            R"({"kind":"unknown")");
}

TEST_CASE("mailerlite: a webhook is read when it is signed, and times what has no time") {
  HttpRequest request;
  request.body = R"({"id":"1","email":"ann@example.com","status":"active","event":)"
                 R"("subscriber.bounced","account_id":1})";
  // openssl dgst -sha256 -hmac "test-secret"
  request.headers = {
      {"Signature", "9281420b03e7e018c6ecb7a086db1349e0c649070a46e4b84fd0bdc3f0979441"}};
  const Secrets secrets{{"webhook_secret", "test-secret"}};
  const auto lines = k_mailerlite.webhook(request, secrets, 1772443507);
  REQUIRE(lines.size() == 1);
  check_has(lines[0], R"("time":"2026-03-02T09:25:07Z","bounce":{"class":"soft")");
  check_has(k_mailerlite.refusal(request, {}), "no secret");
  k_mailerlite.check_either_key(request, "test-secret");
  check_has(k_mailerlite.refusal(request, {{"webhook_secret", "another"}}), "wrong");
  check_has(k_mailerlite.lines(request.body).front(), "tells when");
  request.body += " ";
  check_has(k_mailerlite.refusal(request, secrets), "wrong");
  request.headers.clear();
  check_has(k_mailerlite.refusal(request, secrets), "no header Signature");
}
