#include "support/adapter_case.hpp"
#include "support/api_case.hpp"

namespace mailfunnel::mailgun {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

constexpr Seconds k_now = 1772366400; // 2026-03-01T12:00:00Z

ApiCase mailgun_api(std::string list = "everybody@mg.example.com") {
  ApiAccount account;
  account.secrets["api_key"] = "k";
  account.settings["domain"] = "mg.example.com";
  account.list = std::move(list);
  return {"mailgun", mailgun::register_adapter, account};
}

ApiTask task(std::string step, std::string memo = "") {
  return {.step = std::move(step), .memo = std::move(memo), .until = k_now};
}

std::string page(const std::string& items,
                 const std::string& next = "https://api.mailgun.net/v3/next") {
  return R"({"items":[)" + items + R"(],"paging":{"next":")" + next + "\"}}";
}

constexpr auto k_open =
    R"({"event":"opened","id":"G5","timestamp":1772266400.25,"recipient":"ann@example.com","tags":["spring"],)"
    R"("client-info":{"user-agent":"Mozilla/5.0","bot":"apple"}})";

std::string member(const std::string& address, bool subscribed = true) {
  return R"({"address":")" + address +
         R"(","name":"Ann","vars":{"stage":"TOFU","age":26},"subscribed":)" +
         (subscribed ? "true}" : "false}");
}

} // namespace

TEST_CASE("mailgun api: windows of events, newest first, and what is new the next time") {
  auto api = mailgun_api();
  auto tasks =
      api.api().pull({.now = k_now, .since = k_now - 10 * k_day, .full = false, .marks = {}});
  REQUIRE(tasks.size() == 6); // two windows, three lists of suppressed people, the mailing list
  CHECK(api.asked(tasks[0]) ==
        "GET https://api.mailgun.net/v3/mg.example.com/events?begin=1771761600&"
        "end=1772366400&ascending=yes&limit=300");
  CHECK(api.api().request(tasks[0]).header("Authorization") == "Basic YXBpOms=");
  CHECK(tasks[1].until == tasks[0].since);
  CHECK(tasks[1].since == k_now - 10 * k_day);
  REQUIRE(api.read(tasks[1], page(k_open)).has_value());
  CHECK(api.notes.marks.empty());
  REQUIRE(api.notes.lines.size() == 1);
  check_has(api.notes.lines[0], R"("campaign":"spring")");
  check_has(api.notes.lines[0], "privacy_proxy");
  REQUIRE(api.notes.tasks.size() == 1);
  CHECK(api.asked(api.notes.tasks[0]) == "GET https://api.mailgun.net/v3/next");
  REQUIRE(api.read(tasks[0], page("")).has_value()); // the last page is empty
  CHECK(api.notes.tasks.empty());
  CHECK(api.notes.marks["events"] == "2026-03-01T12:00:00Z");

  tasks = api.api().pull(
      {.now = k_now, .since = k_now - 10 * k_day, .full = false, .marks = api.notes.marks});
  CHECK(tasks.size() == 5);
  CHECK(tasks[0].since == k_now - k_day);
  api.notes.marks.clear();
  api.check_refuses_cut(tasks[0], page(k_open));
  api.check_refuses(tasks[0], R"({"message":"x"})");
}

TEST_CASE("mailgun api: who must get no mail any more is a state") {
  auto api = mailgun_api();
  REQUIRE(
      api.read(
             task("suppressed", "unsubscribes"),
             page(
                 R"({"address":"ann@example.com","tags":["*"],"created_at":"Fri, 20 Feb 2026 09:14:55 UTC"},)"
                 R"({"address":"bo@example.com","tags":["spring"],"created_at":"Fri, 20 Feb 2026 09:14:55 UTC"})"))
          .has_value());
  REQUIRE(api.notes.lines.size() == 1);
  check_has(api.notes.lines[0], "unsubscribed");
  CHECK(api.notes.tasks.empty()); // a page that is not full is the last
  std::string many;
  for (int i = 0; i < 100; ++i) {
    many += std::string(i == 0 ? "" : ",") +
            R"({"address":"p@example.com","code":"550","error":"x","created_at":""})";
  }
  REQUIRE(api.read(task("suppressed", "bounces"), page(many)).has_value());
  CHECK(api.notes.tasks.size() == 1);
  check_has(api.notes.lines.at(0), "cleaned");
}

