// `was … ago` looks at what was known then.

#include "scoring_world.hpp"

namespace mailfunnel {
namespace {

class KnownThen : public Earlier {
public:
  KnownThen(const World& world, const ManualSuppression* suppressed)
      : m_world(world), m_suppressed(suppressed) {}
  const World& world(Seconds as_of) const override {
    CHECK(as_of == k_later - 30 * k_day);
    return m_world;
  }
  const ManualSuppression* suppressed(Seconds) const override { return m_suppressed; }

private:
  const World& m_world;
  const ManualSuppression* m_suppressed;
};

bool holds(const char* text, TestSource& source, const Rules& rules, const World& now,
           const Earlier* earlier) {
  const Scorer scorer(rules, now, k_later);
  ChunkScores scores;
  scorer.score(source, nullptr, scores);
  scorer.judge_status(source, scores);
  return evaluate(*parse_expression(text).expression, {scorer, source, scores, earlier}).test(0);
}

TEST_CASE("was … ago: stages that links had then") {
  const auto then = world_of(1);
  auto now = then;
  now.campaigns[0].stages[k_bofu] = static_cast<std::uint8_t>(Stage::tofu); // set by hand since
  TestSource source;
  source.add(1, EventKind::click, k_start, k_bofu);
  const auto rules = seed_rules();
  const KnownThen earlier(then, nullptr);
  CHECK_FALSE(holds("score >= 20", source, rules, now, &earlier));
  CHECK(holds("score was >= 20 30d ago", source, rules, now, &earlier));
  CHECK_FALSE(holds("score was >= 20 30d ago", source, rules, now, nullptr));
}

TEST_CASE("was … ago: people who were suppressed by hand then") {
  const auto world = world_of(1);
  TestSource source;
  source.add(1, EventKind::delivered, k_start);
  auto rules = seed_rules();
  rules.status.model = StatusModel::rules;
  rules.status.rules.push_back({"", parse_expression("suppressed").expression, "out"});
  const ManualSuppression everybody{{0, suppressed_by::manual}};
  const KnownThen by_hand(world, &everybody), nobody(world, nullptr);
  CHECK(holds("status was out 30d ago and status = soft", source, rules, world, &by_hand));
  CHECK_FALSE(holds("status was out 30d ago", source, rules, world, &nobody));
}

} // namespace
} // namespace mailfunnel
