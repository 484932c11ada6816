#pragma once
// Address to number and back, for queries that ask one by one. Who asks often within one chunk gets
// all of its addresses: then a join by address costs a look into a hash table.

#include "store/recipients.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <optional>
#include <string_view>
#include <unordered_map>

namespace mailfunnel {

class SqlAddresses {
public:
  /// `merged` must live longer.
  SqlAddresses(Database& database, RecipientId recipients,
               const std::unordered_map<RecipientId, RecipientId>& merged)
      : m_recipients(database), m_count(recipients), m_merged(merged) {}

  /// Whose address it is, however it is written; nullopt: nobody's.
  std::optional<RecipientId> find(std::string_view text);
  /// The address shown; "" for one known by contact id only. Valid until the next call.
  std::string_view of(RecipientId id);

private:
  static constexpr std::uint32_t k_none = ~0U;
  /// Loads the chunk where this was one miss too many in a row.
  bool load_after_miss(std::uint32_t chunk);

  Recipients m_recipients;
  RecipientId m_count;
  const std::unordered_map<RecipientId, RecipientId>& m_merged;
  std::uint32_t m_chunk = k_none, m_missed_chunk = k_none, m_misses = 0;
  AddressList m_of_chunk;
  boost::unordered_flat_map<std::string_view, RecipientId> m_places; // of the chunk
  std::uint32_t m_block = k_none;
  AddressList m_of_block; // the last that was looked into
};

} // namespace mailfunnel
