#include "support/adapter_case.hpp"

namespace mailfunnel::laposta {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_laposta("laposta", laposta::register_adapter);

std::string webhook(const std::string& event, const std::string& action,
                    const std::string& time = "2026-03-02 10:20:31") {
  return R"({"data":[{"type":"member","event":")" + event +
         R"(","data":{"member_id":"m1","list_id":"L1","email":"ann@example.com","state":"active"},)"
         R"("info":{"source":"app","action":")" +
         action + R"(","date_event":")" + time + R"("}}],"date_requested":"2026-03-02 10:20:34"})";
}

std::string history(const std::string& members) {
  return R"({"data":[{"event":{"type":"unsubscribed","event_date":"2026-03-02 10:30:00",)" +
         members + R"("campaign":{"campaign_id":"c1"},"details":{}}}]})";
}

} // namespace

TEST_CASE("laposta: what is ours") {
  CHECK(k_laposta.takes(webhook("modified", "modified")));
  CHECK(k_laposta.takes(history("")));
  CHECK(k_laposta.takes(R"({"member":{"member_id":"m","list_id":"l","email":"ann@example.com"}})"));
  CHECK(k_laposta.takes(R"({"campaign":{"account_id":"a","campaign_id":"c","plaintext":""}})"));
  CHECK_FALSE(k_laposta.takes(R"({"data":[{"member":{"id":"m","email":"ann@example.com"}}]})"));
  CHECK_FALSE(k_laposta.takes(R"({"data":[{"type":"member","data":{"email":"a@x.be"}}]})"));
}

TEST_CASE("laposta: what happened to a member") {
  struct Row {
    const char *event, *action;
    std::size_t lines;
    const char* part; // of the last line
  };
  for (const auto& row : {
           Row{"subscribed", "subscribed", 1, R"("list":"L1","subscription":"subscribed")"},
           Row{"subscribed", "resubscribed", 2, R"({"kind":"resubscribe","address":"ann@)"},
           Row{"subscribed", "levitated", 1, R"({"recipient":{)"},
           Row{"modified", "", 1, R"({"recipient":{)"},
           Row{"deactivated", "unsubscribed", 1, R"("scope":"L1","native":"unsubscribed")"},
           Row{"deactivated", "deleted", 1, R"("list":"L1","subscription":"archived")"},
           Row{"deactivated", "hardbounce", 1, R"("bounce":{"class":"hard")"},
           Row{"deactivated", "levitated", 1, R"({"kind":"unknown")"},
       }) {
    CAPTURE(row.event);
    CAPTURE(row.action);
    const auto lines = k_laposta.lines(webhook(row.event, row.action));
    REQUIRE(lines.size() == row.lines);
    check_has(lines.back(), row.part);
  }
  check_has(k_laposta.line(webhook("deactivated", "unsubscribed", "soon")),
            R"("rejected":"\"info.date_event\" is \"soon\")");
}

TEST_CASE("laposta: times of history, and whose it is") {
  const LogContext named{.file_name = "ann@example.com.json"};
  const auto time = [&named](const std::string& members) {
    const auto line = k_laposta.line(history(members), named);
    return line.substr(line.find("2026-"), 20);
  };
  CHECK(time(R"("event_date_iso":"2026-03-02T10:30:00+02:00",)") == "2026-03-02T08:30:00Z");
  CHECK(time(R"("timezone":"Europe/Amsterdam",)") == "2026-03-02T09:30:00Z");
  CHECK(time("") == "2026-03-02T10:30:00Z");
  check_has(k_laposta.line(history(""), named), R"("address":"ann@example.com")");
  check_has(k_laposta.line(history("")), "does not tell whose it is");
}

TEST_CASE("laposta: a webhook is read when it is signed") {
  HttpRequest request;
  request.body = webhook("deactivated", "unsubscribed");
  const Secrets secrets{{"webhook_secret", "test-secret"}};
  // openssl dgst -sha256 -hmac "test-secret", and that with -binary | base64
  for (const auto* const signature :
       {"cc88ff5e30e760e061f0d2bf0237f934bfb311dd17b8c2e7da20414aeddeee08",
        "zIj/XjDnYOBh8NK/Ajf5NL+zEd0XuMLn2iBBSu3e7gg="}) {
    request.headers = {{"X-Laposta-Signature", signature}};
    CHECK(k_laposta.webhook(request, secrets).size() == 1);
  }
  const WebhookContext brussels{.zone = find_zone("Europe/Brussels").value(), .zone_given = true};
  check_has(k_laposta.webhook(request, secrets).front(), "T10:20:31Z");
  check_has(k_laposta.webhook(request, secrets, brussels).front(), "T09:20:31Z");
  check_has(k_laposta.refusal(request, {}), "no secret");
  k_laposta.check_either_key(request, "test-secret");
  check_has(k_laposta.refusal(request, {{"webhook_secret", "another"}}), "wrong");
  request.headers = {{"X-Laposta-Signature", "not digits!"}};
  check_has(k_laposta.refusal(request, secrets), "wrong");
  request.headers.clear();
  check_has(k_laposta.refusal(request, secrets), "no header X-Laposta-Signature");
}
