#include "app/simulate.hpp"

#include "app/explain.hpp"
#include "ingest/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace mailfunnel {

namespace {

/// A change of one person, small enough to keep the largest ones of a million.
struct Change {
  bool status; // changes too
  Points size; // of points and fit together
  RecipientId id;
  std::uint8_t status_before, status_after;
  Points before, after, fit_before, fit_after;
};

/// Larger first; of equals the older recipient, so that threads do not matter.
bool larger(const Change& a, const Change& b) {
  return a.status != b.status ? a.status : a.size != b.size ? a.size > b.size : a.id < b.id;
}

/// What one thread found.
struct Part {
  ScoreTally before, after;
  std::vector<std::vector<std::uint64_t>> transitions;
  std::uint64_t other_score = 0, other_fit = 0, other_status = 0;
  std::vector<Change> changes; // the largest, as a heap with the smallest of them in front
  RuleHits hits;

  Part(const Scorer& old_rules, const Scorer& new_rules)
      : before(old_rules), after(new_rules),
        transitions(old_rules.statuses().size(),
                    std::vector<std::uint64_t>(new_rules.statuses().size())) {}

  void offer(const Change& change, std::size_t most) {
    if (changes.size() == most) {
      if (most == 0 || !larger(change, changes.front())) {
        return;
      }
      std::pop_heap(changes.begin(), changes.end(), larger);
      changes.pop_back();
    }
    changes.push_back(change);
    std::push_heap(changes.begin(), changes.end(), larger);
  }

  void compare(RecipientId first, const ChunkScores& a, const ChunkScores& b,
               const Scorer& old_rules, const Scorer& new_rules, std::size_t most) {
    // The same name is the same status, whatever the number.
    std::vector<std::vector<bool>> same(transitions.size());
    for (std::size_t s = 0; s < same.size(); ++s) {
      for (const auto& name : new_rules.statuses()) {
        same[s].push_back(name == old_rules.statuses()[s]);
      }
    }
    for (std::size_t r = 0; r < a.size(); ++r) {
      ++transitions[a.status[r]][b.status[r]];
      const bool status = !same[a.status[r]][b.status[r]];
      const auto size = std::abs(a.score[r] - b.score[r]) + std::abs(a.fit[r] - b.fit[r]);
      if (!status && size == 0) {
        continue;
      }
      other_status += status;
      other_score += a.score[r] != b.score[r];
      other_fit += a.fit[r] != b.fit[r];
      offer({status, size, first + static_cast<RecipientId>(r), a.status[r], b.status[r],
             a.score[r], b.score[r], a.fit[r], b.fit[r]},
            most);
    }
  }
};

/// Points by rule.
std::map<std::string, Points> by_rule(const Explanation& explained) {
  std::map<std::string, Points> sums;
  for (const auto& line : explained.ledger.lines) {
    sums[line.rule] += line.points;
  }
  for (const auto& line : explained.ledger.fit) {
    sums["fit " + line.rule] += line.points;
  }
  return sums;
}

std::string reason_of(const Explanation& before, const Explanation& after) {
  const auto old_sums = by_rule(before), new_sums = by_rule(after);
  std::set<std::string> rules;
  for (const auto* sums : {&old_sums, &new_sums}) {
    for (const auto& [rule, points] : *sums) {
      rules.insert(rule);
    }
  }
  const auto sum_in = [](const auto& sums, const std::string& rule) {
    const auto found = sums.find(rule);
    return found == sums.end() ? Points{0} : found->second;
  };
  std::string best;
  Points most = 0;
  for (const auto& rule : rules) {
    const auto from = sum_in(old_sums, rule), to = sum_in(new_sums, rule);
    if (std::abs(from - to) > most) {
      most = std::abs(from - to);
      best = fmt::format("{} {} -> {}", rule, from == 0 ? "0" : format_signed_points(from),
                         to == 0 ? "0" : format_signed_points(to));
    }
  }
  if (best.empty()) {
    best = after.override_rule.empty() ? "the rules for the status"
                                       : "override \"" + after.override_rule + "\"";
  }
  return best;
}

std::vector<std::string> never_matched(const Rules& rules, const World& world,
                                       const RuleHits& hits) {
  std::vector<std::string> out;
  std::set<std::string> tags;
  for (const auto& campaign : world.campaigns) {
    for (const auto& [number, link] : campaign.links) {
      if (link.tag.source == TagSource::rule) {
        tags.insert(link.tag.why);
      }
    }
  }
  for (const auto& rule : rules.tagging.rules) {
    if (!tags.contains("rule " + name_of(rule))) {
      out.push_back(fmt::format("stage rule \"{}\"", name_of(rule)));
    }
  }
  const auto unused = [&](const auto& all, const std::vector<std::uint64_t>& counts,
                          std::string_view what) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i >= counts.size() || counts[i] == 0) {
        out.push_back(fmt::format("{} \"{}\"", what, all[i].name));
      }
    }
  };
  unused(rules.fit.rules, hits.fit, "fit rule");
  unused(rules.status.overrides, hits.overrides, "override");
  if (rules.status.model == StatusModel::rules) {
    unused(rules.status.rules, hits.status, "status rule");
  }
  return out;
}

} // namespace

