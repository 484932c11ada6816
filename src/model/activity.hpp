#pragma once
// Stored activity as columns: what the store hands to the funnel. Recipients are numbered densely;
// 16,384 of them are a chunk. Within a chunk all events of one campaign and kind are one set,
// sorted by (recipient, time, link).

#include "model/event.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

using RecipientId = std::uint32_t;
using CampaignId = std::uint32_t; // row of the catalog, from 1
using LinkNumber = std::uint16_t; // within its campaign, from 1; 0: no link

constexpr unsigned k_chunk_bits = 14;
constexpr std::uint32_t k_chunk_size = 1U << k_chunk_bits;
constexpr std::uint32_t chunk_of(RecipientId id) {
  return id >> k_chunk_bits;
}
constexpr std::uint16_t offset_of(RecipientId id) {
  return static_cast<std::uint16_t>(id & (k_chunk_size - 1));
}

/// One event as it is stored. What `evidence` and `extra` hold depends on the kind:
///   open, click, page, download, …   evidence bits (model/event.hpp)   keyed hash of the network
///   (0: not given) bounce, deferred, dropped        class and reason (pack_bounce)     status code
///   (pack_status) unsubscribe                      evidence bits                      number of
///   the scope (0: everything) resubscribe                      - number of the proof (0: none)
struct EventRow {
  std::uint32_t recipient; // RecipientId, or the offset in the chunk inside blocks
  std::uint32_t time;      // seconds since 1970, UTC
  LinkNumber link;
  std::uint16_t evidence;
  std::uint16_t extra;
  std::uint8_t system; // class of the operating system, 0 unknown
  std::uint8_t reserved = 0;
};
static_assert(sizeof(EventRow) == 16);

/// A set of kinds: a bit each.
using EventKinds = std::uint32_t;
constexpr EventKinds only(EventKind kind) {
  return EventKinds{1} << static_cast<unsigned>(kind);
}
static_assert(k_event_kinds <= 32);

constexpr bool is_bounce_like(EventKind kind) {
  return kind == EventKind::bounce || kind == EventKind::deferred || kind == EventKind::dropped;
}

constexpr std::uint16_t pack_bounce(BounceClass klass, BounceReason reason) {
  return static_cast<std::uint16_t>(static_cast<unsigned>(klass) << 8 |
                                    static_cast<unsigned>(reason));
}
constexpr BounceClass bounce_class_of(std::uint16_t evidence) {
  return static_cast<BounceClass>(evidence >> 8 & 3);
}
constexpr BounceReason bounce_reason_of(std::uint16_t evidence) {
  return static_cast<BounceReason>(evidence & 0xFF);
}
/// "5.1.1" as 16 bits; 0: none, or not of the form.
std::uint16_t pack_status(std::string_view status);
std::string unpack_status(std::uint16_t packed);

/// The union of two records of one event (schema/event.schema.json): evidence ORed, the most severe
/// bounce, the smallest network given.
void unite(EventRow& into, const EventRow& other, EventKind kind);

/// The events of one campaign and kind in one chunk. Columns of nothing but zeros are empty.
struct EventColumns {
  std::vector<std::uint16_t> recipient;
  std::vector<std::uint32_t> time;
  std::vector<std::uint16_t> link, evidence, extra;
  std::vector<std::uint8_t> system;

  std::size_t size() const { return recipient.size(); }
  void clear();
  void append(const EventRow& row);   // recipient is the offset; only for sets built by hand
  void keep_below(std::uint32_t end); // those of recipients below; they stand in order
  EventRow row(std::size_t i) const {
    return {recipient[i],
            time[i],
            link.empty() ? LinkNumber{0} : link[i],
            evidence.empty() ? std::uint16_t{0} : evidence[i],
            extra.empty() ? std::uint16_t{0} : extra[i],
            system.empty() ? std::uint8_t{0} : system[i]};
  }
};

/// One attribute of up to 512 recipients: statements "from valid_from on recipient r has this
/// value", by recipient, then time. Values are numbered in a dictionary of the block.
struct AttributeColumn {
  std::string storage; // the dictionary's texts
  std::vector<std::string_view> values;
  std::vector<std::uint16_t> recipient; // offset in the block
  std::vector<std::uint32_t> valid_from;
  std::vector<std::uint32_t> value; // index in values
  bool one_each = false;            // the recipients are 0, 1, 2 …, and all times the same
};
constexpr unsigned k_recipient_block_bits = 9;
constexpr std::uint32_t k_recipient_block = 1U << k_recipient_block_bits;

/// All that the funnel may ask about the recipients of one chunk (or about a single one, as a chunk
/// of size 1). One thread's; what is asked for is loaded then.
class ChunkSource {
public:
  virtual ~ChunkSource() = default;
  virtual std::uint32_t size() const = 0; // recipients, at most k_chunk_size
  /// Fills `columns` (cleared first); false when there are no such events.
  virtual bool events(CampaignId campaign, EventKind kind, EventColumns& columns) = 0;
  /// As events(), the recipients alone.
  virtual bool recipients(CampaignId campaign, EventKind kind, std::vector<std::uint16_t>& out) {
    EventColumns columns;
    const bool any = events(campaign, kind, columns);
    out = std::move(columns.recipient);
    return any;
  }
  /// Of which kinds the campaign has events here.
  virtual EventKinds kinds(CampaignId campaign) = 0;
  /// Campaigns that have events of this kind here.
  virtual std::vector<CampaignId> campaigns(EventKind kind) = 0;
  /// Attribute `name` of recipients block * 512 and on; false when nobody there has it.
  virtual bool attribute(std::uint32_t block, std::string_view name, AttributeColumn& column) = 0;
  virtual std::vector<std::string> attribute_names() = 0;
  virtual std::string_view address(std::uint32_t recipient) = 0; // "" when known by contact id only
};

} // namespace mailfunnel
