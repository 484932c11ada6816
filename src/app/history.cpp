#include "app/history.hpp"

#include "ingest/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace mailfunnel {

namespace {

/// One thread's counts of a moment.
struct Part {
  ListMoment counts;
  std::map<Points, std::uint64_t> scores;

  void add(const ChunkScores& chunk) {
    for (std::size_t r = 0; r < chunk.size(); ++r) {
      if (chunk.known(r)) {
        ++counts.people;
        counts.suppressed += chunk.suppressed[r] != 0 ? 1 : 0;
        ++counts.by_status[chunk.status[r]];
        ++scores[chunk.score[r]];
      }
    }
  }
};

Points below(const std::map<Points, std::uint64_t>& scores, std::uint64_t people) {
  std::uint64_t seen = 0;
  for (const auto& [score, count] : scores) {
    seen += count;
    if (seen > people) {
      return score;
    }
  }
  return scores.empty() ? 0 : scores.rbegin()->first;
}

ListMoment put_together(std::vector<Part>& parts, Seconds moment) {
  auto out = std::move(parts[0]);
  for (std::size_t p = 1; p < parts.size(); ++p) {
    out.counts.people += parts[p].counts.people;
    out.counts.suppressed += parts[p].counts.suppressed;
    for (std::size_t s = 0; s < out.counts.by_status.size(); ++s) {
      out.counts.by_status[s] += parts[p].counts.by_status[s];
    }
    for (const auto& [score, count] : parts[p].scores) {
      out.scores[score] += count;
    }
  }
  out.counts.as_of = moment;
  out.counts.median = below(out.scores, out.counts.people / 2);
  out.counts.tenth = below(out.scores, out.counts.people / 10);
  out.counts.ninetieth = below(out.scores, out.counts.people * 9 / 10);
  return out.counts;
}

} // namespace

Result<std::vector<Seconds>> moments_of(Seconds from, Seconds to, Seconds every) {
  if (from > to || every <= 0) {
    return Error{ErrorCode::usage, fmt::format("there is nothing between {} and {}",
                                               format_time(from), format_time(to))};
  }
  const auto count = static_cast<std::uint64_t>((to - from) / every) + 1;
  if (count > k_most_moments) {
    return Error{ErrorCode::usage,
                 fmt::format("{} moments are more than {}: a longer --every or a later --from",
                             count, k_most_moments)};
  }
  std::vector<Seconds> moments;
  for (auto i = static_cast<Seconds>(count); i-- > 0;) {
    moments.push_back(to - i * every);
  }
  return moments;
}

Result<std::vector<Explanation>> person_history(Store& store, const Workspace& workspace,
                                                const Rules& rules, const std::string& who,
                                                const HistoryRequest& request) {
  constexpr Seconds k_usual = 7 * k_day;
  MF_TRY(person, Person::find(store, who));
  const auto from = request.from.value_or(std::min(person.first_event(), request.to));
  const auto every = request.every.value_or(usual_step(from, request.to, k_usual));
  MF_TRY(moments, moments_of(from, request.to, every));
  Worlds worlds(store, workspace, rules);
  std::vector<Explanation> out;
  out.reserve(moments.size());
  for (const auto moment : moments) {
    out.push_back(person.at(moment, rules, worlds.at(moment)));
  }
  return out;
}

ListHistory list_history(Store& store, const Workspace& workspace, const Rules& rules,
                         const std::vector<Seconds>& moments,
                         const std::function<void(std::size_t, std::size_t)>& progress,
                         const std::function<bool()>& stopped) {
  fold_inbox(store, workspace.threads);
  ListHistory out;
  Worlds worlds(store, workspace, rules);
  for (const auto moment : moments) {
    if (stopped()) {
      break;
    }
    const auto world = worlds.at(moment);
    if (out.statuses.empty()) {
      out.statuses = Scorer(rules, *world, moment).statuses();
    }
    std::vector<Part> parts(std::max(workspace.threads, 1U));
    for (auto& part : parts) {
      part.counts.by_status.resize(out.statuses.size());
    }
    score_store(store, workspace, rules, *world, moment,
                [&](std::uint32_t, StoreChunk&, ChunkScores& scores, unsigned thread) {
                  parts[thread].add(scores);
                });
    out.moments.push_back(put_together(parts, moment));
    progress(out.moments.size(), moments.size());
  }
  return out;
}

Seconds usual_step(Seconds from, Seconds to, Seconds usual) {
  constexpr Seconds k_rows = 60;
  while ((to - from) / usual > k_rows) {
    usual *= 2;
  }
  return usual;
}

} // namespace mailfunnel
