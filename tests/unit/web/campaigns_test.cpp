// The pages of mailings and links, a stage that is set in place, and the reports on paper.

#include "site_world.hpp"

#include "app/campaign_list.hpp"
#include "web/pages/paper.hpp"
#include "web/pages/report_view.hpp"

#include <algorithm>

namespace mailfunnel {
namespace {

constexpr std::string_view k_config = R"toml([[account]]
name = "news"
esp = "sendgrid"
[scoring]
profile = "seed"
)toml";

constexpr std::string_view k_campaigns =
    R"xml(<campaigns xmlns="urn:mailfunnel:campaign:1" version="1">
<campaign id="m1" family="spring">
<name>Spring &lt;script&gt;alert(1)&lt;/script&gt; {{t.save}}</name>
<subject>A "subject" &#x202e; backwards</subject>
<sent>2026-03-11T12:00:00Z</sent>
<links>
<link><url>https://shop.example/pricing</url><text>Prices &lt;b&gt;</text></link>
<link><url>https://shop.example/about</url><text>About</text></link>
<link><url>ftp://shop.example/files</url><text>Another kind of address</text></link>
</links>
</campaign>
<campaign id="m2" family="spring">
<name>Spring again</name>
<sent>2026-03-12T12:00:00Z</sent>
<links><link><url>https://shop.example/about</url><text>About</text></link></links>
</campaign>
</campaigns>
)xml";

constexpr unsigned k_people = 30;

