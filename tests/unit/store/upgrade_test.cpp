// Stores of an older format are brought up to ours, whole or not at all.

#include "store/job_log.hpp"
#include "store/migrations.hpp"
#include "store/store.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace mailfunnel {
namespace {

namespace fs = std::filesystem;

/// Every row of every table of the oldest format, as SQL writes its values.
std::string dump(Database& database) {
  std::vector<std::string> tables;
  {
    auto names =
        database.use("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN "
                     "('plan', 'plan_approval') AND name NOT LIKE 'sqlite%' ORDER BY name");
    while (names.step()) {
      tables.emplace_back(names.text(0));
    }
  }
  std::string out;
  for (const auto& table : tables) {
    std::string columns;
    {
      auto names = database.use(fmt::format("SELECT name FROM pragma_table_info('{}') WHERE name "
                                            "NOT IN ('asked_by', 'title')",
                                            table));
      while (names.step()) {
        columns += fmt::format("{}quote({})", columns.empty() ? "" : " || ',' || ", names.text(0));
      }
    }
    auto rows = database.use(fmt::format("SELECT {} FROM {}{} ORDER BY 1", columns, table,
                                         table == "meta" ? " WHERE key <> 'format'" : ""));
    while (rows.step()) {
      out += fmt::format("{}: {}\n", table, rows.text(0));
    }
  }
  return out;
}

struct OldStore {
  OldStore() {
    static int s_number = 0; // NOLINT
    folder =
        fs::temp_directory_path() / fmt::format("mailfunnel-upgrade-{}-{}", getpid(), ++s_number);
    fs::create_directories(folder);
    path = (folder / "mailfunnel.db").string();
    Database database(path, Database::Access::create);
    database.execute("PRAGMA page_size=16384; PRAGMA journal_mode=WAL");
    Transaction transaction(database);
    database.execute(k_migrations.front());
    database.execute(
        "INSERT INTO meta VALUES ('format', '2'), ('changes', '7'), ('notices/began', '1');"
        "INSERT INTO account VALUES (1, 'news', 'sendgrid');"
        "INSERT INTO campaign (id, account, external_id, name) VALUES (1, 1, 'm1', 'Spring');"
        "INSERT INTO link VALUES (1, 1, 'shop.example/pricing', 'https://shop.example/pricing');"
        "INSERT INTO key_block VALUES (0, x'00ff10'); INSERT INTO activity VALUES (65793, x'beef');"
        "INSERT INTO suppression VALUES ('ann@example.com', 'manual', 5, 'by phone', NULL);"
        "INSERT INTO push_run VALUES (1, 1, 'warm', '{}', 100, 'done', '', NULL);"
        "INSERT INTO push_member VALUES (1, 3, 'c3', 'add', 'confirmed', '', '', '');"
        "INSERT INTO job_run VALUES (1, 'sync', 60, 61, 70, 'done', 'all is well');"
        "INSERT INTO api_token VALUES ('anna', 'ab12', 'admin', 0, 50)");
    transaction.commit();
    before = dump(database);
  }
  ~OldStore() { fs::remove_all(folder); }
  OldStore(const OldStore&) = delete;
  OldStore& operator=(const OldStore&) = delete;

  fs::path folder;
  std::string path, before;
};

bool has_table(Database& database, std::string_view name) {
  auto row = database.use("SELECT 1 FROM sqlite_schema WHERE name = ?1");
  return row.bind(name).step();
}

TEST_CASE("upgrade: opened for writing, an older store has our tables and all that it had") {
  const OldStore old;
  {
    auto store = Store::open_writing(old.path);
    CHECK_EQ(store.meta("format"), std::to_string(k_store_format));
    CHECK_EQ(dump(store.database()), old.before);
    CHECK(has_table(store.database(), "plan"));
    const auto run = JobLog(store.database()).run(1);
    REQUIRE(run.has_value());
    CHECK_EQ(run->log, "all is well");
    CHECK_EQ(run->by, "schedule");
  }
  auto again = Store::open_reading(old.path);
  CHECK_EQ(dump(again.database()), old.before);
}

TEST_CASE("upgrade: a fresh store and one that was brought up have the same tables") {
  const OldStore old;
  const auto fresh = (old.folder / "fresh.db").string();
  Store::create(fresh);
  const auto schema = [](const std::string& path) {
    auto store = Store::open_writing(path);
    std::string out;
    auto rows = store.database().use("SELECT name, sql FROM sqlite_schema ORDER BY name");
    while (rows.step()) {
      out += fmt::format("{}: {}\n", rows.text(0), rows.text(1));
    }
    return out;
  };
  CHECK_EQ(schema(old.path), schema(fresh));
}

TEST_CASE("upgrade: opened for reading, an older store stays as it is, and it is said what to do") {
  const OldStore old;
  try {
    (void)Store::open_reading(old.path);
    FAIL("it was opened");
  } catch (const Failure& failure) {
    CHECK_EQ(failure.error.code, ErrorCode::unsupported);
    CHECK(failure.error.message.find("mailfunnel score") != std::string::npos);
  }
  auto copied = Store::open_reading(old.path, true); // by `backup`
  CHECK_EQ(copied.meta("format"), "2");
}

TEST_CASE("upgrade: formats that nobody can bring up are refused both ways") {
  for (const auto& format :
       {std::string("1"), std::to_string(k_store_format + 1), std::string("x")}) {
    CAPTURE(format);
    const OldStore old;
    {
      Database database(old.path, Database::Access::write);
      database.use("UPDATE meta SET value = ?1 WHERE key = 'format'").bind(format).run();
    }
    CHECK_THROWS_AS((void)Store::open_writing(old.path), Failure);
    CHECK_THROWS_AS((void)Store::open_reading(old.path, true), Failure);
  }
}

TEST_CASE("upgrade: killed at any moment, the store is of the one format or of the other") {
  constexpr int k_rounds = 40, k_step = 250; // microseconds
  for (int round = 0; round < k_rounds; ++round) {
    CAPTURE(round);
    const OldStore old;
    const auto child = fork();
    REQUIRE_GE(child, 0);
    if (child == 0) {
      (void)Store::open_writing(old.path);
      _exit(0);
    }
    usleep(static_cast<useconds_t>(round * k_step));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    {
      Database database(old.path, Database::Access::write);
      auto format = database.use("SELECT value FROM meta WHERE key = 'format'");
      REQUIRE(format.step());
      const bool is_ours = format.text(0) == std::to_string(k_store_format);
      CHECK((is_ours || format.text(0) == "2"));
      CHECK_EQ(has_table(database, "plan"), is_ours);
      CHECK_EQ(has_table(database, "plan_approval"), is_ours);
      CHECK_EQ(dump(database), old.before);
    }
    auto store = Store::open_writing(old.path); // goes on from there
    CHECK_EQ(dump(store.database()), old.before);
  }
}

} // namespace
} // namespace mailfunnel
