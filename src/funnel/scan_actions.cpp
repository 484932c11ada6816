// What is scored besides the mailings themselves: pages, downloads, forms and the like; leaving;
// and, when all is read, silence and caps.

#include "funnel/scan.hpp"

#include <tuple>

namespace mailfunnel {

namespace {
constexpr Seconds k_download_window = 30 * 60; // docs/scoring.md
constexpr std::uint32_t k_machine_near = 10;   // seconds; docs/scoring.md
} // namespace

void Scan::judge_silence() {
  if (!m_fair) {
    return;
  }
  static const CoveredTimes k_nothing;
  std::vector<const CoveredTimes*> covered; // by family
  std::vector<std::uint8_t> is_tracked;     // likewise
  for (std::uint32_t i = 0; i < m_world.families.size(); ++i) {
    const auto source = m_world.campaigns[m_world.families[i].front()].source;
    covered.push_back(source < m_world.covered.size() ? &m_world.covered[source] : &k_nothing);
    is_tracked.push_back(tracked(i) ? 1 : 0);
  }
  m_measurability.judge(
      m_rules.non_open_after, m_as_of,
      [&](std::uint32_t family) -> const CoveredTimes& { return *covered[family]; },
      [&](std::uint16_t r, const MailReceived& mail, Silence silence, Seconds end) {
        const auto family = mail.family();
        if (silence == Silence::not_opened) {
          silence = refused(r)                ? Silence::refused
                    : is_tracked[family] == 0 ? Silence::untracked
                                              : silence;
        }
        note_outcome(r, family, mail.delivered(),
                     {mail.reacted() ? Silence::reacted : silence, mail.by_person()});
        const auto campaign =
            m_ledger == nullptr ? 0 : m_world.campaigns[m_world.families[family].front()].id;
        if (mail.reacted()) { // known up to the moment only
          if (mail.by_person()) {
            m_out.non_opens_in_a_row[r] = 0;
          }
          if (silence == Silence::not_opened && m_ledger != nullptr) {
            // Both fade from the end of the window: together they are nothing.
            const auto points = worth(m_rules.non_open, static_cast<std::uint32_t>(end));
            fading_line(r, end, EventKind::delivered, campaign, 0, Stage::none, "non_open",
                        m_rules.non_open);
            line(r, m_late_at.at({r, family}), EventKind::open, campaign, 0, Stage::none,
                 "non_open taken back", -points, "opened, clicked or answered late");
          }
        } else if (silence == Silence::not_opened) {
          give_non_open(r, end, campaign);
        } else if (m_ledger != nullptr) {
          line(r, std::min(end, m_as_of), EventKind::delivered, campaign, 0, Stage::none,
               "non_open", 0, std::string(reason_of(silence)));
        }
      });
}

void Scan::finish_non_opens() {
  for (std::size_t r = 0; r < m_out.size(); ++r) {
    const auto sum = m_decay.off() ? m_rules.non_open * m_out.non_opens[r] : m_non_open_sums[r];
    const auto kept = m_rules.non_open_floor ? std::max(sum, *m_rules.non_open_floor) : sum;
    m_out.score[r] += kept;
    if (kept != sum && m_ledger != nullptr) {
      line(static_cast<std::uint16_t>(r), m_as_of, EventKind::delivered, 0, 0, Stage::none,
           "non_open floor", kept - sum,
           "non-opens cost " + format_points(-*m_rules.non_open_floor) + " at most");
    }
  }
}

void Scan::apply_caps() {
  for (std::size_t g = 0; g < k_capped_groups; ++g) {
    if (m_group_sums[g].empty()) {
      continue;
    }
    const auto cap = *m_rules.caps[g];
    for (std::size_t r = 0; r < m_out.size(); ++r) {
      m_out.score[r] += std::min(m_group_sums[g][r], cap);
    }
    for (std::size_t r = 0; m_ledger != nullptr && r < m_out.size(); ++r) {
      if (const auto sum = m_group_sums[g][r]; sum > cap) {
        const std::string name(name_of(static_cast<PointGroup>(g)));
        line(static_cast<std::uint16_t>(r), m_as_of, EventKind::unknown, 0, 0, Stage::none,
             name + " cap", cap - sum, name + " gives " + format_points(cap) + " at most");
      }
    }
  }
}

Points Scan::points_of(EventKind kind, Stage stage) const {
  switch (kind) {
  case EventKind::page:
    return m_rules.page;
  case EventKind::download:
    return m_rules.download;
  case EventKind::webinar:
    return m_rules.webinar;
  case EventKind::form:
    return stage == Stage::bofu ? m_rules.contact_form : m_rules.form;
  case EventKind::signup:
    return m_rules.signup;
  default:
    return m_rules.conversion;
  }
}

void Scan::score_actions() {
  std::sort(m_paid_clicks.begin(), m_paid_clicks.end());
  for (const auto kind : {EventKind::page, EventKind::download, EventKind::webinar, EventKind::form,
                          EventKind::signup, EventKind::conversion}) {
    for (const auto id : m_source.campaigns(kind)) {
      const auto* campaign = m_world.find(id);
      if (campaign != nullptr &&
          (campaign->kind == CampaignKind::test || campaign->kind == CampaignKind::transactional)) {
        continue;
      }
      m_source.events(id, kind, m_columns);
      score_actions_of(kind, id, campaign);
    }
  }
}

void Scan::score_actions_of(EventKind kind, CampaignId id, const WorldCampaign* campaign) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> done; // link, day of one person
  for (std::size_t i = 0; i < m_columns.size(); ++i) {
    const auto r = m_columns.recipient[i];
    if (i == 0 || m_columns.recipient[i - 1] != r) {
      done.clear();
    }
    const LinkNumber link = m_columns.link.empty() ? LinkNumber{0} : m_columns.link[i];
    const auto time = m_columns.time[i];
    const std::pair key(std::uint32_t{link}, time / static_cast<std::uint32_t>(k_day));
    const auto evidence = m_columns.evidence.empty() ? std::uint16_t{0} : m_columns.evidence[i];
    if (time > m_limit || judge(kind, evidence) == Verdict::machine ||
        std::find(done.rbegin(), done.rend(), key) != done.rend()) {
      continue;
    }
    done.push_back(key);
    const auto stage = campaign == nullptr ? Stage::untagged : campaign->stage(link);
    const auto points = points_of(kind, stage);
    auto given = points; // when it happened
    if (kind == EventKind::download && campaign != nullptr && link != 0) {
      given -= std::min(points, take_click_before(r, campaign->link_id(link), time));
    }
    add(group_of(kind), r, worth(given, time));
    if (m_ledger != nullptr) {
      fading_line(r, time, kind, id, link, Stage::none,
                  kind == EventKind::form && stage == Stage::bofu ? "contact_form"
                                                                  : std::string(name_of(kind)),
                  given,
                  given == points ? ""
                                  : "with the click just before it: the larger of the two, " +
                                        format_points(std::max(points, Points{0})) + " in all");
    }
  }
}

