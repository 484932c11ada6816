#include "readers.hpp"

#include "support/api_case.hpp"

#include <doctest/doctest.h>

#include <string>

namespace mailfunnel::mailchimp {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

constexpr Seconds k_now = 1'772'370'000; // 2026-03-01T13:00:00Z

ApiAccount account(const std::string& list) {
  ApiAccount account;
  account.list = list;
  account.secrets["api_key"] = "0123-us7";
  return account;
}

struct Case : ApiCase {
  explicit Case(const std::string& list = "aa11")
      : ApiCase("mailchimp", mailchimp::register_adapter, account(list)) {}
  std::vector<ApiTask> pull() const {
    return api().pull(pull_request(k_now, k_now - 390 * k_day, notes.marks));
  }
};

std::string report(int sent, int opens, int clicks, int unsubscribed = 0) {
  return R"({"reports":[{"id":"c1","list_id":"aa11","send_time":"2026-02-20T10:00:00+00:00","emails_sent":)" +
         std::to_string(sent) + R"(,"abuse_reports":0,"unsubscribed":)" +
         std::to_string(unsubscribed) +
         R"(,"bounces":{"hard_bounces":2,"soft_bounces":1,"syntax_errors":0},"opens":{"opens_total":)" +
         std::to_string(opens) + R"(,"unique_opens":5},"clicks":{"clicks_total":)" +
         std::to_string(clicks) +
         R"(,"unique_clicks":3,"unique_subscriber_clicks":2}}],"total_items":1})";
}

} // namespace

TEST_CASE("mailchimp api: the data centre is in the key, which goes into a header alone") {
  CHECK_FALSE(mailchimp::open_api(ApiAccount()).has_value());
  Case test;
  const auto request = test.api().request({.step = "ping"});
  CHECK(request.url == "https://us7.api.mailchimp.com/3.0/ping");
  CHECK(request.header("Authorization") == "Basic bWFpbGZ1bm5lbDowMTIzLXVzNw==");
  CHECK(test.api().origins() == std::vector<std::string>{"https://us7.api.mailchimp.com"});
}

TEST_CASE(
    "mailchimp api: a report leads to what is new of a mailing, and to nothing the next time") {
  Case test;
  const auto tasks = test.pull();
  REQUIRE(tasks.size() == 3);
  CHECK(
      test.api().request(tasks[0]).url ==
      "https://us7.api.mailchimp.com/3.0/reports?since_send_time=2025-02-04T13%3A00%3A00%2B00%3A00&"
      "count=1000");
  test.take(tasks[0], report(2500, 9, 4));
  REQUIRE(test.notes.all_totals.size() == 1);
  CHECK(test.notes.all_totals[0].delivered == 2497);
  CHECK(test.notes.all_totals[0].unique_clicks == 2);
  CHECK(test.notes.tasks.size() == 3); // nobody unsubscribed, nobody complained
  CHECK(test.notes.task("sent-to").calls == 3);
  const auto activity = test.notes.task("activity");
  CHECK(activity.rank == 1'771'581'600);
  CHECK(test.api().request(activity).url ==
        "https://us7.api.mailchimp.com/3.0/reports/c1/email-activity?count=1000");

  test.take(tasks[0], report(2500, 9, 4));
  CHECK(test.notes.tasks.empty());

  test.take(tasks[0], report(2500, 10, 4, 1));
  CHECK(test.notes.has_task("unsubscribed"));
  CHECK_FALSE(test.notes.has_task("sent-to"));
  CHECK(test.api().request(test.notes.task("opens")).url ==
        "https://us7.api.mailchimp.com/3.0/reports/c1/"
        "open-details?since=2026-02-28T13%3A00%3A00%2B00%3A00&"
        "count=1000"); // from a day before the last look

  // Of another audience: not this account's.
  Case other("bb22");
  other.take(other.pull()[0], report(10, 1, 1));
  CHECK(other.notes.tasks.empty());
}

TEST_CASE("mailchimp api: who was sent a mail, and when: at the time of the mailing") {
  Case test;
  const ApiTask task{.step = "sent-to", .campaign = "c1", .rank = 1'771'581'600};
  test.take(task,
            R"({"sent_to":[{"email_id":"x1","email_address":"ann@example.com","status":"sent"},
    {"email_id":"x2","email_address":"","status":"sent"}],"campaign_id":"c1","total_items":1500})");
  CHECK(test.notes.lines.size() == 2);
  CHECK(test.notes.has(R"("kind":"sent")"));
  CHECK(test.notes.has("2026-02-20T10:00:00Z"));
  CHECK(test.notes.has("no email_address"));
  CHECK(test.notes.task("sent-to").place == "1000");
}

TEST_CASE("mailchimp api: an answer that is cut off is asked for again, before anything is taken") {
  Case test;
  for (const auto* step :
       {"activity", "opens", "unsubscribed", "complaints", "sent-to", "members"}) {
    CAPTURE(step);
    const ApiTask task{.step = step, .campaign = "c1"};
    const auto cut = test.read(task, R"({"emails":[{"email_address":"ann@ex)");
    REQUIRE_FALSE(cut.has_value());
    CHECK(cut.error().code == ErrorCode::bad_syntax);
    CHECK(test.notes.lines.empty());
    CHECK_FALSE(test.read(task, R"({"title":"oh"})").has_value());
  }
}

