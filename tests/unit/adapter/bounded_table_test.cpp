#include "adapter/bounded_table.hpp"

#include "base/hash.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mailfunnel;

namespace {

struct Note {
  std::string text;
  std::size_t weight() const { return text.size(); }
};
using Notes = BoundedTable<Note>;

std::uint64_t key(int number) {
  return hash64("note", static_cast<std::uint64_t>(number));
}

void write(Notes& notes, int number, const std::string& text) {
  notes.alter(notes.get(key(number)), [&text](Note& note) { note.text = text; });
}

} // namespace

TEST_CASE("bounded table: what is put in is found until it is erased") {
  Notes notes(100, 1000);
  write(notes, 1, "one");
  REQUIRE(notes.find(key(1)) != nullptr);
  CHECK(notes.find(key(1))->text == "one");
  CHECK(notes.find(key(2)) == nullptr);
  notes.erase(key(1));
  CHECK(notes.find(key(1)) == nullptr);
  CHECK(notes.size() == 0);
}

TEST_CASE(
    "bounded table: it never holds more than twice as many, and forgets the longest untouched") {
  constexpr int k_most = 100;
  Notes notes(k_most, 1 << 20);
  write(notes, 0, "touched");
  for (int i = 1; i < 10 * k_most; ++i) {
    write(notes, i, "new");
    CHECK(notes.size() <= 2 * k_most);
    REQUIRE(notes.find(key(0)) != nullptr); // touched each time
  }
  CHECK(notes.find(key(0))->text == "touched");
  CHECK(notes.find(key(1)) == nullptr);
  for (int i = 9 * k_most + 1; i < 10 * k_most; ++i) {
    CHECK(notes.find(key(i)) != nullptr);
  }
}

TEST_CASE("bounded table: weight fills it too, and what is erased or made smaller weighs no more") {
  constexpr std::size_t k_bytes = 1000;
  Notes notes(1 << 20, k_bytes);
  write(notes, 1, "kept");
  for (int i = 2; i < 1000; ++i) { // never more than 100 bytes at a time
    write(notes, i, std::string(100, 'x'));
    if (i % 2 == 0) {
      notes.erase(key(i));
    } else {
      write(notes, i, "");
    }
  }
  CHECK(notes.find(key(1)) != nullptr);
  for (int i = 1000; i < 1030; ++i) {
    write(notes, i, std::string(100, 'x'));
  }
  CHECK(notes.find(key(1)) == nullptr);
  CHECK(notes.size() <= 2 * k_bytes / 100 + 2);
}
