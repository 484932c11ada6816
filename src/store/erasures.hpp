#pragma once
// Who was erased, known again without being kept: of each address and contact id there is an
// HMAC-SHA256 (its first 16 bytes), by a key of 32 bytes that stands in a file of its own,
// <store>.erased.key, readable by its owner only. Without that file the hashes say nothing, so it
// belongs into no backup that holds the store.

#include "base/time.hpp"
#include "store/store.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

using KeyedHash = std::array<char, 16>;

/// The keyed hash. Good for several threads at a time.
class HashKey {
public:
  /// nullptr: there is no key file. Failure (io): it can't be read, or is cut short.
  static std::unique_ptr<const HashKey> read(const std::string& store_path);
  /// Makes the file where there is none; it is on the disk when this returns.
  static std::unique_ptr<const HashKey> make(const std::string& store_path);
  static std::string path_of(const std::string& store_path);
  ~HashKey();
  HashKey(const HashKey&) = delete;
  HashKey& operator=(const HashKey&) = delete;

  KeyedHash of(std::string_view text) const;

private:
  struct State;
  explicit HashKey(std::string_view key);
  std::unique_ptr<State> m_state;
};

struct Erasure {
  std::optional<std::uint32_t> recipient; // the number that is nobody's now
  Seconds at = 0;
};

/// The tombstones of a store, as they are when it is looked at.
class Erasures {
public:
  /// Failure (io): somebody was erased, and the key file is not there: nobody could be known again.
  explicit Erasures(Store& store);

  bool empty() const { return m_by_hash.empty(); }
  /// `key`: a normalised address, or a contact key.
  const Erasure* find(std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }
  /// Does an address of somebody erased stand in the text, as it is or percent-encoded?
  bool mentioned_in(std::string_view text) const;

  /// Goes up with every erasure: what was read before it may hold somebody who is gone.
  static std::int64_t version(Store& store);
  /// The caller holds the transaction. What is there already stays as it is.
  static void add(Store& store, const HashKey& key, std::string_view text, const Erasure& erasure);
  /// Somebody may come in again, by all of his or her keys. False: the key is not that of anybody
  /// erased.
  static bool lift(Store& store, const HashKey& key, std::string_view text);

  /// Numbers that are nobody's, in order.
  static std::vector<std::uint32_t> numbers(Database& database);

private:
  struct BytesHash {
    using is_avalanching = void;
    std::size_t operator()(const KeyedHash& hash) const;
  };
  std::unique_ptr<const HashKey> m_key;
  boost::unordered_flat_map<KeyedHash, Erasure, BytesHash> m_by_hash;
};

} // namespace mailfunnel
