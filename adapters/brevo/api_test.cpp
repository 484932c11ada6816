#include "api.hpp"

#include "support/api_case.hpp"

#include <doctest/doctest.h>

#include <string>

namespace mailfunnel::brevo {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

constexpr Seconds k_now = 1'772'370'000; // 2026-03-01T13:00:00Z

ApiAccount account() {
  ApiAccount out;
  out.base_url = "http://127.0.0.1:8080";
  out.secrets["api_key"] = "xkeysib-k3y";
  return out;
}

std::string campaigns(const std::string& opens, const std::string& lists = "2,5") {
  return R"({"count":1,"campaigns":[{"id":21,"name":"Spring","subject":"20% off","type":"classic",)"
         R"("status":"sent","sentDate":"2026-02-20T10:00:04.000+01:00","testSent":true,"sender":{"email":"news@example.net"},)"
         R"("modifiedAt":"2026-02-20T10:00:04.000+01:00","htmlContent":"","recipients":{"lists":[)" +
         lists + R"(]},"statistics":{"globalStats":{"sent":10,"delivered":9,"viewed":)" + opens +
         R"(,"uniqueViews":3,"clickers":4,"uniqueClicks":2,"hardBounces":1,"softBounces":0,)"
         R"("unsubscriptions":0,"complaints":0}}}]})";
}

const std::string k_contacts =
    R"({"count":2,"contacts":[{"id":7,"email":"ann@example.com","emailBlacklisted":false,)"
    R"("modifiedAt":"2026-02-01T00:00:00.000Z","listIds":[2],"listUnsubscribed":[],"attributes":{"SCORE":12,"STAGE":"hot"}},)"
    R"({"id":8,"email":"bo@example.com","emailBlacklisted":true,"modifiedAt":"2026-02-01T00:00:00.000Z",)"
    R"("listIds":[9],"attributes":{}}]})";

struct Case : ApiCase {
  explicit Case(const ApiAccount& given = account())
      : ApiCase("brevo", brevo::register_adapter, given) {}
  std::vector<ApiTask> pull() const {
    return api().pull(pull_request(k_now, k_now - 30 * k_day, notes.marks));
  }
};

} // namespace

TEST_CASE("brevo api: a key is needed, and a list is a number") {
  CHECK_FALSE(bool(brevo::open_api(ApiAccount())));
  auto wrong = account();
  wrong.list = "Newsletter";
  CHECK(brevo::open_api(wrong).error().message.find("number") != std::string::npos);
}

TEST_CASE("brevo api: campaigns, and what hangs on them") {
  Case test;
  const auto tasks = test.pull();
  REQUIRE(tasks.size() == 1);
  const auto request = test.api().request(tasks[0]);
  CHECK(request.url ==
        "http://127.0.0.1:8080/v3/emailCampaigns?status=sent&statistics=globalStats&"
        "startDate=2026-01-30T13%3A00%3A00.000Z&endDate=2026-03-01T13%3A00%3A00.000Z&sort=desc&"
        "limit=50&offset=0");
  CHECK(request.header("api-key") == "xkeysib-k3y");
  test.take(tasks[0], campaigns("5"));
  CHECK(test.notes.has(R"("id":"21")"));
  REQUIRE(test.notes.all_totals.size() == 1);
  CHECK(test.notes.all_totals[0].opens == 5);
  CHECK(test.notes.all_totals[0].unique_opens == 3);
  CHECK(test.notes.task("content").campaign == "21");
  const auto events = test.notes.task("events");
  CHECK(test.api().request(events).url ==
        "http://127.0.0.1:8080/v3/smtp/statistics/events?startDate=2026-01-30&endDate=2026-03-01&"
        "sort=asc&limit=2500&offset=0");
  const auto contacts = test.notes.task("contacts");
  CHECK(contacts.since == 0);
  test.take(contacts, k_contacts);
  REQUIRE(test.notes.tasks.size() == 1); // the other one is on none of its lists
  const auto statistics = test.notes.tasks[0];
  CHECK(
      test.api().request(statistics).url ==
      "http://127.0.0.1:8080/v3/contacts/7/campaignStats?startDate=2026-02-20&endDate=2026-03-01");
  // The next time: figures are as they were, so nobody is asked for.
  const auto next = test.pull();
  CHECK(next.at(0).since == k_now - 30 * k_day);
  test.take(next[0], campaigns("5"));
  CHECK_FALSE(test.notes.has_task("content"));
  CHECK(test.notes.task("contacts").since == k_now - k_day);
  CHECK(test.notes.task("contacts").memo.empty());
  CHECK(test.notes.task("events").since == k_now - k_day);
  test.take(next[0], campaigns("6", ""));
  CHECK(test.notes.task("contacts").since == 0);
  test.take(test.notes.task("contacts"), k_contacts);
  CHECK(test.notes.tasks.size() == 2);               // to a segment: everybody
  CHECK(test.notes.tasks[0].since == k_now - k_day); // what came before is known
}

