#include "ingest/address_book.hpp"

#include "base/result.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

namespace mailfunnel {

namespace {
constexpr std::uint64_t k_arena_limit = AddedKeys::k_unit << 32;
/// Of the places behind an arena: no key takes less than a unit.
constexpr std::size_t places_size(std::size_t arena) {
  return arena / AddedKeys::k_unit * sizeof(std::uint32_t);
}
constexpr std::size_t k_pass_room = 4096; // that a pass takes at a time

std::size_t size_of_entry(std::size_t text) {
  return (sizeof(AddedKeys::Entry) + text + AddedKeys::k_unit - 1) & ~(AddedKeys::k_unit - 1);
}
} // namespace

/// A large one in huge pages where there are any, as look-ups go all over it.
AddressBook::Lines AddressBook::make_lines(std::size_t count) {
  const auto bytes = count * sizeof(Line);
  return Lines(static_cast<Line*>(take_large(bytes)), Give{bytes});
}

AddressBook::AddressBook(std::uint32_t next, std::uint64_t seed, unsigned threads)
    : m_hash(seed), m_threads(threads), m_taken_numbers(next), m_next(next) {
  // Only address space: pages come with use. Halved until the system agrees.
  for (auto size = k_arena_limit; size >= (std::size_t{1} << 26); size /= 2) {
    void* space = mmap(nullptr, size + places_size(size), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (space != MAP_FAILED) {
      m_arena = static_cast<char*>(space);
      m_arena_end = m_arena + size;
      m_places = static_cast<std::uint32_t*>(static_cast<void*>(m_arena_end));
      m_places_end = m_arena_end + places_size(size);
      break;
    }
  }
  if (m_arena == nullptr) {
    throw Failure({ErrorCode::io, "no memory for addresses"});
  }
  reserve(1024);
}

AddressBook::~AddressBook() {
  munmap(m_arena, static_cast<std::size_t>(m_places_end - m_arena));
}

void AddressBook::reserve(std::size_t more, std::size_t ahead) {
  if (m_next + more >= k_end) {
    throw Failure({ErrorCode::io, "too many recipients for one store"});
  }
  // At most half full: then nearly all stand in their own line, and nobody has to foresee who does
  // not. (A fuller table is smaller, and yet slower.)
  const auto lines_for = [&](std::size_t keys) { return (m_count.load() + keys) / 2 + 1; };
  const auto fits = [&] { return m_lines && lines_for(more) <= m_size; };
  {
    const Pass pass(*this); // nearly always there is room: then no thread waits for another
    if (fits()) {
      return;
    }
  }
  const std::unique_lock lock(m_growth);
  if (fits()) { // another thread was faster
    return;
  }
  const auto size = std::max(lines_for(more + ahead), 2 * m_size);
  auto lines = make_lines(size); // or a failure, and all is as it was
  const auto old = std::exchange(m_lines, std::move(lines));
  const auto old_size = std::exchange(m_size, size);
  constexpr std::size_t k_many = std::size_t{1} << 16;
  if (ahead > std::max(more, k_many)) { // it will be full: one thread by itself would take longer
    touch_large(m_lines.get(), m_size * sizeof(Line), m_threads);
  }
  for (std::uint64_t i = 0; i < old_size; ++i) {
    for (const auto& slot : old[i].slots) {
      if (const auto tag = slot.tag.load(std::memory_order_relaxed); tag != 0) {
        auto& to = first_free(home(tag));
        to.tag.store(tag, std::memory_order_relaxed);
        to.person.store(slot.person.load(std::memory_order_relaxed), std::memory_order_relaxed);
      }
    }
  }
}

/// From a line on, while no other thread looks.
AddressBook::Slot& AddressBook::first_free(std::uint64_t place) {
  while (m_lines[place].full()) {
    place = next(place);
  }
  return *std::find_if(
      m_lines[place].slots.begin(), m_lines[place].slots.end(),
      [](const Slot& slot) { return slot.tag.load(std::memory_order_relaxed) == 0; });
}

std::uint64_t AddressBook::take_room(std::size_t size) {
  const auto used = m_arena_used.fetch_add(size, std::memory_order_relaxed);
  if (used + size > arena_size()) {
    m_arena_used.fetch_sub(size, std::memory_order_relaxed);
    throw Failure({ErrorCode::io, "too many recipients for the memory of this machine"});
  }
  return used;
}

std::uint64_t AddressBook::allocate(std::size_t size, Pass* pass) {
  if (pass == nullptr || size > k_pass_room) {
    return take_room(size);
  }
  if (pass->m_end - pass->m_used < size) {
    pass->m_used = take_room(k_pass_room);
    pass->m_end = pass->m_used + k_pass_room;
  }
  return std::exchange(pass->m_used, pass->m_used + size);
}

AddressBook::Pass::~Pass() {
  m_book.m_count.fetch_add(m_count, std::memory_order_relaxed);
  if (!m_further.empty()) {
    const std::lock_guard lock(m_book.m_further_mutex);
    m_book.m_further.insert(m_book.m_further.end(), m_further.begin(), m_further.end());
  }
}

std::uint32_t AddressBook::intern(std::string_view key, KeyHash hash, std::uint32_t as,
                                  Pass* pass) {
  if (const auto known = find(hash); known != k_none) {
    return known;
  }
  if (m_refuses && m_refuses(key)) {
    return put(hash, k_refused, pass).first;
  }
  // Room for the key before it has a number: there may be none.
  const auto size = size_of_entry(key.size());
  const auto room = allocate(size, pass);
  const auto [number, fresh] = put(hash, as, pass);
  if (!fresh) { // another thread was faster
    if (pass != nullptr && room + size == pass->m_used) {
      pass->m_used = room;
    }
    return number;
  }
  auto* entry = entry_at(room);
  *entry = {number, static_cast<std::uint32_t>(key.size())};
  std::memcpy(entry + 1, key.data(), key.size());
  const auto place = static_cast<std::uint32_t>(room / AddedKeys::k_unit);
  if (as == k_none) {
    m_places[number - m_taken_numbers] = place;
  } else if (pass != nullptr) {
    pass->m_further.push_back(place);
  } else {
    const std::lock_guard lock(m_further_mutex);
    m_further.push_back(place);
  }
  return number;
}

void AddressBook::load(KeyHash hash, std::uint32_t number, Pass& pass) {
  put(hash, number, &pass);
}

std::pair<std::uint32_t, bool> AddressBook::put(KeyHash hash, std::uint32_t number, Pass* pass) {
  for (auto place = home(hash.tag);; place = next(place)) {
    for (auto& slot : m_lines[place].slots) {
      auto tag = slot.tag.load(std::memory_order_acquire);
      if (tag == 0 && slot.tag.compare_exchange_strong(tag, hash.tag, std::memory_order_acq_rel)) {
        if (pass != nullptr) {
          ++pass->m_count;
        } else {
          m_count.fetch_add(1, std::memory_order_relaxed);
        }
        const auto mine =
            number != k_none ? number : m_next.fetch_add(1, std::memory_order_relaxed);
        slot.person.store(person(hash, mine), std::memory_order_release);
        return {mine, true};
      }
      if (tag == hash.tag) { // somebody is there: the same key?
        if (const auto known = find(hash); known != k_none) {
          return {known, false};
        }
      }
    }
  }
}

AddedKeys AddressBook::take_added(const std::function<std::uint32_t(std::uint32_t as)>& number_of) {
  const auto first = std::exchange(m_taken_numbers, m_next.load());
  const std::span<const std::uint32_t> own(m_places, m_taken_numbers - first);
  m_arena_told = std::max(m_arena_told, std::size_t{m_arena_used.exchange(0)});
  m_places_told = std::max(m_places_told, own.size_bytes());
  struct Further {
    RecipientId id;
    std::uint32_t place;
  };
  LargeVector<Further> further;
  further.reserve(m_further.size());
  for (const auto place : std::exchange(m_further, {})) {
    const auto as = entry_at(place * AddedKeys::k_unit)->id;
    if (const auto id = number_of ? number_of(as) : as; id != k_refused) {
      further.push_back({id, place});
    }
  }
  if (further.empty()) {
    return {m_arena, own, first};
  }
  const auto by_id = [](const Further& a, const Further& b) { return a.id < b.id; };
  if (!std::is_sorted(further.begin(), further.end(), by_id)) {
    std::stable_sort(further.begin(), further.end(), by_id);
  }
  LargeVector<std::uint32_t> places;
  LargeVector<RecipientId> ids;
  places.reserve(own.size() + further.size());
  ids.reserve(places.capacity());
  auto next = further.begin();
  const auto add_further = [&](const auto& until) {
    for (; next != further.end() && until(next->id); ++next) {
      places.push_back(next->place);
      ids.push_back(next->id);
    }
  };
  for (std::uint32_t i = 0; i < own.size(); ++i) {
    const auto id = first + i;
    add_further([id](RecipientId of_further) { return of_further < id; });
    places.push_back(own[i]);
    ids.push_back(id);
  }
  add_further([](RecipientId) { return true; });
  return {m_arena, std::move(places), std::move(ids)};
}

void AddressBook::give_added() {
  if (m_arena_used != 0 || m_arena_told == 0) {
    return;
  }
  const auto whole = (m_arena_told + k_huge_page - 1) / k_huge_page * k_huge_page;
  // With its address space, of which there must always be enough for as many again.
  if (m_arena_told >= k_huge_page && whole <= arena_size() / 16) {
    give_large(std::exchange(m_arena, m_arena + whole), whole);
  } else {
    madvise(m_arena, m_arena_told, MADV_DONTNEED);
  }
  madvise(m_places, m_places_told, MADV_DONTNEED);
  m_arena_told = m_places_told = 0;
}

void AddressBook::renumber(std::string_view key, std::uint32_t number) {
  const auto hash = this->hash(key);
  if (auto* slot = slot_of(hash)) {
    slot->person.store(person(hash, number), std::memory_order_relaxed);
  }
}

void AddressBook::go_on_from(std::uint32_t next) {
  m_next = next;
  m_taken_numbers = next;
}

} // namespace mailfunnel
