#include "app/sql_addresses.hpp"

#include <algorithm>

namespace mailfunnel {

namespace {
constexpr std::uint32_t k_worth_a_chunk = 16; // misses
}

bool SqlAddresses::load_after_miss(std::uint32_t chunk) {
  m_misses = chunk == m_missed_chunk ? m_misses + 1 : 1;
  m_missed_chunk = chunk;
  if (m_misses < k_worth_a_chunk) {
    return false;
  }
  m_misses = 0;
  m_chunk = chunk;
  const auto first = chunk << k_chunk_bits;
  const auto end = first + std::min(k_chunk_size, m_count - first);
  m_places.clear();
  m_of_chunk = m_recipients.addresses(first, end);
  m_places.reserve(m_of_chunk.addresses.size());
  for (auto id = first; id < end; ++id) {
    if (const auto address = m_of_chunk.addresses[id - first];
        !address.empty() && !m_merged.contains(id)) {
      m_places.emplace(address, id);
    }
  }
  return true;
}

std::optional<RecipientId> SqlAddresses::find(std::string_view text) {
  std::string scratch;
  const auto address = normalise_address(text, scratch);
  if (address.empty()) {
    return std::nullopt;
  }
  if (const auto place = m_places.find(address); place != m_places.end()) {
    m_misses = 0;
    return place->second;
  }
  const auto id = m_recipients.find(address);
  if (id) {
    load_after_miss(chunk_of(*id));
  }
  return id;
}

std::string_view SqlAddresses::of(RecipientId id) {
  if (chunk_of(id) == m_chunk) {
    m_misses = 0;
    return m_of_chunk.addresses[offset_of(id)];
  }
  const auto block = id >> k_recipient_block_bits;
  if (block != m_block) {
    if (load_after_miss(chunk_of(id))) {
      return m_of_chunk.addresses[offset_of(id)];
    }
    const auto first = block << k_recipient_block_bits;
    m_of_block =
        m_recipients.addresses(first, first + std::min(k_recipient_block, m_count - first));
    m_block = block;
  }
  return m_of_block.addresses[id & (k_recipient_block - 1)];
}

} // namespace mailfunnel
