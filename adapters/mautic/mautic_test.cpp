#include "support/adapter_case.hpp"

namespace mailfunnel::mautic {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_mautic("mautic", mautic::register_adapter);

std::string body(const std::string& word, const std::string& members) {
  return "{\"" + word + "\":[{" + members + R"("timestamp":"2026-03-02T09:25:07+00:00"}]})";
}

std::string stats(const std::string& row) {
  return R"({"total":1,"stats":[)" + row + "]}";
}

} // namespace

TEST_CASE("mautic: what is ours") {
  CHECK(k_mautic.takes(body("mautic.levitated", "")));
  CHECK(k_mautic.takes(stats(R"({"stat_id":"1","date_opened":"2026-03-02 09:25:07"})")));
  CHECK(k_mautic.takes("lead_id,channel,channel_id,reason,date_added\n"));
  CHECK(k_mautic.takes(R"({"email":{"id":1,"subject":"s","emailType":"x","variantSentCount":0}})"));
  CHECK(k_mautic.takes(R"({"contacts":{"1":{"id":1,"fields":{},"doNotContact":[]}}})"));
  CHECK_FALSE(k_mautic.takes(R"({"mautic.email_on_open":{}})"));
  CHECK_FALSE(k_mautic.takes(stats(R"({"id":"1","hits":"2"})")));
  CHECK_FALSE(k_mautic.takes(R"({"contacts":[{"id":"1","email":"ann@example.com"}]})"));
  CHECK_FALSE(k_mautic.takes("id,email,points\n"));
}

TEST_CASE("mautic: a hit is a click where it went from a mail through a redirect") {
  struct Row {
    const char* members;
    const char* kind;
  };
  for (const auto& row : {
           Row{R"("redirect":{"id":3},"source":"email","sourceId":7)", "click"},
           Row{R"("redirect":{"id":3},"email":{"id":7})", "click"},
           Row{R"("redirect":{"id":3},"source":"sms","sourceId":7)", "page"},
           Row{R"("redirect":null,"source":"email","sourceId":7)", "page"},
           Row{R"("source":"email","sourceId":7)", "page"},
       }) {
    CAPTURE(row.members);
    check_has(k_mautic.line(body("mautic.page_on_hit",
                                 R"("hit":{"lead":{"id":77},"url":"https://x.example",)" +
                                     std::string(row.members) + "},")),
              R"({"kind":")" + std::string(row.kind) + R"(","contact_id":"77","time")");
  }
}

TEST_CASE("mautic: an open with and without its envelope") {
  const std::string mail = R"("email":{"id":7},)";
  check_has(
      k_mautic.line(body("mautic.email_on_open", R"("stat":{"emailAddress":"ann@example.com",)" +
                                                     mail + R"("lead":{"id":77}},)")),
      R"("address":"ann@example.com","contact_id":"77","time":"2026-03-02T09:25:07Z","campaign":"7")");
  check_has(
      k_mautic.line(
          body("mautic.email_on_open", mail + R"("contact":{"id":77,"email":"ann@example.com"},)")),
      R"("address":"ann@example.com","contact_id":"77","time":"2026-03-02T09:25:07Z","campaign":"7")");
  check_has(k_mautic.line(body("mautic.email_on_open", mail)), "neither an address nor an id");
}

TEST_CASE("mautic: a mail of the database is as many events as it tells of") {
  const auto count = [](const std::string& members) {
    return k_mautic
        .lines(stats(R"({"id":"1","email_id":"7","lead_id":"77","email_address":"",)"
                     R"("date_sent":"2026-03-02 09:00:00","is_failed":)" +
                     members + "}"))
        .size();
  };
  CHECK(count("0") == 1);
  CHECK(count(R"(0,"date_read":"2026-03-02 10:00:00")") == 2);
  CHECK(count(R"(0,"date_read":"2026-03-02 10:00:00","last_opened":"2026-03-02 10:00:00")") == 2);
  CHECK(count(R"(0,"date_read":"2026-03-02 10:00:00","last_opened":"2026-03-02 11:00:00")") == 3);
  CHECK(count(R"(0,"date_read":null,"last_opened":"2026-03-02 11:00:00")") == 2);
}

TEST_CASE("mautic: a webhook is read when it is signed") {
  HttpRequest request;
  request.body = body("mautic.email_on_open", R"("stat":{"lead":{"id":77}},)");
  // openssl dgst -sha256 -hmac "test-secret" -binary | base64
  request.headers = {{"Webhook-Signature", "aps9HodHBbCqEsWW6c0GwbXStqdxnX2sKiQtZ03Hnnc="}};
  const Secrets secrets{{"webhook_secret", "test-secret"}};
  CHECK(k_mautic.webhook(request, secrets).size() == 1);
  check_has(k_mautic.refusal(request, {}), "no secret");
  k_mautic.check_either_key(request, "test-secret");
  check_has(k_mautic.refusal(request, {{"webhook_secret", "another"}}), "wrong");
  request.body += " ";
  check_has(k_mautic.refusal(request, secrets), "wrong");
  request.headers.clear();
  check_has(k_mautic.refusal(request, secrets), "no header Webhook-Signature");
}
