#include "support/api_case.hpp"

#include <doctest/doctest.h>

#include <string>

namespace mailfunnel::mautic {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

constexpr auto k_base = "https://mautic.example.com/api";
const Seconds k_now = parse_time("2026-05-20T12:00:00Z")->seconds;

ApiAccount account() {
  ApiAccount account;
  account.base_url = "https://mautic.example.com";
  account.settings["user"] = "funnel";
  account.secrets["password"] = "s3cret";
  return account;
}

ApiCase api(const ApiAccount& of = account()) {
  return ApiCase("mautic", mautic::register_adapter, of);
}

PullRequest request(ApiMarks marks = {}) {
  PullRequest request;
  request.now = k_now;
  request.since = k_now - 90 * k_day;
  request.marks = std::move(marks);
  return request;
}

std::string contact(const std::string& id, const std::string& email, const std::string& blocks = "",
                    const std::string& modified = "null") {
  return "\"" + id + R"(":{"id":)" + id + R"(,"dateModified":)" + modified +
         R"(,"doNotContact":[)" + blocks + R"(],"tags":[],"fields":{"all":{"email":")" + email +
         R"(","city":"Ghent","score":"7"}}})";
}

std::string contacts(const std::string& rows, int total = 1) {
  return R"({"total":")" + std::to_string(total) + R"(","contacts":{)" + rows + "}}";
}

const std::string k_stat =
    R"({"id":"5","email_id":"7","lead_id":"77","email_address":"ann@example.com","date_sent":"2026-05-02 09:00:08","is_failed":"0","date_read":"2026-05-02 09:23:20","last_opened":"2026-05-02 11:00:00","tracking_hash":"h"})";

} // namespace

TEST_CASE("mautic api: what a sync asks for first, and the next time") {
  const auto one = api();
  const auto tasks = one.api().pull(request());
  CHECK(one.asked(task_of(tasks, "emails")) ==
        std::string("GET ") + k_base + "/emails?start=0&limit=30&orderBy=id&orderByDir=desc");
  CHECK(one.asked(task_of(tasks, "hits")) ==
        std::string("GET ") + k_base +
            "/stats/"
            "page_hits?limit=500&order%5B0%5D%5Bcol%5D=id&order%5B0%5D%5Bdir%5D=asc&where%5B0%5D%"
            "5Bcol%5D=id&"
            "where%5B0%5D%5Bexpr%5D=gt&where%5B0%5D%5Bval%5D=0&where%5B1%5D%5Bcol%5D=date_hit&"
            "where%5B1%5D%5Bexpr%5D=gte&where%5B1%5D%5Bval%5D=2026-02-19%2012%3A00%3A00");
  CHECK(one.asked(task_of(tasks, "contacts")) ==
        std::string("GET ") + k_base +
            "/contacts?start=0&limit=500&search=%21is%3Aanonymous&orderBy=id&orderByDir=asc");
  CHECK(one.api().request(tasks[0]).header("Authorization") == "Basic ZnVubmVsOnMzY3JldA==");
  CHECK(tasks.size() == 7); // mails opened since the last time are asked for the next time

  const auto later = one.api().pull(request({{"emails", "7"},
                                             {"sent", "5000"},
                                             {"opened", "2026-05-19T12:00:00Z"},
                                             {"contacts", "78"},
                                             {"changed-contacts", "2026-05-19T12:00:00Z"}}));
  CHECK(one.asked(task_of(later, "sent")).find("%5Bval%5D=4900&") != std::string::npos);
  CHECK(one.asked(task_of(later, "opened")).find("=last_opened&") != std::string::npos);
  CHECK(one.asked(task_of(later, "opened")).find("=2026-05-18%2012%3A00%3A00") !=
        std::string::npos);
  CHECK(task_of(later, "new-contacts").memo == "78");
  CHECK(task_of(later, "changed-contacts").since == k_now - 2 * k_day);
}

TEST_CASE("mautic api: rows of tables, by their ids") {
  auto one = api();
  const auto sent = task_of(one.api().pull(request()), "sent");
  const std::string body = R"({"total":1,"stats":[)" + k_stat + "]}";
  one.check_refuses_cut(sent, body);
  one.check_refuses(sent, R"({"total":1})");
  REQUIRE(one.read(sent, body));
  REQUIRE(one.notes.lines.size() == 3); // sent, the first open, the last
  CHECK(one.notes.lines[1].find(R"("time":"2026-05-02T09:23:20Z","campaign":"7")") !=
        std::string::npos);
  CHECK(one.notes.marks["sent"] == "5");
  CHECK(one.notes.marks["opened"] == "2026-05-20T12:00:00Z");
  CHECK(one.notes.tasks.empty());

  std::string many = R"({"stats":[)";
  for (int i = 0; i < 500; ++i) {
    auto row = k_stat;
    row.replace(row.find("\"5\""), 3, "\"" + std::to_string(100 + i) + "\"");
    many += (i == 0 ? "" : ",") + row;
  }
  REQUIRE(one.read(sent, many + "]}"));
  REQUIRE(one.notes.tasks.size() == 1);
  CHECK(one.notes.tasks[0].place == "599");
  CHECK(one.notes.marks["sent"] == "599");
  auto config = account();
  config.zone = *find_zone("Europe/Brussels");
  config.zone_given = true;
  auto local = api(config);
  REQUIRE(local.read(sent, body));
  CHECK(local.notes.lines[0].find("2026-05-02T07:00:08Z") != std::string::npos);
  CHECK(local.asked(sent).find("2026-02-19%2013%3A00%3A00") != std::string::npos);
  REQUIRE(one.read(sent, R"({"errors":[{"code":403,"message":"no"}]})", 403));
  CHECK(one.notes.notes.size() == 1);
  CHECK(one.notes.marks["sent"] == "599");
}

