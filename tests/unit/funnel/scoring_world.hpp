#pragma once
// A small world for tests of the scorer: mailings, people and events written down by hand.

#include "funnel/expression.hpp"
#include "funnel/scorer.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <tuple>

namespace mailfunnel {

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
    const auto leave_out = [](auto& column) { // as the store does where all are 0
      if (std::all_of(column.begin(), column.end(), [](auto value) { return value == 0; })) {
        column.clear();
      }
    };
    leave_out(columns.link);
    leave_out(columns.evidence);
    leave_out(columns.extra);
    leave_out(columns.system);
    return !rows.empty();
  }
  EventKinds kinds(CampaignId campaign) override {
    EventKinds kinds = 0;
    for (const auto& [set, rows] : m_rows) {
      kinds |= set.first == campaign && !rows.empty() ? only(set.second) : 0;
    }
    return kinds;
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
  bool attribute(std::uint32_t block, std::string_view name, AttributeColumn& column) override {
    column = {};
    for (const auto& [key, value] : m_attributes) {
      const auto& [recipient, from, attribute] = key;
      if (attribute == name && recipient / k_recipient_block == block) {
        column.recipient.push_back(static_cast<std::uint16_t>(recipient % k_recipient_block));
        column.valid_from.push_back(static_cast<std::uint32_t>(from));
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
    add_of(0, campaign, kind, time, link, bits, extra);
  }
  void add_of(std::uint32_t person, CampaignId campaign, EventKind kind, Seconds time,
              LinkNumber link = 0, std::uint16_t bits = evidence::agent_seen,
              std::uint16_t extra = 0) {
    m_rows[{campaign, kind}].push_back(
        {person, static_cast<std::uint32_t>(time), link, bits, extra, 0});
  }
  void set(const std::string& name, const std::string& value, std::uint32_t recipient = 0,
           Seconds from = 0) {
    m_attributes[{recipient, from, name}] = value;
  }

private:
  std::uint32_t m_people;
  std::map<std::pair<CampaignId, EventKind>, std::vector<EventRow>> m_rows;
  std::map<std::tuple<std::uint32_t, Seconds, std::string>, std::string> m_attributes;
};

constexpr Seconds k_start = 1'767'225'600; // 2026-01-01
constexpr LinkNumber k_tofu = 1, k_mofu = 2, k_bofu = 3;

/// Mailings 1 to n, one a fortnight, each with twenty links: 3k+1 TOFU, 3k+2 MOFU, 3k+3 BOFU.
inline World world_of(std::uint32_t mailings) {
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
  world.covered = {{{0, k_start + 10'000 * k_day}}}; // our log has no gap
  return world;
}

inline Rules seed_rules() {
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

inline Outcome score(TestSource& source, const Rules& rules, const World& world, Seconds as_of) {
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
  const bool same = again.score == scores.score && again.fit == scores.fit &&
                    again.opens == scores.opens && again.non_opens == scores.non_opens &&
                    again.non_opens_in_a_row == scores.non_opens_in_a_row &&
                    again.received == scores.received;
  CHECK(same);
  return out;
}

inline void fit_a(TestSource& source) { // 8 + 8 + 6 + 4 = 26
  source.set("job_title", "Marketing Manager");
  source.set("employees", "120");
  source.set("industry", "Software");
  source.set("country", "BE");
}
inline void fit_b(TestSource& source) { // 3 + 4 + 0 + 4 = 11
  source.set("job_title", "Specialist");
  source.set("employees", "25");
  source.set("industry", "Retail");
  source.set("country", "NL");
}

inline void clicks(TestSource& source, int tofu, int mofu, int bofu) {
  for (const auto& [count, first] :
       {std::pair{tofu, k_tofu}, std::pair{mofu, k_mofu}, std::pair{bofu, k_bofu}}) {
    for (int i = 0; i < count; ++i) { // a person takes some time
      source.add(1, EventKind::click, k_start + 3600 * (first + 3 * i),
                 static_cast<LinkNumber>(first + 3 * i));
    }
  }
}

constexpr Seconds k_later = k_start + 200 * k_day;

} // namespace mailfunnel
