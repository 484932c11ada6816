#include "app/row_writer.hpp"

#include "base/csv.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace mailfunnel {

namespace {
/// Cells at whose beginning a spreadsheet would see a formula.
constexpr std::string_view k_formula = "=+-@\t\r|%";
} // namespace

/// A line in the making: what is short is put together here and goes into the text at once.
class RowWriter::Line {
public:
  explicit Line(std::string& text) : m_text(text) {}
  ~Line() { m_text.append(m_bytes.data(), m_used); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  void operator+=(char c) {
    if (m_used == m_bytes.size()) {
      text();
    }
    m_bytes[m_used++] = c;
  }
  void operator+=(std::string_view part) {
    if (part.size() > m_bytes.size() - m_used) {
      text() += part;
      return;
    }
    part.copy(m_bytes.data() + m_used, part.size());
    m_used += part.size();
  }
  /// For those who write to a text: with all that came before.
  std::string& text() {
    m_text.append(m_bytes.data(), m_used);
    m_used = 0;
    return m_text;
  }

private:
  std::string& m_text;
  std::size_t m_used = 0;
  std::array<char, 512> m_bytes;
};

AttributeTable::AttributeTable(ChunkSource& source, const std::string& name, Seconds as_of)
    : m_values(source.size()) {
  m_storage.reserve(source.size() / k_recipient_block + 1);
  AttributeColumn column;
  for (std::uint32_t block = 0; block * k_recipient_block < source.size(); ++block) {
    if (!source.attribute(block, name, column)) {
      continue;
    }
    // The dictionary is kept; its views move along.
    const auto* before = column.storage.data();
    const auto& storage = m_storage.emplace_back(std::move(column.storage));
    for (std::size_t i = 0; i < column.recipient.size(); ++i) {
      if (Seconds{column.valid_from[i]} <= as_of) {
        const auto value = column.values[column.value[i]];
        m_values[block * k_recipient_block + column.recipient[i]] =
            value.empty() ? std::string_view()
                          : std::string_view(storage).substr(
                                static_cast<std::size_t>(value.data() - before), value.size());
      }
    }
  }
}

RowWriter::RowWriter(const Scorer& scorer, const Locale& locale, TimeZone zone, ExportFormat format,
                     std::vector<ExportColumn> columns)
    : m_scorer(scorer), m_locale(locale), m_zone(zone), m_format(format),
      m_columns(std::move(columns)), m_line_end("\n") {
  switch (format) {
  case ExportFormat::people:
    m_separator = locale.separator;
    m_line_end = "\r\n";
    break;
  case ExportFormat::ndjson:
    m_line_end = "}\n";
    break;
  case ExportFormat::cells:
    m_separator = '\x1f';
    break;
  case ExportFormat::machine:
    break;
  }
  for (const auto& column : m_columns) {
    auto& before = m_before.emplace_back();
    if (format == ExportFormat::ndjson) {
      before = &column == &m_columns.front() ? "{" : ",";
      append_json_string(before, column.title);
      before += ':';
    } else if (&column != &m_columns.front()) {
      before = m_separator;
    }
  }
  for (const char c : {'"', '\r', '\n', m_separator}) {
    m_special[static_cast<unsigned char>(c)] = true;
  }
}

std::string RowWriter::header() const {
  std::string out;
  if (m_format == ExportFormat::ndjson || m_format == ExportFormat::cells) {
    return out;
  }
  if (m_format == ExportFormat::people && m_locale.bom) {
    out += "\xEF\xBB\xBF";
  }
  for (std::size_t c = 0; c < m_columns.size(); ++c) {
    out += m_before[c];
    append_csv_field(out, m_columns[c].title, m_separator);
  }
  return out + m_line_end;
}

void RowWriter::row(std::string& out, std::string_view email, const ChunkScores& scores,
                    std::size_t r, const std::vector<const AttributeTable*>& attributes,
                    const std::vector<std::uint32_t>& since) const {
  Line line(out);
  for (std::size_t c = 0; c < m_columns.size(); ++c) {
    if (const auto& before = m_before[c]; before.size() == 1) {
      line += before.front();
    } else {
      line += before;
    }
    cell(line, m_columns[c], email, scores, r, attributes[c], since.empty() ? 0 : since[r]);
  }
  line += m_line_end;
}

void RowWriter::number(Line& out, Points thousandths) const {
  const auto whole = thousandths / k_point;
  if (thousandths == whole * k_point) {
    if (whole >= 0 && whole < 10) {
      out += static_cast<char>('0' + whole);
      return;
    }
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, whole).ptr;
    out += std::string_view(digits, static_cast<std::size_t>(end - digits));
    return;
  }
  auto digits = format_points(thousandths);
  if (m_format == ExportFormat::people && m_locale.decimal != '.') {
    std::replace(digits.begin(), digits.end(), '.', m_locale.decimal);
  }
  out += digits;
}