TEST_CASE("mautic api: e-mails back to the newest of the last time") {
  auto one = api();
  auto emails = task_of(one.api().pull(request()), "emails");
  const std::string body =
      R"({"total":"80","emails":[{"id":9,"name":"Spring","subject":"20% off","emailType":"list","customHtml":"<p>x</p>","publishUp":"2026-05-02T09:00:00+00:00","sentCount":40,"readCount":7,"variantSentCount":0,"lists":[]}]})";
  one.check_refuses_cut(emails, body);
  REQUIRE(one.read(emails, body));
  CHECK(one.notes.lines.size() == 1);
  CHECK(one.notes.all_totals.at(0).unique_opens == 7);
  CHECK(one.notes.marks["emails"] == "9");
  CHECK(one.notes.tasks.at(0).place == "30");
  emails.memo = "9";
  REQUIRE(one.read(emails, body));
  CHECK(one.notes.tasks.empty());
}

TEST_CASE("mautic api: contacts, new and changed") {
  auto one = api();
  const auto all = task_of(one.api().pull(request()), "contacts");
  REQUIRE(one.read(
      all, contacts(contact("77", "ann@example.com", R"({"channel":"email","reason":1})"))));
  CHECK(one.notes.lines.at(0).find(R"("subscription":"unsubscribed")") != std::string::npos);
  CHECK(one.notes.marks["contacts"] == "77");
  CHECK(one.notes.marks["changed-contacts"] == "2026-05-20T12:00:00Z");
  one.check_refuses_cut(all, contacts(contact("77", "ann@example.com")));
  REQUIRE(one.read(all, R"({"total":0,"contacts":[]})"));
  const ApiTask fresh{.step = "new-contacts", .memo = "70", .until = k_now};
  REQUIRE(one.read(fresh, contacts(contact("77", "ann@example.com"), 900)));
  CHECK(one.notes.tasks.size() == 1);
  REQUIRE(one.read(
      fresh,
      contacts(contact("77", "ann@example.com") + "," + contact("70", "bob@example.com"), 900)));
  CHECK(one.notes.tasks.empty());
  const ApiTask changed{.step = "changed-contacts", .since = k_now - k_day, .until = k_now};
  REQUIRE(one.read(
      changed,
      contacts(contact("77", "ann@example.com", "", "\"2026-05-20T08:00:00+00:00\""), 900)));
  CHECK(one.notes.tasks.size() == 1);
  REQUIRE(one.read(changed,
                   contacts(contact("77", "ann@example.com"), 900))); // never changed: the rest too
  CHECK(one.notes.tasks.empty());
}

