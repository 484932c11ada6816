#include "api.hpp"

#include "support/api_case.hpp"

#include <doctest/doctest.h>

#include <string>

namespace mailfunnel::klaviyo {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

constexpr Seconds k_now = 1'772'370'000; // 2026-03-01T13:00:00Z

ApiAccount account() {
  ApiAccount out;
  out.base_url = "http://127.0.0.1:8080";
  out.secrets["api_key"] = "pk_k3y";
  return out;
}

const std::string k_campaigns =
    R"({"data":[{"type":"campaign","id":"K1","attributes":{"name":"Spring","status":"Sent",)"
    R"("audiences":{"included":["L1"],"excluded":[]},"send_time":"2026-02-20T09:00:00+00:00"},)"
    R"("relationships":{"campaign-messages":{"data":[{"type":"campaign-message","id":"M1"}]}}},)"
    R"({"type":"campaign","id":"K2","attributes":{"name":"Draft","status":"Draft","audiences":{},"send_time":null}}],)"
    R"("included":[{"type":"campaign-message","id":"M1","attributes":{"definition":{"channel":"email",)"
    R"("content":{"subject":"20% off","from_email":"shop@example.com"}}}}],)"
    R"("links":{"next":"https://elsewhere.example.com/api/campaigns?page%5Bcursor%5D=abc"}})";

const std::string k_metrics =
    R"({"data":[{"type":"metric","id":"O1","attributes":{"name":"Opened Email","integration":{"name":"Klaviyo"}}},)"
    R"({"type":"metric","id":"P1","attributes":{"name":"Placed Order","integration":{"name":"Shopify"}}},)"
    R"({"type":"metric","id":"O2","attributes":{"name":"Opened Email","integration":{"name":"Other"}}}],)"
    R"("links":{"next":null}})";

const std::string k_events =
    R"({"data":[{"type":"event","id":"E1","attributes":{"timestamp":1771581600,"event_properties":)"
    R"({"$message":"M1","Machine Open":true},"datetime":"2026-02-20T10:00:00+00:00"},"relationships":)"
    R"({"profile":{"data":{"type":"profile","id":"P7"}},"metric":{"data":{"type":"metric","id":"O1"}}}},)"
    R"({"type":"event","id":"E2","attributes":{"timestamp":1771581601,"event_properties":)"
    R"({"$message":"F1","$flow":"W1","Campaign Name":"Welcome"}},"relationships":)"
    R"({"profile":{"data":{"type":"profile","id":"P7"}},"metric":{"data":{"type":"metric","id":"O1"}}}},)"
    R"({"type":"event","id":"E3","attributes":{"event_properties":{}},"relationships":{"metric":{}}}],)"
    R"("included":[{"type":"profile","id":"P7","attributes":{"email":"ann@example.com"}}],"links":{"next":null}})";

const std::string k_profiles =
    R"({"data":[{"type":"profile","id":"P7","attributes":{"email":"ann@example.com","updated":"2026-02-01T00:00:00+00:00",)"
    R"("properties":{"mf_score":12,"mf_stage":"hot"},"subscriptions":{"email":{"marketing":{"consent":"SUBSCRIBED","suppression":[]}}}}},)"
    R"({"type":"profile","id":"P8","attributes":{"email":"bo@example.com","properties":{},"subscriptions":)"
    R"({"email":{"marketing":{"consent":"SUBSCRIBED","suppression":[{"reason":"HARD_BOUNCE"}]}}}}}],"links":{"next":null}})";

struct Case : ApiCase {
  Case() : ApiCase("klaviyo", klaviyo::register_adapter, account()) {}
  std::vector<ApiTask> pull() const {
    return api().pull(pull_request(k_now, k_now - 30 * k_day, notes.marks));
  }
};

} // namespace

TEST_CASE("klaviyo api: a key is needed, and is sent with the revision") {
  CHECK_FALSE(bool(klaviyo::open_api(ApiAccount())));
  Case test;
  const auto request = test.api().request(task_of(test.pull(), "campaigns"));
  CHECK(request.header("Authorization") == "Klaviyo-API-Key pk_k3y");
  CHECK(request.header("revision") == "2026-07-15");
  CHECK(request.header("Accept") == "application/vnd.api+json");
  CHECK(
      request.url ==
      "http://127.0.0.1:8080/api/campaigns?filter=and%28equals%28messages.channel%2C%27email%27%29%"
      "2Cgreater-or-equal%28updated_at%2C2026-01-30T13%3A00%3A00Z%29%29&include=campaign-messages&"
      "sort=-updated_at");
}

