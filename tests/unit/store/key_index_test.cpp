// The index of keys: its partitions, and those behind them where few new keys stand together.

#include "base/result.hpp"
#include "store/recipients.hpp"
#include "store/store.hpp"

#include "test_folder.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

namespace mailfunnel {
namespace {

constexpr RecipientId k_most_recent = 4096;

std::vector<std::string> addresses(RecipientId people) {
  std::vector<std::string> texts;
  for (RecipientId who = 0; who < people; ++who) {
    texts.push_back(fmt::format("p{}@example.com", who));
  }
  return texts;
}

void add(Store& store, const std::vector<std::string>& texts, RecipientId first, RecipientId end,
         unsigned threads = 2) {
  std::vector<NewKey> keys;
  for (auto who = first; who < end; ++who) {
    keys.push_back({who, texts[who]});
  }
  Recipients(store.database()).add(keys, threads);
}

void check_found(Store& store, const std::vector<std::string>& texts, RecipientId people) {
  Recipients recipients(store.database());
  const std::vector<std::string_view> all(texts.begin(), texts.end());
  const auto found = recipients.find(all);
  for (RecipientId who = 0; who < texts.size(); ++who) {
    REQUIRE(found[who] == (who < people ? std::optional(who) : std::nullopt));
  }
  CHECK_EQ(recipients.find(texts[people - 1]), people - 1);
}

/// All rows, with their bytes.
std::string rows_of(Store& store) {
  std::string index;
  auto rows = store.database().use("SELECT partition, data FROM key_index ORDER BY partition");
  while (rows.step()) {
    index += fmt::format("{}:{:02x} ", rows.integer(0), fmt::join(rows.blob(1), ""));
  }
  return index;
}

std::size_t bytes_of(Store& store, std::string_view where) {
  auto query = store.database().use("SELECT coalesce(sum(length(data)), 0) FROM key_index WHERE " +
                                    std::string(where));
  REQUIRE(query.step());
  return static_cast<std::size_t>(query.integer(0));
}

/// What all partitions hold, in any order within each.
std::vector<std::vector<std::string>> entries_of(Store& store) {
  std::vector<std::vector<std::string>> partitions;
  auto rows = store.database().use("SELECT data FROM key_index ORDER BY partition");
  while (rows.step()) {
    auto& entries = partitions.emplace_back();
    const auto data = rows.blob(0);
    for (std::size_t at = 0; at < data.size(); at += 8) {
      entries.emplace_back(data.substr(at, 8));
    }
    std::sort(entries.begin(), entries.end());
  }
  return partitions;
}

Store store_of(const std::string& path) {
  Store::create(path);
  auto store = Store::open_writing(path);
  store.database().execute("DELETE FROM meta WHERE key = 'index_seed'"); // so they are comparable
  return store;
}

/// Adds some keys; what the index then holds.
std::string index_of(Store& store) {
  const std::vector<std::string> texts{"ann@example.com", "bob@example.com", "cleo@example.com"};
  std::vector<NewKey> keys;
  for (const auto& text : texts) {
    keys.push_back({static_cast<RecipientId>(keys.size()), text});
  }
  Recipients recipients(store.database());
  recipients.add(keys, 1);
  store.set_meta("recipients", "3");
  for (const auto& key : keys) {
    CHECK_EQ(Recipients(store.database()).find(key.key), key.id);
  }
  return rows_of(store);
}

TEST_CASE("the index of keys: nobody knows beforehand where a key falls") {
  const Folder folder;
  std::vector<std::string> indexes;
  for (const auto* name : {"a.db", "b.db"}) {
    Store::create(folder.store(name));
    auto store = Store::open_writing(folder.store(name));
    indexes.push_back(index_of(store));
  }
  CHECK_NE(indexes[0], indexes[1]);
}

TEST_CASE("the index of keys: a store from before there were seeds is read and written as it is") {
  const Folder folder;
  std::vector<std::string> indexes;
  for (const auto* name : {"a.db", "b.db"}) {
    Store::create(folder.store(name));
    auto store = Store::open_writing(folder.store(name));
    store.database().execute("DELETE FROM meta WHERE key = 'index_seed'");
    indexes.push_back(index_of(store));
  }
  CHECK_EQ(indexes[0], indexes[1]);
}

TEST_CASE("the index of keys: the same, however many threads make it") {
  constexpr RecipientId k_people = 50'000;
  const auto texts = addresses(k_people);
  const Folder folder;
  std::vector<std::string> indexes;
  for (const unsigned threads : {1U, 3U, 8U}) {
    const auto path = folder.store(fmt::format("{}.db", threads));
    Store::create(path);
    auto store = Store::open_writing(path);
    store.database().execute("DELETE FROM meta WHERE key = 'index_seed'"); // so they are comparable
    for (const RecipientId first : {RecipientId{0}, k_people / 2}) { // afresh, and to what is there
      add(store, texts, first, first + k_people / 2, threads);
    }
    check_found(store, texts, k_people);
    indexes.push_back(rows_of(store));
  }
  CHECK(indexes[0] == indexes[1]);
  CHECK(indexes[0] == indexes[2]);
}

TEST_CASE("the index of keys: few new ones stand together, until they are many") {
  const RecipientId people = 1000;
  const auto texts = addresses(people + 3 * k_most_recent);
  const Folder folder;
  auto store = store_of(folder.store("a.db"));
  add(store, texts, 0, people);
  const auto partitions = bytes_of(store, "partition < 4096");
  CHECK_EQ(partitions, people * 8);
  CHECK_EQ(bytes_of(store, "partition >= 4096"), 0);
  auto known = people;
  for (const RecipientId more : {RecipientId{1}, RecipientId{700}, k_most_recent - 701}) {
    add(store, texts, known, known + more);
    known += more;
    CHECK_EQ(bytes_of(store, "partition < 4096"), partitions); // as they were
    CHECK_EQ(bytes_of(store, "partition = 4096"), (known - people) * 12);
    check_found(store, texts, known);
  }
  add(store, texts, known, known + 1); // one too many
  ++known;
  CHECK_EQ(bytes_of(store, "partition < 4096"), known * 8);
  CHECK_EQ(bytes_of(store, "partition >= 4096"), 0);
  check_found(store, texts, known);
  auto at_once = store_of(folder.store("b.db"));
  add(at_once, texts, 0, known);
  CHECK(entries_of(store) == entries_of(at_once));
  add(store, texts, known, known + 2); // many at once leave the few that are there
  add(store, texts, known + 2, known + 2 + k_most_recent + 1);
  known += 3 + k_most_recent;
  CHECK_EQ(bytes_of(store, "partition = 4096"), 2 * 12);
  CHECK_EQ(bytes_of(store, "partition < 4096"), (known - 2) * 8);
  check_found(store, texts, known);
}

TEST_CASE("the index of keys: who is erased is in neither part of it") {
  const auto texts = addresses(60);
  const Folder folder;
  auto store = store_of(folder.store("a.db"));
  add(store, texts, 0, 50);
  add(store, texts, 50, 60);
  Recipients recipients(store.database());
  recipients.remove(std::vector<RecipientId>{7, 55});
  CHECK_EQ(bytes_of(store, "partition < 4096"), 49 * 8);
  CHECK_EQ(bytes_of(store, "partition = 4096"), 9 * 12);
  for (RecipientId who = 0; who < 60; ++who) {
    CHECK_EQ(recipients.find(texts[who]).has_value(), who != 7 && who != 55);
  }
}

TEST_CASE("the index of keys: the row of recent ones is looked at before it is believed") {
  const auto texts = addresses(60);
  const Folder folder;
  auto store = store_of(folder.store("a.db"));
  add(store, texts, 0, 50);
  add(store, texts, 50, 60);
  for (const auto* change : {"substr(data, 1, 119)", "substr(data, 13) || substr(data, 1, 12)",
                             "substr(data, 1, 108) || x'00100000' || substr(data, 113)"}) {
    Transaction transaction(store.database());
    store.database().execute(
        fmt::format("UPDATE key_index SET data = CAST({} AS BLOB) WHERE partition = 4096", change));
    CHECK_THROWS_AS(Recipients(store.database()).find(texts[3]), Failure);
  }
}

} // namespace
} // namespace mailfunnel
