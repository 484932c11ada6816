#include "support/adapter_case.hpp"

namespace mailfunnel::activecampaign {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_activecampaign("activecampaign", activecampaign::register_adapter);

std::string form(const std::string& type, const std::string& more = "") {
  return "type=" + type +
         "&date_time=2026-03-02T10:15:30&initiated_from=public&contact[id]=1&contact[email]="
         "ann%40example.com&campaign[id]=41" +
         more;
}

} // namespace

TEST_CASE("activecampaign: what is ours") {
  CHECK(k_activecampaign.takes(form("open")));
  CHECK(k_activecampaign.takes("contact[id]=1&seriesid=2"));
  CHECK_FALSE(k_activecampaign.takes("type=open&time=1&recipient=ann%40example.com"));
  CHECK_FALSE(k_activecampaign.takes("contact[id]=1"));
  CHECK_FALSE(k_activecampaign.takes(R"({"campaigns":[{"id":"1","name":"x"}]})"));
  CHECK_FALSE(k_activecampaign.takes(R"({"contacts":[{"email":"a@x.be"}]})"));
  CHECK_FALSE(k_activecampaign.takes("Email,First Name,Tags,Status\na@x.be,,,\n"));
}

TEST_CASE("activecampaign: one event, what comes of it") {
  struct Row {
    const char* name;
    std::string record;
    const char* part;
  };
  for (
      const auto& row : {
          Row{"an agent that is empty", form("open", "&User-Agent="), R"(["empty_agent"])"},
          Row{"no agent at all", form("click", "&link[url]=x"), R"("link":"x","native":"click")"},
          Row{"the type names the class", form("bounce", "&bounce[type]=soft&bounce[code]=5.1.1"),
              R"("bounce":{"class":"soft","status":"5.1.1","reason":"user_unknown"})"},
          Row{"without a type the code does",
              form("bounce", "&bounce[code]=5.1.1&bounce[description]=gone"),
              R"("bounce":{"class":"hard","status":"5.1.1","reason":"user_unknown","diagnostic":"gone"})"},
          Row{"a code of its own says nothing", form("bounce", "&bounce[code]=17"),
              R"("bounce":{"class":"soft","reason":"other"})"},
          Row{"left all lists", form("unsubscribe", "&list=0"),
              R"("campaign":"41","native":"unsubscribe")"},
          Row{"a type that is new", form("levitated"), R"({"kind":"unknown")"},
      }) {
    CAPTURE(row.name);
    check_has(k_activecampaign.line(row.record), row.part);
  }
}

TEST_CASE("activecampaign: times without a zone are the account's") {
  const auto zone = find_zone("Europe/Brussels");
  REQUIRE(zone);
  check_has(k_activecampaign.line(form("open"), {.zone = *zone, .zone_given = true}),
            "2026-03-02T09:15:30Z");
}

TEST_CASE("activecampaign: a message belongs to the campaign that the user names") {
  const std::string text =
      R"({"message":{"id":"77","fromname":"Shop","fromemail":"shop@example.com","reply2":"",)"
      R"("subject":"20% off","preheader_text":"now","html":"<p>","text":"","htmlfetch":"now"}})";
  check_has(k_activecampaign.line(text), "name the campaign");
  check_has(k_activecampaign.line(text, {.campaign = "41"}),
            R"({"campaign":{"id":"41","subject":"20% off","preheader":"now","from_name":"Shop")");
}

TEST_CASE("activecampaign: a webhook is read when it knows the secret") {
  HttpRequest request;
  request.body = form("open");
  request.url = "https://example.com/hook?secret=open+sesame";
  const Secrets secrets{{"webhook_secret", "open sesame"}};
  CHECK(k_activecampaign.webhook(request, secrets).size() == 1);
  k_activecampaign.check_either_key(request, "open sesame");
  check_has(k_activecampaign.refusal(request, {}), "no secret");
  check_has(k_activecampaign.refusal(request, {{"webhook_secret", "another"}}), "does not bring");
  request.url = "https://example.com/hook";
  check_has(k_activecampaign.refusal(request, secrets), "does not bring");
}
