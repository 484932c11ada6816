#include "support/adapter_case.hpp"
#include "support/api_case.hpp"

namespace mailfunnel::hubspot {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

constexpr Seconds k_now = 1772366400; // 2026-03-01T12:00:00Z

ApiCase hubspot_api() {
  ApiAccount account;
  account.secrets["api_key"] = "pat-1";
  return {"hubspot", hubspot::register_adapter, account};
}

ApiTask task(std::string step) {
  return {.step = std::move(step), .since = k_now - 30 * k_day, .until = k_now};
}

constexpr auto k_emails =
    R"({"total":1,"results":[{"id":"4711","name":"Spring","subject":"20% off","state":"PUBLISHED",)"
    R"("type":"AUTOMATED_EMAIL","publishDate":"2026-02-20T09:00:00Z","from":{"fromName":"Shop",)"
    R"("replyTo":"shop@example.com"},"allEmailCampaignIds":["221133"],"content":{"plainTextVersion":"Hi"},)"
    R"("stats":{"counters":{"sent":1500,"delivered":1490,"open":700,"click":90,"hardbounced":7,)"
    R"("softbounced":3,"unsubscribed":2,"spamreport":1}}}]})";

constexpr auto k_events =
    R"({"events":[{"appId":113,"portalId":2,"created":1772266400000,"id":"i","emailCampaignId":77,)"
    R"("recipient":"ann@example.com","type":"OPEN","filteredEvent":true}],"hasMore":true,"offset":"abc"})";

constexpr auto k_contacts =
    R"({"results":[{"id":"101","properties":{"email":"ann@example.com","jobtitle":"Manager",)"
    R"("hs_email_optout":"true","lastmodifieddate":"2026-03-01T08:00:00Z"},)"
    R"("createdAt":"2025-11-03T09:12:44Z","updatedAt":"2026-03-01T08:00:00Z"}],)"
    R"("paging":{"next":{"after":"101"}}})";

} // namespace

TEST_CASE("hubspot api: a key is needed, or what makes one") {
  AdapterRegistry registry;
  hubspot::register_adapter(registry);
  const auto& adapter = *registry.find("hubspot");
  ApiAccount account;
  const auto refused = adapter.open_api(account);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::usage);
  account.secrets = {{"client_id", "c"}, {"client_secret", "s"}, {"refresh_token", "r 1"}};
  ApiCase api("hubspot", hubspot::register_adapter, account);
  const auto refresh = api.api().refresh();
  REQUIRE(refresh.has_value());
  CHECK(api.asked(*refresh) ==
        "POST https://api.hubapi.com/oauth/v1/token "
        "grant_type=refresh_token&client_id=c&client_secret=s&refresh_token=r%201 (repeatable)");
  CHECK(api.api().request(*refresh).header("Authorization").empty());
  REQUIRE(api.read(*refresh, R"({"access_token":"new","expires_in":1800})").has_value());
  CHECK(api.notes.secrets == Secrets{{"access_token", "new"}});
  api.check_refuses(*refresh, R"({"message":"no"})");
}

TEST_CASE("hubspot api: first everything, then what is new") {
  auto api = hubspot_api();
  PullRequest request{.now = k_now, .since = k_now - 20 * k_day, .full = false, .marks = {}};
  auto tasks = api.api().pull(request);
  REQUIRE(tasks.size() == 2);
  CHECK(api.asked(tasks[0]) == "GET https://api.hubapi.com/marketing/v3/emails?isPublished=true&"
                               "includeStats=true&updatedAfter=2026-02-09T12%3A00%3A00Z&limit=100");
  CHECK(api.api().request(tasks[0]).header("Authorization") == "Bearer pat-1");
  CHECK(api.api().discovers(tasks[0]));
  CHECK(api.asked(tasks[1]) == "GET https://api.hubapi.com/crm/v3/properties/contacts");
  CHECK(tasks[1].since == 0);

  request.marks = {{"events", "2026-03-01T06:00:00Z"}, {"contacts", "2026-03-01T06:00:00Z"}};
  tasks = api.api().pull(request);
  REQUIRE(api.read(tasks[0], R"({"results":[]})").has_value());
  REQUIRE(api.notes.tasks.size() == 1); // a day of overlap fits into one window
  CHECK(api.asked(api.notes.tasks[0]) ==
        "GET https://api.hubapi.com/email/public/v1/events?startTimestamp=1772258400000&"
        "endTimestamp=1772366400999&limit=1000");
  CHECK(api.notes.marks["events"] == "2026-03-01T12:00:00Z");
  REQUIRE(api.read(tasks[1], R"({"results":[{"name":"email"},{"name":"jobtitle"}]})").has_value());
  REQUIRE(api.notes.tasks.size() == 1);
  CHECK(api.notes.tasks[0].step == "changed-contacts");
}

