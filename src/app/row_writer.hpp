#pragma once
// One person as a line of an exported segment.

#include "app/config.hpp"
#include "app/export_column.hpp"
#include "app/segment_export.hpp"

#include <array>
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

class RowWriter {
public:
  RowWriter(const Scorer& scorer, const Locale& locale, TimeZone zone, ExportFormat format,
            std::vector<ExportColumn> columns);

  /// The first line; "" where the format has none.
  std::string header() const;
  /// `attributes`: by column, nullptr where it is no attribute. `since`: days by recipient, where a
  /// column shows them.
  void row(std::string& out, std::string_view email, const ChunkScores& scores, std::size_t r,
           const std::vector<const AttributeTable*>& attributes,
           const std::vector<std::uint32_t>& since) const;
  const std::vector<ExportColumn>& columns() const { return m_columns; }

private:
  class Line;
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
  char m_separator = ',';
  std::string m_line_end;
  std::array<bool, 256> m_special{}; // bytes for which a field needs quotes
};

} // namespace mailfunnel
