#include "support/adapter_case.hpp"

namespace mailfunnel::mailchimp {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_mailchimp("mailchimp", mailchimp::register_adapter);

std::string form(const std::string& type, const std::string& data) {
  return "type=" + type + "&fired_at=2026-03-02+10%3A16%3A02&data[list_id]=a6b5da1054" + data;
}
const std::string k_ann = "&data[email]=ann%40example.com";

HttpRequest request_of(const std::string& body, const std::string& signature = "") {
  HttpRequest request;
  request.body = body;
  if (!signature.empty()) {
    request.headers = {{"X-Mailchimp-Signature", signature}};
  }
  return request;
}

// HMAC-SHA256 made with openssl(1).
const std::string k_body = "type=unsubscribe&fired_at=2026-01-02+03%3A04%3A05";
constexpr Seconds k_signed_at = 1'767'323'045;
const std::string k_signature =
    "t=1767323045,v1=a8bbaae58fa4f14755be56111578033b02b7309f99fdd082f9099cd5a311a585";

} // namespace

TEST_CASE("mailchimp webhooks: what is ours") {
  CHECK(k_mailchimp.takes(form("profile", k_ann)));
  CHECK_FALSE(k_mailchimp.takes("type=open&date_time=2026-03-02T10:15:30&contact[id]=1"));
  CHECK_FALSE(k_mailchimp.takes("type=open&fired_at=2026-03-02"));
}

TEST_CASE("mailchimp webhooks: what they tell") {
  struct Row {
    const char* name;
    std::string body;
    std::vector<std::string> parts; // of a line each
  };
  for (const auto& row : {
           Row{"joined",
               form("subscribe", k_ann + "&data[merges][FNAME]=Ann&data[merges][EMAIL]=x"),
               {R"("subscription":"subscribed")"}},
           Row{"left",
               form("unsubscribe", k_ann + "&data[reason]=manual&data[campaign_id]=c1"),
               {R"("subscription":"unsubscribed")", R"("kind":"unsubscribe")"}},
           Row{"left as spam",
               form("unsubscribe", k_ann + "&data[reason]=abuse"),
               {R"("subscription":"unsubscribed")", R"("kind":"complaint")"}},
           Row{"cleaned",
               form("cleaned", k_ann + "&data[reason]=hard"),
               {R"("subscription":"cleaned")", R"("class":"hard")"}},
           Row{"cleaned as spam",
               form("cleaned", k_ann + "&data[reason]=abuse"),
               {R"("subscription":"cleaned")", R"("kind":"complaint")"}},
           Row{"another address",
               form("upemail",
                    "&data[old_email]=ann%40example.com&data[new_email]=ann%40example.org"),
               {R"("kind":"address_change","address":"ann@example.com")"}},
           Row{"sent",
               form("campaign", "&data[id]=c1&data[status]=sent&data[subject]=Hi"),
               {R"("subject":"Hi")"}},
           Row{"not sent", form("campaign", "&data[id]=c1&data[status]=canceled"), {}},
           Row{"a type that is new",
               form("levitate", k_ann + "&data[reason]=abuse"),
               {R"("kind":"unknown")"}},
           Row{"nobody", form("profile", ""), {R"("rejected":"no data[email]")"}},
           Row{"no time",
               "type=profile&data[list_id]=a&fired_at=now" + k_ann,
               {R"(in fired_at is not a time)"}},
       }) {
    CAPTURE(row.name);
    auto request = request_of(row.body);
    request.url = "/?key=open-sesame";
    const auto lines = k_mailchimp.webhook(request, {{"webhook_key", "open-sesame"}});
    CHECK(lines.size() == row.parts.size());
    for (std::size_t i = 0; i < std::min(lines.size(), row.parts.size()); ++i) {
      check_has(lines[i], row.parts[i]);
    }
  }
}

TEST_CASE("mailchimp webhooks: signed") {
  for (const std::string name :
       {"signing_secret", "mailchimp_signing_secret", "webhook_key", "webhook_secret"}) {
    CAPTURE(name);
    const Secrets secrets{{name, "test-secret"}};
    // The body tells nobody: it is taken, and its record rejected.
    CHECK(k_mailchimp.webhook(request_of(k_body, k_signature), secrets, k_signed_at).size() == 1);
    CHECK(k_mailchimp.refusal(request_of(k_body + "x", k_signature), secrets, k_signed_at) ==
          "the signature is wrong");
    check_has(k_mailchimp.refusal(request_of(k_body, k_signature), secrets, k_signed_at + 301),
              "more than 5m off");
    CHECK(k_mailchimp.refusal(request_of(k_body), secrets, k_signed_at) != "taken");
  }
}

TEST_CASE("mailchimp webhooks: by a secret in the URL") {
  auto request = request_of(form("profile", k_ann));
  request.url = "/hooks/open-sesame";
  for (const std::string name : {"webhook_key", "webhook_secret", "url_secret"}) {
    CAPTURE(name);
    CHECK(k_mailchimp.webhook(request, {{name, "open-sesame"}}).size() == 1);
    check_has(k_mailchimp.refusal(request, {{name, "open-bar"}}), "does not bring the secret");
  }
  // Where it is said that requests are signed, none goes without.
  check_has(k_mailchimp.refusal(
                request, {{"signing_secret", "test-secret"}, {"webhook_key", "open-sesame"}}),
            "no header X-Mailchimp-Signature");
  // And where both are set, both must be right.
  auto both = request_of(k_body, k_signature);
  const Secrets secrets{{"signing_secret", "test-secret"}, {"url_secret", "open-sesame"}};
  check_has(k_mailchimp.refusal(both, secrets, k_signed_at), "does not bring the secret");
  both.url = "/hooks/open-sesame";
  CHECK(k_mailchimp.webhook(both, secrets, k_signed_at).size() == 1);
}

TEST_CASE("mailchimp webhooks: times in the account's zone") {
  auto request = request_of(form("profile", k_ann));
  request.url = "/?key=open-sesame";
  const WebhookContext context{0, *find_zone("Europe/Amsterdam"), true};
  const auto lines = k_mailchimp.webhook(request, {{"webhook_key", "open-sesame"}}, context);
  REQUIRE(lines.size() == 1);
  check_has(lines.front(), "2026-03-02T09:16:02Z");
}