TEST_CASE("klaviyo api: a campaign is told under its id and its mail's") {
  Case test;
  const auto first = task_of(test.pull(), "campaigns");
  test.take(first, k_campaigns);
  CHECK(test.notes.lines.size() == 2); // no draft
  CHECK(test.notes.has(R"("id":"K1")"));
  CHECK(test.notes.has(R"("id":"M1")"));
  CHECK(test.notes.has(R"("parent":"K1")"));
  const auto more = test.notes.task("campaigns");
  CHECK(more.place == "abc");
  CHECK(test.api().request(more).url.starts_with("http://127.0.0.1:8080/api/campaigns?"));
  CHECK(test.api().request(more).url.ends_with("page%5Bcursor%5D=abc"));
  const auto content = test.notes.task("content");
  CHECK(test.api().request(content).url ==
        "http://127.0.0.1:8080/api/campaign-messages/M1/template?fields%5Btemplate%5D=html%2Ctext");
  test.take(
      content,
      R"({"data":{"type":"template","id":"T","attributes":{"html":"<a href=\"https://www.example.com/\">x</a>"}}})");
  CHECK(test.notes.lines.size() == 2);
  test.take(content, "", 404);
  test.take(content, "", 403);
  CHECK(test.notes.notes.size() == 1);
  test.take(more, R"({"data":[],"links":{}})");
  CHECK(test.notes.marked("campaigns") == "2026-03-01T13:00:00Z");
  test.take(first, k_campaigns);
  CHECK_FALSE(test.notes.has_task("content"));
}

TEST_CASE("klaviyo api: a stream for each metric of mails") {
  Case test;
  test.take(task_of(test.pull(), "metrics"), k_metrics);
  REQUIRE(test.notes.tasks.size() == 2);
  const auto report = test.notes.task("report");
  CHECK(test.api().request(report).body.find(R"("conversion_metric_id":"O1")") !=
        std::string::npos);
  const auto events = test.notes.task("events");
  CHECK(
      test.api().request(events).url ==
      "http://127.0.0.1:8080/api/events?filter=and%28equals%28metric_id%2C%22O1%22%29%2Cgreater-or-"
      "equal%28datetime%2C2026-01-30T13%3A00%3A00Z%29%29&include=profile&fields%5Bprofile%5D=email&"
      "page%5Bsize%5D=1000&sort=-datetime");
  test.take(events, k_events);
  CHECK(test.notes.has(
      R"("kind":"open","address":"ann@example.com","contact_id":"P7","time":"2026-02-20T10:00:00Z","campaign":"M1")"));
  CHECK(test.notes.has("esp_machine_flag"));
  CHECK(test.notes.has(R"("kind":"automation")")); // the flow's mail
  CHECK(test.notes.has("rejected"));
  CHECK(test.notes.marked("events/O1") == "2026-03-01T13:00:00Z");
  test.take(events, k_events);
  CHECK_FALSE(test.notes.has(R"("kind":"automation")")); // is known
  test.take(task_of(test.pull(), "metrics"), k_metrics);
  CHECK(test.notes.task("events").since == k_now - k_day);
}

