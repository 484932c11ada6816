// The worked examples of the scoring rules, in exact points, and what must always hold.

#include "funnel/expression.hpp"
#include "funnel/scorer.hpp"

#include <doctest/doctest.h>

#include <map>
#include <numeric>
#include <random>

namespace mailfunnel {
namespace {

/// People, mailings and events written down by hand.
class TestSource : public ChunkSource {
public:
  explicit TestSource(std::uint32_t people = 1) : m_people(people) {}
  std::uint32_t size() const override { return m_people; }
  bool events(CampaignId campaign, EventKind kind, EventColumns& columns) override {
    columns.clear();
    auto rows = m_rows[{campaign, kind}];
    std::stable_sort(rows.begin(), rows.end(), [](const EventRow& a, const EventRow& b) {
      return std::tie(a.recipient, a.time, a.link) < std::tie(b.recipient, b.time, b.link);
    });
    for (const auto& row : rows) {
      columns.append(row);
    }
    return !rows.empty();
  }
  std::vector<CampaignId> campaigns(EventKind kind) override {
    std::vector<CampaignId> out;
    for (const auto& [set, rows] : m_rows) {
      if (set.second == kind && !rows.empty()) {
        out.push_back(set.first);
      }
    }
    return out;
  }
  bool attribute(std::uint32_t, std::string_view name, AttributeColumn& column) override {
    column = {};
    for (const auto& [key, value] : m_attributes) {
      if (key.second == name) {
        column.recipient.push_back(static_cast<std::uint16_t>(key.first));
        column.valid_from.push_back(0);
        column.value.push_back(static_cast<std::uint32_t>(column.values.size()));
        column.values.push_back(value);
      }
    }
    return !column.recipient.empty();
  }
  std::vector<std::string> attribute_names() override {
    return {"job_title", "employees", "industry", "country"};
  }
  std::string_view address(std::uint32_t) override { return "ann@example.com"; }

