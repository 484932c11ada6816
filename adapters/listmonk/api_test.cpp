#include "support/api_case.hpp"

#include <doctest/doctest.h>

#include <string>

namespace mailfunnel::listmonk {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

constexpr auto k_base = "https://lists.example.com/api";
const Seconds k_now = parse_time("2026-05-20T12:00:00Z")->seconds;

ApiAccount account() {
  ApiAccount account;
  account.base_url = "https://lists.example.com/";
  account.settings["user"] = "funnel";
  account.secrets["api_key"] = "t0ken";
  return account;
}

ApiCase api(const ApiAccount& of = account()) {
  return ApiCase("listmonk", listmonk::register_adapter, of);
}

PullRequest request() {
  PullRequest request;
  request.now = k_now;
  request.since = k_now - 90 * k_day;
  return request;
}

std::string page(const std::string& rows, int total = 1, int per_page = 50, int number = 1) {
  return R"({"data":{"results":[)" + rows + R"(],"query":"","total":)" + std::to_string(total) +
         R"(,"per_page":)" + std::to_string(per_page) + R"(,"page":)" + std::to_string(number) +
         "}}";
}

const std::string k_campaign =
    R"({"id":12,"uuid":"u","name":"Spring","subject":"20% off","from_email":"Shop <shop@example.com>","status":"finished","type":"regular","content_type":"html","messenger":"email","lists":[{"id":1,"name":"Customers"}],"tags":[],"started_at":"2026-05-11T10:00:00+02:00","updated_at":"2026-05-11T10:30:00+02:00","views":7,"clicks":2,"sent":40,"to_send":40})";

std::string subscriber(const std::string& id, const std::string& email, const std::string& lists,
                       const std::string& status = "enabled") {
  return R"({"id":)" + id + R"(,"uuid":"u)" + id + R"(","email":")" + email +
         R"(","name":"Ann","attribs":{"city":"Ghent"},"status":")" + status +
         R"(","created_at":"2026-01-01T10:00:00Z","updated_at":"2026-05-01T10:00:00Z","lists":[)" +
         lists + "]}";
}

std::string membership(const std::string& id, const std::string& status, const std::string& optin) {
  return R"({"id":)" + id + R"(,"name":"L)" + id + R"(","optin":")" + optin +
         R"(","subscription_status":")" + status +
         R"(","subscription_updated_at":"2026-05-02T10:00:00Z","updated_at":"2026-05-09T10:00:00Z"})";
}

} // namespace

TEST_CASE("listmonk api: what a sync asks for") {
  const auto one = api();
  const auto tasks = one.api().pull(request());
  CHECK(one.asked(task_of(tasks, "campaigns")) ==
        std::string("GET ") + k_base +
            "/campaigns?no_body=true&order_by=updated_at&order=DESC&page=1&per_page=1000");
  CHECK(one.asked(task_of(tasks, "bounces")) ==
        std::string("GET ") + k_base +
            "/bounces?order_by=created_at&order=desc&page=1&per_page=1000");
  CHECK(one.asked(task_of(tasks, "views")) ==
        std::string("GET ") + k_base +
            "/maintenance/analytics/views/export?since=2026-02-19T12%3A00%3A00Z");
  CHECK(one.asked(task_of(tasks, "subscribers")) ==
        std::string("GET ") + k_base + "/subscribers?order=ASC&page=1&per_page=1000");
  CHECK(task_of(tasks, "subscribers").rank == -1);
  CHECK(one.api().request(tasks[0]).header("Authorization") == "token funnel:t0ken");
  CHECK_FALSE(one.api().pulls_opens());
  auto later = request();
  later.marks = {{"subscribers", "2026-05-19T12:00:00Z"}, {"views", "2026-05-19T12:00:00Z"}};
  const auto second = one.api().pull(later);
  CHECK(one.asked(task_of(second, "subscribers")) ==
        std::string("GET ") + k_base +
            "/subscribers?query=subscribers.updated_at%20%3E%3D%20%272026-05-18T12%3A00%3A00Z%27&"
            "order=ASC&page=1&per_page=1000");
  CHECK(task_of(second, "clicks").since == later.since);
  CHECK(task_of(second, "views").since == k_now - 2 * k_day);
}

