#include "support/adapter_case.hpp"

namespace mailfunnel::dotdigital {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_case("dotdigital", dotdigital::register_adapter);

const std::string k_click = R"([{"contactId":1,"email":"a@x.be","url":"https://x.be/",)"
                            R"("dateClicked":"2026-05-11T06:29:41Z"}])";

} // namespace

TEST_CASE("dotdigital: what is ours") {
  CHECK(k_case.takes(k_click));
  CHECK_FALSE(k_case.takes(R"([{"contactId":1,"email":"a@x.be","dateSent":"2026-05-11"}])"));
  CHECK_FALSE(k_case.takes(R"([{"id":1,"name":"x","subject":"y","status":"Sent"}])"));
  CHECK_FALSE(k_case.takes(R"([{"id":1,"email":"a@x.be","status":"Subscribed"}])"));
  CHECK_FALSE(k_case.takes("[]"));
}

TEST_CASE("dotdigital: details of a campaign do not name it: it is asked for") {
  CHECK(k_case.adapter().open_log(k_click, {})->needs_campaign());
  check_has(k_case.line(k_click, {.campaign = "6302600"}), R"("campaign":"6302600")");
  const std::string contact =
      R"([{"id":1,"email":"a@x.be","optInType":"Single","emailType":"Html"}])";
  CHECK_FALSE(k_case.adapter().open_log(contact, {})->needs_campaign());
}
