// Segments out of a stored run are those of scores made anew, whatever is asked for, and in order.

#include "app/export_column.hpp"
#include "app/kept_run.hpp"
#include "app/segment_export.hpp"
#include "test_workspace.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <random>
#include <thread>
#include <tuple>

namespace mailfunnel {
namespace {

constexpr std::string_view k_config = R"([[account]]
name = "a"
esp = "mailfunnel"
[[stage]]
url = "*pricing*"
stage = "BOFU"
[[stage]]
url = "*guide*"
stage = "MOFU"
)";

/// People of all sorts: who opens, clicks, leaves, bounces, is silent.
struct SegmentTest : TestWorkspace {
  SegmentTest() : TestWorkspace(k_config) {
    std::mt19937 random(5);
    std::string log;
    for (int mail = 0; mail < 6; ++mail) {
      for (int person = 0; person < 300; ++person) {
        const auto sent = k_now - (60 - 9 * mail) * k_day;
        const auto tell = [&](std::string_view kind, Seconds after, std::string_view more = {}) {
          log += fmt::format(
              R"({{"kind":"{}","account":"a","address":"p{}@d{}.example","time":"{}","campaign":"c{}"{}}})"
              "\n",
              kind, person, person % 5, format_time(sent + after), mail, more);
        };
        tell("delivered", 0);
        if (random() % 3 == 0) {
          tell("open", 3600,
               person % 10 == 0
                   ? R"J(,"user_agent":"Mozilla/5.0 (via ggpht.com GoogleImageProxy)")J"
                   : R"J(,"user_agent":"Mozilla/5.0 (Windows NT 10.0) Thunderbird/128.0")J");
        }
        if (random() % 5 == 0) {
          tell("click", 4000, R"(,"link":"https://shop.example/pricing")");
        }
        if (random() % 6 == 0) {
          tell("click", 4100, R"(,"link":"https://shop.example/guide")");
        }
        if (random() % 60 == 0) {
          tell(random() % 2 == 0 ? "unsubscribe" : "complaint", 5000);
        }
      }
    }
    import("log.ndjson", log);
    std::string contacts = "email,country,job_title,subscription\n";
    for (int person = 0; person < 300; ++person) {
      contacts += fmt::format("p{}@d{}.example,{},{},{}\n", person, person % 5,
                              person % 3 == 0 ? "BE" : "NL", person % 7 == 0 ? "CEO" : "clerk",
                              person % 4 == 0 ? "unsubscribed" : "subscribed");
    }
    import("people.csv", contacts, true);
  }
  std::string text(std::string_view where, std::vector<std::string> columns) const {
    const auto parsed = parse_expression(where);
    REQUIRE_MESSAGE(parsed.expression, where);
    auto opened = store();
    const std::vector<SegmentRequest> requests{
        {"s", SegmentUse::suppression, parsed.expression.get(), std::move(columns)}};
    return run_segments(opened, workspace, k_now, requests, SegmentForm{ExportFormat::machine})[0]
        .text;
  }
  void keep_scores() const {
    auto opened = store();
    run_scores(opened, workspace, workspace.config.rules, k_now, true);
  }
};

const std::vector<std::string> k_wheres{
    "score >= 2",
    "scale >= 10",
    "level >= 2",
    "fit >= 0",
    "grade >= C",
    "status = MQL",
    "phase = BOFU",
    "last_open within 30d",
    "last_click within 30d",
    "opens >= 2",
    "non_opens >= 1",
    "clicks_tofu = 0",
    "clicks_mofu >= 1",
    "clicks_bofu >= 1",
    "mailings >= 6",
    "non_opens_in_a_row >= 2",
    "silent_days >= 10",
    "silent_mails >= 1",
    "suppressed",
    "proxy_reader",
    R"(email like "p1*")",
    R"(domain = "d2.example")",
    R"(attribute("country") = "BE")",
    R"(subscribed("a"))",
    R"(clicked(stage = BOFU, within 30d) and not opened(campaign = "c1"))",
    R"(not (score < 4 or grade = D) or opens = 1 and phase = MOFU)",
    "score was >= 2 20d ago",
};

TEST_CASE("segments: out of a stored run as out of scores made anew") {
  const SegmentTest test;
  const auto all_columns = [] {
    std::vector<std::vector<std::string>> out{{"email"}, {"email", "country"}};
    for (const auto& name : export_columns()) {
      out.push_back({"email", name});
    }
    out.push_back(export_columns());
    return out;
  }();
  std::vector<std::string> fresh;
  for (const auto& where : k_wheres) {
    fresh.push_back(test.text(where, {"email"}));
    const bool may_be_nobody = where == "proxy_reader" || where.starts_with("subscribed");
    CHECK_MESSAGE((may_be_nobody || fresh.back().size() > 6), where << " holds for nobody");
  }
  std::vector<std::string> fresh_columns;
  for (const auto& columns : all_columns) {
    fresh_columns.push_back(test.text("score >= 2", columns));
  }
  test.keep_scores();
  for (std::size_t i = 0; i < k_wheres.size(); ++i) {
    CAPTURE(k_wheres[i]);
    CHECK(test.text(k_wheres[i], {"email"}) == fresh[i]);
  }
  for (std::size_t i = 0; i < all_columns.size(); ++i) {
    CAPTURE(all_columns[i].back());
    CHECK(test.text("score >= 2", all_columns[i]) == fresh_columns[i]);
  }
}

TEST_CASE("segments: each field has an expression here") {
  for (const auto& name : expression_names()) {
    const bool event = (name.ends_with("ed") || name == "signed_up") && name != "suppressed" &&
                       name != "subscribed";
    const bool asked = std::any_of(k_wheres.begin(), k_wheres.end(), [&](const auto& where) {
      return where.find(name) != std::string::npos;
    });
    const bool field = !event && name != "form" && name != "sent";
    CHECK_MESSAGE((asked || !field), name);
  }
}

TEST_CASE("segments: a run that somebody overtakes is not read, and not kept") {
  SegmentTest test;
  const auto& rules = test.workspace.config.rules;
  auto store = test.store();
  run_scores(store, test.workspace, rules, k_now, true);
  const auto run = run_of(store, test.workspace, k_now);
  REQUIRE(run);
  const auto world = build_world(store, test.workspace, rules, k_now);
  const Scorer scorer(rules, world, k_now);
  std::atomic<std::size_t> people{0};
  const auto take = [&](std::uint32_t, StoreChunk& source, ChunkScores&, unsigned) {
    people += source.size();
  };
  CHECK(recall_scores(store, test.workspace, *run, scorer, take));
  CHECK(people == 300);
  test.import("more.csv", "email,country\nnew@example.com,DE\n", true);
  CHECK_FALSE(recall_scores(store, test.workspace, *run, scorer, take));
  CHECK(people == 300);
  CHECK_FALSE(recall_summary(store, test.workspace, *run));
  run_scores(store, test.workspace, rules, k_now, true); // in the place of the other
  try {
    keep_run(store, *run, rules, world, {"segment s"}, k_now);
    FAIL("a run that is gone was kept");
  } catch (const Failure& failure) {
    CHECK(failure.error.code == ErrorCode::locked);
  }
}

TEST_CASE("segments: hottest first, then by address, however alike addresses are") {
  TestWorkspace test(k_config);
  std::mt19937 random(3);
  std::string log;
  std::vector<std::tuple<int, std::string>> expected; // minus the score, address
  for (int person = 0; person < 3'000; ++person) {
    std::string local;
    for (auto words = random() % 4; words != 0; --words) {
      local += random() % 2 == 0 ? "anna" : "annabella.anna";
    }
    const auto address = fmt::format("{}{}@b.example", local, random());
    const auto clicks = static_cast<int>(random() % 3);
    expected.emplace_back(-clicks, address);
    for (int click = 0; click <= clicks; ++click) {
      log += fmt::format(
          R"({{"kind":"{}","account":"a","address":"{}","time":"{}","campaign":"c{}","link":"https://shop.example/pricing"}})"
          "\n",
          click == 0 ? "delivered" : "click", address, format_time(k_now - k_day), click);
    }
  }
  test.import("log.ndjson", log);
  std::sort(expected.begin(), expected.end());
  const auto parsed = parse_expression("mailings >= 0");
  REQUIRE(parsed.expression);
  auto store = test.store();
  const auto rows = [&](std::size_t limit, std::optional<SegmentPlace> after) {
    const std::vector<SegmentRequest> requests{
        {"s", SegmentUse::sales, parsed.expression.get(), {"email"}, std::move(after)}};
    return run_segments(store, test.workspace, k_now, requests,
                        SegmentForm{.format = ExportFormat::cells, .limit = limit})[0];
  };
  std::string whole;
  for (const auto& [clicks, address] : expected) {
    whole += address + "\n";
  }
  CHECK(rows(0, std::nullopt).text == whole);
  std::string paged;
  std::optional<SegmentPlace> after;
  do {
    auto page = rows(700, after);
    paged += page.text;
    after = std::move(page.last);
  } while (after);
  CHECK(paged == whole);
}

TEST_CASE("segments: nothing is put before it is noted, however long that takes") {
  const SegmentTest test;
  const auto parsed = parse_expression("mailings >= 0");
  REQUIRE(parsed.expression);
  auto store = test.store();
  const std::vector<SegmentRequest> requests{
      {"all", SegmentUse::suppression, parsed.expression.get(), {"email", "score"}, std::nullopt},
      {"again", SegmentUse::suppression, parsed.expression.get(), {"email"}, std::nullopt}};
  for (const auto order : {SegmentOrder::hottest, SegmentOrder::store}) {
    const SegmentForm form{ExportFormat::machine, order};
    const auto expected = run_segments(store, test.workspace, k_now, requests, form);
    for (const auto takes : {std::chrono::milliseconds(0), std::chrono::milliseconds(100)}) {
      std::atomic<bool> noted{false};
      std::atomic<int> early{0};
      std::array<std::string, 2> texts;
      export_segments(store, test.workspace, k_now, requests, form,
                      {[&](std::size_t segment, std::string_view piece) {
                         early += noted ? 0 : 1;
                         texts[segment] += piece;
                       },
                       [&](const ExportedSegments&) {
                         std::this_thread::sleep_for(takes);
                         noted = true;
                       }});
      CHECK(early == 0);
      CHECK(texts[0] == expected[0].text);
      CHECK(texts[1] == expected[1].text);
    }
    std::atomic<int> put{0};
    const auto note_fails = [](const ExportedSegments&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      throw Failure({ErrorCode::locked, "not noted"});
    };
    const auto count = [&](std::size_t, std::string_view) { ++put; };
    CHECK_THROWS_AS(
        export_segments(store, test.workspace, k_now, requests, form, {count, note_fails}),
        Failure);
    CHECK(put == 0);
    CHECK_THROWS_AS(
        export_segments(store, test.workspace, k_now, requests, form, {count, note_fails, true}),
        Failure);
  }
}

TEST_CASE("segments: in the order of the store, the same rows as hottest first") {
  SegmentTest test;
  const auto parsed = parse_expression("mailings >= 0");
  REQUIRE(parsed.expression);
  const std::vector<SegmentRequest> requests{
      {"all", SegmentUse::suppression, parsed.expression.get(), {"email", "score", "country"}},
      {"score first", SegmentUse::mailing, parsed.expression.get(), {"score", "email"}},
      {"nobody", SegmentUse::sales, parse_expression("score > 1000").expression.get(), {"email"}}};
  auto store = test.store();
  const auto lines_of = [](const std::string& text) {
    std::vector<std::string> lines;
    for (const auto line : split(text, '\n')) {
      lines.emplace_back(line);
    }
    return lines;
  };
  for (const auto format : {ExportFormat::machine, ExportFormat::people, ExportFormat::ndjson}) {
    const auto hottest = run_segments(store, test.workspace, k_now, requests, SegmentForm{format});
    std::vector<std::string> before;
    for (const unsigned threads : {1, 2, 8}) {
      test.workspace.threads = threads;
      const auto stored = run_segments(store, test.workspace, k_now, requests,
                                       SegmentForm{format, SegmentOrder::store});
      std::vector<std::string> texts;
      for (std::size_t i = 0; i < requests.size(); ++i) {
        auto some = lines_of(stored[i].text), others = lines_of(hottest[i].text);
        CHECK(std::is_permutation(some.begin(), some.end(), others.begin(), others.end()));
        texts.push_back(stored[i].text);
      }
      CHECK((before.empty() || before == texts));
      before = std::move(texts);
    }
    // People came in by their number (SegmentTest), which is no order of scores or addresses.
    std::size_t at = 0;
    for (int person = 0; person < 300; ++person) {
      at = before[0].find(fmt::format("p{}@d{}.example", person, person % 5), at);
      REQUIRE(at != std::string::npos);
    }
  }
}

TEST_CASE("segments: hidden files are put while people are looked through, in order, then noted") {
  TestWorkspace test(k_config);
  std::string contacts = "email,country\n";
  constexpr int k_people = 60'000; // four chunks
  for (int i = 0; i < k_people; ++i) {
    contacts += fmt::format("p{}@d{}.example,{}\n", i, i % 7, i % 3 == 0 ? "DE" : "FR");
  }
  test.import("contacts.csv", contacts, true);
  const auto all = parse_expression("mailings >= 0"),
             some = parse_expression("attribute(\"country\") = \"DE\"");
  REQUIRE(all.expression);
  REQUIRE(some.expression);
  const std::vector<SegmentRequest> requests{
      {"all", SegmentUse::sales, all.expression.get(), {"email", "country"}, std::nullopt},
      {"some", SegmentUse::sales, some.expression.get(), {"email"}, std::nullopt}};
  const SegmentForm form{ExportFormat::machine, SegmentOrder::store};
  auto store = test.store();
  const auto expected = run_segments(store, test.workspace, k_now, requests, form);
  CHECK_EQ(expected[0].members, k_people);
  for (const unsigned threads : {1, 2, 8, 2}) { // scored first, then out of the stored run
    test.workspace.threads = threads;
    std::array<std::string, 2> texts;
    std::string noted;
    export_segments(store, test.workspace, k_now, requests, form,
                    {[&](std::size_t segment, std::string_view piece) { texts[segment] += piece; },
                     [&](const ExportedSegments& known) {
                       noted = fmt::format("{} and {}", known.results[0].members,
                                           known.results[1].members);
                       CHECK_EQ(texts[0].size(), expected[0].text.size());
                       CHECK_EQ(texts[1].size(), expected[1].text.size());
                     },
                     true});
    CHECK_EQ(noted, "60000 and 20000");
    CHECK(texts[0] == expected[0].text);
    CHECK(texts[1] == expected[1].text);
  }
}

TEST_CASE("since when people have their status is found while the store's log is folded") {
  SegmentTest test;
  test.store().database().execute(
      "WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 299) INSERT INTO "
      "suppression (key, reason, valid_from) SELECT 'p' || i || '@d' || (i % 5) || '.example', "
      "'manual', 0 FROM n WHERE i % 2 = 0");
  const auto parsed = parse_expression("score >= 0");
  REQUIRE(parsed.expression);
  const std::vector<SegmentRequest> requests{{"s", SegmentUse::suppression, parsed.expression.get(),
                                              std::vector<std::string>{"email", "since"}}};
  for (int round = 0; round < 10; ++round) {
    test.import(
        "more.ndjson", // so that the log holds something
        fmt::format(
            R"({{"kind":"open","account":"a","address":"p1@d1.example","time":"{}","campaign":"c1"}})"
            "\n",
            format_time(k_now - k_day - round)));
    auto store = test.store();
    std::string exported;
    const auto out =
        export_segments(store, test.workspace, k_now, requests, SegmentForm{ExportFormat::machine},
                        {[&](std::size_t, std::string_view piece) { exported += piece; }});
    CHECK_GT(out.results[0].members, 250);
    CHECK_EQ(exported, test.text("score >= 0", {"email", "since"}));
  }
}

} // namespace
} // namespace mailfunnel