/// Thirty people got both; every third clicked on the prices in the first, every fifth on "about"
/// in both.
std::string log_text() {
  std::string out;
  for (const auto* mailing : {"m1", "m2"}) {
    for (unsigned person = 0; person < k_people; ++person) {
      const auto at = k_now - 20 * k_day;
      const auto add = [&](std::string_view kind, Seconds time, std::string_view more) {
        out += fmt::format("{{\"kind\":\"{}\",\"account\":\"news\",\"address\":\"p{}@example.com\","
                           "\"time\":\"{}\",\"campaign\":\"{}\"{}}}\n",
                           kind, person, format_time(time), mailing, more);
      };
      add("delivered", at, "");
      if (person % 3 == 0 && std::string_view(mailing) == "m1") {
        add("click", at + 4'000 + person * 60, R"(,"link":"https://shop.example/pricing")");
      }
      if (person % 5 == 0) {
        add("click", at + 9'000 + person * 60, R"(,"link":"https://shop.example/about")");
      }
    }
  }
  return out;
}

struct World : SiteWorld {
  World() : SiteWorld(k_config) {
    workspace.config.report_zone = nullptr;
    const auto path = (folder / "campaigns.xml").string();
    REQUIRE(write_file(path, k_campaigns).has_value());
    auto opened = store();
    ImportRequest request;
    request.paths = {path};
    request.account = "news";
    request.rejects = (folder / "rejects").string();
    request.now = k_now;
    const auto summary = import_paths(opened, workspace, request, {});
    REQUIRE(summary.failed == 0);
    import("log.ndjson", log_text());
  }
  Stage stage_of(const std::string& url, const std::string& campaign) {
    auto opened = store();
    const auto built = build_world(opened, workspace, workspace.config.rules, k_now);
    for (const auto& line :
         link_lines(opened, built, workspace.config.rules.robots, k_now, campaign)) {
      if (line.link->url == url) {
        return line.link->tag.stage;
      }
    }
    FAIL("no such link");
    return Stage::none;
  }
};

bool holds(const HttpResponse& answer, std::string_view text) {
  return answer.body.find(text) != std::string::npos;
}

TEST_CASE("the mailings are listed with their balance, and are searched") {
  World world;
  const auto page = world.get("/campaigns", Role::reviewer);
  CHECK(page.status == 200);
  CHECK(holds(page, "href=\"/campaigns/news/m1\""));
  CHECK(holds(page, "with 1 of its family"));
  CHECK(holds(page, "aria-label=\"BOFU 10, UNTAGGED 6\""));
  CHECK(page.body.find("Spring again") < page.body.find("/campaigns/news/m1")); // newest first
  const auto found = world.get("/campaigns?q=AGAIN", Role::reviewer);
  CHECK(holds(found, "/campaigns/news/m2"));
  CHECK(!holds(found, "/campaigns/news/m1"));
  CHECK(holds(world.get("/campaigns?q=nothing%20so"), "No mailing is called so."));
  CHECK(world.get("/campaigns?after=-1").status == 400);
  CHECK(world.get("/campaigns?after=x").status == 400);
  CHECK(world.get("/campaigns?after=99").status == 200);
  CHECK(world.get("/campaigns", Role::sales).status == 403);
}

TEST_CASE("a mailing is shown with its family, or alone") {
  World world;
  const auto page = world.get("/campaigns/news/m1", Role::reviewer);
  CHECK(page.status == 200);
  CHECK(holds(page, "belongs to a family of 2 mailings"));
  CHECK(holds(page, "Spring again"));
  CHECK(holds(page, "<dt>Delivered</dt><dd>30 <small>100%</small>"));
  CHECK(holds(page, "<dt>Clicked</dt><dd>14 <small>47%</small>"));
  CHECK(holds(page, "3 of 4 content links have no stage"));
  const auto alone = world.get("/campaigns/news/m1?alone=true", Role::reviewer);
  CHECK(!holds(alone, "Spring again"));
  CHECK(holds(alone, "With its family"));
  const auto part = world.get("/campaigns/news/m1", Role::reviewer, true);
  CHECK(!holds(part, "<html"));
  CHECK(holds(part, "<dt>Delivered</dt>"));
  CHECK(world.get("/campaigns/news/m1?as_of=2026-03-15").status == 200);
  CHECK(world.get("/campaigns/news/m1?as_of=never").status == 400);
  CHECK(world.get("/campaigns/news/m1?alone=perhaps").status == 400);
  CHECK(world.get("/campaigns/news/m9").status == 404);
  CHECK(world.get("/campaigns/other/m1").status == 404);
  CHECK(world.get("/campaigns/news/m1", Role::sales).status == 403);
}

TEST_CASE("what mailings and links are called is text, and only http leads out") {
  World world;
  for (const auto* path : {"/campaigns", "/campaigns/news/m1", "/links"}) {
    CAPTURE(path);
    const auto page = world.get(path);
    CHECK(!holds(page, "<script>alert"));
    CHECK(!holds(page, "Prices <b>"));
    CHECK(holds(page, "&lt;script&gt;alert(1)"));
    CHECK(holds(page, "{{t.save}}")); // as it came, not filled
    CHECK(!holds(page, "href=\"ftp:"));
  }
  const auto page = world.get("/links");
  CHECK(holds(page, "<span title=\"ftp://shop.example/files\">"));
  CHECK(holds(page,
              "<a href=\"https://shop.example/pricing\" title=\"https://shop.example/pricing\" "
              "rel=\"noopener noreferrer\">"));
}

TEST_CASE("all links: most clicked untagged first, filtered, and as a file") {
  World world;
  const auto page = world.get("/links", Role::reviewer);
  CHECK(page.body.find("shop.example/about") < page.body.find("shop.example/pricing"));
  CHECK(holds(page, "55% of the clicks on content are on links without a stage."));
  CHECK(!holds(world.get("/links?stage=BOFU"), "shop.example/about"));
  for (const auto* path : {"/links?untagged=true", "/links?stage=UNTAGGED"}) {
    CHECK(!holds(world.get(path), "shop.example/pricing\""));
  }
  CHECK(!holds(world.get("/links?campaign=m2"), "shop.example/pricing"));
  CHECK(holds(world.get("/links?campaign=nobody"), "No such links."));
  CHECK(world.get("/links?stage=DEEP").status == 400);
  const auto file = world.get("/links/csv?stage=BOFU", Role::reviewer);
  CHECK(file.header("Content-Type") == "text/csv; charset=utf-8");
  CHECK(file.body.starts_with("campaign,url,stage,why,text,clicks\nm1,https://shop.example/pricing,"
                              "BOFU,"));
  CHECK(world.get("/links", Role::sales).status == 403);
}

TEST_CASE("who may not set stages is not offered to") {
  World world;
  for (const auto* path : {"/links", "/campaigns/news/m1"}) {
    CAPTURE(path);
    CHECK(!holds(world.get(path, Role::reviewer), "/links/preview"));
    CHECK(holds(world.get(path, Role::operations), "/links/preview"));
  }
  const std::vector<std::pair<std::string, std::string>> form{
      {"link", "https://shop.example/about"}, {"stage", "BOFU"}};
  CHECK(world.post("/links/preview", form, Role::reviewer).status == 403);
  CHECK(world.post("/links", form, Role::reviewer).status == 403);
  CHECK(world.stage_of("https://shop.example/about", "m1") == Stage::untagged);
}

TEST_CASE("a stage is set after its preview, and the page comes back with a note") {
  World world;
  const std::string link = "https://shop.example/about?utm_source=news";
  const auto form = [&](std::string stage, std::string back) {
    return std::vector<std::pair<std::string, std::string>>{
        {"link", link}, {"campaign", "m1"}, {"stage", std::move(stage)}, {"back", std::move(back)}};
  };
  const auto preview = world.post("/links/preview", form("BOFU", "/campaigns/news/m1?alone=true"),
                                  Role::operations, true);
  CHECK(preview.status == 200);
  CHECK(!holds(preview, "<html"));
  CHECK(holds(preview, "<b>In this mailing:</b>"));
  CHECK(holds(preview, "6 clicks are scored anew: 6 people get another score"));
  CHECK(holds(preview, "<b>In all mailings (2 links):</b>"));
  CHECK(world.stage_of("https://shop.example/about", "m1") == Stage::untagged); // nothing is stored
  CHECK(holds(world.post("/links/preview", form("BOFU", "/links"), Role::operations), "<html"));

  const auto stored =
      world.post("/links", form("BOFU", "/campaigns/news/m1?alone=true"), Role::operations);
  CHECK(stored.status == 303);
  CHECK(stored.header("Location") == "/campaigns/news/m1?alone=true&stored=1");
  CHECK(world.stage_of("https://shop.example/about", "m1") == Stage::bofu);
  CHECK(world.stage_of("https://shop.example/about", "m2") == Stage::untagged);
  const auto page = world.get("/campaigns/news/m1?alone=true&stored=1", Role::operations);
  CHECK(holds(page, "Links that have another stage now: 1;"));
  CHECK(holds(page, "set by hand")); // what was kept of the page before is not shown
  CHECK(holds(world.post("/links/preview", form("auto", ""), Role::operations), "6 people"));
  CHECK(world.post("/links", form("auto", ""), Role::operations).header("Location") ==
        "/links?stored=1");
  CHECK(world.stage_of("https://shop.example/about", "m1") == Stage::untagged);
}

TEST_CASE("a wrong wish is told, and nobody is led elsewhere") {
  World world;
  CHECK(world.post("/links", {{"stage", "BOFU"}}).status == 400);
  CHECK(world.post("/links", {{"link", std::string(2'001, 'x')}, {"stage", "BOFU"}}).status == 400);
  CHECK(world.post("/links", {{"link", "https://shop.example/"}, {"stage", "DEEP"}}).status == 400);
  CHECK(world.post("/links/preview", {{"link", "x"}, {"stage", ""}}).status == 400);
  for (const auto* back : {"https://evil.example/", "//evil.example", "/\\evil.example",
                           "/recipients", "/links\r\nSet-Cookie: a=b", "/links#x", ""}) {
    CAPTURE(back);
    const auto answer = world.post(
        "/links", {{"link", "https://shop.example/x"}, {"stage", "TOFU"}, {"back", back}});
    CHECK(answer.header("Location") == "/links?stored=0");
  }
  CHECK(holds(
      world.post("/links/preview", {{"link", "https://shop.example/pricing"}, {"stage", "BOFU"}}),
      "Nothing would change"));
}

TEST_CASE("a review on paper needs nothing else") {
  World world;
  auto store = world.store();
  const auto report = *report_campaign(store, world.workspace, "m1", false, k_now);
  for (const auto language : {Language::en, Language::nl, Language::fr}) {
    const Words words(language, nullptr);
    const auto html = report_paper(words, report, totals_of(store, world.workspace, report));
    CHECK(html.starts_with("<!doctype html>\n<html lang=\"" + std::string(code_of(language))));
    for (const auto* foreign : {"<script", "<link ", "<img", " src=", "@import", "url(", "<form",
                                "<iframe", " style=\"", "http-equiv"}) {
      CAPTURE(foreign);
      CHECK(html.find(foreign) == std::string::npos);
    }
    CHECK(html.find("<style>") == html.rfind("<style>"));
    CHECK(html.find("<svg") != std::string::npos);
    CHECK(html.find(words["balance"]) != std::string::npos);
  }
}

/// A platform's totals, one of each name, as none of them agrees.
TEST_CASE("every difference and figure of a reconciliation has its words") {
  World world;
  auto store = world.store();
  const auto report = *report_campaign(store, world.workspace, "m2", true, k_now);
  ReconciledMailing told{"news", "m2", "Spring again", k_now, k_now, {}};
  for (const auto* name :
       {"sent", "delivered", "opens", "unique_opens", "unique_opens_by_people", "clicks",
        "unique_clicks", "hard_bounces", "soft_bounces", "unsubscribes", "complaints"}) {
    told.figures.push_back({name, 10, 20, "why", "machines"});
  }
  for (const auto* reason : {"no_names", "deleted", "opens", "unique_opens", "open_of_whom",
                             "clicks", "machines", "hard_bounces", "soft_bounces", "unsubscribes",
                             "complaints", "unread", "erased", "not_pulled", "ours_more"}) {
    CHECK(Words::has("differs_" + std::string(reason)));
    told.figures.push_back({"sent", 30, 20, "why", reason});
  }
  told.figures.push_back({"sent", 20, 20, "", ""});
  const auto html = report_paper(Words(Language::en, nullptr), report, {told});
  CHECK(html.find("1 of 27 figures agree.") != std::string::npos);
  CHECK(html.find("the platform leaves out machines") != std::string::npos);
  for (std::size_t i = 0; i < k_imbalances; ++i) {
    CHECK(Words::has("balance_" + std::string(name_of(static_cast<Imbalance>(i)))));
  }
  for (std::size_t i = 0; i < k_silences; ++i) {
    const auto one = static_cast<Silence>(i);
    CHECK((one == Silence::not_opened || one == Silence::reacted ||
           Words::has("silence_" + std::string(name_of(one)))));
  }
}

TEST_CASE("the hours of a review hold what was done in them") {
  World world;
  auto store = world.store();
  const auto report = *report_campaign(store, world.workspace, "m1", true, k_now);
  std::uint64_t clicks = 0;
  for (const auto& hour : report.hours) {
    clicks += hour.clicks;
  }
  CHECK(clicks == 16); // all
  CHECK(report.hours.at(0).clicks == 0);
  CHECK(report.hours.at(1).clicks == 10); // from 4,000 s on
  CHECK(report.hours.at(2).clicks == 6);
}

} // namespace
} // namespace mailfunnel
