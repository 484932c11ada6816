#include "api.hpp"

#include "support/api_case.hpp"

#include <doctest/doctest.h>

#include <string>

namespace mailfunnel::sendgrid {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

constexpr Seconds k_now = 1'772'370'000; // 2026-03-01T13:00:00Z

ApiAccount account() {
  ApiAccount out;
  out.base_url = "http://127.0.0.1:8080";
  out.secrets["api_key"] = "SG.k3y";
  return out;
}

const std::string k_sends =
    R"({"result":[{"id":"s-1","name":"May","status":"triggered","is_abtest":false,)"
    R"("send_at":"2026-02-20T06:00:00Z","updated_at":"2026-02-20T06:00:00Z"},)"
    R"({"id":"s-2","name":"Draft","status":"draft","is_abtest":false,"updated_at":"2026-02-20T06:00:00Z"}],)"
    R"("_metadata":{"next":"https://elsewhere.example.com/v3/marketing/singlesends?page_size=100&page_token=abc","count":2}})";

const std::string k_send =
    R"({"id":"s-1","name":"May","status":"triggered","send_at":"2026-02-20T06:00:00Z",)"
    R"("email_config":{"subject":"Hi {{first_name}}, new in May","html_content":"<a href=\"https://www.example.com/\">x</a>"}})";

const std::string k_message =
    R"({"msg_id":"m-1","subject":"Hi Ann, new in May","to_email":"ann@example.com","status":"delivered",)"
    R"("asm_group_id":7,"categories":["news"],"unique_args":"","events":[)"
    R"({"event_name":"processed","processed":"2026-02-20T06:00:02Z"},)"
    R"({"event_name":"opened","processed":"2026-02-20T07:00:00Z","http_user_agent":"Mozilla/5.0"},)"
    R"({"event_name":"clicked","processed":"2026-02-20T07:01:00Z","url":"https://www.example.com/"},)"
    R"({"event_name":"bounced","processed":"2026-02-20T07:02:00Z","reason":"452 4.2.2 full","bounce_type":"soft"},)"
    R"({"event_name":"group_unsubscribe","processed":"2026-02-20T07:03:00Z"},)"
    R"({"event_name":"opened","processed":"soon"}]})";

struct Case : ApiCase {
  Case() : ApiCase("sendgrid", sendgrid::register_adapter, account()) {}
  std::vector<ApiTask> pulled = api().pull(pull_request(k_now, k_now - 30 * k_day));

  void know_sends() {
    take(task_of(pulled, "singlesends"), k_sends);
    take(notes.task("singlesend"), k_send);
  }
};

} // namespace

TEST_CASE("sendgrid api: a key is needed") {
  CHECK_FALSE(bool(sendgrid::open_api(ApiAccount())));
}

TEST_CASE("sendgrid api: Single Sends lead to their content and figures, page by page") {
  Case test;
  const auto first = task_of(test.pulled, "singlesends");
  CHECK(test.api().request(first).url ==
        "http://127.0.0.1:8080/v3/marketing/singlesends?page_size=100");
  CHECK(test.api().request(first).header("Authorization") == "Bearer SG.k3y");
  test.take(first, k_sends);
  CHECK(test.notes.lines.size() == 1); // no draft
  CHECK(test.notes.has(R"("id":"s-1")"));
  const auto more = test.notes.task("singlesends");
  CHECK(more.place == "abc");
  CHECK(test.api().request(more).url ==
        "http://127.0.0.1:8080/v3/marketing/singlesends?page_size=100&page_token=abc");
  CHECK(test.notes.task("stats").memo == "s-1");
  const auto content = test.notes.task("singlesend");
  test.take(content, k_send);
  CHECK(test.notes.has("Hi {{first_name}}, new in May"));
  test.take(more, R"({"result":[],"_metadata":{}})");
  CHECK(test.notes.tasks.size() == 1);
  CHECK(test.notes.has_task("messages"));
  CHECK(test.notes.marked("singlesends") == "2026-03-01T13:00:00Z");
  test.take(first, k_sends); // the next time its content is known
  CHECK_FALSE(test.notes.has_task("singlesend"));
}

TEST_CASE("sendgrid api: figures of variations are added up") {
  Case test;
  test.take(
      {.step = "stats", .memo = "s-1"},
      R"({"results":[{"id":"s-1","ab_variation":"a","ab_phase":"test","stats":{"requests":10,"opens":3}},)"
      R"({"id":"s-1","ab_variation":"b","ab_phase":"test","stats":{"requests":12,"opens":4}}],"_metadata":{}})");
  REQUIRE(test.notes.all_totals.size() == 1);
  CHECK(test.notes.all_totals[0].sent == 22);
  CHECK(test.notes.all_totals[0].opens == 7);
  CHECK_FALSE(test.notes.all_totals[0].delivered);
}

