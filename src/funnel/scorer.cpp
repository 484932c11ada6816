#include "funnel/scorer.hpp"

#include "funnel/decay.hpp"
#include "funnel/expression.hpp"
#include "funnel/mailing_judge.hpp"
#include "funnel/measurability.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace mailfunnel {

void ChunkScores::resize(std::size_t n) {
  const auto zero = [n](auto&... columns) { (columns.assign(n, {}), ...); };
  zero(score, fit, scale, fit_known, level, grade, status, scale_status, override_rule, suppressed,
       phase, clicks_tofu, clicks_mofu, clicks_bofu, opens, non_opens, received, non_opens_in_a_row,
       last_open, last_click);
}

std::string suppression_words(std::uint8_t bits) {
  constexpr const char* k_words[] = {"unsubscribed",       "complained", "hard bounce",
                                     "suppressed by hand", "objection",  "erased"};
  std::string out;
  for (int i = 0; i < 6; ++i) {
    if ((bits >> i & 1) != 0) {
      out += (out.empty() ? "" : ", ") + std::string(k_words[i]);
    }
  }
  return out;
}

namespace {

constexpr Seconds k_phase_window = 90 * k_day; // docs/scoring.md
constexpr Seconds k_download_window = 30 * 60; // docs/scoring.md
constexpr std::uint32_t k_machine_near =
    10; // seconds; an unsubscribe so near to a machine's click is its

void count_up(std::uint16_t& counter) {
  counter = static_cast<std::uint16_t>(counter + (counter != 0xFFFF ? 1 : 0));
}

/// One pass over a chunk. Arrays are dense, by recipient; a mailing's marks are cleared after it.
class Scan {
public:
  Scan(const Rules& rules, const World& world, Seconds as_of, ChunkSource& source,
       ChunkScores& scores, Ledger* ledger)
      : m_rules(rules.scoring), m_judge(rules.robots, source.size(), as_of),
        m_tagging(rules.tagging), m_world(world), m_as_of(as_of), m_source(source), m_out(scores),
        m_ledger(ledger), m_marks(source.size()), m_decay(m_rules.half_life, as_of),
        m_fair(m_rules.measurable == Measurable::fair),
        m_limit(static_cast<std::uint32_t>(std::clamp<Seconds>(as_of, 0, 0xFFFFFFFF))) {
    m_over_limit = static_cast<std::uint32_t>(
        std::clamp<Seconds>(as_of - m_rules.non_open_after, 0, 0xFFFFFFFF));
    for (std::size_t g = 0; g < m_sums.size(); ++g) {
      m_sums[g] = scores.score.data();
      if (g < k_capped_groups && m_rules.caps[g]) {
        m_group_sums[g].resize(source.size());
        m_sums[g] = m_group_sums[g].data();
      }
    }
    m_open_at.resize(source.size());
    if (ledger != nullptr) {
      m_open_line.resize(source.size());
      ledger->sums.assign(ledger->only_sums ? source.size() : 0, 0);
    }
    if (ledger != nullptr || m_fair || !m_decay.off()) {
      m_delivered_at.resize(source.size());
    }
    if (m_fair) {
      m_measurability.emplace(source.size());
      m_reacted_at.resize(source.size(), k_never);
      m_first_open.resize(source.size(), k_never);
      m_first_click.resize(source.size(), k_never);
    }
    if (!m_decay.off()) {
      m_non_open_sums.resize(source.size());
    }
    for (const auto kind :
         {EventKind::sent, EventKind::delivered, EventKind::open, EventKind::click}) {
      for (const auto campaign : source.campaigns(kind)) {
        m_present.push_back(campaign);
      }
    }
    m_downloads = !source.campaigns(EventKind::download).empty();
    std::sort(m_present.begin(), m_present.end());
    m_present.erase(std::unique(m_present.begin(), m_present.end()), m_present.end());
  }

