#pragma once
// Tables that line up, whatever script their cells are in.

#include "base/text.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel::cli {

class Table {
public:
  enum class Align { left, right };
  /// "score>" is right-aligned, "name" left.
  explicit Table(std::vector<std::string> columns);
  void add(std::vector<std::string> cells);
  std::string text(bool color = false) const; // the header bold where there is color
  /// The rows added since the last time, under a header the first time: a long table in pieces.
  std::string take(bool color = false);
  bool empty() const { return m_rows.empty(); }

private:
  void widen(std::vector<std::size_t>& widths) const;
  std::string line(const std::vector<std::string>& cells,
                   const std::vector<std::size_t>& widths) const;
  std::string header(const std::vector<std::size_t>& widths, bool color) const;
  std::vector<std::string> m_columns;
  std::vector<Align> m_align;
  std::vector<std::vector<std::string>> m_rows;
  std::vector<std::size_t> m_taken_widths; // of pieces taken; empty: none yet
};

/// A table of cells as run_segments() gives them; numbers stand right.
Table table_of(const std::vector<std::string>& columns, std::string_view cells);

/// A bar of a histogram, of at most `most` columns: eighths of a block.
std::string bar(double value, double top, std::size_t most);

/// "1.5 %"
std::string percent(double part, double whole);

} // namespace mailfunnel::cli
