#include "app/score_summary.hpp"

#include <fmt/format.h>

namespace mailfunnel {

namespace {

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}

std::vector<std::string> warnings_of(const ScoreSummary& summary) {
  std::vector<std::string> out;
  for (std::size_t s = 0; s < summary.statuses.size(); ++s) {
    const auto share = summary.recipients == 0 ? 0.0
                                               : 100.0 * static_cast<double>(summary.by_status[s]) /
                                                     static_cast<double>(summary.recipients);
    if (summary.by_status[s] == 0) {
      out.push_back(fmt::format("nobody is {}: are the cuts in [levels] too high for this list?",
                                summary.statuses[s]));
    } else if (share > 30 && s > 0) {
      out.push_back(fmt::format("{:.0f} % are {}: are the cuts in [levels] too low for this list?",
                                share, summary.statuses[s]));
    }
  }
  return out;
}

} // namespace

ScoreTally::ScoreTally(const Scorer& scorer) : m_scorer(&scorer) {
  m_counts.as_of = scorer.as_of();
  m_counts.statuses = scorer.statuses();
  m_counts.by_status.resize(scorer.statuses().size());
  m_counts.matrix.resize(scorer.rules().levels.levels(),
                         std::vector<std::uint64_t>(scorer.rules().levels.grades()));
}

void ScoreTally::add(const ChunkScores& scores) {
  // Scores within it are counted in an array, the rest in the map.
  constexpr std::int64_t k_near = 256;
  std::vector<std::uint64_t> near(2 * k_near);
  auto& counts = m_counts;
  const auto grades = m_scorer->rules().levels.grades();
  std::vector<std::uint64_t> by_status(counts.by_status.size());
  std::vector<std::uint64_t> cells(counts.matrix.size() * grades);
  std::uint64_t recipients = 0, suppressed = 0, disagreeing = 0, unknown_fit = 0;
  for (std::size_t r = 0; r < scores.size(); ++r) {
    if ((scores.suppressed[r] & suppressed_by::erased) != 0) {
      continue; // nobody any more
    }
    ++recipients;
    ++by_status[scores.status[r]];
    ++cells[(scores.level[r] - 1U) * grades + scores.grade[r]];
    suppressed += scores.suppressed[r] != 0;
    disagreeing += scores.status[r] != scores.scale_status[r];
    unknown_fit += scores.fit_known[r] == 0;
    const auto above = scores.score[r] + k_near * k_point; // the lowest of the array
    if (above >= 0 && above < 2 * k_near * k_point) {
      ++near[static_cast<std::uint64_t>(above) / std::uint64_t{k_point}];
    } else {
      ++counts.histogram[floor_div(scores.score[r], k_point)];
    }
  }
  counts.recipients += recipients;
  counts.suppressed += suppressed;
  counts.disagreeing += m_scorer->rules().status.model == StatusModel::scale ? 0 : disagreeing;
  counts.unknown_fit += unknown_fit;
  for (std::size_t i = 0; i < by_status.size(); ++i) {
    counts.by_status[i] += by_status[i];
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    counts.matrix[i / grades][i % grades] += cells[i];
  }
  for (std::size_t i = 0; i < near.size(); ++i) {
    if (near[i] != 0) {
      counts.histogram[static_cast<std::int64_t>(i) - k_near] += near[i];
    }
  }
}

ScoreSummary summary_of(std::span<const ScoreTally> tallies) {
  auto summary = tallies.front().m_counts;
  for (const auto& tally : tallies.subspan(1)) {
    const auto& counts = tally.m_counts;
    summary.recipients += counts.recipients;
    summary.suppressed += counts.suppressed;
    summary.disagreeing += counts.disagreeing;
    summary.unknown_fit += counts.unknown_fit;
    for (std::size_t i = 0; i < counts.by_status.size(); ++i) {
      summary.by_status[i] += counts.by_status[i];
    }
    for (std::size_t level = 0; level < counts.matrix.size(); ++level) {
      for (std::size_t grade = 0; grade < counts.matrix[level].size(); ++grade) {
        summary.matrix[level][grade] += counts.matrix[level][grade];
      }
    }
    for (const auto& [points, count] : counts.histogram) {
      summary.histogram[points] += count;
    }
  }
  summary.warnings = warnings_of(summary);
  return summary;
}

} // namespace mailfunnel
