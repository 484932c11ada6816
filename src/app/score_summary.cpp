#include "app/score_summary.hpp"

#include <fmt/format.h>

#include <array>

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
  // Most people are counted in the same place as the one before, which would be waited for: so
  // people next to each other are counted in different arrays.
  constexpr std::size_t k_lanes = 4;
  auto& counts = m_counts;
  const auto n = scores.size();
  const auto here = [by = scores.suppressed.data()](std::size_t r) { // 0: nobody any more
    return std::uint32_t{(by[r] & suppressed_by::erased) == 0};
  };
  const auto total = [&](auto says) {
    std::uint32_t people = 0; // of a chunk
    for (std::size_t r = 0; r < n; ++r) {
      people += here(r) & std::uint32_t{says(r)};
    }
    return std::uint64_t{people};
  };
  counts.recipients += total([](std::size_t) { return true; });
  counts.suppressed += total([by = scores.suppressed.data()](std::size_t r) { return by[r] != 0; });
  counts.unknown_fit +=
      total([known = scores.fit_known.data()](std::size_t r) { return known[r] == 0; });
  if (m_scorer->rules().status.model != StatusModel::scale) {
    counts.disagreeing += total([a = scores.status.data(), b = scores.scale_status.data()](
                                    std::size_t r) { return a[r] != b[r]; });
  }
  const auto grades = m_scorer->rules().levels.grades();
  const auto statuses = counts.by_status.size(), cells = counts.matrix.size() * grades;
  std::vector<std::uint32_t> by_cell(cells * statuses * k_lanes);
  for (std::size_t r = 0; r < n; ++r) {
    const auto cell = (scores.level[r] - 1U) * grades + scores.grade[r];
    by_cell[(cell * statuses + scores.status[r]) * k_lanes + r % k_lanes] += here(r);
  }
  for (std::size_t i = 0; i < by_cell.size(); ++i) {
    const auto cell = i / k_lanes / statuses;
    counts.by_status[i / k_lanes % statuses] += by_cell[i];
    counts.matrix[cell / grades][cell % grades] += by_cell[i];
  }
  // Scores near 0 are counted in arrays, the others in the map.
  constexpr std::int64_t k_near = 256;
  std::array<std::array<std::uint32_t, 2 * k_near>, k_lanes> near{};
  for (std::size_t r = 0; r < n; ++r) {
    const auto above = scores.score[r] + k_near * k_point; // the lowest of the array
    if (above >= 0 && above < 2 * k_near * k_point) {
      near[r % k_lanes][static_cast<std::uint32_t>(above) / std::uint32_t{k_point}] += here(r);
    } else if (here(r) != 0) {
      ++counts.histogram[floor_div(scores.score[r], k_point)];
    }
  }
  for (std::size_t i = 0; i < near.front().size(); ++i) {
    std::uint64_t people = 0;
    for (const auto& lane : near) {
      people += lane[i];
    }
    if (people != 0) {
      counts.histogram[static_cast<std::int64_t>(i) - k_near] += people;
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
