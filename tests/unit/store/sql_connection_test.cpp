// SQL that can only read: what reaches a table, what is forbidden, and how a query ends early.

#include "store/sql_connection.hpp"

#include "base/result.hpp"
#include "support/sql_rows.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <limits>
#include <string>

namespace mailfunnel {
namespace {

/// The numbers from 1 on, with their squares; asked for one number it gives that one only.
class Numbers : public SqlTable {
public:
  explicit Numbers(std::int64_t count) : m_count(count) {
    m_info.name = "number";
    m_info.columns = {{"n", SqlType::integer, ""}, {"square", SqlType::integer, ""},
                      {"half", SqlType::real, ""}, {"word", SqlType::word, ""},
                      {"list", SqlType::json, ""}, {"secret", SqlType::text, "", true}};
  }
  const SqlTableInfo& info() const override { return m_info; }
  SqlPlan plan(std::span<const SqlCondition> offered) override {
    SqlPlan plan;
    plan.rows = plan.cost = static_cast<double>(m_count);
    for (std::size_t i = 0; i < offered.size(); ++i) {
      if (offered[i].column == 0) {
        plan.used.push_back(i);
        plan.unique = plan.unique || offered[i].compare == SqlCompare::equal;
        plan.rows = plan.cost = plan.unique ? 1 : 10;
      }
    }
    return plan;
  }
  std::unique_ptr<SqlCursor> scan(const SqlScan& scan) override {
    last = scan;
    std::int64_t from = 1, to = m_count;
    for (const auto& [asked, value] : scan.conditions) {
      const auto* n = std::get_if<std::int64_t>(&value);
      if (n == nullptr) {
        continue; // SQLite tests it
      }
      from = asked.compare == SqlCompare::less || asked.compare == SqlCompare::less_equal
                 ? from
                 : std::max(from, *n);
      to = asked.compare == SqlCompare::greater || asked.compare == SqlCompare::greater_equal
               ? to
               : std::min(to, *n);
    }
    return std::make_unique<Cursor>(*this, from, to);
  }

