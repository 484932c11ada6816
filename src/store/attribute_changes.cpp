#include "store/attribute_changes.hpp"

#include <algorithm>

namespace mailfunnel {

void AttributeChanges::reserve(std::size_t more, std::size_t least) {
  if (m_people.capacity() - m_people.size() < least) {
    m_people.reserve(m_people.size() + more);
  }
}

void AttributeChanges::add(std::uint16_t attribute, std::string_view value, bool ahead) {
  if (4 * (m_values.size() + 1) > 3 * m_known.size()) {
    make_room();
  }
  const auto hash =
      ahead && ShortWord::fits(value) ? m_hash(ShortWord::read_ahead(value)) : m_hash(value);
  const auto of_attribute = attribute * hash_detail::k_a; // the same value is another one of it
  auto& known = place_of(hash.low ^ of_attribute, static_cast<std::uint32_t>(hash.high));
  if (known.next_number == 0) {
    add_value(known, attribute, value);
  }
  m_told.push_back(known.next_number - 1);
  ++m_people.back().count;
}

/// Where it stands; else the place that it may have, with its hash but no number yet.
AttributeChanges::Known& AttributeChanges::place_of(std::uint64_t tag, std::uint32_t check) {
  for (auto place = tag;; ++place) {
    auto& known = m_known[place & (m_known.size() - 1)];
    if (known.next_number == 0 || (known.tag == tag && known.check == check)) {
      known.tag = tag;
      known.check = check;
      return known;
    }
  }
}

[[gnu::noinline]] void AttributeChanges::make_room() {
  constexpr std::size_t k_fewest = 64;
  LargeVector<Known> old(std::max(k_fewest, 2 * m_known.size()), Known{});
  m_known.swap(old);
  for (const auto& known : old) {
    if (known.next_number != 0) {
      place_of(known.tag, known.check).next_number = known.next_number;
    }
  }
}

[[gnu::noinline]] void AttributeChanges::add_value(Known& known, std::uint16_t attribute,
                                                   std::string_view text) {
  auto* const to = m_texts.take<char>(text.size());
  std::copy(text.begin(), text.end(), to);
  m_values.push_back({to, attribute, static_cast<std::uint16_t>(text.size()),
                      static_cast<std::uint32_t>(known.tag >> 32)});
  known.next_number = static_cast<std::uint32_t>(m_values.size());
}

void AttributeChanges::abandon() {
  m_told.truncate(m_people.back().first);
  m_people.pop_back();
}

void AttributeChanges::clear() {
  m_people.clear();
  m_known = LargeVector<Known>(); // with its memory
  m_told.clear();
  m_values.clear();
  m_texts.clear();
}

std::uint64_t AttributeChanges::bytes() const {
  return m_people.size() * sizeof(Person) + m_told.size() * sizeof(std::uint32_t) +
         m_values.size() * sizeof(Value) + m_known.size() * sizeof(Known) + m_texts.taken();
}

} // namespace mailfunnel
