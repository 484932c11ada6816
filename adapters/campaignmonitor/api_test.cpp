#include "support/api_case.hpp"

#include <doctest/doctest.h>

#include <string>

namespace mailfunnel::campaignmonitor {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

constexpr auto k_base = "https://api.createsend.com/api/v3.3";
const Seconds k_now = parse_time("2026-05-20T12:00:00Z")->seconds;

ApiAccount account() {
  ApiAccount account;
  account.secrets["api_key"] = "k3y";
  account.settings["client"] = "c1";
  account.settings["journeys"] = "yes";
  account.list = "l1";
  account.zone = *find_zone("Europe/Brussels");
  account.zone_given = true;
  return account;
}

ApiCase api(const ApiAccount& of = account()) {
  return ApiCase("campaignmonitor", campaignmonitor::register_adapter, of);
}

std::string page(const std::string& rows, int number = 1, int pages = 1) {
  return "<?xml version=\"1.0\" encoding=\"utf-8\"?><PagedResult><Results>" + rows +
         "</Results><PageNumber>" + std::to_string(number) + "</PageNumber><NumberOfPages>" +
         std::to_string(pages) + "</NumberOfPages></PagedResult>";
}

PullRequest since(Seconds time) {
  PullRequest request;
  request.now = k_now;
  request.since = time;
  return request;
}

PushTarget fields_target(std::vector<std::string> fields) {
  return {TargetKind::fields, "hot", "", std::move(fields)};
}

std::vector<std::string> steps(const std::vector<ApiTask>& tasks) {
  std::vector<std::string> names;
  for (const auto& task : tasks) {
    names.push_back(task.step + " " + task.campaign);
  }
  return names;
}

const std::string k_campaigns =
    page("<Campaign><WebVersionURL>http://shop.example.com/t/1</WebVersionURL><CampaignID>k1</"
         "CampaignID>"
         "<Subject>May</Subject><Name>News, "
         "May</Name><FromName>Shop</FromName><FromEmail>shop@example.com"
         "</FromEmail><ReplyTo>shop@example.com</ReplyTo><SentDate>2026-05-11 08:00:00</SentDate>"
         "<TotalRecipients>3</TotalRecipients></Campaign>");
const std::string k_summary = "<Summary><Recipients>3</Recipients><TotalOpened>5</"
                              "TotalOpened><Clicks>1</Clicks><Unsubscribed>0"
                              "</Unsubscribed><Bounced>1</Bounced><UniqueOpened>2</"
                              "UniqueOpened><SpamComplaints>0</SpamComplaints>"
                              "</Summary>";

} // namespace

TEST_CASE("campaignmonitor api: what a sync asks for first") {
  const auto one = api();
  PullRequest request = since(k_now - 90 * k_day);
  const auto tasks = one.api().pull(request);
  CHECK(steps(tasks) == std::vector<std::string>{"campaigns c1", "journeys c1", "suppressed c1",
                                                 "active l1", "unconfirmed l1", "unsubscribed l1",
                                                 "bounced l1", "deleted l1"});
  CHECK(one.asked(tasks[0]) == std::string("GET ") + k_base +
                                   "/clients/c1/campaigns.xml?pagesize=1000&orderdirection=desc&"
                                   "sentfromdate=2026-02-19");
  CHECK(one.asked(tasks[3]) == std::string("GET ") + k_base +
                                   "/lists/l1/active.xml?pagesize=1000&orderfield=date&"
                                   "orderdirection=asc&includetrackingpreference=true");
  CHECK(one.api().request(tasks[0]).header("Authorization") == "Basic azN5Ong=");
  for (const auto& task : tasks) {
    CHECK(task.since <= request.now);
    CHECK((task.rank == -1) == (task.step != "campaigns" && task.step != "journeys"));
  }
}

