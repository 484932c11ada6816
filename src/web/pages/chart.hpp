#pragma once
// Charts as SVG text: they need no script, print, and scale. Colours come from static/app.css by
// class. Each wants a table with the same numbers beside it, for those who read with their ears;
// the SVG itself is hidden from them.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mailfunnel {

struct ChartBar {
  std::string label; // below it; "": none
  std::string title; // of the pointer: "10 to 14: 1,234 people"
  double value = 0;
  double other = -1; // drawn as a frame over it, to compare; below 0: none
};
/// A threshold, between bars: 0 is left of the first.
struct ChartMark {
  double at = 0;
  std::string label;
};
/// Heights are roots of the values, so that a few people are seen beside many; the axis says so by
/// its numbers.
std::string bar_chart(const std::vector<ChartBar>& bars, const std::vector<ChartMark>& marks = {});

struct ChartSeries {
  std::string name, css;      // css: "s0" to "s5"
  std::vector<double> values; // one for each place
};
/// Lines over places from left to right, each with a label; those that fit are shown. `unit` is
/// written behind the numbers of the axis.
std::string line_chart(const std::vector<std::string>& places,
                       const std::vector<ChartSeries>& series);

/// Parts of a whole, side by side: for a row of a table. `css` as above.
std::string stacked_bar(const std::vector<std::pair<std::string, double>>& parts, double whole);

/// A step to write numbers at: 1, 2 or 5 times a power of ten, so that up to `most` fit below
/// `top`.
double nice_step(double top, int most);

} // namespace mailfunnel
