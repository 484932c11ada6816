#include "app/world.hpp"

#include "app/crowds.hpp"
#include "app/workspace.hpp"
#include "base/bytes.hpp"
#include "base/parallel.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"
#include "store/activity.hpp"
#include "store/damage.hpp"
#include "store/recipients.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace mailfunnel {

namespace {

/// The newest entry by hand that matches the link.
std::optional<Stage> stage_by_hand(const std::vector<LinkByHand>& entries,
                                   const WorldCampaign& campaign, const StoredLink& link,
                                   Seconds as_of) {
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    const bool here = entry->campaign.empty() || entry->campaign == campaign.external_id ||
                      std::find(campaign.others.begin(), campaign.others.end(), entry->campaign) !=
                          campaign.others.end();
    const bool glob = entry->pattern.find_first_of("*?") != std::string::npos;
    if (here && entry->valid_from <= as_of &&
        (glob_match(entry->pattern, link.url) || glob_match(entry->pattern, link.identity) ||
         (!glob && link_identity(entry->pattern) == link.identity))) {
      return entry->stage;
    }
  }
  return std::nullopt;
}

/// nullptr: all are.
bool is_wanted(const LinksOfMailings* wanted, CampaignId campaign, LinkNumber number) {
  if (wanted == nullptr) {
    return true;
  }
  const auto numbers = wanted->find(campaign);
  return numbers != wanted->end() &&
         std::binary_search(numbers->second.begin(), numbers->second.end(), number);
}

/// Tags links. Most stand in many mailings, and are looked at once. One thread's.
class LinkTags {
public:
  explicit LinkTags(const Tagger& tagger) : m_tagger(tagger) {
    const auto& rules = tagger.rules().rules;
    m_by_campaign = std::any_of(rules.begin(), rules.end(),
                                [](const StageRule& rule) { return !rule.campaign.empty(); });
  }
  Tag tag(const LinkInput& input) {
    if (m_by_campaign || input.by_hand) {
      return m_tagger.tag(input);
    }
    m_key.clear();
    ByteWriter write(m_key);
    write.text(input.url);
    for (const auto& placement : input.placements) {
      write.text(placement.text);
      write.text(placement.alias);
      write.number(
          static_cast<std::int8_t>(placement.stage ? static_cast<int>(*placement.stage) : -1));
      write.number(static_cast<std::uint8_t>(placement.footer));
    }
    constexpr std::size_t k_most = 20'000;
    if (const auto known = m_known.find(m_key); known != m_known.end()) {
      return known->second;
    }
    if (m_known.size() == k_most) {
      m_known.clear();
    }
    return m_known.emplace(m_key, m_tagger.tag(input)).first->second;
  }

private:
  const Tagger& m_tagger;
  bool m_by_campaign;
  std::string m_key;
  std::unordered_map<std::string, Tag> m_known; // by all that it hangs on
};

/// Takes the texts of `links`.
void add_links(WorldCampaign& campaign, std::vector<StoredLink>& links,
               const LinksOfMailings* wanted, const std::vector<LinkByHand>& by_hand,
               LinkTags& tags, Seconds as_of) {
  std::vector<Placement> placements;
  for (auto& stored : links) {
    if (!is_wanted(wanted, campaign.id, stored.number)) {
      continue;
    }
    WorldLink link;
    placements.clear();
    for (const auto& placement : stored.placements) {
      placements.push_back({placement.text, placement.alias, placement.stage, placement.footer});
      link.text = link.text.empty() ? placement.text : link.text;
    }
    LinkInput input;
    input.url = stored.url;
    input.campaign_id = campaign.external_id;
    input.campaign_name = campaign.name;
    input.by_hand = stage_by_hand(by_hand, campaign, stored, as_of);
    input.placements = placements;
    link.tag = tags.tag(input);
    if (stored.number >= campaign.stages.size()) {
      campaign.stages.resize(stored.number + 1U, static_cast<std::uint8_t>(Stage::untagged));
    }
    campaign.stages[stored.number] = static_cast<std::uint8_t>(link.tag.stage);
    link.identity = std::move(stored.identity);
    link.url = std::move(stored.url);
    campaign.links.emplace(stored.number, std::move(link));
  }
}

void mark_honeypots(WorldCampaign& campaign, const std::vector<std::string>& globs) {
  for (auto& [number, link] : campaign.links) {
    link.honeypot = std::any_of(globs.begin(), globs.end(), [&link = link](const auto& glob) {
      return glob_match(glob, link.url) || glob_match(glob, link.identity);
    });
    if (link.honeypot) {
      campaign.honeypots.push_back(number);
    }
  }
  std::sort(campaign.honeypots.begin(), campaign.honeypots.end());
}

/// Gives one identity the same number in all mailings.
void number_links(World& world) {
  std::unordered_map<std::string_view, std::uint32_t> ids;
  for (auto& campaign : world.campaigns) {
    campaign.link_ids.assign(campaign.stages.size(), 0);
    for (const auto& [number, link] : campaign.links) {
      const auto next = static_cast<std::uint32_t>(ids.size() + 1);
      campaign.link_ids[number] = ids.emplace(link.identity, next).first->second;
    }
  }
}

