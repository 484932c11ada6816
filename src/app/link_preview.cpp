#include "app/link_preview.hpp"

#include "app/campaign_list.hpp"

#include <algorithm>

namespace mailfunnel {

namespace {

struct Part {
  std::uint64_t other_score = 0, other_status = 0;
  std::vector<std::vector<std::uint64_t>> transitions;
  ChunkScores before, after;
};

} // namespace

LinkPreview preview_link(Store& store, const Workspace& workspace, LinkByHand entry,
                         Seconds as_of) {
  const auto& rules = workspace.config.rules;
  entry.valid_from = as_of;
  const auto old_world = build_world(store, workspace, rules, as_of);
  auto new_world = build_world(store, workspace, rules, as_of, {&entry, 1});
  new_world.crowds = old_world.crowds;
  LinkPreview out;
  for (const auto& moved : retagged_links(store, old_world, new_world, rules.robots, as_of)) {
    ++out.links;
    out.clicks += moved.line.clicks;
  }
  if (out.links == 0) {
    return out;
  }
  prepare_crowds(old_world, rules.robots, workspace.threads);
  const Scorer before(rules, old_world, as_of), after(rules, new_world, as_of);
  out.statuses = after.statuses();
  out.transitions.assign(out.statuses.size(), std::vector<std::uint64_t>(out.statuses.size()));
  std::vector<Part> parts(std::max(workspace.threads, 1U));
  for (auto& part : parts) {
    part.transitions = out.transitions;
  }
  const ManualSuppressions manual(store.database(), as_of);
  each_chunk(store, workspace.threads,
             [&](std::uint32_t chunk, StoreChunk& source, Database&, unsigned thread) {
               auto& part = parts[thread];
               const auto* by_hand = manual.of_chunk(chunk);
               before.score(source, by_hand, part.before);
               before.judge_status(source, part.before);
               after.score(source, by_hand, part.after);
               after.judge_status(source, part.after);
               for (std::size_t r = 0; r < part.before.size(); ++r) {
                 const auto from = part.before.status[r], to = part.after.status[r];
                 part.other_score += part.before.score[r] != part.after.score[r] ? 1 : 0;
                 part.other_status += from != to ? 1 : 0;
                 ++part.transitions[from][to];
               }
             });
  for (const auto& part : parts) {
    out.other_score += part.other_score;
    out.other_status += part.other_status;
    for (std::size_t a = 0; a < out.transitions.size(); ++a) {
      for (std::size_t b = 0; b < out.transitions.size(); ++b) {
        out.transitions[a][b] += part.transitions[a][b];
      }
    }
  }
  return out;
}

} // namespace mailfunnel
