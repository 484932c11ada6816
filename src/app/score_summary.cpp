#include "app/score_summary.hpp"

#include <fmt/format.h>

namespace mailfunnel {

namespace {

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
  constexpr std::int64_t k_near =
      256; // scores within it are counted in an array, the rest in the map
  std::vector<std::uint64_t> near(2 * k_near);
  const bool scale_is_status = m_scorer->rules().status.model == StatusModel::scale;
  auto& counts = m_counts;
  for (std::size_t r = 0; r < scores.size(); ++r) {
    if ((scores.suppressed[r] & suppressed_by::erased) != 0) {
      continue; // nobody any more
    }
    ++counts.recipients;
    ++counts.by_status[scores.status[r]];
    ++counts.matrix[scores.level[r] - 1U][scores.grade[r]];
    counts.suppressed += scores.suppressed[r] != 0;
    counts.disagreeing += !scale_is_status && scores.status[r] != scores.scale_status[r];
    counts.unknown_fit += scores.fit_known[r] == 0;
    const auto points = scores.score[r] >= 0 ? scores.score[r] / k_point
                                             : -((-scores.score[r] + k_point - 1) / k_point);
    if (points >= -k_near && points < k_near) {
      ++near[static_cast<std::size_t>(points + k_near)];
    } else {
      ++counts.histogram[points];
    }
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
