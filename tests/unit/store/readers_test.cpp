// Several connections that read one store beside somebody who writes, and its index of keys.

#include "store/recipients.hpp"
#include "store/store.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace mailfunnel {
namespace {

namespace fs = std::filesystem;

struct Folder {
  Folder() {
    static int s_number = 0; // NOLINT
    path =
        fs::temp_directory_path() / fmt::format("mailfunnel-readers-{}-{}", getpid(), ++s_number);
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string store(const std::string& name) const { return (path / name).string(); }
  fs::path path;
};

TEST_CASE("readers see one moment, however fast somebody writes beside them") {
  const Folder folder;
  const auto path = folder.store("a.db");
  Store::create(path);
  std::atomic<bool> done = false;
  std::thread writer([&] {
    auto store = Store::open_writing(path);
    store.database().execute("PRAGMA synchronous=OFF"); // as fast as it can
    while (!done) {
      Transaction transaction(store.database());
      store.count_change();
      transaction.commit();
      std::this_thread::yield();
    }
  });
  auto store = Store::open_reading(path);
  std::optional<ReadTransaction> moment; // of the connection that watches, which then sees nothing
  for (int round = 0; round < 150; ++round) {
    std::vector<std::string> seen;
    if (round == 100) {
      moment.emplace(store.database());
    }
    for (auto& reader : store.readers(6, round < 50 ? nullptr : &store.database())) {
      auto query = reader.use("SELECT value FROM meta WHERE key = 'changes'");
      REQUIRE(query.step());
      seen.emplace_back(query.text(0));
    }
    CHECK_EQ(seen, std::vector<std::string>(6, seen.front()));
  }
  done = true;
  writer.join();
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
  std::string index;
  auto rows = store.database().use("SELECT partition, data FROM key_index ORDER BY partition");
  while (rows.step()) {
    index += fmt::format("{}:{:02x} ", rows.integer(0), fmt::join(rows.blob(1), ""));
  }
  return index;
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
  constexpr RecipientId k_people = 5000;
  std::vector<std::string> texts;
  for (RecipientId who = 0; who < k_people; ++who) {
    texts.push_back(fmt::format("p{}@example.com", who));
  }
  const Folder folder;
  std::vector<std::string> indexes;
  for (const unsigned threads : {1U, 3U, 8U}) {
    const auto path = folder.store(fmt::format("{}.db", threads));
    Store::create(path);
    auto store = Store::open_writing(path);
    store.database().execute("DELETE FROM meta WHERE key = 'index_seed'"); // so they are comparable
    Recipients recipients(store.database());
    for (const RecipientId first : {RecipientId{0}, k_people / 2}) { // afresh, and to what is there
      std::vector<NewKey> keys;
      for (auto who = first; who < first + k_people / 2; ++who) {
        keys.push_back({who, texts[who]});
      }
      recipients.add(keys, threads);
    }
    for (RecipientId who = 0; who < k_people; who += 7) {
      REQUIRE(recipients.find(texts[who]) == who);
    }
    std::string index;
    auto rows = store.database().use("SELECT partition, data FROM key_index ORDER BY partition");
    while (rows.step()) {
      index += fmt::format("{}:{:02x} ", rows.integer(0), fmt::join(rows.blob(1), ""));
    }
    indexes.push_back(index);
  }
  CHECK(indexes[0] == indexes[1]);
  CHECK(indexes[0] == indexes[2]);
}

} // namespace
} // namespace mailfunnel