  void run() {
    for (std::uint32_t i = 0; i < m_world.families.size(); ++i) {
      score_family(i);
    }
    score_actions();
    score_leaving();
    judge_silence();
    finish_non_opens();
    apply_caps();
  }

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
      m_reacted_at[r] = std::min(m_reacted_at[r], time);
    }
  }

  bool scores(const WorldCampaign& campaign) const {
    return std::binary_search(m_present.begin(), m_present.end(), campaign.id) &&
           (campaign.kind == CampaignKind::campaign || campaign.kind == CampaignKind::automation);
  }

  void score_family(std::uint32_t index_of_family) {
    const auto& family = m_world.families[index_of_family];
    m_clicks.clear();
    bool measurable = true, any = false;
    for (const auto index : family) {
      const auto& campaign = m_world.campaigns[index];
      if (!scores(campaign)) {
        continue;
      }
      any = true;
      measurable = measurable && campaign.named;
      m_judge.begin(campaign);
      read_deliveries(campaign);
      read_opens(campaign);
      read_clicks(campaign);
      if (m_fair) {
        read_answers(campaign);
      }
    }
    if (!any) {
      return;
    }
    if (family.size() > 1) {
      std::stable_sort(m_clicks.begin(), m_clicks.end(), [](const Click& a, const Click& b) {
        return std::tie(a.recipient, a.time) < std::tie(b.recipient, b.time);
      });
    }
    score_clicks();
    finish_family(measurable, m_world.campaigns[family.front()].id, index_of_family);
  }

  void read_deliveries(const WorldCampaign& campaign) {
    const auto kind = campaign.delivery_events ? EventKind::delivered : EventKind::sent;
    if (!m_source.events(campaign.id, kind, m_columns)) {
      return;
    }
    std::vector<bool> failed;
    if (!campaign.delivery_events) { // sent and not bounced is delivered
      failed.resize(m_source.size());
      for (const auto failure : {EventKind::bounce, EventKind::dropped}) {
        if (m_source.events(campaign.id, failure, m_more)) {
          for (std::size_t i = 0; i < m_more.size(); ++i) {
            failed[m_more.recipient[i]] = failed[m_more.recipient[i]] || m_more.time[i] <= m_limit;
          }
        }
      }
    }
    // Most of all events pass here: no branches but the loop's own.
    const auto before = m_touched.size();
    m_touched.resize(before + m_columns.size());
    auto* touched = m_touched.data() + before;
    auto* marks = m_marks.data();
    const auto* times = m_columns.time.data();
    const auto* recipients = m_columns.recipient.data();
    for (std::size_t i = 0, n = m_columns.size(); i < n; ++i) {
      const auto r = recipients[i];
      const bool counts = times[i] <= m_limit && (failed.empty() || !failed[r]);
      *touched = r;
      touched += static_cast<std::size_t>(counts & (marks[r] == 0));
      marks[r] |= static_cast<std::uint8_t>(
          counts ? received | (times[i] <= m_over_limit ? over : pending) : 0);
    }
    m_touched.resize(static_cast<std::size_t>(touched - m_touched.data()));
    if (!m_delivered_at.empty()) {
      for (std::size_t i = 0; i < m_columns.size(); ++i) {
        auto& at = m_delivered_at[recipients[i]];
        at = times[i] <= m_limit ? std::max(at, times[i]) : at;
      }
    }
    if (m_judge.wants_deliveries()) {
      m_judge.add_deliveries(m_columns);
    }
  }

  void read_opens(const WorldCampaign& campaign) {
    if (!m_source.events(campaign.id, EventKind::open, m_columns)) {
      return;
    }
    for (std::size_t i = 0, n = m_columns.size(); i < n; ++i) {
      if (m_columns.time[i] > m_limit) {
        continue;
      }
      const auto r = m_columns.recipient[i];
      const auto time = m_columns.time[i];
      const auto evidence = m_columns.evidence.empty() ? std::uint16_t{0} : m_columns.evidence[i];
      const auto [verdict, signs] = m_judge.open(r, time, evidence);
      mark(r, any_open);
      if (verdict == Verdict::human || verdict == Verdict::unknown) {
        m_out.last_open[r] = std::max(m_out.last_open[r], time);
      }
      if (m_fair && verdict != Verdict::machine) {
        react(r, time);
        m_measurability->add_open(r, time, verdict == Verdict::proxy);
        if (verdict != Verdict::proxy) {
          m_first_open[r] = std::min(m_first_open[r], time);
        }
      }
      if (verdict == Verdict::human) {
        // Of several the one worth most: the latest where points fade, else the first.
        const bool first = (m_marks[r] & open_scored) == 0;
        mark(r, open_scored | human);
        if (first || (time < m_open_at[r]) == m_decay.off()) {
          m_open_at[r] = time;
          if (m_ledger != nullptr) {
            m_open_line[r] = m_ledger->lines.size(); // below
          }
        }
      }
      if (m_ledger != nullptr) {
        line(r, time, EventKind::open, campaign.id, 0, Stage::none, "open", 0,
             verdict == Verdict::human ? "counts once a mailing"
             : verdict == Verdict::unknown && signs == 0
                 ? "no evidence who opened"
                 : std::string(name_of(verdict)) + ", no points" + because(signs));
      }
    }
  }

  /// Replies and conversions show that a mail was read.
  void read_answers(const WorldCampaign& campaign) {
    for (const auto kind : {EventKind::reply, EventKind::conversion}) {
      if (!m_source.events(campaign.id, kind, m_columns)) {
        continue;
      }
      for (std::size_t i = 0; i < m_columns.size(); ++i) {
        if (m_columns.time[i] <= m_limit) {
          mark(m_columns.recipient[i], human);
          react(m_columns.recipient[i], m_columns.time[i]);
        }
      }
    }
  }

  static std::string because(std::uint16_t signs) {
    return signs == 0 || signs == sign::record ? "" : ": " + sign_words(signs);
  }

  void read_clicks(const WorldCampaign& campaign) {
    if (!m_source.events(campaign.id, EventKind::click, m_columns)) {
      return;
    }
    m_judge.clicks(m_columns, m_click_verdicts);
    for (std::size_t i = 0, n = m_columns.size(); i < n; ++i) {
      if (m_columns.time[i] <= m_limit) {
        take_click(campaign, m_columns.recipient[i],
                   m_columns.link.empty() ? LinkNumber{0} : m_columns.link[i], m_columns.time[i],
                   m_click_verdicts[i]);
      }
    }
  }

  void take_click(const WorldCampaign& campaign, std::uint16_t r, LinkNumber number,
                  std::uint32_t time, const ClickVerdict& judged) {
    auto stage = campaign.stage(number);
    const bool assumed = stage == Stage::untagged && m_tagging.untagged_is_tofu;
    stage = assumed ? Stage::tofu : stage;
    if (judged.verdict == Verdict::machine) { // changes nothing, not even a non-open
      m_machine_clicks.emplace_back(r, time);
      if (m_ledger != nullptr) {
        line(r, time, EventKind::click, campaign.id, number, stage, "click", 0,
             "MACHINE, no points" + because(judged.signs));
      }
      return;
    }
    const bool person = judged.verdict == Verdict::human;
    mark(r, any_click | (person ? human : 0));
    react(r, time);
    if (person) {
      if (m_fair) {
        m_first_click[r] = std::min(m_first_click[r], time);
      }
      m_out.last_click[r] = std::max(m_out.last_click[r], time);
      if (stage >= Stage::tofu && !assumed && Seconds{time} > m_as_of - k_phase_window) {
        m_out.phase[r] = std::max(m_out.phase[r], static_cast<std::uint8_t>(stage));
      }
    }
    m_clicks.push_back({r, campaign.link_id(number), time, stage, assumed, number, campaign.id,
                        person ? std::uint16_t{0} : judged.signs});
  }

  void score_clicks() {
    for (std::size_t first = 0; first < m_clicks.size();) {
      auto end = first + 1;
      while (end < m_clicks.size() && m_clicks[end].recipient == m_clicks[first].recipient) {
        ++end;
      }
      score_clicks_of_one(first, end);
      first = end;
    }
  }

  /// Clicks [first, end) are those of one person on one mailing, by time.
  void score_clicks_of_one(std::size_t first, std::size_t end) {
    const auto r = m_clicks[first].recipient;
    if (m_rules.implied_open) {
      const auto time = m_decay.off() ? m_clicks[first].time : m_clicks[end - 1].time;
      if ((m_marks[r] & open_scored) == 0 || (!m_decay.off() && time > m_open_at[r])) {
        mark(r, open_scored | implied);
        m_open_at[r] = time;
      }
    }
    switch (m_rules.repeat) {
    case Repeat::once_per_mailing: {
      auto best = first;
      for (auto i = first + 1; i < end; ++i) {
        best = worth_of(m_clicks[i]) > worth_of(m_clicks[best]) ? i : best;
      }
      for (auto i = first; i < end; ++i) {
        give_click(m_clicks[i], i == best, "counts once a mailing");
      }
      break;
    }
    case Repeat::once_per_link:
      find_best_repeats(first, end);
      for (auto i = first; i < end; ++i) {
        give_click(m_clicks[i], m_best[i - first], "counts once a link and mailing");
      }
      break;
    case Repeat::every:
      for (auto i = first; i < end; ++i) {
        give_click(m_clicks[i], true, "");
      }
      break;
    }
  }

  Points full_points(const Click& click) const {
    const auto points = m_rules.click(click.stage);
    return click.signs == 0 ? points : points / 2;
  }
  Points worth_of(const Click& click) const { return worth(full_points(click), click.time); }

  /// Marks in m_best, of the clicks [first, end) on each link, the one that is worth most; of
  /// equals the first.
  void find_best_repeats(std::size_t first, std::size_t end) {
    m_best.assign(end - first, false);
    constexpr std::size_t k_few = 32;
    if (end - first <= k_few) {
      for (auto i = first; i < end; ++i) {
        bool best = true;
        for (auto other = first; best && other < end; ++other) {
          if (other != i && m_clicks[other].link == m_clicks[i].link) {
            const auto mine = worth_of(m_clicks[i]), its = worth_of(m_clicks[other]);
            best = mine > its || (mine == its && i < other);
          }
        }
        m_best[i - first] = best;
      }
      return;
    }
    std::unordered_map<std::uint32_t, std::size_t> best; // link -> index
    for (auto i = first; i < end; ++i) {
      const auto place = best.emplace(m_clicks[i].link, i).first;
      if (worth_of(m_clicks[i]) > worth_of(m_clicks[place->second])) {
        place->second = i;
      }
    }
    for (const auto& [link, i] : best) {
      m_best[i - first] = true;
    }
  }

  void give_click(const Click& click, bool counts, const char* otherwise) {
    const auto full = counts ? full_points(click) : 0;
    const auto points = worth(full, click.time);
    if (counts) {
      add(group_of(click.stage), click.recipient, points);
      if (m_downloads) {
        m_paid_clicks.push_back({click.recipient, click.link, click.time, full});
      }
      if (click.stage == Stage::tofu) {
        count_up(m_out.clicks_tofu[click.recipient]);
      } else if (click.stage == Stage::mofu) {
        count_up(m_out.clicks_mofu[click.recipient]);
      } else if (click.stage == Stage::bofu) {
        count_up(m_out.clicks_bofu[click.recipient]);
      }
    }
    if (m_ledger != nullptr) {
      fading_line(click.recipient, click.time, EventKind::click, click.campaign, click.number,
                  click.stage, "click." + std::string(name_of(click.stage)), full,
                  !counts                      ? otherwise
                  : click.signs != 0           ? "UNKNOWN, half the points" + because(click.signs)
                  : click.assumed              ? "untagged link, assumed TOFU"
                  : click.stage == Stage::none ? "housekeeping link"
                                               : std::string());
    }
  }

  void finish_family(bool measurable, CampaignId campaign, std::uint32_t family) {
    for (const auto r : m_touched) {
      const auto marks = m_marks[r];
      m_marks[r] = 0;
      if ((marks & received) != 0) {
        count_up(m_out.received[r]);
      }
      if ((marks & open_scored) != 0) {
        give_open(r, campaign, (marks & implied) != 0);
      }
      if (m_fair) {
        note_mail(r, marks, measurable, family);
      } else if ((marks & (any_open | any_click)) != 0) {
        if ((marks & human) != 0) {
          m_out.non_opens_in_a_row[r] = 0;
        }
      } else if (measurable && (marks & (over | pending)) == over) {
        const auto end =
            m_delivered_at.empty() ? Seconds{0} : m_delivered_at[r] + m_rules.non_open_after;
        give_non_open(r, end, campaign);
      }
      if (!m_delivered_at.empty()) {
        m_delivered_at[r] = 0;
      }
    }
    m_touched.clear();
  }

  void give_open(std::uint16_t r, CampaignId campaign, bool by_click) {
    const auto time = m_open_at[r];
    const auto points = worth(m_rules.open, time);
    add(PointGroup::opens, r, points);
    count_up(m_out.opens[r]);
    if (m_ledger == nullptr) {
      return;
    }
    if (by_click) {
      fading_line(r, time, EventKind::open, campaign, 0, Stage::none, "implied open", m_rules.open,
                  "a click is an open");
      return;
    }
    if (m_ledger->only_sums) {
      m_ledger->sums[r] += points;
      return;
    }
    auto& of_open = m_ledger->lines.at(m_open_line[r]);
    of_open.points = points;
    of_open.given = m_rules.open;
    of_open.note = faded_note(m_rules.open, time);
  }

  void give_non_open(std::uint16_t r, Seconds end, CampaignId campaign) {
    count_up(m_out.non_opens[r]);
    count_up(m_out.non_opens_in_a_row[r]);
    if (m_decay.off() && m_ledger == nullptr) {
      return; // they are summed by count
    }
    const auto time = static_cast<std::uint32_t>(end);
    const auto points = worth(m_rules.non_open, time);
    if (!m_decay.off()) {
      m_non_open_sums[r] += points;
    }
    if (m_ledger != nullptr) {
      fading_line(r, end, EventKind::delivered, campaign, 0, Stage::none, "non_open",
                  m_rules.non_open);
    }
  }

  void note_mail(std::uint16_t r, std::uint8_t marks, bool named, std::uint32_t family) {
    if ((marks & received) != 0) {
      m_measurability->add_mail(
          {m_delivered_at[r], m_reacted_at[r], family, r, named, (marks & human) != 0});
    }
    if (m_first_click[r] != k_never) {
      m_measurability->add_click(r, m_first_click[r], m_first_open[r]);
    }
    m_reacted_at[r] = m_first_open[r] = m_first_click[r] = k_never;
  }

  /// Non-opens by the fair rule, of all mails.
  void judge_silence() {
    if (!m_fair) {
      return;
    }
    const CoveredTimes nothing;
    const auto covered = [&](std::uint32_t family) -> const CoveredTimes& {
      const auto source = m_world.campaigns[m_world.families[family].front()].source;
      return source < m_world.covered.size() ? m_world.covered[source] : nothing;
    };
    m_measurability->judge(
        m_rules.non_open_after, m_as_of, covered,
        [&](const MailReceived& mail, Silence silence, Seconds end) {
          const auto r = mail.recipient;
          const auto campaign = m_world.campaigns[m_world.families[mail.family].front()].id;
          if (mail.reacted != k_never) { // known up to the moment only
            if (mail.by_person) {
              m_out.non_opens_in_a_row[r] = 0;
            }
            if (silence == Silence::not_opened && m_ledger != nullptr) {
              // Both fade from the end of the window: together they are nothing.
              const auto points = worth(m_rules.non_open, static_cast<std::uint32_t>(end));
              fading_line(r, end, EventKind::delivered, campaign, 0, Stage::none, "non_open",
                          m_rules.non_open);
              line(r, mail.reacted, EventKind::open, campaign, 0, Stage::none,
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

  void finish_non_opens() {
    for (std::size_t r = 0; r < m_out.size(); ++r) {
      const auto sum = m_decay.off() ? m_rules.non_open * m_out.non_opens[r] : m_non_open_sums[r];
      const auto kept = m_rules.non_open_floor ? std::max(sum, *m_rules.non_open_floor) : sum;
      m_out.score[r] += kept;
      if (kept != sum) {
        line(static_cast<std::uint16_t>(r), m_as_of, EventKind::delivered, 0, 0, Stage::none,
             "non_open floor", kept - sum,
             "non-opens cost " + format_points(-*m_rules.non_open_floor) + " at most");
      }
    }
  }

  void apply_caps() {
    for (std::size_t g = 0; g < k_capped_groups; ++g) {
      if (m_group_sums[g].empty()) {
        continue;
      }
      const auto cap = *m_rules.caps[g];
      for (std::size_t r = 0; r < m_out.size(); ++r) {
        const auto sum = m_group_sums[g][r];
        m_out.score[r] += std::min(sum, cap);
        if (sum > cap) {
          const std::string name(name_of(static_cast<PointGroup>(g)));
          line(static_cast<std::uint16_t>(r), m_as_of, EventKind::unknown, 0, 0, Stage::none,
               name + " cap", cap - sum, name + " gives " + format_points(cap) + " at most");
        }
      }
    }
  }

  CampaignKind kind_of(CampaignId id) const {
    const auto* campaign = m_world.find(id);
    return campaign == nullptr ? CampaignKind::campaign : campaign->kind;
  }

  Points points_of(EventKind kind, Stage stage) const {
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

  /// Pages, downloads and so on: once per (link, UTC day).
  void score_actions() {
    std::sort(m_paid_clicks.begin(), m_paid_clicks.end());
    for (const auto kind : {EventKind::page, EventKind::download, EventKind::webinar,
                            EventKind::form, EventKind::signup, EventKind::conversion}) {
      for (const auto id : m_source.campaigns(kind)) {
        const auto* campaign = m_world.find(id);
        if (campaign != nullptr && (campaign->kind == CampaignKind::test ||
                                    campaign->kind == CampaignKind::transactional)) {
          continue;
        }
        m_source.events(id, kind, m_columns);
        score_actions_of(kind, id, campaign);
      }
    }
  }

  /// Those of m_columns: of one kind and mailing.
  void score_actions_of(EventKind kind, CampaignId id, const WorldCampaign* campaign) {
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

  /// The points of the best click on the same target in the half hour before, which no other
  /// download has used; 0: none.
  Points take_click_before(std::uint16_t recipient, std::uint32_t link, std::uint32_t time) {
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

  /// Did a machine click for this person within seconds of it?
  bool machine_near(std::uint16_t r, std::uint32_t time) const {
    const auto from = time - std::min(time, k_machine_near);
    const auto near =
        std::lower_bound(m_machine_clicks.begin(), m_machine_clicks.end(), std::pair(r, from));
    return near != m_machine_clicks.end() && near->first == r &&
           near->second <= time + k_machine_near;
  }

  void note_suppression(std::uint16_t r, std::uint32_t time, bool suppressed) {
    if (m_fair) {
      m_measurability->add_suppression(r, time, suppressed);
    }
  }

  /// Unsubscribes, complaints, bounces: points once, and suppression (docs/scoring.md).
  void score_leaving() {
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
    std::sort(m_machine_clicks.begin(), m_machine_clicks.end());
    read(EventKind::unsubscribe, [&](const EventRow& row, CampaignId id) {
      const auto r = offset_of(row.recipient);
      const bool machine = judge(EventKind::unsubscribe, row.evidence) == Verdict::machine ||
                           machine_near(r, row.time);
      left.push_back({r, row.time, 1, EventKind::unsubscribe, unsubscribed, !machine, id});
    });
    read(EventKind::resubscribe, [&](const EventRow& row, CampaignId id) {
      if (row.extra != 0) { // only with proof
        left.push_back(
            {offset_of(row.recipient), row.time, 0, EventKind::resubscribe, 0, false, id});
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
  Decay m_decay;
  bool m_fair;
  std::vector<std::uint32_t> m_delivered_at;
  // By recipient, of the family at hand; the last three only where silence is judged fairly.
  std::vector<std::size_t> m_open_line; // in the ledger: the open that counts
  std::vector<std::uint32_t> m_open_at, m_reacted_at, m_first_open, m_first_click;
  std::optional<Measurability> m_measurability;
  std::array<std::vector<Points>, k_capped_groups> m_group_sums; // of groups with a cap
  std::array<Points*, k_capped_groups + 1> m_sums{}; // where the points of a PointGroup go
  std::vector<Points> m_non_open_sums;               // where points fade
  std::vector<Click> m_clicks;
  std::vector<ClickVerdict> m_click_verdicts;
  std::vector<std::pair<std::uint16_t, std::uint32_t>> m_machine_clicks; // recipient, time
  std::vector<PaidClick> m_paid_clicks; // only where the chunk has downloads
  bool m_downloads = false;
  std::vector<bool> m_best; // find_best_repeats
  std::vector<CampaignId> m_present;
  EventColumns m_columns, m_more;
  std::uint32_t m_limit, m_over_limit;
};

constexpr Points k_scale_top = 100 * k_point, k_scale_mql = 20 * k_point,
                 k_scale_sql = 80 * k_point; // seed: below 20, 20 to 80, above 80

std::uint8_t status_by_scale(Points scale) {
  return scale > k_scale_sql ? 2 : scale >= k_scale_mql ? 1 : 0;
}

} // namespace

Scorer::Scorer(const Rules& rules, const World& world, Seconds as_of)
    : m_rules(rules), m_world(world), m_as_of(as_of) {
  m_statuses = {rules.status.model == StatusModel::scale ? "prospect" : "soft", "MQL", "SQL"};
  const auto add = [&](const std::string& name) {
    if (std::find(m_statuses.begin(), m_statuses.end(), name) == m_statuses.end()) {
      m_statuses.push_back(name);
    }
  };
  if (rules.status.model == StatusModel::rules) {
    m_statuses = {"soft"}; // what no rule matches
  }
  if (rules.status.model == StatusModel::matrix) {
    for (const auto& [cell, status] : rules.status.matrix) {
      add(status);
    }
  }
  for (const auto* list : {&rules.status.overrides, &rules.status.rules}) {
    for (const auto& rule : *list) {
      add(rule.status);
    }
  }
  const auto grades = rules.levels.grades(), levels = rules.levels.levels();
  m_matrix.resize((levels + 1) * grades);
  for (std::size_t level = 1; level <= levels; ++level) {
    for (std::size_t grade = 0; grade < grades; ++grade) {
      const auto cell = rules.status.matrix.find(std::string(1, static_cast<char>('A' + grade)) +
                                                 std::to_string(level));
      m_matrix[level * grades + grade] =
          cell == rules.status.matrix.end() ? std::uint8_t{0} : status_index(cell->second);
    }
  }
}

std::uint8_t Scorer::status_index(const std::string& name) const {
  const auto place = std::find(m_statuses.begin(), m_statuses.end(), name);
  return place == m_statuses.end() ? std::uint8_t{0}
                                   : static_cast<std::uint8_t>(place - m_statuses.begin());
}

void RuleHits::add(const RuleHits& other) {
  const auto sum = [](std::vector<std::uint64_t>& into, const std::vector<std::uint64_t>& from) {
    into.resize(std::max(into.size(), from.size()));
    for (std::size_t i = 0; i < from.size(); ++i) {
      into[i] += from[i];
    }
  };
  sum(fit, other.fit);
  sum(overrides, other.overrides);
  sum(status, other.status);
}

void Scorer::score(ChunkSource& source, const ManualSuppression* manual, ChunkScores& scores,
                   Ledger* ledger, RuleHits* hits) const {
  scores.resize(source.size());
  Scan(m_rules, m_world, m_as_of, source, scores, ledger).run();
  score_fit(m_rules.fit, source, m_as_of, scores, ledger, hits);
  if (manual != nullptr) {
    for (const auto& [recipient, bits] : *manual) {
      scores.suppressed.at(recipient) |= bits;
    }
  }
  derive(scores);
  if (ledger != nullptr) {
    std::stable_sort(ledger->lines.begin(), ledger->lines.end(),
                     [](const Contribution& a, const Contribution& b) { return a.time < b.time; });
  }
}

void Scorer::derive(ChunkScores& scores) const {
  const std::uint8_t scale_statuses[] = {0, status_index("MQL"), status_index("SQL")};
  for (std::size_t r = 0; r < scores.size(); ++r) {
    scores.level[r] = m_rules.levels.level(scores.score[r]);
    scores.grade[r] = m_rules.levels.grade(scores.fit[r]);
    scores.scale[r] = std::clamp<Points>(
        std::clamp<Points>(scores.score[r], 0, k_scale_top) + scores.fit[r], 0, k_scale_top);
    scores.scale_status[r] = scale_statuses[status_by_scale(scores.scale[r])];
  }
}

void Scorer::judge_status(ChunkSource& source, ChunkScores& scores, RuleHits* hits) const {
  const auto grades = m_rules.levels.grades();
  switch (m_rules.status.model) {
  case StatusModel::matrix:
    for (std::size_t r = 0; r < scores.size(); ++r) {
      scores.status[r] = m_matrix[scores.level[r] * grades + scores.grade[r]];
    }
    break;
  case StatusModel::scale:
    scores.status = scores.scale_status;
    break;
  case StatusModel::rules:
    break; // below
  }
  const EvaluationContext context{*this, source, scores};
  const auto apply = [&](const std::vector<StatusRule>& rules, bool tell,
                         std::vector<std::uint64_t>* counts) {
    if (counts != nullptr) {
      counts->resize(rules.size());
    }
    Bits open(scores.size());
    open.set_all();
    for (std::size_t i = 0; i < rules.size(); ++i) {
      auto hit = open;
      if (rules[i].when) {
        hit.and_with(evaluate(*rules[i].when, context));
      }
      open.and_not(hit);
      if (counts != nullptr) {
        (*counts)[i] += hit.count();
      }
      hit.each([&, status = status_index(rules[i].status)](std::size_t r) {
        scores.status[r] = status;
        if (tell) {
          scores.override_rule[r] = static_cast<std::uint8_t>(std::min<std::size_t>(i + 1, 255));
        }
      });
    }
  };
  if (m_rules.status.model == StatusModel::rules) {
    apply(m_rules.status.rules, false, hits == nullptr ? nullptr : &hits->status);
  }
  apply(m_rules.status.overrides, true, hits == nullptr ? nullptr : &hits->overrides);
}

} // namespace mailfunnel
