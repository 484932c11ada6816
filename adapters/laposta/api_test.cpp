#include "support/api_case.hpp"

#include <doctest/doctest.h>

#include <string>

namespace mailfunnel::laposta {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

constexpr auto k_base = "https://api.laposta.nl/v2";
const Seconds k_now = parse_time("2026-05-20T12:00:00Z")->seconds;

ApiAccount account() {
  ApiAccount account;
  account.secrets["api_key"] = "k3y";
  account.list = "BaImMu3JZA";
  return account;
}

ApiCase api(const ApiAccount& of = account()) {
  return ApiCase("laposta", laposta::register_adapter, of);
}

PullRequest request(ApiMarks marks = {}) {
  PullRequest request;
  request.now = k_now;
  request.since = k_now - 90 * k_day;
  request.marks = std::move(marks);
  return request;
}

std::string rows_of(const std::string& rows, const std::string& rest = "") {
  return R"({"data":[)" + rows + "]" + rest + "}";
}

std::string pagination(const std::string& cursor) {
  return cursor.empty()
             ? R"(,"pagination":{"limit":1000,"has_more":false,"next_cursor":null})"
             : R"(,"pagination":{"limit":1000,"has_more":true,"next_cursor":")" + cursor + "\"}";
}

const std::string k_campaign =
    R"({"campaign":{"account_id":"a","campaign_id":"njhgaf61ye","name":"Spring","subject":"20% off","from":{"name":"Shop","email":"shop@example.com"},"list_ids":{"BaImMu3JZA":[]},"delivery_started":"2026-05-02 10:00:00","delivery_started_iso":"2026-05-02T10:00:00+02:00"}})";
const std::string k_draft =
    R"({"campaign":{"account_id":"a","campaign_id":"draft","name":"Draft","subject":"x","list_ids":{},"delivery_started":null}})";

std::string event(const std::string& details) {
  return R"({"event":{"type":"unsubscribed","timezone":"Europe/Amsterdam","event_date":"2026-05-02 10:30:00","event_date_iso":"2026-05-02T10:30:00+02:00","campaign":{"campaign_id":"njhgaf61ye","name":"Spring"},"details":)" +
         details + "}}";
}

std::string member(const std::string& id, const std::string& email, const std::string& state) {
  return R"({"member":{"member_id":")" + id + R"(","list_id":"BaImMu3JZA","email":")" + email +
         R"(","state":")" + state +
         R"(","signup_date":"2026-01-13 16:13:07","modified_iso":"2026-02-01T09:00:00+01:00","custom_fields":{"name":"Ann","score":"7"}}})";
}

std::vector<std::string> steps(const std::vector<ApiTask>& tasks) {
  std::vector<std::string> names;
  for (const auto& task : tasks) {
    names.push_back(task.step);
  }
  return names;
}

} // namespace

TEST_CASE("laposta api: what a sync asks for") {
  const auto one = api();
  const auto tasks = one.api().pull(request());
  REQUIRE(steps(tasks) == std::vector<std::string>{"campaigns", "members", "members", "members"});
  CHECK(one.asked(tasks[0]) == std::string("GET ") + k_base + "/campaign (repeatable)");
  CHECK(one.asked(tasks[2]) == std::string("GET ") + k_base +
                                   "/member?list_id=BaImMu3JZA&state=unsubscribed (repeatable)");
  CHECK(one.api().request(tasks[0]).header("Authorization") == "Basic azN5Og==");
  CHECK_FALSE(one.api().pulls_opens());
  auto config = account();
  config.list.clear();
  auto all = api(config);
  const auto lists = all.api().pull(request()).at(1);
  REQUIRE(all.read(
      lists,
      rows_of(R"({"list":{"list_id":"l1","name":"A"}},{"list":{"list_id":"l2","name":"B"}})")));
  CHECK(all.notes.tasks.size() == 6);
  CHECK(one.api().pull(request({{"campaigns", "2026-05-19T12:00:00Z"}})).at(0).since ==
        k_now - 31 * k_day);
}

