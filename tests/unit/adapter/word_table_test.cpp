#include "adapter/word_table.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace mailfunnel;

TEST_CASE("word tables: the first row of a word, without case") {
  struct Row {
    std::string_view word;
    EventKind kind;
  };
  constexpr std::array k_rows{Row{"open", EventKind::open}, Row{"click", EventKind::click},
                              Row{"CLICK", EventKind::page}};
  CHECK(find_word(k_rows, "Open") == k_rows.data());
  CHECK(find_word(k_rows, "opened") == nullptr);
  CHECK(find_word(k_rows, "") == nullptr);
  CHECK(kind_of(k_rows, "CLICK") == EventKind::click);
  CHECK(kind_of(k_rows, "levitation") == EventKind::unknown);
}

TEST_CASE("word tables: the first row whose part is in a text") {
  struct Row {
    std::string_view part;
  };
  constexpr std::array k_rows{Row{"hard bounce"}, Row{"suppression list"}};
  CHECK(find_part(k_rows, "On the Suppression List: hard bounce") == k_rows.data());
  CHECK(find_part(k_rows, "on the suppression list") == &k_rows[1]);
  CHECK(find_part(k_rows, "over quota") == nullptr);
}