TEST_CASE("campaignmonitor api: marks make the next sync small") {
  const auto one = api();
  PullRequest request = since(k_now - 90 * k_day);
  request.marks = {{"campaigns/c1", "2026-05-19T12:00:00Z"},
                   {"active/l1", "2026-05-19T12:00:00Z"},
                   {"whole/l1", "2026-05-15T12:00:00Z"},
                   {"unsubscribed/l1", "2026-05-19T12:00:00Z"}};
  auto tasks = one.api().pull(request);
  CHECK(one.asked(tasks[0]).find("sentfromdate=2026-04-19") != std::string::npos);
  CHECK(one.asked(task_of(tasks, "active")).find("&date=2026-05-18%2014%3A00&") !=
        std::string::npos);
  CHECK(task_of(tasks, "bounced").since == 0);
  request.marks["whole/l1"] = "2026-05-13T12:00:00Z"; // a week ago: fields may have changed
  tasks = one.api().pull(request);
  CHECK(task_of(tasks, "active").since == 0);
  CHECK(task_of(tasks, "unsubscribed").since > 0);
}

TEST_CASE("campaignmonitor api: clients and their zone are asked for where the config has none") {
  auto config = account();
  config.settings.clear();
  config.list.clear();
  config.zone = nullptr;
  config.zone_given = false;
  auto one = api(config);
  const auto tasks = one.api().pull(since(0));
  REQUIRE(steps(tasks) == std::vector<std::string>{"clients "});
  REQUIRE(one.read(tasks[0],
                   "<Clients><Client><ClientID>c1</ClientID><Name>A</Name></Client><Client>"
                   "<ClientID>c2</ClientID><Name>B</Name></Client></Clients>"));
  const auto clients = one.notes.tasks;
  REQUIRE(steps(clients) == std::vector<std::string>{"client c1", "client c2"});
  const std::string details =
      "<Client><ApiKey/><BasicDetails><ClientID>c1</ClientID><TimeZone>(GMT+10:00) "
      "Canberra, Melbourne, Sydney</TimeZone></BasicDetails></Client>";
  REQUIRE(one.read(clients[0], details));
  CHECK(steps(one.notes.tasks) ==
        std::vector<std::string>{"campaigns c1", "lists c1", "suppressed c1"});
  REQUIRE(one.notes.notes.size() == 1);
  CHECK(one.notes.notes[0].find("Australia/Sydney") != std::string::npos);
  REQUIRE(one.read(one.notes.tasks[0], k_campaigns));
  CHECK(one.notes.lines[0].find("2026-05-10T22:00:00Z") != std::string::npos);
  const auto unknown = one.read(clients[0], "<Client><BasicDetails><TimeZone>(GMT+01:00) Atlantis"
                                            "</TimeZone></BasicDetails></Client>");
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().code == ErrorCode::usage);
  one.check_refuses_cut(clients[0], details);
}

TEST_CASE("campaignmonitor api: a mailing leads to its figures, and these to what is new") {
  auto one = api();
  const auto first = one.api().pull(since(k_now - 90 * k_day));
  REQUIRE(one.read(first[0], k_campaigns));
  REQUIRE(one.notes.lines.size() == 1);
  CHECK(one.notes.lines[0].find(R"("id":"k1")") != std::string::npos);
  CHECK(one.notes.marks["campaigns/c1"] == "2026-05-20T12:00:00Z");
  REQUIRE(steps(one.notes.tasks) == std::vector<std::string>{"audience k1", "summary k1"});
  const auto summary = one.notes.tasks[1];
  CHECK(summary.rank == parse_time("2026-05-11T06:00:00Z")->seconds);
  one.check_refuses_cut(first[0], k_campaigns);
  one.check_refuses(first[0], "<html><body>Bad gateway</body></html>");
  one.check_refuses(first[0], "<!DOCTYPE html><html></html>");

  one.check_refuses_cut(summary, k_summary);
  REQUIRE(one.read(summary, k_summary));
  REQUIRE(one.notes.all_totals.size() == 1);
  CHECK(one.notes.all_totals[0].delivered == 2);
  CHECK(one.notes.all_totals[0].opens == 5);
  CHECK(steps(one.notes.tasks) ==
        std::vector<std::string>{"recipients k1", "opens k1", "clicks k1", "bounces k1"});
  const auto recipients = one.notes.tasks[0];
  CHECK(one.asked(one.notes.tasks[1]) ==
        std::string("GET ") + k_base +
            "/campaigns/k1/opens.xml?pagesize=1000&orderfield=date&orderdirection=asc");
  CHECK(one.asked(recipients).find("orderfield=email") != std::string::npos);

  REQUIRE(one.read(summary, k_summary)); // a second time: nothing is new
  CHECK(one.notes.tasks.empty());
  auto clicked = k_summary;
  clicked.replace(clicked.find("<Clicks>1"), 9, "<Clicks>2");
  REQUIRE(one.read(summary, clicked)); // opens too: a click may be of somebody who was counted
  CHECK(steps(one.notes.tasks) == std::vector<std::string>{"opens k1", "clicks k1"});
  CHECK(one.asked(one.notes.tasks[0]).find("&date=2026-05-19%2014%3A00") != std::string::npos);

  REQUIRE(one.read(recipients,
                   page("<Recipient><EmailAddress>ann@example.com</EmailAddress><ListID>l1</ListID>"
                        "</Recipient>")));
  REQUIRE(one.notes.lines.size() == 1);
  CHECK(
      one.notes.lines[0].find(
          R"("kind":"sent","address":"ann@example.com","time":"2026-05-11T06:00:00Z","campaign":"k1")") !=
      std::string::npos);
}

