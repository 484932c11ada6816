#include "app/campaign_list.hpp"

#include "base/csv.hpp"
#include "base/json_text.hpp"
#include "funnel/mailing_judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace mailfunnel {

std::vector<CampaignLine> campaign_lines(Store& store, const World& world) {
  const auto counts = Activity(store.database()).counts();
  std::vector<CampaignLine> out;
  for (const auto& campaign : world.campaigns) {
    const auto of = [&](EventKind kind) {
      const auto found = counts.find({campaign.id, kind});
      return found == counts.end() ? std::uint64_t{0} : found->second;
    };
    out.push_back({&campaign, of(EventKind::sent), of(EventKind::delivered), of(EventKind::open),
                   of(EventKind::click), of(EventKind::bounce), of(EventKind::unsubscribe)});
  }
  return out;
}

std::string to_json(const CampaignLine& line) {
  const auto& c = *line.campaign;
  return fmt::format(
      "{{\"account\":{},\"id\":{},\"send\":{},\"name\":{},\"subject\":{},\"kind\":\"{}\","
      "\"sent_at\":{},\"links\":{},\"sent\":{},\"delivered\":{},\"opens\":{},\"clicks\":{},"
      "\"bounces\":{},\"unsubscribes\":{}}}",
      json_text(c.account), json_text(c.external_id), json_text(c.send), json_text(c.name),
      json_text(c.subject), name_of(c.kind), c.time == 0 ? "null" : json_text(format_time(c.time)),
      c.links.size(), line.sent, line.delivered, line.opens, line.clicks, line.bounces,
      line.unsubscribes);
}

std::vector<LinkLine> link_lines(Store& store, const World& world, const RobotRules& rules,
                                 Seconds now, const std::string& campaign) {
  const auto wanted = [&campaign](const WorldCampaign& c) {
    return campaign.empty() || c.is_called(campaign);
  };
  std::map<std::pair<CampaignId, LinkNumber>, std::pair<std::uint64_t, std::uint64_t>> clicks;
  const auto recipients = Recipients(store.database()).count();
  EventColumns columns;
  std::vector<ClickVerdict> verdicts;
  for (std::uint32_t chunk = 0; chunk << k_chunk_bits < recipients; ++chunk) {
    StoreChunk source(store.database(), chunk, recipients);
    MailingJudge mailing(rules, world, source.size(), now);
    for (const auto& c : world.campaigns) {
      if (!wanted(c) || !source.events(c.id, EventKind::click, columns)) {
        continue;
      }
      mailing.begin(c, source);
      mailing.clicks(columns, verdicts);
      for (std::size_t i = 0; i < columns.size(); ++i) {
        auto& of_link = clicks[{c.id, columns.link.empty() ? LinkNumber{0} : columns.link[i]}];
        ++(verdicts[i].verdict == Verdict::machine ? of_link.second : of_link.first);
      }
    }
  }
  std::vector<LinkLine> lines;
  for (const auto& c : world.campaigns) {
    if (!wanted(c)) {
      continue;
    }
    for (const auto& [number, link] : c.links) {
      const auto& counted = clicks[{c.id, number}];
      lines.push_back({&c, number, &link, counted.first, counted.second});
    }
  }
  std::sort(lines.begin(), lines.end(), [](const LinkLine& a, const LinkLine& b) {
    const bool x = a.link->tag.stage == Stage::untagged, y = b.link->tag.stage == Stage::untagged;
    return std::tuple(!x, b.clicks, a.link->url, a.campaign->external_id) <
           std::tuple(!y, a.clicks, b.link->url, b.campaign->external_id);
  });
  return lines;
}

std::string to_json(const LinkLine& line) {
  return fmt::format("{{\"campaign\":{},\"link\":{},\"stage\":\"{}\",\"why\":{},\"text\":{},"
                     "\"clicks\":{},\"machine_clicks\":{}}}",
                     json_text(line.campaign->external_id), json_text(line.link->url),
                     name_of(line.link->tag.stage), json_text(line.link->tag.why),
                     json_text(line.link->text), line.clicks, line.machine);
}

std::string links_csv(const std::vector<LinkLine>& lines) {
  std::string out = "campaign,url,stage,why,text,clicks\n";
  for (const auto& line : lines) {
    append_csv_field(out, line.campaign->external_id);
    out += ',';
    append_csv_field(out, line.link->url);
    out += fmt::format(",{},", name_of(line.link->tag.stage));
    append_csv_field(out, line.link->tag.why);
    out += ',';
    append_csv_field(out, line.link->text);
    out += fmt::format(",{}\n", line.clicks);
  }
  return out;
}

std::vector<RetaggedLink> retagged_links(Store& store, const World& before, const World& after,
                                         const RobotRules& rules, Seconds now) {
  std::vector<RetaggedLink> out;
  for (const auto& line : link_lines(store, after, rules, now, {})) {
    const auto* old = before.find(line.campaign->id);
    if (old != nullptr && old->links.at(line.number).tag.stage != line.link->tag.stage) {
      out.push_back({line, old->links.at(line.number).tag.stage});
    }
  }
  return out;
}

void set_links(Store& store, const std::vector<LinkByHand>& entries) {
  const WriterLock lock(store.path());
  Transaction transaction(store.database());
  Catalog catalog(store.database());
  for (const auto& entry : entries) {
    catalog.set_link_by_hand(entry);
  }
  store.count_change();
  transaction.commit();
  store.checkpoint();
}

} // namespace mailfunnel
