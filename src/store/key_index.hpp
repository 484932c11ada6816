#pragma once
// Which number a key has, without a look at the keys of everybody.

#include "model/activity.hpp"
#include "store/database.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// Numbers of keys in a row: from `first` on, one apart, or else `each`.
struct KeyNumbers {
  RecipientId first = 0;
  std::span<const RecipientId> each{};
  RecipientId operator[](std::size_t i) const {
    return each.empty() ? first + static_cast<RecipientId>(i) : each[i];
  }
};

/// The table key_index: 4,096 partitions by a part of the key's hash, each a few hundred entries of
/// (another part of the hash, number) in a store of a million people. Few new keys would fall into
/// nearly all of them, so they stand together behind the partitions until they are many.
class KeyIndex {
public:
  explicit KeyIndex(Database& database) : m_database(&database) {}

  /// What the index is kept by. Keys come from strangers: with a seed of the store's own, nobody
  /// can choose many that fall into one place. (A store without one was made before there were
  /// seeds.) From several threads after the first.
  std::uint64_t hash(std::string_view key);

  struct Candidate {
    std::uint32_t key; // which of those that were asked for
    RecipientId id;
  };
  /// Who may have keys of these hashes. What is found is to be compared with the key itself.
  std::vector<Candidate> find(std::span<const std::uint64_t> hashes);

  /// `fresh`: the index is empty.
  void add(std::span<const std::uint64_t> hashes, const KeyNumbers& numbers, bool fresh,
           unsigned threads);
  void remove(std::uint64_t hash, RecipientId id);

private:
  struct Entry;  // of a partition
  struct Recent; // of those behind them
  std::vector<Recent> recent();
  void put_recent(std::span<const Recent> entries);
  void distribute(std::span<const std::uint64_t> hashes, const KeyNumbers& numbers, bool fresh,
                  unsigned threads);

  Database* m_database;
  std::optional<std::uint64_t> m_seed; // when it was asked for; 0: the store has none
};

} // namespace mailfunnel
