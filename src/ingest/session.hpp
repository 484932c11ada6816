#pragma once
// One import: what its threads share. Campaigns, links, recipients and attribute names get numbers
// here while records stream in; flush() writes all of it as one transaction. What one input told
// is known to the next one.

#include "adapter/adapter.hpp"
#include "base/network.hpp"
#include "base/uri.hpp"
#include "ingest/address_book.hpp"
#include "ingest/contacts.hpp"
#include "ingest/gathered_rows.hpp"
#include "ingest/record_place.hpp"
#include "ingest/row_bucket.hpp"
#include "ingest/sender_pattern.hpp"
#include "model/activity.hpp"
#include "store/activity.hpp"
#include "store/attribute_changes.hpp"
#include "store/catalog.hpp"
#include "store/erasures.hpp"
#include "store/recipients.hpp"
#include "store/store.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mailfunnel {

class Writing;

struct ImportCounts {
  std::uint64_t records = 0; // events, recipients and campaigns taken
  std::uint64_t events = 0, recipients = 0, campaigns = 0, unknown = 0;
  std::uint64_t fresh = 0, duplicate = 0; // events
  std::uint64_t rejected = 0, skipped = 0;
  std::uint64_t erased = 0; // records of people who were erased: read, and not kept
  std::uint64_t new_recipients = 0, changed_attributes = 0;
  std::array<std::uint64_t, k_event_kinds> by_kind{};
  Seconds first = 0, last = 0; // of the events; 0: none

  void add(const ImportCounts& more);
};

/// A mailing in the making: its row in the catalog (0: not there yet) and its links.
struct CampaignSlot {
  std::uint32_t index = 0; // in the session
  CampaignId id = 0;
  std::uint32_t account = 0;
  std::string external_id, send;
  unsigned sources = 0; // who told of it, as it is stored
  std::mutex mutex;
  bool links_loaded = false;
  /// By identity. As long as a batch is read they may be more than a mailing can have, as it is not
  /// known yet which ones stand first.
  boost::unordered_flat_map<std::string, LinkNumber> links;
  LinkNumber next_link = 1, first_new_link = 1; // of those that are not stored
  std::vector<RecordPlace> link_places;         // of them: the first record that has it
  RecordPlace links_until = k_nowhere; // what only a later record has is none of the first ones
  std::map<LinkNumber, std::pair<std::string, std::string>>
      changed_links;                          // number -> identity, example URL
  std::map<LinkNumber, std::string> examples; // smallest URL seen
  std::set<std::tuple<LinkNumber, std::string, std::string, int, bool>> placements;
};

/// Of a log that several accounts share: whose mail has such an envelope sender, or such a job.
struct AccountRoute {
  std::string account;
  std::vector<SenderPattern> senders;
  std::vector<std::string> jobs; // globs
};

/// From so many recipients on a small import leaves its events in the inbox.
constexpr RecipientId k_large_store = 20'000;

struct SessionOptions {
  std::string account; // of records that name none; empty: such records are rejected
  std::vector<AccountRoute>
      routes; // asked before `account` for events that name no account; the first that matches
  bool skip_others = false; // what tells a sender or a job that no route takes is skipped
  std::string adapter;
  bool only_account = false; // of all records, whatever they name: the user said so
  std::vector<std::pair<std::string, std::string>>
      accounts; // name and adapter of those that records may name; empty: any
  unsigned threads = 1;
  std::uint64_t memory = std::uint64_t{1} << 30; // for what is in flight
  Seconds now = 0;
  LinkStripping strip;
  FilterNetworks filters;
  std::vector<std::pair<Seconds, Seconds>> complete; // --complete FROM..TO
  std::optional<Seconds> valid_from; // of attributes that bring no time of their own
  unsigned source = k_from_file;     // of what it tells of mailings
  bool covers = true;                // the source is complete from its first to its last event
  bool small =
      false; // few records: look addresses up one by one, and leave the events in the inbox
};

class Session {
public:
  Session(Store& store, SessionOptions options);

  const SessionOptions& options() const { return m_options; }
  /// Before another input, whose records may be others': the number of threads, and whether it is
  /// small, stay as they were. False: not all is known that a new session would know, and this one
  /// is of no use any more. Nobody may have written by the same connection since.
  bool go_on_with(SessionOptions options);
  AddressBook& book() { return *m_book; }
  std::uint64_t secret() const { return m_store.secret(); }