TEST_CASE("laposta api: mailings, their figures, history and body") {
  auto one = api();
  const auto campaigns = one.api().pull(request()).at(0);
  one.check_refuses_cut(campaigns, rows_of(k_campaign));
  REQUIRE(one.read(campaigns, rows_of(k_campaign + "," + k_draft)));
  CHECK(one.notes.lines.size() == 1);
  REQUIRE(steps(one.notes.tasks) == std::vector<std::string>{"report", "history", "content"});
  const auto report = one.notes.tasks[0], history = one.notes.tasks[1],
             content = one.notes.tasks[2];
  CHECK(one.asked(history) == std::string("GET ") + k_base +
                                  "/campaign/njhgaf61ye/history?limit=1000&order=asc (repeatable)");
  REQUIRE(one.read(
      report,
      R"({"report":{"campaign_id":"njhgaf61ye","sent":40,"accepted":38,"hardbounced":1,"opened_unique":7,"clicked_unique":2,"unsubscribed":1,"complained":0}})"));
  CHECK(one.notes.all_totals.at(0).delivered == 38);
  CHECK(one.notes.all_totals.at(0).unique_opens == 7);
  one.check_refuses(report, "{}");

  const auto body =
      rows_of(event(R"({"email":"ann@example.com"})") + "," + event("{}"), pagination("c2"));
  one.check_refuses_cut(history, body);
  one.check_refuses(history, rows_of(""));
  REQUIRE(one.read(history, body));
  CHECK(
      one.notes.lines.at(0).find(
          R"("kind":"unsubscribe","address":"ann@example.com","time":"2026-05-02T08:30:00Z","campaign":"njhgaf61ye")") !=
      std::string::npos);
  CHECK(one.notes.notes.size() == 1); // one of nobody
  CHECK(one.notes.tasks.at(0).place == "c2");
  CHECK(one.notes.marks.count("history/njhgaf61ye") == 0);
  REQUIRE(one.read(one.notes.tasks[0], rows_of("", pagination(""))));
  CHECK(one.notes.tasks.empty());
  CHECK(one.notes.marks["history/njhgaf61ye"] == "2026-05-20T12:00:00Z");
  REQUIRE(one.read(campaigns, rows_of(k_campaign)));
  REQUIRE(steps(one.notes.tasks) ==
          std::vector<std::string>{"report", "history"}); // the body is had
  CHECK(one.asked(one.notes.tasks[1]).find("event_date_from=2026-05-19&") != std::string::npos);
  REQUIRE(one.read(
      content,
      R"({"campaign":{"account_id":"a","campaign_id":"njhgaf61ye","html":"<a href='https://example.com/x'>x</a>","plaintext":""}})"));
  CHECK(one.notes.lines.at(0).find("https://example.com/x") != std::string::npos);
  REQUIRE(one.read(
      content, R"({"error":{"type":"invalid_input","message":"drag and drop","code":203}})", 400));
  CHECK(one.notes.lines.empty());
}

TEST_CASE("laposta api: members") {
  auto one = api();
  const auto members = one.api().pull(request()).at(1);
  const auto body = rows_of(member("m1", "ann@example.com", "active"));
  one.check_refuses_cut(members, body);
  REQUIRE(one.read(members, body));
  CHECK(one.notes.lines.at(0).find(R"("subscription":"subscribed")") != std::string::npos);
}

