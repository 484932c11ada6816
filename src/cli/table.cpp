#include "table.hpp"

#include "app/export_column.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mailfunnel::cli {

Table::Table(std::vector<std::string> columns) : m_columns(std::move(columns)) {
  for (auto& column : m_columns) {
    const bool right = !column.empty() && column.back() == '>';
    m_align.push_back(right ? Align::right : Align::left);
    if (right) {
      column.pop_back();
    }
  }
}

void Table::add(std::vector<std::string> cells) {
  cells.resize(m_columns.size());
  m_rows.push_back(std::move(cells));
}

void Table::widen(std::vector<std::size_t>& widths) const {
  widths.resize(m_columns.size());
  for (std::size_t c = 0; c < m_columns.size(); ++c) {
    widths[c] = std::max(widths[c], display_width(m_columns[c]));
    for (const auto& row : m_rows) {
      widths[c] = std::max(widths[c], display_width(row[c]));
    }
  }
}

std::string Table::line(const std::vector<std::string>& cells,
                        const std::vector<std::size_t>& widths) const {
  std::string text;
  for (std::size_t c = 0; c < cells.size(); ++c) {
    const std::string gap(widths[c] - display_width(cells[c]), ' ');
    text += c == 0 ? "" : "  ";
    text += m_align[c] == Align::right ? gap + cells[c] : cells[c] + gap;
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

std::string Table::header(const std::vector<std::size_t>& widths, bool color) const {
  return color ? "\x1b[1m" + line(m_columns, widths) + "\x1b[0m" : line(m_columns, widths);
}

std::string Table::text(bool color) const {
  std::vector<std::size_t> widths;
  widen(widths);
  auto out = header(widths, color);
  for (const auto& row : m_rows) {
    out += line(row, widths);
  }
  return out;
}

std::string Table::take(bool color) {
  const bool first = m_taken_widths.empty();
  widen(m_taken_widths);
  auto out = first ? header(m_taken_widths, color) : std::string();
  for (const auto& row : m_rows) {
    out += line(row, m_taken_widths);
  }
  m_rows.clear();
  return out;
}

Table table_of(const std::vector<std::string>& columns, std::string_view cells) {
  std::vector<std::string> names;
  for (const auto& column : parse_columns(columns)) {
    names.push_back(column.title + (column.is_number() ? ">" : ""));
  }
  Table table(names);
  for (const auto line : split(cells, '\n')) {
    if (!line.empty()) {
      std::vector<std::string> row;
      for (const auto cell : split(line, '\x1f')) {
        row.push_back(shortened(cell, 90));
      }
      table.add(std::move(row));
    }
  }
  return table;
}

std::string bar(double value, double top, std::size_t most) {
  constexpr const char* k_parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  if (value <= 0 || top <= 0) {
    return {};
  }
  const auto eighths = std::max<std::size_t>(
      1, static_cast<std::size_t>(value / top * static_cast<double>(most) * 8));
  std::string out;
  for (std::size_t i = 0; i < eighths / 8; ++i) {
    out += "█";
  }
  return out + k_parts[eighths % 8];
}

std::string percent(double part, double whole) {
  return whole <= 0 ? "-" : fmt::format("{:.1f} %", 100 * part / whole);
}

} // namespace mailfunnel::cli
