#pragma once
// What a reader remembers of things whose end may never come, such as mails in a queue: a table
// that forgets. It keeps two generations; when the young one is full the old one goes, and what is
// touched moves to the young one. So the things touched last are there: at least `most` of them, at
// most twice as many.

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace mailfunnel {

/// Keys are hashes (base/hash.hpp) and are trusted to be unique. A Value says by weight() how many
/// bytes it holds besides its own.
template<typename Value> class BoundedTable {
public:
  /// A generation is full with `most` values, or when they hold `most_weight` bytes.
  BoundedTable(std::size_t most, std::size_t most_weight)
      : m_most(most), m_most_weight(most_weight) {}

  /// The value, or nullptr. Good until the next call.
  Value* find(std::uint64_t key) {
    if (const auto place = m_young.find(key); place != m_young.end()) {
      return &place->second;
    }
    const auto place = m_old.find(key);
    if (place == m_old.end()) {
      return nullptr;
    }
    auto value = std::move(place->second);
    m_old.erase(place);
    return &put(key, std::move(value));
  }

  /// The value, made when there is none. Good until the next call.
  Value& get(std::uint64_t key) {
    auto* const value = find(key);
    return value != nullptr ? *value : put(key, Value{});
  }

  void erase(std::uint64_t key) {
    if (const auto place = m_young.find(key); place != m_young.end()) {
      m_weight -= place->second.weight();
      m_young.erase(place);
    } else {
      m_old.erase(key);
    }
  }

  /// Gives a value that was just found or made to change(value), which may alter its weight.
  template<typename Change> void alter(Value& value, Change change) {
    m_weight -= value.weight();
    change(value);
    m_weight += value.weight();
  }

  std::size_t size() const { return m_young.size() + m_old.size(); }

private:
  struct Hashed {
    using is_avalanching = void;
    std::size_t operator()(std::uint64_t key) const { return key; }
  };
  using Generation = boost::unordered_flat_map<std::uint64_t, Value, Hashed>;

  Value& put(std::uint64_t key, Value value) {
    if (m_young.size() >= m_most || m_weight >= m_most_weight) {
      m_old = std::move(m_young);
      m_young = {};
      m_weight = 0;
    }
    m_weight += value.weight();
    return m_young.emplace(key, std::move(value)).first->second;
  }

  std::size_t m_most, m_most_weight, m_weight = 0;
  Generation m_young, m_old;
};

} // namespace mailfunnel