TEST_CASE("laposta api: a segment in fields, without adding anybody") {
  auto one = api();
  const PushTarget target{TargetKind::fields, "hot", "", {"stage", "score"}};
  const std::vector<std::string> few{"ann+1@example.com"}, many(11, "ann@example.com");
  const auto tasks = *one.api().look(target, few);
  REQUIRE(tasks.size() == 2);
  CHECK(one.asked(tasks[1]) == std::string("GET ") + k_base +
                                   "/member/ann%2B1%40example.com?list_id=BaImMu3JZA (repeatable)");
  CHECK(one.api().look(target, many)->size() == 4);
  REQUIRE(one.read(
      tasks[0], rows_of(R"({"field":{"custom_name":"stage"}},{"field":{"custom_name":"score"}})")));
  CHECK(one.notes.targets == std::vector<std::string>{"fields"});
  REQUIRE(one.read(tasks[0], rows_of(R"({"field":{"custom_name":"stage"}})")));
  CHECK(one.notes.targets.empty());
  CHECK(one.api().create(target).error().code == ErrorCode::usage);
  REQUIRE(one.read(tasks[1], member("m1", "ann@example.com", "unsubscribed")));
  CHECK(one.notes.members.at(0).subscription == Subscription::unsubscribed);
  CHECK(one.notes.members.at(0).fields == std::vector<std::string>{"", "7"});
  REQUIRE(one.read(tasks[1],
                   R"({"error":{"type":"invalid_input","code":203,"message":"Unknown member"}})",
                   400));
  CHECK(one.notes.members.empty());

  const std::vector<MemberChange> changes{
      {MemberChange::Action::set, "ann@example.com", "m1", {"mofu", "71"}}};
  const auto bulk = one.api().change(target, "fields", changes)->at(0).task;
  CHECK(
      one.asked(bulk) ==
      std::string("POST ") + k_base +
          R"(/list/BaImMu3JZA/members {"actions":["update"],"members":[{"member_id":"m1","email":"ann@example.com","custom_fields":{"stage":"mofu","score":"71"}}]} (repeatable))");
  REQUIRE(one.read(
      bulk,
      R"({"report":{"provided_count":1,"errors_count":0,"skipped_count":0,"edited_count":1,"added_count":0},"errors":[],"skipped":[],"edited":[{}],"added":[]})"));
  CHECK(one.notes.outcomes.empty());
  CHECK_FALSE(one.notes.is_unsure);
  REQUIRE(one.read(
      bulk,
      R"({"report":{"errors_count":1},"errors":[{"member":{"member_id":"m1","email":"ann@example.com"},"error":{"message":"no"}}]})"));
  CHECK(one.notes.outcomes == std::vector<std::string>{"m1: no"});
  REQUIRE(one.read(bulk, R"({"report":{"errors_count":1},"errors":[{}]})"));
  CHECK(one.notes.is_unsure);
  CHECK_FALSE(one.read(bulk, "{}"));

  REQUIRE(one.read(
      bulk,
      R"({"error":{"type":"invalid_request","message":"Not permitted to issue bulk requests"}})",
      401));
  REQUIRE(one.notes.tasks.size() == 1);
  const auto alone = one.notes.tasks[0];
  CHECK(
      one.asked(alone) ==
      std::string("POST ") + k_base +
          "/member/m1 list_id=BaImMu3JZA&custom_fields%5Bstage%5D=mofu&custom_fields%5Bscore%5D=71 "
          "(repeatable)");
  REQUIRE(one.read(alone, member("m1", "ann@example.com", "active")));
  CHECK(one.notes.outcomes.empty());
  REQUIRE(
      one.read(alone, R"({"error":{"message":"Unknown member","parameter":"member_id"}})", 400));
  CHECK(one.notes.outcomes == std::vector<std::string>{"m1: Unknown member (member_id)"});
  const auto bad = one.read(bulk, R"({"error":{"message":"Invalid API key"}})", 401);
  REQUIRE_FALSE(bad.has_value());
  CHECK(bad.error().code == ErrorCode::unauthorized);
}

TEST_CASE("laposta api: check, and what the config lacks") {
  auto one = api();
  REQUIRE(one.read(one.api().check().at(0), R"({"list":{"list_id":"BaImMu3JZA","name":"News"}})"));
  CHECK(one.notes.facts == std::vector<std::string>{"list: News"});
  one.check_refuses(one.api().check().at(0), "{}");
  AdapterRegistry registry;
  laposta::register_adapter(registry);
  CHECK(registry.find("laposta")->open_api({}).error().code == ErrorCode::usage);
}