TEST_CASE("listmonk api: campaigns, their figures and body") {
  auto one = api();
  const auto campaigns = task_of(one.api().pull(request()), "campaigns");
  one.check_refuses_cut(campaigns, page(k_campaign));
  REQUIRE(one.read(campaigns, page(k_campaign, 120)));
  REQUIRE(one.notes.lines.size() == 1);
  CHECK(one.notes.lines[0].find(R"("id":"12")") != std::string::npos);
  REQUIRE(one.notes.all_totals.size() == 1);
  CHECK(one.notes.all_totals[0].sent == 40);
  CHECK(one.notes.all_totals[0].opens == 7);
  REQUIRE(one.notes.tasks.size() == 2);
  const auto content = one.notes.tasks[0];
  CHECK(one.asked(content) == std::string("GET ") + k_base + "/campaigns/12");
  CHECK(content.rank == parse_time("2026-05-11T08:00:00Z")->seconds);
  CHECK(one.notes.tasks[1].place == "2"); // the server's page is of 50 rows, not of 1000
  CHECK(one.notes.marks.count("campaigns") == 0);
  REQUIRE(one.read(one.notes.tasks[1], page(k_campaign, 51, 50, 2)));
  CHECK(one.notes.tasks.empty()); // the body is asked for once
  CHECK(one.notes.marks["campaigns"] == "2026-05-20T12:00:00Z");
  auto old = k_campaign;
  old.replace(old.find("\"updated_at\":\"2026"), 18, "\"updated_at\":\"2020");
  REQUIRE(one.read(campaigns, page(old, 120))); // those before it are older still
  CHECK(one.notes.tasks.empty());
  REQUIRE(one.read(
      content,
      R"({"data":)" + k_campaign.substr(0, k_campaign.size() - 1) +
          R"(,"body":"<a href=\"{{ TrackLink \"https://example.com/demo\" }}\">x</a>"}})"));
  CHECK(one.notes.lines[0].find("https://example.com/demo") != std::string::npos);
  one.check_refuses(content, R"({"data":{}})");
}

TEST_CASE("listmonk api: bounces back to the last look") {
  auto one = api();
  auto task = task_of(one.api().pull(request()), "bounces");
  const std::string fresh =
      R"({"id":9,"type":"hard","source":"api","meta":{},"created_at":"2026-05-12T10:00:12Z","email":"gone@example.com","subscriber_uuid":"u","subscriber_id":60,"campaign":{"id":12,"name":"Spring"}})";
  const std::string old =
      R"({"id":1,"type":"hard","source":"api","meta":{},"created_at":"2025-01-12T10:00:12Z","email":"old@example.com","subscriber_uuid":"u","subscriber_id":61,"campaign":{"id":2,"name":"Old"}})";
  REQUIRE(one.read(task, page(fresh, 70)));
  CHECK(one.notes.lines.size() == 1);
  CHECK(one.notes.tasks.size() == 1);
  REQUIRE(one.read(task, page(fresh + "," + old, 70)));
  CHECK(one.notes.lines.size() == 1);
  CHECK(one.notes.tasks.empty());
  CHECK(one.notes.marks["bounces"] == "2026-05-20T12:00:00Z");
  one.check_refuses_cut(task, page(fresh));
}

TEST_CASE("listmonk api: opens and clicks come as the CSV that files are") {
  auto one = api();
  const auto tasks = one.api().pull(request());
  const std::string head = "campaign_id,campaign_uuid,campaign_name,subscriber_id,subscriber_uuid,"
                           "email,subscriber_name,";
  const std::string views =
      head + "created_at\n12,u,Spring,77,u,ann@example.com,Ann,2026-05-11T10:25:07.123456+02:00\n"
             "12,u,Spring,,,,,2026-05-11T10:26:02+02:00\n";
  REQUIRE(one.read(task_of(tasks, "views"), views));
  REQUIRE(one.notes.lines.size() == 1); // one open, and one record that is passed over
  CHECK(one.notes.lines[0].find(R"("time":"2026-05-11T08:25:07.123456Z","campaign":"12")") !=
        std::string::npos);
  REQUIRE(one.notes.notes.size() == 1);
  CHECK(one.notes.notes[0].find("tracking") != std::string::npos);
  CHECK(one.notes.marks["views"] == "2026-05-20T12:00:00Z");
  one.check_refuses(task_of(tasks, "views"), views.substr(0, views.size() - 5));
  one.check_refuses(task_of(tasks, "clicks"), views);
  one.check_refuses(task_of(tasks, "clicks"), "<html>Bad gateway</html>\n");
  one.check_refuses(task_of(tasks, "clicks"), "");
  for (const int status : {403, 404}) {
    REQUIRE(one.read(task_of(tasks, "clicks"), "{}", status));
    CHECK(one.notes.notes.size() == 1);
    CHECK(one.notes.marks.count("clicks") == 0);
  }
  auto soon = request(); // it is not asked for again at once
  soon.marks = one.notes.marks;
  CHECK(one.api().pull(soon).size() == 5);
  soon.now += 8 * k_day;
  CHECK(one.api().pull(soon).size() == 6);
}

