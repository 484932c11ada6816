#include "support/api_case.hpp"

#include <doctest/doctest.h>

#include <string>

namespace mailfunnel::acoustic {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

constexpr auto k_url = "https://api-campaign-eu-1.goacoustic.com/XMLAPI";
const Seconds k_now = parse_time("2026-05-20T12:00:00Z")->seconds;

ApiAccount account() {
  ApiAccount account;
  account.settings["pod"] = "eu-1";
  account.secrets = {{"client_id", "id"},
                     {"client_secret", "s&t"},
                     {"refresh_token", "r1"},
                     {"access_token", "t1"}};
  account.list = "77";
  account.zone_given = true;
  return account;
}

ApiCase api(const ApiAccount& of = account()) {
  return ApiCase("acoustic", acoustic::register_adapter, of);
}

PullRequest request(ApiMarks marks = {}) {
  PullRequest request;
  request.now = k_now;
  request.since = k_now - 90 * k_day;
  request.marks = std::move(marks);
  return request;
}

std::string result(const std::string& content, const std::string& success = "TRUE") {
  return "<Envelope><Body><RESULT><SUCCESS>" + success + "</SUCCESS>" + content +
         "</RESULT></Body></Envelope>";
}

std::string fault(const std::string& id, const std::string& words) {
  return "<Envelope><Body><RESULT><SUCCESS>false</SUCCESS></RESULT><Fault><Request/><FaultCode/"
         "><FaultString>" +
         words + "</FaultString><detail><error><errorid>" + id +
         "</errorid></error></detail></Fault></Body></Envelope>";
}

const std::string k_mailing =
    "<Mailing><MailingId>9876543</MailingId><ReportId>503612902</ReportId><MailingName>May</"
    "MailingName><ListName>Customers"
    "</ListName><ListId>77</ListId><SentTS>2026-05-11 "
    "08:01:39.0</SentTS><NumSent>10</NumSent><Subject>Hello</Subject></Mailing>";

} // namespace

TEST_CASE("acoustic api: windows of time, the newest first") {
  const auto one = api();
  const auto tasks = one.api().pull(request());
  REQUIRE(tasks.size() == 6);
  CHECK(one.asked(tasks[0]) == std::string("POST ") + k_url +
                                   " <Envelope><Body><GetSentMailingsForOrg><DATE_START>04/20/2026 "
                                   "12:00:00</DATE_START><DATE_END>05/21/2026 "
                                   "12:00:00</DATE_END><PRIVATE/><SHARED/><SENT/><SENDING/"
                                   "><EXCLUDE_TEST_MAILINGS/><INCLUDE_TAGS/>"
                                   "</GetSentMailingsForOrg></Body></Envelope> (repeatable)");
  CHECK(one.asked(tasks[1]).find("<GetAggregateTrackingForOrg>") != std::string::npos);
  CHECK(tasks[0].rank > tasks[2].rank);
  CHECK(tasks[4].since == k_now - 91 * k_day);
  for (std::size_t i = 2; i < tasks.size(); i += 2) {
    CHECK(tasks[i].until == tasks[i - 2].since); // none is left out
  }
  CHECK(one.api().request(tasks[0]).header("Authorization") == "Bearer t1");
  CHECK(one.api().pull(request({{"sent", "2026-05-20T10:00:00Z"}})).size() == 4);
  CHECK_FALSE(one.api().pulls_opens());
}

