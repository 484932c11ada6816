// Objection, retention, the letter, the access log, consent by an expression.

#include "app/access.hpp"
#include "app/access_letter.hpp"
#include "app/letter_words.hpp"
#include "app/objection.hpp"
#include "app/retention.hpp"
#include "app/segment_export.hpp"
#include "base/text.hpp"
#include "store/hook_spool.hpp"

#include "test_workspace.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace mailfunnel {
namespace {

constexpr std::string_view k_config = R"(
[[segment]]
name = "everybody"
where = "true"
use = "mailing"
[[segment]]
name = "calls"
where = "score > 0"
use = "sales"
[privacy]
controller = "Winkel bv"
)";
constexpr std::string_view k_log =
    R"({"kind":"delivered","account":"shop","address":"ann@example.com","time":"2023-03-01T09:00:05Z","campaign":"old"}
{"kind":"click","account":"shop","address":"ann@example.com","time":"2023-03-02T09:00:00Z","campaign":"old","link":"https://a.example/prijzen"}
{"kind":"unsubscribe","account":"shop","address":"bob@example.com","time":"2023-03-02T09:00:00Z","campaign":"old"}
{"kind":"delivered","account":"shop","address":"ann@example.com","time":"2026-03-01T09:00:05Z","campaign":"new"}
{"kind":"click","account":"shop","address":"ann@example.com","time":"2026-03-02T09:00:00Z","campaign":"new","link":"https://a.example/prijzen"}
{"kind":"delivered","account":"shop","address":"bob@example.com","time":"2026-03-01T09:00:05Z","campaign":"new"}
)";

struct World : TestWorkspace {
  explicit World(std::string_view config = k_config) : TestWorkspace(config) {
    import("in.ndjson", k_log);
  }
  Explanation explained(std::string_view who, Seconds as_of) const {
    auto opened = store();
    auto found = explain(opened, workspace, workspace.config.rules, std::string(who), as_of);
    REQUIRE(found.has_value());
    return *std::move(found);
  }
  std::vector<std::string> segments_of(std::string_view who, Seconds now) const {
    auto opened = store();
    auto report = access_report(opened, workspace, std::string(who), now);
    REQUIRE(report.has_value());
    return report->segments;
  }
};

TEST_CASE(
    "objection: mailing and profiling stop, each from a moment on and until it is taken back") {
  const World world;
  auto opened = world.store();
  using Names = std::vector<std::string>;
  CHECK(world.segments_of("ann@example.com", k_now) == Names{"everybody", "calls"});
  CHECK(world.explained("ann@example.com", k_now).score > 0);

  CHECK(*suppress(opened, "ann@example.com", std::array{k_objection}, "by phone", k_now));
  CHECK(!*suppress(opened, "ANN@example.com", std::array{k_objection}, "again", k_now + 5));
  CHECK(world.segments_of("ann@example.com", k_now + 10).empty());
  CHECK(world.explained("ann@example.com", k_now + 10).score > 0);
  CHECK(world.segments_of("ann@example.com", k_now - 1) == Names{"everybody", "calls"});

  CHECK(*take_back(opened, "ann@example.com", std::array{k_objection}, k_now + 20));
  CHECK(world.segments_of("ann@example.com", k_now + 19).empty());
  CHECK(world.segments_of("ann@example.com", k_now + 20) == Names{"everybody", "calls"});

  CHECK(*suppress(opened, "ann@example.com", std::array{k_objection_to_profiling}, "", k_now + 30));
  const auto profiled = world.explained("ann@example.com", k_now + 40);
  CHECK(profiled.score == 0);
  CHECK(profiled.fit == 0);
  CHECK(profiled.ledger.lines.empty());
  CHECK(profiled.status == "soft");
  CHECK(world.segments_of("ann@example.com", k_now + 40).empty());
  // What is taken back by hand is what was noted by hand, and no objection.
  CHECK(!*take_back(opened, "ann@example.com", k_hand_reasons, k_now + 50));
  CHECK(!*take_back(opened, "bob@example.com", k_hand_reasons, k_now + 50));
  CHECK(world.segments_of("bob@example.com", k_now + 60).empty());
  CHECK(!suppress(opened, "no address", k_hand_reasons, "", k_now));
}

