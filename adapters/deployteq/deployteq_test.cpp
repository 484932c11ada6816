#include "support/adapter_case.hpp"

namespace mailfunnel::deployteq {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_case("deployteq", deployteq::register_adapter);

std::string event(const std::string& fields) {
  return R"({"data":[{"uuid":"u","metric_timestamp":"2026-05-11T08:29:41+0200",)"
         R"("campaign_id":"41","customer_id":"77",)" +
         fields + "}]}";
}
std::string envelope(const std::string& body) {
  return "<S:Envelope xmlns:S='x'><S:Body>" + body + "</S:Body></S:Envelope>";
}

} // namespace

TEST_CASE("deployteq: what is ours") {
  CHECK(k_case.takes(event(R"("metric":"opens")")));
  CHECK(k_case.takes("uuid;metric;metric_timestamp;campaign_id\nu;opens;2026-05-11T08:00:00Z;4\n"));
  CHECK(k_case.takes(envelope("<Open><customerId>1</customerId><mailingId>2</mailingId>"
                              "<openedAt>x</openedAt></Open>")));
  CHECK_FALSE(k_case.takes(R"({"data":[{"uuid":"u","metric":"opens"}]})"));
  CHECK_FALSE(k_case.takes("uuid,metric\nu,opens\n"));
  CHECK_FALSE(k_case.takes(envelope("<campaignId>1</campaignId>")));
}

TEST_CASE("deployteq: bounces by code and words, soft in doubt") {
  struct Row {
    const char* fields;
    const char* part;
  };
  for (const auto& row : {
           Row{R"("bounce_code":"5.1.1")", R"("bounce":{"class":"hard","status":"5.1.1")"},
           Row{R"("bounce_code":550,"bounce_category":"user unknown")", R"("class":"hard")"},
           Row{R"("bounce_category":"mailbox full")", R"("reason":"mailbox_full")"},
           Row{R"("bounce_type":"hard")", R"("bounce":{"class":"soft","reason":"other"})"},
       }) {
    CAPTURE(row.fields);
    check_has(k_case.line(event(R"("metric":"bounce",)" + std::string(row.fields))), row.part);
  }
}

TEST_CASE("deployteq: SOAP names no zone: the account's is asked for") {
  const auto text = envelope("<Open><customerId>1</customerId><mailingId>2</mailingId>"
                             "<openedAt>2026-05-11T08:28:02</openedAt></Open>");
  CHECK(k_case.adapter().open_log(text, {})->assumes_utc());
  LogContext context;
  context.zone = find_zone("Europe/Amsterdam").value();
  context.zone_given = true;
  check_has(k_case.line(text, context), R"("time":"2026-05-11T06:28:02Z")");
}
