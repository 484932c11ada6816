#pragma once
// Activity in the store: sorted sets by (chunk, campaign, kind), each a block of its own or, while
// it is small, in a pack (set_pack.hpp); and the inbox of small batches before them. Who reads sees
// mailings that were merged as one (merged_campaigns.hpp); what writes takes each by itself, as it
// stands.

#include "base/large_memory.hpp"
#include "model/activity.hpp"
#include "store/block.hpp"
#include "store/merged_campaigns.hpp"
#include "store/store.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace mailfunnel {

class BlockReader;
class SetPack;

template<typename Row> using Pages = std::span<const std::span<const Row>>;

/// Rows of one set (chunk, campaign and kind), in any order, in pages from several threads.
struct RowPages {
  std::uint32_t chunk;
  CampaignId campaign;
  EventKind kind;
  std::variant<Pages<EventRow>, Pages<PlainRow>> pages; // plain ones only of a kind that is_plain()

  std::size_t size() const;
  /// Calls see(row) with each of them as an EventRow.
  template<typename See> void each(See see) const {
    std::visit(
        [&see](const auto& some) {
          for (const auto page : some) {
            for (const auto& row : page) {
              see(event_row(row));
            }
          }
        },
        pages);
  }

  static const EventRow& event_row(const EventRow& row) { return row; }
  static EventRow event_row(const PlainRow& row) { return {row.recipient, row.time, 0, 0, 0, 0}; }
};

/// Sets of rows, of which there may be millions: lists of their pages, which stand elsewhere.
class RowSets {
public:
  /// What is added next is of this set, until another begins. One to which nothing is added is
  /// none.
  void begin(std::uint32_t chunk, CampaignId campaign, EventKind kind);
  /// All pages of a set have rows of one size.
  void add(std::span<const EventRow> page) { add_to(m_rows, page, false); }
  void add(std::span<const PlainRow> page) { add_to(m_plain, page, true); }
  /// The sets of rows of one campaign and kind, which are put in order of recipients for it.
  void add(CampaignId campaign, EventKind kind, std::span<EventRow> rows);

  std::size_t size() const { return m_sets.size(); }
  bool empty() const { return m_sets.empty(); }
  std::uint64_t key(std::size_t i) const { return m_sets[i].key; } // key_of() it
  RowPages operator[](std::size_t i) const;
  /// By key, as they stand in the store.
  void sort();
  void clear();

private:
  struct Set {
    std::uint64_t key;
    std::uint32_t first, pages : 31, plain : 1; // the first in m_rows or m_plain
  };
  template<typename Row>
  void add_to(LargeVector<std::span<const Row>>& pages, std::span<const Row> page, bool plain);

  LargeVector<Set> m_sets;
  LargeVector<std::span<const EventRow>> m_rows;
  LargeVector<std::span<const PlainRow>> m_plain;
  std::uint64_t m_key = 0; // of the set that began
};

struct MergeCounts {
  std::uint64_t fresh = 0, duplicate = 0;
};

/// An event in the inbox: its recipient is named by key, as nobody gave an id yet.
struct InboxEvent {
  CampaignId campaign;
  EventKind kind;
  EventRow row;
  std::string key;
};

/// One set as it stands in the store.
struct StoredSet {
  std::uint32_t chunk;
  CampaignId campaign;
  EventKind kind;
  std::uint64_t bytes; // some three to five an event, and some twenty more
};

/// The sets of one chunk, loaded; decodes on demand. What was sent is fetched when somebody asks:
/// where deliveries are known few do. The database must live as long.
class ChunkActivity {
public:
  ChunkActivity(Database& database, std::uint32_t chunk);
  ChunkActivity(const ChunkActivity&) = delete;
  ChunkActivity& operator=(const ChunkActivity&) = delete;
  ~ChunkActivity();

