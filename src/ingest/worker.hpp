#pragma once
// One thread of an import: takes records from an adapter, normalises them, looks at the evidence,
// and turns them into rows. No allocation an event on the usual way.

#include "base/hash.hpp"
#include "base/network.hpp"
#include "ingest/lookup_queue.hpp"
#include "ingest/session.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// A record that could not be used. `line` counts from 1 within its chunk until the import knows
/// better.
struct Rejected {
  std::uint64_t chunk = 0, line = 0, offset = 0;
  std::string why, raw;
};

class Worker : public RecordSink {
public:
  explicit Worker(Session& session);
  ~Worker() override;

  /// Around each chunk, behind whose `text` k_padding bytes may be read: between the two the book's
  /// table stays where it is. `people_ahead`: how
  /// many recipients may come yet, as far as anybody knows, so that the table seldom grows.
  void begin_chunk(std::string_view text, std::uint64_t number, std::uint64_t offset,
                   std::size_t people_ahead = 0);
  void end_chunk();
  /// After what ends the import: other threads may wait for the table to move.
  void abandon_chunk();
  /// Drops rows and attributes after a flush.
  void clear();

  Wants wants() const override { return {.sender = !m_session.options().routes.empty()}; }
  void accept(const EventView& event) override;
  void accept(const RecipientView& recipient) override;
  void accept(const Campaign& campaign, std::string_view record) override;
  void reject(std::string_view why, std::string_view record) override;
  void skip(std::string_view) override { ++m_counts.skipped; }

  /// All that was gathered, until it is cleared.
  Session::Harvest harvest();
  const ImportCounts& counts() const { return m_counts; }
  /// Those since the last time.
  std::vector<Rejected> take_rejected();
  std::size_t waiting_bytes() const { return m_waiting_bytes; } // of rejects, until they are taken
  /// Of rows and attributes, until they are cleared.
  std::uint64_t held_bytes() const {
    return m_rows.bytes() + m_contact_rows.bytes() + m_attributes.bytes();
  }

private:
  /// A row whose recipient is looked up some records later.
  struct Pending {
    EventRow row;
    AddressBook::KeyHash hash;
    std::uint32_t bucket;
    std::string_view key;
  };
  /// Somebody whose number is looked up some records later.
  struct PendingPerson {
    AddressBook::KeyHash hash;
    std::size_t place; // of what is told, in m_attributes
    std::string_view key;
  };
  /// What events have in common that are alike.
  struct Alike {
    std::uint32_t number = 0; // EventView::alike
    EventKind kind = EventKind::unknown;
    std::uint32_t bucket = 0;
    EventRow row{};
  };
  struct Agent {
    std::string text;
    std::uint16_t evidence = 0;
    std::uint8_t system = 0;
    bool known = false;
  };
  struct CachedCampaign {
    std::uint32_t account = 0;
    std::string id, send, name;
    CampaignSlot* slot = nullptr;
  };
  static constexpr std::size_t k_agents = 512, k_alike = 16, k_campaigns = 64,
                               k_most_campaigns = 1 << 16;

