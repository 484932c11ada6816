#include "support/api_case.hpp"

#include <doctest/doctest.h>

#include <string>

namespace mailfunnel::copernica {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

constexpr auto k_base = "https://api.copernica.com/v4";
const Seconds k_now = parse_time("2026-05-20T12:00:00Z")->seconds;

ApiAccount account() {
  ApiAccount account;
  account.secrets["api_key"] = "jwt";
  account.list = "7616";
  account.zone = *find_zone("Europe/Amsterdam");
  account.zone_given = true;
  return account;
}

ApiCase api(const ApiAccount& of = account()) {
  return ApiCase("copernica", copernica::register_adapter, of);
}

PullRequest request(ApiMarks marks = {}) {
  PullRequest request;
  request.now = k_now;
  request.since = k_now - 40 * k_day;
  request.marks = std::move(marks);
  return request;
}

std::string rows_of(const std::string& rows) {
  return R"({"start":0,"limit":1000,"count":1,"data":[)" + rows + "]}";
}

const std::string k_emailing =
    R"({"id":"169","timestamp":"2026-05-02 10:00:00","template":"579","subject":"20% off","from_address":{"name":"Shop","email":"shop@example.com"},"destinations":25,"type":"mass","target":{"type":"database","sources":[{"id":"7616","type":"database"}]}})";
const std::string k_click =
    R"({"ID":"1","mailing":"169","link":"https://www.example.com/demo","timestamp":"2026-05-02 10:25:07","ip":"203.0.113.7","useragent":"Mozilla/5.0","destination":"1","profile":"1111","subprofile":null})";

std::string profile(const std::string& id, const std::string& email,
                    const std::string& optin = "yes") {
  return R"({"ID":")" + id + R"(","fields":{"Email":")" + email + R"(","Newsletter":")" + optin +
         R"(","Stage":"","Score":"7"},"interests":[],"database":"7616","created":"2020-01-06 14:19:51","modified":"2026-05-01 13:26:21","removed":false})";
}

} // namespace

TEST_CASE("copernica api: windows of what happened, in the account's time") {
  const auto one = api();
  const auto tasks = one.api().pull(request());
  CHECK(one.asked(task_of(tasks, "emailings")) ==
        std::string("GET ") + k_base +
            "/ms/emailings?start=0&limit=1000&total=false&fromdate=2026-04-10%2014%3A00%3A00&"
            "todate=2026-05-20%2014%3A00%3A00");
  CHECK(one.asked(task_of(tasks, "clicks")) ==
        std::string("GET ") + k_base +
            "/ms/clicks?start=0&limit=1000&total=false&begintime=2026-04-20%2014%3A00%3A00&"
            "endtime=2026-05-20%2014%3A00%3A00");
  CHECK(tasks.size() == 1 + 6 * 2 + 1);
  CHECK(one.asked(tasks.back()) ==
        std::string("GET ") + k_base +
            "/database/7616/profiles?start=0&limit=1000&total=false&dataonly=1");
  CHECK(one.api().request(tasks[0]).header("Authorization") == "Bearer jwt");
  ApiMarks marks{{"emailings", "2026-05-19T12:00:00Z"}, {"profiles/7616", "2026-05-19T12:00:00Z"}};
  for (const auto* step :
       {"impressions", "clicks", "deliveries", "errors", "abuses", "unsubscribes"}) {
    marks[step] = "2026-05-19T12:00:00Z";
  }
  const auto later = one.api().pull(request(marks));
  CHECK(later.size() == 8); // a request a stream
  CHECK(task_of(later, "clicks").since == k_now - 2 * k_day);
  CHECK(one.asked(later.back()).find("fields%5B%5D=modified%3E2026-05-18%2014%3A00%3A00") !=
        std::string::npos);
}