TEST_CASE("listmonk api: subscribers, and who left a list") {
  auto one = api();
  const auto tasks = one.api().pull(request());
  const auto ann = subscriber("77", "ann@example.com", membership("1", "unsubscribed", "single"));
  REQUIRE(one.read(task_of(tasks, "subscribers"), page(ann)));
  CHECK(one.notes.lines.size() == 3); // she, her subscription, her leaving
  CHECK(one.notes.lines[2].find(R"("time":"2026-05-02T10:00:00Z","scope":"1")") !=
        std::string::npos);
  CHECK(one.notes.marks["subscribers"] == "2026-05-20T12:00:00Z");

  const std::string list =
      R"({"id":1,"name":"L1","subscriber_statuses":{"confirmed":3,"unsubscribed":1}})";
  REQUIRE(one.read(task_of(tasks, "lists"), page(list)));
  REQUIRE(one.notes.tasks.size() == 1); // counts that were not known
  REQUIRE(one.read(task_of(tasks, "lists"), page(list)));
  CHECK(one.notes.tasks.empty());
  REQUIRE(one.read(
      task_of(tasks, "lists"),
      page(R"({"id":1,"name":"L1","subscriber_statuses":{"confirmed":2,"unsubscribed":2}})")));
  REQUIRE(one.notes.tasks.size() == 1);
  const auto left = one.notes.tasks[0];
  CHECK(one.asked(left) == std::string("GET ") + k_base +
                               "/subscribers?list_id=1&subscription_status=unsubscribed&query="
                               "subscriber_lists.updated_at%20%3E%3D%20"
                               "%272026-05-19T12%3A00%3A00Z%27&order=ASC&page=1&per_page=1000");
  REQUIRE(one.read(left, R"({"message":"no"})", 403)); // may not query: all of them
  REQUIRE(one.notes.tasks.size() == 1);
  CHECK(one.asked(one.notes.tasks[0]).find("query") == std::string::npos);
  CHECK(one.notes.notes.size() == 1);
  REQUIRE(one.read(one.notes.tasks[0], page(ann)));
  CHECK(one.notes.lines.size() == 3);
}