TEST_CASE("objection: the list is scored as the one person is") {
  const World world;
  auto opened = world.store();
  CHECK(*suppress(opened, "ann@example.com", std::array{k_objection_to_profiling}, "", k_now - 1));
  const std::vector<SegmentRequest> requests{
      {"calls", SegmentUse::sales, world.workspace.config.segments[1].expression.get(), {"email"}},
      {"out",
       SegmentUse::suppression,
       world.workspace.config.segments[0].expression.get(),
       {"email", "score"}}};
  const auto results =
      run_segments(opened, world.workspace, k_now, requests, SegmentForm{ExportFormat::machine});
  CHECK(results[0].members == 0);
  CHECK(results[1].text.find("ann@example.com,0") != std::string::npos);
}

TEST_CASE("retain: what is old goes, what keeps people from being mailed stays") {
  const World world;
  const auto old_rejects = world.folder / "rejects-20260101T000000.ndjson";
  const auto new_rejects = world.folder / "rejects-20260330T000000.ndjson";
  const auto no_rejects = world.folder / "rejects-of-mine.ndjson";
  for (const auto& path : {old_rejects, new_rejects, no_rejects}) {
    REQUIRE(write_file(path.string(), "{}\n").has_value());
  }
  auto opened = world.store();
  const auto count_of = [](const RetentionResult& result, std::string_view kind,
                           std::string_view what) -> std::uint64_t {
    for (const auto& one : result.kinds) {
      if (one.kind == kind && one.what == what) {
        return one.count;
      }
    }
    return 0;
  };
  const auto before = world.exported();
  const auto told = retain(opened, world.workspace, true, k_now);
  CHECK(world.exported() == before);
  CHECK(std::filesystem::exists(old_rejects));
  const auto done = retain(opened, world.workspace, false, k_now);
  for (const auto* result : {&told, &done}) {
    CHECK(count_of(*result, "events", "click") == 1);
    CHECK(count_of(*result, "events", "delivered") == 1);
    CHECK(count_of(*result, "events", "unsubscribe") == 0);
    CHECK(count_of(*result, "rejects", "files") == 1);
  }
  const auto after = world.exported();
  CHECK(after.find("2023-03-02T09:00:00Z") != std::string::npos); // Bob left
  CHECK(std::count(after.begin(), after.end(), '\n') == 4);
  CHECK(!std::filesystem::exists(old_rejects));
  CHECK(std::filesystem::exists(new_rejects));
  CHECK(std::filesystem::exists(no_rejects));
  CHECK(count_of(retain(opened, world.workspace, false, k_now), "events", "click") == 0);
}

TEST_CASE("letter: every phrase is there in every language, with the same gaps") {
  for (const auto& phrase : k_phrases) {
    const auto gaps = [](std::string_view text) {
      std::size_t count = 0;
      for (std::size_t at = 0; (at = text.find("{}", at)) != std::string_view::npos; at += 2) {
        ++count;
      }
      return count;
    };
    for (const auto text : phrase) {
      CAPTURE(text);
      CHECK(!text.empty());
      CHECK(gaps(text) == gaps(phrase[0]));
    }
  }
  for (std::size_t kind = 1; kind < k_event_kinds; ++kind) {
    CAPTURE(kind);
    CHECK(kind_words(name_of(static_cast<EventKind>(kind))) != nullptr);
  }
  for (const auto reason : k_hand_reasons) {
    CHECK(suppression_reason_words(reason) != nullptr);
  }
  CHECK(suppression_reason_words(k_objection) != nullptr);
  CHECK(suppression_reason_words(k_objection_to_profiling) != nullptr);
}

