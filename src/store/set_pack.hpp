#pragma once
// Small sets of a chunk, those of neighbouring mailings together as one blob: where there are many
// small mailings, most sets hold a few events, for which a row and a header each would take more
// than they do.
//
//   header      version u8, 3 bytes 0, checksum u64 (of all that follows), sets u32
//   directory   an entry a set, by key: first recipient u16, events u16 (at most k_small_set),
//               offset u32 (in the blob), mailing within the pack u8, kind u8
//   sub-blocks  one a set, as in a block of its own (block.hpp)
//   8 bytes 0

#include "model/activity.hpp"
#include "store/block.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mailfunnel {

/// Events at most of a set that stands in a pack. A larger one has a row of its own; so may a
/// smaller one that was written before format 6, until it is written again.
constexpr std::size_t k_small_set = 128;
constexpr unsigned k_pack_bits = 6; // 64 mailings a pack
static_assert(k_small_set <= k_sub_block);

/// The key of the row in which a set stands while it is small.
constexpr std::uint64_t pack_of(std::uint64_t key) {
  return (key >> (8 + k_pack_bits) << (8 + k_pack_bits)) | 0xFF;
}
constexpr bool is_pack(std::uint64_t key) {
  return (key & 0xFF) == 0xFF;
}

/// Throws Failure when the blob is damaged. It must live as long.
class SetPack {
public:
  /// Of no sets.
  SetPack() = default;
  /// `key` is that of the row.
  SetPack(std::string_view blob, std::uint64_t key);

  std::size_t size() const { return m_count; }
  std::uint64_t key(std::size_t i) const;
  BlockReader set(std::size_t i) const;
  std::optional<std::size_t> find(std::uint64_t key) const;
  std::size_t bytes(std::size_t i) const; // that the i-th set takes

private:
  friend class SetPacker;
  const char* entry(std::size_t i) const;
  std::uint32_t offset(std::size_t i) const; // of the end behind the last one

  std::string_view m_blob;
  std::uint64_t m_key = 0;
  std::size_t m_count = 0;
};

/// Puts a pack together.
class SetPacker {
public:
  /// In the order of their keys. `rows` as for encode_block().
  void add(std::uint64_t key, std::span<const EventRow> rows);
  void add(const SetPack& pack, std::size_t i); // one as it stands
  bool empty() const { return m_directory.empty(); }
  /// Ready for the next one afterwards.
  std::string finish();

private:
  void add_entry(std::uint64_t key, std::uint16_t first, std::size_t events);
  std::string m_directory, m_sets;
};

/// Calls see(key, block) with each set that stands in a row of the table of activity.
template<typename See> void each_set(std::uint64_t key, std::string_view data, See see) {
  if (!is_pack(key)) {
    see(key, BlockReader(data, key));
    return;
  }
  const SetPack pack(data, key);
  for (std::size_t i = 0; i < pack.size(); ++i) {
    see(pack.key(i), pack.set(i));
  }
}

} // namespace mailfunnel