TEST_CASE("klaviyo api: one report has all figures") {
  Case test;
  test.take(
      {.step = "report", .memo = "O1"},
      R"({"data":{"attributes":{"results":[{"groupings":{"campaign_id":"K1","campaign_message_id":"M1"},)"
      R"("statistics":{"recipients":10.0,"delivered":9.0,"opens":5,"opens_unique":3.0}}]}},)"
      R"("links":{"next":"https://a.klaviyo.com/api/campaign-values-reports?page_cursor=xyz"}})");
  REQUIRE(test.notes.all_totals.size() == 1);
  CHECK(test.notes.all_totals[0].campaign == "M1");
  CHECK(test.notes.all_totals[0].sent == 10);
  CHECK(test.notes.all_totals[0].unique_opens == 3);
  CHECK(test.notes.task("report").place == "xyz");
}

TEST_CASE("klaviyo api: profiles, and later those that changed") {
  Case test;
  const auto first = task_of(test.pull(), "profiles");
  CHECK(test.api().request(first).url ==
        "http://127.0.0.1:8080/api/profiles?additional-fields%5Bprofile%5D=subscriptions&"
        "page%5Bsize%5D=100&sort=id");
  test.take(first, k_profiles);
  CHECK(test.notes.has(R"("subscription":"subscribed")"));
  CHECK(test.notes.has(R"("subscription":"cleaned")"));
  CHECK(task_of(test.pull(), "profiles").since == k_now - k_day);
}

TEST_CASE("klaviyo api: what is no answer is asked for again") {
  Case test;
  auto tasks = test.pull();
  tasks.push_back({.step = "events", .memo = "O1 Opened Email"});
  tasks.push_back({.step = "report", .memo = "O1"});
  tasks.push_back({.step = "content", .campaign = "K1", .memo = "M1"});
  for (const auto& task : tasks) {
    CAPTURE(task.step);
    for (const char* body : {"", "<html>", R"({"data":[{"id)", "{}"}) {
      const auto read = test.read(task, body);
      REQUIRE_FALSE(read.has_value());
      CHECK(read.error().code == ErrorCode::bad_syntax);
      CHECK(test.notes.lines.empty());
    }
  }
}

TEST_CASE("klaviyo api: a list, and people by their addresses") {
  Case test;
  std::vector<std::string> wanted(101, "o'neil+x@example.com");
  const auto tasks = test.api().look(push_target(TargetKind::list, "Hot \"A\""), wanted);
  REQUIRE(tasks.has_value());
  CHECK(tasks->size() == 3);
  const auto lists = task_of(*tasks, "lists");
  CHECK(test.api().request(lists).url ==
        "http://127.0.0.1:8080/api/lists?filter=equals%28name%2C%22Hot%20%5C%22A%5C%22%22%29");
  test.take(lists,
            R"({"data":[{"type":"list","id":"L1","attributes":{"name":"Hot \"A\""}}],"links":{}})");
  CHECK(test.notes.targets == std::vector<std::string>{"L1"});
  test.take(test.notes.task("members"), k_profiles);
  REQUIRE(test.notes.members.size() == 2);
  CHECK(test.notes.members[0].in_target);
  CHECK(test.notes.members[1].subscription == Subscription::cleaned);
  const auto people = task_of(*tasks, "people");
  CHECK(test.api().request(people).url.find(
            "filter=any%28email%2C%5B%22o%27neil%2Bx%40example.com%22%2C") != std::string::npos);
  test.take(people, k_profiles);
  CHECK_FALSE(test.notes.members.at(0).in_target);
}

TEST_CASE("klaviyo api: adds and removes by ids, a thousand a call") {
  Case test;
  std::vector<MemberChange> changes;
  for (int i = 0; i < 1010; ++i) {
    changes.push_back({i < 1001 ? MemberChange::Action::add : MemberChange::Action::remove,
                       "p" + std::to_string(i) + "@example.com",
                       "P" + std::to_string(i),
                       {}});
  }
  const auto steps = test.api().change(push_target(TargetKind::list), "L1", changes);
  REQUIRE(steps.has_value());
  REQUIRE(steps->size() == 3);
  const auto remove = test.api().request((*steps)[0].task);
  CHECK(remove.method == "DELETE");
  CHECK(remove.url == "http://127.0.0.1:8080/api/lists/L1/relationships/profiles");
  CHECK(remove.body.starts_with(R"({"data":[{"type":"profile","id":"P1001"},)"));
  CHECK(test.api().request((*steps)[1].task).method == "POST");
  CHECK((*steps)[2].changes.size() == 1);
  test.take((*steps)[2].task, "", 204);
}

