#pragma once
// The codec of activity blocks: the events of one (chunk, campaign, kind) as one blob. Small ones
// stand together (set_pack.hpp).
//
//   header   version u8, 3 bytes 0, count u32, sub-blocks u32, checksum u64 (of all that follows)
//   directory, an entry a sub-block: first recipient u16, events u16, offset u32 (in the blob)
//   sub-block (some 2,048 events, decodable alone):
//     base time u32; bits u8 of: recipient delta, time, link, evidence, extra, system; values of
//     the dictionaries of evidence; then the packed columns. A column of nothing but zeros has 0
//     bits.
//   8 bytes 0, so that packed bits may be read a word at a time.

#include "model/activity.hpp"
#include "store/damage.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

constexpr std::size_t k_sub_block = 2048;

/// A block's key in the table of them: chunk, campaign and kind.
constexpr std::uint64_t key_of(std::uint32_t chunk, CampaignId campaign, EventKind kind) {
  return std::uint64_t{chunk} << 40 | std::uint64_t{campaign} << 8 |
         static_cast<std::uint64_t>(kind);
}
constexpr CampaignId campaign_of(std::uint64_t key) {
  return static_cast<CampaignId>(key >> 8);
}
/// Failure: it is none.
constexpr EventKind kind_of(std::uint64_t key) {
  const auto kind = key & 0xFF;
  if (kind >= k_event_kinds) {
    damaged("the table activity");
  }
  return static_cast<EventKind>(kind);
}

/// An event that tells who and when, and no more: most of a log, in half the memory.
struct PlainRow {
  std::uint32_t recipient; // RecipientId
  std::uint32_t time;      // as in EventRow
};
constexpr bool is_plain(EventKind kind) {
  return kind == EventKind::sent || kind == EventKind::delivered;
}

/// `rows` are sorted by (recipient, time, link) without duplicates; recipient is the offset in the
/// chunk.
std::string encode_block(std::span<const EventRow> rows);
std::string encode_block(std::span<const PlainRow> rows);
/// Likewise, k_sub_block at most.
void append_sub_block(std::string& out, std::span<const EventRow> rows);

class BlockReader {
public:
  /// Throws Failure when the blob is damaged; `key` says which one in the message.
  BlockReader(std::string_view blob, std::uint64_t key);
  /// A set of one sub-block within a blob that was found whole; `entry` is as in a directory.
  BlockReader(std::string_view blob, const char* entry, std::uint64_t key);

  std::size_t size() const { return m_count; }
  void read_all(EventColumns& columns) const; // appends
  /// As read_all, the recipients alone.
  void read_recipients(std::vector<std::uint16_t>& out) const;
  /// Appends the events of recipients `first` to `last`, both with theirs; decodes only the
  /// sub-blocks that may hold them.
  void read_recipients(std::uint16_t first, std::uint16_t last, EventColumns& columns) const;
  void read_recipient(std::uint16_t recipient, EventColumns& columns) const {
    read_recipients(recipient, recipient, columns);
  }

private:
  struct Entry {
    std::uint16_t first, count;
    std::uint32_t offset;
  };
  struct SubBlock;
  Entry entry(std::size_t i) const;
  SubBlock sub_block(std::size_t i) const;
  static void unpack_recipients(const SubBlock& sub, std::uint16_t* out);
  void read_sub_block(std::size_t i, EventColumns& columns) const;
  [[noreturn]] void damaged() const;

  std::string_view m_blob;
  const char* m_directory;
  std::uint64_t m_key;
  std::uint32_t m_count = 0, m_subs = 0;
};

/// Sorts and unites: any order and repetition of the same events gives the same rows.
void normalise_rows(std::vector<EventRow>& rows, EventKind kind);

} // namespace mailfunnel
