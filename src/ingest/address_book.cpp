#include "ingest/address_book.hpp"

#include "base/hash.hpp"
#include "base/result.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <thread>
#include <utility>

namespace mailfunnel {

namespace {
constexpr std::size_t k_entry_head = 8;
constexpr std::uint64_t k_arena_limit = std::uint64_t{32} << 30;
constexpr std::size_t k_pass_room = 4096; // that a pass takes at a time
std::size_t entry_size(std::size_t text) {
  return (k_entry_head + text + 7) & ~std::size_t{7};
}
} // namespace

void AddressBook::Unmap::operator()(std::atomic<std::uint64_t>* slots) const {
  munmap(slots, size);
}

/// Zeroed by the system; in huge pages where there are any, as look-ups go all over it.
AddressBook::Slots AddressBook::make_slots(std::size_t count) {
  const auto size = count * sizeof(std::uint64_t);
  void* space = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (space == MAP_FAILED) {
    throw Failure({ErrorCode::io, "no memory for the table of addresses"});
  }
  madvise(space, size, MADV_HUGEPAGE);
  return Slots(static_cast<std::atomic<std::uint64_t>*>(space), Unmap{size});
}

AddressBook::AddressBook(std::uint32_t next, std::uint64_t seed)
    : m_seed(seed), m_taken_numbers(next), m_next(next) {
  // Only address space: pages come with use. Halved until the system agrees.
  for (m_arena_size = k_arena_limit; m_arena_size >= (std::size_t{1} << 26); m_arena_size /= 2) {
    void* space = mmap(nullptr, m_arena_size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (space != MAP_FAILED) {
      m_arena = static_cast<char*>(space);
      madvise(space, m_arena_size, MADV_HUGEPAGE);
      break;
    }
  }
  if (m_arena == nullptr) {
    throw Failure({ErrorCode::io, "no memory for addresses"});
  }
  reserve(1024);
}

AddressBook::~AddressBook() {
  munmap(m_arena, m_arena_size);
}

void AddressBook::reserve(std::size_t more) {
  // At most three quarters full: a smaller table stays in the cache, longer probes do not matter.
  const auto slots_for = [&] { return std::bit_ceil((m_count.load() + more) * 4 / 3 + 1); };
  const auto fits = [&] { return m_slots && slots_for() <= m_mask + 1; };
  {
    const Pass pass(*this); // nearly always there is room: then no thread waits for another
    if (fits()) {
      return;
    }
  }
  const std::unique_lock lock(m_growth);
  const auto wanted = slots_for();
  if (fits()) { // another thread was faster
    return;
  }
  auto old = std::move(m_slots);
  const auto old_size = old ? m_mask + 1 : 0;
  m_slots = make_slots(wanted);
  m_mask = wanted - 1;
  for (std::uint64_t i = 0; i < old_size; ++i) {
    const auto slot = old[i].load(std::memory_order_relaxed);
    if (slot == 0) {
      continue;
    }
    auto place = home(slot);
    while (m_slots[place].load(std::memory_order_relaxed) != 0) {
      place = (place + 1) & m_mask;
    }
    m_slots[place].store(slot, std::memory_order_relaxed);
  }
}

std::uint64_t AddressBook::take_room(std::size_t size) {
  const auto used = m_arena_used.fetch_add(size, std::memory_order_relaxed);
  if (used + size > m_arena_size) {
    throw Failure({ErrorCode::io, "too many recipients for the memory of this machine"});
  }
  return used;
}

std::uint32_t AddressBook::allocate(std::size_t size, Pass* pass) {
  if (pass == nullptr || size > k_pass_room) {
    return static_cast<std::uint32_t>(take_room(size) / 8);
  }
  if (pass->m_end - pass->m_used < size) {
    fill(pass->m_used, pass->m_end);
    pass->m_used = pass->m_end = 0; // if there is no room the rest is not filled twice
    pass->m_used = take_room(k_pass_room);
    pass->m_end = pass->m_used + k_pass_room;
  }
  return static_cast<std::uint32_t>(std::exchange(pass->m_used, pass->m_used + size) / 8);
}

/// An entry of nobody, so that take_added() gets over what a pass leaves unused.
void AddressBook::fill(std::uint64_t used, std::uint64_t end) {
  if (used != end) {
    auto* entry = at(static_cast<std::uint32_t>(used / 8));
    entry->size = static_cast<std::uint32_t>(end - used - k_entry_head) & 0x7FFFFFFFU;
    entry->added = 0;
  }
}

AddressBook::Pass::~Pass() {
  m_book.fill(m_used, m_end);
  m_book.m_count.fetch_add(m_count, std::memory_order_relaxed);
}

std::uint32_t AddressBook::intern(std::string_view key, std::uint64_t hash, std::uint32_t as,
                                  Pass* pass) {
  if (const auto known = find(key, hash); known != k_none) {
    return known;
  }
  if (as == k_refused || (m_refuses && m_refuses(key))) {
    return put(key, hash, k_refused, false, pass);
  }
  return put(key, hash, as, true, pass);
}

void AddressBook::load(std::string_view key, std::uint64_t hash, std::uint32_t number, Pass& pass) {
  put(key, hash, number, false, &pass);
}

std::uint32_t AddressBook::put(std::string_view key, std::uint64_t hash, std::uint32_t number,
                               bool added, Pass* pass) {
  const auto place = allocate(entry_size(key.size()), pass);
  auto* entry = at(place);
  entry->number.store(k_none, std::memory_order_relaxed);
  entry->size = static_cast<std::uint32_t>(key.size()) & 0x7FFFFFFFU;
  entry->added = added ? 1U : 0U;
  std::memcpy(entry->bytes(), key.data(), key.size());
  const auto slot = (hash >> 32 << 32) | place;
  for (auto i = home(hash);; i = (i + 1) & m_mask) {
    std::uint64_t empty = 0;
    if (m_slots[i].compare_exchange_strong(empty, slot, std::memory_order_acq_rel)) {
      if (pass != nullptr) {
        ++pass->m_count;
      } else {
        m_count.fetch_add(1, std::memory_order_relaxed);
      }
      const auto mine = number != k_none ? number : m_next.fetch_add(1, std::memory_order_relaxed);
      entry->number.store(mine, std::memory_order_release);
      return mine;
    }
    if (empty >> 32 == hash >> 32) { // somebody was there: the same key?
      const auto* other = at(static_cast<std::uint32_t>(empty));
      if (other->text() == key) {
        entry->added = 0; // given up: its bytes stay unused
        return find(key, hash);
      }
    }
  }
}

std::vector<AddressBook::Added> AddressBook::take_added() {
  // New numbers are dense and mostly have one key each: each goes straight to its place. The rest
  // (further keys of somebody known) is put in order afterwards.
  const auto first = std::exchange(m_taken_numbers, m_next.load());
  std::vector<Added> placed(m_taken_numbers - first), rest;
  std::size_t count = 0; // of those in `placed`
  const auto end = m_arena_used.load();
  for (auto used = m_taken_until; used < end;) {
    const auto* entry = at(static_cast<std::uint32_t>(used / 8));
    used += entry_size(entry->size);
    if (entry->added == 0) {
      continue;
    }
    const Added one{entry->number.load(), entry->text()};
    if (one.number >= first && placed[one.number - first].key.empty()) {
      placed[one.number - first] = one;
      ++count;
    } else {
      rest.push_back(one);
    }
  }
  m_taken_until = end;
  if (count != placed.size()) {
    std::erase_if(placed, [](const Added& one) { return one.key.empty(); });
  }
  const auto middle = static_cast<std::ptrdiff_t>(placed.size());
  const auto by_number = [](const Added& a, const Added& b) { return a.number < b.number; };
  std::stable_sort(rest.begin(), rest.end(), by_number);
  placed.insert(placed.end(), rest.begin(), rest.end());
  std::inplace_merge(placed.begin(), placed.begin() + middle, placed.end(), by_number);
  return placed;
}

void AddressBook::renumber(std::string_view key, std::uint32_t number) {
  const auto hash = this->hash(key);
  for (auto place = home(hash);; place = (place + 1) & m_mask) {
    const auto slot = m_slots[place].load(std::memory_order_relaxed);
    if (slot == 0) {
      return;
    }
    auto* entry = at(static_cast<std::uint32_t>(slot));
    if (slot >> 32 == hash >> 32 && entry->text() == key) {
      entry->number.store(number, std::memory_order_relaxed);
      return;
    }
  }
}

void AddressBook::go_on_from(std::uint32_t next) {
  m_next = next;
  m_taken_numbers = next;
  m_taken_until = m_arena_used;
}

} // namespace mailfunnel
