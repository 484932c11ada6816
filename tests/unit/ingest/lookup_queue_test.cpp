#include "ingest/lookup_queue.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {
namespace {

struct Waiting {
  AddressBook::KeyHash hash;
  std::string_view key;
};

TEST_CASE("who waits for a number gets it in turn, once, and with his own text") {
  AddressBook book(0, 20261130);
  LookupQueue<Waiting> queue;
  std::vector<std::string> told;
  const auto resolve = [&](const Waiting& one) {
    CHECK_EQ(book.intern(one.key, one.hash), told.size());
    told.emplace_back(one.key);
  };
  constexpr std::size_t k_people = 1000; // some batches, and a part of one
  for (std::size_t i = 0; i < k_people; ++i) {
    const std::string_view key = queue.next_text() = fmt::format("p{}@example.com", i);
    queue.next() = {book.hash(key), key};
    queue.add(book, resolve);
  }
  CHECK_LT(told.size(), k_people);
  queue.finish(resolve);
  queue.finish(resolve); // nobody waits any more
  REQUIRE_EQ(told.size(), k_people);
  for (std::size_t i = 0; i < k_people; ++i) {
    CHECK_EQ(told[i], fmt::format("p{}@example.com", i));
  }
}

} // namespace
} // namespace mailfunnel