TEST_CASE("hubspot api: mailings lead to events by the week, newest first") {
  auto api = hubspot_api();
  auto emails = task("emails");
  REQUIRE(api.read(emails, k_emails).has_value());
  REQUIRE(api.notes.lines.size() == 1);
  check_has(api.notes.lines[0], R"("id":"221133")");
  check_has(api.notes.lines[0], R"("kind":"automation")");
  REQUIRE(api.notes.all_totals.size() == 1);
  CHECK(api.notes.all_totals[0].unique_opens == 700);
  CHECK(api.notes.all_totals[0].hard_bounces == 7);
  REQUIRE(api.notes.tasks.size() == 5);
  CHECK(api.notes.tasks[0].rank == k_now);
  CHECK(api.notes.tasks[0].since == api.notes.tasks[1].until);
  CHECK(api.notes.tasks.back().since == emails.since);
  api.notes.marks.clear();
  api.check_refuses_cut(emails, k_emails);
  api.check_refuses(emails, "<html>502</html>");
  api.check_refuses(emails, R"({"results":null})");
}

TEST_CASE("hubspot api: events go on behind the offset, and unknown mailings are asked for once") {
  auto api = hubspot_api();
  REQUIRE(api.read(task("events"), k_events).has_value());
  REQUIRE(api.notes.lines.size() == 1);
  check_has(api.notes.lines[0], "esp_machine_flag");
  REQUIRE(api.notes.tasks.size() == 2);
  CHECK(api.asked(api.notes.tasks[0]) ==
        "GET https://api.hubapi.com/email/public/v1/campaigns/77?appId=113");
  check_has(api.asked(api.notes.tasks[1]), "&offset=abc&limit=1000");
  REQUIRE(api.read(task("events"), k_events).has_value());
  CHECK(api.notes.tasks.size() == 1);
  api.notes.marks.clear();
  api.check_refuses_cut(task("events"), k_events);
  api.check_refuses(task("events"), R"({"events":[],"hasMore":true})"); // and from where?
  REQUIRE(api.read(task("campaign"), "{}", 404).has_value());           // deleted
  CHECK(api.notes.lines.empty());
}

TEST_CASE("hubspot api: a window that takes HubSpot too long is halved") {
  auto api = hubspot_api();
  REQUIRE(api.read(task("events"), "<html>timeout</html>", 504).has_value());
  REQUIRE(api.notes.tasks.size() == 2);
  CHECK(api.notes.tasks[0].until - api.notes.tasks[0].since == 15 * k_day);
  CHECK(api.notes.tasks[1].until == api.notes.tasks[0].since);
  auto hour = task("events");
  hour.since = hour.until - 3600;
  CHECK_FALSE(api.api().understands(hour, 504));
  CHECK_FALSE(api.api().understands(task("emails"), 504));
}

TEST_CASE("hubspot api: contacts with HubSpot's useful properties and all of the account's own") {
  auto api = hubspot_api();
  auto names = task("property-names");
  names.since = 0;
  REQUIRE(api.read(names, R"({"results":[{"name":"email","hubspotDefined":true},)"
                          R"({"name":"hs_analytics_source","hubspotDefined":true},)"
                          R"({"name":"funnel_stage"},{"name":"lastmodifieddate"}]})")
              .has_value());
  REQUIRE(api.notes.tasks.size() == 1);
  const auto contacts = api.notes.tasks[0];
  CHECK(api.asked(contacts) == "GET https://api.hubapi.com/crm/v3/objects/contacts?properties="
                               "email%2Cfunnel_stage&limit=100");
  REQUIRE(api.read(contacts, k_contacts).has_value());
  REQUIRE(api.notes.lines.size() == 1);
  check_has(api.notes.lines[0], "unsubscribed");
  REQUIRE(api.notes.tasks.size() == 1);
  CHECK(api.notes.tasks[0].place == "101");
  CHECK(api.notes.marks.empty());
  REQUIRE(api.read(contacts, R"({"results":[]})").has_value());
  CHECK(api.notes.marks["contacts"] == "2026-03-01T12:00:00Z");
}

