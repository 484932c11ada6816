// People who share a chunk have nothing to do with each other.

#include "scoring_world.hpp"

#include <random>

namespace mailfunnel {
namespace {

constexpr std::uint32_t k_people = 300;
constexpr std::uint32_t k_mailings = 8;

/// The same random history of a person, written down as that of `number`.
void live(TestSource& source, std::uint32_t person, std::uint32_t number) {
  std::mt19937 random(person);
  const auto below = [&](unsigned n) { return random() % n; };
  for (CampaignId mailing = 1; mailing <= k_mailings; ++mailing) {
    const auto sent = k_start + (mailing - 1) * 14 * k_day + below(3);
    if (below(4) == 0) {
      continue;
    }
    source.add_of(number, mailing, EventKind::delivered, sent);
    constexpr std::uint16_t k_evidence[] = {evidence::agent_seen, evidence::privacy_proxy, 0,
                                            evidence::crawler_agent};
    for (auto opens = below(3); opens != 0; --opens) {
      source.add_of(number, mailing, EventKind::open, sent + below(12 * 86'400), 0,
                    k_evidence[below(4)]);
    }
    for (auto clicks = below(3); clicks != 0; --clicks) {
      source.add_of(number, mailing, EventKind::click, sent + below(12 * 86'400),
                    static_cast<LinkNumber>(1 + below(21)), k_evidence[below(4)]);
    }
    if (below(20) == 0) {
      source.add_of(number, mailing, EventKind::unsubscribe, sent + 90'000);
    }
    if (below(6) == 0) {
      source.add_of(number, mailing, EventKind::download, sent + below(86'400),
                    static_cast<LinkNumber>(1 + below(21)));
    }
  }
}

TEST_CASE("people in one chunk are scored as each alone") {
  const auto world = world_of(k_mailings);
  TestSource everybody(k_people);
  for (std::uint32_t person = 0; person < k_people; ++person) {
    live(everybody, person, person);
  }
  auto standard = seed_rules();
  standard.scoring = *profile_rules("standard");
  for (const auto& rules : {seed_rules(), standard}) {
    const Scorer scorer(rules, world, k_later);
    ChunkScores together;
    scorer.score(everybody, nullptr, together);
    const auto outcomes = scorer.outcomes(everybody, 4);
    Points all = 0;
    for (std::uint32_t person = 0; person < k_people; ++person) {
      CAPTURE(person);
      TestSource source;
      live(source, person, 0);
      ChunkScores alone;
      scorer.score(source, nullptr, alone);
      all += alone.non_opens[0] + alone.clicks_bofu[0];
      CHECK(together.score[person] == alone.score[0]);
      CHECK(together.received[person] == alone.received[0]);
      CHECK(together.opens[person] == alone.opens[0]);
      CHECK(together.non_opens[person] == alone.non_opens[0]);
      CHECK(together.non_opens_in_a_row[person] == alone.non_opens_in_a_row[0]);
      CHECK(together.clicks_tofu[person] == alone.clicks_tofu[0]);
      CHECK(together.clicks_bofu[person] == alone.clicks_bofu[0]);
      CHECK(together.last_open[person] == alone.last_open[0]);
      CHECK(together.last_click[person] == alone.last_click[0]);
      CHECK(together.phase[person] == alone.phase[0]);
      CHECK(together.suppressed[person] == alone.suppressed[0]);
      const auto outcome = scorer.outcomes(source, 4)[0];
      CHECK(outcomes[person].has_value() == outcome.has_value());
      CHECK((!outcome || outcome->silence == outcomes[person]->silence));
    }
    CHECK(all > 100); // it is about something
  }
}

TEST_CASE("an open that must not be looked at has its line") {
  auto rules = seed_rules();
  rules.tracking.consent = "tracking";
  rules.tracking.consent_required = true;
  TestSource source;
  source.add(1, EventKind::open, k_start + 60);
  const auto out = score(source, rules, world_of(1), k_later);
  REQUIRE(out.ledger.lines.size() == 1);
  CHECK(out.ledger.lines[0].note == "not looked at: no consent to open tracking");
}

} // namespace
} // namespace mailfunnel
