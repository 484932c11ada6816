#pragma once
// Fit: points for what is known of a person, by the rules' conditions on attributes.

#include "base/hash.hpp"
#include "funnel/rules.hpp"
#include "model/activity.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

struct ChunkScores;
struct Ledger;
struct RuleHits;

/// What some rules made of the values met so far, which come again from chunk to chunk. One
/// thread's at a time.
class FitMemory {
public:
  struct Verdict {
    std::vector<bool> hits; // by rule
    Points simple = 0;      // of the groups that ask for nothing but this attribute
  };
  struct TextHash {
    using is_avalanching = void;
    std::size_t operator()(std::string_view text) const { return hash64(text); }
  };
  struct Values { // a text stands beside its verdict, so that both stay where they are
    std::deque<std::pair<std::string, Verdict>> verdicts;
    boost::unordered_flat_map<std::string_view, const Verdict*, TextHash> by_text;
  };
  /// Of the n-th attribute that the rules ask for; before a chunk, as too many are forgotten.
  Values& of(std::size_t attribute);

private:
  std::deque<Values> m_attributes; // they stay where they are
};

/// One for each thread that scores by the same rules at once.
class FitMemories {
public:
  std::unique_ptr<FitMemory> take();
  void give_back(std::unique_ptr<FitMemory> memory);

private:
  std::mutex m_mutex;
  std::vector<std::unique_ptr<FitMemory>> m_free;
};

/// Fit of each recipient of the chunk. `memory`: of these rules.
void score_fit(const FitRules& rules, ChunkSource& source, Seconds as_of, ChunkScores& scores,
               FitMemory& memory, Ledger* ledger, RuleHits* hits = nullptr);

} // namespace mailfunnel