TEST_CASE("mailchimp api: members bring attributes and subscription") {
  Case test;
  const ApiTask task{.step = "members", .campaign = "aa11", .until = k_now};
  test.take(
      task,
      R"({"members":[{"email_address":"ann@example.com","unique_email_id":"u1","status":"cleaned",
    "merge_fields":{"FNAME":"Ann","COMPANY":"Acme"},"last_changed":"2026-02-01T00:00:00+00:00","language":"nl",
    "location":{"country_code":"BE"},"tags":[{"id":1,"name":"vip"},{"id":2,"name":"fair"}]}],"total_items":1})");
  CHECK(test.notes.has(R"("subscription":"cleaned")"));
  CHECK(test.notes.has(R"("company":"Acme")"));
  CHECK(test.notes.has(R"("tags":"vip, fair")"));
  CHECK(test.notes.marks["members/aa11"] == "2026-03-01T13:00:00Z");
}

TEST_CASE("mailchimp api: a tag takes 500 to add and 500 to remove a request") {
  Case test;
  PushTarget target{.kind = TargetKind::tag, .name = "Warm", .list = "", .fields = {}};
  std::vector<MemberChange> changes;
  for (int i = 0; i < 1200; ++i) {
    changes.push_back({i < 700 ? MemberChange::Action::add : MemberChange::Action::remove,
                       "p" + std::to_string(i) + "@example.com",
                       "",
                       {}});
  }
  const auto steps = test.api().change(target, "77", changes);
  REQUIRE(steps.has_value());
  REQUIRE(steps->size() == 2);
  CHECK((*steps)[0].changes.size() == 1000);
  const auto request = test.api().request((*steps)[1].task);
  CHECK(request.url == "https://us7.api.mailchimp.com/3.0/lists/aa11/segments/77");
  CHECK(request.repeatable);
  CHECK(request.body.starts_with(R"({"members_to_add":["p500@example.com")"));
  CHECK(request.body.ends_with(R"("members_to_remove":[]})"));

  test.take(
      (*steps)[0].task,
      R"({"members_added":[],"errors":[{"email_addresses":["p3@example.com"],"error":"Not there"}]})");
  REQUIRE(test.notes.outcomes.size() == 1);
  CHECK(test.notes.outcomes[0] == "p3@example.com: Not there");
}

TEST_CASE("mailchimp api: fields are set by PATCH in a batch, which is polled") {
  Case test;
  PushTarget target{.kind = TargetKind::fields, .name = "x", .list = "", .fields = {"SCORE"}};
  const std::vector<MemberChange> changes{
      {MemberChange::Action::set, "Ann@example.com", "", {"4\"2"}}};
  const auto steps = test.api().change(target, "fields", changes);
  REQUIRE(steps.has_value());
  const auto& body = (*steps)[0].task.body;
  CHECK(body.find(
            R"("method":"PATCH","path":"/lists/aa11/members/be2b4a1567b9ac4cc2e93ad75cbe6a02")") ==
        std::string::npos); // of another address
  CHECK(body.find(R"("method":"PATCH","path":"/lists/aa11/members/)") != std::string::npos);
  CHECK(body.find("status") == std::string::npos);
  test.take((*steps)[0].task, R"({"id":"b1","status":"pending"})");
  const auto poll = test.notes.task("batch-status");
  CHECK(poll.wait == 2);
  test.take(poll, R"({"id":"b1","status":"started"})");
  CHECK(test.notes.task("batch-status").wait == 4);
  test.take(poll, R"({"id":"b1","status":"finished","errored_operations":0})");
  CHECK(test.notes.tasks.empty());
  CHECK_FALSE(test.notes.is_unsure);
  test.take(poll, R"({"id":"b1","status":"finished","errored_operations":1})");
  CHECK(test.notes.is_unsure); // which one is in an archive at another host
}

TEST_CASE("mailchimp api: a target by its name, its members and everybody's subscription") {
  Case test;
  PushTarget target{.kind = TargetKind::tag, .name = "Warm", .list = "", .fields = {}};
  const std::vector<std::string> many(11, "ann@example.com");
  const auto tasks = test.api().look(target, many);
  REQUIRE(tasks.has_value());
  REQUIRE(tasks->size() == 2);
  CHECK((*tasks)[1].step == "contacts");
  CHECK(test.api().look(target, std::vector<std::string>{"ann@example.com"})->at(1).step ==
        "member");
  test.take((*tasks)[0],
            R"({"segments":[{"id":7,"name":"Cold"},{"id":8,"name":"Warm"}],"total_items":2})");
  CHECK(test.notes.targets == std::vector<std::string>{"8"});
  test.take(
      test.notes.task("segment-members"),
      R"({"members":[{"id":"h","email_address":"ann@example.com","status":"unsubscribed"}],"total_items":1})");
  REQUIRE(test.notes.members.size() == 1);
  CHECK(test.notes.members[0].in_target);
  CHECK(test.notes.members[0].subscription == Subscription::unsubscribed);
  test.take((*tasks)[0], R"({"segments":[],"total_items":0})");
  CHECK(test.notes.targets.empty());
  CHECK_FALSE(Case("").api().look(target, many).has_value()); // which audience?
}