TEST_CASE("acoustic api: mailings, their bodies once, and what the API does not give") {
  auto one = api();
  const auto tasks = one.api().pull(request());
  one.check_refuses_cut(tasks[0], result(k_mailing));
  one.check_refuses(tasks[0], "<html/>");
  REQUIRE(one.read(tasks[0], result(k_mailing, "true")));
  REQUIRE(one.notes.lines.size() == 1);
  CHECK(one.notes.lines[0].find(R"("id":"9876543/503612902")") != std::string::npos);
  CHECK(one.notes.lines[0].find("2026-05-11T08:01:39Z") != std::string::npos);
  CHECK(one.notes.marks["sent"] == "2026-05-20T12:00:00Z");
  REQUIRE(one.notes.notes.size() == 1);
  CHECK(one.notes.notes[0].find("SFTP") != std::string::npos);
  REQUIRE(one.notes.tasks.size() == 1);
  const auto content = one.notes.tasks[0];
  CHECK(
      one.asked(content).find("<PreviewMailing><MailingId>9876543</MailingId></PreviewMailing>") !=
      std::string::npos);
  REQUIRE(one.read(tasks[0], result(k_mailing)));
  CHECK(one.notes.tasks.empty());
  REQUIRE(one.read(
      content, result("<HTMLBody>&lt;a "
                      "href=\"https://www.example.com/x\"&gt;x&lt;/a&gt;</HTMLBody><TextBody/>")));
  CHECK(one.notes.lines.at(0).find("https://www.example.com/x") != std::string::npos);
  CHECK(one.notes.lines.at(0).find(R"("id":"9876543/503612902")") != std::string::npos);
  REQUIRE(one.read(content, fault("140", "no such mailing")));
  CHECK(one.notes.lines.empty());
}

TEST_CASE("acoustic api: figures and links") {
  auto one = api();
  const auto tasks = one.api().pull(request());
  REQUIRE(one.read(
      tasks[1],
      result(
          "<Mailing><MailingId>9876543</MailingId><ReportId>503612902</ReportId><NumSent>10</"
          "NumSent>"
          "<NumBounceHard>1</NumBounceHard><NumBounceSoft>2</NumBounceSoft><NumUniqueOpen>4</"
          "NumUniqueOpen>"
          "<NumGrossOpen>6</NumGrossOpen><NumGrossClick>3</NumGrossClick></Mailing><Clicks><Click>"
          "<MailingId>9876543</MailingId><ReportId>503612902</ReportId><LinkName>Prices</LinkName>"
          "<LinkURL>https://www.example.com/pricing</LinkURL></Click></Clicks>")));
  CHECK(one.notes.lines.at(0).find("https://www.example.com/pricing") != std::string::npos);
  REQUIRE(one.notes.all_totals.size() == 1);
  CHECK(one.notes.all_totals[0].campaign == "9876543/503612902");
  CHECK(one.notes.all_totals[0].soft_bounces == 2);
  CHECK(one.notes.all_totals[0].opens == 6);
  CHECK_FALSE(one.notes.all_totals[0].unsubscribes);
}

TEST_CASE("acoustic api: a user who is no administrator sees his own mailings") {
  auto one = api();
  const auto tasks = one.api().pull(request());
  REQUIRE(one.read(tasks[0], fault("140", "Organization-level access is needed")));
  REQUIRE(one.notes.tasks.size() == 1);
  CHECK(one.asked(one.notes.tasks[0]).find("<GetSentMailingsForUser>") != std::string::npos);
  const auto again = one.read(one.notes.tasks[0], fault("140", "no"));
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().code == ErrorCode::io);
  const auto over = one.read(tasks[0], fault("145", "Session has expired or is invalid"));
  REQUIRE_FALSE(over.has_value());
  CHECK(over.error().code == ErrorCode::unauthorized);
}

TEST_CASE("acoustic api: OAuth, check, and what the config lacks") {
  auto one = api();
  const auto token = one.api().refresh();
  REQUIRE(token);
  CHECK(one.asked(*token) ==
        "POST https://api-campaign-eu-1.goacoustic.com/oauth/token "
        "grant_type=refresh_token&client_id=id&client_secret=s%26t&refresh_token=r1 (repeatable)");
  REQUIRE(one.read(
      *token,
      R"({"access_token":"t2","token_type":"bearer","refresh_token":"r1","expires_in":14399})"));
  CHECK(one.notes.secrets["access_token"] == "t2");
  one.check_refuses(*token, "{}");
  const auto checks = one.api().check();
  REQUIRE(one.read(checks.at(1), result("<ID>77</ID><NAME>Customers</NAME>")));
  CHECK(one.notes.facts == std::vector<std::string>{"database: Customers"});
  AdapterRegistry registry;
  acoustic::register_adapter(registry);
  auto config = account();
  config.secrets.erase("refresh_token");
  const auto none = registry.find("acoustic")->open_api(config);
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().message.find("refresh_token") != std::string::npos);
}

