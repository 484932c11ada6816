#pragma once
// Recipients in the store: which keys (addresses, contact ids) are whom, and what is known of each.
// Ids are dense, given in order of first sight, never reused, and never shown.

#include "model/activity.hpp"
#include "model/recipient.hpp"
#include "store/added_keys.hpp"
#include "store/attribute_changes.hpp"
#include "store/key_index.hpp"
#include "store/recipient_block.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mailfunnel {

constexpr std::int64_t k_most_attributes = 65'535; // names of them, in a store

/// Addresses of recipients in a row; the views point into `blocks`.
struct AddressList {
  std::vector<std::string> blocks;
  std::vector<std::string_view> addresses;
};

class Recipients {
public:
  explicit Recipients(Database& database) : m_database(&database), m_index(database) {}

  RecipientId count();

  /// Ids of keys, through the index: reads only what these keys need. nullopt: not known.
  std::vector<std::optional<RecipientId>> find(std::span<const std::string_view> keys);
  std::optional<RecipientId> find(std::string_view key);

  /// Adds keys. New recipients must be numbered from count() on without a gap. Several keys of one
  /// recipient may stand anywhere in the list. Ordered by id.
  void add(std::span<const NewKey> keys, unsigned threads);
  void add(const AddedKeys& keys, unsigned threads);

  /// Key block `block` (512 recipients), unpacked for each_key(); "" when there is none.
  std::string keys_of_block(std::uint32_t block);
  /// The same, for few of them; null when there is none.
  std::unique_ptr<const PackedKeys> packed_keys(std::uint32_t block);
  /// The address shown of every recipient of a range; "" for one known by contact id only.
  AddressList addresses(RecipientId first, RecipientId end);
  std::string address(RecipientId id);

  /// The number of an attribute, which is made when it is new; nullopt: there are too many.
  std::optional<std::uint16_t> attribute_id(std::string_view name);
  std::vector<std::pair<std::uint16_t, std::string>> attributes();
  /// Appends what changed; what only repeats the value known at that time is left out. Returns how
  /// many were kept.
  std::size_t change_attributes(std::span<const AttributeChanges* const> changes, unsigned threads);
  /// All that was ever said of the people on the left is told of those on the right, and no more of
  /// them.
  void take_attributes(const std::unordered_map<RecipientId, RecipientId>& people,
                       AttributeChanges& changes);
  /// Blob of block `block`; "" when there is none.
  std::string attribute_block(std::uint32_t block);
  std::uint32_t attribute_blocks();
  /// All that was ever said of one recipient's attributes, by name, then time.
  struct Statement {
    std::string name, value;
    Seconds valid_from;
  };
  std::vector<Statement> statements_of(RecipientId id);
  /// name -> value of one recipient as of a moment.
  std::vector<std::pair<std::string, std::string>> attributes_of(RecipientId id, Seconds as_of);

  /// Persons that turned out to be one: every id on the left is the one on the right.
  std::unordered_map<RecipientId, RecipientId> merged();
  void merge(RecipientId from, RecipientId into);

  /// All numbers of a person: that which find() tells, and those that were merged into it.
  std::vector<RecipientId> numbers_of(RecipientId id);
  /// All keys of a number, addresses first.
  std::vector<std::string> keys_of(RecipientId id);
  /// Takes away keys and attributes, also out of the index. The number stays, as nobody's.
  void remove(std::span<const RecipientId> numbers);

private:
  template<typename Keys> void add_keys(const Keys& keys, unsigned threads);
  void remove_keys(std::uint32_t block, std::span<const RecipientId> numbers);
  void remove_attributes(std::uint32_t block, std::span<const RecipientId> numbers);
  Database* m_database;
  KeyIndex m_index;
};

} // namespace mailfunnel