TEST_CASE("brevo api: campaign statistics can be left out") {
  auto given = account();
  given.settings["campaign_statistics"] = "no";
  Case test(given);
  CHECK_FALSE(test.api().pulls_opens());
  test.take(test.pull().at(0), campaigns("5"));
  CHECK(test.notes.task("contacts").memo.empty());
  CHECK(test.notes.notes.size() == 1);
}

TEST_CASE("brevo api: long spans are cut, pages go on") {
  Case test;
  const ApiTask first{.step = "campaigns", .since = k_now - 390 * k_day, .until = k_now};
  test.take(first, R"({"count":0})");
  std::size_t spans = 0;
  Seconds oldest = k_now;
  for (const auto& task : test.notes.tasks) {
    if (task.step == "events") {
      ++spans;
      CHECK(task.until - task.since <= 90 * k_day);
      oldest = std::min(oldest, task.since);
    }
  }
  CHECK(spans == 5);
  CHECK(oldest == k_now - 390 * k_day);
  auto page = campaigns("5");
  page.replace(page.find("\"count\":1"), 9, "\"count\":51");
  test.take(first, page);
  const auto more = test.notes.task("campaigns");
  CHECK(more.place == "50");
  CHECK_FALSE(test.notes.has_task("contacts"));
  test.take(more, R"({"count":51,"campaigns":[]})");
  CHECK(test.notes.task("contacts").memo == more.memo);
}

TEST_CASE(
    "brevo api: events of transactional mail; a tag that is a campaign's name is that campaign") {
  Case test;
  test.take(test.pull().at(0), campaigns("5"));
  test.take(
      {.step = "events"},
      R"({"events":[{"email":"ann@example.com","date":"2026-02-21T09:25:07.000+00:00","messageId":"<1@x>",)"
      R"("event":"opened","tag":"receipt","ip":"203.0.113.7"},)"
      R"({"email":"ann@example.com","date":"2026-02-21T09:25:08.000+00:00","messageId":"<2@x>",)"
      R"("event":"loadedByProxy","tag":"Spring"},{"event":"opened"}]})");
  CHECK(test.notes.has(R"("time":"2026-02-21T09:25:07.000Z","campaign":"receipt")"));
  CHECK(test.notes.has(R"("time":"2026-02-21T09:25:08.000Z","campaign":"21")"));
  CHECK(test.notes.has("esp_machine_flag"));
  CHECK(test.notes.has("rejected"));
  test.take({.step = "events"}, "{}"); // none
  CHECK(test.notes.lines.empty());
}

