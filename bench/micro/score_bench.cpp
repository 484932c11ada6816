// A full chunk scored, and an expression over it.

#include "sample_log.hpp"

#include "funnel/expression.hpp"
#include "funnel/scorer.hpp"
#include "store/block.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <map>
#include <random>

namespace mailfunnel::bench {
namespace {

constexpr std::uint32_t k_mailings = 12, k_events_each = 10;
constexpr LinkNumber k_links = 21;
constexpr Seconds k_as_of = k_start + 400 * k_day;

/// A chunk in memory: its blocks are decoded when they are asked for, as from the store.
class MemoryChunk : public ChunkSource {
public:
  MemoryChunk() {
    constexpr std::array k_kinds{EventKind::delivered, EventKind::delivered, EventKind::delivered,
                                 EventKind::open,      EventKind::open,      EventKind::click};
    std::mt19937 random(1); // NOLINT: the same events every time
    std::map<Set, std::vector<EventRow>> rows;
    for (std::uint32_t recipient = 0; recipient < k_chunk_size; ++recipient) {
      for (std::uint32_t i = 0; i < k_events_each; ++i) {
        const auto mailing = random() % k_mailings;
        const auto kind = k_kinds[random() % k_kinds.size()];
        const auto time =
            k_start + mailing * 30 * k_day + static_cast<Seconds>(random() % (3 * k_day));
        const bool click = kind == EventKind::click;
        rows[{mailing + 1, kind}].push_back(
            {recipient, static_cast<std::uint32_t>(time),
             static_cast<LinkNumber>(click ? random() % k_links + 1 : 0), evidence::agent_seen,
             static_cast<std::uint16_t>(click ? random() % 65'535 + 1 : 0), 0});
      }
    }
    for (auto& [set, events] : rows) {
      normalise_rows(events, set.second);
      m_events += events.size();
      m_blocks[set] = encode_block(events);
    }
  }
  std::uint32_t size() const override { return k_chunk_size; }
  bool events(CampaignId campaign, EventKind kind, EventColumns& columns) override {
    columns.clear();
    const auto block = m_blocks.find({campaign, kind});
    if (block == m_blocks.end()) {
      return false;
    }
    BlockReader(block->second, 0).read_all(columns);
    return true;
  }
  EventKinds kinds(CampaignId campaign) override {
    EventKinds kinds = 0;
    for (auto block = m_blocks.lower_bound({campaign, EventKind{}});
         block != m_blocks.end() && block->first.first == campaign; ++block) {
      kinds |= only(block->first.second);
    }
    return kinds;
  }
  std::vector<CampaignId> campaigns(EventKind kind) override {
    std::vector<CampaignId> out;
    for (const auto& [set, block] : m_blocks) {
      if (set.second == kind) {
        out.push_back(set.first);
      }
    }
    return out;
  }
  bool attribute(std::uint32_t, std::string_view name, AttributeColumn& column) override {
    column = {};
    if (name != "job_title") {
      return false;
    }
    column.values = {"Marketing Manager", "Software Engineer", "Student"};
    for (std::uint16_t i = 0; i < k_recipient_block; ++i) {
      column.recipient.push_back(i);
      column.valid_from.push_back(0);
      column.value.push_back(i % 3);
    }
    return true;
  }
  std::vector<std::string> attribute_names() override { return {"job_title"}; }
  std::string_view address(std::uint32_t) override { return "ann@example.com"; }
  std::int64_t event_count() const { return static_cast<std::int64_t>(m_events); }

private:
  using Set = std::pair<CampaignId, EventKind>;
  std::map<Set, std::string> m_blocks;
  std::size_t m_events = 0;
};

/// Mailings a month apart, with links of all three stages.
World sample_world() {
  constexpr std::array k_stages{Stage::bofu, Stage::tofu, Stage::mofu};
  World world;
  for (std::uint32_t i = 0; i < k_mailings; ++i) {
    WorldCampaign campaign;
    campaign.id = i + 1;
    campaign.external_id = std::to_string(i + 1);
    campaign.time = k_start + i * 30 * k_day;
    campaign.stages.assign(k_links + 1, static_cast<std::uint8_t>(Stage::untagged));
    for (LinkNumber link = 1; link <= k_links; ++link) {
      campaign.stages[link] = static_cast<std::uint8_t>(k_stages[link % 3]);
      campaign.links[link].tag.stage = k_stages[link % 3];
    }
    world.by_id[campaign.id] = i;
    world.campaigns.push_back(std::move(campaign));
    world.families.push_back({i});
  }
  return world;
}

Rules sample_rules() {
  auto rules = default_rules();
  auto& rule = rules.fit.rules.emplace_back();
  rule.name = "manager";
  rule.attribute = "job_title";
  rule.words = {"manager"};
  rule.points = 8 * k_point;
  return rules;
}

void score_chunk(benchmark::State& state) {
  MemoryChunk chunk;
  const auto world = sample_world();
  const auto rules = sample_rules();
  const Scorer scorer(rules, world, k_as_of);
  ChunkScores scores;
  for (auto _ : state) {
    scorer.score(chunk, nullptr, scores);
    scorer.judge_status(chunk, scores);
    benchmark::DoNotOptimize(scores.score.data());
  }
  state.SetItemsProcessed(state.iterations() * chunk.event_count());
}
BENCHMARK(score_chunk)->Unit(benchmark::kMillisecond);

void evaluate_expression(benchmark::State& state, const char* text) {
  MemoryChunk chunk;
  const auto world = sample_world();
  const auto rules = sample_rules();
  const Scorer scorer(rules, world, k_as_of);
  ChunkScores scores;
  scorer.score(chunk, nullptr, scores);
  scorer.judge_status(chunk, scores);
  const auto parsed = parse_expression(text);
  if (!parsed.expression) {
    state.SkipWithError(parsed.error.message.c_str());
    return;
  }
  const EvaluationContext context{scorer, chunk, scores};
  for (auto _ : state) {
    benchmark::DoNotOptimize(evaluate(*parsed.expression, context));
  }
  state.SetItemsProcessed(state.iterations() * k_chunk_size); // recipients
}
BENCHMARK_CAPTURE(evaluate_expression, figures, "score >= 20 and grade in (\"A\", \"B\")");
BENCHMARK_CAPTURE(evaluate_expression, events,
                  "clicked(stage = BOFU, within 120d) and not opened(campaign = \"3\")");
BENCHMARK_CAPTURE(evaluate_expression, attribute, "attribute(\"job_title\") contains \"manager\"");

} // namespace
} // namespace mailfunnel::bench
