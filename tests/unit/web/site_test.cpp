// The pages: who may see them, what changes something, and that whatever comes from outside is
// text.

#include "site_world.hpp"

#include "store/catalog.hpp"
#include "web/pages/asset_table.hpp"
#include "web/pages/assets.hpp"
#include "web/pages/chart.hpp"

#include <algorithm>
#include <set>

namespace mailfunnel {
namespace {

constexpr std::string_view k_config = R"toml([[account]]
name = "news"
esp = "sendgrid"
[scoring]
profile = "seed"
[[segment]]
name = "calls"
use = "sales"
where = "score > 0"
columns = ["email", "score", "reasons"]
[[segment]]
name = "next mailing"
where = "received(campaign = \"m1\")"
)toml";

constexpr std::string_view k_hostile = "<script>alert(1)</script>\"'{{t.save}}&amp;\\u202e";

/// Thirty people; every third clicked on the prices. What can be a text is hostile.
std::string log_text() {
  std::string out;
  for (unsigned person = 0; person < 30; ++person) {
    const auto at = k_now - 20 * k_day;
    const auto add = [&](std::string_view kind, Seconds time, std::string_view more) {
      out += fmt::format("{{\"kind\":\"{}\",\"account\":\"news\",\"address\":\"p{}@example.com\","
                         "\"time\":\"{}\",\"campaign\":\"m1\"{}}}\n",
                         kind, person, format_time(time), more);
    };
    add("delivered", at, "");
    if (person % 3 == 0) {
      add("click", at + 4'000 + person * 60,
          R"(,"link":"https://shop.example/pricing?<script>alert(2)</script>")");
    }
  }
  return out;
}

struct World : SiteWorld {
  World() : SiteWorld(k_config) { import("log.ndjson", log_text()); }
};

bool holds(const HttpResponse& answer, std::string_view text) {
  return answer.body.find(text) != std::string::npos;
}

TEST_CASE("a page is for those who are logged in") {
  World world;
  const auto away = world.send(world.request("GET", "/rules?x=1"));
  CHECK(away.status == 303);
  CHECK(away.header("Location") == "/login?to=%2Frules%3Fx%3D1");
  auto part = world.request("GET", "/overview/history");
  part.http.headers.emplace_back("X-Fragment", "1");
  CHECK(world.send(part).status == 401);
  CHECK(world.log_in("mf_nobodys").status == 403);
  CHECK(world.log_in("").status == 403);
  CHECK(world.get("/").status == 200);
  auto forged = world.request("GET", "/");
  forged.http.headers.emplace_back("Cookie", "mailfunnel=abc; mailfunnel=; other=1");
  CHECK(world.send(forged).status == 303);
}

TEST_CASE("the cookie is for us alone; log-out and a token that is taken back end it") {
  World world;
  auto asked = world.request("POST", "/login");
  asked.secure = true;
  asked.http.body = "token=" + world.token[Role::reviewer] + "&to=%2Frules";
  const auto answer = world.send(asked);
  CHECK(answer.header("Location") == "/rules");
  const auto cookie = answer.header("Set-Cookie");
  for (const auto* part : {"HttpOnly", "SameSite=Lax", "Secure", "Path=/;"}) {
    CAPTURE(part);
    CHECK(cookie.find(part) != std::string_view::npos);
  }
  CHECK(world.get("/", Role::operations).status == 200);
  CHECK(world.post("/logout", {}, Role::operations).status == 303);
  CHECK(world.get("/", Role::operations).status == 303);
  CHECK(world.get("/", Role::admin).status == 200);
  auto store = world.store();
  REQUIRE(remove_token(store, "admin"));
  CHECK(world.get("/", Role::admin).status == 303);
}

TEST_CASE("nobody is sent elsewhere by a link to us") {
  World world;
  for (const auto* to : {"https://evil.example/", "//evil.example", "/\\evil.example",
                         "javascript:x", "/a b", "/x\r\nSet-Cookie: a=b", ""}) {
    CAPTURE(to);
    auto asked = world.request("POST", "/login");
    asked.http.body =
        "token=" + world.token[Role::reviewer] + "&to=" + percent_encode(std::string_view(to));
    CHECK(world.send(asked).header("Location") == "/");
  }
}

TEST_CASE("attempts to log in are slowed down") {
  World world;
  int refused = 0;
  for (int i = 0; i < 30; ++i) {
    refused += holds(world.log_in("mf_x"), "Too many attempts") ? 1 : 0;
  }
  CHECK(refused >= 15);
}

TEST_CASE("what changes something comes from our own forms") {
  World world;
  const auto cookie = world.cookie_of_role(Role::admin);
  const auto csrf = world.csrf_of(Role::admin);
  struct Row {
    const char *name, *number, *site, *origin;
    int status;
  };
  const Row rows[] = {
      {"as it should be", "right", "same-origin", "http://127.0.0.1:8765", 200},
      {"a browser that says nothing", "right", "", "", 200},
      {"without the number", "", "same-origin", "", 403},
      {"with another one", "wrong", "same-origin", "", 403},
      {"from another site", "right", "cross-site", "", 403},
      {"from another site of the same machine", "right", "same-site", "", 403},
      {"another origin", "right", "", "https://evil.example", 403},
      {"no origin", "right", "", "null", 403},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    auto asked = world.request("POST", "/rules/try");
    asked.http.headers.emplace_back("Cookie", "mailfunnel=" + cookie);
    asked.http.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    if (*row.site != '\0') {
      asked.http.headers.emplace_back("Sec-Fetch-Site", row.site);
    }
    if (*row.origin != '\0') {
      asked.http.headers.emplace_back("Origin", row.origin);
    }
    asked.http.body =
        "csrf=" + (std::string_view(row.number) == "right" ? percent_encode(csrf) : row.number);
    CHECK(world.send(asked).status == row.status);
  }
  // Not as JSON either, which a form of another site can't send without being asked for.
  auto json = world.request("POST", "/rules/try");
  json.http.headers.emplace_back("Cookie", "mailfunnel=" + cookie);
  json.http.headers.emplace_back("Content-Type", "text/plain");
  json.http.body = "csrf=" + percent_encode(csrf);
  CHECK(world.send(json).status == 400);
  // The API takes the session, but for changes only with its number.
  auto api = world.request("POST", "/api/v1/simulate");
  api.http.headers.emplace_back("Cookie", "mailfunnel=" + cookie);
  CHECK(!world.site.caller_of(api, world.workspace, k_now));
  api.http.headers.emplace_back("X-CSRF", csrf);
  CHECK(world.site.caller_of(api, world.workspace, k_now)->name == "admin");
}

TEST_CASE("every page has its head: nothing from elsewhere, no frame, nothing kept") {
  World world;
  for (const auto& path : {"/login", "/", "/nothing", "/rules"}) {
    CAPTURE(path);
    const auto answer = world.get(path);
    const auto policy = answer.header("Content-Security-Policy");
    for (const auto* part : {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'",
                             "form-action 'self'", "base-uri 'none'"}) {
      CHECK(policy.find(part) != std::string_view::npos);
    }
    CHECK(policy.find("unsafe") == std::string_view::npos);
    CHECK(answer.header("X-Frame-Options") == "DENY");
    CHECK(answer.header("Cache-Control") == "no-store");
    CHECK(answer.header("Referrer-Policy") == "no-referrer");
    CHECK(!holds(answer, " style=\""));
    CHECK(!holds(answer, " onclick="));
  }
}

TEST_CASE("each role sees its pages") {
  World world;
  for (const auto& route : page_routes()) {
    if (route.method != "GET" || route.path.find('{') != std::string_view::npos) {
      continue;
    }
    for (const auto role : {Role::sales, Role::reviewer, Role::operations, Role::admin}) {
      CAPTURE(route.path);
      CAPTURE(name_of(role));
      const auto status = world.get(std::string(route.path), role).status;
      const auto front = route.path == "/" && role == Role::sales; // is led to what it may see
      // Tasks are not run in this world.
      const bool there = route.path != "/tasks" || role == Role::sales;
      CHECK(status == (front ? 303 : role < route.least ? 403 : there ? 200 : 404));
    }
  }
  CHECK(holds(world.get("/segments", Role::sales), "calls"));
  CHECK(!holds(world.get("/segments", Role::sales), "next mailing"));
  CHECK(world.get("/segments/next%20mailing", Role::sales).status == 403);
  CHECK(world.get("/segments/calls", Role::sales).status == 200);
}

TEST_CASE("one who may only read changes nothing") {
  World world;
  {
    auto store = world.store();
    world.token[Role::operations] = *add_token(store, {"looker", Role::operations, true, k_now});
  }
  CHECK(world.get("/plans", Role::operations).status == 200);
  CHECK(world.post("/plans/1/approve", {}, Role::operations).status == 403);
  CHECK(world.post("/rules/try", {}, Role::operations).status == 200); // which changes nothing
}

TEST_CASE("in three languages") {
  World world;
  CHECK(holds(world.get("/"), "<html lang=\"en\">"));
  for (const auto& [header, word] :
       {std::pair{"nl-BE,nl;q=0.9,en;q=0.5", "Overzicht"}, std::pair{"de, fr-FR;q=0.8", "Aperçu"},
        std::pair{"ja", "Overview"}, std::pair{"", "Overview"}}) {
    CAPTURE(header);
    auto asked = world.request("GET", "/");
    asked.http.headers.emplace_back("Cookie", "mailfunnel=" + world.cookie_of_role(Role::admin));
    asked.http.headers.emplace_back("Accept-Language", header);
    CHECK(holds(world.send(asked), word));
  }
  const auto chosen = world.post("/language", {{"lang", "fr"}, {"to", "/rules"}});
  CHECK(chosen.status == 303);
  CHECK(chosen.header("Location") == "/rules");
  CHECK(chosen.header("Set-Cookie").starts_with("mailfunnel_lang=fr;"));
}

TEST_CASE("numbers, points and times as the language writes them") {
  const auto zone = *find_zone("Europe/Brussels");
  const Words en(Language::en, zone), nl(Language::nl, zone), fr(Language::fr, nullptr);
  CHECK(en.number(1'234'567) == "1,234,567");
  CHECK(nl.number(1'234'567) == "1.234.567");
  CHECK(fr.number(1'234'567) == "1\u202F234\u202F567");
  CHECK(en.points(12'500) == "12.5");
  CHECK(nl.points(-12'500) == "\u221212,5");
  CHECK(en.points(-20) == "0");
  CHECK(en.points(49) == "0");
  CHECK(en.points(50) == "0.1");
  CHECK(en.change(3'000) == "+3");
  CHECK(en.change(0) == "0");
  CHECK(en.share(1, 3) == "33%");
  CHECK(nl.share(1, 30) == "3,3\u00A0%");
  CHECK(en.share(1, 3'000) == "0.03%");
  CHECK(en.share(0, 10) == "0%");
  CHECK(en.share(1, 0).empty());
  CHECK(en.time(k_now) == "31 Mar 2026, 14:00");
  CHECK(nl.date(k_now) == "31 mrt 2026");
  CHECK(fr.time(k_now) == "31 mars 2026, 12:00");
  CHECK(en.bytes(1'500) == "1.5\u00A0kB");
  CHECK(en.bytes(123'456'789) == "123\u00A0MB");
  CHECK(find_language("NL-be") == Language::nl);
  CHECK(!find_language("de"));
}

/// {{t.word}}, {{>part}} of a text.
std::set<std::string> asked_for(std::string_view text, std::string_view mark) {
  std::set<std::string> out;
  for (auto place = text.find(mark); place != std::string_view::npos;
       place = text.find(mark, place + 1)) {
    const auto begin = place + mark.size();
    out.emplace(text.substr(begin, text.find('}', begin) - begin));
  }
  return out;
}

TEST_CASE("templates ask for words and parts that there are, and each word is in three languages") {
  for (const auto& asset : asset_table()) {
    if (!asset.name.starts_with("templates/")) {
      continue;
    }
    CAPTURE(asset.name);
    for (const auto* mark : {"{{t.", "{{#t.", "{{{t."}) {
      for (const auto& word : asked_for(asset.bytes, mark)) {
        CAPTURE(word);
        CHECK(Words::has(word));
      }
    }
    for (const auto& part : asked_for(asset.bytes, "{{>")) {
      CAPTURE(part);
      CHECK(find_asset("templates/" + part + ".html"));
    }
    CHECK(asset.bytes.find(" style=") == std::string_view::npos);
    CHECK(asset.bytes.find("http://") == std::string_view::npos);
    CHECK(asset.bytes.find("https://") == std::string_view::npos);
  }
  for (const auto part : {frame_words(), overview_words(), campaign_words(), recipient_words(),
                          rule_words(), segment_words()}) {
    for (const auto& word : part) {
      CAPTURE(word.key);
      CHECK(!word.en.empty());
      CHECK(!word.nl.empty());
      CHECK(!word.fr.empty());
      const auto gaps = [](std::string_view text) {
        std::size_t count = 0;
        for (auto at = text.find("{}"); at != std::string_view::npos;
             at = text.find("{}", at + 2)) {
          ++count;
        }
        return count;
      };
      CHECK(gaps(word.nl) == gaps(word.en));
      CHECK(gaps(word.fr) == gaps(word.en));
    }
  }
}

TEST_CASE("a template escapes what it is filled with, and an empty text is not true") {
  const Words words(Language::en, nullptr);
  View view;
  view.set("message", std::string(k_hostile));
  const auto html = render("problem", view, words);
  CHECK(html.find("<script>") == std::string::npos);
  CHECK(html.find("&lt;script&gt;") != std::string::npos);
  CHECK(html.find("{{t.save}}") != std::string::npos); // as it came, not filled
  CHECK(html.find("Try again") == std::string::npos);
  View empty;
  empty.set("again", "");
  CHECK(render("problem", empty, words).find("Try again") == std::string::npos);
  CHECK_THROWS_AS(render("no_such_template", view, words), std::logic_error);
}

TEST_CASE("charts escape, and draw nothing into nowhere") {
  const auto bars = bar_chart({{"<b>", "\"x\"", 3}, {"", "", 0}}, {{0.5, "<i>"}});
  CHECK(bars.find("<b>") == std::string::npos);
  CHECK(bars.find("<i>") == std::string::npos);
  CHECK(bars.find("&lt;b&gt;") != std::string::npos);
  for (const auto& svg : {bar_chart({}), line_chart({}, {}), line_chart({"a"}, {{"s", "s1", {0}}}),
                          stacked_bar({{"s1", 0}}, 0)}) {
    CHECK(svg.find("nan") == std::string::npos);
    CHECK(svg.find("inf") == std::string::npos);
    CHECK(svg.ends_with("</svg>"));
  }
  CHECK(nice_step(100, 5) == doctest::Approx(20));
  CHECK(nice_step(7, 5) == doctest::Approx(2));
  CHECK(nice_step(0, 5) == doctest::Approx(1));
}

TEST_CASE("static files are kept for ever by their hash, and packed where the browser takes it") {
  World world;
  auto asked = world.request("GET", static_path("app.css"));
  const auto plain = static_response(asked);
  CHECK(plain.status == 200);
  CHECK(plain.header("Content-Type") == "text/css; charset=utf-8");
  CHECK(plain.header("Cache-Control").find("immutable") != std::string_view::npos);
  CHECK(holds(plain, ":root"));
  asked.http.headers.emplace_back("Accept-Encoding", "gzip, br");
  const auto packed = static_response(asked);
  CHECK(packed.header("Content-Encoding") == "gzip");
  CHECK(packed.body.size() < plain.body.size() / 2);
  asked.http.headers.emplace_back("If-None-Match", std::string(plain.header("ETag")));
  CHECK(static_response(asked).status == 304);
  for (const auto* path :
       {"/static/", "/static/x", "/static/x/nothing.css", "/static/x/../../templates/frame.html",
        "/static/x/templates/frame.html"}) {
    CAPTURE(path);
    CHECK(static_response(world.request("GET", path)).status == 404);
  }
  // Another version's address: there, but not for ever.
  CHECK(static_response(world.request("GET", "/static/000000000000/app.css"))
            .header("Cache-Control") == "no-cache");
}

TEST_CASE("overview: the matrix leads to the people of its cells") {
  World world;
  const auto page = world.get("/");
  CHECK(page.status == 200);
  CHECK(holds(page, "/recipients?where=level%20%3D%201%20and%20grade%20%3D%20A"));
  CHECK(holds(page, "30"));
  CHECK(!holds(page, "could not be used"));
  CHECK(!holds(page, "No webhooks of"));
  REQUIRE(write_file((world.folder / "rejects-20260330T120000.ndjson").string(), "{}\n"));
  REQUIRE(write_file((world.folder / "rejects-20250101T120000.ndjson").string(), "{}\n")); // old
  {
    auto store = world.store();
    const WriterLock lock(store.path());
    Transaction transaction(store.database());
    Catalog catalog(store.database());
    const auto account = catalog.account_id("news", "sendgrid");
    catalog.extend_coverage(account, "webhook", k_now - 5 * k_day, 0);
    catalog.extend_coverage(account, "webhook", k_now - 2 * k_day, 0);
    transaction.commit();
  }
  const auto troubled = world.get("/");
  CHECK(holds(troubled, "in 1 files"));
  CHECK(holds(troubled, "rejects-20260330T120000.ndjson"));
  CHECK(holds(troubled, "No webhooks of news"));
  const auto history = world.get("/overview/history", Role::reviewer, true);
  CHECK(holds(history, "<svg"));
  CHECK(!holds(history, "<html"));
  CHECK(world.get("/overview/history", Role::reviewer, true).body == history.body);
}

TEST_CASE("rules lab: who moves, mistakes, and the file") {
  World world;
  const auto page = world.get("/rules", Role::reviewer);
  CHECK(holds(page, "name=\"k.scoring.click.BOFU\""));
  const auto moved =
      world.post("/rules/try", {{"k.scoring.click.BOFU", "50"}}, Role::reviewer, true);
  CHECK(moved.status == 200);
  CHECK(holds(moved, "another score: 10"));
  CHECK(holds(moved, "p0@example.com"));
  const auto same =
      world.post("/rules/try", {{"k.scoring.click.BOFU", "20"}}, Role::reviewer, true);
  CHECK(holds(same, "another score: 0"));
  const auto wrong = world.post("/rules/try", {{"k.scoring.click.BOFU", std::string(k_hostile)}},
                                Role::reviewer, true);
  CHECK(holds(wrong, "is no value for it"));
  CHECK(!holds(wrong, "<script>alert"));
  const auto more =
      world.post("/rules/try", {{"more", "[scoring]\nopen = \"x\""}}, Role::reviewer, true);
  CHECK(holds(more, "role=\"alert\""));
  const auto include =
      world.post("/rules/try", {{"more", "include = [\"/etc/passwd\"]"}}, Role::reviewer, true);
  CHECK(holds(include, "include can&apos;t be used here"));
  const auto file = world.post("/rules/download", {{"k.scoring.click.BOFU", "50"}}, Role::reviewer);
  CHECK(file.header("Content-Disposition").find("rules.toml") != std::string_view::npos);
  CHECK(parse_config(file.body, "rules").config.rules.scoring.click_bofu == 50 * k_point);
  const auto test =
      world.post("/rules/backtest", {{"conversions", "nothing"}}, Role::reviewer, true);
  CHECK(test.status == 200);
  CHECK(holds(test, "role=\"alert\""));
}

TEST_CASE("rules lab: who may not see addresses asks after none") {
  World world;
  world.workspace.config.serve.mask_addresses = true;
  const std::string_view by_address =
      "[[fit]]\nname = \"x\"\nattribute = \"email\"\nequals = [\"p0@example.com\"]\npoints = 9\n";
  const std::vector<std::pair<std::string, std::string>> asked{{"more", std::string(by_address)}};
  CHECK(holds(world.post("/rules/try", asked, Role::reviewer, true), "who may see addresses"));
  CHECK(world.post("/rules/download", asked, Role::reviewer).status == 400);
  CHECK(holds(world.post("/rules/backtest",
                         {{"conversions", "email,date\np0@example.com,2026-03-20\n"}},
                         Role::reviewer, true),
              "who may see addresses"));
  CHECK(!holds(world.get("/rules", Role::reviewer), "name=\"more\""));
  const auto moved =
      world.post("/rules/try", {{"k.scoring.click.BOFU", "50"}}, Role::reviewer, true);
  CHECK(holds(moved, "another score: 10"));
  CHECK(!holds(moved, "p0@example.com"));
  CHECK(holds(world.post("/rules/try", asked, Role::operations, true), "another fit: 1"));
}

TEST_CASE("an address with another method says what to do") {
  World world;
  const auto answer = world.post("/rules", {});
  CHECK(answer.status == 405);
  CHECK(holds(answer, "use the form there"));
}

TEST_CASE("segments: a count while one types, a caret under a mistake, people page by page") {
  World world;
  const auto counted = world.get("/segments/try?where=score%20%3E%200", Role::reviewer, true);
  CHECK(holds(counted, "10 people"));
  const auto mistake = world.get("/segments/try?where=clickt(x)", Role::reviewer, true);
  CHECK(holds(mistake, "did you mean"));
  CHECK(holds(mistake, "^"));
  const auto people = world.get("/segments/next%20mailing");
  CHECK(holds(people, "p29@example.com"));
  CHECK(world.get("/segments/none").status == 404);
  const auto overlap = world.get("/segments/overlap", Role::reviewer, true);
  CHECK(holds(overlap, "<b>10</b>"));
  CHECK(holds(overlap, "100%"));
  const auto csv = world.get("/segments/calls/csv", Role::sales);
  CHECK(csv.header("Content-Disposition").find("calls.csv") != std::string_view::npos);
  CHECK(std::count(csv.body.begin(), csv.body.end(), '\n') == 11);
}

TEST_CASE("behind /w/NAME all links and cookies stay there") {
  World world;
  world.base = "/w/client";
  const auto away = world.send(world.request("GET", "/rules"));
  CHECK(away.header("Location") == "/w/client/login?to=%2Fw%2Fclient%2Frules");
  CHECK(holds(world.get("/"), "href=\"/w/client/segments\""));
  auto asked = world.request("POST", "/login");
  asked.http.body = "token=" + world.token[Role::reviewer] + "&to=%2Fw%2Fother%2F";
  CHECK(world.send(asked).header("Location") == "/w/client/");
  CHECK(world.send(asked).header("Set-Cookie").find("Path=/w/client/;") != std::string_view::npos);
}

} // namespace
} // namespace mailfunnel