TEST_CASE("listmonk api: a segment is a list, filled by ids and without a status") {
  auto one = api();
  const PushTarget target{TargetKind::list, "Hot leads", "1", {}};
  const std::vector<std::string> few{"o'neill@example.com"}, many(11, "ann@example.com");
  const auto tasks = *one.api().look(target, few);
  REQUIRE(tasks.size() == 2);
  CHECK(one.asked(tasks[1]).find(
            "query=subscribers.email%20%3D%20%27o%27%27neill%40example.com%27") !=
        std::string::npos);
  CHECK(one.asked(one.api().look(target, many)->at(1)) ==
        std::string("GET ") + k_base + "/subscribers?list_id=1&order=ASC&page=1&per_page=1000");
  REQUIRE(one.read(tasks[0], page(R"({"id":1,"name":"L1"},{"id":5,"name":"Hot leads"})", 2)));
  CHECK(one.notes.targets == std::vector<std::string>{"5"});
  const auto members = one.notes.tasks.at(0);
  CHECK(one.asked(members).find("/subscribers?list_id=5&") != std::string::npos);
  REQUIRE(
      one.read(members, page(subscriber("77", "ann@example.com",
                                        membership("1", "confirmed", "double") + "," +
                                            membership("5", "unconfirmed", "single")) +
                                 "," +
                                 subscriber("78", "bob@example.com",
                                            membership("1", "confirmed", "double") + "," +
                                                membership("5", "unsubscribed", "single")) +
                                 "," +
                                 subscriber("79", "cas@example.com",
                                            membership("1", "unsubscribed", "double") + "," +
                                                membership("5", "unconfirmed", "single")) +
                                 "," +
                                 subscriber("80", "dan@example.com",
                                            membership("1", "confirmed", "double"), "blocklisted"),
                             4)));
  REQUIRE(one.notes.members.size() == 4);
  struct Expected {
    bool in_target;
    Subscription subscription;
  };
  const std::vector<Expected> expected{{true, Subscription::subscribed},
                                       {false, Subscription::unsubscribed}, // left the list itself
                                       {true, Subscription::unsubscribed},
                                       {false, Subscription::unsubscribed}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(one.notes.members[i].address);
    CHECK(one.notes.members[i].in_target == expected[i].in_target);
    CHECK(one.notes.members[i].subscription == expected[i].subscription);
  }
  REQUIRE(one.read(tasks[0], page(R"({"id":1,"name":"L1"})")));
  CHECK(one.notes.targets.empty());
  CHECK(one.notes.tasks.empty());

  const auto make = one.api().create(target)->at(0);
  CHECK(
      one.asked(make) ==
      std::string("POST ") + k_base +
          R"(/lists {"name":"Hot leads","type":"private","optin":"single","tags":[],"description":""})");
  REQUIRE(one.read(make, R"({"data":{"id":6,"name":"Hot leads"}})"));
  CHECK(one.notes.targets == std::vector<std::string>{"6"});
  one.check_refuses(make, R"({"data":{}})");

  std::vector<MemberChange> changes{{MemberChange::Action::add, "ann@example.com", "77", {}},
                                    {MemberChange::Action::remove, "bob@example.com", "78", {}},
                                    {MemberChange::Action::add, "cas@example.com", "79", {}}};
  const auto steps = *one.api().change(target, "5", changes);
  REQUIRE(steps.size() == 2);
  CHECK(
      one.asked(steps[0].task) ==
      std::string("PUT ") + k_base +
          R"(/subscribers/lists {"ids":[77,79],"action":"add","target_list_ids":[5]} (repeatable))");
  CHECK(steps[0].changes == std::vector<std::size_t>{0, 2});
  CHECK(
      one.asked(steps[1].task) ==
      std::string("PUT ") + k_base +
          R"(/subscribers/lists {"ids":[78],"action":"remove","target_list_ids":[5]} (repeatable))");
  REQUIRE(one.read(steps[0].task, R"({"data":true})"));
  CHECK_FALSE(one.read(steps[0].task, R"({"data":)"));
  changes.assign(2500, changes[0]);
  CHECK(one.api().change(target, "5", changes)->size() == 3);
  changes = {{MemberChange::Action::add, "ann@example.com", "7);--", {}}};
  CHECK(one.api().change(target, "5", changes).error().code == ErrorCode::usage);
}

TEST_CASE("listmonk api: the blocklist is added to") {
  auto one = api();
  const PushTarget target{TargetKind::suppression, "never", "", {}};
  const std::vector<std::string> wanted{"ann@example.com"};
  const auto tasks = *one.api().look(target, wanted);
  REQUIRE(tasks.size() == 2);
  CHECK(one.asked(tasks[0]).find("query=subscribers.status%20%3D%20%27blocklisted%27") !=
        std::string::npos);
  REQUIRE(one.read(tasks[0], page(subscriber("80", "dan@example.com", "", "blocklisted"))));
  CHECK(one.notes.targets == std::vector<std::string>{"blocklist"});
  CHECK(one.notes.members.at(0).in_target);
  REQUIRE(one.read(
      tasks[1], page(subscriber("77", "ann@example.com", membership("1", "confirmed", "single")))));
  CHECK_FALSE(one.notes.members.at(0).in_target);
  const std::vector<MemberChange> changes{{MemberChange::Action::add, "ann@example.com", "77", {}}};
  const auto steps = *one.api().change(target, "blocklist", changes);
  CHECK(one.asked(steps.at(0).task) ==
        std::string("PUT ") + k_base + R"(/subscribers/blocklist {"ids":[77]} (repeatable))");
  REQUIRE(one.read(steps[0].task, R"({"data":true})"));
}

TEST_CASE("listmonk api: check, problems, and what the config lacks") {
  auto one = api();
  REQUIRE(one.read(one.api().check().at(0), page("{}", 4)));
  CHECK(one.notes.facts == std::vector<std::string>{"lists: 4"});
  CHECK(one.api().problem({403, {}, R"({"message":"invalid API credentials"})"}) ==
        "invalid API credentials");
  AdapterRegistry registry;
  listmonk::register_adapter(registry);
  auto config = account();
  config.base_url.clear();
  const auto none = registry.find("listmonk")->open_api(config);
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().code == ErrorCode::usage);
  CHECK(none.error().message.find("base_url") != std::string::npos);
}
