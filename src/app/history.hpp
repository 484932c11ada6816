#pragma once
// How scores came to be what they are: one person, or the whole list, at regular moments of the
// past. Each moment is scored as of itself, so that nothing later is in it.

#include "app/explain.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mailfunnel {

constexpr std::size_t k_most_moments = 1000;

/// The last moment is `to`; the others lie `every` before it and before each other, down to `from`.
/// Error usage: more than k_most_moments, or `from` after `to`.
Result<std::vector<Seconds>> moments_of(Seconds from, Seconds to, Seconds every);

/// Between two moments where nobody says: `usual`, or longer so that there are about 60.
Seconds usual_step(Seconds from, Seconds to, Seconds usual);

/// One person at moments from `from` (absent: the first event) to `to`; `every` absent: each week,
/// or longer for long times. Error not_found as in Person::find(), usage as in moments_of().
struct HistoryRequest {
  std::optional<Seconds> from, every;
  Seconds to = 0;
};
Result<std::vector<Explanation>> person_history(Store& store, const Workspace& workspace,
                                                const Rules& rules, const std::string& who,
                                                const HistoryRequest& request);

/// The list at one moment; of those whom a mailing had reached by then.
struct ListMoment {
  Seconds as_of = 0;
  std::uint64_t people = 0, suppressed = 0;
  std::vector<std::uint64_t> by_status;        // as ListHistory::statuses
  Points median = 0, tenth = 0, ninetieth = 0; // scores that half, a tenth, nine tenths stay below
};

struct ListHistory {
  std::vector<std::string> statuses;
  std::vector<ListMoment> moments;
};

/// Folds the inbox, then scores everybody once a moment. `progress(done, of)` after each;
/// `stopped`: true ends it with what there is.
ListHistory list_history(Store& store, const Workspace& workspace, const Rules& rules,
                         const std::vector<Seconds>& moments,
                         const std::function<void(std::size_t, std::size_t)>& progress,
                         const std::function<bool()>& stopped);

} // namespace mailfunnel