  void add(CampaignId campaign, EventKind kind, Seconds time, LinkNumber link = 0,
           std::uint16_t bits = evidence::agent_seen, std::uint16_t extra = 0) {
    m_rows[{campaign, kind}].push_back({0, static_cast<std::uint32_t>(time), link, bits, extra, 0});
  }
  void set(const std::string& name, const std::string& value, std::uint32_t recipient = 0) {
    m_attributes[{recipient, name}] = value;
  }

private:
  std::uint32_t m_people;
  std::map<std::pair<CampaignId, EventKind>, std::vector<EventRow>> m_rows;
  std::map<std::pair<std::uint32_t, std::string>, std::string> m_attributes;
};

constexpr Seconds k_start = 1'767'225'600; // 2026-01-01
constexpr LinkNumber k_tofu = 1, k_mofu = 2, k_bofu = 3;

/// Mailings 1 to n, one a fortnight, each with twenty links: 3k+1 TOFU, 3k+2 MOFU, 3k+3 BOFU.
World world_of(std::uint32_t mailings) {
  World world;
  for (std::uint32_t i = 0; i < mailings; ++i) {
    WorldCampaign campaign;
    campaign.id = i + 1;
    campaign.external_id = std::to_string(i + 1);
    campaign.time = k_start + i * 14 * k_day;
    campaign.stages.assign(22, static_cast<std::uint8_t>(Stage::untagged));
    for (LinkNumber link = 1; link <= 21; ++link) {
      constexpr Stage k_stages[] = {Stage::bofu, Stage::tofu, Stage::mofu};
      campaign.stages[link] = static_cast<std::uint8_t>(k_stages[link % 3]);
      campaign.links[link].tag.stage = k_stages[link % 3];
    }
    world.by_id[campaign.id] = i;
    world.campaigns.push_back(std::move(campaign));
    world.families.push_back({i});
  }
  return world;
}

Rules seed_rules() {
  auto rules = default_rules();
  const auto fit = [&](std::string name, std::string group, std::string attribute,
                       Points points) -> FitRule& {
    auto& rule = rules.fit.rules.emplace_back();
    rule.name = std::move(name);
    rule.group = std::move(group);
    rule.attribute = std::move(attribute);
    rule.points = points * k_point;
    return rule;
  };
  fit("manager", "title", "job_title", 8).words = {"manager"};
  fit("specialist", "title", "job_title", 3).words = {"specialist"};
  fit("student", "title", "job_title", -50).words = {"student"};
  fit("10-49", "size", "employees", 4).min = 10;
  rules.fit.rules.back().max = 49;
  fit("50-249", "size", "employees", 8).min = 50;
  rules.fit.rules.back().max = 249;
  fit("target", "", "industry", 6).equals = {"software"};
  fit("belgium", "", "country", 4).equals = {"BE"};
  fit("netherlands", "", "country", 4).equals = {"NL"};
  return rules;
}

struct Outcome {
  Points score, fit, scale;
  int level;
  char grade;
  std::string status, scale_status;
  std::uint8_t suppressed;
  Ledger ledger;
};

Outcome score(TestSource& source, const Rules& rules, const World& world, Seconds as_of) {
  const Scorer scorer(rules, world, as_of);
  ChunkScores scores;
  Outcome out{};
  scorer.score(source, nullptr, scores, &out.ledger);
  scorer.judge_status(source, scores);
  out.score = scores.score[0];
  out.fit = scores.fit[0];
  out.scale = scores.scale[0];
  out.level = scores.level[0];
  out.grade = static_cast<char>('A' + scores.grade[0]);
  out.status = scorer.statuses()[scores.status[0]];
  out.scale_status = scorer.statuses()[scores.scale_status[0]];
  out.suppressed = scores.suppressed[0];
  Points sum = 0;
  for (const auto& line : out.ledger.lines) {
    sum += line.points;
  }
  CHECK(sum == out.score); // always: the lines add up
  Points fit = 0;
  for (const auto& line : out.ledger.fit) {
    fit += line.points;
  }
  CHECK(fit == out.fit);
  ChunkScores again; // without a ledger: the same
  scorer.score(source, nullptr, again);
  CHECK(again.score == scores.score);
  CHECK(again.fit == scores.fit);
  return out;
}

void fit_a(TestSource& source) { // 8 + 8 + 6 + 4 = 26
  source.set("job_title", "Marketing Manager");
  source.set("employees", "120");
  source.set("industry", "Software");
  source.set("country", "BE");
}
void fit_b(TestSource& source) { // 3 + 4 + 0 + 4 = 11
  source.set("job_title", "Specialist");
  source.set("employees", "25");
  source.set("industry", "Retail");
  source.set("country", "NL");
}

void clicks(TestSource& source, int tofu, int mofu, int bofu) {
  for (const auto& [count, first] :
       {std::pair{tofu, k_tofu}, std::pair{mofu, k_mofu}, std::pair{bofu, k_bofu}}) {
    for (int i = 0; i < count; ++i) {
      source.add(1, EventKind::click, k_start + 3600, static_cast<LinkNumber>(first + 3 * i));
    }
  }
}

constexpr Seconds k_later = k_start + 200 * k_day;

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
  for (const auto& [clicked, downloaded, after, expected] : {
           Case{k_mofu, k_mofu, 10 * k_minute, 8},      // not 4 + 8
           Case{k_mofu, k_mofu, 0, 8},                  // in the same second
           Case{k_bofu, k_bofu, 30 * k_minute, 20},     // the click is worth more
           Case{k_mofu, k_mofu, 30 * k_minute + 1, 12}, // too late
           Case{k_mofu, k_mofu, -1, 12},                // a click after the download
           Case{k_mofu, k_mofu + 3, 10 * k_minute, 12}, // another target
       }) {
    TestSource source;
    source.add(1, EventKind::click, k_start + k_day, clicked);
    source.add(2, EventKind::download, k_start + k_day + after, downloaded); // of another mailing
    CAPTURE(after);
    CHECK(score(source, default_rules(), world, k_start + 60 * k_day).score == expected * k_point);
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
  const auto rules = seed_rules();
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
    CHECK(levels.level(row.score) == row.level);
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

TEST_CASE("invariants over random histories: ledger = score, as-of sees no future, a human click "
          "never lowers the score") {
  std::mt19937 random(20260331); // NOLINT: the same histories every time
  const auto world = world_of(6);
  const auto rules = seed_rules();
  for (int round = 0; round < 2000; ++round) {
    TestSource source, extended;
    const auto count = random() % 30;
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto mailing = static_cast<CampaignId>(random() % 6 + 1);
      constexpr EventKind k_kinds[] = {
          EventKind::delivered, EventKind::open,   EventKind::click, EventKind::unsubscribe,
          EventKind::complaint, EventKind::bounce, EventKind::page,  EventKind::download};
      const auto kind = k_kinds[random() % 8];
      const auto time = k_start + static_cast<Seconds>(random() % (150 * 86'400));
      const auto link = static_cast<LinkNumber>(kind == EventKind::click ? random() % 22 : 0);
      const auto bits = static_cast<std::uint16_t>(
          kind == EventKind::bounce ? pack_bounce(BounceClass::hard, BounceReason::user_unknown)
          : random() % 5 == 0       ? evidence::privacy_proxy
                                    : evidence::agent_seen);
      source.add(mailing, kind, time, link, bits);
      extended.add(mailing, kind, time, link, bits);
    }
    const auto as_of = k_start + static_cast<Seconds>(random() % (160 * 86'400));
    const auto before = score(source, rules, world, as_of);
    extended.add(static_cast<CampaignId>(random() % 6 + 1), EventKind::click, as_of - 10,
                 static_cast<LinkNumber>(random() % 21 + 1));
    CHECK(score(extended, rules, world, as_of).score >= before.score);
    extended.add(1, EventKind::click, as_of + 10, k_bofu); // after the moment: not there
    CHECK(score(source, rules, world, as_of).score == before.score);
  }
}

} // namespace
} // namespace mailfunnel