TEST_CASE("sendgrid api: messages are asked for one by one, and those that are as before are not") {
  Case test;
  const std::string listed =
      R"({"messages":[{"msg_id":"m-1","subject":"Hi Ann, new in May","to_email":"ann@example.com",)"
      R"("status":"delivered","opens_count":1,"clicks_count":1,"last_event_time":"2026-03-01T11:00:00Z"}]})";
  const auto sends = task_of(test.pulled, "singlesends");
  test.take(sends, k_sends);
  const auto content = test.notes.task("singlesend");
  CHECK_FALSE(test.notes.has_task("messages")); // there is another page
  const std::string no_sends = R"({"result":[],"_metadata":{}})";
  test.take(sends, no_sends);
  const auto list = test.notes.task("messages");
  test.take(list, listed); // the subject is not known yet
  const auto again = test.notes.task("messages");
  CHECK(again.wait > 0);
  CHECK(test.notes.marked("messages").empty());
  test.take(content, k_send);
  test.take(again, listed);
  const auto message = test.notes.task("message");
  CHECK(message.campaign == "s-1");
  CHECK(test.api().request(message).url == "http://127.0.0.1:8080/v3/messages/m-1");
  CHECK(test.notes.marked("messages") == "2026-03-01T13:00:00Z");
  // The next listing overlaps by a day.
  const auto next = test.api().pull(pull_request(k_now + 60, 0, test.notes.marks));
  test.take(task_of(next, "singlesends"), no_sends);
  const auto overlapping = test.notes.task("messages");
  CHECK(overlapping.since == k_now - k_day);
  test.take(overlapping, listed);
  CHECK_FALSE(test.notes.has_task("message"));
  auto changed = listed;
  changed.replace(changed.find("\"opens_count\":1"), 15, "\"opens_count\":2");
  test.take(overlapping, changed);
  CHECK(test.notes.has_task("message"));
}

TEST_CASE("sendgrid api: a span with more messages than an answer holds is cut in two") {
  Case test;
  std::string rows;
  for (int i = 0; i < 1000; ++i) {
    rows += (i == 0 ? "" : ",") + (R"({"msg_id":"m-)" + std::to_string(i) +
                                   R"(","last_event_time":"2026-02-20T06:00:00Z"})");
  }
  ApiTask list{.step = "messages", .memo = "first", .since = 1000, .until = 1003};
  CHECK(test.api().request(list).url.find("limit=1000") != std::string::npos);
  test.take(list, R"({"messages":[)" + rows + "]}");
  REQUIRE(test.notes.tasks.size() == 2);
  CHECK(test.notes.tasks[0].since == 1002);
  CHECK(test.notes.tasks[0].until == 1003);
  CHECK(test.notes.tasks[1].since == 1000);
  CHECK(test.notes.tasks[1].until == 1001);
  list.since = list.until; // a second can't be cut
  test.take(list, R"({"messages":[)" + rows + "]}");
  CHECK(test.notes.tasks.size() == 1000);
  CHECK(test.notes.notes.size() == 1);
}

