#include "app/row_writer.hpp"

#include "base/csv.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace mailfunnel {

namespace {
/// Would a spreadsheet see a formula in the cell?
bool is_formula(std::string_view cell) {
  constexpr std::string_view k_begins = "=+-@\t\r|%";
  return !cell.empty() && k_begins.find(cell.front()) != std::string_view::npos;
}
} // namespace

void RowText::move_row(std::size_t bytes) {
  constexpr std::size_t k_first = std::size_t{16} << 10, k_most = std::size_t{4} << 20;
  m_slab = std::min(std::max(4 * m_slab, k_first), k_most);
  const auto size = std::max(m_slab, 2 * (row().size() + bytes));
  auto* const moved = m_memory.take<char>(size);
  m_end = std::copy(m_row, m_end, moved);
  m_row = moved;
  m_limit = moved + size;
}

/// A line in the making: it has room for what is short.
class RowWriter::Line {
public:
  explicit Line(RowText& text) : m_text(text), m_at(text.room(k_room)), m_end(m_at + k_room) {}
  ~Line() { m_text.set_end(m_at); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  void operator+=(char c) { *room(1) = c, ++m_at; }
  void operator+=(std::string_view part) {
    auto* const to = room(part.size());
    if (part.size() == 1) { // a call costs more
      *to = part.front();
    } else {
      std::copy(part.begin(), part.end(), to);
    }
    m_at += part.size();
  }
  /// Where `bytes` can be written, up to which the line then goes by set_end().
  char* room(std::size_t bytes) {
    if (bytes > static_cast<std::size_t>(m_end - m_at)) {
      m_text.set_end(m_at);
      m_at = m_text.room(bytes + k_room);
      m_end = m_at + bytes + k_room;
    }
    return m_at;
  }
  void set_end(char* end) { m_at = end; }

private:
  static constexpr std::size_t k_room = 512;

  RowText& m_text;
  char *m_at, *m_end;
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

ChunkValues::ChunkValues(const std::vector<ExportColumn>& columns, ChunkSource& source,
                         const ChunkScores& of_chunk, Seconds as_of,
                         std::vector<std::uint32_t> days)
    : scores(of_chunk), since(std::move(days)) {
  for (const auto& column : columns) {
    const auto count = counts_of(column.field);
    counts.push_back(count == nullptr ? nullptr : (scores.*count).data());
    attributes.push_back(column.field != ExportField::attribute
                             ? nullptr
                             : std::make_unique<const AttributeTable>(source, column.name, as_of));
  }
}

RowWriter::RowWriter(const Scorer& scorer, const Locale& locale, TimeZone zone, ExportFormat format,
                     std::vector<ExportColumn> columns)
    : m_locale(locale), m_zone(zone), m_format(format), m_columns(std::move(columns)),
      m_line_end("\n") {
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
    m_longest_before = std::max(m_longest_before, before.size());
  }
  m_counts_end.resize(m_columns.size());
  for (auto c = m_columns.size(); c-- > 0;) {
    const bool count = counts_of(m_columns[c].field) != nullptr;
    m_counts_end[c] = !count ? c : c + 1 < m_columns.size() ? m_counts_end[c + 1] : c + 1;
  }
  for (std::size_t grade = 0; grade < scorer.rules().levels.grades(); ++grade) {
    const auto letter = static_cast<char>('A' + grade);
    m_grades.push_back(cell_of({&letter, 1}));
  }
  for (const auto& status : scorer.statuses()) {
    m_statuses.push_back(cell_of(status));
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

bool RowWriter::begins_with(std::string_view email) const {
  return m_columns.front().field == ExportField::email && m_before.front().empty() &&
         as_it_is(email);
}

bool RowWriter::begins_with_any_of(std::string_view characters) const {
  return m_format == ExportFormat::machine && begins_with(characters) &&
         characters.find(' ') == std::string_view::npos; // nor at an end
}

void RowWriter::row(RowText& out, std::string_view email, const ChunkValues& values, std::size_t r,
                    std::size_t written) const {
  Line line(out);
  for (auto c = written; c < m_columns.size();) {
    if (const auto end = m_counts_end[c]; end != c) {
      counts(line, c, values, r);
      c = end;
      continue;
    }
    line += m_before[c];
    cell(line, c, email, values, r);
    ++c;
  }
  line += m_line_end;
}

namespace {

constexpr std::size_t k_digits = 10;

/// The digits of a number below a thousand, and how many they are: most counts are such.
using ShortNumber = std::array<char, 4>;
constexpr auto k_short_numbers = [] {
  std::array<ShortNumber, 1000> out{};
  for (unsigned number = 0; number < out.size(); ++number) {
    auto& text = out[number];
    for (const auto unit : {100U, 10U, 1U}) {
      if (number >= unit || unit == 1) {
        text[static_cast<unsigned char>(text[3]++)] = static_cast<char>('0' + number / unit % 10);
      }
    }
  }
  return out;
}();

/// At most k_digits of them.
char* put_number(char* at, std::uint32_t number) {
  if (number < k_short_numbers.size()) {
    const auto& text = k_short_numbers[number];
    std::memcpy(at, text.data(), sizeof text);
    return at + text[3];
  }
  return std::to_chars(at, at + k_digits, number).ptr;
}

} // namespace

/// All columns of counts from `column` on, one behind the other.
void RowWriter::counts(Line& out, std::size_t column, const ChunkValues& values,
                       std::size_t r) const {
  const auto end = m_counts_end[column];
  auto* at = out.room((end - column) * (m_longest_before + k_digits));
  const bool only_separator = m_longest_before == 1 && column != 0;
  for (; column < end; ++column) {
    if (only_separator) {
      *at++ = m_separator;
    } else {
      at = std::copy(m_before[column].begin(), m_before[column].end(), at);
    }
    at = put_number(at, values.counts[column][r]);
  }
  out.set_end(at);
}

void RowWriter::count(Line& out, std::uint32_t count) {
  out.set_end(put_number(out.room(k_digits), count));
}

void RowWriter::number(Line& out, Points thousandths) const {
  const auto whole = thousandths / k_point;
  if (thousandths == whole * k_point && whole > -1'000'000'000 && whole < 1'000'000'000) {
    if (whole < 0) {
      out += '-';
    }
    count(out, static_cast<std::uint32_t>(whole < 0 ? -whole : whole));
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

/// Is the text its own cell?
bool RowWriter::as_it_is(std::string_view value) const {
  switch (m_format) {
  case ExportFormat::people:
    return !is_formula(value) && !csv_wants_quotes(value, m_separator);
  case ExportFormat::machine:
    return !csv_wants_quotes(value, m_separator);
  case ExportFormat::ndjson:
  case ExportFormat::cells:
    break;
  }
  return false;
}

std::string RowWriter::cell_of(std::string_view value) const {
  std::string cell;
  switch (m_format) {
  case ExportFormat::ndjson:
    append_json_string(cell, value);
    break;
  case ExportFormat::cells:
    cell = printable(value, 400); // no control characters: they part the cells
    break;
  case ExportFormat::people:
    append_csv_field(cell, (is_formula(value) ? "'" : "") + std::string(value), m_separator);
    break;
  case ExportFormat::machine:
    append_csv_field(cell, value, m_separator);
    break;
  }
  return cell;
}

void RowWriter::text(Line& out, std::string_view value) const {
  if (as_it_is(value)) {
    out += value;
  } else {
    out += cell_of(value);
  }
}

void RowWriter::cell(Line& out, std::size_t column, std::string_view email,
                     const ChunkValues& values, std::size_t r) const {
  const auto& s = values.scores;
  switch (m_columns[column].field) {
  case ExportField::attribute:
    text(out, (*values.attributes[column])[r]);
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
  case ExportField::grade:
    out += m_grades[s.grade[r]];
    return;
  case ExportField::status:
    out += m_statuses[s.status[r]];
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
    day(out, values.since[r]);
    return;
  case ExportField::score:
    number(out, s.score[r]);
    return;
  case ExportField::scale:
    number(out, s.scale[r]);
    return;
  case ExportField::fit:
    number(out, s.fit[r]);
    return;
  case ExportField::level:
    number(out, s.level[r] * k_point);
    return;
  default: // a count: counts() has written it
    return;
  }
}

} // namespace mailfunnel
