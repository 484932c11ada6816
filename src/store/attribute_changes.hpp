#pragma once
// What an import tells of people's attributes, as it gathers it: 16 bytes a person and 4 a value.
// Each value of an attribute is kept once, and known by its number.

#include "base/hash.hpp"
#include "base/large_memory.hpp"
#include "model/activity.hpp"

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
    std::uint32_t hash; // of both, alike in all parts of an import
    std::string_view view() const { return {text, size}; }
  };

  explicit AttributeChanges(std::uint64_t seed) : m_hash(seed) {}
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
  /// `ahead`: where the value stands ShortWord::k_longest bytes may be read, whatever its size.
  void add(std::uint16_t attribute, std::string_view value, bool ahead = false);
  /// As if the last one had not begun.
  void abandon();
  void clear();

  std::span<Person> people() { return m_people; }
  std::span<const Person> people() const { return m_people; }
  /// Of whom nothing is to be kept.
  template<typename Test> void erase_people(Test test) { std::erase_if(m_people, test); }
  /// Calls see(value) for each that is told of him.
  template<typename See> void each_value(const Person& person, See see) const {
    each_number(person, [&](std::uint32_t number) { see(m_values[number]); });
  }
  /// The same with see(number of the value).
  template<typename See> void each_number(const Person& person, See see) const {
    m_told.each(person.first, person.count, see);
  }
  const Value& value(std::uint32_t number) const { return m_values[number]; }
  std::uint64_t values() const { return m_values.size(); } // their numbers are below it
  /// That it takes in memory.
  std::uint64_t bytes() const;

private:
  /// A value by 96 bits of a keyed hash of it and its attribute, as people's keys are known: its
  /// text need not be looked at.
  struct Known {
    std::uint64_t tag;
    std::uint32_t check;
    std::uint32_t next_number; // its number + 1; 0: nobody is here
  };
  Known& place_of(std::uint64_t tag, std::uint32_t check);
  void make_room();
  void add_value(Known& known, std::uint16_t attribute, std::string_view text);

  KeyedHash128 m_hash;
  LargeVector<Person> m_people;
  LargeList<std::uint32_t> m_told; // numbers of values, one person's after the other's
  LargeList<Value> m_values;       // by number
  LargeArena m_texts;              // of them
  LargeVector<Known> m_known;      // 2^k, by the tag; who finds his place taken has one of the next
};

} // namespace mailfunnel
