#include "app/first_look.hpp"

#include "funnel/mailing_judge.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace mailfunnel {

namespace {

using LinkClicks = std::map<std::pair<CampaignId, LinkNumber>, std::uint64_t>;

LinkClicks count_activity(Store& store, const World& world, const RobotRules& rules, Seconds now,
                          FirstLook& look) {
  LinkClicks out;
  const auto recipients = Recipients(store.database()).count();
  EventColumns columns;
  std::vector<ClickVerdict> verdicts;
  for (std::uint32_t chunk = 0; chunk << k_chunk_bits < recipients; ++chunk) {
    StoreChunk source(store.database(), chunk, recipients);
    MailingJudge mailing(rules, world, source.size(), now);
    for (const auto& c : world.campaigns) {
      mailing.begin(c, source);
      for (const auto kind : {EventKind::open, EventKind::click}) {
        if (!source.events(c.id, kind, columns)) {
          continue;
        }
        mailing.rows(kind, columns, verdicts);
        for (std::size_t i = 0; i < columns.size(); ++i) {
          const auto verdict = verdicts[i].verdict;
          const bool machine = verdict == Verdict::machine || verdict == Verdict::proxy;
          if (kind == EventKind::open) {
            ++(machine ? look.machine_opens : look.opens);
            continue;
          }
          ++(machine ? look.machine_clicks : look.clicks);
          out[{c.id, columns.link.empty() ? LinkNumber{0} : columns.link[i]}] += machine ? 0 : 1;
        }
      }
    }
  }
  return out;
}

} // namespace

FirstLook first_look(Store& store, const World& world, const RobotRules& rules, Seconds now) {
  FirstLook out;
  const auto clicked = count_activity(store, world, rules, now, out);
  const auto counts = Activity(store.database()).counts();
  for (const auto& c : world.campaigns) {
    const auto count = [&](EventKind kind) {
      const auto found = counts.find({c.id, kind});
      return found == counts.end() ? std::uint64_t{0} : found->second;
    };
    FirstLook::Mailing mailing;
    mailing.campaign = &c;
    mailing.recipients = std::max(count(EventKind::sent), count(EventKind::delivered));
    for (const auto& [number, link] : c.links) {
      const auto found = clicked.find({c.id, number});
      const auto clicks = found == clicked.end() ? 0 : found->second;
      const auto stage = link.tag.stage;
      mailing.clicks += clicks;
      mailing.clicks_by_stage.at(static_cast<std::size_t>(stage)) += clicks;
      out.content_clicks += stage == Stage::none ? 0 : clicks;
      out.untagged_clicks += stage == Stage::untagged ? clicks : 0;
      out.links.push_back({&c, &link, clicks});
    }
    if (c.named || mailing.clicks != 0 || mailing.recipients != 0) {
      out.mailings.push_back(mailing);
    } // else a day on which somebody left, say: no mailing
  }
  std::sort(out.links.begin(), out.links.end(), [](const auto& a, const auto& b) {
    return std::tie(b.clicks, a.link->url) < std::tie(a.clicks, b.link->url);
  });
  return out;
}

} // namespace mailfunnel
