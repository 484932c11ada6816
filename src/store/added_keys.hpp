#pragma once
// Many new keys in order of number, 4 bytes each beside the memory in which they stand already.

#include "base/large_memory.hpp"
#include "model/activity.hpp"
#include "store/key_index.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

/// A key for a recipient that has others already, or for a new one (id == count before).
struct NewKey {
  RecipientId id;
  std::string_view key;
};

class AddedKeys {
public:
  /// How a key stands in memory, 8 bytes aligned; its text follows.
  struct Entry {
    RecipientId id;
    std::uint32_t size;
    std::string_view text() const { return {reinterpret_cast<const char*>(this + 1), size}; }
  };
  static constexpr std::uint64_t k_unit = 8; // bytes

  AddedKeys() = default;
  /// `places`: where the entries begin, in units from `base` on; in order of their ids, which begin
  /// at `first` and are one apart.
  AddedKeys(const char* base, std::span<const std::uint32_t> places, RecipientId first)
      : m_base(base), m_places(places), m_first(first) {}
  /// Or else are `ids`.
  AddedKeys(const char* base, LargeVector<std::uint32_t> places, LargeVector<RecipientId> ids)
      : m_base(base), m_own_places(std::move(places)), m_places(m_own_places),
        m_ids(std::move(ids)) {}
  AddedKeys(const AddedKeys&) = delete;
  AddedKeys& operator=(const AddedKeys&) = delete;

  std::size_t size() const { return m_places.size(); }
  bool empty() const { return m_places.empty(); }
  /// Without a look at the entry, which stands anywhere.
  RecipientId id(std::size_t i) const {
    return m_ids.empty() ? m_first + static_cast<RecipientId>(i) : m_ids[i];
  }
  KeyNumbers numbers() const { return {m_first, m_ids}; }
  std::string_view key(std::size_t i) const {
    return reinterpret_cast<const Entry*>(m_base + m_places[i] * k_unit)->text();
  }

private:
  const char* m_base = nullptr;
  LargeVector<std::uint32_t> m_own_places;
  std::span<const std::uint32_t> m_places;
  RecipientId m_first = 0;
  LargeVector<RecipientId> m_ids;
};

/// The same of a few keys, each as it is.
class NewKeys {
public:
  explicit NewKeys(std::span<const NewKey> keys) : m_keys(keys) {
    for (const auto& one : keys) {
      m_ids.push_back(one.id);
    }
  }
  std::size_t size() const { return m_keys.size(); }
  bool empty() const { return m_keys.empty(); }
  RecipientId id(std::size_t i) const { return m_ids[i]; }
  KeyNumbers numbers() const { return {0, m_ids}; }
  std::string_view key(std::size_t i) const { return m_keys[i].key; }

private:
  std::span<const NewKey> m_keys;
  std::vector<RecipientId> m_ids;
};

} // namespace mailfunnel