  void add(std::uint32_t account, const EventView& event);
  void add_alike(const Alike& known, const EventView& event);
  void reject_time(const EventView& event);
  void add_unknown(std::uint32_t account, const EventView& event, std::string_view key);
  /// Where the event tells that.
  void change_address(const EventView& event, std::uint32_t number);
  /// By contact id; of an address reject() knows it.
  bool names_erased(const EventView& event);
  std::optional<std::uint32_t> account_of(std::string_view name, std::string_view record);
  std::optional<std::uint32_t> other_account(std::string_view name, std::string_view record);
  /// Puts in what the envelope sender tells; nullopt: rejected or skipped.
  std::optional<std::uint32_t> account_by_route(EventView& event);
  void reject_nobodys(const EventView& event, std::string_view job);
  CampaignSlot& campaign_of(std::uint32_t account, const EventView& event);
  CampaignSlot& other_campaign(std::uint32_t account, const EventView& event);
  CachedCampaign& cached_campaign(std::uint32_t account, std::string_view id,
                                  std::string_view send);
  LinkNumber link_of(CampaignSlot& campaign, const EventView& event);
  LinkNumber number_link(CampaignSlot& campaign, std::string_view url,
                         const LinkPlacement* placement);
  void fill_evidence(const EventView& event, EventRow& row);
  std::uint16_t network_of(const AddressBytes& address) const;
  std::uint32_t recipient_of(std::uint32_t account, std::string_view address,
                             std::string_view contact_id);
  std::string_view key_of(std::uint32_t account, std::string_view address,
                          std::string_view contact_id, std::string_view record);
  std::string_view other_key_of(std::uint32_t account, std::string_view address,
                                std::string_view contact_id, std::string_view record);
  bool in_chunk(std::string_view text) const {
    return text.data() >= m_text.data() &&
           text.data() + text.size() <= m_text.data() + m_text.size();
  }
  std::string_view kept_key(std::string_view key, std::string& space) const;
  /// The rest of `pending`, whose number is found some records later.
  AddressBook::KeyHash look_up(Pending& pending, std::string_view key);
  void resolve(const Pending& pending);
  std::uint32_t new_number(const Pending& pending);
  void resolve(const PendingPerson& person);
  void finish_pending();
  /// Of whom m_attributes began last. False: there are too many attributes; it was rejected.
  bool tell_attributes(const RecipientView& recipient);
  void give_number(std::size_t place, std::uint32_t number);
  void put(std::uint32_t bucket, const EventRow& row, std::uint32_t recipient);
  void put_other(std::uint32_t bucket, const EventRow& row, std::uint32_t recipient);
  /// Of what is told now.
  RecordPlace next_place() { return record_place(m_chunk, m_places++); }

  Session& m_session;
  std::optional<AddressBook::Pass> m_pass;
  RowBuckets m_rows;
  RowBuckets m_contact_rows; // of contacts of whom it is not known yet who they are
  AttributeChanges m_attributes;
  ImportCounts m_counts;
  std::vector<Rejected> m_rejected;
  std::size_t m_rejected_bytes = 0; // of all there ever were
  std::size_t m_waiting_bytes = 0;
  std::size_t m_counted = 0;         // bytes of the chunk
  std::uint64_t m_counted_lines = 0; // of them

  std::array<Alike, k_alike> m_alike; // of the chunk, those of late
  /// With the texts of keys that do not stand in the chunk.
  LookupQueue<Pending> m_pending;
  LookupQueue<PendingPerson> m_people;

  std::string m_scratch, m_contact;
  bool m_account_asked = false;
  std::string m_account_name; // the last one asked for
  std::optional<std::uint32_t> m_account;
  struct {
    bool known = false;
    std::string sender, job;
    std::optional<std::uint32_t> account;
    SenderFields fields;
  } m_route; // likewise
  std::array<Agent, k_agents> m_agents;
  /// By a hash; more where a log tells of many mailings in turn.
  std::vector<CachedCampaign> m_campaigns = std::vector<CachedCampaign>(k_campaigns);
  std::size_t m_campaign_misses = 0;
  const CachedCampaign* m_last_campaign = m_campaigns.data();
  struct KnownLink {
    std::uint64_t check; // the other half of the hash
    std::uint32_t campaign;
    LinkNumber number;
  };
  /// By one half of a keyed hash of URL, tag and mailing.
  boost::unordered_flat_map<std::uint64_t, KnownLink> m_links;
  std::vector<std::pair<std::string, std::uint16_t>> m_attribute_ids; // by place in the record
  std::string_view m_text;
  std::uint64_t m_chunk = 0, m_offset = 0;
  bool m_open = false;        // the chunk
  std::uint32_t m_places = 0; // asked for, in it
};

} // namespace mailfunnel
