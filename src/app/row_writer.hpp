#pragma once
// One person as a line of an exported segment.

#include "app/config.hpp"
#include "app/export_column.hpp"
#include "app/segment_export.hpp"

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

/// Lines, one behind the other; written in place.
class RowText {
public:
  /// `expected`: about so many bytes.
  explicit RowText(std::size_t expected = 0) { room(expected); }
  std::string_view text() const { return {m_bytes.get(), m_size}; }
  std::size_t size() const { return m_size; }

  /// The end of the text, where `bytes` can be written; views of it may move.
  char* room(std::size_t bytes);
  void set_end(const char* end) { m_size = static_cast<std::size_t>(end - m_bytes.get()); }

private:
  std::unique_ptr<char[]> m_bytes;
  std::size_t m_size = 0, m_capacity = 0;
};

class RowWriter {
public:
  RowWriter(const Scorer& scorer, const Locale& locale, TimeZone zone, ExportFormat format,
            std::vector<ExportColumn> columns);

  /// The first line; "" where the format has none.
  std::string header() const;
  /// `attributes`: by column, nullptr where it is no attribute. `since`: days by recipient, where a
  /// column shows them.
  void row(RowText& out, std::string_view email, const ChunkScores& scores, std::size_t r,
           const std::vector<const AttributeTable*>& attributes,
           const std::vector<std::uint32_t>& since) const;
  const std::vector<ExportColumn>& columns() const { return m_columns; }

private:
  class Line;
  std::size_t counts(Line& out, std::size_t column, const ChunkScores& scores, std::size_t r) const;
  static void count(Line& out, std::uint32_t count);
  void number(Line& out, Points thousandths) const;
  void moment(Line& out, std::uint32_t seconds) const;
  void day(Line& out, std::uint32_t midnight) const;
  void text(Line& out, std::string_view value) const;
  void cell(Line& out, const ExportColumn& column, std::string_view email,
            const ChunkScores& scores, std::size_t r, const AttributeTable* attribute,
            std::uint32_t since) const;

  const Scorer& m_scorer;
  const Locale& m_locale;
  TimeZone m_zone;
  ExportFormat m_format;
  std::vector<ExportColumn> m_columns;
  std::vector<std::string> m_before; // what stands before each column's value: separator, JSON name
  std::vector<CountColumn> m_counts; // nullptr where the column is no count
  std::size_t m_longest_before = 0;
  char m_separator = ',';
  std::string m_line_end;
};

} // namespace mailfunnel