TEST_CASE("klaviyo api: properties by an import job, and whom it refused") {
  Case test;
  const auto target = push_target(TargetKind::fields, {}, {"mf_score", "mf_stage"});
  const std::vector<std::string> wanted{"ann@example.com"};
  const auto tasks = test.api().look(target, wanted);
  REQUIRE(tasks.has_value());
  test.take(task_of(*tasks, "people"), k_profiles);
  CHECK(test.notes.targets == std::vector<std::string>{"properties"});
  CHECK(test.notes.members.at(0).fields == std::vector<std::string>{"12", "hot"});
  const std::vector<MemberChange> changes{
      {MemberChange::Action::set, "ann@example.com", "P7", {"13.5", "007"}},
      {MemberChange::Action::set, "bo@example.com", "P8", {"", "-"}}};
  const auto steps = test.api().change(target, "properties", changes);
  REQUIRE(steps.has_value());
  REQUIRE(steps->size() == 1);
  CHECK(
      (*steps)[0].task.body ==
      R"({"data":{"type":"profile-bulk-import-job","attributes":{"profiles":{"data":[)"
      R"({"type":"profile","attributes":{"email":"ann@example.com","properties":{"mf_score":13.5,"mf_stage":"007"}}},)"
      R"({"type":"profile","attributes":{"email":"bo@example.com","properties":{"mf_score":null,"mf_stage":"-"}}}]}}}})");
  test.take((*steps)[0].task, R"({"data":{"id":"J1","attributes":{"status":"queued"}}})", 202);
  const auto job = test.notes.task("set-job");
  CHECK(job.wait == 2);
  test.take(job, R"({"data":{"id":"J1","attributes":{"status":"processing"}}})");
  CHECK(test.notes.task("set-job").wait == 4);
  test.take(job, R"({"data":{"id":"J1","attributes":{"status":"complete","failed_count":1}}})");
  test.take(
      test.notes.task("set-errors"),
      R"({"data":[{"attributes":{"detail":"bad","original_payload":{"email":"bo@example.com"}}}],"links":{}})");
  REQUIRE(test.notes.outcomes.size() == 1);
  CHECK(test.notes.outcomes[0] == "bo@example.com: bad");
  CHECK_FALSE(bool(test.read(job, R"({"data":{"id":"J1","attributes":{"status":"cancelled"}}})")));
}

TEST_CASE("klaviyo api: suppressions, a hundred a job") {
  Case test;
  const auto target = push_target(TargetKind::suppression);
  const auto tasks = test.api().look(target, {});
  REQUIRE(tasks.has_value());
  test.take(tasks->at(0), k_profiles);
  CHECK(test.notes.targets == std::vector<std::string>{"suppression"});
  CHECK_FALSE(test.notes.members.at(0).in_target);
  CHECK(test.notes.members.at(1).in_target);
  std::vector<MemberChange> changes(101, {MemberChange::Action::add, "ann@example.com", "P7", {}});
  const auto steps = test.api().change(target, "suppression", changes);
  REQUIRE(steps.has_value());
  CHECK(steps->size() == 2);
  test.take((*steps)[1].task, R"({"data":{"id":"J2","attributes":{"status":"queued"}}})", 202);
  test.take(test.notes.task("suppress-job"), "", 404);
  CHECK(test.notes.is_unsure);
  changes[0].action = MemberChange::Action::remove;
  CHECK_FALSE(bool(test.api().change(target, "suppression", changes)));
}

TEST_CASE("klaviyo api: who is in the target; a cursor that is not known any more") {
  Case test;
  const std::vector<std::string> asked{"ann@example.com"};
  const auto list = test.api().look_at_members(push_target(TargetKind::list, "Hot"), asked);
  REQUIRE(list.has_value());
  REQUIRE(list->size() == 1);
  CHECK(list->at(0).step == "lists");
  const auto suppressed = test.api().look_at_members(push_target(TargetKind::suppression), asked);
  REQUIRE(suppressed.has_value());
  CHECK(suppressed->at(0).memo == "suppression\nany(email,[\"ann@example.com\"])");
  auto page = suppressed->at(0);
  CHECK_FALSE(test.api().restart(page).has_value());
  page.place = "cursor";
  CHECK(test.api().restart(page) == suppressed->at(0));
}

TEST_CASE("klaviyo api: check") {
  Case test;
  const auto tasks = test.api().check();
  test.take(task_of(tasks, "account"),
            R"({"data":[{"attributes":{"contact_information":{"organization_name":"Lab"}}}]})");
  CHECK(test.notes.facts.at(0) == "account: Lab");
  test.take(task_of(tasks, "metrics"), k_metrics);
  CHECK(test.notes.tasks.empty());
  CHECK(test.api().problem(
            {400, {}, R"({"errors":[{"detail":"no","source":{"parameter":"filter"}}]})"}) ==
        "no (filter)");
}
