#pragma once
// The rules as things to turn, one by one: for the rules lab of the review pages. What was turned
// becomes a rules file, which is read as any other (docs/scoring.md), so that the lab knows no rule
// that a config can't say.

#include "app/config.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

enum class KnobKind : std::uint8_t {
  points,
  cap,    // points, or "off"
  days,   // whole days
  fading, // whole days, or "off"
  choice,
};

struct Knob {
  std::string key; // "scoring.click.TOFU", "fit.student", "levels.engagement.0", "status.matrix.A1"
  std::string group; // clicks, mails, actions, time, caps, fit, levels, matrix
  std::string name;  // as the config says it: "click TOFU", or a fit rule's own name
  KnobKind kind = KnobKind::points;
  std::string value;        // as the config says it: "2", "off", "90d", "fair"
  double low = 0, high = 0; // what a slider reaches; not a limit
  std::vector<std::string> choices{};
};

/// In the order in which they are explained.
std::vector<Knob> knobs_of(const Rules& rules);

/// Turned knobs: keys and values as in Knob. Those of unknown keys are passed over.
using TurnedKnobs = std::vector<std::pair<std::string, std::string>>;

/// A rules file that says what the rules said, but for the knobs that stand at another value than
/// theirs, and for what `more` says over that (TOML; "": nothing). Error bad_syntax: `more` is no
/// TOML, with its line; or a value can't be written so.
Result<std::string> rules_file(const Rules& rules, const TurnedKnobs& turned,
                               std::string_view more);

} // namespace mailfunnel