/// Logs with less than this between them are one: nothing happens at night, and a file ends with
/// its last event.
constexpr Seconds k_quiet = k_day;

std::vector<CoveredTimes> covered_times(Catalog& catalog,
                                        std::map<std::uint32_t, std::uint32_t>& places) {
  for (const auto& account : catalog.accounts()) {
    places.emplace(account.id, static_cast<std::uint32_t>(places.size()));
  }
  std::vector<CoveredTimes> covered(places.size());
  for (const auto& mark : catalog.coverage()) { // by account, then start
    auto& times = covered[referred(places, mark.account, "coverage")];
    if (!times.empty() && mark.starts <= times.back().second + k_quiet) {
      times.back().second = std::max(times.back().second, mark.ends);
    } else {
      times.emplace_back(mark.starts, mark.ends);
    }
  }
  return covered;
}

StoredLinks links_to_tag(Catalog& catalog, const LinksOfMailings* wanted) {
  if (wanted == nullptr) {
    return catalog.all_links();
  }
  std::vector<CampaignId> mailings;
  for (const auto& [campaign, numbers] : *wanted) {
    mailings.push_back(campaign);
  }
  return catalog.links_of(mailings);
}

/// Which mailings have deliveries: asked of one after the other, or, where they are many, of all at
/// once.
class Deliveries {
public:
  Deliveries(Database& database, std::size_t mailings)
      : m_database(database), m_activity(database), m_mailings(mailings) {}
  bool has(CampaignId campaign) {
    constexpr std::size_t k_many_looks = 50'000; // each at a mailing in a chunk
    if (!m_many) {
      m_many = m_mailings * chunk_of(Recipients(m_database).count()) > k_many_looks;
      m_all = *m_many ? m_activity.campaigns_with(EventKind::delivered) : m_all;
    }
    return *m_many ? m_all.contains(campaign) : m_activity.any(campaign, EventKind::delivered);
  }

private:
  Database& m_database;
  Activity m_activity;
  std::size_t m_mailings;
  std::optional<bool> m_many; // once it was asked for
  std::set<CampaignId> m_all;
};

class WorldBuilder {
public:
  /// `wanted`: with these links alone.
  WorldBuilder(Store& store, const Workspace& workspace, const Rules& rules, Seconds as_of,
               const LinksOfMailings* wanted)
      : m_workspace(workspace), m_rules(rules), m_as_of(as_of), m_wanted(wanted),
        m_catalog(store.database()), m_stored(m_catalog.campaigns()),
        m_deliveries(store.database(), m_stored.size()) {
    m_world.crowds = crowds_of(store);
    m_world.covered = covered_times(m_catalog, m_places);
  }

  World build(std::span<const LinkByHand> more) {
    find_sources();
    m_world.campaigns.reserve(m_stored.size());
    for (const auto* stored : by_time()) {
      m_world.by_id.emplace(stored->id, static_cast<std::uint32_t>(m_world.campaigns.size()));
      m_world.campaigns.push_back(campaign_of(*stored));
    }
    tag_links(more);
    find_families();
    number_links(m_world);
    return std::move(m_world);
  }

private:
  struct Source {
    std::string name;
    Capabilities can; // its adapter
    std::optional<bool> configured;
  };

  void find_sources() {
    for (const auto& account : m_catalog.accounts()) {
      const auto* configured = m_workspace.config.account(account.name);
      const auto* adapter =
          m_workspace.registry.find(configured != nullptr ? configured->esp : account.adapter);
      m_sources[account.id] = {account.name,
                               adapter == nullptr ? Capabilities{.delivery_events = true}
                                                  : adapter->capabilities(),
                               configured != nullptr ? configured->delivery_events : std::nullopt};
    }
  }

  std::vector<const StoredCampaign*> by_time() {
    std::vector<const StoredCampaign*> sorted;
    for (const auto& stored : m_stored) {
      sorted.push_back(&stored);
    }
    const auto key = [this](const StoredCampaign* stored) {
      const auto& c = stored->campaign;
      return std::tuple<Seconds, const std::string&, const std::string&, const std::string&>(
          time_of(*stored), m_sources[stored->account].name, c.id, c.send);
    };
    std::sort(sorted.begin(), sorted.end(),
              [&key](const auto* a, const auto* b) { return key(a) < key(b); });
    return sorted;
  }

  static Seconds time_of(const StoredCampaign& stored) {
    return stored.campaign.sent_at.value_or(stored.first_event.value_or(0));
  }