TEST_CASE("copernica api: mailings, to whom they went, and their template") {
  auto one = api();
  const auto emailings = task_of(one.api().pull(request()), "emailings");
  one.check_refuses_cut(emailings, rows_of(k_emailing));
  one.check_refuses(emailings, "{}");
  REQUIRE(one.read(emailings, rows_of(k_emailing)));
  CHECK(one.notes.lines.at(0).find("2026-05-02T08:00:00Z") != std::string::npos);
  CHECK(one.notes.marks["emailings"] == "2026-05-20T12:00:00Z");
  CHECK(one.notes.notes.empty());
  REQUIRE(one.notes.tasks.size() == 2);
  const auto sent = one.notes.tasks[0], content = one.notes.tasks[1];
  CHECK(one.asked(sent) == std::string("GET ") + k_base +
                               "/ms/emailing/169/destinations?start=0&limit=1000&total=false");
  CHECK(one.asked(content) == std::string("GET ") + k_base + "/ms/template/579/body");
  REQUIRE(one.read(emailings, rows_of(k_emailing)));
  CHECK(one.notes.tasks.empty());
  auto more = k_emailing;
  more.replace(more.find(":25"), 3, ":26");
  REQUIRE(one.read(emailings, rows_of(more))); // it was sent to one more
  CHECK(one.notes.tasks.size() == 1);
  REQUIRE(one.read(content, R"(<html><a href="https://www.example.com/demo">x</a></html>)"));
  CHECK(one.notes.lines.at(0).find(R"("id":"169")") != std::string::npos);
  REQUIRE(one.read(content, "no such template", 400));
  CHECK(one.notes.lines.empty());
  REQUIRE(one.read(
      sent,
      rows_of(
          R"({"ID":"9","mailing":"169","timestampsent":"2026-05-02 10:00:03","profile":"1111","subprofile":null,"internalid":"x"})")));
  CHECK(one.notes.lines.at(0).find(R"("kind":"sent")") != std::string::npos);
  auto config = account();
  config.list.clear();
  config.zone_given = false;
  auto bare = api(config);
  REQUIRE(bare.read(emailings, rows_of("")));
  CHECK(bare.notes.notes.size() == 2);
}

TEST_CASE("copernica api: events by pages; the newest window sets the mark") {
  auto one = api();
  const auto tasks = one.api().pull(request());
  const auto& clicks = task_of(tasks, "clicks");
  one.check_refuses_cut(clicks, rows_of(k_click));
  REQUIRE(one.read(clicks, rows_of(k_click)));
  CHECK(
      one.notes.lines.at(0).find(
          R"("kind":"click","contact_id":"1111","time":"2026-05-02T08:25:07Z","campaign":"169")") !=
      std::string::npos);
  CHECK(one.notes.marks["clicks"] == "2026-05-20T12:00:00Z");
  std::string many;
  for (int i = 0; i < 1000; ++i) {
    many += (i == 0 ? "" : ",") + k_click;
  }
  one.notes.marks.clear();
  REQUIRE(one.read(clicks, rows_of(many)));
  CHECK(one.notes.tasks.at(0).place == "1000");
  CHECK(one.notes.marks.empty());
  auto older = clicks;
  older.until -= 30 * k_day;
  older.rank = older.until;
  REQUIRE(one.read(older, rows_of("")));
  CHECK(one.notes.marks.empty());
}

TEST_CASE("copernica api: profiles") {
  auto one = api();
  const auto profiles = one.api().pull(request()).back();
  REQUIRE(one.read(profiles, rows_of(profile("1111", "ann@example.com"))));
  CHECK(one.notes.lines.at(0).find(R"("address":"ann@example.com")") != std::string::npos);
  CHECK(one.notes.marks["profiles/7616"] == "2026-05-20T12:00:00Z");
}

TEST_CASE("copernica api: a segment in fields, a profile a call") {
  auto config = account();
  config.settings = {{"optin_field", "Newsletter"}, {"optin_value", "Yes"}};
  auto one = api(config);
  const PushTarget target{TargetKind::fields, "hot", "", {"Stage", "Score"}};
  const std::vector<std::string> few{"ann@example.com"}, many(11, "ann@example.com");
  const auto tasks = *one.api().look(target, few);
  REQUIRE(tasks.size() == 2);
  CHECK(one.asked(tasks[1]).find("fields%5B%5D=Email%3D%3Dann%40example.com") != std::string::npos);
  CHECK(one.api().look(target, many)->at(1).step == "people");
  REQUIRE(one.read(tasks[0], rows_of(profile("1111", "ann@example.com"))));
  CHECK(one.notes.targets == std::vector<std::string>{"fields"});
  CHECK(one.notes.members.empty());
  REQUIRE(one.read(tasks[0], rows_of(R"({"ID":"1","fields":{"Email":"a"}})")));
  CHECK(one.notes.targets.empty());
  REQUIRE(one.read(tasks[1], rows_of(profile("1111", "ann@example.com") + "," +
                                     profile("1112", "bob@example.com", "no"))));
  REQUIRE(one.notes.members.size() == 2);
  CHECK(one.notes.members[0].subscription == Subscription::subscribed);
  CHECK(one.notes.members[1].subscription == Subscription::unsubscribed);
  CHECK(one.notes.members[0].fields == std::vector<std::string>{"", "7"});
  auto untold = api();
  REQUIRE(untold.read(tasks[1], rows_of(profile("1111", "ann@example.com"))));
  CHECK(untold.notes.members.at(0).subscription == Subscription::unknown);
  const std::vector<MemberChange> changes{
      {MemberChange::Action::set, "ann@example.com", "1111", {"mofu", "71"}}};
  const auto steps = *one.api().change(target, "fields", changes);
  CHECK(
      one.asked(steps.at(0).task) ==
      std::string("PUT ") + k_base +
          R"(/database/7616/profiles?fields%5B%5D=id%3D%3D1111 {"fields":{"Stage":"mofu","Score":"71"}} (repeatable))");
  REQUIRE(one.read(steps[0].task, "", 204));
  CHECK(one.api().create(target).error().code == ErrorCode::usage);
  const std::vector<MemberChange> nobody{
      {MemberChange::Action::set, "ann@example.com", "", {"mofu", "71"}}};
  CHECK(one.api().change(target, "fields", nobody).error().code == ErrorCode::usage);
}

TEST_CASE("copernica api: check, problems, and what the config lacks") {
  auto one = api();
  const auto checks = one.api().check();
  REQUIRE(one.read(checks.at(1), R"({"ID":"7616","name":"Customers"})"));
  CHECK(one.notes.facts == std::vector<std::string>{"database: Customers"});
  CHECK(one.api().problem({400, {}, "Invalid access token"}) == "Invalid access token");
  CHECK(one.api().problem({400, {}, R"({"error":{"message":"no"}})"}) == "no");
  AdapterRegistry registry;
  copernica::register_adapter(registry);
  CHECK(registry.find("copernica")->open_api({}).error().code == ErrorCode::usage);
}