void RowWriter::moment(Line& out, std::uint32_t seconds) const {
  switch (m_format) {
  case ExportFormat::people:
  case ExportFormat::cells:
    if (seconds != 0) {
      const auto c = utc_to_local(seconds, m_zone);
      out += fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", c.year, c.month, c.day, c.hour, c.minute);
    }
    break;
  case ExportFormat::ndjson:
    out += seconds == 0 ? "null" : "\"" + format_time(seconds) + "\"";
    break;
  case ExportFormat::machine:
    out += seconds == 0 ? std::string() : format_time(seconds);
    break;
  }
}

void RowWriter::day(Line& out, std::uint32_t midnight) const {
  if (midnight != 0) {
    text(out, format_date(Seconds{midnight}));
  } else if (m_format == ExportFormat::ndjson) {
    out += "null";
  }
}

void RowWriter::text(Line& out, std::string_view value) const {
  switch (m_format) {
  case ExportFormat::ndjson:
    append_json_string(out.text(), value);
    return;
  case ExportFormat::cells:
    out += printable(value, 400); // no control characters: they part the cells
    return;
  case ExportFormat::people:
    if (!value.empty() && k_formula.find(value.front()) != std::string_view::npos) {
      append_csv_field(out.text(), "'" + std::string(value), m_separator);
      return;
    }
    break;
  case ExportFormat::machine:
    break;
  }
  const bool plain = value.empty() || (value.front() != ' ' && value.back() != ' ' &&
                                       std::none_of(value.begin(), value.end(), [this](char c) {
                                         return m_special[static_cast<unsigned char>(c)];
                                       }));
  if (plain) {
    out += value;
  } else {
    append_csv_field(out.text(), value, m_separator);
  }
}

void RowWriter::cell(Line& out, const ExportColumn& column, std::string_view email,
                     const ChunkScores& s, std::size_t r, const AttributeTable* attribute,
                     std::uint32_t since) const {
  switch (column.field) {
  case ExportField::attribute:
    text(out, (*attribute)[r]);
    return;
  case ExportField::email:
    text(out, email);
    return;
  case ExportField::last_open:
    moment(out, s.last_open[r]);
    return;
  case ExportField::last_click:
    moment(out, s.last_click[r]);
    return;
  case ExportField::grade: {
    const char grade = static_cast<char>('A' + s.grade[r]);
    text(out, {&grade, 1});
    return;
  }
  case ExportField::status:
    text(out, m_scorer.statuses()[s.status[r]]);
    return;
  case ExportField::phase:
    text(out, s.phase[r] == 0 ? "" : name_of(static_cast<Stage>(s.phase[r])));
    return;
  case ExportField::suppressed:
    text(out, suppression_words(s.suppressed[r]));
    return;
  case ExportField::reasons:
    text(out, reasons_of(s, r));
    return;
  case ExportField::since:
    day(out, since);
    return;
  default:
    number(out, number_of(column.field, s, r));
  }
}

} // namespace mailfunnel
