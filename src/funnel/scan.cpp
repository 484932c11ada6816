#include "funnel/scan.hpp"
#include "base/text.hpp"
#include "funnel/consent.hpp"

#include <array>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>

namespace mailfunnel {

namespace {

constexpr Seconds k_phase_window = 90 * k_day; // docs/scoring.md

EventKind delivery_kind(const WorldCampaign& campaign) {
  return campaign.delivery_events ? EventKind::delivered : EventKind::sent;
}

void count_up(std::uint16_t& counter) {
  counter = static_cast<std::uint16_t>(counter + (counter != 0xFFFF ? 1 : 0));
}

} // namespace

Scan::Scan(const Rules& rules, const World& world, Seconds as_of, const Decay& decay,
           ChunkSource& source, Measurability& measurability, ChunkScores& scores, Ledger* ledger)
    : m_rules(rules.scoring), m_judge(rules.robots, world, source.size(), as_of),
      m_tagging(rules.tagging), m_world(world), m_as_of(as_of), m_source(source), m_out(scores),
      m_ledger(ledger), m_marks(source.size()), m_decay(decay),
      m_fair(m_rules.measurable == Measurable::fair), m_measurability(measurability),
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
    m_seen.resize(source.size());
  }
  if (!m_decay.off()) {
    m_non_open_sums.resize(source.size());
  }
  m_refused = tracking_refused(rules.tracking, source, as_of);
  m_downloads = !source.campaigns(EventKind::download).empty();
}

bool Scan::tracked(std::uint32_t family) const {
  const auto& members = m_world.families[family];
  return std::all_of(members.begin(), members.end(),
                     [this](std::uint32_t member) { return m_world.campaigns[member].tracked; });
}

void Scan::run() {
  if (m_fair) {
    expect_mails();
  }
  const auto& families = m_world.families;
  constexpr std::uint32_t k_ahead = 4;
  for (std::uint32_t i = 0; i < families.size(); ++i) {
    if (i + k_ahead < families.size()) { // thousands of mailings fit into no cache
      const auto& later = m_world.campaigns[families[i + k_ahead].front()];
      __builtin_prefetch(later.stages.data());
      __builtin_prefetch(later.link_ids.data());
    }
    score_family(i);
  }
  score_actions();
  score_leaving();
  judge_silence();
  finish_non_opens();
  apply_caps();
}

std::vector<std::optional<MailOutcome>> Scan::outcomes(std::uint32_t family) {
  m_watched = family;
  m_outcomes.resize(m_source.size());
  run();
  return std::move(m_outcomes);
}

void Scan::expect_mails() {
  m_measurability.start(m_source.size(), m_ledger != nullptr || m_watched != k_none);
  for (const auto& campaign : m_world.campaigns) {
    const auto kinds = kinds_of(campaign);
    const auto expect = [&](EventKind kind, auto take) {
      if ((kinds & only(kind)) != 0 && m_source.recipients(campaign.id, kind, m_recipients)) {
        (m_measurability.*take)(m_recipients);
      }
    };
    expect(delivery_kind(campaign), &Measurability::expect_mails);
    expect(EventKind::open, &Measurability::expect_opens);
    expect(EventKind::click, &Measurability::expect_clicks);
  }
  m_measurability.make_room();
}