  /// But for its links.
  WorldCampaign campaign_of(const StoredCampaign& stored) {
    WorldCampaign campaign;
    const auto& source = m_sources[stored.account];
    campaign.id = stored.id;
    campaign.account = source.name;
    campaign.source = referred(m_places, stored.account, "campaign");
    campaign.external_id = stored.campaign.id;
    campaign.send = stored.campaign.send;
    campaign.others = stored.others;
    campaign.name = stored.campaign.name;
    campaign.subject = stored.campaign.subject;
    campaign.kind = kind_by_rule(m_rules.kinds, {campaign.external_id, campaign.name,
                                                 campaign.subject, campaign.account})
                        .value_or(stored.campaign.kind.value_or(CampaignKind::campaign));
    campaign.named = !stored.campaign.id.empty();
    campaign.delivery_events = source.configured
                                   ? *source.configured
                                   : source.can.delivery_events || m_deliveries.has(stored.id);
    campaign.delivery_times = campaign.delivery_events && source.can.delivery_times;
    campaign.seconds = source.can.time_resolution <= 1;
    campaign.tracked = std::none_of(
        m_rules.tracking.off.begin(), m_rules.tracking.off.end(), [&](const auto& glob) {
          return glob_match(glob, campaign.external_id) || glob_match(glob, campaign.name) ||
                 std::any_of(campaign.others.begin(), campaign.others.end(),
                             [&](const auto& id) { return glob_match(glob, id); });
        });
    campaign.first_event = stored.first_event.value_or(campaign.first_event);
    campaign.last_event = stored.last_event.value_or(campaign.last_event);
    campaign.time = time_of(stored);
    return campaign;
  }

  void tag_links(std::span<const LinkByHand> more) {
    auto links = links_to_tag(m_catalog, m_wanted);
    auto by_hand = m_catalog.links_by_hand();
    by_hand.insert(by_hand.end(), more.begin(), more.end());
    const Tagger tagger(m_rules.tagging);
    struct Work {
      WorldCampaign* campaign;
      std::vector<StoredLink>* links;
    };
    std::vector<Work> work;
    for (const auto& stored : m_stored) {
      const auto found = links.find(stored.id);
      if (found == links.end()) {
        continue;
      }
      auto& campaign = m_world.campaigns[m_world.by_id.at(stored.id)];
      if (stored.described) {
        campaign.content_links = static_cast<std::uint32_t>(
            std::count_if(found->second.begin(), found->second.end(),
                          [](const StoredLink& link) { return !link.placements.empty(); }));
      }
      work.push_back({&campaign, &found->second});
    }
    constexpr std::size_t k_many = 500; // mailings: fewer are done before a thread has begun
    const auto threads = work.size() < k_many ? 1U : std::max(m_workspace.threads, 1U);
    std::vector<LinkTags> tags(threads, LinkTags(tagger));
    parallel_for(work.size(), threads, [&](std::size_t i, unsigned thread) {
      auto& [campaign, of_campaign] = work[i];
      add_links(*campaign, *of_campaign, m_wanted, by_hand, tags[thread], m_as_of);
      mark_honeypots(*campaign, m_rules.robots.honeypot_links);
    });
  }

  void find_families() {
    std::map<std::pair<std::uint32_t, std::string_view>, Family> named; // by account
    for (const auto& stored : m_stored) {
      const auto index = m_world.by_id.at(stored.id);
      if (stored.campaign.family.empty()) {
        m_world.families.push_back({index});
      } else {
        named[{stored.account, stored.campaign.family}].push_back(index);
      }
    }
    for (auto& [name, members] : named) {
      std::sort(members.begin(), members.end());
      m_world.families.push_back(std::move(members));
    }
    std::sort(m_world.families.begin(), m_world.families.end());
  }

  const Workspace& m_workspace;
  const Rules& m_rules;
  Seconds m_as_of;
  const LinksOfMailings* m_wanted;
  Catalog m_catalog;
  std::vector<StoredCampaign> m_stored; // in the order of their ids
  Deliveries m_deliveries;
  std::map<std::uint32_t, Source> m_sources;       // by account
  std::map<std::uint32_t, std::uint32_t> m_places; // account -> index in World::covered
  World m_world;
};

} // namespace

World build_world(Store& store, const Workspace& workspace, const Rules& rules, Seconds as_of,
                  std::span<const LinkByHand> more) {
  return WorldBuilder(store, workspace, rules, as_of, nullptr).build(more);
}

World build_world(Store& store, const Workspace& workspace, const Rules& rules, Seconds as_of,
                  const LinksOfMailings& links) {
  return WorldBuilder(store, workspace, rules, as_of, &links).build({});
}

Worlds::Worlds(Store& store, const Workspace& workspace, const Rules& rules)
    : m_store(store), m_workspace(workspace), m_rules(rules) {
  for (const auto& entry : Catalog(store.database()).links_by_hand()) {
    m_changes.push_back(entry.valid_from);
  }
}

std::shared_ptr<const World> Worlds::at(Seconds as_of) {
  const auto [from, to] = std::minmax({m_last_moment, as_of});
  const bool changed =
      std::any_of(m_changes.begin(), m_changes.end(),
                  [from = from, to = to](Seconds time) { return time > from && time <= to; });
  if (m_last == nullptr || changed) {
    auto world = build_world(m_store, m_workspace, m_rules, as_of);
    world.crowds = m_last == nullptr ? world.crowds : m_last->crowds;
    m_last = std::make_shared<const World>(std::move(world));
    m_last_moment = as_of;
  }
  return m_last;
}

} // namespace mailfunnel
