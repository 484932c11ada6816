#include "ingest/address_book.hpp"

#include "base/large_memory.hpp"
#include "base/parallel.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <sys/mman.h>

#include <array>
#include <cstring>
#include <optional>
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
    hashes.insert(book.hash(colliding(i)).tag);
  }
  CHECK_GT(hashes.size(), k_keys - 5);
  book.reserve(k_keys);
  const AddressBook::Pass pass(book);
  for (std::uint64_t i = 0; i < k_keys; ++i) { // quadratic, it would not end
    const auto key = colliding(i);
    CHECK_EQ(book.intern(key, book.hash(key)), i);
  }
}

TEST_CASE("address book: who finds no room in his own line stands in one of the next") {
  constexpr std::uint32_t k_each = 50;
  const std::uint64_t tags[] = {1, std::uint64_t{1} << 63, ~std::uint64_t{0}}; // and around the end
  AddressBook book(0, 1);
  const auto hash_of = [&](std::uint32_t number) {
    return AddressBook::KeyHash{tags[number / k_each], number};
  };
  {
    AddressBook::Pass pass(book);
    for (std::uint32_t number = 0; number < 3 * k_each; ++number) {
      book.load(hash_of(number), number, pass);
    }
  }
  for (const std::size_t room : {0U, 100'000U}) { // as they were put, and after the table grew
    book.reserve(room);
    for (std::uint32_t number = 0; number < 3 * k_each; ++number) {
      CHECK_EQ(book.find(hash_of(number)), number);
    }
    CHECK_EQ(book.find({1, 3 * k_each}), AddressBook::k_none); // another with that tag
    CHECK_EQ(book.find({~std::uint64_t{0}, 0}), AddressBook::k_none);
    CHECK_EQ(book.find({3, 0}), AddressBook::k_none); // nobody has that tag, but that line is full
  }
}

TEST_CASE("address book: what threads add together is told once, by number") {
  constexpr unsigned k_threads = 4;
  constexpr std::size_t k_keys = 20'000, k_in_pass = 700;
  const auto key_of = [](std::size_t i) { // of all sizes, so that rooms end in the middle
    return "reader" + std::to_string(i) + std::string(i % 97, 'x') + "@example.com";
  };
  AddressBook book(7, 1);
  std::size_t told = 0;
  for (std::size_t round = 0; round < 2; ++round) { // each key is new in one of the two
    const auto first = round * k_keys;
    on_threads(k_threads, [&](unsigned thread) {
      for (std::size_t i = 0; i < 2 * k_keys; i += k_in_pass) {
        book.reserve(k_threads * k_in_pass);
        AddressBook::Pass pass(book);
        for (auto k = i; k < std::min(i + k_in_pass, first + k_keys); ++k) {
          const auto key = key_of(thread % 2 == 0 ? k : first + k_keys - 1 - k);
          book.intern(key, book.hash(key), AddressBook::k_none, k % 5 == 0 ? nullptr : &pass);
        }
      }
    });
    std::size_t bytes = 0;
    for (auto k = first; k < first + k_keys; ++k) {
      bytes += key_of(k).size();
    }
    CHECK_GE(book.added_bytes(), bytes);
    CHECK_LE(book.added_bytes(), 2 * bytes);
    const auto added = book.take_added();
    CHECK_EQ(book.added_bytes(), 0);
    REQUIRE_EQ(added.size(), k_keys);
    std::unordered_set<std::string_view> keys;
    for (std::size_t i = 0; i < added.size(); ++i) {
      const NewKey one{added.id(i), added.key(i)};
      CHECK_EQ(one.id, 7 + told++);
      keys.insert(one.key);
      CHECK_EQ(book.find(book.hash(one.key)), one.id);
    }
    CHECK_EQ(keys.size(), k_keys);
    CHECK_EQ(book.size(), told);
  }
  CHECK(book.take_added().empty());
}

TEST_CASE("address book: further keys of somebody stand beside his number") {
  AddressBook book(3, 1, 2);
  const auto add = [&book](std::string_view key, std::uint32_t as = AddressBook::k_none) {
    return book.intern(key, book.hash(key), as);
  };
  CHECK_EQ(add("ann@example.com"), 3);
  CHECK_EQ(add("bo@example.com"), 4);
  CHECK_EQ(add("a.nn@example.com", 3), 3);
  CHECK_EQ(add("known@example.com", 1), 1); // of somebody whom the store knows
  CHECK_EQ(add("cleo@example.com"), 5);
  const auto added = book.take_added();
  std::string told;
  for (std::size_t i = 0; i < added.size(); ++i) {
    told += fmt::format("{} {}\n", added.id(i), added.key(i));
  }
  CHECK_EQ(told, "1 known@example.com\n3 ann@example.com\n3 a.nn@example.com\n4 bo@example.com\n"
                 "5 cleo@example.com\n");
}

TEST_CASE("address book: keys with a number of the caller's are told by the one that it is then") {
  AddressBook book(3, 1, 2);
  const auto add = [&book](std::string_view key, std::uint32_t as = AddressBook::k_none) {
    return book.intern(key, book.hash(key), as);
  };
  CHECK_EQ(add("c", AddressBook::k_end), AddressBook::k_end);
  CHECK_EQ(add("ann@example.com"), 3);
  CHECK_EQ(add("d", AddressBook::k_end + 1), AddressBook::k_end + 1);
  CHECK_EQ(add("e", AddressBook::k_end + 2), AddressBook::k_end + 2);
  CHECK_EQ(add("f", AddressBook::k_end + 3), AddressBook::k_end + 3);
  CHECK_EQ(add("bo@example.com"), 4);
  CHECK_EQ(add("d", AddressBook::k_end + 9), AddressBook::k_end + 1);
  const auto added = book.take_added([](std::uint32_t as) {
    constexpr std::array<std::uint32_t, 4> k_numbers{5, 3, AddressBook::k_refused, 1};
    return k_numbers.at(as - AddressBook::k_end);
  });
  std::string told;
  for (std::size_t i = 0; i < added.size(); ++i) {
    told += fmt::format("{} {}\n", added.id(i), added.key(i));
  }
  CHECK_EQ(told, "1 f\n3 ann@example.com\n3 d\n4 bo@example.com\n5 c\n");
  CHECK_EQ(book.find(book.hash("d")), AddressBook::k_end + 1); // in it they are as they were
}

TEST_CASE("address book: the memory of keys that were told is the next one's") {
  const auto key_of = [](std::uint32_t number) { return fmt::format("p{}@example.com", number); };
  for (const bool reused : {false, true}) {
    std::optional<LargeReuse> reuse;
    if (reused) {
      reuse.emplace();
    }
    AddressBook book(0, 1);
    book.reserve(400'000); // at once: a table that it outgrows would be taken too
    std::uint32_t next = 0;
    for (const std::uint32_t keys : {100'000U, 10U, 200'000U}) {
      const auto first = next;
      for (; next < first + keys; ++next) {
        const auto key = key_of(next);
        REQUIRE_EQ(book.intern(key, book.hash(key)), next);
      }
      const void* told = nullptr;
      {
        const auto added = book.take_added();
        REQUIRE_EQ(added.size(), keys);
        for (std::uint32_t i = 0; i < keys; ++i) {
          REQUIRE_EQ(added.key(i), key_of(first + i));
        }
        told = added.key(0).data() - sizeof(AddedKeys::Entry);
      }
      book.give_added();
      constexpr std::size_t k_large = std::size_t{2} << 20;
      auto* const taken = take_large_again(k_large);
      CHECK_EQ(taken == told, reused && keys > 1000); // of so many alone there is much
      std::memset(taken, 0xFF, k_large);
      for (std::uint32_t i = 0; i < next; i += 997) {
        REQUIRE_EQ(book.find(book.hash(key_of(i))), i);
      }
      munmap(taken, k_large); // else it would be taken once more
    }
  }
}

} // namespace
} // namespace mailfunnel