Simulation simulate(Store& store, const Workspace& workspace, const Rules& rules, Seconds as_of,
                    std::size_t most) {
  fold_inbox(store, workspace.threads);
  const auto& old_rules = workspace.config.rules;
  const auto world_for = [&](const Rules& some) {
    return build_world(store, workspace, some, as_of);
  };
  const auto old_world = world_for(old_rules);
  auto new_world = world_for(rules);
  new_world.crowds = old_world.crowds;
  prepare_crowds(new_world, rules.robots, workspace.threads);
  const Scorer old_scorer(old_rules, old_world, as_of), new_scorer(rules, new_world, as_of);
  const ManualSuppressions manual(store.database(), as_of);
  const auto threads = std::max(workspace.threads, 1U);
  std::vector<Part> parts(threads, Part(old_scorer, new_scorer));
  std::vector<std::pair<ChunkScores, ChunkScores>> of_thread(threads);
  each_chunk(store, threads,
             [&](std::uint32_t chunk, StoreChunk& source, Database&, unsigned thread) {
               auto& part = parts[thread];
               auto& [before, after] = of_thread[thread];
               const auto* by_hand = manual.of_chunk(chunk);
               old_scorer.score(source, by_hand, before);
               old_scorer.judge_status(source, before);
               RuleHits hits;
               new_scorer.score(source, by_hand, after, nullptr, &hits);
               new_scorer.judge_status(source, after, &hits);
               part.hits.add(hits);
               part.before.add(before);
               part.after.add(after);
               part.compare(chunk << k_chunk_bits, before, after, old_scorer, new_scorer, most);
             });

  Simulation out;
  std::vector<ScoreTally> before, after;
  std::vector<Change> changes;
  RuleHits hits;
  out.transitions = Part(old_scorer, new_scorer).transitions;
  for (const auto& part : parts) {
    before.push_back(part.before);
    after.push_back(part.after);
    hits.add(part.hits);
    changes.insert(changes.end(), part.changes.begin(), part.changes.end());
    out.other_score += part.other_score;
    out.other_fit += part.other_fit;
    out.other_status += part.other_status;
    for (std::size_t a = 0; a < out.transitions.size(); ++a) {
      for (std::size_t b = 0; b < out.transitions[a].size(); ++b) {
        out.transitions[a][b] += part.transitions[a][b];
      }
    }
  }
  out.before = summary_of(before);
  out.after = summary_of(after);
  out.never_matched = never_matched(rules, new_world, hits);
  std::sort(changes.begin(), changes.end(), larger);
  changes.resize(std::min(changes.size(), most));
  for (const auto& change : changes) {
    Recipients names(store.database());
    Mover mover;
    mover.address = names.address(change.id);
    mover.status_before = old_scorer.statuses()[change.status_before];
    mover.status_after = new_scorer.statuses()[change.status_after];
    mover.before = change.before;
    mover.after = change.after;
    mover.fit_before = change.fit_before;
    mover.fit_after = change.fit_after;
    if (mover.address.empty()) {
      mover.address = "(contact id only)";
    } else {
      const auto old_lines = explain(store, workspace, old_rules, mover.address, as_of);
      const auto new_lines = explain(store, workspace, rules, mover.address, as_of);
      mover.why = old_lines && new_lines ? reason_of(*old_lines, *new_lines) : "";
    }
    out.movers.push_back(std::move(mover));
  }
  return out;
}

} // namespace mailfunnel