TEST_CASE("mailgun api: members are listed again when their number changes, or after a day") {
  auto api = mailgun_api();
  const std::string list = R"({"list":{"address":"everybody@mg.example.com","members_count":2}})";
  CHECK(api.asked(task("lists")) ==
        "GET https://api.mailgun.net/v3/lists/everybody%40mg.example.com");
  REQUIRE(api.read(task("lists"), list).has_value());
  REQUIRE(api.notes.tasks.size() == 1);
  const auto members = api.notes.tasks[0];
  CHECK(api.asked(members) ==
        "GET https://api.mailgun.net/v3/lists/everybody%40mg.example.com/members/pages?limit=100");
  REQUIRE(api.read(members, page(member("ann@example.com", false))).has_value());
  check_has(api.notes.lines.at(0), R"("list":"everybody@mg.example.com")");
  REQUIRE(api.read(task("lists"), list).has_value());
  CHECK(api.notes.tasks.empty());
  auto later = task("lists");
  later.until += k_day;
  REQUIRE(api.read(later, list).has_value());
  CHECK(api.notes.tasks.size() == 1);
  auto all = mailgun_api("");
  CHECK(all.asked(task("lists")) == "GET https://api.mailgun.net/v3/lists/pages?limit=100");
}

TEST_CASE("mailgun api: the last word on somebody is that he or she must get no mail") {
  auto api = mailgun_api();
  const PushTarget target{.kind = TargetKind::list, .name = "Warm", .list = {}, .fields = {}};
  const auto tasks = api.api().look(target, {});
  REQUIRE(tasks.has_value());
  REQUIRE(tasks->size() == 1);
  CHECK(api.asked(tasks->at(0)) == "GET https://api.mailgun.net/v3/lists/warm%40mg.example.com");
  REQUIRE(api.read(tasks->at(0), R"({"message":"not found"})", 404).has_value());
  CHECK(api.notes.targets.empty());
  CHECK(api.notes.tasks.at(0).step == "people");
  REQUIRE(api.read(tasks->at(0), R"({"list":{"address":"warm@mg.example.com"}})").has_value());
  CHECK(api.notes.targets == std::vector<std::string>{"warm@mg.example.com"});
  const auto in_it = api.notes.tasks.at(0);
  REQUIRE(api.read(in_it, page(member("ann@example.com"))).has_value());
  CHECK(api.notes.members.at(0).in_target);
  CHECK(api.notes.members.at(0).subscription == Subscription::unknown);
  const auto people = api.notes.tasks.at(0);
  CHECK(people.campaign == "everybody@mg.example.com");
  REQUIRE(api.read(people, page(member("ann@example.com"))).has_value());
  CHECK_FALSE(api.notes.members.at(0).in_target);
  CHECK(api.notes.members.at(0).subscription == Subscription::subscribed);
  REQUIRE(api.notes.tasks.size() == 3);
  REQUIRE(api.read(api.notes.tasks.at(2), page(R"({"address":"ann@example.com","created_at":"x"})"))
              .has_value());
  CHECK(api.notes.members.at(0).subscription == Subscription::unsubscribed);
  CHECK_FALSE(mailgun_api("").api().look(target, {}).has_value());
}

TEST_CASE("mailgun api: who is in the target, and no more than that") {
  auto api = mailgun_api();
  PushTarget target{.kind = TargetKind::list, .name = "Warm", .list = {}, .fields = {}};
  const std::vector<std::string> asked{"ann@example.com"};
  const auto tasks = api.api().look_at_members(target, asked);
  REQUIRE(tasks.has_value());
  REQUIRE(api.read(tasks->at(0), R"({"message":"not found"})", 404).has_value());
  CHECK(api.notes.tasks.empty());
  REQUIRE(api.read(tasks->at(0), R"({"list":{"address":"warm@mg.example.com"}})").has_value());
  const auto members = api.notes.tasks.at(0);
  REQUIRE(api.read(members, page(member("ann@example.com"))).has_value());
  CHECK(api.notes.members.at(0).in_target);
  CHECK(api.notes.tasks.empty());
  target = {.kind = TargetKind::suppression, .name = "*", .list = {}, .fields = {}};
  const auto barred = api.api().look_at_members(target, asked);
  REQUIRE(barred.has_value());
  REQUIRE(barred->size() == 1);
  REQUIRE(
      api.read(barred->at(0), page(R"({"address":"bo@example.com","tags":["*"]})")).has_value());
  CHECK(api.notes.targets == std::vector<std::string>{"*"});
  CHECK(api.notes.members.at(0).in_target);
}

