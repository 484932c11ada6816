#include "store/attribute_changes.hpp"

#include <algorithm>

namespace mailfunnel {

void AttributeChanges::reserve(std::size_t more, std::size_t least) {
  if (m_people.capacity() - m_people.size() < least) {
    m_people.reserve(m_people.size() + more);
  }
}

void AttributeChanges::add(std::uint16_t attribute, std::string_view value) {
  auto known = m_known.find(Wanted{attribute, value});
  if (known == m_known.end()) {
    auto* const text = m_texts.take<char>(value.size());
    std::copy(value.begin(), value.end(), text);
    m_values.push_back({text, attribute, static_cast<std::uint16_t>(value.size())});
    known = m_known.insert(static_cast<std::uint32_t>(m_values.size() - 1)).first;
  }
  m_told.push_back(*known);
  ++m_people.back().count;
}

void AttributeChanges::abandon() {
  m_told.truncate(m_people.back().first);
  m_people.pop_back();
}

void AttributeChanges::clear() {
  m_people.clear();
  m_known.clear();
  m_known.rehash(0);
  m_told.clear();
  m_values.clear();
  m_texts.clear();
}

std::uint64_t AttributeChanges::bytes() const {
  constexpr std::uint64_t k_a_value = sizeof(Value) + 2 * sizeof(std::uint32_t); // and in the set
  return m_people.size() * sizeof(Person) + m_told.size() * sizeof(std::uint32_t) +
         m_values.size() * k_a_value + m_texts.taken();
}

} // namespace mailfunnel
