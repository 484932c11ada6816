#include "support/adapter_case.hpp"

namespace mailfunnel::mailjet {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_mailjet("mailjet", mailjet::register_adapter);

std::string event(const std::string& word, const std::string& more = "") {
  return R"({"event":")" + word +
         R"(","time":1772443507,"MessageID":19421777396190490,"email":"ann@example.com")" + more +
         "}";
}
std::string failed(const std::string& word, const std::string& error,
                   const std::string& more = "") {
  return event(word, R"(,"error_related_to":"x","error":")" + error + "\"" + more);
}

} // namespace

TEST_CASE("mailjet: what is ours") {
  CHECK(k_mailjet.takes(event("open")));
  CHECK(k_mailjet.takes("[" + event("sent") + "]"));
  CHECK_FALSE(k_mailjet.takes(event("levitate")));
  CHECK_FALSE(k_mailjet.takes(R"({"event":"open","time":1,"email":"a@example.com"})"));
  CHECK(k_mailjet.takes(
      R"({"Count":1,"Data":[{"ContactID":1,"ListID":2,"IsUnsubscribed":true}],"Total":1})"));
  CHECK_FALSE(k_mailjet.takes(R"({"Count":1,"Data":[{"ID":1,"Subject":"Spring"}],"Total":1})"));
}

TEST_CASE("mailjet: one event, what comes of it") {
  struct Row {
    const char* name;
    std::string record;
    const char* part;
  };
  for (const auto& row : {
           Row{"sent is delivered", event("sent"), R"({"kind":"delivered")"},
           Row{"ids beyond 2^53", event("open"), R"("message_id":"19421777396190490")"},
           Row{"the campaign's number",
               event("open", R"(,"mj_campaign_id":7,"customcampaign":"c")"),
               R"("campaign":"7","campaign_name":"c")"},
           Row{"no number: the sender's own name",
               event("open", R"(,"mj_campaign_id":0,"customcampaign":"c")"),
               R"("campaign":"c","campaign_name":"c")"},
           Row{"nobody's contact", event("open", R"(,"mj_contact_id":0)"),
               R"({"kind":"open","address":"ann@example.com","time")"},
           Row{"hard, whatever the error",
               failed("bounce", "quota exceeded", R"(,"hard_bounce":true)"),
               R"("class":"hard","reason":"mailbox_full")"},
           Row{"not hard, whatever the error", failed("bounce", "user unknown"),
               R"("class":"soft","reason":"user_unknown")"},
           Row{"not hard, but refused for what it was", failed("bounce", "content blocked"),
               R"("class":"block","reason":"content")"},
           Row{"an error that is new goes by the comment",
               failed("bounce", "levitated", R"(,"comment":"452 4.2.2 full")"),
               R"("class":"soft","status":"4.2.2","code":452,"reason":"mailbox_full")"},
           Row{"the error where its group belongs",
               event("bounce", R"(,"error_related_to":"greylisted","error":"")"),
               R"({"kind":"deferred")"},
           Row{"not tried: the domain is misspelt", failed("blocked", "typofix"),
               R"("bounce":{"class":"hard","reason":"host_unknown")"},
           Row{"not tried: complained before", failed("blocked", "spam reporter"),
               R"("bounce":{"reason":"feedback")"},
           Row{"not tried, nobody says why", event("blocked"), R"("bounce":{"reason":"other"})"},
           Row{"the list that was left", event("unsub", R"(,"mj_list_id":8)"), R"("scope":"8")"},
           Row{"a payload that is no JSON", event("open", R"(,"Payload":"free text")"),
               R"("message_id":"19421777396190490","native":"open")"},
           Row{"a link of a click only", event("open", R"(,"url":"https://www.example.com/")"),
               R"("message_id":"19421777396190490","native":"open")"},
           Row{"a word that is new", event("levitate"), R"({"kind":"unknown")"},
           Row{"fields of the wrong type",
               event("click", R"(,"url":[1],"Payload":7,"agent":{},"mj_campaign_id":{})"),
               R"("evidence":["empty_agent"],"native":"click")"},
       }) {
    CAPTURE(row.name);
    check_has(k_mailjet.lines("[" + event("open") + "," + row.record + "]").back(), row.part);
  }
}

TEST_CASE("mailjet: a duplicate is passed over") {
  CHECK(k_mailjet.lines("[" + failed("blocked", "duplicate in campaign") + "]").empty());
}

TEST_CASE("mailjet: a webhook is read when it brings the secret") {
  HttpRequest request;
  request.headers = {{"Authorization", "Basic YW5uOm9wZW4gc2VzYW1l"}};
  request.body = "[" + event("open") + "," + event("click") + "]";
  CHECK(k_mailjet.webhook(request, {{"mailjet_basic_auth", "ann:open sesame"}}).size() == 2);
  k_mailjet.check_either_key(request, "open sesame");
  k_mailjet.check_either_key(request, "ann:open sesame");
  check_has(k_mailjet.refusal(request, {{"basic_auth", "ann:sesame"}}), "basic_auth");
  check_has(k_mailjet.refusal(request, {}), "no secret is set");
  request.body = event("open"); // version 1
  CHECK(k_mailjet.webhook(request, {{"basic_auth", "ann:open sesame"}}).size() == 1);
}
