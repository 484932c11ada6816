// Profile standard: points that fade, caps, implied opens; and the table behind the fading.

#include "funnel/decay.hpp"
#include "scoring_world.hpp"

namespace mailfunnel {
namespace {

Rules standard_rules() {
  auto rules = seed_rules();
  rules.scoring = *profile_rules("standard");
  rules.levels.engagement = {k_standard_cuts.begin(), k_standard_cuts.end()};
  return rules;
}

TEST_CASE("the check values of fading: 20 points with a half-life of 90 days") {
  const Decay decay(90, k_start + 400 * k_day);
  struct Row {
    std::uint32_t days;
    Points worth;
  };
  for (const auto& row : {Row{0, 20'000}, Row{30, 15'874}, Row{45, 14'142}, Row{90, 10'000},
                          Row{180, 5'000}, Row{365, 1'203}}) {
    CAPTURE(row.days);
    const auto time = static_cast<std::uint32_t>(k_start + (400 - row.days) * k_day);
    CHECK(decay.worth(20 * k_point, time) == row.worth);
    CHECK(decay.worth(-20 * k_point, time) == -row.worth);        // half away from zero, both ways
    CHECK(decay.worth(20 * k_point, time - 86'399) == row.worth); // by whole days
  }
}

TEST_CASE("factors: exact at whole half-lives, falling, and off") {
  constexpr auto k_one = std::uint64_t{1} << 32;
  for (const std::uint32_t half_life : {1U, 7U, 90U, 365U, 3650U}) {
    CAPTURE(half_life);
    CHECK(Decay::factor(0, half_life) == k_one);
    CHECK(Decay::factor(half_life, half_life) == k_one / 2);
    CHECK(Decay::factor(5 * half_life, half_life) == k_one / 32);
    for (std::uint32_t day = 1; day < 4 * half_life; ++day) {
      CHECK(Decay::factor(day, half_life) <= Decay::factor(day - 1, half_life));
    }
  }
  const Decay off(0, k_start);
  CHECK(off.off());
  CHECK(off.worth(1234, 1) == 1234);
  CHECK(Decay(1, k_start).worth(1'000'000 * k_point, 1) == 0); // long ago
}

TEST_CASE("worked example 10: three clicks of different age, each with its implied open") {
  const auto as_of = k_start + 100 * k_day;
  TestSource source;
  source.add(1, EventKind::click, as_of - 90 * k_day, k_bofu);
  source.add(2, EventKind::click, as_of - 45 * k_day, k_mofu);
  source.add(3, EventKind::click, as_of, k_tofu);
  const auto out = score(source, standard_rules(), world_of(3), as_of);
  CHECK(out.score == 10'000 + 500 + 2'828 + 707 + 2'000 + 1'000);
  CHECK(out.level == 2);
}

TEST_CASE("of repeats the one that is worth most now counts") {
  const auto as_of = k_start + 100 * k_day;
  TestSource source;
  source.add(1, EventKind::click, as_of - 90 * k_day, k_bofu);
  source.add(1, EventKind::click, as_of - 1, k_bofu);
  source.add(1, EventKind::open, as_of - 80 * k_day);
  auto rules = standard_rules();
  CHECK(score(source, rules, world_of(1), as_of).score == 20 * k_point + 1 * k_point);
  CHECK(score(source, rules, world_of(1), as_of - 2).score ==
        score(source, rules, world_of(1), as_of - k_day).score); // as it was before the second
  rules.scoring.half_life = 0; // all the same: the first counts, and the real open
  const auto out = score(source, rules, world_of(1), as_of);
  CHECK(out.score == 21 * k_point);
  for (const auto& line : out.ledger.lines) {
    CHECK((line.points == 0 || line.rule == "open" || line.time == as_of - 90 * k_day));
  }
}

TEST_CASE("of many repeats too: the last where points fade, else the first") {
  for (const int count : {3, 40}) {
    for (const std::uint32_t half_life : {0U, 30U}) {
      CAPTURE(count);
      CAPTURE(half_life);
      TestSource source;
      for (int i = 0; i < count; ++i) {
        source.add(1, EventKind::click, k_start + i * k_day, k_bofu);
        source.add(1, EventKind::click, k_start + i * k_day + 3600, k_mofu);
      }
      auto rules = standard_rules();
      rules.scoring.half_life = half_life;
      const auto last = k_start + (count - 1) * k_day;
      const auto out = score(source, rules, world_of(1), last + 7200);
      CHECK(out.score == (20 + 4 + 1) * k_point);
      for (const auto& line : out.ledger.lines) {
        const bool wanted = line.kind == EventKind::click &&
                            line.time - (half_life == 0 ? k_start : last) <= 3600 &&
                            line.time >= (half_life == 0 ? k_start : last);
        CHECK((line.kind != EventKind::click || (line.points != 0) == wanted));
      }
    }
  }
}

TEST_CASE("a ledger of sums alone sums what the lines do") {
  TestSource source;
  for (LinkNumber link = 1; link <= 21; ++link) {
    source.add(1, EventKind::click, k_start + 3600 * link, link);
  }
  for (CampaignId mail = 1; mail <= 6; ++mail) {
    source.add(mail, EventKind::delivered, k_start + (mail - 1) * 14 * k_day);
  }
  source.add(2, EventKind::open, k_start + 15 * k_day);
  source.add(3, EventKind::form, k_start + 30 * k_day);
  source.add(3, EventKind::unsubscribe, k_start + 85 * k_day);
  const auto rules = standard_rules();
  const auto world = world_of(6);
  const auto lines = score(source, rules, world, k_start + 90 * k_day).ledger.lines;
  const auto has = [&](std::string_view rule) {
    return std::any_of(lines.begin(), lines.end(), [&](const Contribution& line) {
      return line.rule == rule && line.points != 0;
    });
  };
  for (const std::string rule : {"open", "implied open", "non_open", "BOFU cap", "form"}) {
    CAPTURE(rule);
    CHECK(has(rule));
  }
  const Scorer scorer(rules, world, k_start + 90 * k_day);
  ChunkScores scores;
  Ledger sums;
  sums.only_sums = true;
  scorer.score(source, nullptr, scores, &sums);
  CHECK(sums.lines.empty());
  CHECK(sums.sums == scores.score);
}

TEST_CASE("caps cut the sum of a group, with a line of their own") {
  TestSource source;
  for (LinkNumber link = 1; link <= 21; ++link) { // 7 of each stage: 14, 28, 140
    source.add(1, EventKind::click, k_start + 3600 * link, link);
  }
  auto rules = standard_rules();
  rules.scoring.half_life = 0;
  const auto out = score(source, rules, world_of(1), k_start + k_day);
  CHECK(out.score == (10 + 20 + 60 + 1) * k_point);
  int lines = 0;
  for (const auto& line : out.ledger.lines) {
    if (line.rule.ends_with(" cap")) {
      ++lines;
      CHECK(line.kind == EventKind::unknown); // of no event
      CHECK(line.campaign == 0);
      CHECK(line.link == 0);
    }
  }
  CHECK(lines == 3);
  for (const auto kind : {EventKind::page, EventKind::download}) {
    TestSource many;
    for (int day = 0; day < 30; ++day) {
      many.add(1, kind, k_start + day * k_day, k_tofu);
    }
    CHECK(score(many, rules, world_of(1), k_start + 40 * k_day).score ==
          (kind == EventKind::page ? 10 : 40) * k_point);
  }
}

TEST_CASE("negative points fade too, and leaving has no cap") {
  const auto as_of = k_start + 100 * k_day;
  TestSource source;
  source.add(1, EventKind::complaint, as_of - 90 * k_day);
  source.add(1, EventKind::unsubscribe, as_of - 90 * k_day);
  CHECK(score(source, standard_rules(), world_of(1), as_of).score == -35 * k_point);
}

} // namespace
} // namespace mailfunnel