TEST_CASE("mailgun api: a page's URL that is gone leads to the first page") {
  auto api = mailgun_api();
  auto events = task("events");
  CHECK_FALSE(api.api().restart(events).has_value());
  const auto first = events;
  events.place = "https://api.mailgun.net/v3/mg.example.com/events/abc";
  CHECK(api.api().restart(events) == first);
}

TEST_CASE("mailgun api: new members are added, those that are there left alone") {
  auto api = mailgun_api();
  const PushTarget target{.kind = TargetKind::list, .name = "warm", .list = {}, .fields = {}};
  std::vector<MemberChange> changes(101, {MemberChange::Action::add, "ann@example.com", "", {}});
  changes.push_back({MemberChange::Action::remove, "bo@example.com", "", {}});
  const auto steps = api.api().change(target, "warm@mg.example.com", changes);
  REQUIRE(steps.has_value());
  REQUIRE(steps->size() == 3);
  const auto add = steps->at(1).task;
  const auto asked = api.asked(add);
  check_has(asked, "POST https://api.mailgun.net/v3/lists/warm%40mg.example.com/members.json ");
  check_has(asked, "name=\"members\"\r\n\r\n[\"ann@example.com\"]\r\n");
  check_has(asked, "name=\"upsert\"\r\n\r\nno\r\n");
  REQUIRE(api.read(add, R"({"message":"Mailing list has been updated"})").has_value());
  CHECK_FALSE(api.notes.is_unsure);
  REQUIRE(api.read(add, R"({"message":"Mailing list upload started in background","task-id":"1"})")
              .has_value());
  CHECK(api.notes.is_unsure);
  CHECK(api.asked(steps->at(2).task) ==
        "DELETE https://api.mailgun.net/v3/lists/warm%40mg.example.com/"
        "members/bo%40example.com (repeatable)");
  REQUIRE(api.read(steps->at(2).task, R"({"message":"not found"})", 404).has_value());
  const auto made = api.api().create(target);
  REQUIRE(made.has_value());
  check_has(api.asked(made->at(0)), "name=\"address\"\r\n\r\nwarm@mg.example.com\r\n");
}

TEST_CASE("mailgun api: variables are written with those that are there, and no subscription") {
  auto api = mailgun_api();
  const PushTarget target{.kind = TargetKind::fields, .name = "x", .list = {}, .fields = {"stage"}};
  const auto steps = api.api().change(
      target, "everybody@mg.example.com",
      std::vector<MemberChange>{{MemberChange::Action::set, "ann@example.com", "", {"MOFU"}}});
  REQUIRE(steps.has_value());
  const auto& look = steps->at(0).task;
  REQUIRE(api.read(look, R"({"member":)" + member("ann@example.com", false) + "}").has_value());
  const auto set = api.asked(api.notes.tasks.at(0));
  check_has(
      set,
      "PUT https://api.mailgun.net/v3/lists/everybody%40mg.example.com/members/ann%40example.com ");
  check_has(set, R"({"stage":"MOFU","age":26})");
  CHECK(set.find("subscribed") == std::string::npos);
  REQUIRE(api.read(look, R"({"message":"not found"})", 404).has_value());
  CHECK(api.notes.outcomes ==
        std::vector<std::string>{"ann@example.com: not in the list any more"});
}

TEST_CASE("mailgun api: unsubscribes as a target") {
  auto api = mailgun_api();
  const PushTarget target{
      .kind = TargetKind::suppression, .name = "spring", .list = {}, .fields = {}};
  const auto steps = api.api().change(
      target, "spring",
      std::vector<MemberChange>{{MemberChange::Action::add, "ann@example.com", "", {}}});
  REQUIRE(steps.has_value());
  CHECK(api.asked(steps->at(0).task) ==
        "POST https://api.mailgun.net/v3/mg.example.com/unsubscribes "
        R"([{"address":"ann@example.com","tags":["spring"]}] (repeatable))");
  auto barred = task("barred", "unsubscribes");
  barred.campaign = "spring";
  REQUIRE(
      api.read(
             barred,
             page(
                 R"({"address":"ann@example.com","tags":["spring"]},{"address":"bo@example.com","tags":["x"]})"))
          .has_value());
  CHECK(api.notes.targets == std::vector<std::string>{"spring"});
  REQUIRE(api.notes.members.size() == 1);
  CHECK(api.notes.members[0].in_target);
  CHECK(api.notes.members[0].subscription == Subscription::unknown);
}
