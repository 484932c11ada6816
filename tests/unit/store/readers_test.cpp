// Several connections that read one store beside somebody who writes.

#include "store/store.hpp"

#include "test_folder.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace mailfunnel {
namespace {

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

} // namespace
} // namespace mailfunnel
