#pragma once
// Verdicts on the opens and clicks of one mailing in one chunk, the same for scores, segments and
// tables.

#include "funnel/robots.hpp"
#include "funnel/world.hpp"
#include "model/activity.hpp"

#include <cstdint>
#include <vector>

namespace mailfunnel {

class MailingJudge {
public:
  /// Of a chunk of so many recipients; what comes after the moment is not looked at.
  MailingJudge(const RobotRules& rules, const World& world, std::size_t recipients, Seconds as_of);

  /// Goes on to another mailing; its deliveries are not known yet.
  void begin(const WorldCampaign& campaign);
  /// Does timing ask for this mailing's deliveries?
  bool wants_deliveries() const { return m_rules.timing && m_campaign->delivery_times; }
  void add_deliveries(const EventColumns& delivered);
  /// begin() and, where they are wanted, the deliveries out of the source.
  void begin(const WorldCampaign& campaign, ChunkSource& source);

  bool looks_at_times() const { return m_rules.timing; }
  ClickVerdict open(std::uint16_t recipient, std::uint32_t time, std::uint16_t evidence) const {
    // Most are told by their record: the delivery need not be looked up.
    const auto verdict = judge(EventKind::open, evidence);
    return verdict == Verdict::human && m_rules.timing
               ? judge_open(time, evidence, facts(recipient), m_rules)
               : open_by_record(verdict);
  }
  /// Of every row; rows after the moment are nobody's.
  void clicks(const EventColumns& columns, std::vector<ClickVerdict>& verdicts);
  /// Of every row of any kind: opens and clicks as above, others by their record.
  void rows(EventKind kind, const EventColumns& columns, std::vector<ClickVerdict>& verdicts);

private:
  MailFacts facts(std::uint16_t recipient) const {
    const auto delivered = m_delivered.empty() ? 0 : m_delivered[recipient];
    return {delivered >> 32 == m_mailing ? static_cast<std::uint32_t>(delivered) : k_unknown,
            m_campaign->content_links, m_campaign->seconds};
  }
  static constexpr std::uint32_t k_unknown = ~0U; // when it was delivered

  /// The crowds of this mailing, where the rules ask for them and the clicks tell networks.
  const CrowdTimes* crowds(const EventColumns& clicks) const;

  const RobotRules& m_rules;
  const World& m_world;
  std::uint32_t m_limit;
  const WorldCampaign* m_campaign = nullptr;
  /// First delivery by recipient: the mailing's number above, the time below. So that nothing need
  /// be cleared between mailings.
  std::vector<std::uint64_t> m_delivered;
  std::uint64_t m_mailing = 0;
  EventColumns m_columns;
  std::vector<SeenClick> m_seen;
  std::vector<ClickVerdict> m_judged;
};

} // namespace mailfunnel
