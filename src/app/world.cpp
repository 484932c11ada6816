#include "app/world.hpp"

#include "app/crowds.hpp"
#include "app/workspace.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"
#include "store/activity.hpp"
#include "store/damage.hpp"
#include "store/recipients.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

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

void add_links(WorldCampaign& campaign, const std::vector<StoredLink>& links,
               const LinksOfMailings* wanted, const std::vector<LinkByHand>& by_hand,
               const Tagger& tagger, Seconds as_of) {
  for (const auto& stored : links) {
    if (!is_wanted(wanted, campaign.id, stored.number)) {
      continue;
    }
    WorldLink link{stored.identity, stored.url, {}, {}};
    std::vector<Placement> placements;
    for (const auto& placement : stored.placements) {
      placements.push_back({placement.text, placement.alias, placement.stage, placement.footer});
      link.text = link.text.empty() ? placement.text : link.text;
    }
    LinkInput input;
    input.url = link.url;
    input.campaign_id = campaign.external_id;
    input.campaign_name = campaign.name;
    input.by_hand = stage_by_hand(by_hand, campaign, stored, as_of);
    input.placements = placements;
    link.tag = tagger.tag(input);
    if (stored.number >= campaign.stages.size()) {
      campaign.stages.resize(stored.number + 1U, static_cast<std::uint8_t>(Stage::untagged));
    }
    campaign.stages[stored.number] = static_cast<std::uint8_t>(link.tag.stage);
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

/// `wanted`: with these links alone.
World build(Store& store, const Workspace& workspace, const Rules& rules, Seconds as_of,
            std::span<const LinkByHand> more, const LinksOfMailings* wanted) {
  auto& database = store.database();
  Catalog catalog(database);
  struct Source {
    std::string name;
    Capabilities can; // its adapter
    std::optional<bool> configured;
  };
  std::map<std::uint32_t, Source> sources;
  for (const auto& account : catalog.accounts()) {
    const auto* configured = workspace.config.account(account.name);
    const auto* adapter =
        workspace.registry.find(configured != nullptr ? configured->esp : account.adapter);
    sources[account.id] = {account.name,
                           adapter == nullptr ? Capabilities{.delivery_events = true}
                                              : adapter->capabilities(),
                           configured != nullptr ? configured->delivery_events : std::nullopt};
  }
  World world;
  world.crowds = crowds_of(store);
  std::map<std::uint32_t, std::uint32_t> places; // account -> index in world.covered
  world.covered = covered_times(catalog, places);
  std::map<std::pair<std::uint32_t, std::string>, std::vector<CampaignId>>
      families; // account, family
  const auto links = links_to_tag(catalog, wanted);
  auto by_hand = catalog.links_by_hand();
  by_hand.insert(by_hand.end(), more.begin(), more.end());
  const Tagger tagger(rules.tagging);
  auto mailings = catalog.campaigns();
  Deliveries deliveries(database, mailings.size());
  for (auto& stored : mailings) {
    WorldCampaign campaign;
    const auto& source = sources[stored.account];
    campaign.id = stored.id;
    campaign.account = source.name;
    campaign.source = referred(places, stored.account, "campaign");
    campaign.external_id = stored.campaign.id;
    campaign.send = stored.campaign.send;
    campaign.others = stored.others;
    campaign.name = stored.campaign.name;
    campaign.subject = stored.campaign.subject;
    campaign.kind = kind_by_rule(rules.kinds, {campaign.external_id, campaign.name,
                                               campaign.subject, campaign.account})
                        .value_or(stored.campaign.kind.value_or(CampaignKind::campaign));
    campaign.named = !stored.campaign.id.empty();
    campaign.delivery_events = source.configured
                                   ? *source.configured
                                   : source.can.delivery_events || deliveries.has(stored.id);
    campaign.delivery_times = campaign.delivery_events && source.can.delivery_times;
    campaign.seconds = source.can.time_resolution <= 1;
    campaign.tracked =
        std::none_of(rules.tracking.off.begin(), rules.tracking.off.end(), [&](const auto& glob) {
          return glob_match(glob, campaign.external_id) || glob_match(glob, campaign.name) ||
                 std::any_of(campaign.others.begin(), campaign.others.end(),
                             [&](const auto& id) { return glob_match(glob, id); });
        });
    campaign.first_event = stored.first_event.value_or(campaign.first_event);
    campaign.last_event = stored.last_event.value_or(campaign.last_event);
    campaign.time = stored.campaign.sent_at.value_or(stored.first_event.value_or(0));
    if (const auto of_campaign = links.find(stored.id); of_campaign != links.end()) {
      add_links(campaign, of_campaign->second, wanted, by_hand, tagger, as_of);
      mark_honeypots(campaign, rules.robots.honeypot_links);
      if (stored.described) {
        campaign.content_links = static_cast<std::uint32_t>(
            std::count_if(of_campaign->second.begin(), of_campaign->second.end(),
                          [](const StoredLink& link) { return !link.placements.empty(); }));
      }
    }
    const auto family = !stored.campaign.family.empty() ? stored.campaign.family
                                                        : "\x1f" + std::to_string(stored.id);
    families[{stored.account, family}].push_back(stored.id);
    world.campaigns.push_back(std::move(campaign));
  }
  std::sort(world.campaigns.begin(), world.campaigns.end(), [](const auto& a, const auto& b) {
    return std::tie(a.time, a.account, a.external_id, a.send) <
           std::tie(b.time, b.account, b.external_id, b.send);
  });
  for (std::uint32_t i = 0; i < world.campaigns.size(); ++i) {
    world.by_id.emplace(world.campaigns[i].id, i);
  }
  for (const auto& [key, members] : families) {
    auto& family = world.families.emplace_back();
    for (const auto id : members) {
      family.push_back(world.by_id.at(id));
    }
    std::sort(family.begin(), family.end());
  }
  std::sort(world.families.begin(), world.families.end());
  number_links(world);
  return world;
}

} // namespace

World build_world(Store& store, const Workspace& workspace, const Rules& rules, Seconds as_of,
                  std::span<const LinkByHand> more) {
  return build(store, workspace, rules, as_of, more, nullptr);
}

World build_world(Store& store, const Workspace& workspace, const Rules& rules, Seconds as_of,
                  const LinksOfMailings& links) {
  return build(store, workspace, rules, as_of, {}, &links);
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
