#include "support/adapter_case.hpp"

namespace mailfunnel::listmonk {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_listmonk("listmonk", listmonk::register_adapter);

const std::string k_header = "campaign_id,campaign_uuid,campaign_name,subscriber_id,"
                             "subscriber_uuid,email,subscriber_name,";
const std::string k_title = "--\n-- PostgreSQL database dump\n--\n\n";
const std::string k_clicks = k_title + "COPY public.link_clicks (id, campaign_id, link_id, "
                                       "subscriber_id, created_at) FROM stdin;\n";

std::string campaign(const std::string& members) {
  return R"({"data":{"id":1,"uuid":"u","name":"n","subject":"s","from_email":"shop@example.com",)"
         R"("messenger":"email",)" +
         members + "}}";
}

} // namespace

TEST_CASE("listmonk: what is ours") {
  CHECK(k_listmonk.takes(k_header + "created_at\n"));
  CHECK(k_listmonk.takes(k_header + "url,created_at\n"));
  CHECK(k_listmonk.takes("uuid,email,name,attributes,status,created_at,updated_at\n"));
  CHECK(k_listmonk.takes(campaign(R"("body":"")")));
  CHECK(k_listmonk.takes(k_clicks));
  CHECK_FALSE(k_listmonk.takes("campaign_id,email,created_at\n"));
  CHECK_FALSE(k_listmonk.takes(k_title + "COPY public.link_clicks (id, url) FROM stdin;\n"));
  CHECK_FALSE(k_listmonk.takes(k_clicks.substr(k_title.size())));
  CHECK_FALSE(k_listmonk.takes(R"({"data":{"results":[{"id":1,"email":"ann@example.com"}]}})"));
}

TEST_CASE("listmonk: links of a body") {
  struct Row {
    const char *content, *body, *part;
  };
  for (const auto& row : {
           Row{"html", R"(<a href=\"https://x.example/a@TrackLink\">)",
               R"(<a href=\"https://x.example/a\">)"},
           Row{"html", R"(<a href=\"{{ TrackLink \"https://x.example/a\" }}\">)",
               R"(<a href=\"https://x.example/a\">)"},
           Row{"html", R"(<a href=\"{{- TrackLink `https://x.example/a` . -}}\">)",
               R"(<a href=\"https://x.example/a\">)"},
           Row{"richtext", R"(<a href=\"{{ TrackLink &quot;https://x.example/a&quot; . }}\">)",
               R"(<a href=\"https://x.example/a\">)"},
           Row{"html", R"(<a href=\"{{ UnsubscribeURL }}\">)", R"(<a href=\"{{ UnsubscribeURL }})"},
           Row{"html", R"({{ TrackLink .Url }} {{ open)",
               R"("html":"{{ TrackLink .Url }} {{ open")"},
           Row{"html", R"({{ TrackLink \"open }})", R"("html":"{{ TrackLink \"open }}")"},
           Row{"plain", "see https://x.example/a@TrackLink", R"("text":"see https://x.example/a")"},
           Row{"markdown", R"(a [Demo](https://x.example/a@TrackLink \"t\"))",
               R"("links":[{"url":"https://x.example/a","text":"Demo"}])"},
       }) {
    CAPTURE(row.body);
    check_has(k_listmonk.line(campaign(std::string(R"("content_type":")") + row.content +
                                       R"(","body":")" + row.body + "\"")),
              row.part);
  }
  const auto line = k_listmonk.line(
      campaign(R"("content_type":"markdown","body":"![x](p.png) ](a) [y]() [z](https://z.be")"));
  CHECK(line.find("\"links\"") == std::string::npos);
}

TEST_CASE("listmonk: what a campaign is, and who sends it") {
  check_has(k_listmonk.line(campaign(R"("type":"optin")")), R"("kind":"transactional")");
  check_has(k_listmonk.line(campaign(R"("type":"regular")")),
            R"({"campaign":{"id":"1","name":"n","subject":"s","from_address":"shop@example.com")");
}

TEST_CASE("listmonk: a dump that is cut off or of another order") {
  const auto lines = k_listmonk.lines(
      k_clicks + "5\t12\t3\t77\t2026-03-02 10:25:07.5+01\n6\t12\t3\n7\t12\t3\t\\N\t2026-03-02\n"
                 "8\t12\t3\t78\tsoon\n\\.\n"
                 "COPY public.links (url, \"id\") FROM stdin;\nhttps://x.example/a\\tb\t3\n");
  REQUIRE(lines.size() == 4);
  check_has(lines[0], R"("time":"2026-03-02T09:25:07.5Z","campaign":"12",)");
  check_has(lines[0], R"("link":"https://x.example/a\tb")");
  check_has(lines[1], "not as many fields");
  check_has(lines[2], "no subscriber");
  check_has(lines[3], "is not a time");
  CHECK(k_listmonk.lines(k_clicks.substr(0, k_clicks.size() - 1)).empty());
}

TEST_CASE("listmonk: attributes that are none, or no JSON, are left out") {
  for (const auto* const attributes : {"", "{}", "{\"\"city\"\":", "[1]"}) {
    CAPTURE(attributes);
    const auto line = k_listmonk.line(
        "uuid,email,name,attributes,status,created_at,updated_at\nu,ann@example.com,"
        "Ann,\"" +
        std::string(attributes) + "\",enabled,,\n");
    check_has(line, R"("contact_id":"u","attributes":{"name":"Ann"}},)");
  }
}

TEST_CASE("listmonk: an unconfirmed subscription is one where nothing is ever confirmed") {
  const auto status = [](const std::string& members) {
    const auto lines = k_listmonk.lines(
        R"({"id":1,"uuid":"u","email":"ann@example.com","attribs":{},"status":"enabled",)"
        R"("lists":[{"id":4,)" +
        members + "}]}");
    REQUIRE(lines.size() >= 2);
    return lines[1];
  };
  check_has(status(R"("optin":"single","subscription_status":"unconfirmed")"),
            R"("list":"4","subscription":"subscribed")");
  check_has(status(R"("optin":"double","subscription_status":"unconfirmed")"),
            R"("subscription":"pending")");
  CHECK(status(R"("subscription_status":"unconfirmed")").find("subscription\":") ==
        std::string::npos);
  check_has(status(R"("subscription_status":"confirmed")"), R"("subscription":"subscribed")");
}

TEST_CASE("listmonk: a bounce is read when our secret is there, and times itself") {
  HttpRequest request;
  request.url = "/hook?secret=test-secret";
  request.body = R"({"email":"gone@example.com","campaign_uuid":"u","source":"api","type":"hard"})";
  const Secrets secrets{{"webhook_secret", "test-secret"}};
  const auto lines = k_listmonk.webhook(request, secrets, 1772443507);
  REQUIRE(lines.size() == 1);
  check_has(lines[0], R"("time":"2026-03-02T09:25:07Z","bounce":{"class":"hard")");
  check_has(k_listmonk.line(request.body), "no \\\"created_at\\\" (a time)");
  check_has(k_listmonk.refusal(request, {}), "no secret");
  k_listmonk.check_either_key(request, "test-secret");
  request.url = "/hook?secret=another";
  check_has(k_listmonk.refusal(request, secrets), "does not bring");
}
