#pragma once
// What the funnel knows besides activity: the mailings with their links' stages, in order of time.
// Made once a run.

#include "base/time.hpp"
#include "funnel/crowds.hpp"
#include "funnel/measurability.hpp"
#include "funnel/tagger.hpp"
#include "model/activity.hpp"
#include "model/campaign.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace mailfunnel {

struct WorldLink {
  std::string identity, url, text; // text: of the placement that a reader sees first
  Tag tag;
  bool honeypot = false; // no person sees it
};

struct WorldCampaign {
  static constexpr std::uint32_t k_no_id = 0x8000'0000; // of a link that the catalog lacks
  CampaignId id = 0;
  std::string account;
  std::uint32_t source = 0; // of the account, index into World::covered
  std::string external_id, send, name, subject;
  std::vector<std::string> others; // ids of mailings that were merged into it
  CampaignKind kind = CampaignKind::campaign;
  bool named = true; // the events name their mailing; else it is a day's rest: never a non-open
  bool delivery_events =
      true; // its source tells deliveries; else sent and not bounced is delivered
  bool delivery_times = false;     // and when they really happened
  bool tracked = true;             // it has an open pixel
  bool seconds = true;             // its source tells times to the second
  std::uint32_t content_links = 0; // different links in its content; 0: its content is not known
  Seconds time = 0;                // sent, or the earliest event
  Seconds first_event = 0, last_event = INT64_MAX; // nothing happened before and after
  std::unordered_map<LinkNumber, WorldLink> links;
  std::vector<std::uint8_t> stages;    // by link number, as Stage; what is not here is untagged
  std::vector<std::uint32_t> link_ids; // by link number: the same for one identity in all mailings

  std::vector<LinkNumber> honeypots; // sorted

  bool is_honeypot(LinkNumber link) const {
    return std::binary_search(honeypots.begin(), honeypots.end(), link);
  }
  Stage stage(LinkNumber link) const {
    return link < stages.size() ? static_cast<Stage>(stages[link]) : Stage::untagged;
  }
  std::uint32_t link_id(LinkNumber link) const {
    return link < link_ids.size() ? link_ids[link] : k_no_id | link;
  }
  /// Is this one of its ids, or its name?
  bool is_called(std::string_view id_or_name) const {
    return external_id == id_or_name || name == id_or_name ||
           std::find(others.begin(), others.end(), id_or_name) != others.end();
  }
  std::string title() const {
    return !name.empty()         ? name
           : !subject.empty()    ? subject
           : external_id.empty() ? send
                                 : external_id;
  }
};

/// Campaigns that count as one mailing: A/B halves, resends, language versions.
using Family = std::vector<std::uint32_t>; // indexes into World::campaigns

struct World {
  std::vector<WorldCampaign> campaigns; // by time
  std::vector<Family> families;         // by time of the first
  std::unordered_map<CampaignId, std::uint32_t> by_id;
  std::vector<CoveredTimes> covered; // by source: when its log is complete
  std::shared_ptr<Crowds> crowds;    // nullptr: nobody looks for them

  const WorldCampaign* find(CampaignId id) const {
    const auto place = by_id.find(id);
    return place == by_id.end() ? nullptr : &campaigns[place->second];
  }
};

} // namespace mailfunnel
