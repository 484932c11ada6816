#pragma once
// One pass over the people of a chunk: events and rules to points, counts and suppressions, with a
// line of the ledger wherever points are given. The inside of Scorer.

#include "funnel/decay.hpp"
#include "funnel/mailing_judge.hpp"
#include "funnel/measurability.hpp"
#include "funnel/scorer.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace mailfunnel {

/// One pass over a chunk. Arrays are dense, by recipient; a mailing's marks are cleared after it.
class Scan {
public:
  /// `decay` is that of the moment; `measurability` is the scan's own while it lives.
  Scan(const Rules& rules, const World& world, Seconds as_of, const Decay& decay,
       ChunkSource& source, Measurability& measurability, ChunkScores& scores, Ledger* ledger);
  void run();
  /// run(), and what became of one mailing.
  std::vector<std::optional<MailOutcome>> outcomes(std::uint32_t family);

private:
  enum Mark : std::uint8_t {
    received = 1,
    over = 2,
    pending = 4,
    any_open = 8,
    open_scored = 16,
    any_click = 32,
    human = 64,
    implied = 128 // the open's points come from a click
  };
  struct Click {
    std::uint16_t recipient;
    std::uint32_t link; // WorldCampaign::link_id
    std::uint32_t time;
    Stage stage;
    bool assumed;
    LinkNumber number;
    CampaignId campaign;
    std::uint16_t signs; // of a machine, though not enough to be sure: half the points; 0: a person
  };
  /// A click that gave points, for downloads from the same target.
  struct PaidClick {
    std::uint16_t recipient;
    std::uint32_t link; // WorldCampaign::link_id
    std::uint32_t time;
    Points points;
    auto operator<=>(const PaidClick&) const = default; // NOLINT(modernize-use-nullptr)
  };
  void mark(std::uint16_t r, std::uint8_t bits) {
    if (m_marks[r] == 0) {
      m_touched.push_back(r);
    }
    m_marks[r] |= bits;
  }

  void line(std::uint16_t r, Seconds time, EventKind kind, CampaignId campaign, LinkNumber link,
            Stage stage, std::string rule, Points points, std::string note = {}) {
    put_line(r,
             {time, kind, campaign, link, stage, std::move(rule), std::move(note), points, points});
  }
  /// A line whose points fade.
  void fading_line(std::uint16_t r, Seconds time, EventKind kind, CampaignId campaign,
                   LinkNumber link, Stage stage, std::string rule, Points given,
                   std::string note = {}) {
    const auto at = static_cast<std::uint32_t>(time);
    put_line(r, {time, kind, campaign, link, stage, std::move(rule),
                 faded_note(given, at, std::move(note)), worth(given, at), given});
  }
  void put_line(std::uint16_t r, Contribution line) {
    if (m_ledger == nullptr) {
      return;
    }
    if (m_ledger->only_sums) {
      m_ledger->sums[r] += line.points;
    } else {
      m_ledger->lines.push_back(std::move(line));
    }
  }

  /// What points given at `time` are worth now; `note` says what they were.
  Points worth(Points points, std::uint32_t time) const { return m_decay.worth(points, time); }
  std::string faded_note(Points points, std::uint32_t time, std::string note = {}) const {
    if (worth(points, time) != points) {
      note += (note.empty() ? "" : "; ") + format_signed_points(points) + " when it happened";
    }
    return note;
  }

  void add(PointGroup group, std::uint16_t r, Points points) {
    m_sums[static_cast<std::size_t>(group)][r] += points;
  }
  static PointGroup group_of(EventKind kind) {
    return kind == EventKind::page         ? PointGroup::pages
           : kind == EventKind::conversion ? PointGroup::other
                                           : PointGroup::actions;
  }
  static PointGroup group_of(Stage stage) {
    return stage == Stage::bofu   ? PointGroup::bofu
           : stage == Stage::mofu ? PointGroup::mofu
                                  : PointGroup::tofu;
  }

  void react(std::uint16_t r, std::uint32_t time) {
    if (m_fair) {
      m_seen[r].reacted = std::min(m_seen[r].reacted, time);
    }
  }

  /// Of which kinds a mailing that scores has events; 0: it does not, or has nobody here.
  EventKinds kinds_of(const WorldCampaign& campaign) {
    constexpr auto k_of_mail = only(EventKind::sent) | only(EventKind::delivered) |
                               only(EventKind::open) | only(EventKind::click);
    const auto kinds = m_source.kinds(campaign.id);
    const bool scores = (kinds & k_of_mail) != 0 && (campaign.kind == CampaignKind::campaign ||
                                                     campaign.kind == CampaignKind::automation);
    return scores ? kinds : 0;
  }

  // scan.cpp
  bool refused(std::uint16_t r) const { return !m_refused.empty() && m_refused[r]; }
  bool tracked(std::uint32_t family) const;
  /// What m_measurability is to make room for.
  void expect_mails();
  void score_family(std::uint32_t index_of_family);
  void read_deliveries(const WorldCampaign& campaign);
  void read_opens(const WorldCampaign& campaign);
  /// The opens in m_columns, where nobody asks for more than sums.
  void add_opens();
  /// Replies and conversions show that a mail was read.
  void read_answers(const WorldCampaign& campaign);

  static std::string because(std::uint16_t signs) {
    return signs == 0 || signs == sign::record ? "" : ": " + sign_words(signs);
  }

  void read_clicks(const WorldCampaign& campaign);
  void take_click(const WorldCampaign& campaign, std::uint16_t r, LinkNumber number,
                  std::uint32_t time, const ClickVerdict& judged);
  void score_clicks();
  /// Clicks [first, end) are those of one person on one mailing, by time.
  void score_clicks_of_one(std::size_t first, std::size_t end);
  Points full_points(const Click& click) const {
    const auto points = m_rules.click(click.stage);
    return click.signs == 0 ? points : points / 2;
  }
  Points worth_of(const Click& click) const { return worth(full_points(click), click.time); }

