#include "store/set_pack.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "store/damage.hpp"

#include <cstring>
#include <utility>

namespace mailfunnel {

namespace {

constexpr std::uint8_t k_version = 1;
constexpr std::size_t k_checked = 12, k_header = 16, k_entry = 10, k_tail = 8;
constexpr std::size_t k_mailing = 8, k_kind = 9; // in an entry, behind what a block's has

std::string name_of_pack(std::uint64_t key) {
  return "the row of small sets of chunk " + std::to_string(key >> 40) + ", campaigns from " +
         std::to_string(campaign_of(key)) + ",";
}

} // namespace

SetPack::SetPack(std::string_view blob, std::uint64_t key) : m_blob(blob), m_key(key) {
  ByteReader read(blob);
  const auto version = read.number<std::uint8_t>();
  read.take(3);
  const auto checksum = read.number<std::uint64_t>();
  m_count = read.number<std::uint32_t>();
  if (version != k_version && read.good()) {
    throw Failure({ErrorCode::unsupported, name_of_pack(key) + " has format " +
                                               std::to_string(version) +
                                               ": it was written by a newer mailfunnel, use that "
                                               "one"});
  }
  if (!read.good() || read.left() < m_count * k_entry + k_tail ||
      hash64(blob.substr(k_checked)) != checksum) {
    damaged(name_of_pack(key));
  }
  for (std::size_t i = 0; i < m_count; ++i) {
    const auto* const at = entry(i);
    const bool in_order = i == 0 || this->key(i - 1) < this->key(i);
    std::uint16_t events = 0;
    std::memcpy(&events, at + sizeof events, sizeof events);
    if (static_cast<std::uint8_t>(at[k_mailing]) >> k_pack_bits != 0 ||
        static_cast<std::uint8_t>(at[k_kind]) >= k_event_kinds || !in_order ||
        offset(i) > offset(i + 1) || events == 0 || events > k_small_set) {
      damaged(name_of_pack(key));
    }
  }
}

const char* SetPack::entry(std::size_t i) const {
  return m_blob.data() + k_header + i * k_entry;
}

std::uint32_t SetPack::offset(std::size_t i) const {
  if (i == m_count) {
    return static_cast<std::uint32_t>(m_blob.size() - k_tail);
  }
  std::uint32_t offset = 0;
  std::memcpy(&offset, entry(i) + 4, sizeof offset);
  return offset;
}

std::uint64_t SetPack::key(std::size_t i) const {
  const auto* const at = entry(i);
  return (m_key & ~std::uint64_t{0xFF}) |
         std::uint64_t{static_cast<std::uint8_t>(at[k_mailing])} << 8 |
         static_cast<std::uint8_t>(at[k_kind]);
}

/// Not beyond its end, behind which 8 bytes may be read.
BlockReader SetPack::set(std::size_t i) const {
  return {m_blob.substr(0, offset(i + 1) + k_tail), entry(i), key(i)};
}

std::size_t SetPack::bytes(std::size_t i) const {
  return k_entry + offset(i + 1) - offset(i);
}

std::optional<std::size_t> SetPack::find(std::uint64_t key) const {
  std::size_t low = 0, high = m_count;
  while (low < high) {
    const auto middle = (low + high) / 2;
    if (this->key(middle) < key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < m_count && this->key(low) == key ? std::optional(low) : std::nullopt;
}

void SetPacker::add_entry(std::uint64_t key, std::uint16_t first, std::size_t events) {
  constexpr auto k_mailings = (1U << k_pack_bits) - 1;
  ByteWriter write(m_directory);
  write.number(first);
  write.number(static_cast<std::uint16_t>(events));
  write.number(static_cast<std::uint32_t>(m_sets.size())); // until the header's length is known
  write.number(static_cast<std::uint8_t>(key >> 8 & k_mailings));
  write.number(static_cast<std::uint8_t>(key));
}

void SetPacker::add(std::uint64_t key, std::span<const EventRow> rows) {
  add_entry(key, static_cast<std::uint16_t>(rows[0].recipient), rows.size());
  append_sub_block(m_sets, rows);
}

void SetPacker::add(const SetPack& pack, std::size_t i) {
  std::uint16_t first = 0, events = 0;
  std::memcpy(&first, pack.entry(i), sizeof first);
  std::memcpy(&events, pack.entry(i) + sizeof first, sizeof events);
  add_entry(pack.key(i), first, events);
  m_sets += pack.m_blob.substr(pack.offset(i), pack.offset(i + 1) - pack.offset(i));
}

std::string SetPacker::finish() {
  const auto before = k_header + m_directory.size();
  for (std::size_t at = 4; at < m_directory.size(); at += k_entry) {
    std::uint32_t offset = 0;
    std::memcpy(&offset, m_directory.data() + at, sizeof offset);
    offset += static_cast<std::uint32_t>(before);
    std::memcpy(m_directory.data() + at, &offset, sizeof offset);
  }
  std::string out;
  out.reserve(before + m_sets.size() + k_tail);
  ByteWriter write(out);
  write.number(std::uint32_t{k_version});
  write.number(std::uint64_t{0}); // the checksum
  write.number(static_cast<std::uint32_t>(m_directory.size() / k_entry));
  out += m_directory;
  out += m_sets;
  out.append(k_tail, '\0');
  const auto checksum = hash64(std::string_view(out).substr(k_checked));
  std::memcpy(out.data() + k_checked - sizeof checksum, &checksum, sizeof checksum);
  m_directory.clear();
  m_sets.clear();
  return out;
}

} // namespace mailfunnel
