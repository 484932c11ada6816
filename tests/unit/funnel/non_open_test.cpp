// The fair non-open: what must all hold before a silent mail costs points.

#include "scoring_world.hpp"

namespace mailfunnel {
namespace {

constexpr Seconds k_fortnight = 14 * k_day;

/// Mailings 1 to n are delivered at their time, one a fortnight.
void deliver(TestSource& source, CampaignId first, CampaignId last) {
  for (auto mailing = first; mailing <= last; ++mailing) {
    source.add(mailing, EventKind::delivered, k_start + (mailing - 1) * k_fortnight);
  }
}

std::string note_on(const Outcome& out, CampaignId mailing) {
  for (const auto& line : out.ledger.lines) {
    if (line.campaign == mailing && line.rule == "non_open") {
      return line.points != 0 ? "costs" : line.note;
    }
  }
  return "";
}

TEST_CASE(
    "worked example 7: the first three mails are protected, a late click takes its own back") {
  const auto world = world_of(6);
  const auto rules = seed_rules();
  TestSource source;
  deliver(source, 1, 6);
  const auto sixth = k_start + 5 * k_fortnight;
  CHECK(score(source, rules, world, sixth + 7 * k_day - 1).score == -2 * k_point);
  CHECK(score(source, rules, world, sixth + 7 * k_day).score == -3 * k_point);
  source.add(6, EventKind::click, sixth + 9 * k_day, k_tofu);
  CHECK(score(source, rules, world, sixth + 9 * k_day - 1).score == -3 * k_point);
  const auto late = score(source, rules, world, sixth + 10 * k_day);
  CHECK(late.score == 0);
  bool taken_back = false;
  for (const auto& line : late.ledger.lines) {
    taken_back = taken_back || (line.rule == "non_open taken back" && line.points == 1 * k_point &&
                                line.time == sixth + 9 * k_day);
  }
  CHECK(taken_back);
  auto standard = rules;
  standard.scoring = *profile_rules("standard");
  standard.scoring.half_life = 0;
  standard.scoring.caps = {};
  CHECK(score(source, standard, world, sixth + 10 * k_day).score == 1 * k_point);
}

TEST_CASE("worked example 8: a privacy reader never pays") {
  const auto world = world_of(10);
  TestSource source;
  deliver(source, 1, 10);
  for (CampaignId mailing = 1; mailing <= 9; ++mailing) {
    source.add(mailing, EventKind::open, k_start + (mailing - 1) * k_fortnight + 60, 0,
               evidence::privacy_proxy);
  }
  const auto out = score(source, seed_rules(), world, k_later);
  CHECK(out.score == 0);
  CHECK(note_on(out, 10).find("privacy proxy") != std::string::npos);
}

TEST_CASE("each condition of the fair non-open, one at a time") {
  // Six mails, the fifth is the one looked at; mails 1 to 3 were opened by a person.
  const auto fifth = k_start + 4 * k_fortnight;
  struct Row {
    const char* name;
    void (*change)(TestSource&, World&, Seconds fifth);
    const char* note; // "costs", or part of the reason
  };
  const Row rows[] = {
      {"nothing else", [](TestSource&, World&, Seconds) {}, "costs"},
      {"opened by a person",
       [](TestSource& s, World&, Seconds t) { s.add(5, EventKind::open, t + 7 * k_day); }, ""},
      {"opened, nobody knows by whom",
       [](TestSource& s, World&, Seconds t) { s.add(5, EventKind::open, t + 60, 0, 0); }, ""},
      {"opened through a proxy",
       [](TestSource& s, World&, Seconds t) {
         s.add(5, EventKind::open, t + 60, 0, evidence::privacy_proxy);
       },
       ""},
      {"opened by a robot",
       [](TestSource& s, World&, Seconds t) {
         s.add(5, EventKind::open, t + 60, 0, evidence::crawler_agent);
       },
       "costs"},
      {"clicked by a robot",
       [](TestSource& s, World&, Seconds t) {
         s.add(5, EventKind::click, t + 60, k_tofu, evidence::crawler_agent);
       },
       "costs"},
      {"clicked",
       [](TestSource& s, World&, Seconds t) { s.add(5, EventKind::click, t + 60, k_tofu); }, ""},
      {"answered", [](TestSource& s, World&, Seconds t) { s.add(5, EventKind::reply, t + 60); },
       ""},
      {"bought from it",
       [](TestSource& s, World&, Seconds t) { s.add(5, EventKind::conversion, t + 60, k_tofu); },
       ""},
      {"three proxy opens before the end of the window",
       [](TestSource& s, World&, Seconds t) {
         for (const int minute : {1, 2, 3}) {
           s.add(4, EventKind::open, t + 7 * k_day - minute, 0, evidence::privacy_proxy);
         }
       },
       "privacy proxy"},
      {"two proxy opens and a person's",
       [](TestSource& s, World&, Seconds t) {
         s.add(4, EventKind::open, t - 3, 0, evidence::privacy_proxy);
         s.add(4, EventKind::open, t - 2);
         s.add(4, EventKind::open, t - 1, 0, evidence::privacy_proxy);
       },
       "costs"},
      {"proxy opens after the window",
       [](TestSource& s, World&, Seconds t) {
         for (const int minute : {1, 2, 3}) {
           s.add(6, EventKind::open, t + 7 * k_day + minute, 0, evidence::privacy_proxy);
         }
       },
       "costs"},
      {"suppressed before",
       [](TestSource& s, World&, Seconds t) { s.add(1, EventKind::unsubscribe, t); }, "suppressed"},
      {"suppressed after",
       [](TestSource& s, World&, Seconds t) { s.add(1, EventKind::unsubscribe, t + 1); }, "costs"},
      {"suppressed, then back with proof",
       [](TestSource& s, World&, Seconds t) {
         s.add(1, EventKind::unsubscribe, t - k_day);
         s.add(1, EventKind::resubscribe, t - 60, 0, 0, 1);
       },
       "costs"},
      {"the log ends a second too early",
       [](TestSource&, World& w, Seconds t) {
         w.covered = {{{0, t + 7 * k_day - 1}}};
       },
       "gap"},
      {"the log begins a second too late",
       [](TestSource&, World& w, Seconds t) {
         w.covered = {{{t + 1, t + 30 * k_day}}};
       },
       "gap"},
      {"a gap in the window",
       [](TestSource&, World& w, Seconds t) {
         w.covered = {{{0, t + k_day}, {t + 2 * k_day, t + 30 * k_day}}};
       },
       "gap"},
      {"gaps around it",
       [](TestSource&, World& w, Seconds t) {
         w.covered = {{{0, 5}, {t, t + 7 * k_day}, {t + 60 * k_day, t + 61 * k_day}}};
       },
       "costs"},
      {"nothing is known of the log", [](TestSource&, World& w, Seconds) { w.covered = {}; },
       "gap"},
      {"its events name no mailing",
       [](TestSource&, World& w, Seconds) { w.campaigns[4].named = false; }, "name no mailing"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    auto world = world_of(6);
    TestSource source;
    deliver(source, 1, 6);
    for (CampaignId mailing = 1; mailing <= 3; ++mailing) {
      source.add(mailing, EventKind::open, k_start + (mailing - 1) * k_fortnight + 3600);
    }
    row.change(source, world, fifth);
    const auto note = note_on(score(source, seed_rules(), world, fifth + 13 * k_day), 5);
    if (std::string_view(row.note).empty()) {
      CHECK(note.empty());
    } else {
      CHECK(note.find(row.note) != std::string::npos);
    }
  }
}

TEST_CASE("images are blocked: clicks without opens") {
  const auto world = world_of(20);
  const auto rules = seed_rules();
  TestSource source;
  deliver(source, 1, 20);
  source.add(1, EventKind::click, k_start + 100, k_tofu);
  const auto at = [](CampaignId mailing) { return k_start + (mailing - 1) * k_fortnight; };
  CHECK(note_on(score(source, rules, world, at(6)), 5).find("images") != std::string::npos);
  auto opened_later = source; // it was opened too, but after the window of mail 5
  opened_later.add(1, EventKind::open, at(5) + 8 * k_day);
  CHECK(note_on(score(opened_later, rules, world, at(6)), 5).find("images") != std::string::npos);
  auto seen = source; // another mail was opened: images are shown, for 180 days
  seen.add(2, EventKind::open, at(2) + 60);
  CHECK(note_on(score(seen, rules, world, at(6)), 5) == "costs");
  CHECK(note_on(score(seen, rules, world, at(20)), 19).find("images") != std::string::npos);
}

TEST_CASE("an open through a proxy does not show that images are seen") {
  const auto world = world_of(17);
  TestSource source;
  deliver(source, 1, 17);
  source.add(1, EventKind::open, k_start + 60); // long ago
  source.add(2, EventKind::open, k_start + k_fortnight + 60, 0, evidence::privacy_proxy);
  source.add(2, EventKind::click, k_start + k_fortnight + 90, k_tofu);
  const auto out = score(source, seed_rules(), world, k_start + 16 * k_fortnight);
  CHECK(note_on(out, 16).find("images") != std::string::npos);
}

TEST_CASE("three mails before: those of the same second do not count") {
  auto world = world_of(5);
  TestSource source;
  for (CampaignId mailing = 1; mailing <= 4; ++mailing) {
    source.add(mailing, EventKind::delivered, k_start);
  }
  source.add(5, EventKind::delivered, k_start + 1);
  const auto out = score(source, seed_rules(), world, k_later);
  CHECK(out.score == -1 * k_point);
  CHECK(note_on(out, 4).find("fewer than 3") != std::string::npos);
  CHECK(note_on(out, 5) == "costs");
}

TEST_CASE("a mailing without open tracking costs nothing, nor does who has not allowed it") {
  auto world = world_of(6);
  auto rules = seed_rules();
  TestSource source;
  deliver(source, 1, 6);
  const auto now = k_start + 100 * k_day;
  CHECK(score(source, rules, world, now).score == -3 * k_point);
  world.campaigns[4].tracked = false;
  const auto untracked = score(source, rules, world, now);
  CHECK(untracked.score == -2 * k_point);
  CHECK(note_on(untracked, 5) == reason_of(Silence::untracked));

  rules.scoring.open = 1 * k_point;
  rules.tracking.consent = "tracking";
  source.add(6, EventKind::open, k_start + 5 * k_fortnight + 60);
  struct Row {
    const char* value; // nullptr: nothing said
    bool required, looked_at;
  };
  for (const auto& row :
       {Row{nullptr, false, true}, Row{"yes", false, true}, Row{" NEE ", false, false},
        Row{"maybe", false, true}, Row{nullptr, true, false}, Row{"Oui", true, true},
        Row{"maybe", true, false}, Row{"false", true, false}}) {
    CAPTURE((row.value == nullptr ? std::string("nothing") : std::string(row.value)));
    CAPTURE(row.required);
    auto one = source;
    if (row.value != nullptr) {
      one.set("tracking", row.value);
    }
    rules.tracking.consent_required = row.required;
    for (const auto measurable : {Measurable::fair, Measurable::simple}) {
      rules.scoring.measurable = measurable;
      const auto out = score(one, rules, world, now);
      const auto expected = !row.looked_at                   ? 0
                            : measurable == Measurable::fair ? 1 - 1  // 4 is silent, 5 untracked
                                                             : 1 - 4; // 1 to 4
      CHECK(out.score == expected * k_point);
    }
    const Scorer scorer(rules, world, now);
    ChunkScores scores;
    scorer.score(one, nullptr, scores);
    CHECK(evaluate(*parse_expression("opened").expression, {scorer, one, scores}).test(0) ==
          row.looked_at);
    CHECK((scores.last_open[0] != 0) == row.looked_at);
  }
}

TEST_CASE(
    "simple: non-opens in a row end with what a person does; they fade from the window's end") {
  TestSource source;
  for (CampaignId mail = 1; mail <= 4; ++mail) {
    source.add(mail, EventKind::delivered, k_start + (mail - 1) * 14 * k_day);
  }
  source.add(2, EventKind::open, k_start + 15 * k_day);
  auto rules = seed_rules();
  rules.scoring.measurable = Measurable::simple;
  rules.scoring.half_life = 7;
  const auto world = world_of(4);
  const auto as_of = k_start + (42 + 14) * k_day;
  const Scorer scorer(rules, world, as_of);
  ChunkScores scores;
  scorer.score(source, nullptr, scores);
  CHECK(scores.non_opens[0] == 3);
  CHECK(scores.non_opens_in_a_row[0] == 2);
  // The windows ended 49, 21 and 7 days ago.
  CHECK(score(source, rules, world, as_of).score == -(8 + 125 + 500));
}

} // namespace
} // namespace mailfunnel
