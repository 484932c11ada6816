// What somebody was some time ago, who is silent, and who did it.

#include "scoring_world.hpp"

namespace mailfunnel {
namespace {

bool holds(TestSource& source, const char* text, Seconds as_of, const World& world) {
  auto rules = default_rules();
  rules.scoring = *profile_rules("seed");
  const Scorer scorer(rules, world, as_of);
  ChunkScores scores;
  scorer.score(source, nullptr, scores);
  scorer.judge_status(source, scores);
  const auto parsed = parse_expression(text);
  REQUIRE_MESSAGE(parsed.expression != nullptr, parsed.error.text(text));
  return evaluate(*parsed.expression, {scorer, source, scores}).test(0);
}

TEST_CASE("what was some time ago is scored as of then") {
  const auto world = world_of(3);
  TestSource source;
  source.set("job_title", "x");
  source.add(1, EventKind::click, k_start + k_day, k_bofu);
  source.add(2, EventKind::click, k_start + 20 * k_day, k_bofu);
  const auto now = k_start + 40 * k_day;
  CHECK(holds(source, "score = 40", now, world));
  CHECK(holds(source, "score was 20 30d ago", now, world));
  CHECK(holds(source, "score was < 1 40d ago", now, world));
  CHECK_FALSE(holds(source, "score was 40 30d ago", now, world));
  CHECK(holds(source, "phase = BOFU and phase was NONE 40d ago", now, world));
  CHECK(holds(source, "level = 2 and level = 3 40d ago", now, world));
  CHECK(holds(source, "status was soft 40d ago and status = MQL", now, world));
}

TEST_CASE("silence begins with the last sign of life, or with the first mail") {
  const auto world = world_of(6);
  TestSource source;
  const auto now = k_start + 100 * k_day;
  CHECK(holds(source, "silent_days = 0 and silent_mails = 0", now, world)); // no mail at all
  for (CampaignId mail = 1; mail <= 6; ++mail) {
    source.add(mail, EventKind::delivered, k_start + (mail - 1) * 14 * k_day);
  }
  CHECK(holds(source, "silent_days = 100 and silent_mails = 6", now, world));
  CHECK(holds(source, "silent_days = 30 and silent_mails = 3", k_start + 30 * k_day, world));
  source.add(2, EventKind::open, k_start + 15 * k_day, 0, evidence::privacy_proxy);
  source.add(2, EventKind::click, k_start + 15 * k_day, k_tofu, evidence::crawler_agent);
  source.add(2, EventKind::page, k_start + 15 * k_day, k_tofu, evidence::crawler_agent);
  CHECK(holds(source, "silent_days = 100", now, world)); // proxies and machines are no life
  source.add(2, EventKind::open, k_start + 15 * k_day);
  CHECK(holds(source, "silent_days = 85 and silent_mails = 4", now, world));
  source.add(4, EventKind::form, k_start + 45 * k_day);
  CHECK(holds(source, "silent_days = 55 and silent_mails = 2", now, world));
  CHECK(holds(source, "silent_days = 29", k_start + 45 * k_day - 1, world)); // not known yet
}

TEST_CASE("silence before all time: what came a second later is not known") {
  TestSource source;
  source.add(1, EventKind::delivered, 1);
  CHECK(holds(source, "silent_mails = 1", 1, world_of(1)));
  CHECK(holds(source, "silent_mails = 0", 0, world_of(1)));
  CHECK(holds(source, "silent_mails = 0", -1, world_of(1)));
}

TEST_CASE("a proxy reader is told by the last three opens") {
  const auto world = world_of(6);
  TestSource source;
  const auto now = k_start + 100 * k_day;
  const auto is = [&] { return holds(source, "proxy_reader", now, world); };
  CHECK_FALSE(is()); // no open at all
  source.add(1, EventKind::open, k_start, 0, evidence::privacy_proxy);
  CHECK(is());
  source.add(2, EventKind::open, k_start + 14 * k_day);
  CHECK_FALSE(is());
  for (CampaignId mail = 3; mail <= 5; ++mail) {
    source.add(mail, EventKind::open, k_start + (mail - 1) * 14 * k_day, 0,
               evidence::privacy_proxy);
    source.add(mail, EventKind::open, k_start + (mail - 1) * 14 * k_day + 5, 0,
               evidence::crawler_agent); // does not count
  }
  CHECK(is());
  CHECK_FALSE(holds(source, "proxy_reader", k_start + 43 * k_day, world));
}

TEST_CASE("events by whom") {
  const auto world = world_of(2);
  TestSource source;
  const auto now = k_start + 40 * k_day;
  source.add(1, EventKind::open, k_start, 0, evidence::privacy_proxy);
  source.add(1, EventKind::click, k_start, k_tofu, evidence::crawler_agent);
  CHECK(holds(source, "opened(by = proxy) and clicked(by = machine, stage = TOFU)", now, world));
  CHECK_FALSE(holds(source, "opened(by = person) or clicked(by = person)", now, world));
  CHECK_FALSE(holds(source, "clicked(by = unknown)", now, world));
  source.add(2, EventKind::click, k_start + 15 * k_day, k_tofu);
  source.add(2, EventKind::click, k_start + 15 * k_day, k_mofu); // two in a second
  CHECK(holds(source, "clicked(by = unknown, at least 2) and not clicked", now, world));
}

} // namespace
} // namespace mailfunnel
