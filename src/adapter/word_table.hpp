#pragma once
// Tables of an ESP's words: an array of rows, each with a `word` (or a `part` of a text) and what
// it means to us.

#include "base/text.hpp"
#include "model/event.hpp"

#include <iterator>
#include <string_view>

namespace mailfunnel {

/// The first row of that word, without case; nullptr: none. For tables of a few rows.
template<typename Rows> auto find_word(const Rows& rows, std::string_view word) {
  for (const auto& row : rows) {
    if (iequals(row.word, word)) {
      return &row;
    }
  }
  return decltype(&*std::begin(rows)){nullptr};
}

/// The first row whose `part` is in the text, without case; nullptr: none.
template<typename Rows> auto find_part(const Rows& rows, std::string_view text) {
  for (const auto& row : rows) {
    if (icontains(text, row.part)) {
      return &row;
    }
  }
  return decltype(&*std::begin(rows)){nullptr};
}

/// What `kind` the word has in a table; unknown where it is not there: a new word is no mistake.
template<typename Rows> EventKind kind_of(const Rows& rows, std::string_view word) {
  const auto* const row = find_word(rows, word);
  return row != nullptr ? row->kind : EventKind::unknown;
}

} // namespace mailfunnel
