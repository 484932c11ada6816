#include "funnel/mailing_judge.hpp"

#include <algorithm>

namespace mailfunnel {

MailingJudge::MailingJudge(const RobotRules& rules, const World& world, std::size_t recipients,
                           Seconds as_of)
    : m_rules(rules), m_world(world),
      m_limit(static_cast<std::uint32_t>(std::clamp<Seconds>(as_of, 0, 0xFFFFFFFF))),
      m_delivered(rules.timing ? recipients : 0) {}

void MailingJudge::begin(const WorldCampaign& campaign) {
  m_campaign = &campaign;
  ++m_mailing;
}

void MailingJudge::begin(const WorldCampaign& campaign, ChunkSource& source) {
  begin(campaign);
  if (wants_deliveries() && source.events(campaign.id, EventKind::delivered, m_columns)) {
    add_deliveries(m_columns);
  }
}

void MailingJudge::add_deliveries(const EventColumns& delivered) {
  const auto number = m_mailing << 32;
  for (std::size_t i = 0; i < delivered.size(); ++i) {
    auto& known = m_delivered[delivered.recipient[i]];
    const auto mine = number | delivered.time[i];
    if (delivered.time[i] <= m_limit) {
      known = known >= number ? std::min(known, mine) : mine;
    }
  }
}

const CrowdTimes* MailingJudge::crowds(const EventColumns& clicks) const {
  if (clicks.extra.empty() || !m_campaign->seconds || !m_rules.looks_for_crowds() ||
      m_world.crowds == nullptr) {
    return nullptr;
  }
  const auto& found = m_world.crowds->of(m_campaign->id);
  return found.empty() ? nullptr : &found;
}

void MailingJudge::clicks(const EventColumns& c, std::vector<ClickVerdict>& verdicts) {
  verdicts.assign(c.size(), {});
  const auto* crowds = this->crowds(c);
  for (std::size_t first = 0, n = c.size(); first < n;) { // of one person, by time
    const auto r = c.recipient[first];
    auto end = first;
    m_seen.clear();
    for (; end < n && c.recipient[end] == r; ++end) {
      if (c.time[end] <= m_limit) {
        const auto row = c.row(end);
        m_seen.push_back(
            {row.time, m_campaign->link_id(row.link), row.evidence, row.extra, row.system,
             crowds != nullptr && row.extra != 0 && crowds->holds(row.extra, row.time, m_limit),
             (row.evidence & evidence::honeypot) != 0 || m_campaign->is_honeypot(row.link)});
      }
    }
    judge_clicks(m_seen, facts(r), m_rules, m_judged);
    std::copy(m_judged.begin(), m_judged.end(),
              verdicts.begin() + static_cast<std::ptrdiff_t>(first));
    first = end;
  }
}

void MailingJudge::rows(EventKind kind, const EventColumns& columns,
                        std::vector<ClickVerdict>& verdicts) {
  if (kind == EventKind::click) {
    clicks(columns, verdicts);
    return;
  }
  verdicts.assign(columns.size(), {});
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto evidence = columns.evidence.empty() ? std::uint16_t{0} : columns.evidence[i];
    if (kind == EventKind::open) {
      verdicts[i] = open(columns.recipient[i], columns.time[i], evidence);
    } else {
      verdicts[i].verdict = judge(kind, evidence);
    }
  }
}

} // namespace mailfunnel