TEST_CASE("sendgrid api: events of a message are the webhook's") {
  Case test;
  test.know_sends();
  const ApiTask task{.step = "message", .place = "m-1"};
  test.take(task, k_message);
  CHECK(test.notes.has(
      R"("kind":"sent","address":"ann@example.com","time":"2026-02-20T06:00:02Z","campaign":"s-1")"));
  CHECK(
      test.notes.has(R"("kind":"open","address":"ann@example.com","time":"2026-02-20T07:00:00Z")"));
  CHECK(test.notes.has(R"("link":"https://www.example.com/")"));
  CHECK(test.notes.has(R"("bounce":{"class":"soft")"));
  CHECK(test.notes.has(R"("kind":"unsubscribe")"));
  CHECK(test.notes.has(R"("scope":"7")"));
  CHECK(test.notes.has("rejected"));
  CHECK(test.notes.lines.size() == 6);
  auto other = k_message; // sent before the Single Send with that subject
  other.replace(other.find("2026-02-20T06:00:02Z"), 20, "2026-02-01T06:00:02Z");
  test.take(task, other);
  CHECK_FALSE(test.notes.has(R"("campaign")"));
  auto named = k_message;
  named.replace(named.find(R"("unique_args":"")"), 16,
                R"("unique_args":"{\"singlesend_id\":\"s-9\"}")");
  test.take(task, named);
  CHECK(test.notes.has(R"("campaign":"s-9")"));
  test.take(task, "", 404); // gone
  CHECK(test.notes.lines.empty());
}

TEST_CASE("sendgrid api: without Email Activity the rest goes on") {
  Case test;
  const std::string forbidden = R"({"errors":[{"message":"access forbidden"}]})";
  test.take(task_of(test.pulled, "singlesends"), forbidden, 403); // nor Marketing Campaigns
  CHECK(test.notes.notes.size() == 1);
  test.take(test.notes.task("messages"), forbidden, 403);
  CHECK(test.notes.notes.size() == 1);
  test.take(task_of(test.pulled, "contact-count"), forbidden, 403);
  CHECK(test.notes.notes.size() == 1);
  CHECK_FALSE(test.api().pulls_opens());
}

TEST_CASE("sendgrid api: people who get no mail") {
  Case test;
  const auto task = task_of(test.pulled, "spam_reports");
  test.take(task,
            R"([{"created":1772000000,"email":"ann@example.com","ip":"192.0.2.1"},{"created":1}])");
  CHECK(test.notes.has(R"("subscription":"unsubscribed")"));
  CHECK(test.notes.has("rejected"));
  CHECK(test.notes.marked("spam_reports") == "2026-03-01T13:00:00Z");
  test.take(task_of(test.pulled, "bounces"),
            R"([{"created":1772000000,"email":"bo@example.com"}])");
  CHECK(test.notes.has(R"("subscription":"cleaned")"));
  test.take(task_of(test.pulled, "groups"),
            R"([{"id":7,"name":"News","unsubscribes":2},{"id":8,"unsubscribes":0}])");
  REQUIRE(test.notes.tasks.size() == 1);
  test.take(test.notes.task("group"), R"(["ann@example.com"])");
  CHECK(test.notes.has(R"("list":"7")"));
  test.take(task_of(test.pulled, "groups"), R"([{"id":7,"name":"News","unsubscribes":2}])");
  CHECK(test.notes.tasks.empty()); // as many as before
}

TEST_CASE("sendgrid api: contacts come by an export, once a day") {
  Case test;
  const auto count = task_of(test.pulled, "contact-count");
  test.take(count, R"({"contact_count":2,"billable_count":2})");
  const auto start = test.notes.task("export");
  CHECK(test.api().request(start).method == "POST");
  test.take(start, R"({"id":"e-1","_metadata":{}})", 202);
  auto status = test.notes.task("export-status");
  CHECK(status.wait == 2);
  test.take(status, R"({"id":"e-1","status":"pending","urls":[]})");
  status = test.notes.task("export-status");
  CHECK(status.wait == 4);
  test.take(status,
            R"({"id":"e-1","status":"ready","urls":["http://127.0.0.1:8080/files/1.csv"]})");
  const auto file = test.notes.task("file");
  CHECK(test.api().request(file).header("Authorization").empty());
  test.take(file, "EMAIL,FIRST_NAME,CONTACT_ID,UPDATED_AT,plan\n"
                  "ann@example.com,Ann,c-1,2026-02-01T00:00:00Z,pro\n,Bo,c-2,,\n");
  CHECK(test.notes.has(R"("contact_id":"c-1")"));
  CHECK(test.notes.has(R"("plan":"pro")"));
  test.take(count, R"({"contact_count":2,"billable_count":2})");
  CHECK(test.notes.tasks.empty());
  test.take(count, R"({"contact_count":3,"billable_count":3})");
  CHECK(test.notes.has_task("export"));
  test.take(status, R"({"id":"e-1","status":"failure","message":"no"})");
  CHECK(test.notes.tasks.empty()); // the next sync starts another one
  CHECK(test.notes.notes.size() == 1);
  test.take(status, R"({"id":"e-1","status":"ready","urls":["https://files.example.com/1.csv"]})");
  CHECK(test.notes.tasks.empty()); // not our host
  REQUIRE(test.notes.notes.size() == 1);
  CHECK(test.notes.notes[0].find("export_origin") != std::string::npos);
  const auto anew = test.api().restart(status); // it is not kept for ever
  REQUIRE(anew.has_value());
  CHECK(anew->step == "export");
  CHECK(anew->place.empty());
  CHECK_FALSE(test.api().restart(count).has_value());
  test.take(file, "", 403);
  CHECK(test.notes.marked("contacts").empty());
}

TEST_CASE("sendgrid api: what is no answer is asked for again") {
  Case test;
  auto tasks = test.pulled;
  tasks.push_back({.step = "messages"});
  tasks.push_back({.step = "message"});
  tasks.push_back({.step = "stats"});
  for (const auto& task : tasks) {
    CAPTURE(task.step);
    for (const char* body : {"", "<html>", R"({"result":[{"id":"s)", "{}"}) {
      const auto read = test.read(task, body);
      REQUIRE_FALSE(read.has_value());
      CHECK(read.error().code == ErrorCode::bad_syntax);
      CHECK(test.notes.lines.empty());
    }
  }
}

TEST_CASE("sendgrid api: a list is found with its members, and who is suppressed") {
  Case test;
  const std::vector<std::string> wanted{"ann@example.com"};
  const auto tasks = test.api().look(push_target(TargetKind::list, "Hot"), wanted);
  REQUIRE(tasks.has_value());
  test.take(task_of(*tasks, "lists"),
            R"({"result":[{"id":"l-1","name":"Hot","contact_count":60}],"_metadata":{}})");
  CHECK(test.notes.targets == std::vector<std::string>{"l-1"});
  const auto members = test.notes.task("members");
  CHECK(test.api().request(members).body == R"x({"query":"CONTAINS(list_ids, 'l-1')"})x");
  test.take(members, R"({"result":[{"id":"c-1","email":"ann@example.com"}],"contact_count":1})");
  REQUIRE(test.notes.members.size() == 1);
  CHECK(test.notes.members[0].in_target);
  test.take(members, R"({"result":[{"id":"c-1","email":"ann@example.com"}],"contact_count":60})");
  CHECK(test.notes.members.empty());
  CHECK(test.notes.task("member-export").campaign == "l-1");
  const auto found = task_of(*tasks, "found");
  CHECK(test.api().request(found).body == R"({"emails":["ann@example.com"]})");
  test.take(found,
            R"({"result":{"ann@example.com":{"contact":{"id":"c-1","email":"ann@example.com"}},)"
            R"("bo@example.com":{"error":"contact not found"}}})");
  REQUIRE(test.notes.members.size() == 1);
  CHECK(test.notes.members[0].contact_id == "c-1");
  CHECK(test.notes.members[0].subscription == Subscription::subscribed);
  test.take(found, "", 404);
  CHECK(test.notes.members.empty());
  test.take(task_of(*tasks, "bounces/push"), R"([{"created":1,"email":"ann@example.com"}])");
  REQUIRE(test.notes.members.size() == 1);
  CHECK(test.notes.members[0].subscription == Subscription::cleaned);
}

TEST_CASE("sendgrid api: adds and removes of a list, and what the job says") {
  Case test;
  const std::vector<MemberChange> changes{
      {MemberChange::Action::add, "ann@example.com", "c-1", {}},
      {MemberChange::Action::remove, "bo@example.com", "c-2", {}},
      {MemberChange::Action::add, "cy@example.com", "", {}}}; // suppressed, but no contact
  const auto steps = test.api().change(push_target(TargetKind::list), "l-1", changes);
  REQUIRE(steps.has_value());
  REQUIRE(steps->size() == 2);
  CHECK((*steps)[0].task.body ==
        R"({"list_ids":["l-1"],"contacts":[{"email":"ann@example.com"}]})");
  const auto leave = test.api().request((*steps)[1].task);
  CHECK(leave.method == "DELETE");
  CHECK(leave.url == "http://127.0.0.1:8080/v3/marketing/lists/l-1/contacts?contact_ids=c-2");
  test.take((*steps)[0].task, R"({"job_id":"j-1"})", 202);
  const auto job = test.notes.task("job");
  CHECK(test.api().request(job).url.ends_with("/v3/marketing/contacts/imports/j-1"));
  test.take(job, R"({"id":"j-1","status":"pending"})");
  CHECK(test.notes.task("job").wait > job.wait);
  test.take(job, R"({"id":"j-1","status":"completed"})");
  CHECK(test.notes.tasks.empty());
  test.take(
      job,
      R"({"id":"j-1","status":"errored","results":{"errors_url":"https://files.example.com/e"}})");
  CHECK(test.notes.is_unsure);
  test.take(
      job, R"({"id":"j-1","status":"errored","results":{"errors_url":"http://127.0.0.1:8080/e"}})");
  test.take(test.notes.task("job-errors"), "email,error\nann@example.com,invalid\n");
  REQUIRE(test.notes.outcomes.size() == 1);
  CHECK(test.notes.outcomes[0].starts_with("ann@example.com: "));
  CHECK_FALSE(bool(test.read(job, R"({"id":"j-1","status":"failed"})")));
}

TEST_CASE("sendgrid api: many contacts are upserted by the thousands, leavers by the hundred") {
  Case test;
  std::vector<MemberChange> changes;
  for (int i = 0; i < 30'250; ++i) {
    changes.push_back({i < 30'050 ? MemberChange::Action::add : MemberChange::Action::remove,
                       "p" + std::to_string(i) + "@example.com",
                       "c" + std::to_string(i),
                       {}});
  }
  const auto steps = test.api().change(push_target(TargetKind::list), "l-1", changes);
  REQUIRE(steps.has_value());
  REQUIRE(steps->size() == 4);
  CHECK((*steps)[0].changes.size() == 30'000);
  CHECK((*steps)[1].changes.size() == 50);
  CHECK((*steps)[3].changes.size() == 100);
}

TEST_CASE("sendgrid api: fields have to be there, and numbers are sent as numbers") {
  Case test;
  const auto target = push_target(TargetKind::fields, {}, {"score", "stage"});
  const auto tasks = test.api().look(target, {});
  REQUIRE(tasks.has_value());
  const auto fields = task_of(*tasks, "fields");
  test.take(fields, R"({"custom_fields":[{"id":"e1_N","name":"score","field_type":"Number"}]})");
  CHECK(test.notes.targets.empty());
  CHECK(test.api().create(target).error().message.find("custom field") != std::string::npos);
  test.take(fields, R"({"custom_fields":[{"id":"e1_N","name":"Score","field_type":"Number"},)"
                    R"({"id":"e2_T","name":"stage","field_type":"Text"}]})");
  CHECK(test.notes.targets == std::vector<std::string>{"e1_N:Number,e2_T:Text"});
  const std::vector<MemberChange> changes{
      {MemberChange::Action::set, "ann@example.com", "c-1", {"12", "hot"}},
      {MemberChange::Action::set, "bo@example.com", "c-2", {"", ""}}};
  const auto steps = test.api().change(target, test.notes.targets.at(0), changes);
  REQUIRE(steps.has_value());
  REQUIRE(steps->size() == 1);
  CHECK((*steps)[0].task.body ==
        R"({"contacts":[{"email":"ann@example.com","custom_fields":{"e1_N":12,"e2_T":"hot"}},)"
        R"({"email":"bo@example.com","custom_fields":{"e2_T":""}}]})");
}

TEST_CASE("sendgrid api: an unsubscribe group takes people, and gives none back") {
  Case test;
  const auto target = push_target(TargetKind::suppression, "News");
  const auto tasks = test.api().look(target, {});
  REQUIRE(tasks.has_value());
  test.take(task_of(*tasks, "target-groups"), R"([{"id":7,"name":"News"}])");
  CHECK(test.notes.targets == std::vector<std::string>{"7"});
  test.take(test.notes.task("group-members"), R"(["ann@example.com"])");
  CHECK(test.notes.members.at(0).in_target);
  const std::vector<MemberChange> add{{MemberChange::Action::add, "bo@example.com", "", {}}};
  const auto steps = test.api().change(target, "7", add);
  REQUIRE(steps.has_value());
  CHECK(test.api().request((*steps)[0].task).url ==
        "http://127.0.0.1:8080/v3/asm/groups/7/suppressions");
  CHECK((*steps)[0].task.body == R"({"recipient_emails":["bo@example.com"]})");
  const std::vector<MemberChange> remove{{MemberChange::Action::remove, "bo@example.com", "", {}}};
  CHECK_FALSE(bool(test.api().change(target, "7", remove)));
}

TEST_CASE("sendgrid api: check") {
  Case test;
  const auto tasks = test.api().check();
  test.take(task_of(tasks, "check-activity"), "", 403);
  CHECK(test.notes.facts.back().find("(bad): ") != std::string::npos);
  test.take(task_of(tasks, "contact-count"), R"({"contact_count":2})");
  CHECK(test.notes.facts.at(0) == "contacts: 2");
  CHECK(test.api().problem({400, {}, R"({"errors":[{"message":"bad","field":"query"}]})"}) ==
        "bad (query)");
}
