#pragma once
// One chunk of the store, or one person of it, as the funnel reads it.

#include "store/activity.hpp"
#include "store/recipients.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mailfunnel {

/// All recipients of a chunk; what is asked for is read then. Who came in since
/// `recipients_in_store` was read is not in it. The database must live as long.
class StoreChunk : public ChunkSource {
public:
  StoreChunk(Database& database, std::uint32_t chunk, std::uint32_t recipients_in_store);

  std::uint32_t size() const override { return m_size; }
  bool events(CampaignId campaign, EventKind kind, EventColumns& columns) override;
  bool recipients(CampaignId campaign, EventKind kind, std::vector<std::uint16_t>& out) override;
  EventKinds kinds(CampaignId campaign) override;
  std::vector<CampaignId> campaigns(EventKind kind) override;
  bool attribute(std::uint32_t block, std::string_view name, AttributeColumn& column) override;
  std::vector<std::string> attribute_names() override;
  std::string_view address(std::uint32_t recipient) override;
  /// Of a block of recipients, for who puts their addresses together himself; nullptr: it has none.
  const PackedKeys* keys(std::uint32_t block);

private:
  ChunkActivity& sets();

  Database& m_database;
  Recipients m_recipients;
  std::uint32_t m_chunk, m_size;
  Activity m_activity;
  std::optional<ChunkActivity> m_sets; // once somebody asks what there is
  std::map<std::string, std::uint16_t, std::less<>> m_attributes;
  std::uint32_t m_block = ~0U;
  std::string m_block_data;
  std::optional<AttributeBlock> m_attribute_block; // of m_block_data; absent: it has none
  /// A block's keys, and the addresses of it that were put together.
  struct Addresses {
    std::unique_ptr<const PackedKeys> keys;
    std::unique_ptr<char[]> texts; // room for all, once one is kept
    char* end = nullptr;           // of those that were put together
    bool read = false;
  };
  Addresses& read_block(std::uint32_t block);
  std::vector<Addresses> m_blocks;           // once somebody asks for an address
  std::vector<std::string_view> m_addresses; // those that were asked for
};

/// One person as a chunk of size 1: events from the blocks and from the inbox, so that nothing need
/// be folded first.
class PersonSource : public ChunkSource {
public:
  /// `key` as in the index; an address need not be known to the blocks. id: absent when only the
  /// inbox knows the key.
  PersonSource(Database& database, std::optional<RecipientId> id, const std::string& key);
  /// With events that were read already; `recipient` is 0 in their rows.
  using Events = std::map<std::pair<CampaignId, EventKind>, std::vector<EventRow>>;
  PersonSource(Database& database, RecipientId id, Events events);

  std::uint32_t size() const override { return 1; }
  bool events(CampaignId campaign, EventKind kind, EventColumns& columns) override;
  EventKinds kinds(CampaignId campaign) override;
  std::vector<CampaignId> campaigns(EventKind kind) override;
  bool attribute(std::uint32_t block, std::string_view name, AttributeColumn& column) override;
  std::vector<std::string> attribute_names() override;
  std::string_view address(std::uint32_t) override { return m_address; }
  bool empty() const { return m_events.empty() && !m_id; }
  const Events& all() const { return m_events; }

private:
  Recipients m_recipients;
  std::optional<RecipientId> m_id;
  std::string m_address;
  Events m_events;
  std::map<std::string, std::uint16_t, std::less<>> m_attributes;
  std::string m_block_data;
};

} // namespace mailfunnel
