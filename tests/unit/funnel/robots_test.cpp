// Machines by their timing: each sign alone, and what it makes of the points.

#include "scoring_world.hpp"

namespace mailfunnel {
namespace {

constexpr std::uint32_t k_t = 1'000'000; // the delivery
const MailFacts k_mail{k_t, 6, true};

SeenClick click_at(std::uint32_t after, std::uint32_t link, std::uint16_t network = 0,
                   std::uint8_t system = 0, std::uint16_t bits = evidence::agent_seen) {
  return {k_t + after, link, bits, network, system};
}

SeenClick of_crowd(SeenClick click) {
  click.crowd = true;
  return click;
}
SeenClick on_honeypot(SeenClick click) {
  click.honeypot = true;
  return click;
}

std::vector<ClickVerdict> judged(const std::vector<SeenClick>& clicks,
                                 const MailFacts& mail = k_mail, const RobotRules& rules = {}) {
  std::vector<ClickVerdict> verdicts;
  judge_clicks(clicks, mail, rules, verdicts);
  return verdicts;
}

TEST_CASE("signs of one click, and of clicks together") {
  struct Row {
    const char* name;
    std::vector<SeenClick> clicks;
    std::vector<std::uint16_t> signs;
    Verdict verdict; // of the first
  };
  const auto before = SeenClick{k_t - 61, 1, evidence::agent_seen, 0, 0};
  const auto just_before = SeenClick{k_t - 60, 1, evidence::agent_seen, 0, 0};
  using namespace sign;
  const Row rows[] = {
      {"a person", {click_at(600, 1)}, {0}, Verdict::human},
      {"a crawler", {click_at(600, 1, 0, 0, evidence::crawler_agent)}, {record}, Verdict::machine},
      {"a second after the delivery", {click_at(1, 1)}, {two_seconds}, Verdict::unknown},
      {"two seconds after", {click_at(2, 1)}, {five_seconds}, Verdict::human},
      {"five seconds after", {click_at(5, 1)}, {0}, Verdict::human},
      {"a minute before the delivery", {just_before}, {0}, Verdict::human},
      {"more than that", {before}, {before_delivery}, Verdict::machine},
      {"a filter network, soon",
       {click_at(900, 1, 0, 0, evidence::probable_filter_network)},
       {filter_people},
       Verdict::machine},
      {"a filter network, later: a person behind it",
       {click_at(901, 1, 0, 0, evidence::probable_filter_network)},
       {0},
       Verdict::human},
      {"two links in one second",
       {click_at(600, 1), click_at(600, 2)},
       {same_second, same_second},
       Verdict::unknown},
      {"one link twice in one second",
       {click_at(600, 1), click_at(600, 1)},
       {0, 0},
       Verdict::human},
      {"two links in two seconds", {click_at(600, 1), click_at(601, 2)}, {0, 0}, Verdict::human},
      {"three links within one second's step",
       {click_at(600, 1), click_at(601, 2), click_at(601, 3)},
       {three_links, three_links | same_second, three_links | same_second},
       Verdict::unknown},
      {"three links in three seconds",
       {click_at(600, 1), click_at(601, 2), click_at(602, 3)},
       {0, 0, 0},
       Verdict::human},
      {"all six links in a minute",
       {click_at(600, 1), click_at(610, 2), click_at(620, 3), click_at(630, 4), click_at(640, 5),
        click_at(660, 6)},
       {all_links, all_links, all_links, all_links, all_links, all_links},
       Verdict::machine},
      {"all six links, not in a minute",
       {click_at(600, 1), click_at(610, 2), click_at(620, 3), click_at(630, 4), click_at(640, 5),
        click_at(661, 6)},
       {0, 0, 0, 0, 0, 0},
       Verdict::human},
      {"five of six",
       {click_at(600, 1), click_at(610, 2), click_at(620, 3), click_at(630, 4), click_at(640, 5)},
       {0, 0, 0, 0, 0},
       Verdict::human},
      {"the same link from elsewhere",
       {click_at(600, 1, 7, 1), click_at(660, 1, 8, 2)},
       {elsewhere, elsewhere},
       Verdict::unknown},
      {"from elsewhere, on the same system",
       {click_at(600, 1, 7, 1), click_at(660, 1, 8, 1)},
       {0, 0},
       Verdict::human},
      {"from elsewhere, later",
       {click_at(600, 1, 7, 1), click_at(661, 1, 8, 2)},
       {0, 0},
       Verdict::human},
      {"one of a crowd", {of_crowd(click_at(600, 1))}, {crowd}, Verdict::unknown},
      {"one of a crowd, soon after the delivery",
       {of_crowd(click_at(4, 1))},
       {crowd | five_seconds},
       Verdict::machine},
      {"a honeypot, and what is near it",
       {click_at(589, 1), click_at(590, 1), on_honeypot(click_at(600, 2)), click_at(610, 1),
        click_at(611, 1)},
       {0, honeypot, honeypot, honeypot, 0},
       Verdict::human},
      {"two honeypots, one after the other",
       {on_honeypot(click_at(600, 2)), click_at(605, 1), on_honeypot(click_at(612, 2)),
        click_at(622, 1), click_at(623, 1)},
       {honeypot, honeypot, honeypot, honeypot, 0},
       Verdict::machine},
      {"a honeypot last",
       {click_at(600, 1), on_honeypot(click_at(610, 2))},
       {honeypot, honeypot},
       Verdict::machine},
      {"a burst, then the person",
       {click_at(1, 1), click_at(1, 2), click_at(1, 3), click_at(4000, 2)},
       {two_seconds | three_links | same_second, two_seconds | three_links | same_second,
        two_seconds | three_links | same_second, 0},
       Verdict::machine},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    const auto verdicts = judged(row.clicks);
    REQUIRE(verdicts.size() == row.signs.size());
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      CAPTURE(i);
      CHECK(verdicts[i].signs == row.signs[i]);
    }
    CHECK(name_of(verdicts[0].verdict) == name_of(row.verdict));
  }
}

TEST_CASE("rules finer than what a source tells are off; so are all where the config says so") {
  const std::vector<SeenClick> burst{click_at(1, 1), click_at(1, 2), click_at(1, 3),
                                     click_at(1, 4)};
  CHECK(judged(burst)[0].verdict == Verdict::machine);
  CHECK(judged(burst, {k_t, 4, false})[0].signs == 0); // times to the minute
  CHECK(judged(burst, {~0U, 0, true})[0].signs == (sign::same_second | sign::three_links));
  CHECK(judged(burst, {~0U, 3, true})[0].signs == (sign::same_second | sign::three_links));
  RobotRules off;
  off.timing = false;
  CHECK(judged(burst, k_mail, off)[0].signs == 0);
  const std::vector<SeenClick> near{click_at(600, 1), of_crowd(on_honeypot(click_at(601, 2)))};
  CHECK(judged(near)[0].signs == sign::honeypot);
  CHECK(judged(near)[1].signs == (sign::honeypot | sign::crowd));
  for (const auto& some : {judged(near, {k_t, 4, false}), judged(near, k_mail, off)}) {
    CHECK(some[0].signs == 0);
    CHECK(some[1].signs == sign::honeypot); // the link alone says it
  }
  RobotRules light;
  light.same_second = light.three_links = light.two_seconds = 0;
  CHECK(judged(burst, k_mail, light)[0].verdict == Verdict::human);
}

TEST_CASE("many clicks: a window of many links is the same as one of few") {
  std::vector<SeenClick> clicks;
  for (std::uint32_t i = 0; i < 3000; ++i) {
    clicks.push_back(click_at(600 + i / 100, i % 50));
  }
  const auto verdicts = judged(clicks, {k_t, 50, true});
  for (const auto& one : verdicts) {
    CHECK(one.signs == (sign::same_second | sign::three_links | sign::all_links));
  }
}

TEST_CASE("opens: a second after the delivery nobody knows who it was") {
  const RobotRules rules;
  CHECK(judge_open(k_t + 1, evidence::agent_seen, k_mail, rules).verdict == Verdict::unknown);
  CHECK(judge_open(k_t + 3, evidence::agent_seen, k_mail, rules).verdict == Verdict::human);
  CHECK(judge_open(k_t - 100, evidence::agent_seen, k_mail, rules).verdict == Verdict::machine);
  CHECK(judge_open(k_t + 1, evidence::privacy_proxy, k_mail, rules).verdict == Verdict::proxy);
  CHECK(judge_open(k_t + 1, 0, k_mail, rules).verdict == Verdict::unknown);
}

TEST_CASE("worked example 9: a gateway follows all links, unsubscribe among them") {
  auto world = world_of(1);
  world.campaigns[0].delivery_times = true;
  TestSource source;
  source.add(1, EventKind::delivered, k_start);
  for (LinkNumber link = 1; link <= 8; ++link) {
    source.add(1, EventKind::click, k_start + 3 + (link > 5 ? 1 : 0), link);
  }
  source.add(1, EventKind::unsubscribe, k_start + 4);
  const auto out = score(source, seed_rules(), world, k_start + 5 * k_day);
  CHECK(out.score == 0);
  CHECK(out.suppressed == suppressed_by::unsubscribed);
  // The person's own click later counts by itself, and a later unsubscribe costs.
  source.add(1, EventKind::click, k_start + k_day, k_bofu);
  CHECK(score(source, seed_rules(), world, k_start + 5 * k_day).score == 20 * k_point);
  for (const auto& [after, points] : {std::pair{-7, 0}, {14, 0}, {15, -20}, {-8, -20}}) {
    TestSource near; // machine's clicks 3 and 4 seconds after the start
    near.add(1, EventKind::delivered, k_start);
    for (LinkNumber link = 1; link <= 8; ++link) {
      near.add(1, EventKind::click, k_start + 3 + (link > 5 ? 1 : 0), link);
    }
    near.add(1, EventKind::unsubscribe, k_start + after);
    CHECK(score(near, seed_rules(), world, k_start + 5 * k_day).score == points * k_point);
  }
  TestSource person;
  person.add(1, EventKind::unsubscribe, k_start + 4);
  CHECK(score(person, seed_rules(), world, k_start + 5 * k_day).score == -20 * k_point);
}

TEST_CASE("of several deliveries the first counts, and no click after the moment is looked at") {
  auto world = world_of(1);
  world.campaigns[0].delivery_times = true;
  TestSource source;
  source.add(1, EventKind::delivered, k_start);
  source.add(1, EventKind::delivered, k_start + 100);
  source.add(1, EventKind::click, k_start + 101, k_bofu);
  CHECK(score(source, seed_rules(), world, k_start + k_day).score == 20 * k_point);
  source.add(1, EventKind::click, k_start + 102, k_tofu);
  source.add(1, EventKind::click, k_start + 102, k_mofu);
  CHECK(score(source, seed_rules(), world, k_start + 101).score == 20 * k_point);
  CHECK(score(source, seed_rules(), world, k_start + 102).score < 20 * k_point);
}

TEST_CASE("segments go by the same verdicts as scores") {
  auto world = world_of(1);
  world.campaigns[0].delivery_times = true;
  const auto rules = seed_rules();
  const auto clicked = parse_expression("clicked(stage = BOFU)").expression;
  const auto opened = parse_expression("opened").expression;
  const auto holds = [&](TestSource& source, const ExpressionPtr& what) {
    const Scorer scorer(rules, world, k_later);
    ChunkScores scores;
    scorer.score(source, nullptr, scores);
    return evaluate(*what, {scorer, source, scores}).test(0);
  };
  TestSource source;
  source.add(1, EventKind::delivered, k_start);
  for (const auto link : {k_tofu, k_mofu, k_bofu}) {
    source.add(1, EventKind::click, k_start + 1, link);
  }
  source.add(1, EventKind::open, k_start - 100);
  CHECK_FALSE(holds(source, clicked));
  CHECK_FALSE(holds(source, opened));
  source.add(1, EventKind::click, k_start + 500, k_bofu);
  source.add(1, EventKind::open, k_start + 500);
  CHECK(holds(source, clicked));
  CHECK(holds(source, opened));
}

TEST_CASE("an unknown click gives half, and still shows that the mail was not ignored") {
  auto world = world_of(1);
  TestSource source;
  source.add(1, EventKind::click, k_start + 600, k_bofu);
  source.add(1, EventKind::click, k_start + 600, k_tofu);
  const auto out = score(source, seed_rules(), world, k_start + 5 * k_day);
  CHECK(out.score == (10 + 1) * k_point);
  source.add(1, EventKind::click, k_start + 6000, k_bofu); // by a person: worth more
  CHECK(score(source, seed_rules(), world, k_start + 5 * k_day).score == (20 + 1) * k_point);
}

} // namespace
} // namespace mailfunnel
