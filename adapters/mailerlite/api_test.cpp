#include "support/adapter_case.hpp"
#include "support/api_case.hpp"

namespace mailfunnel::mailerlite {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

constexpr Seconds k_now = 1772366400; // 2026-03-01T12:00:00Z

ApiCase ml_api() {
  ApiAccount account;
  account.secrets["api_key"] = "k";
  return {"mailerlite", mailerlite::register_adapter, account};
}

ApiTask task(std::string step, std::string memo = "") {
  return {.step = std::move(step), .memo = std::move(memo), .until = k_now};
}

constexpr auto k_campaigns =
    R"({"data":[{"id":"120000000000000001","name":"Spring","status":"sent","missing_data":[],)"
    R"("started_at":"2026-02-20 09:00:00","emails":[{"subject":"20% off","from":"shop@example.com"}],)"
    R"("stats":{"sent":250,"opens_count":90,"unique_opens_count":70,"clicks_count":9,)"
    R"("unique_clicks_count":7,"unsubscribes_count":1,"spam_count":0,"hard_bounces_count":2,)"
    R"("soft_bounces_count":3}}],"meta":{"current_page":1,"last_page":2}})";

constexpr auto k_recipients =
    R"({"data":[{"id":"6","opens_count":1,"clicks_count":0,"subscriber":{"id":"110000000000000001",)"
    R"("email":"ann@example.com"}},{"id":"7","opens_count":1,"clicks_count":0}],)"
    R"("meta":{"current_page":1,"last_page":1}})";

constexpr auto k_subscribers =
    R"({"data":[{"id":"110000000000000001","email":"ann@example.com","status":"unsubscribed",)"
    R"("opens_count":2,"subscribed_at":"2026-01-05 08:00:00","unsubscribed_at":"2026-02-21 10:20:00",)"
    R"("updated_at":"2026-02-21 10:20:00","fields":{"stage":"MOFU"}}],"meta":{"next_cursor":"c2"}})";

} // namespace

TEST_CASE("mailerlite api: what was sent to whom, and that it does not tell when they did what") {
  auto api = ml_api();
  CHECK_FALSE(api.api().pulls_opens());
  const auto tasks =
      api.api().pull({.now = k_now, .since = k_now - 100 * k_day, .full = false, .marks = {}});
  REQUIRE(tasks.size() == 2);
  CHECK(api.asked(tasks[0]) ==
        "GET https://connect.mailerlite.com/api/campaigns?filter%5Bstatus%5D=sent&limit=100");
  CHECK(api.api().request(tasks[0]).header("Authorization") == "Bearer k");
  REQUIRE(api.read(tasks[0], k_campaigns).has_value());
  CHECK(api.notes.notes.size() == 1);
  REQUIRE(api.notes.all_totals.size() == 1);
  CHECK(api.notes.all_totals[0].unique_opens == 70);
  CHECK(api.notes.all_totals[0].soft_bounces == 3);
  REQUIRE(api.notes.tasks.size() == 2);
  const auto recipients = api.notes.tasks[0];
  CHECK(
      api.asked(recipients) ==
      "POST "
      "https://connect.mailerlite.com/api/campaigns/120000000000000001/reports/subscriber-activity "
      R"({"include":"subscriber","limit":100,"page":1} (repeatable))");
  CHECK(api.asked(api.notes.tasks[1]) ==
        "GET https://connect.mailerlite.com/api/campaigns?filter%5B"
        "status%5D=sent&page=2&limit=100");
  REQUIRE(api.read(tasks[0], k_campaigns).has_value()); // nothing is new
  CHECK(api.notes.tasks.size() == 1);
  api.notes.marks.clear();
  api.check_refuses_cut(tasks[0], k_campaigns);

  REQUIRE(api.read(recipients, k_recipients).has_value());
  REQUIRE(api.notes.lines.size() == 2);
  check_has(api.notes.lines[0],
            R"("kind":"sent","address":"ann@example.com","contact_id":"110000000000000001",)"
            R"("time":"2026-02-20T09:00:00Z","campaign":"120000000000000001")");
  check_has(api.notes.lines[1], "rejected");
  CHECK(api.notes.tasks.empty());
  api.check_refuses_cut(recipients, k_recipients);
}

TEST_CASE("mailerlite api: campaigns older than what is wanted are left out") {
  auto api = ml_api();
  auto campaigns = task("campaigns");
  campaigns.since = k_now;
  REQUIRE(api.read(campaigns, k_campaigns).has_value());
  CHECK(api.notes.lines.empty());
  CHECK(api.notes.all_totals.empty());
}

TEST_CASE("mailerlite api: subscribers by cursors") {
  auto api = ml_api();
  REQUIRE(api.read(task("subscribers"), k_subscribers).has_value());
  CHECK(api.notes.lines.size() == 2); // the subscriber, and that she left
  REQUIRE(api.notes.tasks.size() == 1);
  CHECK(api.asked(api.notes.tasks[0]) ==
        "GET https://connect.mailerlite.com/api/subscribers?cursor=c2&limit=1000");
  REQUIRE(api.read(api.notes.tasks[0], k_subscribers).has_value());
  CHECK(api.notes.tasks.empty()); // the cursor leads to itself
  api.check_refuses_cut(task("subscribers"), k_subscribers);
}