TEST_CASE("letter: it tells all that is kept, in four languages") {
  const World world;
  auto opened = world.store();
  CHECK(*suppress(opened, "ann@example.com", std::array{k_hand_reasons[0]}, "", k_now - 1));
  const auto report = access_report(opened, world.workspace, "ann@example.com", k_now);
  REQUIRE(report.has_value());
  for (const auto* name : {"en", "nl", "fr", "de"}) {
    CAPTURE(name);
    const auto letter = access_letter(*report, world.workspace, *letter_language(name));
    for (const auto* part : {"ann@example.com", "Winkel bv", "[…]", "2026-03-02 09:00:00",
                             "2023-03-02 09:00:00", "https://a.example/prijzen", "2026"}) {
      CAPTURE(part);
      CHECK(letter.find(part) != std::string::npos);
    }
  }
  CHECK(!letter_language("es"));
}

TEST_CASE("access log: of one person, of lists, newest first") {
  const World world;
  const auto path = world.workspace.store_path();
  CHECK(note_access(path, {1, "ann", "explain", "ann@example.com", 1, ""}).has_value());
  CHECK(note_access(path, {2, "bob", "export events", "", 7, "to x"}).has_value());
  CHECK(note_access(path, {3, "cas", "events", "bob@example.com", 1, ""}).has_value());
  auto opened = world.store();
  const auto all = accesses(opened, "", 10);
  REQUIRE(all.has_value());
  REQUIRE(all->size() == 3);
  CHECK(all->front().who == "cas");
  CHECK((*all)[1].people == 7);
  const auto of_ann = accesses(opened, "ANN@example.com", 10);
  REQUIRE(of_ann->size() == 1);
  CHECK(of_ann->front().who == "ann");
  CHECK(accesses(opened, "", 1)->size() == 1);
  CHECK(!accesses(opened, "cas@example.com", 1));
}

TEST_CASE("consent: by an expression over what is known of a person") {
  World world(R"([tracking]
consent_where = 'attribute("pixel") = "yes" or domain = "example.org"'
)");
  world.import("c.csv", "email,pixel\nyes@example.com,yes\nno@example.com,no\n", true);
  std::string log;
  for (const auto* who : {"yes@example.com", "no@example.com", "other@example.org"}) {
    log += fmt::format(
        R"({{"kind":"open","account":"shop","address":"{}","time":"2026-03-02T09:00:00Z","campaign":"new","user_agent":"Mozilla/5.0 (X11; Linux x86_64) Firefox/120"}})"
        "\n",
        who);
  }
  world.import("o.ndjson", log);
  const auto looked_at = [&](std::string_view who) {
    const auto lines = world.explained(who, k_now).ledger.lines;
    return std::none_of(lines.begin(), lines.end(), [](const Contribution& line) {
      return line.note == "not looked at: no consent to open tracking";
    });
  };
  CHECK(looked_at("yes@example.com"));
  CHECK(!looked_at("no@example.com"));
  CHECK(looked_at("other@example.org"));
  for (const auto* text :
       {"score > 3", "clicked(within 30d)", "attribute(\"a\") was \"x\" 30d ago"}) {
    CAPTURE(text);
    const auto loaded =
        parse_config(fmt::format("[tracking]\nconsent_where = '{}'\n", text), "test.toml");
    CHECK(!loaded.good());
  }
}

TEST_CASE("webhooks that were read leave nothing where they waited") {
  const World world;
  const auto path = world.workspace.store_path();
  HookSpool spool(path);
  SpooledHook hook{"shop", k_now, "https://x.example/hook", {}, "ann.waits@example.com"};
  std::vector<const SpooledHook*> hooks(3, &hook);
  for (int i = 0; i < 20; ++i) {
    spool.append(hooks);
  }
  const auto holds = [&] {
    std::string bytes;
    for (const auto* ending : {"", "-wal"}) {
      if (const auto file = read_file(HookSpool::path_of(path) + ending)) {
        bytes += *file;
      }
    }
    return bytes.find("ann.waits") != std::string::npos;
  };
  CHECK(holds());
  spool.drop(spool.read(1 << 20).last);
  CHECK(!holds());
}

} // namespace
} // namespace mailfunnel
