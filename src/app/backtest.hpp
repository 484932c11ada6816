#pragma once
// How well the rules would have ranked those who converted: everybody scored at fixed dates with
// what was known then, and compared with what happened afterwards.

#include "app/workspace.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

struct Conversion {
  std::string who; // address, or domain of a company: all its people
  Seconds time = 0;
};

/// A CSV with the columns email (or address, or domain) and time (or date); others are passed over.
/// Lines that can't be used come back as "line 3: …".
struct ReadConversions {
  std::vector<Conversion> conversions;
  std::vector<std::string> problems;
};
Result<ReadConversions> read_conversions(std::string_view csv, TimeZone zone);

struct BacktestRequest {
  std::vector<Conversion> conversions;
  Seconds window = 90 * k_day; // what counts as an outcome: a conversion so long after the date
  Seconds gap = 0;             // days after the date that do not count
  std::optional<Seconds> from, to;
  std::string
      score_attribute; // an imported score to stand beside ours, as of each date; empty: none
};

/// One way to put people in an order, and how good it was.
struct Ranking {
  std::string name;
  // Both as the mean of the dates, each with the weight of its conversions.
  double auc = 0, low = 0, high = 0; // area under the ROC curve, with its 95 % interval
  std::vector<double> lift;          // by tenth of the people, best first: times the average rate
};

struct Cut {
  std::string name;
  std::uint64_t people = 0, converted = 0; // at or above it
};

/// What a rule gives, and what was seen: do those it speaks of convert more often?
struct RuleOdds {
  std::string rule;
  Points points = 0;
  std::uint64_t with = 0, with_converted = 0, without = 0, without_converted = 0;
  bool known() const { return with != 0 && without != 0; } // there is something to compare
  /// Odds ratio; half an event is added to each cell, so that none is empty.
  double odds() const;
  std::pair<double, double> interval() const; // its 95 %
  /// The interval lies wholly on the other side of 1 than the points.
  bool contradicts() const;
};

struct Backtest {
  std::vector<Seconds> dates;
  std::uint64_t observations = 0; // people x dates
  std::uint64_t converted = 0;    // observations with a conversion in their window
  std::uint64_t people_converted = 0;
  std::uint64_t unknown = 0; // conversions of nobody known here
  std::vector<Ranking> rankings;
  std::vector<Cut> cuts;
  Points best = 0, best_low = 0, best_high = 0; // score with the best F1, with its 95 % interval
  Cut at_best;
  std::vector<RuleOdds> odds;
  /// With fewer conversions nothing can be said.
  static constexpr std::uint64_t k_few = 30;
  bool too_few() const { return people_converted < k_few; }
};

/// Error invalid: the log does not reach over one date and its window.
Result<Backtest> backtest(Store& store, const Workspace& workspace, const Rules& rules,
                          const BacktestRequest& request);

/// Area under the ROC curve of (value, converted, others) rows; a tie counts half.
struct RankedCount {
  std::int64_t value;
  std::uint64_t converted, others;
};
double area_under_curve(std::vector<RankedCount> rows);

} // namespace mailfunnel
