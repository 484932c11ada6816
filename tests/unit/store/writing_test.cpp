// A large batch goes past the store's log, and nobody sees half of it.

#include "store/writing.hpp"

#include "base/text.hpp"
#include "store/blob_writer.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace mailfunnel {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t k_large = std::uint64_t{16} << 20;

struct Folder {
  Folder() {
    static int s_number = 0; // NOLINT
    path =
        fs::temp_directory_path() / fmt::format("mailfunnel-writing-{}-{}", getpid(), ++s_number);
    fs::create_directories(path);
    store = (path / "a.db").string();
    Store::create(store);
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::uintmax_t size_of(const char* ending) const {
    std::error_code none;
    const auto size = fs::file_size(store + ending, none);
    return none ? 0 : size;
  }
  fs::path path;
  std::string store;
};

/// Several megabytes.
void write_much(Store& store, const std::string& value) {
  for (int i = 0; i < 64; ++i) {
    store.set_meta(fmt::format("much-{}", i), value + std::string(200'000, 'x'));
  }
}

std::string much(const std::string& path) {
  auto store = Store::open_reading(path);
  std::string out;
  for (int i = 0; i < 64; ++i) {
    const auto value = store.meta(fmt::format("much-{}", i)).value_or("");
    const auto word = value.substr(0, value.find('x'));
    if (i != 0 && word != out) {
      return "of two moments";
    }
    out = word;
  }
  return out;
}

TEST_CASE("a large batch goes past the log where nobody else has the store open") {
  const Folder folder;
  auto store = Store::open_writing(folder.store);
  const auto version = store.database().version();
  {
    Writing writing(store, k_large);
    CHECK_FALSE(store.database().has_log());
    write_much(store, "one");
    writing.commit();
    CHECK_EQ(folder.size_of("-wal"), 0);
  }
  CHECK(store.database().has_log());
  CHECK_EQ(store.database().version(), version); // nobody else wrote
  CHECK_EQ(much(folder.store), "one");
  CHECK_FALSE(fs::exists(folder.store + "-journal"));
  {
    Writing writing(store, k_large); // goes without commit
    write_much(store, "two");
  }
  CHECK(store.database().has_log());
  CHECK_EQ(much(folder.store), "one");
  store.set_meta("small", "1");
  CHECK_EQ(Store::open_reading(folder.store).meta("small"), "1");
}

TEST_CASE("what is small, or too large for others to wait for, goes into the log") {
  const Folder folder;
  auto store = Store::open_writing(folder.store);
  for (const auto bytes : {std::uint64_t{0}, std::uint64_t{1} << 20, std::uint64_t{1} << 40}) {
    const Writing writing(store, bytes);
    CHECK(store.database().has_log());
  }
}

TEST_CASE("a large batch goes into the log where somebody reads, who sees what was") {
  const Folder folder;
  auto store = Store::open_writing(folder.store);
  write_much(store, "one");
  auto other = Store::open_reading(folder.store);
  {
    Writing writing(store, k_large);
    CHECK(store.database().has_log());
    write_much(store, "two");
    CHECK_EQ(other.meta("much-7")->substr(0, 3), "one");
    writing.commit();
  }
  CHECK_EQ(other.meta("much-7")->substr(0, 3), "two");
}

TEST_CASE("who comes while a large batch is written waits for it, and what he wrote is noticed") {
  const Folder folder;
  auto store = Store::open_writing(folder.store);
  write_much(store, "one");
  const auto version = store.database().version();
  std::string seen;
  std::thread reader;
  {
    Writing writing(store, k_large);
    write_much(store, "two");
    reader = std::thread([&] { seen = much(folder.store); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    writing.commit();
  }
  reader.join();
  CHECK_EQ(seen, "two");
  CHECK(store.database().has_log());
  CHECK_EQ(store.database().version(), version);
  Store::open_writing(folder.store).set_meta("other", "1");
  CHECK_NE(store.database().version(), version);
}

TEST_CASE("what is written when SQLite has rolled back by itself is not stored") {
  const Folder folder;
  auto store = Store::open_writing(folder.store);
  auto& database = store.database();
  database.execute("CREATE TABLE numbers (n INTEGER PRIMARY KEY)");
  const auto count = [&] {
    auto query = database.use("SELECT count(*) FROM numbers");
    query.step();
    return query.integer(0);
  };
  {
    Transaction transaction(database);
    database.execute("INSERT INTO numbers VALUES (1)");
    CHECK_THROWS_AS(database.execute("INSERT OR ROLLBACK INTO numbers VALUES (1)"), Failure);
    // Without a guard this would be a transaction of its own.
    CHECK_THROWS_AS(database.execute("INSERT INTO numbers VALUES (2)"), Failure);
    CHECK_THROWS_AS(transaction.commit(), Failure);
  }
  CHECK_EQ(count(), 0);
  {
    Transaction transaction(database);
    database.execute("INSERT INTO numbers VALUES (3)");
    transaction.commit();
  }
  database.execute("INSERT INTO numbers VALUES (4)"); // outside of one as ever
  CHECK_EQ(count(), 2);
}

TEST_CASE("of blobs that several threads write none is kept once one could not be written") {
  const Folder folder;
  auto store = Store::open_writing(folder.store);
  auto& database = store.database();
  database.execute("CREATE TABLE blobs (key INTEGER PRIMARY KEY, data BLOB)");
  {
    Transaction transaction(database);
    BlobWriter writer(database.use("INSERT OR ROLLBACK INTO blobs VALUES (?1, ?2)"));
    writer.put(1, "one");
    CHECK_THROWS_AS(writer.put(1, "the same key"), Failure);
    writer.put(2, "of a thread that does not know yet");
    writer.finish();
  }
  auto query = database.use("SELECT count(*) FROM blobs");
  query.step();
  CHECK_EQ(query.integer(0), 0);
}

TEST_CASE("a log of many small batches is folded now and then, and nobody waits for a reader") {
  constexpr std::uintmax_t k_long = std::uintmax_t{144} * 16'384;
  const Folder folder;
  const auto look = [&folder] { // as a process of its own, which ends
    auto store = Store::open_writing(folder.store);
    Writing writing(store);
    store.set_meta("looks",
                   std::to_string(parse_int(store.meta("looks").value_or("0")).value() + 1));
    writing.commit();
  };
  std::uintmax_t longest = 0;
  for (int i = 0; i < 200; ++i) {
    look();
    longest = std::max(longest, folder.size_of("-wal"));
  }
  CHECK_LT(longest, k_long);
  auto reader = Store::open_reading(folder.store).reader();
  REQUIRE(reader.use("SELECT count(*) FROM meta").step()); // its moment
  for (int i = 0; i < 200; ++i) {
    look();
  }
  CHECK_GT(folder.size_of("-wal"), 0); // the reader's moment needs it
  {
    auto store = Store::open_writing(folder.store);
    const WriterLock lock(folder.store);
    CHECK_FALSE(store.fold_at_once());
  }
  CHECK_EQ(Store::open_reading(folder.store).meta("looks"), "400");
}

/// Cut off in the middle: the file holds a part of the batch, and the journal what was before.
void cut_off(const std::string& path) {
  const auto child = fork();
  REQUIRE_GE(child, 0);
  if (child == 0) {
    auto store = Store::open_writing(path);
    store.database().execute("PRAGMA cache_size=10"); // so that pages go to the file early
    const Writing writing(store, k_large);
    write_much(store, "two");
    _exit(store.database().has_log() ? 1 : 0);
  }
  int status = 0;
  REQUIRE_EQ(waitpid(child, &status, 0), child);
  REQUIRE_EQ(status, 0);
}

TEST_CASE("each long batch that goes through the log is folded, whatever the one before it was") {
  const Folder folder;
  const auto other = Store::open_reading(folder.store); // so that the log is not left
  auto store = Store::open_writing(folder.store);
  for (const char letter : {'a', 'b', 'c'}) { // other bytes all over: all pages are written
    Writing writing(store, k_large);
    REQUIRE(store.database().has_log());
    const std::string much(5'000'000, letter);
    store.set_meta("much", much);
    writing.commit();
    CHECK_EQ(folder.size_of("-wal"), 0);
    CHECK(Store::open_reading(folder.store).meta("much") == much);
  }
}

TEST_CASE("a reader leaves rows through its own connection, and reads on") {
  const Folder folder;
  auto store = Store::open_reading(folder.store);
  {
    const ReadersRows rows(store);
    store.set_meta("taken back", "1");
  }
  CHECK(!store.meta("taken back"));
  {
    ReadersRows rows(store);
    store.set_meta("seen", "1");
    rows.commit();
  }
  sync_log(folder.store);
  CHECK(Store::open_reading(folder.store).meta("seen") == "1");
  CHECK_THROWS_AS(store.set_meta("more", "1"), Failure);
  const ReadTransaction moment(store.database());
  CHECK(store.meta("seen") == "1");
  CHECK_THROWS_AS(ReadersRows{store}, Failure); // a moment is one, to its end
  CHECK_THROWS_AS(store.set_meta("more", "1"), Failure);
}

TEST_CASE("what readers leave does not pile up in the log") {
  constexpr std::uintmax_t k_page = 16'384 + 24,
                           k_most = 144; // pages: 128, and what one commit adds
  const Folder folder;
  const auto look = [&](int number) {
    auto store = Store::open_reading(folder.store);
    {
      ReadersRows rows(store);
      store.set_meta("seen", std::to_string(number));
      rows.commit();
    }
    const ReadTransaction moment(store.database());
    CHECK_EQ(store.meta("seen"), std::to_string(number));
  };
  std::uintmax_t longest = 0;
  for (int number = 0; number < 200; ++number) {
    look(number);
    longest = std::max(longest, folder.size_of("-wal"));
  }
  CHECK(longest > k_page);
  CHECK(longest < k_most * k_page);
}

TEST_CASE("a large batch that was cut off is undone by who comes next, also to read") {
  const Folder folder;
  {
    auto store = Store::open_writing(folder.store);
    Writing writing(store, k_large);
    write_much(store, "one");
    writing.commit();
  }
  for (const bool reading : {true, false}) {
    CAPTURE(reading);
    cut_off(folder.store);
    CHECK_NE(folder.size_of("-journal"), 0);
    if (reading) {
      CHECK_EQ(much(folder.store), "one");
    }
    CHECK(Store::open_writing(folder.store).database().has_log());
    CHECK_EQ(much(folder.store), "one");
  }
}

} // namespace
} // namespace mailfunnel
