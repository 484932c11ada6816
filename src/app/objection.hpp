#pragma once
// Suppression by hand and objection: what a person, or a clerk on behalf of one, says. Each holds
// from a moment on, and until it is taken back: a score as of March sees what held in March.

#include "app/explain.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// In no mailing segment any more.
constexpr std::string_view k_hand_reasons[] = {"manual", "unsubscribed", "complained",
                                               "hard bounce"};
/// Direct marketing: in no mailing and no sales segment. Profiling: no score, and in no segment.
constexpr std::string_view k_objection = "objection",
                           k_objection_to_profiling = "objection to profiling";

struct HandSuppression {
  std::string key, reason, note;
  Seconds valid_from = 0;
  std::optional<Seconds> valid_to; // taken back then
};

/// All of one person, oldest first.
std::vector<HandSuppression> hand_suppressions(Store& store, const FoundPerson& person);

/// From `now` on, for each of the reasons; false: all of them held already. The person need not be
/// known yet, if the name is an address. Error not_found: a name that is neither, or of somebody
/// who was erased.
Result<bool> suppress(Store& store, const std::string& who,
                      std::span<const std::string_view> reasons, const std::string& note,
                      Seconds now);

/// Takes back what holds for these reasons. False: none did.
Result<bool> take_back(Store& store, const std::string& who,
                       std::span<const std::string_view> reasons, Seconds now);

} // namespace mailfunnel