TEST_CASE("hubspot api: a search of more than 10,000 goes on behind the last record") {
  auto api = hubspot_api();
  auto changed = task("changed-contacts");
  changed.memo = "email,jobtitle";
  CHECK(
      api.asked(changed) ==
      "POST https://api.hubapi.com/crm/v3/objects/contacts/search "
      R"({"filterGroups":[{"filters":[{"propertyName":"lastmodifieddate","operator":"GTE",)"
      R"("value":"1769774400000"}]}],"sorts":[{"propertyName":"hs_object_id","direction":"ASCENDING"}],)"
      R"("properties":["email","jobtitle"],"limit":200} (repeatable))");
  auto answer = std::string(k_contacts);
  answer.replace(answer.find("\"after\":\"101\""), 13, "\"after\":\"9800\"");
  REQUIRE(api.read(changed, answer).has_value());
  REQUIRE(api.notes.tasks.size() == 1);
  CHECK(api.notes.tasks[0].place == "9800");
  answer.replace(answer.find("\"after\":\"9800\""), 14, "\"after\":\"10000\"");
  REQUIRE(api.read(changed, answer).has_value());
  REQUIRE(api.notes.tasks.size() == 1);
  CHECK(api.notes.tasks[0].place.empty());
  check_has(api.asked(api.notes.tasks[0]),
            R"({"propertyName":"hs_object_id","operator":"GT","value":"101"})");
}

TEST_CASE("hubspot api: who is in a list, and who of those wanted is a contact") {
  auto api = hubspot_api();
  const std::vector<std::string> wanted(101, "ann@example.com");
  const PushTarget target{.kind = TargetKind::list, .name = "Warm & new", .list = {}, .fields = {}};
  const auto tasks = api.api().look(target, wanted);
  REQUIRE(tasks.has_value());
  REQUIRE(tasks->size() == 3); // the list, and 100 and 1 people
  const auto& list = tasks->front();
  CHECK(api.asked(list) ==
        "GET https://api.hubapi.com/crm/v3/lists/object-type-id/0-1/name/Warm%20%26%20new");
  REQUIRE(api.read(list, "{}", 404).has_value());
  CHECK(api.notes.targets.empty());
  REQUIRE(api.read(list, R"({"list":{"listId":501,"name":"Warm","processingType":"MANUAL"}})")
              .has_value());
  CHECK(api.notes.targets == std::vector<std::string>{"501"});
  const auto memberships = api.notes.tasks.at(0);
  CHECK(api.asked(memberships) ==
        "GET https://api.hubapi.com/crm/v3/lists/501/memberships?limit=250");
  REQUIRE(
      api.read(memberships, R"({"results":[{"recordId":"101"}],"paging":{"next":{"after":"z"}}})")
          .has_value());
  REQUIRE(api.notes.members.size() == 1);
  CHECK(api.notes.members[0].in_target);
  CHECK(api.notes.members[0].contact_id == "101");
  CHECK(api.notes.tasks.size() == 1);
  CHECK(
      api.asked(tasks->at(2)) ==
      "POST https://api.hubapi.com/crm/v3/objects/contacts/batch/read "
      R"({"idProperty":"email","properties":["email","hs_email_optout"],"inputs":[{"id":"ann@example.com"}]})"
      " (repeatable)");
  REQUIRE(api.read(tasks->at(1), k_contacts, 207).has_value());
  REQUIRE(api.notes.members.size() == 1);
  CHECK(api.notes.members[0].subscription == Subscription::unsubscribed);
  CHECK_FALSE(api.notes.members[0].in_target);
  REQUIRE(
      api.read(tasks->at(1), R"({"results":[{"id":"7","properties":{"email":"bo@example.com"}}]})")
          .has_value());
  CHECK(api.notes.members.at(0).subscription == Subscription::subscribed);

  const auto active =
      api.read(list, R"({"list":{"listId":5,"name":"Warm","processingType":"DYNAMIC"}})");
  REQUIRE_FALSE(active.has_value());
  CHECK(active.error().code == ErrorCode::usage);
}