TEST_CASE("brevo api: what a person did with campaigns") {
  Case test;
  const ApiTask task{.step = "statistics", .place = "7", .memo = "ann@example.com"};
  test.take(
      task,
      R"({"messagesSent":[{"campaignId":21,"eventTime":"2026-02-20T09:00:00.000Z"}],)"
      R"("opened":[{"campaignId":21,"count":2,"eventTime":"2026-02-20T09:25:07.000Z","ip":"203.0.113.7"}],)"
      R"("clicked":[{"campaignId":21,"links":[{"count":1,"eventTime":"2026-02-20T09:26:00.000Z","url":"https://www.example.com/"}]}],)"
      R"("hardBounces":[{"campaignId":22,"eventTime":"never"}],)"
      R"("unsubscriptions":{"userUnsubscription":[{"campaignId":21,"eventTime":"2026-02-20T10:00:00.000Z"}],"adminUnsubscription":[]}})");
  CHECK(test.notes.lines.size() == 5);
  CHECK(test.notes.has(R"("kind":"sent","address":"ann@example.com")"));
  CHECK(test.notes.has(R"("kind":"open")"));
  CHECK(test.notes.has(R"("link":"https://www.example.com/")"));
  CHECK(test.notes.has(R"("kind":"unsubscribe")"));
  CHECK(test.notes.has("rejected"));
  test.take(task, "", 404);
  CHECK(test.notes.lines.empty());
}

TEST_CASE("brevo api: what is no answer is asked for again") {
  Case test;
  for (const auto& task :
       {test.pull().at(0), ApiTask{.step = "contacts"}, ApiTask{.step = "events"},
        ApiTask{.step = "statistics"}, ApiTask{.step = "content", .campaign = "21"}}) {
    CAPTURE(task.step);
    for (const char* body : {"", "<html>", R"({"campaigns":[{"id)", "[]"}) {
      const auto read = test.read(task, body);
      REQUIRE_FALSE(read.has_value());
      CHECK(read.error().code == ErrorCode::bad_syntax);
      CHECK(test.notes.lines.empty());
    }
  }
}

TEST_CASE("brevo api: a list, its members and all contacts") {
  Case test;
  const auto target = push_target(TargetKind::list, "Hot");
  const std::vector<std::string> many(21, "ann@example.com");
  auto tasks = test.api().look(target, many);
  REQUIRE(tasks.has_value());
  CHECK(tasks->size() == 2);
  test.take(task_of(*tasks, "lists"), R"({"count":1,"lists":[{"id":4,"name":"Hot"}]})");
  CHECK(test.notes.targets == std::vector<std::string>{"4"});
  test.take(test.notes.task("members"), k_contacts);
  REQUIRE(test.notes.members.size() == 2);
  CHECK(test.notes.members[0].in_target);
  CHECK(test.notes.members[1].subscription == Subscription::unsubscribed);
  test.take(task_of(*tasks, "people"), k_contacts);
  CHECK_FALSE(test.notes.members.at(0).in_target);
  const std::vector<std::string> few{"ann+x@example.com"};
  tasks = test.api().look(target, few);
  const auto person = task_of(*tasks, "person");
  CHECK(test.api().request(person).url ==
        "http://127.0.0.1:8080/v3/contacts/ann%2Bx%40example.com");
  test.take(person, "", 404);
  CHECK(test.notes.members.empty());
}

TEST_CASE("brevo api: a list is made in the first folder") {
  Case test;
  const auto tasks = test.api().create(push_target(TargetKind::list, "Hot \"A\""));
  REQUIRE(tasks.has_value());
  test.take(tasks->at(0), R"({"count":1,"folders":[{"id":3,"name":"F"}]})");
  CHECK(test.notes.task("new-list").body == R"({"name":"Hot \"A\"","folderId":3})");
  test.take(test.notes.task("new-list"), R"({"id":12})", 201);
  CHECK(test.notes.targets == std::vector<std::string>{"12"});
}

TEST_CASE("brevo api: adds and removes, 150 a call, and those that failed") {
  Case test;
  std::vector<MemberChange> changes;
  for (int i = 0; i < 310; ++i) {
    changes.push_back({i < 301 ? MemberChange::Action::add : MemberChange::Action::remove,
                       "p" + std::to_string(i) + "@example.com",
                       std::to_string(i),
                       {}});
  }
  const auto steps = test.api().change(push_target(TargetKind::list), "4", changes);
  REQUIRE(steps.has_value());
  REQUIRE(steps->size() == 4);
  CHECK(test.api().request((*steps)[0].task).url ==
        "http://127.0.0.1:8080/v3/contacts/lists/4/contacts/remove");
  CHECK((*steps)[1].changes.size() == 150);
  const auto& add = (*steps)[1].task;
  test.take(add, R"({"contacts":{"success":["p0@example.com"],"failure":["p1@example.com"]}})",
            201);
  REQUIRE(test.notes.outcomes.size() == 1);
  CHECK(test.notes.outcomes[0].starts_with("p1@example.com: "));
  test.take(
      add,
      R"({"code":"invalid_parameter","message":"Contact already in list and/or does not exist"})",
      400);
  CHECK(test.notes.is_unsure);
  CHECK_FALSE(
      bool(test.read(add, R"({"code":"invalid_parameter","message":"List ID is invalid"})", 400)));
}

TEST_CASE("brevo api: attributes have to be there, and numbers are sent as numbers") {
  Case test;
  const auto target = push_target(TargetKind::fields, {}, {"score", "STAGE"});
  const std::vector<std::string> wanted{"ann@example.com"};
  const auto tasks = test.api().look(target, wanted);
  REQUIRE(tasks.has_value());
  const auto attributes = task_of(*tasks, "attributes");
  test.take(attributes, R"({"attributes":[{"name":"SCORE","category":"normal","type":"float"}]})");
  CHECK(test.notes.targets.empty());
  CHECK_FALSE(bool(test.api().create(target)));
  test.take(attributes, R"({"attributes":[{"name":"SCORE","category":"normal","type":"float"},)"
                        R"({"name":"STAGE","category":"normal","type":"text"}]})");
  CHECK(test.notes.targets == std::vector<std::string>{"SCORE:float,STAGE:text"});
  test.take(
      task_of(*tasks, "person"),
      R"({"id":7,"email":"ann@example.com","emailBlacklisted":false,"attributes":{"SCORE":12}})");
  CHECK(test.notes.members.at(0).fields == std::vector<std::string>{"12", ""});
  const std::vector<MemberChange> changes{
      {MemberChange::Action::set, "ann@example.com", "7", {"13", "hot"}},
      {MemberChange::Action::set, "bo@example.com", "8", {"", ""}}};
  const auto steps = test.api().change(target, "SCORE:float,STAGE:text", changes);
  REQUIRE(steps.has_value());
  CHECK((*steps)[0].task.body ==
        R"({"contacts":[{"email":"ann@example.com","attributes":{"SCORE":13,"STAGE":"hot"}},)"
        R"({"email":"bo@example.com","attributes":{"SCORE":"","STAGE":""}}]})");
  test.take((*steps)[0].task, "", 204);
}

TEST_CASE("brevo api: check") {
  Case test;
  test.take(test.api().check().at(0),
            R"({"companyName":"Lab","plan":[{"credits":9000,"creditsType":"sendLimit"}]})");
  CHECK(test.notes.facts.size() == 2);
  CHECK(test.api().problem({400, {}, R"({"code":"invalid_parameter","message":"bad"})"}) ==
        "bad (invalid_parameter)");
}
