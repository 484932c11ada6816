#include "support/adapter_case.hpp"
#include "support/api_case.hpp"

#include <fmt/format.h>

namespace mailfunnel::activecampaign {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

constexpr Seconds k_now = 1772366400; // 2026-03-01T12:00:00Z

ApiCase ac_api() {
  ApiAccount account;
  account.secrets["api_key"] = "k";
  account.settings["host"] = "shop.api-us1.com";
  account.list = "4";
  return {"activecampaign", activecampaign::register_adapter, account};
}

ApiTask task(std::string step, std::string memo = "") {
  return {.step = std::move(step), .memo = std::move(memo), .until = k_now};
}

std::string campaigns(const std::string& more = R"(,"message_id":"77")") {
  return R"({"campaigns":[{"id":"41","type":"single","name":"Spring","sdate":"2026-02-20T03:00:00-06:00",)"
         R"("ldate":"2026-02-20T03:05:00-06:00","send_amt":"900","total_amt":"900","opens":"400",)"
         R"("uniqueopens":"41","linkclicks":"30","uniquelinkclicks":"12","hardbounces":"2",)"
         R"("softbounces":"0","unsubscribes":"0")" +
         more +
         R"(},{"id":"42","name":"Draft","sdate":null,"ldate":null,"send_amt":"0","total_amt":"0"}],)"
         R"("meta":{"total":"2"}})";
}

std::string report(int rows) {
  std::string out = "{";
  for (int i = 0; i < rows; ++i) {
    const auto n = std::to_string(i);
    out +=
        "\"" + n + R"(":{"subscriberid":")" + n + R"(","email":"p)" + n +
        R"(@example.com","tstamp":"2026-02-20 03:15:30","times":"2","tstamp_iso":"2026-02-20T03:15:30-06:00"},)";
  }
  return out +
         R"("result_code":1,"result_message":"Success: Something is returned","result_output":"json"})";
}

constexpr auto k_nothing =
    R"({"result_code":0,"result_message":"Failed: Nothing is returned","result_output":"json"})";

std::vector<std::string> steps_of(const std::vector<ApiTask>& tasks) {
  std::vector<std::string> out;
  for (const auto& one : tasks) {
    out.push_back(one.step);
  }
  return out;
}

} // namespace

TEST_CASE("activecampaign api: URL and key are needed") {
  AdapterRegistry registry;
  activecampaign::register_adapter(registry);
  const auto& adapter = *registry.find("activecampaign");
  ApiAccount account;
  account.secrets["api_key"] = "k";
  const auto refused = adapter.open_api(account);
  REQUIRE_FALSE(refused.has_value());
  check_has(refused.error().message, "host");
  account.base_url = "https://shop.activehosted.com/api/3/";
  ApiCase api("activecampaign", activecampaign::register_adapter, account);
  CHECK(api.asked(task("key")) == "GET https://shop.activehosted.com/api/3/campaigns?limit=1");
}

