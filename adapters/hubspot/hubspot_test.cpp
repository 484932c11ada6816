#include "support/adapter_case.hpp"

namespace mailfunnel::hubspot {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_hubspot("hubspot", hubspot::register_adapter);

std::string event(const std::string& type, const std::string& more = "") {
  return R"({"appId":1,"portalId":2,"created":1772445400000,"id":"i","emailCampaignId":3,)"
         R"("recipient":"ann@example.com","type":")" +
         type + "\"" + more + "}";
}

constexpr auto k_body =
    R"([{"eventId":1,"subscriptionId":2,"portalId":3,"occurredAt":1772445330123,)"
    R"("subscriptionType":"contact.propertyChange","objectId":101,"propertyName":"jobtitle",)"
    R"("propertyValue":"Director"}])";
const Secrets k_secrets{{"client_secret", "test client secret"}};
constexpr Seconds k_now = 1772445331;

HttpRequest request(std::vector<std::pair<std::string, std::string>> headers) {
  HttpRequest out;
  out.url = "https://example.com/hook?x=1";
  out.headers = std::move(headers);
  out.body = k_body;
  return out;
}

} // namespace

TEST_CASE("hubspot: what is ours") {
  CHECK(k_hubspot.takes(event("OPEN")));
  CHECK(k_hubspot.takes(R"({"events":[)" + event("LEVITATED") + "]}"));
  CHECK_FALSE(k_hubspot.takes(R"({"events":[]})"));
  CHECK_FALSE(k_hubspot.takes(R"({"type":"OPEN","recipient":"a@x.be","created":1})"));
  CHECK_FALSE(k_hubspot.takes( // a company
      R"({"results":[{"id":"1","properties":{"name":"Acme"},"createdAt":"x","updatedAt":"x"}]})"));
}

TEST_CASE("hubspot: one event, what comes of it") {
  struct Row {
    const char* name;
    std::string record;
    const char* part;
  };
  for (const auto& row : {
           Row{"a category that blocks goes before the answer",
               event("BOUNCE", R"(,"status":"5.1.1","category":"POLICY_VIOLATION")"),
               R"("bounce":{"class":"block","status":"5.1.1","reason":"policy"})"},
           Row{"a status of three digits",
               event("BOUNCE", R"(,"status":"452","category":"MAILBOX_FULL")"),
               R"("bounce":{"class":"soft","code":452,"reason":"mailbox_full"})"},
           Row{"nothing is known of a bounce: soft", event("BOUNCE"),
               R"("bounce":{"class":"soft","reason":"other"})"},
           Row{"a deferral is never hard",
               event("DEFERRED", R"(,"response":"550 5.1.1 no such user")"), R"("class":"soft")"},
           Row{"dropped after a complaint", event("MTADROPPED", R"(,"dropReason":"PREVIOUS_SPAM")"),
               R"("bounce":{"reason":"feedback","diagnostic":"PREVIOUS_SPAM"})"},
           Row{"an agent that is null is an empty one", event("OPEN", R"(,"userAgent":null)"),
               R"("evidence":["empty_agent"])"},
           Row{"a word that is new", event("LEVITATED"), R"({"kind":"unknown")"},
           Row{"fields of the wrong type", event("CLICK", R"(,"url":[1],"filteredEvent":"yes")"),
               R"("event_id":"i","native":"CLICK")"},
       }) {
    CAPTURE(row.name);
    check_has(k_hubspot.line(row.record), row.part);
  }
}

TEST_CASE("hubspot: a webhook is read by whichever signature it has") {
  CHECK(k_hubspot
            .webhook(request({{"X-HubSpot-Signature",
                               "937d4c5ee24b8d6aca39ea58ebb8595bca7799608c71c6bf7c5e8116fb233f5d"},
                              {"X-HubSpot-Signature-Version", "v1"}}),
                     k_secrets, k_now)
            .size() == 1);
  CHECK(k_hubspot
            .webhook(request({{"X-HubSpot-Signature",
                               "7f02968d2081f40747a76251df82e37b9c01619b994ecf1edc5a5810a3b670ef"},
                              {"X-HubSpot-Signature-Version", "v2"}}),
                     k_secrets, k_now)
            .size() == 1);
  CHECK(k_hubspot
            .webhook(
                request({{"X-HubSpot-Signature-v3", "P8v3Q7oCDwr3wk4yLRI88XYKzDxKXF45D5HewBdEVrc="},
                         {"X-HubSpot-Request-Timestamp", "1772445331000"}}),
                k_secrets, k_now)
            .size() == 1);
}

TEST_CASE("hubspot: a webhook is refused") {
  auto good = request({{"X-HubSpot-Signature-v3", "P8v3Q7oCDwr3wk4yLRI88XYKzDxKXF45D5HewBdEVrc="},
                       {"X-HubSpot-Request-Timestamp", "1772445331000"}});
  check_has(k_hubspot.refusal(good, {}, k_now), "no secret");
  k_hubspot.check_either_key(good, "test client secret", k_now);
  check_has(k_hubspot.refusal(good, {{"client_secret", "another"}}, k_now), "wrong");
  check_has(k_hubspot.refusal(good, k_secrets, k_now + 301), "more than 5m off");
  check_has(k_hubspot.refusal(request({}), k_secrets, k_now), "no header X-HubSpot-Signature");
  auto changed = good;
  changed.url = "https://example.com/other";
  check_has(k_hubspot.refusal(changed, k_secrets, k_now), "wrong");
  auto told = k_secrets; // behind a proxy
  told["webhook_url"] = good.url;
  CHECK(k_hubspot.refusal(changed, told, k_now) == "taken");
  changed.url.clear();
  check_has(k_hubspot.refusal(changed, k_secrets, k_now), "the URL that HubSpot called");
  changed = good;
  changed.body += " ";
  check_has(k_hubspot.refusal(changed, k_secrets, k_now), "wrong");
  changed = good;
  changed.headers.pop_back();
  check_has(k_hubspot.refusal(changed, k_secrets, k_now), "no header X-HubSpot-Request-Timestamp");
}
