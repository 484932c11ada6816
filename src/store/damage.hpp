#pragma once
// What is said of a store whose parts don't fit together. Blocks have checksums; rows have none,
// and SQLite checks references only when they are written.

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mailfunnel {

/// Throws Failure (io): "<what> is damaged: restore the store from a backup".
[[noreturn]] inline void damaged(std::string_view what) {
  throw Failure(
      {ErrorCode::io, std::string(what) + " is damaged: restore the store from a backup"});
}

/// What `map` has for `key`, which stood in `table`; Failure where it has nothing.
template<typename Map, typename Key>
const auto& referred(const Map& map, const Key& key, std::string_view table) {
  const auto found = map.find(key);
  if (found == map.end()) {
    damaged("the table " + std::string(table));
  }
  return found->second;
}

/// The value that has this number, of an enumeration that counts from 0 to `last`; it stood in
/// `table`. Failure: there is none.
template<typename Enum> Enum enumerated(std::int64_t number, Enum last, std::string_view table) {
  if (number < 0 || number > static_cast<std::int64_t>(last)) {
    damaged("the table " + std::string(table));
  }
  return static_cast<Enum>(number);
}

} // namespace mailfunnel
