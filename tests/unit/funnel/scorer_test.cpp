// The worked examples of the scoring rules, in exact points, and what must always hold.

#include "scoring_world.hpp"

#include <numeric>
#include <random>

namespace mailfunnel {
namespace {

TEST_CASE("worked example 1: 3 TOFU, 2 MOFU, 1 BOFU, fit A") {
  TestSource source;
  clicks(source, 3, 2, 1);
  fit_a(source);
  const auto out = score(source, seed_rules(), world_of(1), k_later);
  CHECK(out.score == 34 * k_point);
  CHECK(out.level == 2);
  CHECK(out.fit == 26 * k_point);
  CHECK(out.grade == 'A');
  CHECK(out.status == "MQL");
  CHECK(out.scale == 60 * k_point);
  CHECK(out.scale_status == "MQL");
}

TEST_CASE("worked example 2: 4 BOFU, 1 MOFU, fit B is for sales") {
  TestSource source;
  clicks(source, 0, 1, 4);
  fit_b(source);
  const auto out = score(source, seed_rules(), world_of(1), k_later);
  CHECK(out.score == 84 * k_point);
  CHECK(out.level == 1);
  CHECK(out.fit == 11 * k_point);
  CHECK(out.grade == 'B');
  CHECK(out.status == "SQL");
  CHECK(out.scale == 95 * k_point);
  CHECK(out.scale_status == "SQL");
}

TEST_CASE("worked example 3: 1 TOFU, fit A is for marketing") {
  TestSource source;
  clicks(source, 1, 0, 0);
  fit_a(source);
  const auto out = score(source, seed_rules(), world_of(1), k_later);
  CHECK(out.score == 2 * k_point);
  CHECK(out.level == 3);
  CHECK(out.status == "MQL");
  CHECK(out.scale == 28 * k_point);
}

TEST_CASE("worked example 4: one BOFU link five times in one mailing counts once") {
  TestSource source;
  for (int i = 0; i < 5; ++i) {
    source.add(1, EventKind::click, k_start + i * 60, k_bofu);
  }
  const auto out = score(source, seed_rules(), world_of(1), k_later);
  CHECK(out.score == 20 * k_point);
  CHECK(out.level == 2);
  CHECK(out.grade == 'C');
  CHECK(out.status == "MQL");
  CHECK(out.scale == 20 * k_point);
  CHECK(out.scale_status == "MQL");
}

TEST_CASE("worked example 5: 80 is level 2, and the scale disagrees") {
  TestSource source;
  clicks(source, 0, 0, 4);
  fit_b(source);
  const auto out = score(source, seed_rules(), world_of(1), k_later);
  CHECK(out.score == 80 * k_point);
  CHECK(out.level == 2);
  CHECK(out.status == "MQL");
  CHECK(out.scale == 91 * k_point);
  CHECK(out.scale_status == "SQL");
}

TEST_CASE("worked example 6: a student is never for sales") {
  TestSource source;
  clicks(source, 0, 1, 4);
  source.set("job_title", "student");
  const auto out = score(source, seed_rules(), world_of(1), k_later);
  CHECK(out.score == 84 * k_point);
  CHECK(out.fit == -50 * k_point);
  CHECK(out.grade == 'C');
  CHECK(out.status == "MQL");
  CHECK(out.scale == 30 * k_point + 4 * k_point);
}

TEST_CASE("a download after a click on the same target: the larger of the two") {
  constexpr Seconds k_minute = 60;
  auto world = world_of(2);
  for (auto& campaign : world.campaigns) { // link n is the same target in both
    campaign.link_ids.resize(22);
    std::iota(campaign.link_ids.begin(), campaign.link_ids.end(), 0U);
  }
  struct Case {
    LinkNumber clicked, downloaded;
    Seconds after; // the download after the click
    Points expected;
  };
  for (const auto& row : {
           Case{k_mofu, k_mofu, 10 * k_minute, 8},      // not 4 + 8
           Case{k_mofu, k_mofu, 0, 8},                  // in the same second
           Case{k_bofu, k_bofu, 30 * k_minute, 20},     // the click is worth more
           Case{k_mofu, k_mofu, 30 * k_minute + 1, 12}, // too late
           Case{k_mofu, k_mofu, -1, 12},                // a click after the download
           Case{k_mofu, k_mofu + 3, 10 * k_minute, 12}, // another target
       }) {
    TestSource source;
    source.add(1, EventKind::click, k_start + k_day, row.clicked);
    source.add(2, EventKind::download, k_start + k_day + row.after,
               row.downloaded); // of another mailing
    CAPTURE(row.after);
    CHECK(score(source, default_rules(), world, k_start + 60 * k_day).score ==
          row.expected * k_point);
  }
  TestSource twice; // one click can't be used by two downloads; the second repeat gives nothing
  twice.add(1, EventKind::click, k_start + k_day, k_mofu);
  twice.add(1, EventKind::download, k_start + k_day + 60, k_mofu);
  twice.add(2, EventKind::download, k_start + k_day + 90, k_mofu);
  CHECK(score(twice, default_rules(), world, k_start + 60 * k_day).score == (8 + 8) * k_point);
}

TEST_CASE("forms: those behind a BOFU link are contact forms") {
  const auto world = world_of(1);
  TestSource source;
  source.add(1, EventKind::form, k_start + k_day, k_mofu);
  CHECK(score(source, default_rules(), world, k_start + 60 * k_day).score == 10 * k_point);
  source.add(1, EventKind::form, k_start + k_day, k_bofu);
  CHECK(score(source, default_rules(), world, k_start + 60 * k_day).score == 30 * k_point);
}

TEST_CASE("non-opens in their simple form: window, floor, late opens, machine opens") {
  const auto world = world_of(14);
  auto rules = seed_rules();
  rules.scoring.measurable = Measurable::simple;
  const auto sent = [&](TestSource& source, CampaignId mailing) {
    source.add(mailing, EventKind::delivered, world.campaigns[mailing - 1].time);
  };
  SUBCASE("delivered and silent costs one point a mailing, after seven days") {
    TestSource source;
    sent(source, 1);
    CHECK(score(source, rules, world, k_start + 7 * k_day - 1).score == 0);
    CHECK(score(source, rules, world, k_start + 7 * k_day).score == -1 * k_point);
  }
  SUBCASE("an open of any sort, or a click, even late, takes it away") {
    TestSource opened;
    sent(opened, 1);
    opened.add(1, EventKind::open, k_start + 30 * k_day, 0, evidence::privacy_proxy);
    CHECK(score(opened, rules, world, k_start + 29 * k_day).score == -1 * k_point);
    CHECK(score(opened, rules, world, k_later).score == 0);
    TestSource clicked;
    sent(clicked, 1);
    clicked.add(1, EventKind::click, k_start + 9 * k_day, k_tofu);
    CHECK(score(clicked, rules, world, k_later).score == 2 * k_point);
  }
  SUBCASE("not below -10 in all, with a line of its own for what was cut") {
    TestSource source;
    for (CampaignId mailing = 1; mailing <= 14; ++mailing) {
      sent(source, mailing);
    }
    const auto out = score(source, rules, world, k_later);
    CHECK(out.score == -10 * k_point);
    CHECK(out.ledger.lines.back().rule == "non_open floor");
    CHECK(out.ledger.lines.back().points == 4 * k_point);
  }
  SUBCASE("mails that name no mailing are never a non-open") {
    auto nameless = world;
    nameless.campaigns[0].named = false;
    TestSource source;
    sent(source, 1);
    CHECK(score(source, rules, nameless, k_later).score == 0);
  }
  SUBCASE("where a source tells no deliveries, sent and not bounced is delivered") {
    auto silent = world;
    silent.campaigns[0].delivery_events = silent.campaigns[1].delivery_events = false;
    TestSource source;
    source.add(1, EventKind::sent, k_start);
    source.add(2, EventKind::sent, k_start);
    source.add(2, EventKind::bounce, k_start + 5, 0,
               pack_bounce(BounceClass::soft, BounceReason::mailbox_full));
    CHECK(score(source, rules, silent, k_later).score == -1 * k_point);
  }
  SUBCASE("a family of two mailings is one") {
    auto family = world;
    family.families = {{0, 1}};
    TestSource source;
    sent(source, 1);
    sent(source, 2);
    CHECK(score(source, rules, family, k_later).score == -1 * k_point);
    source.add(2, EventKind::open, k_start + 20 * k_day);
    CHECK(score(source, rules, family, k_later).score == 0);
  }
}

TEST_CASE("non-opens in their simple form: of a mailing to all, and of one to few") {
  constexpr std::uint32_t k_people = 300;
  const auto world = world_of(3);
  auto rules = seed_rules();
  rules.scoring.measurable = Measurable::simple;
  TestSource source(k_people);
  std::mt19937 random(20261130); // NOLINT: the same every time
  std::vector<std::uint16_t> received(k_people), silent(k_people), in_a_row(k_people);
  for (std::uint32_t person = 0; person < k_people; ++person) {
    for (CampaignId mailing = 1; mailing <= 3; ++mailing) {
      if (mailing == 2 && person % 60 != 7) { // few: not all people are gone through for them
        continue;
      }
      const auto at = k_start + (mailing - 1) * 14 * k_day;
      source.add_of(person, mailing, EventKind::delivered, at);
      ++received[person];
      const auto what = random() % 4;
      if (what == 0) { // by a person
        source.add_of(person, mailing, EventKind::open, at + k_day);
        in_a_row[person] = 0;
      } else if (what == 1) { // by a machine of his mail provider: neither
        source.add_of(person, mailing, EventKind::open, at + 5, 0, evidence::privacy_proxy);
      } else {
        ++silent[person];
        ++in_a_row[person];
      }
    }
  }
  ChunkScores scores, with_ledger;
  const Scorer scorer(rules, world, k_later);
  scorer.score(source, nullptr, scores);
  Ledger ledger;
  scorer.score(source, nullptr, with_ledger, &ledger);
  CHECK(scores.score == with_ledger.score);
  CHECK(with_ledger.non_opens_in_a_row == in_a_row);
  CHECK(scores.received == received);
  CHECK(scores.non_opens == silent);
  CHECK(scores.non_opens_in_a_row == in_a_row);
}

TEST_CASE("worked example 11: leaving costs once and suppresses, whatever the status") {
  TestSource source;
  clicks(source, 0, 4, 4); // 96
  source.add(1, EventKind::unsubscribe, k_start + 10 * k_day);
  source.add(1, EventKind::unsubscribe, k_start + 11 * k_day);
  const auto out = score(source, seed_rules(), world_of(1), k_later);
  CHECK(out.score == 76 * k_point);
  CHECK(out.suppressed == suppressed_by::unsubscribed);
  CHECK(score(source, seed_rules(), world_of(1), k_start + 5 * k_day).suppressed ==
        0); // as-of before it
}

TEST_CASE("only a later opt-in with proof lifts an unsubscribe; nothing lifts a complaint") {
  constexpr std::uint16_t k_proof = 1;
  const auto world = world_of(1);
  TestSource source;
  source.add(1, EventKind::unsubscribe, k_start + 10);
  source.add(1, EventKind::resubscribe, k_start + 20);
  CHECK(score(source, seed_rules(), world, k_later).suppressed ==
        suppressed_by::unsubscribed); // no proof
  source.add(1, EventKind::resubscribe, k_start + 10, 0, 0, k_proof);
  CHECK(score(source, seed_rules(), world, k_later).suppressed ==
        suppressed_by::unsubscribed); // a tie: suppressed
  source.add(1, EventKind::resubscribe, k_start + 30, 0, 0, k_proof);
  CHECK(score(source, seed_rules(), world, k_later).suppressed == 0);
  CHECK(score(source, seed_rules(), world, k_later).score == -20 * k_point);
  source.add(1, EventKind::unsubscribe, k_start + 40); // leaving again costs again
  CHECK(score(source, seed_rules(), world, k_later).score == -40 * k_point);
  TestSource complained;
  complained.add(1, EventKind::complaint, k_start + 10);
  complained.add(1, EventKind::resubscribe, k_start + 30, 0, 0, k_proof);
  const auto out = score(complained, seed_rules(), world_of(1), k_later);
  CHECK(out.score == -50 * k_point);
  CHECK(out.suppressed == suppressed_by::complaint);
}

TEST_CASE("worked example 12: the cuts, to the thousandth") {
  const Levels levels;
  struct Row {
    Points score;
    int level;
  };
  for (const auto& row : {Row{19'999, 3}, Row{20'000, 2}, Row{80'000, 2}, Row{80'001, 1}}) {
    CAPTURE(row.score);
    std::vector<std::uint8_t> level;
    levels.levels_of({row.score}, level);
    CHECK(level == std::vector<std::uint8_t>{static_cast<std::uint8_t>(row.level)});
  }
}

TEST_CASE("a machine's click changes nothing, its unsubscribe is honoured without points") {
  TestSource source;
  source.add(1, EventKind::click, k_start + 5, k_bofu, evidence::crawler_agent);
  CHECK(score(source, seed_rules(), world_of(1), k_later).score == 0);
  source.add(1, EventKind::unsubscribe, k_start + 6, 0, evidence::crawler_agent);
  const auto out = score(source, seed_rules(), world_of(1), k_later);
  CHECK(out.score == 0);
  CHECK(out.suppressed == suppressed_by::unsubscribed);
}

TEST_CASE("repeat rules") {
  TestSource source;
  source.add(1, EventKind::click, k_start + 5, k_tofu);
  source.add(1, EventKind::click, k_start + 6, k_bofu);
  source.add(1, EventKind::click, k_start + 7, k_bofu);
  source.add(2, EventKind::click, k_start + 8, k_bofu);
  auto rules = seed_rules();
  CHECK(score(source, rules, world_of(2), k_later).score == 42 * k_point);
  rules.scoring.repeat = Repeat::once_per_mailing;
  CHECK(score(source, rules, world_of(2), k_later).score == 40 * k_point);
  rules.scoring.repeat = Repeat::every;
  CHECK(score(source, rules, world_of(2), k_later).score == 62 * k_point);
}

TEST_CASE("the status by the scale") {
  auto rules = seed_rules();
  rules.status.model = StatusModel::scale;
  for (const auto& [bofu, status] :
       {std::pair{0, "prospect"}, std::pair{1, "MQL"}, std::pair{4, "MQL"}, std::pair{5, "SQL"},
        std::pair{6, "SQL"}}) {
    CAPTURE(bofu);
    TestSource source;
    clicks(source, 0, 0, bofu);
    const auto out = score(source, rules, world_of(1), k_later);
    CHECK(out.scale == std::min(bofu * 20, 100) * k_point);
    CHECK(out.status == status);
    CHECK(out.scale_status == status);
  }
}

TEST_CASE("mails, and clicks by stage, are counted") {
  TestSource source;
  source.add(1, EventKind::delivered, k_start);
  source.add(2, EventKind::delivered, k_start);
  for (const auto link : {k_tofu, k_mofu, LinkNumber{5}, k_bofu, LinkNumber{6}, LinkNumber{9}}) {
    source.add(1, EventKind::click, k_start + 3600 * link, link);
  }
  source.add(1, EventKind::click, k_start + 60, 0);
  const auto world = world_of(2);
  auto rules = seed_rules();
  rules.tagging.untagged_is_tofu = false;
  const Scorer scorer(rules, world, k_later);
  ChunkScores scores;
  scorer.score(source, nullptr, scores);
  CHECK(scores.received[0] == 2);
  CHECK(scores.clicks_tofu[0] == 1);
  CHECK(scores.clicks_mofu[0] == 2);
  CHECK(scores.clicks_bofu[0] == 3);
}

TEST_CASE("the phase: of the last 90 days, to the second, on links that have a stage") {
  auto world = world_of(1);
  world.campaigns[0].stages[0] = static_cast<std::uint8_t>(Stage::none);
  auto rules = seed_rules();
  rules.tagging.untagged_is_tofu = true;
  const auto phase = [&](LinkNumber link, Seconds ago) {
    TestSource source;
    source.add(1, EventKind::click, k_later - ago, link);
    const Scorer scorer(rules, world, k_later);
    ChunkScores scores;
    scorer.score(source, nullptr, scores);
    return static_cast<Stage>(scores.phase[0]);
  };
  CHECK(phase(k_tofu, 90 * k_day) == Stage::none);
  CHECK(phase(k_tofu, 90 * k_day - 1) == Stage::tofu);
  CHECK(phase(k_bofu, 1) == Stage::bofu);
  CHECK(phase(0, 1) == Stage::none);
  world.campaigns[0].stages[0] = static_cast<std::uint8_t>(Stage::untagged);
  CHECK(phase(0, 1) == Stage::none); // assumed TOFU
}

TEST_CASE("clicks on no known link, pages and forms without a sign of who did it") {
  TestSource source;
  auto rules = seed_rules();
  rules.tagging.untagged_is_tofu = false;
  source.add(1, EventKind::click, k_start + 60, 0);
  CHECK(score(source, rules, world_of(1), k_later).score == 0);
  source.add(1, EventKind::page, k_start + 60, 0, 0);
  source.add(1, EventKind::form, k_start + 60, 0, 0);
  CHECK(score(source, rules, world_of(1), k_later).score == (1 + 10) * k_point);
}

TEST_CASE("leaving: what the ledger says of points, and of none") {
  TestSource source;
  source.add(1, EventKind::bounce, k_start + 5, 0,
             pack_bounce(BounceClass::soft, BounceReason::mailbox_full));
  CHECK(score(source, seed_rules(), world_of(1), k_later).suppressed == 0);
  source.add(1, EventKind::unsubscribe, k_start + 10);
  source.add(1, EventKind::unsubscribe, k_start + 20);
  source.add(1, EventKind::bounce, k_start + 40, 0,
             pack_bounce(BounceClass::hard, BounceReason::user_unknown));
  const auto out = score(source, seed_rules(), world_of(1), k_later);
  CHECK(out.suppressed == (suppressed_by::unsubscribed | suppressed_by::hard_bounce));
  std::vector<std::string> notes;
  for (const auto& line : out.ledger.lines) {
    notes.push_back(line.rule + ": " + line.note);
  }
  CHECK(notes == std::vector<std::string>{"soft_bounce: ", "unsubscribe: ",
                                          "unsubscribe: counts once", "hard_bounce: "});
}

TEST_CASE(
    "how many people each status rule decided on: the first that matches, overrides above all") {
  TestSource source(3);
  source.add_of(0, 1, EventKind::click, k_start + 5, k_bofu);
  source.add_of(1, 1, EventKind::click, k_start + 5, k_mofu);
  auto rules = seed_rules();
  rules.status.model = StatusModel::rules;
  rules.status.rules = {{"", parse_expression("score >= 20").expression, "hot"},
                        {"", parse_expression("score >= 4").expression, "warm"}};
  rules.status.overrides = {{"", parse_expression("score = 9").expression, "hot"},
                            {"", parse_expression("score <= 4").expression, "cold"}};
  const auto world = world_of(1);
  const Scorer scorer(rules, world, k_later);
  ChunkScores scores;
  RuleHits hits, all;
  scorer.score(source, nullptr, scores, nullptr, &hits);
  scorer.judge_status(source, scores, &hits);
  std::vector<std::string> statuses;
  for (const auto status : scores.status) {
    statuses.push_back(scorer.statuses()[status]);
  }
  CHECK(statuses == std::vector<std::string>{"hot", "cold", "cold"});
  CHECK(scores.override_rule == std::vector<std::uint8_t>{0, 2, 2}); // counted from 1
  CHECK(hits.status == std::vector<std::uint64_t>{1, 1});
  CHECK(hits.overrides == std::vector<std::uint64_t>{0, 2});
  hits.fit.assign(1, 5);
  all.add(hits);
  all.add(hits);
  CHECK(all.fit == std::vector<std::uint64_t>{10});
  CHECK(all.status == std::vector<std::uint64_t>{2, 2});
  CHECK(all.overrides == std::vector<std::uint64_t>{0, 4});
}

TEST_CASE("once a mailing: the click worth most is chosen before the caps") {
  TestSource source;
  source.add(1, EventKind::click, k_start + 5, k_bofu);
  source.add(2, EventKind::click, k_start + 6, k_mofu);
  auto rules = seed_rules();
  rules.scoring.repeat = Repeat::once_per_mailing;
  rules.scoring.caps[static_cast<std::size_t>(PointGroup::bofu)] = 20 * k_point;
  CHECK(score(source, rules, world_of(2), k_later).score == 24 * k_point);
  source.add(2, EventKind::click, k_start + 7, k_bofu); // takes the place of the MOFU click
  CHECK(score(source, rules, world_of(2), k_later).score == 20 * k_point);
}

/// Rules of every kind: profiles, fair and simple, with odd caps and a short half-life.
std::vector<Rules> many_rules() {
  std::vector<Rules> all(5, seed_rules());
  all[1].scoring.measurable = Measurable::simple;
  all[2].scoring = *profile_rules("standard");
  all[3].scoring = *profile_rules("standard");
  all[3].scoring.measurable = Measurable::simple;
  all[3].scoring.repeat = Repeat::once_per_mailing;
  all[4].scoring = *profile_rules("standard");
  all[4].scoring.half_life = 7;
  all[4].scoring.caps = {3 * k_point, {}, 25 * k_point, 2 * k_point, 0, 9 * k_point};
  all[4].scoring.non_open_floor = -2 * k_point;
  all[4].scoring.repeat = Repeat::every;
  for (auto& rules : all) {
    rules.robots.timing = false; // what holds, holds with the verdicts on all others as they are
  }
  return all;
}

struct RandomEvent {
  CampaignId mailing;
  EventKind kind;
  Seconds time;
  LinkNumber link;
  std::uint16_t bits;
};

RandomEvent random_event(std::mt19937& random) {
  constexpr EventKind k_kinds[] = {
      EventKind::delivered, EventKind::delivered,   EventKind::open,      EventKind::open,
      EventKind::click,     EventKind::click,       EventKind::reply,     EventKind::unsubscribe,
      EventKind::complaint, EventKind::bounce,      EventKind::page,      EventKind::download,
      EventKind::form,      EventKind::resubscribe, EventKind::conversion};
  RandomEvent event{};
  event.mailing = static_cast<CampaignId>(random() % 6 + 1);
  event.kind = k_kinds[random() % std::size(k_kinds)];
  event.time = k_start + static_cast<Seconds>(random() % (150 * 86'400));
  const bool link = event.kind == EventKind::click || event.kind == EventKind::download ||
                    event.kind == EventKind::form;
  event.link = static_cast<LinkNumber>(link ? random() % 22 : 0);
  event.bits = event.kind == EventKind::bounce
                   ? pack_bounce(BounceClass::hard, BounceReason::user_unknown)
               : random() % 4 == 0 ? evidence::privacy_proxy
               : random() % 9 == 0 ? std::uint16_t{0}
                                   : evidence::agent_seen;
  return event;
}

void add(TestSource& source, const RandomEvent& event) {
  source.add(event.mailing, event.kind, event.time, event.link, event.bits,
             event.kind == EventKind::resubscribe ? event.time & 1 : 0);
}

bool reaches_a_cap(const Outcome& out) {
  return std::any_of(out.ledger.lines.begin(), out.ledger.lines.end(),
                     [](const Contribution& line) { return line.rule.ends_with(" cap"); });
}

/// Ledger = score, order and repetition do not matter, as-of sees no future, a human click or act
/// never lowers the score (but where one click a mailing counts and a cap is reached:
/// docs/scoring.md), a machine changes nothing, a proxy open takes at most a penalty away.
void check_invariants(std::uint32_t seed) {
  std::mt19937 random(seed); // NOLINT: the same histories every time
  auto world = world_of(6);
  world.covered = {{{0, k_start + 40 * k_day}, {k_start + 60 * k_day, k_later}}};
  const auto rule_sets = many_rules();
#ifdef __SANITIZE_ADDRESS__
  constexpr std::size_t k_histories = 5'000;
#else
  constexpr std::size_t k_histories = 50'000;
#endif
  const auto rounds = k_histories / rule_sets.size() + 1;
  for (const auto& rules : rule_sets) {
    for (std::size_t round = 0; round < rounds; ++round) {
      std::vector<RandomEvent> events(random() % 40);
      TestSource source;
      for (auto& event : events) {
        add(source, event = random_event(random));
      }
      const auto as_of = k_start + static_cast<Seconds>(random() % (160 * 86'400));
      const auto before = score(source, rules, world, as_of); // the ledger is looked at in there
      TestSource shuffled;
      std::shuffle(events.begin(), events.end(), random);
      for (const auto& event : events) {
        add(shuffled, event);
      }
      const auto same = score(shuffled, rules, world, as_of);
      CHECK(same.score == before.score);
      CHECK(same.suppressed == before.suppressed);

      auto machine = source;
      machine.add(random_event(random).mailing, EventKind::click, as_of - 5, k_bofu,
                  evidence::crawler_agent);
      if (rules.scoring.measurable == Measurable::fair) { // simple: an open of any sort counts
        machine.add(random_event(random).mailing, EventKind::open, as_of - 5, 0,
                    evidence::crawler_agent);
      }
      // With the verdicts of all others held: an unsubscribe next to it would become the machine's.
      const bool beside = std::any_of(events.begin(), events.end(), [as_of](const auto& one) {
        return one.kind == EventKind::unsubscribe && std::abs(one.time - (as_of - 5)) <= 10;
      });
      if (!beside) {
        CHECK(score(machine, rules, world, as_of).score == before.score);
      }

      auto proxy = source;
      const auto event = random_event(random);
      proxy.add(event.mailing, EventKind::open, event.time, 0, evidence::privacy_proxy);
      CHECK(score(proxy, rules, world, as_of).score >= before.score);

      auto clicked = source;
      clicked.add(random_event(random).mailing, EventKind::click, as_of - 10,
                  static_cast<LinkNumber>(random() % 21 + 1));
      const auto with_click = score(clicked, rules, world, as_of);
      const auto better = with_click.score;
      CHECK((better >= before.score ||
             (rules.scoring.repeat == Repeat::once_per_mailing && reaches_a_cap(with_click))));
      auto acted = source;
      constexpr EventKind k_acts[] = {EventKind::form,       EventKind::download,
                                      EventKind::conversion, EventKind::webinar,
                                      EventKind::signup,     EventKind::page};
      acted.add(event.mailing, k_acts[random() % std::size(k_acts)], as_of - 20,
                static_cast<LinkNumber>(random() % 21 + 1));
      CHECK(score(acted, rules, world, as_of).score >= before.score);
      clicked.add(1, EventKind::click, as_of + 10, k_bofu); // after the moment: not there
      clicked.add(2, EventKind::open, as_of + 1);
      CHECK(score(clicked, rules, world, as_of).score == better);
    }
  }
}

// Each takes long; CTest runs them beside each other (tests/CMakeLists.txt).
TEST_CASE("invariants over random histories 1") {
  check_invariants(20260331);
}
TEST_CASE("invariants over random histories 2") {
  check_invariants(20260332);
}

} // namespace
} // namespace mailfunnel