  /// Marks in m_best, of the clicks [first, end) on each link, the one that is worth most; of
  /// equals the first.
  void find_best_repeats(std::size_t first, std::size_t end);
  void give_click(const Click& click, bool counts, const char* otherwise);
  void finish_family(bool measurable, CampaignId campaign, std::uint32_t family);
  void give_open(std::uint16_t r, CampaignId campaign, bool by_click);
  void give_non_open(std::uint16_t r, Seconds end, CampaignId campaign);
  /// By the simple rule; not_opened and window_open only where it is measurable at all.
  Silence simple_silence(std::uint16_t r, std::uint8_t marks, bool measurable,
                         std::uint32_t family) const;
  void note_outcome(std::uint16_t r, std::uint32_t family, Seconds delivered,
                    const MailOutcome& outcome) {
    if (family == m_watched) {
      m_outcomes[r] = outcome;
    }
    if (m_ledger != nullptr && !m_ledger->only_sums) {
      m_ledger->mails.push_back({delivered, family, outcome});
    }
  }
  /// finish_family() by the simple rule, where nothing fades and nobody asks for more than sums.
  void finish_simply(bool measurable, CampaignId campaign);
  void count_mails(bool measurable);
  /// finish_family() where silence is judged fairly.
  void finish_fairly(bool named, CampaignId campaign, std::uint32_t family);
  Reaction reaction_to(std::uint32_t delivered, std::uint32_t reacted) const {
    return reacted == k_never                                       ? Reaction::none
           : Seconds{reacted} <= delivered + m_rules.non_open_after ? Reaction::in_time
                                                                    : Reaction::late;
  }

  // scan_actions.cpp
  /// Non-opens by the fair rule, of all mails.
  void judge_silence();
  void finish_non_opens();
  void apply_caps();

  CampaignKind kind_of(CampaignId id) const {
    const auto* campaign = m_world.find(id);
    return campaign == nullptr ? CampaignKind::campaign : campaign->kind;
  }

  Points points_of(EventKind kind, Stage stage) const;

  /// Pages, downloads and so on: once per (link, UTC day).
  void score_actions();
  /// Those of m_columns: of one kind and mailing.
  void score_actions_of(EventKind kind, CampaignId id, const WorldCampaign* campaign);
  /// The points of the best click on the same target in the half hour before, which no other
  /// download has used; 0: none.
  Points take_click_before(std::uint16_t recipient, std::uint32_t link, std::uint32_t time);
  /// Did a machine click for this person within seconds of it?
  bool machine_near(std::uint16_t r, std::uint32_t time) const;
  void note_suppression(std::uint16_t r, std::uint32_t time, bool suppressed) {
    if (m_fair) {
      m_measurability.add_suppression(r, time, suppressed);
    }
  }

  /// Unsubscribes, complaints, bounces: points once, and suppression (docs/scoring.md).
  void score_leaving();

  const ScoringRules& m_rules;
  MailingJudge m_judge;
  const TaggingRules& m_tagging;
  const World& m_world;
  Seconds m_as_of;
  ChunkSource& m_source;
  ChunkScores& m_out;
  Ledger* m_ledger;
  std::vector<std::uint8_t> m_marks;
  std::vector<std::uint16_t> m_touched;
  std::vector<bool> m_refused; // empty: nobody is asked
  const Decay& m_decay;
  bool m_fair;
  /// When the family at hand came, and what came back; but for the delivery only where silence is
  /// judged fairly. The first open is one by a reader, the first click one by a person.
  struct Seen {
    std::uint32_t delivered = 0, reacted = k_never, opened = k_never, clicked = k_never;
  };
  std::vector<Seen> m_seen;             // by recipient; empty: nobody asks
  std::vector<std::size_t> m_open_line; // in the ledger: the open that counts
  std::vector<std::uint32_t> m_open_at; // by recipient, of the family at hand
  /// Of the family at hand: who gets an open's points, and whether by a click; who clicked, when,
  /// and when the mailing was first opened.
  std::vector<std::pair<std::uint16_t, bool>> m_opened;
  struct Clicker {
    std::uint16_t recipient;
    std::uint32_t clicked, opened;
  };
  std::vector<Clicker> m_clickers;
  std::map<std::pair<std::uint16_t, std::uint32_t>, std::uint32_t>
      m_late_at; // recipient and family to the first late reaction, where lines are wanted
  Measurability& m_measurability;
  std::array<std::vector<Points>, k_capped_groups> m_group_sums; // of groups with a cap
  std::array<Points*, k_capped_groups + 1> m_sums{}; // where the points of a PointGroup go
  std::vector<Points> m_non_open_sums;               // where points fade
  std::vector<Click> m_clicks;
  std::vector<ClickVerdict> m_click_verdicts;
  std::vector<std::pair<std::uint16_t, std::uint32_t>> m_machine_clicks; // recipient, time
  std::vector<PaidClick> m_paid_clicks; // only where the chunk has downloads
  bool m_downloads = false;
  std::vector<bool> m_best; // find_best_repeats
  EventColumns m_columns, m_more;
  std::vector<std::uint16_t> m_recipients; // a column of them, alone
  std::uint32_t m_limit, m_over_limit;
  static constexpr std::uint32_t k_none = ~0U;
  std::uint32_t m_watched = k_none; // the family whose outcomes are asked for
  std::vector<std::optional<MailOutcome>> m_outcomes;
};

} // namespace mailfunnel
