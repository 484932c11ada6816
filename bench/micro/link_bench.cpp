// URLs: wrappers undone, identity, stage.

#include "sample_log.hpp"

#include "base/uri.hpp"
#include "funnel/tagger.hpp"

#include <benchmark/benchmark.h>

namespace mailfunnel::bench {
namespace {

constexpr std::size_t k_links = 1000;

template<typename Work>
void each_link(benchmark::State& state, const std::vector<std::string>& links, Work work) {
  for (auto _ : state) {
    for (const auto& link : links) {
      benchmark::DoNotOptimize(work(link));
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(links.size()));
}

void identity(benchmark::State& state) {
  each_link(state, sample_links(k_links),
            [](const std::string& link) { return link_identity(link); });
}
BENCHMARK(identity);

void unwrap_plain(benchmark::State& state) {
  each_link(state, sample_links(k_links), [](const std::string& link) { return unwrap(link); });
}
BENCHMARK(unwrap_plain);

void unwrap_safe_links(benchmark::State& state) {
  auto links = sample_links(k_links);
  for (auto& link : links) {
    link = "https://eur01.safelinks.protection.outlook.com/?url=" + percent_encode(link) +
           "&data=05%7C01&sdata=x&reserved=0";
  }
  each_link(state, links, [](const std::string& link) { return unwrap(link); });
}
BENCHMARK(unwrap_safe_links);

void tag_links(benchmark::State& state, std::size_t rules) {
  TaggingRules tagging;
  for (std::size_t i = 0; i < rules; ++i) {
    tagging.rules.emplace_back().url = "*/campaign-" + std::to_string(i) + "/*";
    tagging.rules.back().stage = Stage::bofu;
  }
  const Tagger tagger(std::move(tagging));
  each_link(state, sample_links(k_links), [&](const std::string& link) {
    const Placement placement{"Read more"};
    LinkInput input;
    input.url = link;
    input.placements = {&placement, 1};
    return tagger.tag(input).stage;
  });
}
BENCHMARK_CAPTURE(tag_links, builtin, 0);
BENCHMARK_CAPTURE(tag_links, behind_20_rules, 20);

} // namespace
} // namespace mailfunnel::bench
