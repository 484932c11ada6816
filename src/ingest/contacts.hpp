#pragma once
// Contact ids of which the store knows no address. Records may name one with an address, and not
// all with the same: whose it is the first one tells, in the order of the input. As several threads
// read an input, that is known when a batch was read to its end; until then a contact id is
// somebody of its own here.

#include "ingest/address_book.hpp"
#include "ingest/record_place.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

namespace mailfunnel {

class Contacts {
public:
  /// In the address book they have numbers from here on.
  static constexpr std::uint32_t k_first = AddressBook::k_end;
  static bool is_contact(std::uint32_t number) {
    return number >= k_first && number < AddressBook::k_refused;
  }

  /// The number that add() gives, for which there is room: nothing fails between the two. One
  /// thread at a time.
  std::uint32_t next();
  /// `stored`: the id of somebody of whom the store knows contact ids only.
  std::uint32_t add(std::uint32_t stored = AddressBook::k_none);

  // By any thread that has its number from the book:
  void prefetch(std::uint32_t contact) const { __builtin_prefetch(&at(contact - k_first)); }
  /// A record names it with an address, which has this number in the book.
  void meet(std::uint32_t contact, RecordPlace place, std::uint32_t address);
  /// Whose it is, from the batch on in which that was told; k_none before.
  std::uint32_t whose(std::uint32_t contact) const {
    const auto& known = at(contact - k_first);
    return known.first.load(std::memory_order_relaxed) == k_before_all ? known.address
                                                                       : AddressBook::k_none;
  }

  // While no thread reads:
  struct Contact {
    std::atomic<RecordPlace> first{k_nowhere}; // that names it with an address; before all: decided
    std::uint32_t address = AddressBook::k_none; // that of it; once that is decided, whose it is
    std::uint32_t stored = AddressBook::k_none;  // who it is, as long as that is not
    bool decided() const { return first == k_before_all; }
    bool met() const { return address != AddressBook::k_none && !decided(); }
  };
  std::uint32_t size() const { return m_count; }
  const Contact& operator[](std::uint32_t index) const { return at(index); }
  /// Was one met that is in the store?
  bool met_stored() const { return m_met_stored.load(); }
  /// For good, of somebody who has an address, or is refused.
  void decide(std::uint32_t index, std::uint32_t whose);
  /// Nobody told an address.
  void keep(std::uint32_t index, std::uint32_t stored);
  void forget_meetings() { m_met_stored = false; }

private:
  // Where they stand they stay. Each part has twice the room of the one before.
  static constexpr unsigned k_first_bits = 10, k_parts = 22;
  static unsigned part_of(std::uint32_t index) {
    return static_cast<unsigned>(std::bit_width(index + (1U << k_first_bits))) - 1 - k_first_bits;
  }
  Contact& at(std::uint32_t index) const {
    const auto part = part_of(index);
    return m_parts[part][index + (1U << k_first_bits) - (1U << (part + k_first_bits))];
  }
  std::array<std::unique_ptr<Contact[]>, k_parts> m_parts;
  std::uint32_t m_count = 0;
  std::mutex m_mutex; // of meetings
  std::atomic<bool> m_met_stored{false};
};

} // namespace mailfunnel
