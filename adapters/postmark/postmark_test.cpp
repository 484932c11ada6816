#include "support/adapter_case.hpp"

namespace mailfunnel::postmark {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_postmark("postmark", postmark::register_adapter);

std::string record(const std::string& type, const std::string& more) {
  return R"({"RecordType":")" + type + R"(","MessageID":"m",)" + more + "}";
}
std::string open(const std::string& more = "") {
  return record("Open",
                R"("Recipient":"ann@example.com","ReceivedAt":"2026-03-02T09:25:07Z")" + more);
}
std::string bounce(const std::string& type, const std::string& details) {
  return record("Bounce",
                R"("Email":"ann@example.com","BouncedAt":"2026-03-02T09:25:07Z","Type":")" + type +
                    R"(","Details":")" + details + "\"");
}
std::string change(const std::string& more) {
  return record("SubscriptionChange",
                R"("Recipient":"ann@example.com","ChangedAt":"2026-03-02T09:25:07Z",)" + more);
}

} // namespace

TEST_CASE("postmark: what is ours") {
  CHECK(k_postmark.takes(open()));
  CHECK(k_postmark.takes("[" + open() + "]"));
  CHECK(k_postmark.takes(R"({"TotalCount":1,"Opens":[)" + open(R"(,"FirstOpen":true)") + "]}"));
  CHECK_FALSE(k_postmark.takes(R"({"TotalCount":0,"Opens":[]})"));
  CHECK_FALSE(k_postmark.takes(R"({"FromFull":{"Email":"a@example.com"},"MessageID":"m"})"));
  CHECK_FALSE(k_postmark.takes(R"({"RecordType":"Open"})"));
  CHECK_FALSE(k_postmark.takes(record("Levitation", R"("Recipient":"ann@example.com")")));
}

TEST_CASE("postmark: one record, what comes of it") {
  struct Row {
    const char* name;
    std::string record;
    const char* part;
  };
  for (const auto& row : {
           Row{"seven digits and another zone",
               record("Delivery", R"("Recipient":"ann@example.com",)"
                                  R"("DeliveredAt":"2026-03-02T04:25:07.2735393-05:00")"),
               R"("time":"2026-03-02T09:25:07.2735393Z")"},
           Row{"the type names the class", bounce("HardBounce", "smtp;421 busy"),
               R"("class":"hard","code":421)"},
           Row{"the answer names the reason", bounce("SoftBounce", "smtp;452 4.2.2 full"),
               R"("class":"soft","status":"4.2.2","code":452,"reason":"mailbox_full")"},
           Row{"tried again", bounce("DnsError", ""), R"({"kind":"deferred")"},
           Row{"filtered, though nobody complained", bounce("SpamNotification", ""),
               R"("bounce":{"class":"block","reason":"spam"})"},
           Row{"a type that is new goes by the answer",
               bounce("Levitated", "550 5.1.1 unknown user"),
               R"("class":"hard","status":"5.1.1","code":550,"reason":"user_unknown")"},
           Row{"asked by mail to be left out", bounce("Unsubscribe", ""),
               R"({"kind":"unsubscribe")"},
           Row{"an auto-reply is no bounce", bounce("AutoResponder", ""),
               R"("native":"auto_reply")"},
           Row{"the sender's template", bounce("TemplateRenderingFailed", "line 3"),
               R"("bounce":{"reason":"other","diagnostic":"line 3"})"},
           Row{"a complaint without a type",
               record("SpamComplaint",
                      R"("Email":"ann@example.com","BouncedAt":"2026-03-02T09:25:07Z")"),
               R"("native":"SpamComplaint")"},
           Row{"off one stream, by hand",
               change(R"("SuppressSending":true,"SuppressionReason":"ManualSuppression",)"
                      R"("MessageStream":"news")"),
               R"("scope":"news")"},
           Row{"off after a complaint",
               change(R"("SuppressSending":true,"SuppressionReason":"SpamComplaint")"),
               R"({"kind":"complaint")"},
           Row{"off, nobody says why", change(R"("SuppressSending":true,"SuppressionReason":null)"),
               R"({"kind":"unsubscribe")"},
           Row{"on again, without a proof",
               change(R"("SuppressSending":false,"SuppressionReason":null)"),
               R"({"kind":"resubscribe")"},
           Row{"an agent that is empty", open(R"(,"UserAgent":"")"),
               R"("evidence":["empty_agent"])"},
           Row{"no agent at all", open(), R"("message_id":"m","native":"Open")"},
           Row{"a type that is new",
               record("Levitation",
                      R"("Recipient":"ann@example.com","ReceivedAt":"2026-03-02T09:25:07Z")"),
               R"({"kind":"unknown")"},
           Row{"fields of the wrong type",
               open(R"(,"Geo":[],"Tag":7,"Metadata":"x","UserAgent":{})"),
               R"("message_id":"m","evidence":["empty_agent"],"native":"Open")"},
       }) {
    CAPTURE(row.name);
    check_has(k_postmark.lines("[" + open() + "," + row.record + "]").back(), row.part);
  }
}

TEST_CASE("postmark: a mail that came in is passed over") {
  CHECK(k_postmark.lines("[" + bounce("InboundError", "") + "]").empty());
}

TEST_CASE("postmark: a webhook is read when it brings the secret") {
  HttpRequest request;
  request.headers = {{"Authorization", "Basic YW5uOm9wZW4gc2VzYW1l"}};
  request.body = open();
  CHECK(k_postmark.webhook(request, {{"basic_auth", "ann:open sesame"}}).size() == 1);
  k_postmark.check_either_key(request, "open sesame");
  check_has(k_postmark.refusal(request, {{"postmark_basic_auth", "ann:sesame"}}), "basic_auth");
  check_has(k_postmark.refusal(request, {{"header", "X-Key: k"}}), "header");
  check_has(k_postmark.refusal(request, {}), "no secret is set");
}
