#include "app/run_block.hpp"

#include "base/result.hpp"

#include <doctest/doctest.h>

using namespace mailfunnel;

namespace {

/// Every other recipient has `one` points, the rest `other`; small columns of every width.
ChunkScores scores_of(std::size_t people, Points one, Points other) {
  ChunkScores scores;
  scores.resize(people);
  for (std::size_t r = 0; r < people; ++r) {
    scores.score[r] = r % 2 == 0 ? one : other;
    scores.fit[r] = static_cast<Points>(r % 7) * 1000 - 3000;
    scores.fit_known[r] = 1;
    scores.status[r] = static_cast<std::uint8_t>(r % 3);
    scores.suppressed[r] = r % 11 == 0 ? 0xFF : 0;
    scores.received[r] = static_cast<std::uint16_t>(r);
    scores.opens[r] = 0xFFFF;
  }
  return scores;
}

} // namespace

TEST_CASE("a run's scores come back as they were") {
  struct Row {
    const char* name;
    std::size_t people;
    Points one, other;
  };
  const auto rules = default_rules();
  const World world;
  const Scorer scorer(rules, world, 0);
  for (const auto& row :
       {Row{"nobody", 0, 0, 0}, Row{"one person", 1, -1, 0}, Row{"all alike", 100, 7, 7},
        Row{"whole points", 1000, -3000, 52'000}, Row{"whole points, but not from 0", 9, 1, 5001},
        Row{"parts of points", 1000, -1, 1}, Row{"one bit short of a word", 77, 0, 0xFFFF'FFFF},
        Row{"more than a word", 77, 0, 0x1'0000'0001},
        Row{"all there is", 3, INT64_MIN, INT64_MAX}}) {
    CAPTURE(row.name);
    const auto scores = scores_of(row.people, row.one, row.other);
    ChunkScores back;
    unpack_scores(pack_scores(scores), scorer, back);
    CHECK(back.score == scores.score);
    CHECK(back.fit == scores.fit);
    CHECK(back.fit_known == scores.fit_known);
    CHECK(back.status == scores.status);
    CHECK(back.suppressed == scores.suppressed);
    CHECK(back.received == scores.received);
    CHECK(back.opens == scores.opens);
    CHECK(back.last_click == std::vector<std::uint32_t>(row.people));
  }
}

TEST_CASE("a run's scores: only what is wanted is there") {
  const auto rules = default_rules();
  const World world;
  const Scorer scorer(rules, world, 0);
  const auto scores = scores_of(100, -3000, 52'000);
  ChunkScores all, some;
  unpack_scores(pack_scores(scores), scorer, all);
  some = all; // what was there before goes
  unpack_scores(pack_scores(scores), scorer, some, {ScoreColumns::grade, ScoreColumns::received});
  CHECK(some.size() == 100);
  CHECK(some.grade == all.grade);
  CHECK(some.received == scores.received);
  CHECK(some.opens.empty());
  CHECK(some.level.empty());
  CHECK(some.scale.empty());
  CHECK(some.last_click.empty());
  unpack_scores(pack_scores(scores), scorer, some, {ScoreColumns::scale, ScoreColumns::level});
  CHECK(some.scale == all.scale);
  CHECK(some.level == all.level);
  CHECK(some.grade.empty());
}

TEST_CASE("a run's scores: damage is seen at any byte, and at any end") {
  const auto rules = default_rules();
  const World world;
  const Scorer scorer(rules, world, 0);
  const auto good = pack_scores(scores_of(50, -7, 1234));
  ChunkScores back;
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    CHECK_THROWS_AS(unpack_scores(bad, scorer, back), Failure);
    CHECK_THROWS_AS(unpack_scores(good.substr(0, i), scorer, back), Failure);
  }
}