TEST_CASE("activecampaign api: campaigns whose figures are new lead to their reports") {
  auto api = ac_api();
  const auto first =
      api.api().pull({.now = k_now, .since = k_now - 100 * k_day, .full = false, .marks = {}});
  REQUIRE(first.size() == 2);
  CHECK(api.asked(first[0]) ==
        "GET https://shop.api-us1.com/api/3/campaigns?orders%5Bsdate%5D=DESC&limit=100");
  CHECK(api.api().request(first[0]).header("Api-Token") == "k");
  REQUIRE(api.read(first[0], campaigns()).has_value());
  CHECK(api.notes.lines.size() == 1); // not the draft
  REQUIRE(api.notes.all_totals.size() == 1);
  CHECK(api.notes.all_totals[0].unique_opens == 41);
  CHECK(steps_of(api.notes.tasks) ==
        std::vector<std::string>{"opens", "clicks", "bounces", "messages"});
  CHECK(api.asked(api.notes.tasks[0]) ==
        "GET https://shop.api-us1.com/admin/api.php?api_action=campaign_report_open_list&"
        "api_output=json&campaignid=41&messageid=77&page=1");
  CHECK(api.notes.marks["campaigns"] == "2026-03-01T12:00:00Z");

  const auto next = api.api().pull(
      {.now = k_now, .since = k_now - 100 * k_day, .full = false, .marks = api.notes.marks});
  REQUIRE(api.read(next[0], campaigns()).has_value());
  CHECK(api.notes.tasks.empty()); // nothing is new
  auto changed = campaigns();
  changed.replace(changed.find("\"opens\":\"400\""), 13, "\"opens\":\"401\"");
  REQUIRE(api.read(next[0], changed).has_value());
  CHECK(steps_of(api.notes.tasks) == std::vector<std::string>{"opens"});

  auto late = next[0];
  late.since = k_now;
  api.notes.marks.clear();
  REQUIRE(api.read(late, campaigns()).has_value());
  CHECK(api.notes.lines.empty()); // older than what is wanted
  api.notes.marks.clear();
  api.check_refuses_cut(next[0], campaigns());
  api.check_refuses(next[0], "{}");
}

TEST_CASE("activecampaign api: which mails a campaign has is asked where it does not say") {
  auto api = ac_api();
  REQUIRE(api.read(task("campaigns"), campaigns("")).has_value());
  REQUIRE(steps_of(api.notes.tasks) == std::vector<std::string>{"mails"});
  const auto mails = api.notes.tasks[0];
  CHECK(api.asked(mails) == "GET https://shop.api-us1.com/api/3/campaigns/41/campaignMessages");
  REQUIRE(api.read(mails, R"({"campaignMessages":[{"messageid":"77"},{"messageid":"78"}]})")
              .has_value());
  CHECK(steps_of(api.notes.tasks) == std::vector<std::string>{"message", "opens", "clicks",
                                                              "bounces", "message", "opens",
                                                              "clicks", "bounces"});
  CHECK(api.asked(api.notes.tasks[0]) == "GET https://shop.api-us1.com/api/3/messages/77");
  REQUIRE(api.read(api.notes.tasks[0], "{}", 404).has_value());
}

TEST_CASE("activecampaign api: reports are read page by page") {
  auto api = ac_api();
  auto opens = task("opens", "77");
  opens.campaign = "41";
  REQUIRE(api.read(opens, report(20)).has_value());
  REQUIRE(api.notes.lines.size() == 20);
  check_has(
      api.notes.lines[0],
      R"("kind":"open","address":"p0@example.com","contact_id":"0","time":"2026-02-20T09:15:30Z")");
  REQUIRE(api.notes.tasks.size() == 1);
  const auto second = api.notes.tasks[0];
  check_has(api.asked(second), "&page=2");
  REQUIRE(api.read(second, report(20)).has_value()); // the same people: it knows no pages
  CHECK(api.notes.tasks.empty());
  REQUIRE(api.read(second, report(3)).has_value());
  CHECK(api.notes.tasks.empty());
  REQUIRE(api.read(second, k_nothing).has_value());
  CHECK(api.notes.lines.empty());
  api.check_refuses_cut(opens, report(2));
  api.check_refuses(opens, "{}");
  const auto refused =
      api.read(opens, R"({"result_code":0,"result_message":"You are not authorized"})");
  REQUIRE_FALSE(refused.has_value());
  check_has(refused.error().message, "not authorized");
}