  /// The number of the account that a record names ("": that of the import). nullopt: the config
  /// has none of that name, or the import has none.
  std::optional<std::uint32_t> account(std::string_view name);
  /// By the first route that takes the mail, which tells `fields` of it; that of the import where
  /// none does.
  std::optional<std::uint32_t> account_by_route(std::string_view sender, std::string_view job,
                                                SenderFields& fields);
  CampaignSlot& campaign(std::uint32_t account, std::string_view external_id,
                         std::string_view send);
  /// The number of a URL among the campaign's links, that of a record at `place`; new ones are
  /// added. nullopt: there are so many that it has to be known first which ones the chunks before
  /// it have; wait_for_chunks(), then ask again.
  [[nodiscard]] std::optional<LinkNumber> link(CampaignSlot& campaign, std::string_view url,
                                               const LinkPlacement* placement, RecordPlace place);
  /// `number_link` calls link() for each of its links, and waits for chunks.
  using NumberLink = std::function<void(CampaignSlot&, std::string_view url, const LinkPlacement&)>;
  void describe(std::uint32_t account, const Campaign& campaign, RecordPlace place,
                const NumberLink& number_link);
  /// nullopt: there is no room for one more. Where it is new, those that the same record tells are
  /// made with it, in one transaction.
  using ToldAttribute = std::pair<std::string_view, std::string_view>; // name, value
  std::optional<std::uint16_t> attribute(std::string_view name,
                                         std::span<const ToldAttribute> told);
  /// Scopes and proofs. 0, as if none were told, where there is no room for one more.
  std::uint16_t word(std::string_view text);
  void add_unknown(std::uint32_t account, const EventView& event, std::string key);
  /// The number of somebody named by address (normalised) and contact key.
  std::uint32_t recipient(std::string_view address, std::string_view contact_key, RecordPlace place,
                          AddressBook::Pass* pass);
  /// By contact key alone. It may be one of Contacts.
  std::uint32_t contact(std::string_view key);
  /// Whose that contact id is, where it is known for good; else k_none.
  std::uint32_t whose(std::uint32_t contact) const { return m_contacts->whose(contact); }
  /// Somebody has another address from now on: they are one person.
  void change_address(std::uint32_t number, std::string_view fresh, RecordPlace place,
                      AddressBook::Pass* pass);
  /// Was this person erased? For the few records that do not go through the book; `key` as in it.
  bool is_erased(std::string_view key) const { return m_erasures.has(key); }
  const Erasures& erasures() const { return m_erasures; }
  /// The name that events tell of their mailing, for as long as nothing better describes it.
  void name_campaign(CampaignSlot& campaign, std::string_view name);

  /// Of an input whose chunks are numbered from 0: that one is at its end.
  void begin_input();
  void end_chunk(std::uint64_t chunk);
  /// Until all before it are. Hold no Pass while calling.
  void wait_for_chunks(std::uint64_t chunk);

  /// Memory of what was gathered here.
  std::size_t held_bytes() const { return m_book->added_bytes() + m_change_bytes + m_link_bytes; }

  /// Whose events were written, by name.
  std::vector<std::string> accounts_with_events() const;

