#pragma once
// What the store knows besides activity: accounts, campaigns, links, coverage, overrides. Plain
// rows; the callers hold the transaction.

#include "model/activity.hpp"
#include "model/campaign.hpp"
#include "store/database.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mailfunnel {

struct StoredAccount {
  std::uint32_t id;
  std::string name, adapter;
};

struct StoredCampaign {
  CampaignId id = 0;
  std::uint32_t account = 0;
  bool described = false; // its XML or API answer was seen, not only events
  Campaign campaign;      // without links and bodies
  std::optional<Seconds> first_event, last_event;
  unsigned sources = 0;                    // k_from_file, k_from_api
  std::optional<CampaignId> merged_into{}; // as it is stored
  std::vector<std::string> others{};       // as it is read: ids of those merged into it
};
constexpr unsigned k_from_file = 1, k_from_api = 2;

struct StoredLink {
  LinkNumber number = 0;
  std::string identity, url;
  std::vector<LinkPlacement> placements; // without url
};
using StoredLinks = std::map<CampaignId, std::vector<StoredLink>>;

/// At most this many links a mailing; what is beyond is counted as "other".
constexpr LinkNumber k_most_links = 10'000;
constexpr LinkNumber k_other_link = 65'535;

struct LinkByHand {
  std::int64_t id = 0;
  std::string pattern, campaign;
  std::optional<Stage> stage; // nullopt: an older one is taken back
  Seconds valid_from = 0;
};

struct Coverage {
  std::uint32_t account;
  Seconds starts, ends;
  std::string source;
};

class Catalog {
public:
  explicit Catalog(Database& database) : m_database(&database) {}

  std::vector<StoredAccount> accounts();
  std::uint32_t account_id(const std::string& name,
                           const std::string& adapter); // made when it is new

  /// Those that were merged as one: what the first leaves empty is filled by the others. What only
  /// groups others (their `parent`) and was never sent itself is no mailing.
  std::vector<StoredCampaign> campaigns();
  /// Each as it stands.
  std::vector<StoredCampaign> stored_campaigns();
  /// One of them, as it stands.
  struct FoundCampaign {
    CampaignId id;
    unsigned sources;
  };
  std::optional<FoundCampaign> find_campaign(std::uint32_t account, std::string_view external_id,
                                             std::string_view send);
  /// Calls see(account, external id, send, found) with all of them, as they stand.
  void each_identity(const std::function<void(std::uint32_t, std::string_view, std::string_view,
                                              FoundCampaign)>& see);
  /// nullopt: it is one of its own again.
  void merge_campaign(CampaignId part, std::optional<CampaignId> whole);
  CampaignId add_campaign(std::uint32_t account, const std::string& external_id,
                          const std::string& send);
  /// Overwrites what the new description says; what it leaves empty stays.
  void describe_campaign(CampaignId id, const Campaign& campaign);

  /// It was told by one more source.
  void note_source(CampaignId id, unsigned source);
  /// Widens the span of times of its events.
  void note_event_times(CampaignId id, Seconds first, Seconds last);

  std::vector<StoredLink> links(CampaignId campaign); // as they are stored, without placements
  /// As they are read, of all mailings.
  StoredLinks all_links();
  /// Of these alone; what was merged into them is theirs.
  StoredLinks links_of(std::span<const CampaignId> campaigns);
  /// New, or a smaller example URL for a known one: the smallest seen is kept, so that the order of
  /// imports does not matter.
  void add_link(CampaignId campaign, LinkNumber number, std::string_view identity,
                std::string_view url);
  void add_placement(CampaignId campaign, LinkNumber number, const LinkPlacement& placement);

  std::vector<LinkByHand> links_by_hand(); // oldest first
  void set_link_by_hand(const LinkByHand& entry);

  void add_coverage(const Coverage& coverage);
  /// The source tells all up to now: its newest span grows where that ends less than `gap` before,
  /// else a new one begins.
  void extend_coverage(std::uint32_t account, std::string_view source, Seconds now, Seconds gap);
  std::vector<Coverage> coverage();

  /// Scopes and proofs. 0: there is no room for one more, of the 65,535 that an event can tell.
  std::uint16_t word_id(std::string_view text);
  std::string word(std::uint32_t id);

private:
  void read_links(CampaignId first, CampaignId last, StoredLinks& links);

  Database* m_database;
};

} // namespace mailfunnel
