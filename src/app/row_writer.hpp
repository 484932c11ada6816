#pragma once
// One person as a line of an exported segment.

#include "app/config.hpp"
#include "app/export_column.hpp"
#include "app/segment_export.hpp"
#include "base/large_memory.hpp"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// The values of one attribute of a chunk's people at a moment.
class AttributeTable {
public:
  AttributeTable(ChunkSource& source, const std::string& name, Seconds as_of);
  std::string_view operator[](std::size_t r) const { return m_values[r]; }

private:
  std::vector<std::string> m_storage; // of the blocks' dictionaries
  std::vector<std::string_view> m_values;
};

/// What the rows of a chunk's people are made of.
struct ChunkValues {
  ChunkValues(const std::vector<ExportColumn>& columns, ChunkSource& source,
              const ChunkScores& of_chunk, Seconds as_of, std::vector<std::uint32_t> days);

  const ChunkScores& scores;
  std::vector<const std::uint16_t*> counts;                      // by column; nullptr: it is none
  std::vector<std::unique_ptr<const AttributeTable>> attributes; // likewise
  std::vector<std::uint32_t> since; // days by recipient, where a column shows them
};

/// Rows, written in place; each stays where it is once the next begins.
class RowText {
public:
  void begin_row() { m_row = m_end; }
  std::string_view row() const { return {m_row, static_cast<std::size_t>(m_end - m_row)}; }
  char* row_begin() { return m_row; }

  /// The end of the row, where `bytes` can be written; the row may move.
  char* room(std::size_t bytes) {
    if (bytes > static_cast<std::size_t>(m_limit - m_end)) {
      move_row(bytes);
    }
    return m_end;
  }
  void set_end(char* end) { m_end = end; }

private:
  void move_row(std::size_t bytes);
  LargeArena m_memory;
  char *m_row = nullptr, *m_end = nullptr, *m_limit = nullptr;
  std::size_t m_slab = 0; // bytes of the last one
};

class RowWriter {
public:
  RowWriter(const Scorer& scorer, const Locale& locale, TimeZone zone, ExportFormat format,
            std::vector<ExportColumn> columns);

  /// The first line; "" where the format has none.
  std::string header() const;
  /// Do their rows begin with the address as it is?
  bool begins_with(std::string_view email) const;
  /// Whatever address of these characters it is?
  bool begins_with_any_of(std::string_view characters) const;
  /// `written`: so many columns stand there already.
  void row(RowText& out, std::string_view email, const ChunkValues& values, std::size_t r,
           std::size_t written = 0) const;
  const std::vector<ExportColumn>& columns() const { return m_columns; }

private:
  class Line;
  void counts(Line& out, std::size_t column, const ChunkValues& values, std::size_t r) const;
  static void count(Line& out, std::uint32_t count);
  void number(Line& out, Points thousandths) const;
  void moment(Line& out, std::uint32_t seconds) const;
  void day(Line& out, std::uint32_t midnight) const;
  bool as_it_is(std::string_view value) const;
  std::string cell_of(std::string_view value) const;
  void text(Line& out, std::string_view value) const;
  void cell(Line& out, std::size_t column, std::string_view email, const ChunkValues& values,
            std::size_t r) const;

  const Locale& m_locale;
  TimeZone m_zone;
  ExportFormat m_format;
  std::vector<ExportColumn> m_columns;
  std::vector<std::string> m_before; // what stands before each column's value: separator, JSON name
  std::vector<std::string> m_grades, m_statuses; // their cells, by number
  std::vector<std::size_t> m_counts_end;         // by column: the next from there that is no count
  std::size_t m_longest_before = 0;
  char m_separator = ',';
  std::string m_line_end;
};

} // namespace mailfunnel
