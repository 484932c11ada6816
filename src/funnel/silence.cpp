#include "funnel/silence.hpp"

#include "funnel/mailing_judge.hpp"

#include <algorithm>
#include <tuple>

namespace mailfunnel {

namespace {

constexpr std::size_t k_last_opens = 3;

std::uint32_t limit_of(Seconds as_of) {
  return static_cast<std::uint32_t>(std::clamp<Seconds>(as_of, 0, 0xFFFFFFFF));
}

/// Calls take(columns) for every mailing's events of a kind.
template<typename Take>
void each_mailing(const World& world, ChunkSource& source, EventKind kind, Take take) {
  EventColumns columns;
  for (const auto& campaign : world.campaigns) {
    const auto stored =
        kind == EventKind::delivered && !campaign.delivery_events ? EventKind::sent : kind;
    if (source.events(campaign.id, stored, columns)) {
      take(campaign, columns);
    }
  }
}

} // namespace

SilenceColumns silence_of(const World& world, ChunkSource& source, const ChunkScores& scores,
                          Seconds as_of) {
  const auto limit = limit_of(as_of);
  std::vector<std::uint32_t> alive(source.size());
  for (std::size_t r = 0; r < alive.size(); ++r) {
    alive[r] = std::max(scores.last_open[r], scores.last_click[r]);
  }
  for (const auto kind : {EventKind::reply, EventKind::page, EventKind::download, EventKind::form,
                          EventKind::webinar, EventKind::signup, EventKind::conversion}) {
    each_mailing(world, source, kind, [&](const WorldCampaign&, const EventColumns& columns) {
      for (std::size_t i = 0; i < columns.size(); ++i) {
        const auto row = columns.row(i);
        if (row.time <= limit && judge(kind, row.evidence) != Verdict::machine) {
          alive[row.recipient] = std::max(alive[row.recipient], row.time);
        }
      }
    });
  }
  SilenceColumns out;
  out.days.resize(alive.size());
  out.mails.resize(alive.size());
  std::vector<std::uint32_t> first(alive.size(), ~0U);
  each_mailing(world, source, EventKind::delivered,
               [&](const WorldCampaign& campaign, const EventColumns& columns) {
                 const bool mailing = campaign.kind == CampaignKind::campaign ||
                                      campaign.kind == CampaignKind::automation;
                 for (std::size_t i = 0; mailing && i < columns.size(); ++i) {
                   const auto r = columns.recipient[i];
                   const auto time = columns.time[i];
                   if (time <= limit) {
                     first[r] = std::min(first[r], time);
                     out.mails[r] += time > alive[r] ? 1 : 0;
                   }
                 }
               });
  for (std::size_t r = 0; r < alive.size(); ++r) {
    const auto since = alive[r] != 0 ? alive[r] : first[r];
    out.days[r] = since <= limit ? static_cast<std::uint32_t>((limit - since) / k_day) : 0;
  }
  return out;
}

std::vector<bool> proxy_readers(const World& world, ChunkSource& source, const RobotRules& robots,
                                Seconds as_of) {
  struct Open {
    std::uint16_t recipient;
    std::uint32_t time;
    bool proxy;
  };
  const auto limit = limit_of(as_of);
  std::vector<Open> opens;
  MailingJudge judge(robots, world, source.size(), as_of);
  each_mailing(world, source, EventKind::open,
               [&](const WorldCampaign& campaign, const EventColumns& columns) {
                 judge.begin(campaign, source);
                 for (std::size_t i = 0; i < columns.size(); ++i) {
                   const auto row = columns.row(i);
                   const auto r = columns.recipient[i];
                   const auto verdict = judge.open(r, row.time, row.evidence).verdict;
                   if (row.time <= limit && verdict != Verdict::machine) {
                     opens.push_back({r, row.time, verdict == Verdict::proxy});
                   }
                 }
               });
  std::sort(opens.begin(), opens.end(), [](const Open& a, const Open& b) {
    return std::tie(a.recipient, b.time) < std::tie(b.recipient, a.time); // newest first
  });
  std::vector<bool> out(source.size());
  for (std::size_t first = 0; first < opens.size();) {
    auto end = first;
    bool proxy = true;
    for (; end < opens.size() && opens[end].recipient == opens[first].recipient; ++end) {
      proxy = proxy && (end - first >= k_last_opens || opens[end].proxy);
    }
    out[opens[first].recipient] = proxy;
    first = end;
  }
  return out;
}

} // namespace mailfunnel