  /// What the threads gathered, handed over at a flush.
  struct Harvest {
    RowBuckets* rows;         // by campaign index * k_event_kinds + kind
    RowBuckets* contact_rows; // likewise, of those of Contacts, from 0 on
    AttributeChanges* attributes;
    std::uint64_t bytes; // that they take in memory
  };
  /// Writes everything as one transaction. No thread may hold a Pass. `also` writes into the same
  /// transaction, and says whether that changes any score. It is on the disk when this returns, or
  /// once settle() does: a thread of its own sees to it, and what is read next need not wait.
  enum class Commit { now, beside };
  void flush(std::span<Harvest> harvests, ImportCounts& counts, const std::string& source,
             bool last, const std::function<bool()>& also = {}, Commit commit = Commit::now);
  /// Until then nobody else can write to the store, and nobody may ask by its connection. Failure,
  /// whenever it is called: the last flush is not on the disk, and nothing of the session may be
  /// written any more.
  void settle() const;
  bool committing() const;                            // settle() would wait
  std::uint64_t flushes() const { return m_flushes; } // how many there were

private:
  class People;
  class Identifying;
  /// What the numbers of a batch are in the store; k_refused: nobody. In a small batch k_none is
  /// somebody new whose events may wait in the inbox.
  struct Identified {
    bool together = false;               // else numbers of addresses are ids
    std::uint32_t first = 0;             // of the numbers in of_number
    std::vector<RecipientId> of_number;  // from it on
    std::vector<RecipientId> of_contact; // by index in Contacts
    std::vector<bool> addressed;         // likewise, of those together: it has an address
    std::vector<NewKey> keys;            // to be written
    std::unordered_map<RecipientId, RecipientId> merged{}; // in the store, and others from now on
    RecipientId end = 0;                                   // where ids go on
  };
  std::optional<std::uint32_t> account_named(std::string_view name);
  // session_people.cpp: who they are
  std::uint32_t contact_number(std::string_view key, AddressBook::KeyHash hash);
  void meets_erased(std::uint32_t number, std::string_view erased);
  bool people_meet() const;
  Identified identify_apart();
  Identified identify_together(const AddedKeys& added, std::span<Harvest> harvests);
  void give_ids(const Identified& identified, std::span<Harvest> harvests, ImportCounts& counts);
  void keep_people(const Identified& identified, const AddedKeys& added);
  void forget_batch();
  void note_erased(std::string_view key, const Erasure* as);
  void check_erasures();
  void write_erasures();
  void make_book();
  void load_book();
  std::optional<Catalog::FoundCampaign>
  stored_campaign(std::uint32_t account, std::string_view external_id, std::string_view send);
  void load_links(CampaignSlot& campaign);
  void number_stored_links(CampaignSlot& campaign);
  LinkNumber next_link(CampaignSlot& campaign, RecordPlace place);
  void choose_links(CampaignSlot& campaign, std::span<Harvest> harvests);
  void note_source(CampaignSlot& campaign);
  // session_beside.cpp: what others wrote meanwhile
  bool others_wrote();
  void take_over_mailings(std::span<Harvest> harvests);
  void follow_merged(std::span<Harvest> harvests);
  bool write_catalog();
  void write_large(std::span<Harvest> harvests, ImportCounts& counts);
  void write_merged(const Identified& identified);
  void write_small(std::span<Harvest> harvests, ImportCounts& counts);
  GatheredRows gathered_rows(std::span<Harvest> harvests);
  void write_attributes(std::span<Harvest> harvests, ImportCounts& counts);
  bool write_coverage(const std::string& source); // true: it was not known
  void finish(std::unique_ptr<Writing> writing, Commit commit);

  Store& m_store;
  SessionOptions m_options;
  Catalog m_catalog;
  Recipients m_recipients;
  Activity m_activity;
  std::int64_t m_version; // of the database, when it was looked at
  RecipientId m_known;    // people in the store; in the book others are ours from here on
  bool m_beside = false;  // others wrote while this session lived
  bool m_united = false;  // it wrote that two numbers are one person
  bool m_erased = false;  // it wrote that somebody erased has another key
  std::unique_ptr<AddressBook> m_book;
  std::unique_ptr<Contacts> m_contacts;

  std::mutex m_mutex;                   // of all below
  std::deque<CampaignSlot> m_campaigns; // that the input tells of
  boost::unordered_flat_map<std::string, CampaignSlot*> m_by_id;
  std::size_t m_asked = 0; // how often it was asked for one that is stored
  /// Those that are stored, once it was asked for many.
  std::optional<boost::unordered_flat_map<std::string, Catalog::FoundCampaign>> m_stored;
  struct Description {
    RecordPlace place;
    CampaignSlot* campaign;
    Campaign said;
  };
  std::vector<Description> m_descriptions;
  std::map<std::string, std::uint32_t, std::less<>> m_accounts; // those in use
  std::map<std::uint32_t, std::pair<std::uint32_t, std::uint32_t>>
      m_spans; // account -> times of its first and last event
  std::map<std::string, std::uint16_t, std::less<>> m_attributes;
  std::map<std::string, std::uint16_t, std::less<>> m_words;
  std::set<std::tuple<std::uint32_t, Seconds, std::string, std::string, std::string>>
      m_unknown; // account, time, key, campaign, native
  struct AddressChange {
    RecordPlace place;
    std::uint32_t number, other; // are one person
  };
  std::vector<AddressChange> m_changes;
  std::atomic<std::size_t> m_change_bytes{0}, m_link_bytes{0};
  std::map<std::uint32_t, const Erasure*> m_meets_erased; // number, that of another name of it
  std::map<CampaignSlot*, std::string> m_names;
  std::map<std::string, Erasure> m_also_erased;
  std::int64_t m_erasures_seen; // the store's, when m_erasures was read
  Erasures m_erasures;
  std::mutex m_chunks_mutex; // of those below
  std::condition_variable m_chunk_ended;
  std::uint64_t m_chunks_before = 0;      // all of them are at their end
  std::set<std::uint64_t> m_chunks_ended; // and these
  std::uint64_t m_flushes = 0;
  std::shared_future<void> m_commit; // of the last flush; the last member: it is waited for first
};

/// Gives the events of the inbox their recipients and folds them into the blocks. Takes the writer
/// lock. Returns how many there were.
std::uint64_t fold_inbox(Store& store, unsigned threads);

} // namespace mailfunnel
