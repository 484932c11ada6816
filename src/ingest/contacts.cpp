#include "ingest/contacts.hpp"

#include "base/result.hpp"

namespace mailfunnel {

std::uint32_t Contacts::next() {
  constexpr auto k_most = AddressBook::k_refused - k_first;
  if (m_count == k_most) {
    throw Failure({ErrorCode::io, "too many contact ids for one import"});
  }
  if (auto& part = m_parts[part_of(m_count)]; !part) {
    part = std::make_unique<Contact[]>(std::size_t{1} << (part_of(m_count) + k_first_bits));
  }
  return k_first + m_count;
}

std::uint32_t Contacts::add(std::uint32_t stored) {
  const auto number = next();
  if (auto& contact = at(m_count++); stored != AddressBook::k_none) {
    contact.stored = stored; // of any other it is known already that there is none
  }
  return number;
}

void Contacts::meet(std::uint32_t contact, RecordPlace place, std::uint32_t address) {
  auto& met = at(contact - k_first);
  if (place >= met.first.load(std::memory_order_relaxed)) {
    return; // nearly always
  }
  const std::lock_guard lock(m_mutex);
  if (place < met.first) {
    met.first = place;
    met.address = address;
    if (met.stored != AddressBook::k_none) {
      m_met_stored = true;
    }
  }
}

void Contacts::decide(std::uint32_t index, std::uint32_t whose) {
  auto& contact = at(index);
  contact.address = whose;
  contact.first = k_before_all;
}

void Contacts::keep(std::uint32_t index, std::uint32_t stored) {
  auto& contact = at(index);
  contact.address = AddressBook::k_none;
  contact.first = k_nowhere;
  contact.stored = stored;
}

} // namespace mailfunnel