TEST_CASE("activecampaign api: clicks stand under their links, bounces tell their class") {
  auto api = ac_api();
  auto clicks = task("clicks", "77");
  clicks.campaign = "41";
  REQUIRE(
      api.read(
             clicks,
             R"({"0":{"id":"9","link":"https://www.example.com/demo","name":"Demo","info":[)"
             R"({"subscriberid":"3","email":"ann@example.com","tstamp":"2026-02-20 09:15:30"},{"email":"bo@example.com"}]},)"
             R"("1":{"id":"8","link":"open","info":[]},"result_code":1,"result_message":"Success"})")
          .has_value());
  REQUIRE(api.notes.lines.size() == 3);
  check_has(api.notes.lines[0],
            R"("links":[{"url":"https://www.example.com/demo","alias":"Demo"}])");
  check_has(api.notes.lines[1], R"("link":"https://www.example.com/demo")");
  check_has(api.notes.lines[2], "rejected");
  CHECK(api.notes.notes.size() == 1); // the zone
  auto bounces = task("bounces", "77");
  bounces.campaign = "41";
  REQUIRE(
      api.read(
             bounces,
             R"({"0":{"subscriberid":"3","email":"ann@example.com","tstamp":"2026-02-20 09:15:30",)"
             R"("code":"5.1.1","type":"hard","descript":"no such user"},"result_code":1})")
          .has_value());
  check_has(api.notes.lines.at(0), R"("class":"hard","status":"5.1.1")");
}

TEST_CASE("activecampaign api: contacts by id, with what stands beside them") {
  auto api = ac_api();
  REQUIRE(api.read(task("field-names"),
                   R"({"fields":[{"id":"7","title":"Job","perstag":"JOB_TITLE"}]})")
              .has_value());
  const auto contacts = api.notes.tasks.at(0);
  CHECK(api.asked(contacts) ==
        "GET https://shop.api-us1.com/api/3/contacts?orders%5Bid%5D=ASC&include="
        "contactLists%2CfieldValues&limit=100");
  const std::string answer =
      R"({"contacts":[{"id":"12","email":"ann@example.com","firstName":"Ann","cdate":"2026-02-03T09:14:55-06:00",)"
      R"("udate":"2026-03-01T09:14:55-06:00","deleted":"0"}],)"
      R"("contactLists":[{"contact":"12","list":"3","status":"1"},{"contact":"12","list":"4","status":"2"}],)"
      R"("fieldValues":[{"contact":"12","field":"7","value":"Manager"}]})";
  REQUIRE(api.read(contacts, answer).has_value());
  REQUIRE(api.notes.lines.size() == 2);
  check_has(api.notes.lines[1], R"("job_title":"Manager")");
  check_has(api.notes.lines[1], R"("unsubscribed")");
  CHECK(api.notes.tasks.empty());
  CHECK(api.notes.marks["contacts"] == "2026-03-01T12:00:00Z");
  api.notes.marks.clear();
  api.check_refuses_cut(contacts, answer);
  const auto later = api.api().pull(
      {.now = k_now, .since = 0, .full = false, .marks = {{"contacts", "2026-03-01T06:00:00Z"}}});
  REQUIRE(api.read(later[1], R"({"fields":[]})").has_value());
  check_has(api.asked(api.notes.tasks.at(0)),
            "filters%5Bupdated_after%5D=2026-02-28T06%3A00%3A00%2B00%3A00");
}

TEST_CASE("activecampaign api: a tag, its contacts, and those that are wanted") {
  auto api = ac_api();
  const PushTarget target{.kind = TargetKind::tag, .name = "Warm", .list = {}, .fields = {}};
  const std::vector<std::string> wanted{"ann@example.com"};
  const auto tasks = api.api().look(target, wanted);
  REQUIRE(tasks.has_value());
  REQUIRE(tasks->size() == 2);
  REQUIRE(api.read(tasks->at(0), R"({"tags":[{"id":"5","tag":"Warmer"},{"id":"6","tag":"Warm"}]})")
              .has_value());
  CHECK(api.notes.targets == std::vector<std::string>{"6"});
  check_has(api.asked(api.notes.tasks.at(0)), "/api/3/contacts?tagid=6&orders%5Bid%5D=ASC");
  check_has(api.asked(tasks->at(1)), "/api/3/contacts?orders%5Bid%5D=ASC&include=");
  REQUIRE(api.read(tasks->at(1), R"({"contacts":[{"id":"11","email":"bo@example.com"},)"
                                 R"({"id":"12","email":"Ann@example.com"}]})")
              .has_value());
  REQUIRE(api.notes.members.size() == 1); // nobody else was asked for
  CHECK(api.notes.members[0].subscription == Subscription::unknown);
  const auto contact = api.notes.tasks.at(0); // on which lists is not told: it is asked
  CHECK(api.asked(contact) == "GET https://shop.api-us1.com/api/3/contacts/12");
  REQUIRE(api.read(contact, R"({"contact":{"id":"12","email":"ann@example.com"},)"
                            R"("contactLists":[{"contact":"12","list":"4","status":"1"}]})")
              .has_value());
  CHECK(api.notes.members.at(0).subscription == Subscription::subscribed);
  CHECK_FALSE(api.notes.members.at(0).in_target);
  const auto members = api.api().look_at_members(target, wanted);
  REQUIRE(members.has_value());
  CHECK(members->size() == 1); // the tag's alone
  const auto made = api.api().create(target);
  REQUIRE(made.has_value());
  REQUIRE(api.read(made->at(0), R"({"tag":{"id":"9","tag":"Warm"}})").has_value());
  CHECK(api.notes.targets == std::vector<std::string>{"9"});
}

TEST_CASE("activecampaign api: people by pages, or one by one where these are fewer calls") {
  auto api = ac_api();
  const PushTarget target{.kind = TargetKind::tag, .name = "Warm", .list = {}, .fields = {}};
  const std::vector<std::string> wanted{"a@example.com", "b@example.com", "z1@example.com"};
  const auto people = api.api().look(target, wanted)->at(1);
  std::string rows = R"({"id":"1","email":"a@example.com"})";
  for (int id = 2; id <= 100; ++id) {
    rows += fmt::format(R"(,{{"id":"{}","email":"{}"}})", id,
                        id == 2 ? "b@example.com" : fmt::format("p{}@example.com", id));
  }
  const auto page = [&](std::string_view total) {
    return R"({"contacts":[)" + rows + R"(],"contactLists":[],"meta":{"total":")" +
           std::string(total) + "\"}}";
  };
  // One is missing, and 150 rows, or two pages, are to come: he or she is asked for.
  REQUIRE(api.read(people, page("250")).has_value());
  CHECK(api.notes.members.size() == 2);
  REQUIRE(api.notes.tasks.size() == 1);
  check_has(api.asked(api.notes.tasks[0]), "/api/3/contacts?email=z1%40example.com&include=");
  // Nobody is missing: there is no need of another page.
  auto found = people;
  found.campaign = "a@example.com,b@example.com";
  REQUIRE(api.read(found, page("250")).has_value());
  CHECK(api.notes.tasks.empty());
  // Three are missing, and one page is to come.
  found.campaign = "x@example.com,y@example.com,z@example.com";
  REQUIRE(api.read(found, page("150")).has_value());
  REQUIRE(api.notes.tasks.size() == 1);
  CHECK(api.notes.tasks[0].step == "people");
  CHECK(api.notes.tasks[0].campaign == found.campaign);
  check_has(api.asked(api.notes.tasks[0]), "id_greater=100");
  // All are told where nobody is named.
  found.campaign.clear();
  REQUIRE(api.read(found, page("250")).has_value());
  CHECK(api.notes.members.size() == 100);
  CHECK(api.notes.tasks.size() == 1);
}

TEST_CASE("activecampaign api: tags are added in bulk and taken off one by one") {
  auto api = ac_api();
  const PushTarget target{.kind = TargetKind::tag, .name = "Warm", .list = {}, .fields = {}};
  std::vector<MemberChange> changes(251, {MemberChange::Action::add, "ann@example.com", "12", {}});
  changes.push_back({MemberChange::Action::remove, "bo@example.com", "13", {}});
  const auto steps = api.api().change(target, "6", changes);
  REQUIRE(steps.has_value());
  REQUIRE(steps->size() == 3); // 250, one, and a removal
  const auto& import = steps->back().task;
  CHECK(
      api.asked(import) ==
      "POST https://shop.api-us1.com/api/3/import/bulk_import "
      R"({"contacts":[{"email":"ann@example.com","tags":["Warm"]}],"exclude_automations":true} (repeatable))");
  REQUIRE(api.read(import, R"({"Success":1,"queued_contacts":1,"batchId":"b-1"})").has_value());
  auto info = api.notes.tasks.at(0);
  CHECK(info.wait > 0);
  CHECK(api.asked(info) == "GET https://shop.api-us1.com/api/3/import/info?batchId=b-1");
  REQUIRE(api.read(info, R"({"status":"active"})").has_value());
  CHECK(api.notes.tasks.at(0).wait > info.wait);
  REQUIRE(api.read(info, R"({"status":"completed","success":["12"],"failure":["ann@example.com"]})")
              .has_value());
  CHECK(api.notes.tasks.empty());
  CHECK(api.notes.outcomes.size() == 1);
  CHECK_FALSE(api.notes.is_unsure);
  REQUIRE(api.read(info, R"({"status":"completed","success":[],"failure":[]})").has_value());
  CHECK(api.notes.is_unsure); // one was queued, and nothing is said of it
  REQUIRE(api.read(info, R"({"status":"failed"})").has_value());
  CHECK(api.notes.is_unsure);
  info.memo = "60";
  REQUIRE(api.read(info, R"({"status":"waiting"})").has_value());
  CHECK(api.notes.is_unsure); // for ever

  const auto& removal = (*steps)[1].task;
  CHECK(api.asked(removal) == "GET https://shop.api-us1.com/api/3/contacts/13/contactTags");
  REQUIRE(
      api.read(
             removal,
             R"({"contactTags":[{"id":"130","tag":"5"},{"id":"131","tag":"6"},{"id":"131","tag":"6"}]})")
          .has_value());
  REQUIRE(api.notes.tasks.size() == 1);
  CHECK(api.asked(api.notes.tasks[0]) ==
        "DELETE https://shop.api-us1.com/api/3/contactTags/131 (repeatable)");
  REQUIRE(api.read(api.notes.tasks[0], "", 404).has_value());
}

TEST_CASE("activecampaign api: an import is no larger than is taken") {
  auto api = ac_api();
  const PushTarget target{.kind = TargetKind::fields, .name = "x", .list = {}, .fields = {"NOTE"}};
  const std::vector<MemberChange> changes(
      100, {MemberChange::Action::set, "ann@example.com", "12", {std::string(9000, 'x')}});
  const auto steps = api.api().change(target, "7", changes);
  REQUIRE(steps.has_value());
  CHECK(steps->size() == 3);
  for (const auto& step : *steps) {
    CHECK(step.task.body.size() < 400'000);
    check_has(step.task.body, R"("fields":[{"id":"7","value":")");
  }
}

TEST_CASE("activecampaign api: custom fields are found by tag or title") {
  auto api = ac_api();
  const PushTarget target{
      .kind = TargetKind::fields, .name = "x", .list = {}, .fields = {"score", "Stage"}};
  const auto tasks = api.api().look(target, std::vector<std::string>{"ann@example.com"});
  REQUIRE(tasks.has_value());
  REQUIRE(
      api.read(
             tasks->at(0),
             R"({"fields":[{"id":"7","title":"S","perstag":"SCORE"},{"id":"8","title":"Stage"}]})")
          .has_value());
  CHECK(api.notes.targets == std::vector<std::string>{"7,8"});
  const auto person = api.notes.tasks.at(0);
  REQUIRE(api.read(person,
                   R"({"contacts":[{"id":"12","email":"ann@example.com"}],"contactLists":[],)"
                   R"("fieldValues":[{"contact":"12","field":"8","value":"MOFU"}]})")
              .has_value());
  CHECK(api.notes.members.at(0).fields == std::vector<std::string>{"", "MOFU"});
  REQUIRE(api.read(tasks->at(0), R"({"fields":[{"id":"7","title":"S","perstag":"SCORE"}]})")
              .has_value());
  CHECK(api.notes.targets.empty());
  CHECK_FALSE(api.api().create(target).has_value());
}
