#include "support/adapter_case.hpp"

namespace mailfunnel::icontact {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_icontact("icontact", icontact::register_adapter);

const std::string k_open =
    "<response><opens><open><contactId>1</contactId>"
    "<openTime>2026-05-11T08:28:02-04:00</openTime></open></opens></response>";

} // namespace

TEST_CASE("icontact: what is ours") {
  CHECK(k_icontact.takes(k_open));
  CHECK(k_icontact.takes(
      R"(<response><clicks/><limit>100</limit><offset>100</offset><total>4</total></response>)"));
  CHECK(k_icontact.takes(
      R"({"contacts":[{"contactId":"1","email":"a@x.be"}],"limit":20,"offset":0})"));
  CHECK(k_icontact.takes(R"({"opens":[],"limit":20,"offset":0,"total":0})"));
  CHECK_FALSE(k_icontact.takes("<response><clicks/></response>"));
  CHECK_FALSE(k_icontact.takes("<answer><clicks><clickTime>x</clickTime></clicks></answer>"));
  CHECK_FALSE(k_icontact.takes(R"({"contacts":[{"email":"a@x.be"}],"count":1})")); // others'
}

TEST_CASE("icontact: details of a message do not name it: the campaign is asked for") {
  const auto asks = [](const std::string& text, const LogContext& context = {}) {
    return k_icontact.adapter().open_log(text, context)->needs_campaign();
  };
  CHECK(asks(k_open));
  CHECK_FALSE(asks(k_open, {.campaign = "71"}));
  CHECK_FALSE(asks("<response><sends><send><sendId>1</sendId></send></sends></response>"));
  check_has(k_icontact.line(k_open, {.campaign = "71"}), R"("campaign":"71")");
}

TEST_CASE("icontact: a page behind the last one holds nothing") {
  CHECK(
      k_icontact.lines("<response><clicks/><limit>1</limit><offset>9</offset></response>").empty());
  CHECK(k_icontact.lines(R"({"clicks":[],"limit":1,"offset":9,"total":4})").empty());
}