TEST_CASE("acoustic api: columns of contacts that are there") {
  auto one = api();
  const PushTarget target{TargetKind::fields, "hot", "", {"Stage", "Score"}};
  const std::vector<std::string> wanted{"a&b@example.com"};
  const auto tasks = *one.api().look(target, wanted);
  REQUIRE(tasks.size() == 2);
  CHECK(one.asked(tasks[0]).find("<GetListMetaData><LIST_ID>77</LIST_ID></GetListMetaData>") !=
        std::string::npos);
  CHECK(one.asked(tasks[1]).find(
            "<SelectRecipientData><LIST_ID>77</LIST_ID><EMAIL>a&amp;b@example.com</EMAIL>") !=
        std::string::npos);
  const auto columns = [](const std::string& names) {
    return result("<COLUMNS>" + names + "</COLUMNS>");
  };
  REQUIRE(one.read(
      tasks[0], columns("<COLUMN><NAME>STAGE</NAME></COLUMN><COLUMN><NAME>Score</NAME></COLUMN>")));
  CHECK(one.notes.targets == std::vector<std::string>{"columns"});
  REQUIRE(one.read(tasks[0], columns("<COLUMN><NAME>STAGE</NAME></COLUMN>")));
  CHECK(one.notes.targets.empty());
  CHECK(one.notes.tasks.empty());
  const auto make = one.api().create(target)->at(0);
  REQUIRE(one.read(make, columns("<COLUMN><NAME>STAGE</NAME></COLUMN>")));
  CHECK(one.asked(one.notes.tasks.at(0))
            .find("<AddListColumn><LIST_ID>77</LIST_ID><COLUMN_NAME>Score</COLUMN_NAME>") !=
        std::string::npos);

  REQUIRE(one.read(
      tasks[1],
      result("<Email>a&amp;b@example.com</Email><RecipientId>5</RecipientId><OptedIn>5/1/2026</"
             "OptedIn>"
             "<OptedOut/><COLUMNS><COLUMN><NAME>Score</NAME><VALUE>7</VALUE></COLUMN></COLUMNS>")));
  REQUIRE(one.notes.members.size() == 1);
  CHECK(one.notes.members[0].subscription == Subscription::subscribed);
  CHECK(one.notes.members[0].fields == std::vector<std::string>{"", "7"});
  REQUIRE(one.read(tasks[1],
                   result("<RecipientId>5</RecipientId><OptedOut>5/2/2026 10:00 AM</OptedOut>")));
  CHECK(one.notes.members.at(0).subscription == Subscription::unsubscribed);
  REQUIRE(one.read(tasks[1], fault("128", "Recipient is not a member of the list")));
  CHECK(one.notes.members.empty());

  const std::vector<MemberChange> changes{
      {MemberChange::Action::set, "a&b@example.com", "5", {"mofu", "71"}}};
  const auto steps = *one.api().change(target, "columns", changes);
  REQUIRE(steps.size() == 1);
  CHECK(one.asked(steps[0].task) ==
        std::string("POST ") + k_url +
            " <Envelope><Body><AddRecipient><LIST_ID>77</LIST_ID><CREATED_FROM>1</"
            "CREATED_FROM><SEND_AUTOREPLY>false"
            "</SEND_AUTOREPLY><UPDATE_IF_FOUND>true</UPDATE_IF_FOUND><COLUMN><NAME>EMAIL</"
            "NAME><VALUE>a&amp;b@example.com"
            "</VALUE></COLUMN><COLUMN><NAME>Stage</NAME><VALUE>mofu</VALUE></"
            "COLUMN><COLUMN><NAME>Score</NAME><VALUE>71"
            "</VALUE></COLUMN></AddRecipient></Body></Envelope> (repeatable)");
  REQUIRE(one.read(steps[0].task, result("<RecipientId>5</RecipientId>")));
  CHECK(one.notes.outcomes.empty());
  REQUIRE(one.read(steps[0].task, fault("129", "Recipient has opted out")));
  CHECK(one.notes.outcomes ==
        std::vector<std::string>{"a&b@example.com: Recipient has opted out (129)"});
}
