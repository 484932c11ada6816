// What became of one mailing: the outcome of each person it reached.

#include "scoring_world.hpp"

namespace mailfunnel {
namespace {

constexpr Seconds k_fortnight = 14 * k_day;
constexpr Seconds k_fifth = k_start + 4 * k_fortnight;

std::string words_of(const std::optional<MailOutcome>& one) {
  return one ? std::string(name_of(one->silence)) + (one->by_person ? " person" : "") : "none";
}

/// Of the fifth mailing; the ledger says the same.
std::string outcome(TestSource& source, const World& world, const Rules& rules, Seconds as_of) {
  const Scorer scorer(rules, world, as_of);
  const auto out = words_of(scorer.outcomes(source, 4).at(0));
  if (source.size() == 1) {
    ChunkScores scores;
    Ledger ledger;
    scorer.score(source, nullptr, scores, &ledger);
    std::optional<MailOutcome> told;
    for (const auto& mail : ledger.mails) {
      if (mail.family == 4) {
        CHECK(!told);
        told = mail.outcome;
      }
    }
    CHECK(words_of(told) == out);
  }
  return out;
}

TEST_CASE("outcomes of the fifth of five mailings") {
  struct Row {
    const char* name;
    void (*change)(TestSource&, World&, Rules&);
    const char *fair, *simple;
  };
  for (const auto& row : {
           Row{"silent", [](TestSource&, World&, Rules&) {}, "not_opened", "not_opened"},
           Row{"opened in time",
               [](TestSource&s, World&, Rules&) { s.add(5, EventKind::open, k_fifth + 9); },
               "reacted person", "reacted person"},
           Row{"opened late",
               [](TestSource&s, World&, Rules&) {
                 s.add(5, EventKind::open, k_fifth + 10 * k_day);
               },
               "reacted person", "reacted person"},
           Row{"a proxy fetched it",
               [](TestSource&s, World&, Rules&) {
                 s.add(5, EventKind::open, k_fifth + 9, 0, evidence::privacy_proxy);
               },
               "reacted", "reacted"},
           Row{"clicked by a robot",
               [](TestSource&s, World&, Rules&) {
                 s.add(5, EventKind::click, k_fifth + 9, k_tofu, evidence::crawler_agent);
               },
               "not_opened", "not_opened"},
           Row{"no tracking", [](TestSource&, World&w, Rules&) { w.campaigns[4].tracked = false; },
               "untracked", "untracked"},
           Row{"nameless", [](TestSource&, World&w, Rules&) { w.campaigns[4].named = false; },
               "not_named", "not_named"},
           Row{"no consent",
               [](TestSource&, World&, Rules&r) {
                 r.tracking.consent = "ok";
                 r.tracking.consent_required = true;
               },
               "refused", "refused"},
           Row{"a gap in the log", [](TestSource&, World&w, Rules&) { w.covered = {{}}; },
               "not_covered", "not_opened"},
           Row{"a test",
               [](TestSource&, World&w, Rules&) { w.campaigns[4].kind = CampaignKind::test; },
               "none", "none"},
       }) {
    CAPTURE(row.name);
    TestSource source;
    for (CampaignId mailing = 1; mailing <= 5; ++mailing) {
      source.add(mailing, EventKind::delivered, k_start + (mailing - 1) * k_fortnight);
    }
    auto world = world_of(5);
    auto rules = seed_rules();
    row.change(source, world, rules);
    CHECK(outcome(source, world, rules, k_fifth + 30 * k_day) == row.fair);
    rules.scoring.measurable = Measurable::simple;
    CHECK(outcome(source, world, rules, k_fifth + 30 * k_day) == row.simple);
  }
}

TEST_CASE("outcomes: windows, first mails, and who did not get it") {
  const auto world = world_of(5);
  auto rules = seed_rules();
  TestSource source;
  source.add(5, EventKind::delivered, k_fifth);
  CHECK(outcome(source, world, rules, k_fifth + 7 * k_day - 1) == "window_open");
  CHECK(outcome(source, world, rules, k_fifth + 7 * k_day) == "few_mails");
  CHECK(outcome(source, world, rules, k_fifth - 1) == "none");
  auto answered = source;
  answered.add(5, EventKind::reply, k_fifth + 60);
  CHECK(outcome(answered, world, rules, k_fifth + 59) == "window_open");
  CHECK(outcome(answered, world, rules, k_fifth + 60) == "reacted person");
  rules.scoring.measurable = Measurable::simple;
  CHECK(outcome(source, world, rules, k_fifth + 7 * k_day - 1) == "window_open");
  CHECK(outcome(source, world, rules, k_fifth + 7 * k_day) == "not_opened");
  CHECK(outcome(source, world, rules, k_fifth - 1) == "none");
}

} // namespace
} // namespace mailfunnel