TEST_CASE("mailerlite api: a group, its members of all states, and those that are wanted") {
  auto api = ml_api();
  const PushTarget target{.kind = TargetKind::group, .name = "Warm", .list = {}, .fields = {}};
  const auto tasks = api.api().look(target, std::vector<std::string>{"ann+1@example.com"});
  REQUIRE(tasks.has_value());
  REQUIRE(tasks->size() == 2);
  CHECK(api.asked(tasks->at(0)) ==
        "GET https://connect.mailerlite.com/api/groups?filter%5Bname%5D=Warm&limit=100");
  REQUIRE(
      api.read(tasks->at(0), R"({"data":[{"id":"1","name":"Warmer"},{"id":"130","name":"Warm"}]})")
          .has_value());
  CHECK(api.notes.targets == std::vector<std::string>{"130"});
  CHECK(api.notes.tasks.size() == 5);
  CHECK(api.asked(api.notes.tasks.at(1)) ==
        "GET "
        "https://connect.mailerlite.com/api/groups/130/"
        "subscribers?filter%5Bstatus%5D=unsubscribed&limit=1000");
  REQUIRE(api.read(api.notes.tasks.at(1), k_subscribers).has_value());
  REQUIRE(api.notes.members.size() == 1);
  CHECK(api.notes.members[0].in_target);
  CHECK(api.notes.members[0].subscription == Subscription::unsubscribed);
  CHECK(api.asked(tasks->at(1)) ==
        "GET https://connect.mailerlite.com/api/subscribers/ann%2B1%40example.com");
  REQUIRE(api.read(tasks->at(1), "", 404).has_value());
  CHECK(api.notes.members.empty());
  REQUIRE(
      api.read(tasks->at(1), R"({"data":{"id":"1","email":"ann+1@example.com","status":"active"}})")
          .has_value());
  CHECK_FALSE(api.notes.members.at(0).in_target);
  const auto many = api.api().look(target, std::vector<std::string>(21, "a@example.com"));
  REQUIRE(many.has_value());
  CHECK(many->back().step == "people");
}

TEST_CASE("mailerlite api: added by import, without automations") {
  auto api = ml_api();
  const PushTarget target{.kind = TargetKind::group, .name = "Warm", .list = {}, .fields = {}};
  const std::vector<MemberChange> changes{
      {MemberChange::Action::remove, "bo@example.com", "12", {}},
      {MemberChange::Action::add, "ann@example.com", "11", {}}};
  const auto steps = api.api().change(target, "130", changes);
  REQUIRE(steps.has_value());
  REQUIRE(steps->size() == 2);
  CHECK(steps->at(0).changes == std::vector<std::size_t>{1});
  const auto& import = steps->at(0).task;
  CHECK(api.asked(import) ==
        "POST https://connect.mailerlite.com/api/groups/130/import-subscribers "
        R"({"autoresponders":false,"subscribers":[{"email":"ann@example.com"}]} (repeatable))");
  REQUIRE(api.read(import, R"({"data":{"id":"7001","total":1}})", 202).has_value());
  const auto state = api.notes.tasks.at(0);
  CHECK(state.wait == 2);
  CHECK(api.asked(state) == "GET https://connect.mailerlite.com/api/subscribers/import/7001");
  REQUIRE(api.read(state, R"({"data":{"id":"7001","done":false,"stopped_at":null}})").has_value());
  CHECK(api.notes.tasks.at(0).wait == 4);
  REQUIRE(
      api.read(state,
               R"({"data":{"id":"7001","done":true,"errored":1,"invalid":["ann@example.com"]}})")
          .has_value());
  CHECK(api.notes.outcomes == std::vector<std::string>{"ann@example.com: not imported: invalid"});
  CHECK_FALSE(api.notes.is_unsure);
  for (const auto* given_up : {R"("errored":1)", R"("errored":0,"total":2,"processed":0)"}) {
    CAPTURE(given_up);
    REQUIRE(api.read(state, std::string(R"({"data":{"id":"7001","done":true,)") + given_up + "}}")
                .has_value());
    CHECK(api.notes.is_unsure);
  }

  const auto& removal = steps->at(1).task;
  CHECK(
      api.asked(removal) ==
      "POST https://connect.mailerlite.com/api/batch "
      R"({"requests":[{"method":"DELETE","path":"api/subscribers/12/groups/130"}]} (repeatable))");
  REQUIRE(api.read(removal, R"({"responses":[{"code":404,"body":null}]})").has_value());
  CHECK(api.notes.outcomes.empty()); // gone is gone
  REQUIRE(
      api.read(removal, R"({"responses":[{"code":429,"body":{"message":"Too Many Attempts."}}]})")
          .has_value());
  CHECK(api.notes.outcomes == std::vector<std::string>{"12: Too Many Attempts."});
  REQUIRE(api.read(removal, R"({"responses":[]})").has_value());
  CHECK(api.notes.is_unsure);
}

TEST_CASE("mailerlite api: fields are set in batches of 50") {
  auto api = ml_api();
  const PushTarget target{.kind = TargetKind::fields, .name = "x", .list = {}, .fields = {"stage"}};
  const std::vector<MemberChange> changes(51, {MemberChange::Action::set, "", "12", {"MOFU"}});
  const auto steps = api.api().change(target, "fields", changes);
  REQUIRE(steps.has_value());
  REQUIRE(steps->size() == 2);
  check_has(steps->at(1).task.body,
            R"([{"method":"PUT","path":"api/subscribers/12","body":{"fields":{"stage":"MOFU"}}}])");
  const auto tasks = api.api().look(target, {});
  REQUIRE(tasks.has_value());
  REQUIRE(
      api.read(tasks->at(0), R"({"data":[{"key":"name"}],"meta":{"current_page":1,"last_page":2}})")
          .has_value());
  CHECK(api.notes.targets.empty());
  REQUIRE(api.read(api.notes.tasks.at(0), R"({"data":[{"key":"stage"}]})").has_value());
  CHECK(api.notes.targets.size() == 1);
  CHECK_FALSE(api.api().create(target).has_value());
}
