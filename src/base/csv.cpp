#include "base/csv.hpp"

#include "base/csv_index.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace mailfunnel {

std::string_view CsvRow::unwrapped(std::size_t i, std::string_view field) const {
  if (i + 1 == m_count && !field.empty() && field.back() == '\r') {
    field.remove_suffix(1);
  }
  if (field.size() < 2 || field.front() != m_quote || m_quote == '\0') {
    return field;
  }
  field.remove_prefix(1);
  if (field.back() == m_quote) {
    field.remove_suffix(1);
  }
  const auto first = field.find(m_quote);
  if (first == std::string_view::npos) {
    return field;
  }
  auto& scratch = m_scratch->next();
  scratch.clear();
  for (std::size_t at = 0; at < field.size(); ++at) {
    scratch += field[at];
    if (field[at] == m_quote && at + 1 < field.size() && field[at + 1] == m_quote) {
      ++at;
    }
  }
  return scratch;
}

void CsvReader::start(std::string_view text) {
  m_text = text;
  m_begin = 0;
  m_at = 0;
  m_open = false;
  m_indexed = 0;
  m_line_ends = 0;
  m_quote_count = 0;
  index(0);
}

void CsvReader::make_room(std::size_t kept, std::size_t piece) {
  // At most one end a byte; what is not used is not touched.
  const auto wanted = std::max(kept + piece + CsvMarks::k_ahead, m_quote_count + piece / 64 + 2);
  if (m_room < wanted) {
    m_room = wanted + piece / 4;
    auto space = std::make_unique_for_overwrite<std::uint32_t[]>(m_room + 1);
    std::copy_n(m_ends, kept, space.get() + 1);
    m_space = std::move(space);
    m_ends = m_space.get() + 1;
    m_lines = std::make_unique_for_overwrite<std::uint32_t[]>(m_room);
    auto quotes = std::make_unique_for_overwrite<std::uint32_t[]>(m_room);
    std::copy_n(m_quotes.get(), m_quote_count, quotes.get());
    m_quotes = std::move(quotes);
  }
}

/// Those of the row that goes on are still needed.
void CsvReader::keep_quotes() {
  auto* const first = m_quotes.get();
  auto* const end = first + m_quote_count;
  auto* const needed =
      std::find_if(first + std::min(m_quote, m_quote_count), end, [this](std::uint32_t block) {
        return std::size_t{block} + 64 > std::size_t{m_begin};
      });
  m_quote_count = static_cast<std::size_t>(end - needed);
  if (needed != first) {
    std::copy(needed, end, first);
  }
  m_quote = 0;
}

/// Finds the ends in the next piece of the text, behind the first `kept` that are there.
void CsvReader::index(std::size_t kept) {
  constexpr std::size_t k_piece = std::size_t{1} << 20;
  const auto piece = m_text.substr(m_indexed, k_piece);
  keep_quotes();
  make_room(kept, piece.size());
  m_line = 0;
  m_ends[-1] = m_begin - 1;
  CsvMarks marks{m_ends, m_ends + kept, m_lines.get(), m_quotes.get() + m_quote_count, m_open};
  const auto base = static_cast<std::uint32_t>(m_indexed);
  if (m_dialect.quote == '\0') {
    index_unquoted_csv(piece, base, m_dialect.separator, marks);
  } else {
    csv_indexes().back()(piece, base, m_dialect.separator, m_dialect.quote, marks);
  }
  m_open = marks.open;
  m_line_ends += marks.line_ends;
  m_indexed += piece.size();
  if (m_indexed == m_text.size() && (m_text.empty() || m_text.back() != '\n' || m_open)) {
    *marks.lines++ = static_cast<std::uint32_t>(marks.ends - m_ends);
    *marks.ends++ = static_cast<std::uint32_t>(m_text.size());
  }
  m_count = static_cast<std::size_t>(marks.ends - m_ends);
  m_line_count = static_cast<std::size_t>(marks.lines - m_lines.get());
  m_quote_count = static_cast<std::size_t>(marks.quotes - m_quotes.get());
  *marks.quotes = ~0U;
}

bool CsvReader::next(CsvRow& row) {
  constexpr std::size_t k_most_fields = std::size_t{1} << 20;
  for (;;) {
    while (m_line == m_line_count) {
      if (m_indexed == m_text.size()) {
        return false;
      }
      const auto kept = std::min(m_count - m_at, k_most_fields);
      std::copy_n(m_ends + m_at, kept, m_ends);
      m_at = 0;
      index(kept);
    }
    const auto first = m_at, last = std::size_t{m_lines[m_line++]};
    const auto end = m_ends[last];
    row.m_text = m_text.data();
    row.m_ends = m_ends + first;
    row.m_count = std::min(last - first + 1, k_most_fields);
    m_ends[first + row.m_count - 1] = end; // as it is, but for a row of more fields
    for (constexpr std::size_t k_block = 64; m_quotes[m_quote] + k_block <= m_begin;) {
      ++m_quote;
    }
    row.m_plain = m_quotes[m_quote] >= end;
    row.m_quote = m_dialect.quote;
    row.m_raw = {m_text.data() + m_begin, end - m_begin};
    if (!row.m_raw.empty() && row.m_raw.back() == '\r') {
      row.m_raw.remove_suffix(1);
    }
    m_scratch.reset();
    row.m_scratch = &m_scratch;
    m_begin = end + 1;
    m_at = last + 1;
    if (!row.m_raw.empty()) {
      return true;
    }
  }
}

