#pragma once
// What an import tells of people's attributes, as it gathers it: 16 bytes a person and 4 a value.
// Each value of an attribute is kept once, and known by its number.

#include "base/hash.hpp"
#include "base/large_memory.hpp"
#include "base/text.hpp"
#include "model/activity.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace mailfunnel {

/// One thread's. `seed`: of the store, as strangers choose the values.
class AttributeChanges {
public:
  /// What is told of one person at once.
  struct Person {
    RecipientId recipient; // while an import runs, its own number
    std::uint32_t valid_from;
    std::uint64_t first : 40, count : 24; // in the list of all that is told
  };
  struct Value {
    const char* text;
    std::uint16_t attribute, size;
    std::string_view view() const { return {text, size}; }
  };

  explicit AttributeChanges(std::uint64_t seed)
      : m_seed(seed), m_known(0, Hash{this}, Same{this}) {}
  AttributeChanges(const AttributeChanges&) = delete;
  AttributeChanges& operator=(const AttributeChanges&) = delete;

  /// Room for so many more, where there is less than for `least` of them: address space, which
  /// becomes memory as it is filled.
  void reserve(std::size_t more, std::size_t least);
  /// Of somebody, until the next.
  void begin(RecipientId recipient, std::uint32_t valid_from) {
    constexpr auto k_most_told = (std::uint64_t{1} << 40) - 1;
    m_people.push_back({recipient, valid_from, m_told.size() & k_most_told, 0});
  }
  void add(std::uint16_t attribute, std::string_view value);
  /// As if the last one had not begun.
  void abandon();
  void clear();

  std::span<Person> people() { return m_people; }
  std::span<const Person> people() const { return m_people; }
  /// Of whom nothing is to be kept.
  template<typename Test> void erase_people(Test test) { std::erase_if(m_people, test); }
  const Value& value(const Person& person, std::uint64_t i) const {
    return m_values[m_told[person.first + i]];
  }
  /// That it takes in memory.
  std::uint64_t bytes() const;

private:
  struct Wanted {
    std::uint16_t attribute;
    std::string_view text;
  };
  /// Values by number in the set of them, found by what they are.
  struct Hash {
    using is_transparent = void;
    using is_avalanching = void;
    const AttributeChanges* changes;
    std::size_t operator()(Wanted wanted) const {
      return keyed_hash64(wanted.text, changes->m_seed) ^ wanted.attribute * hash_detail::k_a;
    }
    std::size_t operator()(std::uint32_t number) const { return (*this)(changes->wanted(number)); }
  };
  struct Same {
    using is_transparent = void;
    const AttributeChanges* changes;
    bool operator()(std::uint32_t a, std::uint32_t b) const { return a == b; }
    bool operator()(Wanted a, std::uint32_t number) const {
      const auto b = changes->wanted(number);
      return a.attribute == b.attribute && same(a.text, b.text);
    }
    bool operator()(std::uint32_t number, Wanted a) const { return (*this)(a, number); }
  };
  Wanted wanted(std::uint32_t number) const {
    const auto& value = m_values[number];
    return {value.attribute, value.view()};
  }

  std::uint64_t m_seed;
  LargeVector<Person> m_people;
  LargeList<std::uint32_t> m_told; // numbers of values, one person's after the other's
  LargeList<Value> m_values;       // by number
  LargeArena m_texts;              // of them
  boost::unordered_flat_set<std::uint32_t, Hash, Same> m_known;
};

} // namespace mailfunnel