void Scan::score_family(std::uint32_t index_of_family) {
  const auto& family = m_world.families[index_of_family];
  m_clicks.clear();
  bool measurable = true, any = false;
  for (const auto index : family) {
    const auto& campaign = m_world.campaigns[index];
    const auto kinds = kinds_of(campaign);
    if (kinds == 0) {
      continue;
    }
    any = true;
    measurable = measurable && campaign.named && (m_fair || campaign.tracked);
    m_judge.begin(campaign);
    const auto read = [&](EventKinds wanted, auto reading) {
      if ((kinds & wanted) != 0) {
        (this->*reading)(campaign);
      }
    };
    read(only(delivery_kind(campaign)), &Scan::read_deliveries);
    read(only(EventKind::open), &Scan::read_opens);
    read(only(EventKind::click), &Scan::read_clicks);
    if (m_fair) {
      read(only(EventKind::reply) | only(EventKind::conversion), &Scan::read_answers);
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

void Scan::read_deliveries(const WorldCampaign& campaign) {
  if (!m_source.events(campaign.id, delivery_kind(campaign), m_columns)) {
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
  if (!m_seen.empty()) {
    for (std::size_t i = 0; i < m_columns.size(); ++i) {
      auto& at = m_seen[recipients[i]].delivered;
      at = times[i] <= m_limit ? std::max(at, times[i]) : at;
    }
  }
  if (m_judge.wants_deliveries()) {
    m_judge.add_deliveries(m_columns);
  }
}

void Scan::read_opens(const WorldCampaign& campaign) {
  if (!m_source.events(campaign.id, EventKind::open, m_columns)) {
    return;
  }
  if (!m_fair && m_ledger == nullptr && m_refused.empty() && !m_columns.evidence.empty()) {
    add_opens();
    return;
  }
  for (std::size_t i = 0, n = m_columns.size(); i < n; ++i) {
    if (m_columns.time[i] > m_limit) {
      continue;
    }
    const auto r = m_columns.recipient[i];
    const auto time = m_columns.time[i];
    if (refused(r)) {
      if (m_ledger != nullptr) {
        line(r, time, EventKind::open, campaign.id, 0, Stage::none, "open", 0,
             "not looked at: no consent to open tracking");
      }
      continue;
    }
    const auto evidence = m_columns.evidence.empty() ? std::uint16_t{0} : m_columns.evidence[i];
    const auto [verdict, signs] = m_judge.open(r, time, evidence);
    mark(r, any_open);
    if (verdict == Verdict::human || verdict == Verdict::unknown) {
      m_out.last_open[r] = std::max(m_out.last_open[r], time);
    }
    if (m_fair && verdict != Verdict::machine) {
      react(r, time);
      m_measurability.add_open(r, time, verdict == Verdict::proxy);
      if (verdict != Verdict::proxy) {
        m_seen[r].opened = std::min(m_seen[r].opened, time);
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

void Scan::add_opens() {
  // No branches but the loop's own, where times are not looked at: whose an open is can't be
  // foreseen.
  static constexpr auto k_by_record = [] {
    constexpr auto k_bits = std::tuple_size_v<std::remove_const_t<decltype(k_evidence_names)>>;
    std::array<Verdict, std::size_t{1} << k_bits> verdicts{};
    for (std::size_t bits = 0; bits < verdicts.size(); ++bits) {
      verdicts[bits] = judge(EventKind::open, static_cast<std::uint16_t>(bits));
    }
    return verdicts;
  }();
  const bool latest = !m_decay.off(); // of several readers' opens the latest counts, else the first
  const bool by_time = m_judge.looks_at_times();
  const auto n = m_columns.size(), before = m_touched.size();
  m_touched.resize(before + n);
  auto* touched = m_touched.data() + before;
  auto* const all_marks = m_marks.data();
  auto* const open_at = m_open_at.data();
  auto* const last_open = m_out.last_open.data();
  const auto* const recipients = m_columns.recipient.data();
  const auto* const times = m_columns.time.data();
  const auto* const evidences = m_columns.evidence.data();
  for (std::size_t i = 0; i < n; ++i) {
    const auto r = recipients[i];
    const auto time = times[i];
    const auto evidence = evidences[i];
    auto verdict = k_by_record[evidence & (k_by_record.size() - 1)];
    if (by_time && verdict == Verdict::human) {
      verdict = m_judge.open(r, time, evidence).verdict;
    }
    const unsigned counts = unsigned{time <= m_limit}; // 0 or 1
    const unsigned reader = counts & unsigned{verdict == Verdict::human};
    const unsigned maybe_reader = reader | (counts & unsigned{verdict == Verdict::unknown});
    const unsigned marks = all_marks[r];
    *touched = r;
    touched += counts & unsigned{marks == 0};
    const unsigned first = unsigned{(marks & open_scored) == 0};
    const auto at = open_at[r];
    const unsigned taken = reader & (first | unsigned{(time < at) != latest});
    all_marks[r] =
        static_cast<std::uint8_t>(marks | counts * any_open | reader * (open_scored | human));
    open_at[r] = at ^ ((at ^ time) & (0U - taken)); // the time where it is taken
    last_open[r] = std::max(last_open[r], maybe_reader * time);
  }
  m_touched.resize(static_cast<std::size_t>(touched - m_touched.data()));
}

void Scan::read_answers(const WorldCampaign& campaign) {
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

void Scan::read_clicks(const WorldCampaign& campaign) {
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

void Scan::take_click(const WorldCampaign& campaign, std::uint16_t r, LinkNumber number,
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
      m_seen[r].clicked = std::min(m_seen[r].clicked, time);
    }
    m_out.last_click[r] = std::max(m_out.last_click[r], time);
    if (stage >= Stage::tofu && !assumed && Seconds{time} > m_as_of - k_phase_window) {
      m_out.phase[r] = std::max(m_out.phase[r], static_cast<std::uint8_t>(stage));
    }
  }
  m_clicks.push_back({r, campaign.link_id(number), time, stage, assumed, number, campaign.id,
                      person ? std::uint16_t{0} : judged.signs});
}

void Scan::score_clicks() {
  for (std::size_t first = 0; first < m_clicks.size();) {
    auto end = first + 1;
    while (end < m_clicks.size() && m_clicks[end].recipient == m_clicks[first].recipient) {
      ++end;
    }
    score_clicks_of_one(first, end);
    first = end;
  }
}

void Scan::score_clicks_of_one(std::size_t first, std::size_t end) {
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

void Scan::find_best_repeats(std::size_t first, std::size_t end) {
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

void Scan::give_click(const Click& click, bool counts, const char* otherwise) {
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

void Scan::finish_family(bool measurable, CampaignId campaign, std::uint32_t family) {
  if (m_fair) {
    finish_fairly(measurable, campaign, family);
    return;
  }
  if (m_ledger == nullptr && m_watched == k_none && m_seen.empty() && m_decay.off()) {
    finish_simply(measurable, campaign);
    return;
  }
  for (const auto r : m_touched) {
    const auto marks = m_marks[r];
    m_marks[r] = 0;
    if ((marks & received) != 0) {
      count_up(m_out.received[r]);
    }
    if ((marks & open_scored) != 0) {
      give_open(r, campaign, (marks & implied) != 0);
    }
    const auto silence = simple_silence(r, marks, measurable, family);
    if ((marks & human) != 0) {
      m_out.non_opens_in_a_row[r] = 0;
    } else if (silence == Silence::not_opened && (marks & received) != 0) {
      const auto end = m_seen.empty() ? Seconds{0} : m_seen[r].delivered + m_rules.non_open_after;
      give_non_open(r, end, campaign);
    }
    if ((marks & received) != 0) {
      note_outcome(r, family, m_seen.empty() ? 0 : m_seen[r].delivered,
                   {silence, (marks & human) != 0});
    }
    if (!m_seen.empty()) {
      m_seen[r].delivered = 0;
    }
  }
  m_touched.clear();
}

void Scan::finish_simply(bool measurable, CampaignId campaign) {
  // No branches but the loops' own: who opened can't be foreseen.
  m_opened.resize(m_touched.size());
  auto* opened = m_opened.data();
  for (const auto r : m_touched) {
    const auto marks = m_marks[r];
    *opened = {r, (marks & implied) != 0};
    opened += (marks & open_scored) != 0;
  }
  count_mails(measurable);
  for (const auto* one = m_opened.data(); one != opened; ++one) {
    give_open(one->first, campaign, one->second);
  }
}

/// Counts what came of the mailing, and clears its marks.
void Scan::count_mails(bool measurable) {
  auto* const received_by = m_out.received.data();
  auto* const non_opens = m_out.non_opens.data();
  auto* const in_a_row = m_out.non_opens_in_a_row.data();
  const auto* const all_marks = m_marks.data();
  const auto count = [=](std::size_t r, unsigned silence_counts) { // 0 or 1
    const auto up = [](std::uint16_t& counter, unsigned more) {    // 0 or 1
      counter = static_cast<std::uint16_t>(counter + (more & unsigned{counter != 0xFFFF}));
    };
    const unsigned marks = all_marks[r];
    const unsigned got = marks & received; // 0 or 1
    const unsigned by_human = unsigned{(marks & human) != 0};
    const auto silent =
        got & unsigned{(marks & (any_open | any_click | pending)) == 0} & silence_counts;
    const auto given = silent & (1 - by_human);
    up(received_by[r], got);
    up(non_opens[r], given);
    up(in_a_row[r], given);
    in_a_row[r] = static_cast<std::uint16_t>(in_a_row[r] & (by_human - 1));
  };
  // All people are gone through, several at a time, unless fewer than one of so many had the mail.
  constexpr std::size_t k_few = 16;
  const auto n = m_marks.size();
  if (m_refused.empty() && m_touched.size() >= n / k_few) {
    for (std::size_t r = 0; r < n; ++r) {
      count(r, unsigned{measurable});
    }
    std::fill(m_marks.begin(), m_marks.end(), std::uint8_t{0});
  } else {
    for (const auto r : m_touched) {
      count(r, unsigned{measurable && !refused(r)});
      m_marks[r] = 0;
    }
  }
  m_touched.clear();
}

void Scan::finish_fairly(bool named, CampaignId campaign, std::uint32_t family) {
  // No branches but the loop's own: who opened and clicked can't be foreseen.
  m_opened.resize(m_touched.size());
  m_clickers.resize(m_touched.size());
  auto* opened = m_opened.data();
  auto* clicker = m_clickers.data();
  for (const auto r : m_touched) {
    const auto marks = std::exchange(m_marks[r], std::uint8_t{0});
    const auto seen = std::exchange(m_seen[r], {});
    const auto reaction = reaction_to(seen.delivered, seen.reacted);
    const auto got = static_cast<std::uint8_t>(marks & received); // 0 or 1
    auto& count = m_out.received[r];
    count = static_cast<std::uint16_t>(count + (got & (count != 0xFFFF)));
    *opened = {r, (marks & implied) != 0};
    opened += (marks & open_scored) != 0;
    *clicker = {r, seen.clicked, seen.opened};
    clicker += clicker->clicked != k_never;
    m_measurability.add_mail(
        r, MailReceived(seen.delivered, family, reaction, named, (marks & human) != 0), got);
    if (m_ledger != nullptr && reaction == Reaction::late) {
      m_late_at[{r, family}] = seen.reacted;
    }
  }
  m_touched.clear();
  for (const auto* one = m_opened.data(); one != opened; ++one) {
    give_open(one->first, campaign, one->second);
  }
  for (const auto* one = m_clickers.data(); one != clicker; ++one) {
    m_measurability.add_click(one->recipient, one->clicked, one->opened);
  }
}

Silence Scan::simple_silence(std::uint16_t r, std::uint8_t marks, bool measurable,
                             std::uint32_t family) const {
  return (marks & (any_open | any_click)) != 0 ? Silence::reacted
         : !measurable            ? (tracked(family) ? Silence::not_named : Silence::untracked)
         : refused(r)             ? Silence::refused
         : (marks & pending) != 0 ? Silence::window_open
                                  : Silence::not_opened;
}

void Scan::give_open(std::uint16_t r, CampaignId campaign, bool by_click) {
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

void Scan::give_non_open(std::uint16_t r, Seconds end, CampaignId campaign) {
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

} // namespace mailfunnel