CsvHeader::CsvHeader(const CsvRow& row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    auto name = row[i];
    if (i == 0 && name.substr(0, 3) == "\xEF\xBB\xBF") {
      name.remove_prefix(3);
      if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
        name = name.substr(1, name.size() - 2);
      }
    }
    m_names.emplace_back(trim(name));
  }
}

std::optional<std::size_t> CsvHeader::find(std::initializer_list<std::string_view> names) const {
  for (const auto name : names) {
    for (std::size_t i = 0; i < m_names.size(); ++i) {
      if (iequals(m_names[i], name)) {
        return i;
      }
    }
  }
  return std::nullopt;
}

CsvDialect sniff_csv(std::string_view head) {
  // The separator that gives the most fields, the same number in each of the first lines.
  constexpr std::array k_separators{',', ';', '\t', '|'};
  CsvDialect best;
  std::size_t best_score = 0;
  for (const char separator : k_separators) {
    CsvReader reader({separator, '"'});
    reader.start(head.substr(0, 16'384));
    CsvRow row;
    std::size_t columns = 0, same = 0, rows = 0;
    while (rows < 10 && reader.next(row)) {
      columns = rows == 0 ? row.size() : columns;
      same += row.size() == columns;
      ++rows;
    }
    const auto score = columns < 2 ? 0
                                   : same * 1000 / std::max<std::size_t>(rows, 1) * 100 +
                                         std::min<std::size_t>(columns, 99);
    if (score > best_score) {
      best_score = score;
      best.separator = separator;
    }
  }
  return best;
}

std::optional<CsvHead> read_csv_head(std::string_view head) {
  CsvHead found;
  found.dialect = sniff_csv(head);
  CsvReader reader(found.dialect);
  reader.start(head);
  CsvRow row;
  if (!reader.next(row) || row.raw().find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  found.header = CsvHeader(row);
  const auto end = row.raw().data() + row.raw().size() - head.data();
  const auto newline = head.find('\n', static_cast<std::size_t>(end));
  constexpr std::size_t k_longest_header = std::size_t{64} << 10; // of an input so much is seen
  if (newline == std::string_view::npos && head.size() >= k_longest_header) {
    return std::nullopt; // the columns behind would be lost
  }
  found.size = newline == std::string_view::npos ? head.size() : newline + 1;
  return found;
}

std::size_t whole_csv_records(std::string_view text, char quote) {
  if (quote == '\0' || !odd_count(text, quote)) {
    // Balanced as a whole: the last line end is outside quotes unless a quote stands behind it.
    auto end = text.rfind('\n');
    while (end != std::string_view::npos && quote != '\0' && odd_count(text.substr(end), quote)) {
      end = end == 0 ? std::string_view::npos : text.rfind('\n', end - 1);
    }
    return end == std::string_view::npos ? 0 : end + 1;
  }
  // The text ends inside quotes: a line end is good when an odd number of quotes stands behind it.
  std::size_t behind = text.size();
  bool odd = false;
  for (auto end = text.rfind('\n'); end != std::string_view::npos;
       end = end == 0 ? std::string_view::npos : text.rfind('\n', end - 1)) {
    odd ^= odd_count(text.substr(end, behind - end), quote);
    behind = end;
    if (odd) {
      return end + 1;
    }
  }
  return 0;
}

std::uint64_t count_lines(std::string_view text) {
  return count_char(text, '\n');
}

bool csv_wants_quotes(std::string_view value, char separator) { // 16 bytes at a time
  using Bytes [[gnu::vector_size(16)]] = signed char;
  using Words [[gnu::vector_size(16)]] = std::uint64_t;
  if (value.empty()) {
    return false;
  }
  Bytes bytes, special{};
  const auto look = [&](const char* at) {
    std::memcpy(&bytes, at, sizeof bytes);
    special |= (bytes == '"') | (bytes == '\r') | (bytes == '\n') | (bytes == separator);
  };
  if (value.size() < sizeof bytes) {
    std::array<char, sizeof bytes> padded{};
    std::memcpy(padded.data(), value.data(), value.size());
    look(padded.data());
  } else {
    for (std::size_t at = 0; at + sizeof bytes < value.size(); at += sizeof bytes) {
      look(value.data() + at);
    }
    look(value.data() + value.size() - sizeof bytes); // some of it once more
  }
  const auto words = reinterpret_cast<Words>(special);
  return value.front() == ' ' || value.back() == ' ' || (words[0] | words[1]) != 0;
}

void append_csv_field(std::string& out, std::string_view field, char separator) {
  if (!csv_wants_quotes(field, separator)) {
    out += field;
    return;
  }
  out += '"';
  for (const char c : field) {
    if (c == '"') {
      out += '"';
    }
    out += c;
  }
  out += '"';
}

} // namespace mailfunnel