  SqlScan last;                                                     // scan that was asked for
  std::int64_t throw_at = std::numeric_limits<std::int64_t>::max(); // this number, with ...
  bool stop = false;                                                // ... SqlStopped, not Failure

private:
  struct Cursor : SqlCursor {
    Cursor(Numbers& table, std::int64_t from, std::int64_t to)
        : m_table(table), m_n(from - 1), m_to(to) {}
    bool next() override {
      if (m_n + 1 == m_table.throw_at) {
        if (m_table.stop) {
          throw SqlStopped();
        }
        throw Failure({ErrorCode::io, "the disk is gone"});
      }
      return ++m_n <= m_to;
    }
    SqlValue value(std::size_t column) override {
      switch (column) {
      case 0:
        return m_n;
      case 1:
        return m_n * m_n;
      case 2:
        return static_cast<double>(m_n) / 2;
      case 3:
        return m_n % 2 == 0 ? SqlValue("Even") : SqlValue();
      case 4:
        m_text = "[" + std::to_string(m_n) + "]";
        return m_text;
      default:
        return "hidden";
      }
    }
    std::int64_t row_id() const override { return m_n; }
    Numbers& m_table;
    std::int64_t m_n, m_to;
    std::string m_text;
  };
  std::int64_t m_count;
  SqlTableInfo m_info;
};

struct TestSql {
  explicit TestSql(std::int64_t count = 10, SqlOptions options = {})
      : numbers(count), connection(std::move(options)) {
    connection.add(numbers);
  }
  SqlStatement prepare(std::string_view sql) {
    auto prepared = connection.prepare(sql);
    INFO(prepared.mistake.message);
    REQUIRE(prepared.statement.has_value());
    return *prepared.statement;
  }
  std::string ask(std::string_view sql) { return rows_of(prepare(sql)); }
  std::string mistake(std::string_view sql) {
    auto prepared = connection.prepare(sql);
    CHECK_FALSE(prepared.statement.has_value());
    return prepared.mistake.message;
  }
  std::uint64_t visited(std::string_view sql) {
    const auto before = connection.rows_visited();
    ask(sql);
    return connection.rows_visited() - before;
  }
  Numbers numbers;
  SqlConnection connection;
};

TEST_CASE("values come as they are") {
  TestSql sql;
  CHECK(sql.ask("SELECT * FROM number WHERE n = 3") == "3|9|1.5|NULL|[3]");
  CHECK(sql.ask("SELECT secret, word FROM number WHERE n = 4") == "hidden|Even");
  CHECK(sql.ask("SELECT count(*) FROM number WHERE word = 'EVEN'") ==
        "5"); // capitals do not matter
  CHECK(sql.ask("SELECT x'4142', ''") == "AB|");
  CHECK(sql.ask("SELECT list->>0 + 1 FROM number WHERE n = 7") == "8");
  CHECK(sql.ask("SELECT sum(value) FROM number, json_each(list)") == "55");
  const auto statement = sql.prepare("SELECT n, list, list || '' AS l FROM number");
  CHECK(statement.name(2) == "l");
  CHECK_FALSE(statement.is_json(0));
  CHECK(statement.is_json(1));
  CHECK_FALSE(statement.is_json(2));
}

TEST_CASE("conditions reach the table, and only what is asked for is visited") {
  TestSql sql(1000);
  CHECK(sql.visited("SELECT square FROM number WHERE n = 17") == 1);
  CHECK(sql.numbers.last.reads(0));
  CHECK(sql.numbers.last.reads(1));
  CHECK_FALSE(sql.numbers.last.reads(2));
  CHECK(sql.visited("SELECT n FROM number WHERE n IN (17, 18, 2000)") == 2);
  CHECK(sql.visited("SELECT n FROM number WHERE n BETWEEN 10 AND 19") == 10);
  CHECK(sql.visited("SELECT n FROM number WHERE n > 990") == 11); // 990 too: SQLite takes it out
  CHECK(sql.ask("SELECT count(*) FROM number WHERE n > 990") == "10");
  CHECK(sql.visited("SELECT n FROM number WHERE square = 49") == 1000);
  CHECK(sql.visited("SELECT n FROM number WHERE n = '17'") <=
        1000); // a text: never fewer than right
  CHECK(sql.ask("SELECT n FROM number WHERE n = '17'") == "17");
  CHECK(sql.visited("SELECT n FROM number LIMIT 5") == 5); // no more than is wanted
  CHECK(sql.visited("SELECT a.n FROM number a JOIN number b ON b.n = a.square WHERE a.n < 10") ==
        10 + 9);
  CHECK(sql.ask("EXPLAIN QUERY PLAN SELECT n FROM number WHERE n >= 3 AND n < 5")
            .ends_with(":n>= n<"));
}

TEST_CASE("either of two conditions: no row twice, none lost") {
  TestSql sql(100);
  CHECK(sql.ask("SELECT count(*) FROM number WHERE n = 3 OR n BETWEEN 2 AND 5") == "4");
  CHECK(sql.ask("SELECT count(*) FROM number a FULL JOIN (SELECT 3 AS n UNION SELECT 500) b USING "
                "(n)") == "101");
}

TEST_CASE("nothing but SELECT") {
  TestSql sql;
  for (const std::string statement : {"INSERT INTO number VALUES (1)",
                                      "UPDATE number SET n = 1",
                                      "DELETE FROM number",
                                      "REPLACE INTO number(n) VALUES (1)",
                                      "CREATE TABLE t(a)",
                                      "CREATE TEMP TABLE t(a)",
                                      "CREATE VIEW v AS SELECT 1",
                                      "CREATE INDEX i ON number(n)",
                                      "CREATE TRIGGER t AFTER INSERT ON number BEGIN SELECT 1; END",
                                      "CREATE VIRTUAL TABLE v USING number",
                                      "CREATE VIRTUAL TABLE v USING fts5(a)",
                                      "DROP TABLE number",
                                      "ALTER TABLE number RENAME TO other",
                                      "ATTACH ':memory:' AS other",
                                      "ATTACH '/tmp/mailfunnel-never.db' AS other",
                                      "DETACH main",
                                      "VACUUM",
                                      "VACUUM INTO '/tmp/mailfunnel-never.db'",
                                      "ANALYZE",
                                      "REINDEX",
                                      "BEGIN",
                                      "COMMIT",
                                      "SAVEPOINT s",
                                      "PRAGMA temp_store_directory = '/tmp'",
                                      "PRAGMA hard_heap_limit = 0",
                                      "PRAGMA database_list",
                                      "PRAGMA writable_schema = 1",
                                      "SELECT * FROM pragma_database_list",
                                      "SELECT load_extension('/tmp/x.so')",
                                      "EXPLAIN INSERT INTO number VALUES (1)",
                                      "WITH a(x) AS (SELECT 1) INSERT INTO number SELECT x FROM a",
                                      "INSERT INTO sqlite_schema VALUES (1, 2, 3, 4, 5)"}) {
    CAPTURE(statement);
    CHECK_FALSE(sql.mistake(statement).empty());
  }
  CHECK(sql.mistake("DROP TABLE number") == "this statement is not allowed here: only SELECT");
  CHECK(sql.mistake("ATTACH 'x' AS y") == "ATTACH is not allowed here: only SELECT");
  CHECK(sql.mistake("PRAGMA writable_schema = 1") ==
        "this PRAGMA (writable_schema) is not allowed here: only SELECT");
  CHECK_FALSE(std::filesystem::exists("/tmp/mailfunnel-never.db"));
  CHECK(sql.mistake("SELECT readfile('/etc/passwd')").find("no such function") !=
        std::string::npos);
  CHECK(sql.mistake("SELECT 1; DROP TABLE number") ==
        "this statement is not allowed here: only SELECT");
  CHECK(sql.mistake("SELECT 1; SELECT 2") == "only one statement at a time");
  for (const std::string_view fine :
       {"SELECT 1;", "SELECT 1; -- done", "-- first\nSELECT 1", "VALUES (1)",
        "WITH RECURSIVE c(i) AS (VALUES (2) UNION SELECT 1 FROM c) SELECT min(i) FROM c",
        "SELECT cid + 1 FROM pragma_table_info('number') WHERE name = 'n'"}) {
    CAPTURE(fine);
    CHECK(sql.ask(fine) == "1");
  }
  CHECK(sql.ask("PRAGMA table_info(number)").starts_with("0|n|INTEGER"));
}

TEST_CASE("mistakes say where") {
  TestSql sql;
  const auto offset = [&](std::string_view text) {
    return sql.connection.prepare(text).mistake.offset.value_or(999);
  };
  CHECK(offset("SELECT m FROM number") == 7);
  CHECK(offset("SELECT 1 FORM number") == 14);
  CHECK(offset("SELECT 1;\nSELEC 2") == 10);
  CHECK(sql.mistake("SELECT m FROM number") == "no such column: m");
  CHECK(sql.mistake("SELECT n FROM number WHERE word = \"Even\"") == "no such column: Even");
  CHECK(sql.mistake("  \n-- nothing\n") == "there is no query");
  CHECK(sql.mistake("") == "there is no query");
}

TEST_CASE("parameters by name") {
  TestSql sql;
  auto statement = sql.prepare("SELECT n FROM number WHERE n = :n OR n = @n + 1");
  CHECK(statement.parameters() == std::vector<std::string>{"n", "n"});
  statement.bind("n", std::int64_t{3});
  CHECK(statement.step() == SqlStep::row);
  CHECK(std::get<std::int64_t>(statement.value(0)) == 3);
  CHECK(statement.step() == SqlStep::row);
  CHECK(std::get<std::int64_t>(statement.value(0)) == 4);
  CHECK(statement.step() == SqlStep::done);
}

TEST_CASE("a function of one text") {
  TestSql sql;
  sql.connection.add_function("twice", [](std::string_view text) -> std::optional<std::string> {
    if (text == "x") {
      throw Failure({ErrorCode::usage, "no x"});
    }
    return text.empty() ? std::nullopt : std::optional(std::string(text) + std::string(text));
  });
  CHECK(sql.ask("SELECT twice('ab'), twice(''), twice(NULL), twice(12)") == "abab|NULL|NULL|1212");
  CHECK_THROWS_WITH_AS(sql.ask("SELECT twice('x')"), "no x", Failure);
}

TEST_CASE("a query ends when it is told to") {
  int asked = 0;
  TestSql sql(1'000'000'000, {.stopped = [&] { return ++asked == 3; }});
  auto statement = sql.prepare("SELECT count(*) FROM number a, number b");
  CHECK(statement.step() == SqlStep::stopped);
  CHECK(asked == 3);
  CHECK(sql.ask("SELECT n FROM number WHERE n = 2") == "2"); // the connection goes on
}

TEST_CASE("what a table throws comes out of step") {
  TestSql sql;
  sql.numbers.throw_at = 4;
  CHECK_THROWS_WITH_AS(sql.ask("SELECT n FROM number"), "the disk is gone", Failure);
  CHECK(sql.ask("SELECT max(n) FROM number WHERE n IN (1, 2)") == "2");
  sql.numbers.stop = true;
  auto statement = sql.prepare("SELECT sum(n) FROM number");
  CHECK(statement.step() == SqlStep::stopped);
}

TEST_CASE("what a query may take is bounded") {
  {
    TestSql sql(100'000, {.memory = 16 << 20});
    // A text of 20 MB: none of those that are too long, but more than there may be.
    constexpr auto k_text = "SELECT length(group_concat(hex(zeroblob(100)))) FROM number";
    CHECK_THROWS_AS(sql.ask(k_text), Failure);
    CHECK(TestSql(100'000).ask(k_text) == "20099999");
    // What is sorted goes to the disk.
    CHECK(sql.ask("SELECT count(*) FROM (SELECT hex(randomblob(200)) AS x FROM number ORDER BY x "
                  "LIMIT -1 OFFSET 1)") == "99999");
  }
  TestSql sql;
  CHECK_THROWS_AS(sql.ask("SELECT length(zeroblob(1000000000))"), Failure); // 64 MiB at most
  CHECK_THROWS_AS(sql.ask("SELECT abs(-9223372036854775808)"), Failure);
  std::string deep = "1";
  for (int i = 0; i < 500; ++i) {
    deep = "(" + deep + "+1)";
  }
  CHECK_FALSE(sql.mistake("SELECT " + deep).empty());
}

} // namespace
} // namespace mailfunnel