TEST_CASE("mautic api: a segment") {
  auto one = api();
  const PushTarget target{TargetKind::segment, "Hot leads", "", {}};
  const std::vector<std::string> few{"ann@example.com"}, many(11, "ann@example.com");
  const auto tasks = *one.api().look(target, few);
  REQUIRE(tasks.size() == 2);
  CHECK(one.asked(tasks[1]).find("search=email%3Aann%40example.com") != std::string::npos);
  REQUIRE(one.read(
      tasks[0],
      R"({"total":2,"lists":{"3":{"id":3,"name":"Old","alias":"old"},"4":{"id":4,"name":"Hot leads","alias":"hot-leads"}}})"));
  CHECK(one.notes.targets == std::vector<std::string>{"4"});
  const auto members = one.notes.tasks.at(0);
  CHECK(one.asked(members).find("search=segment%3Ahot-leads") != std::string::npos);
  REQUIRE(one.read(
      members, contacts(contact("77", "ann@example.com") + "," +
                            contact("78", "bob@example.com", R"({"channel":"email","reason":2})"),
                        2)));
  REQUIRE(one.notes.members.size() == 2);
  CHECK(one.notes.members[0].in_target);
  CHECK(one.notes.members[0].subscription == Subscription::subscribed);
  CHECK(one.notes.members[1].subscription == Subscription::cleaned);
  REQUIRE(
      one.read(one.api().look(target, many)->at(1), contacts(contact("77", "ann@example.com"))));
  CHECK_FALSE(one.notes.members.at(0).in_target);
  REQUIRE(one.read(tasks[0], R"({"total":0,"lists":[]})"));
  CHECK(one.notes.targets.empty());
  const auto make = one.api().create(target)->at(0);
  CHECK(one.asked(make) ==
        std::string("POST ") + k_base + R"(/segments/new {"name":"Hot leads","isPublished":true})");
  REQUIRE(one.read(make, R"({"list":{"id":5,"name":"Hot leads","alias":"hot-leads1"}})"));
  CHECK(one.notes.targets == std::vector<std::string>{"5"});

  std::vector<MemberChange> changes{{MemberChange::Action::remove, "bob@example.com", "78", {}},
                                    {MemberChange::Action::add, "ann@example.com", "77", {}}};
  const auto steps = *one.api().change(target, "4", changes);
  REQUIRE(steps.size() == 2);
  CHECK(one.asked(steps[0].task) ==
        std::string("POST ") + k_base + R"(/segments/4/contacts/add {"ids":[77]} (repeatable))");
  CHECK(steps[0].changes == std::vector<std::size_t>{1});
  CHECK(one.asked(steps[1].task) ==
        std::string("POST ") + k_base + "/segments/4/contact/78/remove {} (repeatable)");
  REQUIRE(one.read(steps[0].task, R"({"success":1,"details":{"77":{"success":false}}})"));
  CHECK(one.notes.outcomes == std::vector<std::string>{"77: not added to the segment"});
  CHECK_FALSE(one.read(steps[0].task, "{}"));
  REQUIRE(one.read(steps[1].task, R"({"errors":[]})", 404));
  CHECK(one.notes.outcomes.empty());
  changes.assign(401, changes[1]);
  CHECK(one.api().change(target, "4", changes)->size() == 3);
  changes = {{MemberChange::Action::add, "ann@example.com", "", {}}};
  CHECK(one.api().change(target, "4", changes).error().code == ErrorCode::usage);
}

TEST_CASE("mautic api: custom fields") {
  auto one = api();
  const PushTarget target{TargetKind::fields, "hot", "", {"stage", "score"}};
  const std::vector<std::string> few{"ann@example.com"};
  const auto tasks = *one.api().look(target, few);
  REQUIRE(one.read(tasks[0], R"({"fields":[{"id":1,"alias":"stage"},{"id":2,"alias":"score"}]})"));
  CHECK(one.notes.targets == std::vector<std::string>{"fields"});
  REQUIRE(one.read(tasks[0], R"({"fields":[{"id":1,"alias":"stage"}]})"));
  CHECK(one.notes.targets.empty());
  CHECK(one.api().create(target).error().code == ErrorCode::usage);
  REQUIRE(one.read(tasks[1], contacts(contact("77", "ann@example.com"))));
  CHECK(one.notes.members.at(0).fields == std::vector<std::string>{"", "7"});
  const std::vector<MemberChange> changes{
      {MemberChange::Action::set, "ann@example.com", "77", {"mofu", "71"}},
      {MemberChange::Action::set, "bob@example.com", "78", {"tofu", "3"}}};
  const auto steps = *one.api().change(target, "fields", changes);
  REQUIRE(steps.size() == 1);
  CHECK(
      one.asked(steps[0].task) ==
      std::string("PATCH ") + k_base +
          R"(/contacts/batch/edit [{"id":77,"stage":"mofu","score":"71"},{"id":78,"stage":"tofu","score":"3"}] (repeatable))");
  REQUIRE(one.read(
      steps[0].task,
      R"({"contacts":[],"statusCodes":[200,404],"errors":{"1":{"code":404,"message":"Item was not found."}}})"));
  CHECK(one.notes.outcomes == std::vector<std::string>{"78: 404 Item was not found."});
  REQUIRE(one.read(steps[0].task, R"({"statusCodes":[200]})"));
  CHECK(one.notes.is_unsure);
}

TEST_CASE("mautic api: signing in, and what the config lacks") {
  auto config = account();
  config.settings.clear();
  config.secrets = {{"client_id", "id"}, {"client_secret", "s&t"}};
  auto one = api(config);
  const auto token = one.api().refresh();
  REQUIRE(token);
  CHECK(one.asked(*token) ==
        "POST https://mautic.example.com/oauth/v2/token "
        "grant_type=client_credentials&client_id=id&client_secret=s%26t (repeatable)");
  REQUIRE(one.read(*token, R"({"access_token":"t","expires_in":3600})"));
  CHECK(one.notes.secrets["access_token"] == "t");
  CHECK_FALSE(api().api().refresh());
  CHECK(one.api().problem({403, {}, R"({"errors":[{"code":403,"message":"no right"}]})"}) ==
        "no right");
  REQUIRE(one.read(one.api().check().at(0), R"({"total":"40","contacts":{}})"));
  CHECK(one.notes.facts == std::vector<std::string>{"contacts: 40"});
  AdapterRegistry registry;
  mautic::register_adapter(registry);
  config.secrets.clear();
  CHECK(registry.find("mautic")->open_api(config).error().code == ErrorCode::usage);
}