  /// Fills `columns` (cleared first); false when there is no such set.
  bool read(CampaignId campaign, EventKind kind, EventColumns& columns);
  /// As read(), the recipients alone.
  bool read_recipients(CampaignId campaign, EventKind kind, std::vector<std::uint16_t>& out);
  /// Adds the events of recipients `first` to `last`, both with theirs.
  bool read_recipients(std::uint16_t first, std::uint16_t last, CampaignId campaign, EventKind kind,
                       EventColumns& columns);
  /// What there is, by campaign, then kind.
  std::vector<std::pair<CampaignId, EventKind>> sets() const;
  /// Of which kinds the mailing has events.
  EventKinds kinds(CampaignId campaign);
  /// The mailings that have such events, in order.
  std::vector<CampaignId> campaigns(EventKind kind) const;

private:
  struct Set {
    std::uint64_t key;       // with the mailing as it is read
    CampaignId part;         // and as it is stored
    const std::string* data; // of its own row; nullptr: not fetched yet, or in a pack
    const SetPack* pack;
    std::size_t place; // in the pack
  };
  struct Mailing {
    std::uint32_t first = 0; // of its sets, which stand in a row
    EventKinds kinds = 0;
  };
  void index();
  const Mailing& mailing(CampaignId campaign);
  std::span<Set> find(CampaignId campaign, EventKind kind); // fetched
  void fetch(Set& set);
  std::optional<BlockReader> block(const Set& set) const; // absent: it is gone
  template<typename Read>
  bool read_parts(std::span<Set> parts, EventColumns& columns, Read read) const;
  Database* m_database;
  std::uint32_t m_chunk;
  std::shared_ptr<const MergedCampaigns> m_merged;
  std::deque<std::string> m_data; // of rows
  std::deque<SetPack> m_packs;    // in some of them
  std::vector<Set> m_sets;        // by key
  EventKinds m_kinds = 0;         // of all
  boost::unordered_flat_map<CampaignId, Mailing> m_mailings;
  CampaignId m_last_campaign = 0; // that was asked for: mostly the next is the same
  Mailing m_last_mailing;
};

/// The event of that identity in a set, if it is there.
std::optional<EventRow> find_event(const EventColumns& columns, std::uint16_t recipient,
                                   std::uint32_t time, LinkNumber link);

class Activity {
public:
  explicit Activity(Database& database) : m_database(&database) {}

  /// What sets there are, by chunk, campaign and kind; without the inbox. Reads but packs.
  std::vector<StoredSet> sets();
  /// Adds one whole set to `columns`; false when there is none.
  bool load_set(std::uint32_t chunk, CampaignId campaign, EventKind kind, EventColumns& columns);
  /// As load_set, of the mailing alone, whatever was merged into it.
  bool load_own_set(std::uint32_t chunk, CampaignId campaign, EventKind kind,
                    EventColumns& columns);

  /// Gives the sets of some chunks, all of each, in the order of chunks; false: there are no more.
  using NextSets = std::function<bool(RowSets&)>;
  /// Unites rows with what is stored. The caller holds the transaction. `write_first` is called
  /// once, with the database to itself, by one of the threads: the others begin meanwhile.
  MergeCounts merge(const NextSets& next, unsigned threads,
                    const std::function<void()>& write_first = {});
  MergeCounts merge(RowSets sets, unsigned threads, const std::function<void()>& write_first = {});

  std::vector<InboxEvent> inbox();   // as it is stored
  std::vector<InboxEvent> waiting(); // the same, as it is read
  std::uint64_t inbox_size();
  void add_to_inbox(std::span<const InboxEvent> events);
  void clear_inbox();

  /// Gives the events of merged recipients to whom they were merged into.
  void move_recipients(const std::unordered_map<RecipientId, RecipientId>& into, unsigned threads);

  /// Takes the events of some people away: how many there were of each set, and of how many people.
  struct Removed {
    std::uint64_t events = 0, people = 0;
  };
  std::map<std::pair<CampaignId, EventKind>, Removed>
  remove_recipients(std::span<const RecipientId> numbers);
  /// Those that wait under one of the keys (sorted); their number is added to `removed`.
  void remove_from_inbox(std::span<const std::string> keys,
                         std::map<std::pair<CampaignId, EventKind>, Removed>& removed);
  /// Takes events before the moment away, of the kinds in `kinds`; returns how many by kind.
  /// `dry_run`: only counts.
  std::map<EventKind, std::uint64_t> remove_before(std::uint32_t time, EventKinds kinds,
                                                   bool dry_run);

  /// Is there any such event? Without the inbox.
  bool any(CampaignId campaign, EventKind kind);
  /// As any(), of all mailings in one walk over all sets.
  std::set<CampaignId> campaigns_with(EventKind kind);
  std::map<std::pair<CampaignId, EventKind>, std::uint64_t>
  counts();               // events stored, without the inbox
  std::uint32_t newest(); // time of the newest event; 0: none

  const std::shared_ptr<const MergedCampaigns>& merged();

private:
  struct LastPack;
  const SetPack& pack(std::uint64_t key); // of no sets where there is none
  Database* m_database;
  std::shared_ptr<const MergedCampaigns> m_merged; // once it was asked for
  std::shared_ptr<const LastPack> m_last; // who wants a set of it mostly wants the next one too
};

} // namespace mailfunnel
