#pragma once
// CSV as e-mail platforms write it: RFC 4180 with any separator, quoted fields with "" inside, CRLF
// or LF, new lines in quotes, white space kept. Fields are views into the text wherever no "" had
// to be undone. Separators and quotes are found 64 bytes at a time (csv_index.hpp).

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

struct CsvDialect {
  char separator = ',';
  char quote = '"'; // '\0': no quoting at all (plain TSV)
};

/// The separator among , ; TAB | that splits the first lines most evenly.
CsvDialect sniff_csv(std::string_view head);

class CsvReader;

/// Texts of fields that had to be copied, reused from row to row.
class CsvScratch {
public:
  std::string& next() {
    if (m_used == m_texts.size()) {
      m_texts.emplace_back();
    }
    return m_texts[m_used++];
  }
  void reset() { m_used = 0; }

private:
  std::deque<std::string> m_texts;
  std::size_t m_used = 0;
};

/// One record. Valid until the reader's next().
class CsvRow {
public:
  std::size_t size() const { return m_count; }
  /// Field i without its quotes; empty when the row is shorter.
  std::string_view operator[](std::size_t i) const {
    if (i >= m_count) {
      return {};
    }
    const auto field = bare(i);
    const bool as_is = field.empty() || (field.front() != m_quote && i + 1 != m_count);
    return as_is ? field : unwrapped(i, field);
  }
  /// All fields but the last stand in the text as they are: no quote anywhere near.
  bool plain() const { return m_plain; }
  /// Field i < size() as it stands in the text.
  std::string_view bare(std::size_t i) const {
    const auto begin = *(m_ends + i - 1) + 1;
    return {m_text + begin, m_ends[i] - begin};
  }
  /// Fields `first` to `last` < size() as they stand in the text, with what is between them.
  std::string_view bare(std::size_t first, std::size_t last) const {
    const auto begin = *(m_ends + first - 1) + 1;
    return {m_text + begin, m_ends[last] - begin};
  }
  /// The record as it stands in the text, without its line end.
  std::string_view raw() const { return m_raw; }

private:
  friend class CsvReader;
  /// The last field without its '\r', a quoted one without its quotes.
  std::string_view unwrapped(std::size_t i, std::string_view field) const;
  const char* m_text = nullptr;
  const std::uint32_t* m_ends = nullptr; // where each field of the row ends; before them, where the
                                         // row before does
  std::size_t m_count = 0;
  char m_quote = '"';
  bool m_plain = false;
  std::string_view m_raw;
  CsvScratch* m_scratch = nullptr; // for fields with "" in them
};

/// Walks over the records of a text that holds whole records only. Empty lines are skipped.
/// A quote that is never closed swallows the rest: the row says `broken()`. A row has 1,048,576
/// fields at most: the last one has the rest.
class CsvReader {
public:
  explicit CsvReader(CsvDialect dialect = {}) : m_dialect(dialect) {}
  void start(std::string_view text);
  bool next(CsvRow& row);
  /// The row just read ended inside quotes.
  bool broken() const { return m_open && m_at == m_count && m_indexed == m_text.size(); }
  const CsvDialect& dialect() const { return m_dialect; }
  /// Of the whole text, quoted ones too; nothing while it is not read to its end.
  std::optional<std::uint64_t> line_ends() const {
    return m_indexed == m_text.size() ? std::optional(m_line_ends) : std::nullopt;
  }

private:
  void index(std::size_t kept);
  void keep_quotes();
  void make_room(std::size_t kept, std::size_t piece);
  CsvDialect m_dialect;
  std::string_view m_text;
  // Of the rows at hand, positions outside quotes: ends of fields (separators and line ends; before
  // the first, where the row before ended), which of these are ends of rows, and where quotes are
  // (the 64 bytes that they stand in; then one that is behind everything).
  std::unique_ptr<std::uint32_t[]> m_space, m_lines, m_quotes;
  std::uint32_t* m_ends = nullptr;
  std::size_t m_room = 0, m_count = 0; // of m_ends
  std::size_t m_line = 0, m_line_count = 0, m_quote = 0, m_quote_count = 0;
  std::size_t m_indexed = 0; // bytes of the text
  std::uint64_t m_line_ends = 0;
  CsvScratch m_scratch;
  std::size_t m_at = 0;
  std::uint32_t m_begin = 0;
  bool m_open = false; // the text ends inside quotes
};

/// Columns by name, without case and outer white space; a BOM before the first name is dropped.
class CsvHeader {
public:
  CsvHeader() = default;
  explicit CsvHeader(const CsvRow& row);
  /// The column of the first of these names that is there.
  std::optional<std::size_t> find(std::initializer_list<std::string_view> names) const;
  std::optional<std::size_t> find(std::string_view name) const { return find({name}); }
  bool has(std::string_view name) const { return find({name}).has_value(); }
  const std::vector<std::string>& names() const { return m_names; } // as given, trimmed

private:
  std::vector<std::string> m_names;
};

/// The header of a text that starts like `head` (its first record), and where the records begin.
struct CsvHead {
  CsvDialect dialect;
  CsvHeader header;
  std::size_t size; // bytes of the header record with its line end and BOM
};
std::optional<CsvHead> read_csv_head(std::string_view head);

/// Bytes of `text` up to and with the last line end that is outside quotes; 0: none.
/// `text` starts outside quotes.
std::size_t whole_csv_records(std::string_view text, char quote);

/// How many '\n' there are.
std::uint64_t count_lines(std::string_view text);

/// Would the field be read otherwise without quotes? Also for those who drop spaces around it.
bool csv_wants_quotes(std::string_view field, char separator);
/// A field for a CSV file: quoted where it must be.
void append_csv_field(std::string& out, std::string_view field, char separator = ',');

} // namespace mailfunnel
