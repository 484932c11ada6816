#include "ingest/address_book.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <unordered_set>

namespace mailfunnel {
namespace {

/// Keys that all have one hash64(), whatever the seed: the first piece of each is the mask, so that
/// what stands beside it counts for nothing.
std::string colliding(std::uint64_t number) {
  constexpr std::uint64_t k_mask = 0xD1B54A32D192ED03;
  std::string key(16, '\0');
  std::memcpy(key.data(), &k_mask, sizeof k_mask);
  std::memcpy(key.data() + sizeof k_mask, &number, sizeof number);
  return key + "@example.com";
}

TEST_CASE("address book: keys made to collide do not") {
  constexpr std::uint64_t k_seed = 20260302, k_keys = 1'000'000;
  CHECK_EQ(hash64(colliding(1), k_seed), hash64(colliding(2), k_seed)); // the attack
  AddressBook book(0, k_seed);
  std::unordered_set<std::uint64_t> hashes;
  for (std::uint64_t i = 0; i < k_keys; ++i) {
    hashes.insert(book.hash(colliding(i)));
  }
  CHECK_GT(hashes.size(), k_keys - 5);
  book.reserve(k_keys);
  const AddressBook::Pass pass(book);
  for (std::uint64_t i = 0; i < k_keys; ++i) { // quadratic, it would not end
    const auto key = colliding(i);
    CHECK_EQ(book.intern(key, book.hash(key)), i);
  }
}

} // namespace
} // namespace mailfunnel
