#include "support/adapter_case.hpp"

namespace mailfunnel::spotler {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_case("spotler", spotler::register_adapter);

const std::string k_mailing = R"({"encryptedId":"aBcD","scheduledStartDate":"2026-05-11T08:00:00",)"
                              R"("links":[{"id":1,"name":"n","url":"https://www.example.com/"}]})";
const std::string k_click = R"({"clicks":[{"contactIdentifier":{"externalId":"K"},)"
                            R"("clickDate":"2026-05-11T08:29:41","linkId":1}]})";

} // namespace

TEST_CASE("spotler: what is ours") {
  CHECK(k_case.takes(k_mailing));
  CHECK(k_case.takes(k_click));
  CHECK_FALSE(k_case.takes(R"({"clicks":[{"clickDate":"2026-05-11T08:29:41","linkId":1}]})"));
  CHECK_FALSE(k_case.takes(R"({"encryptedId":"x","name":"y"})"));
  CHECK_FALSE(k_case.takes(R"({"paging":{},"clicks":[]})"));
}

TEST_CASE("spotler: the mailing that was told before names campaign and links") {
  const auto asks = [](const std::string& text, const LogContext& context = {}) {
    return k_case.adapter().open_log(text, context)->needs_campaign();
  };
  CHECK(asks(k_click));
  CHECK_FALSE(asks(k_click, {.campaign = "aBcD"}));
  CHECK_FALSE(asks(k_mailing + k_click));
  check_has(k_case.lines(k_mailing + k_click).back(),
            R"("campaign":"aBcD","link":"https://www.example.com/","link_tag":"n")");
  check_has(k_case.line(k_click, {.campaign = "aBcD"}), R"("campaign":"aBcD","native":"click")");
}

TEST_CASE("spotler: times name no zone: the account's is asked for") {
  CHECK(k_case.adapter().open_log(k_click, {})->assumes_utc());
  LogContext context;
  context.zone = find_zone("Europe/Amsterdam").value();
  context.zone_given = true;
  check_has(k_case.line(k_click, context), R"("time":"2026-05-11T06:29:41Z")");
}