TEST_CASE("hubspot api: adds and removes share a call") {
  auto api = hubspot_api();
  const PushTarget target{.kind = TargetKind::list, .name = "Warm", .list = {}, .fields = {}};
  const std::vector<MemberChange> changes{{MemberChange::Action::add, "ann@example.com", "101", {}},
                                          {MemberChange::Action::remove, "", "102", {}}};
  const auto steps = api.api().change(target, "501", changes);
  REQUIRE(steps.has_value());
  REQUIRE(steps->size() == 1);
  const auto& change = steps->front().task;
  CHECK(api.asked(change) ==
        "PUT https://api.hubapi.com/crm/v3/lists/501/memberships/add-and-remove "
        R"({"recordIdsToAdd":["101"],"recordIdsToRemove":["102"]} (repeatable))");
  REQUIRE(
      api.read(change, R"({"recordsIdsAdded":[],"recordIdsRemoved":[],"recordIdsMissing":["101"]})")
          .has_value());
  CHECK(api.notes.outcomes == std::vector<std::string>{"101: no contact has this record id"});
  const std::vector<MemberChange> stranger{{MemberChange::Action::add, "new@example.com", "", {}}};
  CHECK_FALSE(api.api().change(target, "501", stranger).has_value());
}

TEST_CASE("hubspot api: properties are set, never contacts made") {
  auto api = hubspot_api();
  const PushTarget target{
      .kind = TargetKind::fields, .name = "all", .list = {}, .fields = {"funnel_stage", "score"}};
  const auto tasks = api.api().look(target, {});
  REQUIRE(tasks.has_value());
  REQUIRE(api.read(tasks->front(), R"({"results":[{"name":"score"}]})").has_value());
  CHECK(api.notes.targets.empty());
  const auto made = api.api().create(target);
  REQUIRE(made.has_value());
  CHECK(made->size() == 2);
  check_has(api.asked(made->front()),
            R"({"name":"funnel_stage","label":"funnel_stage","type":"string")");
  REQUIRE(api.read(made->front(), "{}", 409).has_value());
  CHECK(api.notes.targets.size() == 1);

  std::vector<MemberChange> changes(101, {MemberChange::Action::set, "", "101", {"BOFU", "82"}});
  const auto steps = api.api().change(target, "properties", changes);
  REQUIRE(steps.has_value());
  REQUIRE(steps->size() == 2);
  const auto& last = steps->at(1).task;
  CHECK(
      api.asked(last) ==
      "POST https://api.hubapi.com/crm/v3/objects/contacts/batch/update "
      R"({"inputs":[{"id":"101","properties":{"funnel_stage":"BOFU","score":"82"}}]} (repeatable))");
  REQUIRE(api.read(last,
                   R"({"results":[],"errors":[{"message":"gone","context":{"ids":["101"]}}]})", 207)
              .has_value());
  CHECK(api.notes.outcomes == std::vector<std::string>{"101: gone"});
  REQUIRE(api.read(last, R"({"results":[],"errors":[{"message":"?"}]})", 207).has_value());
  CHECK(api.notes.is_unsure);
}

TEST_CASE("hubspot api: what the key may do") {
  auto api = hubspot_api();
  const auto tasks = api.api().check();
  REQUIRE(tasks.size() == 3);
  REQUIRE(
      api.read(tasks[0], "{}", 200, {{"X-HubSpot-RateLimit-Daily-Remaining", "900"}}).has_value());
  CHECK(api.notes.facts ==
        std::vector<std::string>{"scope content: granted", "calls left today (bad): 900"});
  REQUIRE(api.read(tasks[1], "{}", 403).has_value());
  CHECK(api.notes.facts ==
        std::vector<std::string>{
            "scope crm.objects.contacts.read (bad): not granted: needed for contacts"});
  CHECK(api.api().problem({400, {}, R"({"message":"Invalid","errors":[{"message":"limit"}]})"}) ==
        "Invalid (limit)");
}
