// Recipients and one person as pages: who sees what of whom, and what is done for a person.

#include "site_world.hpp"

#include "app/access_log.hpp"
#include "app/forget.hpp"
#include "app/kept_run.hpp"
#include "web/pages/handles.hpp"

#include <algorithm>
#include <cctype>

namespace mailfunnel {
namespace {

constexpr std::string_view k_config = R"toml([[account]]
name = "news"
esp = "sendgrid"
[scoring]
profile = "seed"
click = { BOFU = 20 }
caps = { BOFU = 30 }
[[fit]]
name = "known <b>country</b>"
attribute = "country"
equals = ["BE"]
points = 6
[[segment]]
name = "calls"
use = "sales"
where = "score > 0"
)toml";

constexpr std::string_view k_hostile = R"x(<script>alert(1)</script>\"'{{t.save}}\u202e)x";

/// Sixty people got five mailings; ann clicked on prices twice, with two links.
std::string log_text() {
  std::string out;
  const auto add = [&](std::string_view kind, std::string_view who, int mailing, Seconds time,
                       std::string_view more) {
    out += fmt::format("{{\"kind\":\"{}\",\"account\":\"news\",\"address\":\"{}\",\"time\":\"{}\","
                       "\"campaign\":\"m{}\"{}}}\n",
                       kind, who, format_time(time), mailing, more);
  };
  for (int mailing = 0; mailing < 5; ++mailing) {
    const auto at = k_now - (60 - mailing * 10) * k_day;
    add("delivered", "ann@example.com", mailing, at, "");
    for (int person = 0; person < 60; ++person) {
      add("delivered", fmt::format("p{:02}@example.com", person), mailing, at, "");
    }
  }
  const auto at = k_now - 20 * k_day;
  add("open", "ann@example.com", 4, at + 4'000, fmt::format(R"(,"user_agent":"{}")", k_hostile));
  add("click", "ann@example.com", 4, at + 5'000, R"(,"link":"https://shop.example/pricing")");
  add("click", "ann@example.com", 4, at + 6'000,
      R"(,"link":"https://shop.example/demo?x=<script>alert(2)</script>")");
  add("click", "ann@example.com", 4, at + 7'000, R"x(,"link":"javascript:alert(3)")x");
  return out;
}

struct World : SiteWorld {
  explicit World(std::string config = std::string(k_config)) : SiteWorld(config) {
    import("log.ndjson", log_text());
  }
  std::vector<Access> noted() {
    auto opened = store();
    return *accesses(opened, "", 100);
  }
};

bool holds(const HttpResponse& answer, std::string_view text) {
  return answer.body.find(text) != std::string::npos;
}
std::size_t count(std::string_view text, std::string_view part) {
  std::size_t out = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++out;
  }
  return out;
}
/// What stands in the first href that holds the text.
std::string link_with(const HttpResponse& answer, std::string_view part) {
  constexpr std::string_view k_href = "href=\"";
  const auto& body = answer.body;
  for (auto at = body.find(k_href); at != std::string::npos; at = body.find(k_href, at + 1)) {
    const auto begin = at + k_href.size();
    auto link = body.substr(begin, body.find('"', begin) - begin);
    if (link.find(part) != std::string::npos) {
      for (auto sign = link.find("&amp;"); sign != std::string::npos; sign = link.find("&amp;")) {
        link.replace(sign, 5, "&");
      }
      return link;
    }
  }
  return {};
}

constexpr std::string_view k_ann = "/recipients/ann%40example.com";

TEST_CASE("everybody, hottest first, a page after the other") {
  World world;
  const auto first = world.get("/recipients", Role::reviewer);
  REQUIRE(first.status == 200);
  CHECK(holds(first, "61 people"));
  CHECK(first.body.find("ann@example.com") < first.body.find("p00@example.com"));
  CHECK(holds(first, "2 × BOFU"));
  const auto next = link_with(first, "after=");
  REQUIRE(!next.empty());
  const auto second = world.get(next, Role::reviewer);
  CHECK(!holds(second, "ann@example.com"));
  CHECK(count(first.body, "<tr><td><a href=\"/recipients/") == 50);
  CHECK(count(second.body, "<tr><td><a href=\"/recipients/") == 11);
  CHECK(link_with(second, "after=").empty());
  CHECK(world.noted()[0].what == "view");
  CHECK(world.noted()[0].people == 11);
  CHECK(world.noted()[0].detail == "page, recipients");
}

TEST_CASE("by a part of the address and by an expression; a mistake is shown with its place") {
  World world;
  CHECK(holds(world.get("/recipients?q=P0", Role::reviewer), "10 people"));
  CHECK(holds(world.get("/recipients?q=p0&where=score+%3E+0", Role::reviewer), "0 people"));
  CHECK(holds(world.get("/recipients?where=clicked(stage+%3D+BOFU)", Role::reviewer), "1 people"));
  const auto wrong = world.get("/recipients?where=scor+%3E+1", Role::reviewer);
  CHECK(wrong.status == 200);
  CHECK(holds(wrong, "did you mean `score`?"));
  CHECK(holds(wrong, "aria-invalid=\"true\""));
  CHECK(holds(wrong, "^"));
  CHECK(!holds(wrong, "p00@example.com"));
  // As somebody types only the number is asked for, and nobody is shown.
  const auto before = world.noted().size();
  const auto part = world.get("/recipients?q=p1", Role::reviewer, true);
  CHECK(holds(part, "10 people"));
  CHECK(!holds(part, "@example.com"));
  CHECK(world.noted().size() == before);
  CHECK(world.get("/recipients?where=" + std::string(5'000, 'x')).status == 400);
  CHECK(world.get("/recipients?after=x").status == 400);
  const auto file = world.get("/recipients.csv?q=ann");
  CHECK(holds(file, "ann@example.com"));
  CHECK(world.noted()[0].what == "export");
}

TEST_CASE("a person with a ledger that adds up") {
  World world;
  const auto page = world.get(std::string(k_ann), Role::reviewer);
  REQUIRE(page.status == 200);
  auto store = world.store();
  const auto ann =
      *explain(store, world.workspace, world.workspace.config.rules, "ann@example.com", k_now);
  CHECK(holds(page, "<th scope=\"row\" colspan=\"6\">Score</th><td class=\"n\">" +
                        format_points(ann.score) + "</td>"));
  CHECK(count(page.body, "<tr class=\"cut\">") == 1);
  CHECK(holds(page, "BOFU cap"));
  CHECK(holds(page, "by cell"));
  CHECK(holds(page, "OPENED"));
  CHECK(holds(page, "Fewer than 3 mails came before it."));
  CHECK(holds(page, "<a href=\"/segments/calls\">calls</a>"));
  CHECK(holds(page, "rel=\"noopener noreferrer\""));
  CHECK(!holds(page, "href=\"javascript:"));
  CHECK(!holds(page, "<script>alert"));
  CHECK(!holds(page, "Rights of the person"));
  CHECK(world.noted()[0].what == "view");
  CHECK(world.noted()[0].person == "ann@example.com");
  // Before any mail came.
  const auto earlier = world.get(std::string(k_ann) + "?as_of=2020-01-01", Role::reviewer);
  CHECK(holds(earlier, "Nothing that gives points."));
  CHECK(world.get(std::string(k_ann) + "?as_of=soon").status == 400);
}

TEST_CASE("events and history are parts, and pages of their own") {
  World world;
  const auto events = world.get(std::string(k_ann) + "/events", Role::reviewer, true);
  CHECK(holds(events, "1 to 9 of 9"));
  CHECK(!holds(events, "<html"));
  CHECK(!holds(events, "<script>alert"));
  CHECK(holds(world.get(std::string(k_ann) + "/events", Role::reviewer), "<html"));
  CHECK(holds(world.get(std::string(k_ann) + "/events?after=9"), "10 to 9 of 9") == false);
  const auto history = world.get(std::string(k_ann) + "/history", Role::reviewer, true);
  CHECK(holds(history, "<svg class=\"chart\""));
  CHECK(holds(history, "As a table"));
}

TEST_CASE("sales is told why, and no more") {
  World world;
  const auto page = world.get(std::string(k_ann), Role::sales);
  REQUIRE(page.status == 200);
  CHECK(holds(page, "BOFU cap"));
  CHECK(!holds(page, "Who looked"));
  CHECK(!holds(page, "data-load"));
  CHECK(!holds(page, "/campaigns/"));
  CHECK(world.noted()[0].what == "explain");
  for (const auto* path :
       {"/recipients", "/recipients.csv", "/recipients/ann%40example.com/events",
        "/recipients/ann%40example.com/history", "/recipients/ann%40example.com/letter"}) {
    CAPTURE(path);
    CHECK(world.get(path, Role::sales).status == 403);
  }
}

TEST_CASE("nobody by that name, and hostile names") {
  World world;
  const auto page = world.get("/recipients/%3Cscript%3Ealert(1)%3C%2Fscript%3E%7B%7Bt.save%7D%7D");
  CHECK(page.status == 404);
  CHECK(holds(page, "&lt;script&gt;alert(1)"));
  CHECK(holds(page, "{{t.save}}"));
  CHECK(!holds(page, "<script>alert"));
  CHECK(world.get("/recipients/nobody%40example.com/events").status == 404);
}

TEST_CASE("objection and suppression, by those who may") {
  World world;
  const auto ann = std::string(k_ann);
  for (const auto* what : {"/object", "/suppress", "/unsuppress", "/erase"}) {
    CAPTURE(what);
    CHECK(world.post(ann + what, {}, Role::reviewer).status == 403);
  }
  CHECK(world.get(ann + "/letter", Role::reviewer).status == 403);
  CHECK(world.post(ann + "/erase", {}, Role::operations).status == 403);
  CHECK(world.post(ann + "/object", {{"from", "all"}}, Role::operations).status == 400);
  CHECK(world.post(ann + "/suppress", {{"reason", "objection"}}, Role::operations).status == 400);
  CHECK(world.post(ann + "/suppress", {{"reason", "manual"}, {"note", std::string(600, 'x')}})
            .status == 400);

  const auto objected = world.post(ann + "/object", {{"from", "mailing"}}, Role::operations);
  CHECK(objected.status == 303);
  CHECK(objected.header("Location") == ann + "?done=objected");
  CHECK(world.noted()[0].what == "object");
  CHECK(world.noted()[0].who == "operator");
  const auto after = world.get(ann + "?done=objected");
  CHECK(holds(after, "The objection is noted."));
  CHECK(holds(after, "objects to marketing"));
  CHECK(world.post(ann + "/object", {{"from", "mailing"}}).header("Location") ==
        ann + "?done=nothing");
  CHECK(
      world.post(ann + "/object", {{"from", "mailing"}, {"withdraw", "true"}}).header("Location") ==
      ann + "?done=withdrawn");
  CHECK(world.post(ann + "/suppress", {{"reason", "manual"}, {"note", "<b>by phone</b>"}}).status ==
        303);
  CHECK(holds(world.get(ann), "&lt;b&gt;by phone&lt;/b&gt;"));
  CHECK(holds(world.get("/recipients"), "suppressed: by hand"));
  CHECK(world.post(ann + "/unsuppress", {}).header("Location") == ann + "?done=unsuppressed");
  CHECK(!holds(world.get(ann + "?done=x\"><script>"), "<script>\""));
}

TEST_CASE("the letter of access, in the language that is asked for") {
  World world;
  const auto letter = world.get(std::string(k_ann) + "/letter?lang=nl", Role::operations);
  CHECK(letter.status == 200);
  CHECK(letter.header("Content-Type") == "text/plain; charset=utf-8");
  CHECK(letter.header("Content-Disposition") == "attachment; filename=\"access-2026-03-31.txt\"");
  CHECK(holds(letter, "ann@example.com"));
  CHECK(world.noted()[0].what == "access");
  CHECK(world.get(std::string(k_ann) + "/letter?lang=xx", Role::operations).status == 400);
}

TEST_CASE("who erases types the address") {
  World world;
  const auto ann = std::string(k_ann);
  CHECK(world.post(ann + "/erase", {{"confirm", "p00@example.com"}}).status == 400);
  CHECK(world.post(ann + "/erase", {{"confirm", ""}}).status == 400);
  CHECK(world.post("/recipients/nobody%40example.com/erase", {{"confirm", "nobody@example.com"}})
            .status == 404);
  // In this world nobody takes tasks: it comes so far.
  CHECK(world.post(ann + "/erase", {{"confirm", " Ann@Example.com "}}).status == 404);
}

TEST_CASE("who was erased is not named any more") {
  World world;
  {
    auto store = world.store();
    (void)forget(store, world.workspace, {{"ann@example.com"}, false, "test", k_now}, {});
  }
  const auto page = world.get(std::string(k_ann));
  CHECK(page.status == 404);
  CHECK(holds(page, "This person was erased on 31 Mar 2026."));
  CHECK(!holds(page, "ann@example.com"));
  CHECK(!holds(page, "ann%40example.com"));
}

TEST_CASE("then and now, beside a run that was kept") {
  World world;
  {
    auto store = world.store();
    run_scores(store, world.workspace, world.workspace.config.rules, k_now - 30 * k_day, true);
    const auto run = *run_of(store, world.workspace, k_now - 30 * k_day);
    keep_run(store, run, world.workspace.config.rules,
             build_world(store, world.workspace, world.workspace.config.rules, run.as_of),
             {"segment <i>calls</i>, 1 people"}, k_now);
  }
  const auto page = world.get(std::string(k_ann));
  CHECK(holds(page, "segment &lt;i&gt;calls"));
  const auto compared = world.get(std::string(k_ann) + "?run=1", Role::reviewer);
  REQUIRE(compared.status == 200);
  CHECK(holds(compared, "Run 1 (as of 1 Mar 2026"));
  CHECK(holds(compared, "Since then"));
  CHECK(world.get(std::string(k_ann) + "?run=7").status == 404);
  CHECK(world.get(std::string(k_ann) + "?run=x").status == 400);
}

TEST_CASE("addresses are kept from reviewers") {
  World world(std::string(k_config) + "[serve]\nmask_addresses = true\n");
  const auto list = world.get("/recipients?q=ann", Role::reviewer);
  REQUIRE(list.status == 200);
  CHECK(holds(list, "61 people")); // q is not looked at
  CHECK(holds(list, "a…@example.com"));
  CHECK(!holds(list, "ann@"));
  CHECK(!holds(list, "p00"));
  CHECK(!holds(list, "name=\"q\""));
  const auto next = world.get(link_with(list, "after="), Role::reviewer);
  CHECK(count(next.body, "<tr><td><a href=\"/recipients/~") == 11);
  const auto handle = link_with(list, "/recipients/~");
  const auto page = world.get(handle, Role::reviewer);
  CHECK(page.status == 200);
  CHECK(holds(page, "<h1>a…@example.com</h1>"));
  CHECK(!holds(page, "ann@"));
  CHECK(!holds(page, "ann%40"));
  CHECK(world.get(handle + "/events", Role::reviewer, true).status == 200);
  CHECK(world.get(std::string(k_ann), Role::reviewer).status == 404);
  CHECK(world.get("/recipients?where=email+contains+%22ann%22", Role::reviewer).status == 403);
  CHECK(world.get("/recipients.csv", Role::reviewer).status == 403);
  CHECK(world.get("/segments/calls/csv", Role::reviewer).status == 403);
  CHECK(!holds(world.get("/segments/calls", Role::reviewer), "ann@"));
  // Others see them, and find the same person behind the link.
  CHECK(holds(world.get("/recipients", Role::operations), "ann@example.com"));
  CHECK(holds(world.get(handle, Role::operations), "<h1>ann@example.com</h1>"));
}

TEST_CASE("handles open where they were sealed, and nowhere else") {
  const Handles here, elsewhere;
  for (const auto* text : {"ann@example.com", "", "é@example.com"}) {
    const auto handle = here.seal(text);
    CHECK(handle == here.seal(text));
    CHECK(std::all_of(handle.begin() + 1, handle.end(), [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    }));
    CHECK(here.open(handle) == text);
    CHECK(!elsewhere.open(handle));
    auto changed = handle;
    changed[5] = changed[5] == 'A' ? 'B' : 'A';
    CHECK(!here.open(changed));
    CHECK(!here.open(handle.substr(0, handle.size() - 4)));
  }
  for (const auto* wrong : {"", "~", "ann@example.com", "~AAAA", "~****"}) {
    CHECK(!here.open(wrong));
  }
  CHECK(masked_address("ann@example.com") == "a…@example.com");
  CHECK(masked_address("étienne@example.com") == "é…@example.com");
  CHECK(masked_address("12345") == "1…");
  CHECK(masked_address("") == "…");
}

} // namespace
} // namespace mailfunnel
