// Fit points: of whom, of when, of what; the same with a ledger and without.

#include "scoring_world.hpp"

namespace mailfunnel {
namespace {

FitRule rule(std::string name, std::string attribute, Points points) {
  FitRule out;
  out.name = std::move(name);
  out.attribute = std::move(attribute);
  out.points = points * k_point;
  return out;
}

/// Everybody's fit at the moment, in points.
std::vector<Points> fits(TestSource& source, const std::vector<FitRule>& rules, Seconds as_of) {
  FitRules fit;
  fit.rules = rules;
  ChunkScores scores, with_ledger;
  scores.resize(source.size());
  with_ledger.resize(source.size());
  FitMemory memory;
  score_fit(fit, source, as_of, scores, memory, nullptr);
  Ledger ledger;
  ledger.only_sums = true;
  score_fit(fit, source, as_of, with_ledger, memory, &ledger);
  CHECK(scores.fit == with_ledger.fit);
  CHECK(scores.fit == ledger.fit_sums);
  CHECK(scores.fit_known == with_ledger.fit_known);
  for (auto& points : scores.fit) {
    points /= k_point;
  }
  return scores.fit;
}

TEST_CASE("fit: the last statement that holds at the moment, to the second") {
  TestSource source;
  source.set("size", "10", 0, 1000);
  source.set("size", "20", 0, 2000);
  source.set("size", "30", 0, 3000);
  auto small = rule("small", "size", 1), middle = rule("middle", "size", 2),
       large = rule("large", "size", 3);
  small.max = 10;
  middle.min = 11;
  middle.max = 20;
  large.min = 21;
  for (const auto& [as_of, points] :
       {std::pair{999, 0}, std::pair{1000, 1}, std::pair{1999, 1}, std::pair{2000, 2},
        std::pair{2999, 2}, std::pair{3000, 3}, std::pair{9000, 3}}) {
    CAPTURE(as_of);
    CHECK(fits(source, {small, middle, large}, as_of) == std::vector<Points>{points});
  }
}

TEST_CASE("fit: people beyond the first 512, whose values are others") {
  TestSource source(1200);
  source.set("country", "BE", 3);
  source.set("country", "NL", 515);
  source.set("country", "FR", 516);
  source.set("country", "BE", 1199);
  auto belgium = rule("Belgium", "country", 4), france = rule("France", "country", 2);
  belgium.equals = {"BE"};
  france.equals = {"FR"};
  std::vector<Points> expected(1200);
  expected[3] = expected[1199] = 4;
  expected[516] = 2;
  CHECK(fits(source, {belgium, france}, k_later) == expected);
}

TEST_CASE("fit: a block in which nobody has the attribute") {
  TestSource source(600);
  source.set("country", "BE", 3);
  auto belgium = rule("Belgium", "country", 4);
  belgium.equals = {"BE"};
  std::vector<Points> expected(600);
  expected[3] = 4;
  CHECK(fits(source, {belgium}, k_later) == expected);
}

TEST_CASE("fit: many groups, each counted once") {
  TestSource source(512);
  source.set("a", "x", 0);
  source.set("a", "x", 511);
  std::vector<FitRule> rules;
  for (int i = 0; i < 70; ++i) {
    for (const auto points : {i < 20 ? 1 : 0, 7}) {
      auto& one = rules.emplace_back(rule("", "a", points));
      one.equals = {"x"};
      one.group = std::to_string(i);
    }
  }
  std::vector<Points> expected(512);
  expected[0] = expected[511] = 20;
  CHECK(fits(source, rules, 0) == expected);
}

TEST_CASE("fit: address and domain are attributes that make nobody known") {
  TestSource source; // ann@example.com
  auto domain = rule("ours", "domain", 5), email = rule("Ann", "email", 7);
  domain.equals = {"example.com"};
  email.contains = {"ann@"};
  CHECK(fits(source, {domain}, 0) == std::vector<Points>{5});
  CHECK(fits(source, {email}, 0) == std::vector<Points>{7});
  domain.contains = {"ann"};
  domain.equals.clear();
  CHECK(fits(source, {domain}, 0) == std::vector<Points>{0});
  ChunkScores scores;
  scores.resize(1);
  FitMemory memory;
  FitRules fit;
  fit.rules = {email};
  score_fit(fit, source, 0, scores, memory, nullptr);
  CHECK(scores.fit_known[0] == 0);
}

TEST_CASE("fit: of a group the first that matches counts, also where it asks for two attributes") {
  TestSource source;
  source.set("title", "Manager");
  source.set("country", "BE");
  auto manager = rule("manager", "title", 8), belgium = rule("Belgium", "country", 4),
       other = rule("other", "title", 1);
  manager.words = {"manager"};
  belgium.equals = {"BE"};
  other.otherwise = true;
  manager.group = belgium.group = other.group = "one";
  CHECK(fits(source, {manager, belgium, other}, 0) == std::vector<Points>{8});
  CHECK(fits(source, {belgium, manager, other}, 0) == std::vector<Points>{4});
  belgium.group.clear();
  CHECK(fits(source, {manager, belgium, other}, 0) == std::vector<Points>{12});
  CHECK(fits(source, {other, manager}, 0) == std::vector<Points>{1});
}

TEST_CASE("fit: how many people each rule gave points to, and which of the chunk") {
  TestSource source(600);
  source.set("country", "BE", 3);
  source.set("country", "FR", 4);
  source.set("country", "BE", 599);
  FitRules fit;
  fit.rules = {rule("Belgium", "country", 4), rule("nobody", "country", 9),
               rule("others", "country", 1)};
  fit.rules[0].equals = {"BE"};
  fit.rules[1].equals = {"DE"};
  fit.rules[2].otherwise = true;
  for (auto& one : fit.rules) {
    one.group = "country";
  }
  RuleHits hits;
  ChunkScores scores;
  FitMemory memory;
  for (std::uint64_t chunks = 1; chunks <= 2; ++chunks) {
    scores.resize(600);
    score_fit(fit, source, 0, scores, memory, nullptr, &hits);
    CHECK(hits.fit == std::vector<std::uint64_t>{2 * chunks, 0, chunks});
    CHECK(hits.fit_people == std::vector<std::vector<std::uint16_t>>{{3, 599}, {}, {4}});
    CHECK(scores.fit[599] == 4 * k_point);
  }
}

TEST_CASE("fit: what one chunk's values were worth is known to the next, whoever asks") {
  FitRules fit;
  fit.rules = {rule("Belgium", "country", 4), rule("others", "country", 1)};
  fit.rules[0].equals = {"BE"};
  fit.rules[1].otherwise = true;
  for (auto& one : fit.rules) {
    one.group = "country";
  }
  FitMemory memory;
  for (int chunk = 0; chunk < 4; ++chunk) { // more values than are remembered
    TestSource source(10'000);
    for (std::uint32_t r = 0; r < source.size(); ++r) {
      source.set("country", r % 100 == 0 ? "BE" : std::to_string(chunk * 10'000 + r), r);
    }
    ChunkScores scores, told;
    scores.resize(source.size());
    told.resize(source.size());
    score_fit(fit, source, 0, scores, memory, nullptr);
    RuleHits hits;
    score_fit(fit, source, 0, told, memory, nullptr, &hits);
    CHECK(hits.fit == std::vector<std::uint64_t>{100, 9900});
    CHECK(told.fit == scores.fit);
    CHECK(scores.fit[100] == 4 * k_point);
    CHECK(scores.fit[101] == 1 * k_point);
  }
}

TEST_CASE("fit: cap and floor") {
  TestSource source;
  source.set("a", "x");
  auto much = rule("much", "a", 500);
  much.otherwise = true;
  much.group = "g";
  CHECK(fits(source, {much}, 0) == std::vector<Points>{30});
  much.points = -much.points;
  CHECK(fits(source, {much}, 0) == std::vector<Points>{-50});
}

} // namespace
} // namespace mailfunnel
