// The tables of SQL over a real store: what a look-up finds is what a scan finds, few rows are
// visited for it, and the scores are those of the other commands.

#include "app/explain.hpp"
#include "app/score_run.hpp"
#include "app/segment_export.hpp"
#include "app/sql_fields.hpp"
#include "app/sql_mistake.hpp"
#include "app/sql_session.hpp"
#include "app/sql_tables.hpp"
#include "support/sql_rows.hpp"
#include "test_workspace.hpp"

#include <random>

namespace mailfunnel {
namespace {

constexpr std::string_view k_config = R"([[account]]
name = "news"
esp = "sendgrid"
[[account]]
name = "shop"
esp = "generic"
[scoring]
profile = "standard"
[[fit]]
name = "Belgium"
attribute = "country"
equals = ["BE"]
points = 4
)";

constexpr unsigned k_people = 300;

/// Four mailings to everybody, opened and clicked at random.
std::string log() {
  std::mt19937 random(5); // NOLINT: the same every time
  std::string out;
  const auto add = [&](unsigned person, unsigned mailing, std::string_view kind, Seconds time,
                       std::string_view more) {
    out += fmt::format("{{\"kind\":\"{}\",\"account\":\"{}\",\"address\":\"p{}@firm{}.example\","
                       "\"time\":\"{}\",\"campaign\":\"m{}\"{}}}\n",
                       kind, mailing % 2 == 0 ? "news" : "shop", person, person % 20,
                       format_time(time), mailing, more);
  };
  for (unsigned mailing = 0; mailing < 4; ++mailing) {
    const auto sent = k_now - (80 - mailing * 20) * k_day;
    for (unsigned person = 0; person < k_people; ++person) {
      const auto at = sent + static_cast<Seconds>(random() % 7200);
      add(person, mailing, "delivered", at, "");
      for (auto opens = random() % 3; opens != 0; --opens) {
        add(person, mailing, "open", at + 600 + static_cast<Seconds>(random() % 90000),
            R"(,"evidence":["agent_seen"])");
      }
      for (auto clicks = random() % 3; clicks != 0; --clicks) {
        const auto* page = random() % 3 == 0 ? "pricing" : "blog/peppol";
        // Some within a second of the delivery: those are machines.
        add(person, mailing, "click",
            at + (random() % 4 == 0 ? 0 : 900 + static_cast<Seconds>(random() % 90000)),
            fmt::format(R"(,"link":"https://example.com/{}","evidence":["agent_seen"])", page));
      }
      if (random() % 50 == 0) {
        add(person, mailing, "bounce", at + 5,
            R"(,"bounce":{"class":"hard","reason":"user_unknown","status":"5.1.1"})");
      }
    }
  }
  return out;
}

std::string contacts() {
  std::string out = "email,country,employees\n";
  for (unsigned person = 0; person < k_people; person += 2) {
    out += fmt::format("p{}@firm{}.example,{},{}\n", person, person % 20,
                       person % 3 == 0 ? "BE" : "NL", person);
  }
  return out;
}

struct TestSql {
  explicit TestSql(const TestWorkspace& test, Seconds as_of = k_now)
      : session(open_for_sql(test.workspace), test.workspace, as_of, {}) {}

  std::string ask(std::string_view sql) {
    auto prepared = session.connection().prepare(sql);
    INFO(prepared.mistake.message);
    REQUIRE(prepared.statement.has_value());
    return rows_of(*prepared.statement);
  }
  std::uint64_t visited(std::string_view sql) {
    const auto before = session.connection().rows_visited();
    ask(sql);
    return session.connection().rows_visited() - before;
  }
  std::uint64_t number(std::string_view sql) { return std::stoull(ask(sql)); }
  std::string mistake(std::string_view sql) {
    return sql_mistake_text(session.connection().prepare(sql).mistake, sql);
  }
  SqlSession session;
};

TestWorkspace& filled() {
  static TestWorkspace s_test(k_config);
  static const bool s_done = [] {
    s_test.import("log.ndjson", log());
    s_test.import("contacts.csv", contacts(), true);
    return true;
  }();
  REQUIRE(s_done);
  return s_test;
}

TEST_CASE("a condition that reaches the table changes nothing but the rows visited") {
  TestSql sql(filled());
  const auto all = sql.number("SELECT count(*) FROM event");
  CHECK(all > 4 * k_people);
  struct Row {
    std::string_view column, condition;
  };
  const Row rows[] = {
      {"email", "= 'p7@firm7.example'"},
      {"email", "= 'P7@Firm7.example'"},
      {"email", "= 'nobody@example.com'"},
      {"email", "= NULL"},
      {"email", "= 7"},
      {"recipient_number", "= 7"},
      {"recipient_number", "= '7'"},
      {"recipient_number", "= 7.5"},
      {"recipient_number", "= 'x'"},
      {"recipient_number", "= 100000"},
      {"recipient_number", "IN (3, 4, 5, -1)"},
      {"kind", "= 'click'"},
      {"kind", "= 'CLICK'"},
      {"kind", "= 'clicked'"},
      {"kind", "IN ('open', 'click')"},
      {"campaign", "= 'm2'"},
      {"campaign", "= 'M2'"},
      {"campaign", "= 2"},
      {"campaign_number", "= 2"},
      {"campaign_number", "= 2.5"},
      {"account", "= 'Shop'"},
      {"time", ">= '2026-02-10'"},
      {"time", "> '2026-02-10T12:30:00Z'"},
      {"time", "< '2026-02'"},
      {"time", "<= '2026-02-10T12:30:00Z'"},
      {"time", "BETWEEN '2026-02-01' AND '2026-03-01'"},
      {"time", "= '2026-02-10T12:30:00Z'"},
      {"time", "> 'never'"},
      {"time", "> 20260210"},
      {"time", "< ''"},
      {"time", ">= ago('30d')"},
      {"time", "= (SELECT max(time) FROM event)"},
  };
  constexpr std::string_view k_what = "count(*), min(time), max(time), count(DISTINCT email), "
                                      "sum(verdict = 'MACHINE'), count(link)";
  for (const auto& row : rows) {
    CAPTURE(row.column);
    CAPTURE(row.condition);
    const auto condition = fmt::format("{} {}", row.column, row.condition);
    // Within CASE it does not reach the table.
    CHECK(sql.ask(fmt::format("SELECT {} FROM event WHERE {}", k_what, condition)) ==
          sql.ask(fmt::format("SELECT {} FROM event WHERE CASE WHEN {} THEN 1 END", k_what,
                              condition)));
  }
  const auto of_one = sql.number("SELECT count(*) FROM event WHERE +email = 'p7@firm7.example'");
  CHECK(of_one > 4);
  CHECK(sql.visited("SELECT * FROM event WHERE email = 'p7@firm7.example'") == of_one);
  CHECK(sql.visited("SELECT * FROM event WHERE email = 'nobody@example.com'") == 0);
  const auto clicks = sql.number("SELECT count(*) FROM event WHERE +kind = 'click'");
  CHECK(sql.visited("SELECT * FROM event WHERE kind = 'click'") == clicks);
  CHECK(sql.visited("SELECT * FROM event WHERE kind = 'clicked'") == 0);
  CHECK(sql.visited("SELECT * FROM event WHERE campaign = 'm1' AND kind = 'delivered'") ==
        k_people);
  CHECK(sql.visited("SELECT * FROM event WHERE time >= '2026-03-01' AND time < '2026-03-12'") ==
        sql.number("SELECT count(*) FROM event WHERE +time >= '2026-03-01' AND +time < "
                   "'2026-03-12'"));
  CHECK(sql.visited("SELECT * FROM event LIMIT 3") == 3);
  CHECK(sql.visited("SELECT * FROM event") == all);
}

TEST_CASE("people are looked up, not searched") {
  TestSql sql(filled());
  for (const auto* table : {"recipient", "score"}) {
    CAPTURE(table);
    CHECK(sql.visited(fmt::format("SELECT * FROM {} WHERE email = 'p8@firm8.example'", table)) ==
          1);
    CHECK(sql.visited(fmt::format("SELECT * FROM {} WHERE recipient_number = 8", table)) == 1);
    CHECK(sql.visited(fmt::format("SELECT * FROM {} WHERE email IN ('p8@firm8.example', "
                                  "'p9@firm9.example', 'x@example.com')",
                                  table)) == 2);
    CHECK(sql.number(fmt::format("SELECT count(*) FROM {}", table)) == k_people);
    // Row by row the same as all together.
    CHECK(sql.ask(fmt::format("SELECT * FROM {} ORDER BY email", table)) ==
          sql.ask(fmt::format("SELECT b.* FROM {0} a CROSS JOIN {0} b USING (email) ORDER BY email",
                              table)));
    CHECK(sql.visited(fmt::format("SELECT count(b.email) FROM {0} a CROSS JOIN {0} b USING (email)",
                                  table)) == 2 * k_people);
  }
  const auto lines = sql.visited("SELECT * FROM ledger WHERE email = 'p8@firm8.example'");
  CHECK(lines > 4);
  CHECK(lines == sql.number("SELECT count(*) FROM ledger WHERE +email = 'p8@firm8.example'"));
  CHECK(sql.ask("SELECT sum(points), count(*), count(note), max(time) FROM ledger") ==
        sql.ask("SELECT sum(points), count(*), count(note), max(time) FROM recipient r CROSS JOIN "
                "ledger l ON l.recipient_number = r.recipient_number"));
}

TEST_CASE("the other commands say the same") {
  auto& test = filled();
  TestSql sql(test);
  auto store = test.store();
  const auto explained =
      explain(store, test.workspace, test.workspace.config.rules, "p12@firm12.example", k_now);
  REQUIRE(explained.has_value());
  CHECK(sql.ask("SELECT round(score * 1000), round(fit * 1000), status, level FROM score WHERE "
                "email = 'p12@firm12.example'") ==
        fmt::format("{}|{}|{}|{}", static_cast<double>(explained->score),
                    static_cast<double>(explained->fit), explained->status, explained->level));
  CHECK(sql.number("SELECT count(*) FROM ledger WHERE email = 'p12@firm12.example' AND part = "
                   "'engagement'") == explained->ledger.lines.size());
  CHECK(sql.ask("SELECT sum(round(given * 1000)) FROM ledger WHERE email = 'p12@firm12.example' "
                "AND part = 'engagement'") == fmt::format("{}", [&] {
          double sum = 0;
          for (const auto& line : explained->ledger.lines) {
            sum += static_cast<double>(line.given);
          }
          return sum;
        }()));
  // All ledgers add up to the scores.
  CHECK(sql.ask("SELECT count(*) FROM score s JOIN (SELECT email, round(sum(points), 3) AS p FROM "
                "ledger WHERE part = 'engagement' GROUP BY email) l USING (email) WHERE p <> "
                "s.score") == "0");
  const auto activity = activity_of(store, test.workspace, "p12@firm12.example", k_now);
  REQUIRE(activity.has_value());
  std::string expected;
  for (const auto& event : activity->events) {
    expected += fmt::format("{}{} {}", expected.empty() ? "" : "\n", format_time(event.row.time),
                            name_of(event.kind));
    expected += event.kind == EventKind::delivered
                    ? " NULL"
                    : fmt::format(" {}", name_of(event.judged.verdict));
  }
  CHECK(sql.ask("SELECT time || ' ' || kind || ' ' || coalesce(verdict, 'NULL') FROM event WHERE "
                "email = 'p12@firm12.example' ORDER BY time, campaign_number, kind = 'click'") ==
        expected);
  CHECK(sql.ask("SELECT email, country, employees FROM (SELECT *, attributes->>'country' AS "
                "country, attributes->>'employees' AS employees FROM recipient) WHERE email = "
                "'p12@firm12.example'") == "p12@firm12.example|BE|12");
  const auto counted = Activity(store.database()).counts();
  CHECK(sql.number("SELECT delivered FROM campaign WHERE id = 'm3'") == k_people);
  CHECK(sql.ask("SELECT sum(clicks + machine_clicks), (SELECT sum(clicks) FROM campaign), (SELECT "
                "count(*) FROM event WHERE kind = 'click') FROM link") ==
        sql.ask("SELECT n, n, n FROM (SELECT count(*) AS n FROM event WHERE kind = 'click')"));
  CHECK(sql.ask("SELECT sum(machine_clicks) FROM link") ==
        sql.ask("SELECT count(*) FROM event WHERE kind = 'click' AND verdict = 'MACHINE'"));
  CHECK(sql.ask("SELECT DISTINCT bounce_class, bounce_reason, bounce_status, verdict FROM event "
                "WHERE kind = 'bounce'") == "hard|user_unknown|5.1.1|NULL");
}

TEST_CASE("the stored run, scores made now and scores of one are the same") {
  TestWorkspace test(k_config);
  test.import("log.ndjson", log());
  test.import("contacts.csv", contacts(), true);
  constexpr std::string_view k_stored =
      "SELECT email, score, scale, level, fit, grade, fit_known, status, scale_status, override, "
      "phase, opens, non_opens, non_opens_in_a_row, clicks_tofu, clicks_mofu, clicks_bofu, "
      "mailings, suppressed, suppressed_by FROM score ORDER BY email";
  const auto fresh = TestSql(test).ask(k_stored);
  auto store = test.store();
  run_scores(store, test.workspace, test.workspace.config.rules, k_now, true);
  TestSql sql(test);
  CHECK((sql.ask(k_stored) == fresh));
  // Those of one, before and after the chunk is scored for the many who ask.
  CHECK(sql.ask("SELECT count(*) FROM score a CROSS JOIN score b USING (recipient_number) WHERE "
                "a.score <> b.score OR a.last_click IS NOT b.last_click OR a.reasons <> b.reasons "
                "OR a.status <> b.status") == "0");
  CHECK(sql.ask("SELECT count(last_click) > 50 FROM score") == "1");
  CHECK(sql.ask("SELECT count(*) FROM score WHERE last_click IS NOT (SELECT max(time) FROM event e "
                "WHERE e.recipient_number = score.recipient_number AND kind = 'click' AND verdict "
                "= 'HUMAN')") == "0");
}

TEST_CASE("a moment of the past: what came later does not exist") {
  TestSql sql(filled(), k_now - 45 * k_day);
  CHECK(sql.ask("SELECT count(*) FROM event WHERE campaign IN ('m2', 'm3')") == "0");
  CHECK(sql.ask("SELECT max(time) <= ago('0d') FROM event") == "1");
  CHECK(sql.ask("SELECT id, delivered FROM campaign ORDER BY id") ==
        fmt::format("m0|{0}\nm1|{0}\nm2|0\nm3|0", k_people));
  CHECK(sql.ask("SELECT max(mailings) FROM score") == "2");
  CHECK(sql.ask("SELECT count(*) FROM ledger WHERE time > ago('0d')") == "0");
  CHECK(sql.ask("SELECT sum(clicks + machine_clicks) FROM link") ==
        sql.ask("SELECT count(*) FROM event WHERE kind = 'click'"));
  CHECK(sql.ask("SELECT ago('1d')") == format_time(k_now - 46 * k_day));
}

TEST_CASE("what is imported meanwhile is not seen") {
  TestWorkspace test(k_config);
  test.import("log.ndjson", log());
  TestSql sql(test);
  const auto before = sql.ask("SELECT count(*) FROM event");
  test.import("more.ndjson",
              "{\"kind\":\"open\",\"account\":\"news\",\"address\":\"new@example.com\","
              "\"time\":\"2026-03-01T10:00:00Z\",\"campaign\":\"m0\"}\n");
  CHECK(sql.ask("SELECT count(*) FROM event") == before);
  CHECK(sql.ask("SELECT count(*) FROM recipient WHERE email = 'new@example.com'") == "0");
  CHECK(TestSql(test).ask("SELECT count(*) FROM recipient WHERE email = 'new@example.com'") == "1");
}

TEST_CASE("people known by contact id, by several addresses, and who turn out to be one") {
  TestWorkspace test(R"([[account]]
name = "ids"
esp = "generic"
)");
  test.import(
      "ids.ndjson",
      R"({"kind":"open","account":"ids","contact_id":"77","time":"2026-03-02T10:00:00Z","campaign":"1"}
{"kind":"open","account":"ids","contact_id":"78","time":"2026-03-02T10:00:00Z","campaign":"1"}
{"kind":"open","account":"ids","contact_id":"79","address":"bo@example.com","time":"2026-03-02T10:00:00Z","campaign":"1"}
{"kind":"click","account":"ids","contact_id":"78","address":"bo@example.com","time":"2026-03-03T10:00:00Z","campaign":"1"}
)");
  TestSql sql(test);
  CHECK(sql.ask("SELECT email, addresses, contact_ids FROM recipient ORDER BY email") ==
        "NULL|[]|[\"ids/77\"]\n"
        "bo@example.com|[\"bo@example.com\"]|[\"ids/79\",\"ids/78\"]");
  CHECK(sql.ask("SELECT email, count(*) FROM event GROUP BY email") == "NULL|1\nbo@example.com|2");
  CHECK(sql.ask("SELECT count(*) FROM score") == "2");
  CHECK(sql.ask("SELECT count(*) FROM event JOIN score USING (recipient_number)") == "3");
  CHECK(sql.ask("SELECT count(DISTINCT recipient_number) FROM ledger") == "2");
}

TEST_CASE("more people than a chunk holds") {
  TestWorkspace test;
  std::string log;
  constexpr unsigned k_many = 4 * k_chunk_size + 700;
  for (unsigned person = 0; person < k_many; ++person) {
    log += fmt::format(
        "{{\"kind\":\"delivered\",\"address\":\"p{}@example.com\",\"time\":\"2026-03-02T"
        "10:00:00Z\",\"campaign\":\"1\"}}\n",
        person);
  }
  test.import("log.ndjson", log);
  TestSql sql(test);
  CHECK(sql.number("SELECT count(*) FROM event") == k_many);
  CHECK(sql.number("SELECT count(DISTINCT email) FROM event") == k_many);
  CHECK(sql.visited("SELECT * FROM event WHERE email = 'p66000@example.com'") == 1);
  CHECK(sql.ask("SELECT email FROM score WHERE email = 'p66000@example.com'") ==
        "p66000@example.com");
  // By address and by number, in order and back and forth.
  CHECK(sql.number("SELECT count(s.score) FROM event JOIN score s USING (email)") == k_many);
  CHECK(sql.number("SELECT count(r.domain) FROM event e JOIN recipient r ON r.recipient_number = "
                   "(e.recipient_number * 40503) % 66236 AND r.email <> e.email") > k_many - 10);
  CHECK(sql.number("SELECT count(*) FROM score WHERE mailings = 1") == k_many);
  // A little more waits in the inbox.
  test.import("late.ndjson", "{\"kind\":\"open\",\"address\":\"p66000@example.com\",\"time\":"
                             "\"2026-03-03T10:00:00Z\",\"campaign\":\"1\"}\n");
  CHECK(Activity(test.store().database()).inbox_size() == 1);
  CHECK(TestSql(test).ask(
            "SELECT kind FROM event WHERE email = 'p66000@example.com' ORDER BY time") ==
        "delivered\nopen");
}

TEST_CASE("mistakes of people") {
  TestSql sql(filled());
  CHECK(sql.mistake("SELECT scor FROM score") ==
        "no such column: scor; did you mean `score`?\n  SELECT scor FROM score\n         ^");
  CHECK(sql.mistake("SELECT e.knd\nFROM event e") ==
        "no such column: e.knd; did you mean `kind`?\n  SELECT e.knd\n         ^");
  CHECK(sql.mistake("SELECT *\nFROM\tscores") ==
        "no such table: scores; did you mean `score`?\n  FROM scores\n       ^");
  CHECK(sql.mistake("SELECT * FROM event WHERE kind = \"open\"").find("single quotes: 'open'") !=
        std::string::npos);
  CHECK(sql.mistake("SELECT 1 FORM x").starts_with("near \"x\": syntax error\n"));
  CHECK_THROWS_AS(sql.ask("SELECT ago('90x')"), Failure);
}

TEST_CASE("every table says what its columns are") {
  const auto infos = sql_table_infos();
  CHECK(infos.size() == 6);
  for (const auto* info : infos) {
    CAPTURE(info->name);
    CHECK_FALSE(info->about.empty());
    CHECK(info->columns.size() <= k_most_columns);
    for (const auto& column : info->columns) {
      CAPTURE(column.name);
      CHECK_FALSE(column.about.empty());
      CHECK(column_of(*info, column.name) < info->columns.size());
    }
  }
}

} // namespace
} // namespace mailfunnel
