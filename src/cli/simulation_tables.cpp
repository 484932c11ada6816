// What `simulate` shows: who moves where, the scores before and after, and whom it moves most.

#include "base/text.hpp"
#include "score_tables.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mailfunnel::cli {

namespace {

/// Rows: the status now; columns: by the other rules. Best first, as in the other tables.
std::string transitions_text(const Simulation& s, bool color) {
  const auto& from = s.before.statuses;
  const auto& to = s.after.statuses;
  std::vector<std::string> head{"now"};
  for (auto b = to.size(); b-- > 0;) {
    head.push_back("-> " + to[b] + ">");
  }
  head.emplace_back("all>");
  Table table(head);
  for (auto a = from.size(); a-- > 0;) {
    std::vector<std::string> row{from[a]};
    for (auto b = to.size(); b-- > 0;) {
      const auto count = s.transitions[a][b];
      row.push_back(count == 0 ? "-" : grouped(count));
    }
    row.push_back(grouped(s.before.by_status[a]));
    table.add(std::move(row));
  }
  std::vector<std::string> sums{"all"};
  for (auto b = to.size(); b-- > 0;) {
    sums.push_back(grouped(s.after.by_status[b]));
  }
  sums.push_back(grouped(s.after.recipients));
  table.add(std::move(sums));
  return table.text(color);
}

std::string histograms_text(const Simulation& s, bool color) {
  const auto before = buckets_of(s.before.histogram), after = buckets_of(s.after.histogram);
  auto all = before;
  std::uint64_t top = 1;
  for (const auto& [bucket, count] : after) {
    all[bucket] = std::max(all[bucket], count);
  }
  for (const auto& [bucket, count] : all) {
    top = std::max(top, count);
  }
  const auto count_in = [](const auto& buckets, std::int64_t bucket) {
    const auto found = buckets.find(bucket);
    return found == buckets.end() ? std::uint64_t{0} : found->second;
  };
  Table table({"score>", "now>", "", "then>", ""});
  for (auto bucket = all.empty() ? std::int64_t{0} : all.begin()->first;
       !all.empty() && bucket <= all.rbegin()->first; bucket += k_score_bucket) {
    const auto now = count_in(before, bucket), then = count_in(after, bucket);
    constexpr std::size_t k_width = 24;
    table.add({bucket_label(bucket), grouped(now),
               bar(static_cast<double>(now), static_cast<double>(top), k_width), grouped(then),
               bar(static_cast<double>(then), static_cast<double>(top), k_width)});
  }
  return table.text(color);
}

std::string change_of(Points from, Points to) {
  return from == to ? format_points(from) : format_points(from) + " -> " + format_points(to);
}

} // namespace

std::string simulation_text(const Simulation& s, bool color) {
  std::string out = fmt::format("{} people, as of {}; nothing is stored\n\n",
                                grouped(s.before.recipients), format_time(s.before.as_of));
  out += transitions_text(s, color);
  const auto all = static_cast<double>(s.before.recipients);
  out += fmt::format("\nanother status {} ({}), another score {} ({}), another fit {} ({})\n\n",
                     grouped(s.other_status), percent(static_cast<double>(s.other_status), all),
                     grouped(s.other_score), percent(static_cast<double>(s.other_score), all),
                     grouped(s.other_fit), percent(static_cast<double>(s.other_fit), all));
  out += histograms_text(s, color);
  if (!s.movers.empty()) {
    Table movers({"moves most", "status", "score>", "fit>", "mostly by"});
    for (const auto& mover : s.movers) {
      movers.add({shortened(mover.address, 44),
                  mover.status_before == mover.status_after
                      ? mover.status_before
                      : mover.status_before + " -> " + mover.status_after,
                  change_of(mover.before, mover.after),
                  change_of(mover.fit_before, mover.fit_after), mover.why});
    }
    out += "\n" + movers.text(color);
  }
  if (!s.never_matched.empty()) {
    out += "\nnever matched: " + join(s.never_matched, ", ") + "\n";
  }
  return out;
}

} // namespace mailfunnel::cli