TEST_CASE("campaignmonitor api: events are those of saved answers") {
  auto one = api();
  struct Case {
    const char *step, *row, *part;
  };
  for (
      const auto& c : {
          Case{
              "opens",
              "<Open><EmailAddress>ann@example.com</EmailAddress><ListID>l1</"
              "ListID><Date>2026-05-11 "
              "08:29:05</Date><IPAddress>192.0.2.7</IPAddress></Open>",
              R"({"kind":"open","address":"ann@example.com","time":"2026-05-11T06:29:05Z","campaign":"k1")"},
          Case{"clicks",
               "<Click><EmailAddress>ann@example.com</EmailAddress><URL>https://www.example.com/"
               "a?b=1&amp;c=2"
               "</URL><ListID>l1</ListID><Date>2026-05-11 08:29:05</Date></Click>",
               R"("link":"https://www.example.com/a?b=1&c=2")"},
          Case{"bounces",
               "<Bounce><EmailAddress>ann@example.com</EmailAddress><ListID>l1</"
               "ListID><BounceType>Hard"
               "</BounceType><Date>2026-05-11 08:29:05</Date><Reason>Hard Bounce</Reason></Bounce>",
               R"("kind":"bounce")"},
          Case{"unsubscribes",
               "<Unsubscribe><EmailAddress>ann@example.com</EmailAddress><ListID>l1</ListID><Date>"
               "2026-05-11 08:29:05</Date><IPAddress>192.0.2.7</IPAddress></Unsubscribe>",
               R"("kind":"unsubscribe")"},
          Case{"spam",
               "<Spam><EmailAddress>ann@example.com</EmailAddress><ListID>l1</"
               "ListID><Date>2026-05-11 08:29:05"
               "</Date></Spam>",
               R"("kind":"complaint")"},
          Case{"journey-recipients",
               "<R><EmailAddress>ann@example.com</EmailAddress><SentDate>2026-05-11 "
               "08:29:05</SentDate></R>",
               R"("kind":"sent","address":"ann@example.com","time":"2026-05-11T06:29:05Z")"},
      }) {
    CAPTURE(c.step);
    const ApiTask task{.step = c.step, .campaign = "k1", .rank = 1};
    one.check_refuses_cut(task, page(c.row));
    REQUIRE(one.read(task, page(c.row, 1, 2)));
    REQUIRE(one.notes.lines.size() == 1);
    CAPTURE(one.notes.lines[0]);
    CHECK(one.notes.lines[0].find(c.part) != std::string::npos);
    REQUIRE(one.notes.tasks.size() == 1);
    CHECK(one.asked(one.notes.tasks[0]).find("page=2&pagesize=1000") != std::string::npos);
    REQUIRE(one.read(one.notes.tasks[0], page(c.row, 2, 2)));
    CHECK(one.notes.tasks.empty());
    REQUIRE(one.read(task, page("<R><Date>2026-05-11 08:29:05</Date></R>" + std::string(c.row))));
    CHECK(one.notes.lines.size() == 2); // a bad one does not take the good one with it
  }
}

TEST_CASE("campaignmonitor api: journeys are automations") {
  auto one = api();
  const ApiTask journeys{.step = "journeys", .campaign = "c1", .since = 7, .until = k_now};
  REQUIRE(one.read(journeys,
                   "<Journeys><Journey><ListID>l1</ListID><JourneyID>j1</JourneyID><Name>Welcome"
                   "</Name></Journey></Journeys>"));
  REQUIRE(steps(one.notes.tasks) == std::vector<std::string>{"journey j1"});
  REQUIRE(one.read(
      one.notes.tasks[0],
      "<Journey><JourneyID>j1</JourneyID><Name>Welcome</Name><Status>Active</Status><Emails><Email>"
      "<EmailID>e1</EmailID><Name>Day "
      "1</Name><Bounced>0</Bounced><Clicks>0</Clicks><Opened>3</Opened>"
      "<Sent>2</Sent><UniqueOpened>1</UniqueOpened><Unsubscribed>0</Unsubscribed></Email></"
      "Emails></Journey>"));
  REQUIRE(one.notes.lines.size() == 1);
  CHECK(one.notes.lines[0].find(R"("automation")") != std::string::npos);
  REQUIRE(steps(one.notes.tasks) ==
          std::vector<std::string>{"journey-recipients e1", "journey-opens e1"});
  CHECK(one.notes.tasks[0].since == 7);
  CHECK(one.asked(one.notes.tasks[1]).find("/journeys/email/e1/opens.xml?") != std::string::npos);
  REQUIRE(one.read(journeys, "", 404)); // an account without journeys
  CHECK(one.notes.tasks.empty());
}

TEST_CASE("campaignmonitor api: subscribers and who is suppressed") {
  auto one = api();
  const ApiTask active{.step = "active", .campaign = "l1", .until = k_now};
  const auto body = page(
      "<Subscriber><EmailAddress>ann@example.com</EmailAddress><Name>Ann</Name><Date>2026-05-01 "
      "10:00:00"
      "</Date><State>Active</State><CustomFields><CustomField><Key>City</Key><Value>Ghent</Value>"
      "</CustomField></CustomFields></Subscriber>");
  one.check_refuses_cut(active, body);
  REQUIRE(one.read(active, body));
  CHECK(one.notes.lines[0].find(R"("city":"Ghent")") != std::string::npos);
  CHECK(one.notes.lines[0].find(R"("list":"l1")") != std::string::npos);
  CHECK(one.notes.marks["active/l1"] == "2026-05-20T12:00:00Z");
  CHECK(one.notes.marks["whole/l1"] == "2026-05-20T12:00:00Z");

  ApiTask suppressed{
      .step = "suppressed", .campaign = "c1", .since = k_now - 2 * k_day, .until = k_now};
  const std::string rows = "<S><SuppressionReason>Unsubscribed</"
                           "SuppressionReason><EmailAddress>bob@example.com</EmailAddress>"
                           "<Date>2026-05-20 10:00:00</Date><State>Suppressed</State></S>";
  REQUIRE(one.read(suppressed, page(rows, 1, 3)));
  CHECK(one.notes.tasks.size() == 1);
  CHECK(one.notes.lines[0].find(R"("subscription":"unsubscribed")") != std::string::npos);
  const std::string old =
      "<S><EmailAddress>old@example.com</EmailAddress><Date>2026-05-01 10:00:00</Date></S>";
  REQUIRE(one.read(suppressed, page(rows + old, 1, 3))); // the rest was read the last time
  CHECK(one.notes.tasks.empty());
  CHECK(one.notes.marks["suppressed/c1"] == "2026-05-20T12:00:00Z");
}

TEST_CASE("campaignmonitor api: a push sets custom fields and touches no subscription") {
  auto one = api();
  const auto target = fields_target({"Funnel stage", "[Score]"});
  const std::vector<std::string> few{"ann@example.com"}, many(11, "ann@example.com");
  const auto tasks = *one.api().look(target, few);
  REQUIRE(tasks.size() == 2);
  CHECK(one.asked(tasks[1]) ==
        std::string("GET ") + k_base + "/subscribers/l1.xml?email=ann%40example.com");
  CHECK(one.api().look(target, many)->size() == 5);
  const std::string fields =
      "<CustomFields><CustomField><FieldName>Funnel "
      "stage</FieldName><Key>[Funnelstage]</Key></CustomField>"
      "<CustomField><FieldName>Score</FieldName><Key>[Score]</Key></CustomField></CustomFields>";
  REQUIRE(one.read(tasks[0], fields));
  REQUIRE(one.notes.targets == std::vector<std::string>{"Funnelstage\nScore"});
  REQUIRE(one.read(tasks[0], "<CustomFields/>"));
  CHECK(one.notes.targets.empty());
  CHECK(one.notes.tasks.empty());
  REQUIRE(one.read(tasks[1], "<Subscriber><EmailAddress>ann@example.com</"
                             "EmailAddress><Date>2026-05-01 10:00:00</Date><State>Unsubscribed"
                             "</State><CustomFields><CustomField><Key>Score</Key><Value>7</Value></"
                             "CustomField></CustomFields></Subscriber>"));
  REQUIRE(one.notes.members.size() == 1);
  CHECK(one.notes.members[0].subscription == Subscription::unsubscribed);
  CHECK(one.notes.members[0].fields == std::vector<std::string>{"", "7"});
  REQUIRE(one.read(
      tasks[1], "<Result><Code>203</Code><Message>Subscriber not in list</Message></Result>", 400));
  CHECK(one.notes.members.empty());
  CHECK_FALSE(one.read(tasks[1],
                       "<Result><Code>101</Code><Message>Invalid ListID</Message></Result>", 400));

  const std::vector<MemberChange> changes{
      {MemberChange::Action::set, "ann@example.com", "", {"mofu", "71"}},
      {MemberChange::Action::set, "bob@example.com", "", {"", "3"}}};
  const auto pushed = *one.api().change(target, "Funnelstage\nScore", changes);
  REQUIRE(pushed.size() == 1);
  CHECK(one.asked(pushed[0].task) ==
        std::string("POST ") + k_base +
            "/subscribers/l1/import.json "
            "{\"Subscribers\":[{\"EmailAddress\":\"ann@example.com\",\"CustomFields\":"
            "[{\"Key\":\"Funnelstage\",\"Value\":\"mofu\"},{\"Key\":\"Score\",\"Value\":\"71\"}],"
            "\"ConsentToTrack\":\"Unchanged\"},{\"EmailAddress\":\"bob@example.com\","
            "\"CustomFields\":"
            "[{\"Key\":\"Funnelstage\",\"Value\":\"\",\"Clear\":true},{\"Key\":\"Score\",\"Value\":"
            "\"3\"}],"
            "\"ConsentToTrack\":\"Unchanged\"}],\"Resubscribe\":false,"
            "\"QueueSubscriptionBasedAutoResponders\":false,"
            "\"RestartSubscriptionBasedAutoresponders\":false} (repeatable)");
  const std::vector<MemberChange> crowd(2001, changes[0]);
  CHECK(one.api().change(target, "Funnelstage\nScore", crowd)->size() == 3);

  REQUIRE(one.read(pushed[0].task,
                   R"({"FailureDetails":[],"TotalExistingSubscribers":2,"TotalNewSubscribers":0})",
                   201));
  CHECK(one.notes.outcomes.empty());
  REQUIRE(one.read(
      pushed[0].task,
      R"({"ResultData":{"FailureDetails":[{"EmailAddress":"bob@example.com","Code":206,"Message":"Subscriber has unsubscribed"}]},"Code":210,"Message":"Subscriber Import had some failures"})",
      400));
  CHECK(one.notes.outcomes ==
        std::vector<std::string>{"bob@example.com: Subscriber has unsubscribed (206)"});
  CHECK_FALSE(one.read(pushed[0].task, R"({"Code":101,"Message":"Invalid ListID"})", 400));
  CHECK_FALSE(one.read(pushed[0].task, R"({"FailureDetails":[)", 201));
}

TEST_CASE("campaignmonitor api: the client's suppression list is added to") {
  auto one = api();
  const PushTarget target{TargetKind::suppression, "never", "", {}};
  const std::vector<std::string> wanted{"ann@example.com"};
  const auto tasks = *one.api().look(target, wanted);
  REQUIRE(steps(tasks) == std::vector<std::string>{"look-suppressed c1", "look-one l1"});
  REQUIRE(one.read(tasks[0], page("<S><SuppressionReason>Bounced</"
                                  "SuppressionReason><EmailAddress>bob@example.com</EmailAddress>"
                                  "<Date>2026-05-20 10:00:00</Date><State>Suppressed</State></S>",
                                  1, 2)));
  CHECK(one.notes.targets == std::vector<std::string>{"suppressed"});
  CHECK(one.notes.members.at(0).in_target);
  CHECK(one.notes.tasks.size() == 1);
  REQUIRE(one.read(tasks[1], "<Subscriber><EmailAddress>ann@example.com</"
                             "EmailAddress><State>Active</State></Subscriber>"));
  CHECK_FALSE(one.notes.members.at(0).in_target);
  CHECK(one.notes.members.at(0).fields.empty());
  const std::vector<MemberChange> changes{{MemberChange::Action::add, "ann@example.com", "", {}},
                                          {MemberChange::Action::add, "cas@example.com", "", {}}};
  const auto pushed = *one.api().change(target, "suppressed", changes);
  CHECK(
      one.asked(pushed.at(0).task) ==
      std::string("POST ") + k_base +
          R"(/clients/c1/suppress.json {"EmailAddresses":["ann@example.com","cas@example.com"]} (repeatable))");
  REQUIRE(one.read(pushed[0].task, ""));
  auto config = account();
  config.settings.clear();
  CHECK(api(config).api().look(target, wanted).error().code == ErrorCode::usage);
}

TEST_CASE("campaignmonitor api: fields that are missing are made, one after the other") {
  auto one = api();
  const auto target = fields_target({"Stage", "Score"});
  const auto tasks = *one.api().create(target);
  REQUIRE(one.read(tasks[0], "<CustomFields/>"));
  const auto make = one.notes.tasks.at(0);
  CHECK(one.asked(make) ==
        std::string("POST ") + k_base +
            "/lists/l1/customfields.json {\"FieldName\":\"Stage\",\"DataType\":\"Text\","
            "\"VisibleInPreferenceCenter\":false} (repeatable)");
  REQUIRE(one.read(make, R"("[Stage]")", 201));
  const auto again = one.notes.tasks.at(0);
  CHECK(again.step == "fields");
  REQUIRE(one.read(
      again, "<CustomFields><C><FieldName>Stage</FieldName><Key>[Stage]</Key></C></CustomFields>"));
  const auto second = one.notes.tasks.at(0);
  REQUIRE(one.read(second, R"({"Code":255,"Message":"Field name already exists"})", 400));
  REQUIRE(one.read(one.notes.tasks.at(0), "<CustomFields/>")); // no more tries than fields
  CHECK(one.notes.tasks.empty());
  CHECK(one.notes.targets.empty());
  CHECK_FALSE(one.read(second, R"({"Code":256,"Message":"no"})", 400));
}

TEST_CASE("campaignmonitor api: OAuth, check, and what the config lacks") {
  auto config = account();
  config.secrets = {{"access_token", "old"}, {"refresh_token", "r&1"}};
  auto one = api(config);
  CHECK(one.api().request({.step = "client", .campaign = "c1"}).header("Authorization") ==
        "Bearer old");
  const auto refresh = one.api().refresh();
  REQUIRE(refresh);
  CHECK(one.asked(*refresh) ==
        "POST https://api.createsend.com/oauth/token grant_type=refresh_token&refresh_token=r%261");
  REQUIRE(
      one.read(*refresh, R"({"access_token":"new","expires_in":1209600,"refresh_token":"r2"})"));
  CHECK(one.notes.secrets["access_token"] == "new");
  one.check_refuses(*refresh, "{}");
  CHECK_FALSE(api().api().refresh());

  auto checked = api();
  const auto tasks = checked.api().check();
  REQUIRE(steps(tasks) == std::vector<std::string>{"check-client c1", "check-list l1"});
  REQUIRE(checked.read(tasks[1], "<List><Title>News</Title><ListID>l1</ListID></List>"));
  CHECK(checked.notes.facts == std::vector<std::string>{"list: News"});
  CHECK(checked.api().problem(
            {401, {}, "<Result><Code>100</Code><Message>Invalid API Key</Message></Result>"}) ==
        "Invalid API Key");

  AdapterRegistry registry;
  campaignmonitor::register_adapter(registry);
  const auto none = registry.find("campaignmonitor")->open_api({});
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().code == ErrorCode::usage);
  config.list.clear();
  CHECK(api(config).api().look(fields_target({"a"}), {}).error().code == ErrorCode::usage);
}
