#include "support/adapter_case.hpp"

namespace mailfunnel::constantcontact {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {
const AdapterCase k_case("constantcontact", constantcontact::register_adapter);
}

TEST_CASE("constantcontact: what is ours") {
  CHECK(k_case.takes(R"({"tracking_activities":[{"tracking_activity_type":"em_opens",)"
                     R"("campaign_activity_id":"a"}]})"));
  CHECK_FALSE(k_case.takes(R"({"tracking_activities":[]})")); // nothing tells whose
  CHECK_FALSE(k_case.takes(R"({"campaigns":[{"id":1,"name":"x","status":"sent"}]})"));
  CHECK_FALSE(k_case.takes(R"({"contacts":[{"email":"a@x.be","id":1}]})"));
  CHECK_FALSE(k_case.takes(R"([{"send_id":1}])"));
}

TEST_CASE("constantcontact: a send belongs to the campaign that the user names") {
  const std::string text =
      R"([{"send_id":1,"run_date":"2026-05-11T06:00:08.000Z","send_status":"COMPLETED"}])";
  CHECK(k_case.adapter().open_log(text, {})->needs_campaign());
  check_has(k_case.line(text), "name the campaign");
  check_has(k_case.line(text, {.campaign = "a-1"}),
            R"({"campaign":{"id":"a-1","sent_at":"2026-05-11T06:00:08Z")");
  check_has(
      k_case.line(R"([{"send_id":1,"run_date":"x","send_status":"QUEUED"}])", {.campaign = "a-1"}),
      "\\\"run_date\\\" is \\\"x\\\"");
}