Points Scan::take_click_before(std::uint16_t recipient, std::uint32_t link, std::uint32_t time) {
  const auto from = time - std::min(time, static_cast<std::uint32_t>(k_download_window));
  PaidClick* best = nullptr;
  for (auto click = std::lower_bound(m_paid_clicks.begin(), m_paid_clicks.end(),
                                     PaidClick{recipient, link, from, INT64_MIN});
       click != m_paid_clicks.end() && click->recipient == recipient && click->link == link &&
       click->time <= time;
       ++click) {
    best = best == nullptr || click->points > best->points ? &*click : best;
  }
  return best == nullptr ? 0 : std::exchange(best->points, 0);
}

void Scan::score_leaving() {
  struct Left {
    std::uint16_t recipient;
    std::uint32_t time;
    std::uint8_t order; // in one second: the opt-in first, so that the opt-out wins
    EventKind kind;
    std::uint8_t bit; // suppressed_by; 0: a proven opt-in
    bool points;
    CampaignId campaign;
  };
  std::vector<Left> left;
  const auto read = [&](EventKind kind, auto take) {
    for (const auto id : m_source.campaigns(kind)) {
      if (kind_of(id) == CampaignKind::test) {
        continue;
      }
      m_source.events(id, kind, m_columns);
      for (std::size_t i = 0; i < m_columns.size(); ++i) {
        if (m_columns.time[i] <= m_limit) {
          take(m_columns.row(i), id);
        }
      }
    }
  };
  using namespace suppressed_by;
  std::vector<bool> leaves(m_out.size());
  read(EventKind::unsubscribe, [&](const EventRow& row, CampaignId id) {
    const auto r = offset_of(row.recipient);
    leaves[r] = true;
    left.push_back({r, row.time, 1, EventKind::unsubscribe, unsubscribed,
                    judge(EventKind::unsubscribe, row.evidence) != Verdict::machine, id});
  });
  // Machines click much more than people leave: nobody asks of the others' clicks.
  std::erase_if(m_machine_clicks, [&leaves](const auto& click) { return !leaves[click.first]; });
  std::sort(m_machine_clicks.begin(), m_machine_clicks.end());
  for (auto& one : left) {
    one.points = one.points && !machine_near(one.recipient, one.time);
  }
  read(EventKind::resubscribe, [&](const EventRow& row, CampaignId id) {
    if (row.extra != 0) { // only with proof
      left.push_back({offset_of(row.recipient), row.time, 0, EventKind::resubscribe, 0, false, id});
    } else {
      line(offset_of(row.recipient), row.time, EventKind::resubscribe, id, 0, Stage::none,
           "resubscribe", 0, "without proof: lifts nothing");
    }
  });
  read(EventKind::complaint, [&](const EventRow& row, CampaignId id) {
    left.push_back(
        {offset_of(row.recipient), row.time, 1, EventKind::complaint, complaint, true, id});
  });
  read(EventKind::bounce, [&](const EventRow& row, CampaignId id) {
    const bool hard = bounce_class_of(row.evidence) == BounceClass::hard;
    left.push_back({offset_of(row.recipient), row.time, 1, EventKind::bounce,
                    hard ? hard_bounce : std::uint8_t{0x80}, true, id});
  });
  read(EventKind::dropped, [&](const EventRow& row,
                               CampaignId id) { // the ESP knows of an earlier leaving: no points
    const auto reason = bounce_reason_of(row.evidence);
    const auto bit = reason == BounceReason::unsubscribed                 ? unsubscribed
                     : reason == BounceReason::feedback                   ? complaint
                     : bounce_class_of(row.evidence) == BounceClass::hard ? hard_bounce
                                                                          : std::uint8_t{0x80};
    left.push_back({offset_of(row.recipient), row.time, 1, EventKind::dropped, bit, false, id});
  });
  std::stable_sort(left.begin(), left.end(), [](const Left& a, const Left& b) {
    return std::tie(a.recipient, a.time, a.order) < std::tie(b.recipient, b.time, b.order);
  });
  std::uint8_t paid = 0; // what this person has lost points for
  for (std::size_t i = 0; i < left.size(); ++i) {
    const auto& l = left[i];
    if (i == 0 || left[i - 1].recipient != l.recipient) {
      paid = 0;
    }
    auto& bits = m_out.suppressed[l.recipient];
    if (l.bit == 0) {
      bits &= static_cast<std::uint8_t>(~(unsubscribed | hard_bounce));
      note_suppression(l.recipient, l.time, bits != 0);
      paid &= static_cast<std::uint8_t>(~unsubscribed);
      line(l.recipient, l.time, l.kind, l.campaign, 0, Stage::none, "resubscribe", 0,
           "proven: mailings may go on");
      continue;
    }
    const bool soft = l.bit == 0x80;
    bits |= soft ? std::uint8_t{0} : l.bit;
    note_suppression(l.recipient, l.time, bits != 0);
    const auto points = l.kind == EventKind::unsubscribe ? m_rules.unsubscribe
                        : l.kind == EventKind::complaint ? m_rules.complaint
                        : soft                           ? m_rules.soft_bounce
                                                         : m_rules.hard_bounce;
    const bool counts = l.points && (paid & l.bit) == 0;
    if (counts) {
      paid |= l.bit;
      add(PointGroup::other, l.recipient, worth(points, l.time));
    }
    if (m_ledger != nullptr) {
      const auto rule = l.kind == EventKind::bounce
                            ? std::string(soft ? "soft_bounce" : "hard_bounce")
                            : std::string(name_of(l.kind));
      fading_line(l.recipient, l.time, l.kind, l.campaign, 0, Stage::none, rule,
                  counts ? points : 0,
                  l.kind == EventKind::dropped ? std::string("the ESP refused to send") +
                                                     (soft ? "" : ": " + suppression_words(l.bit))
                  : counts || points == 0 ? ""
                  : l.points              ? "counts once"
                                          : "MACHINE, honoured without points");
    }
  }
}

bool Scan::machine_near(std::uint16_t r, std::uint32_t time) const {
  const auto from = time - std::min(time, k_machine_near);
  const auto near =
      std::lower_bound(m_machine_clicks.begin(), m_machine_clicks.end(), std::pair(r, from));
  return near != m_machine_clicks.end() && near->first == r &&
         near->second <= time + k_machine_near;
}

} // namespace mailfunnel
