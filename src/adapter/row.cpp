#include "adapter/row.hpp"

#include "base/text.hpp"
#include "model/recipient.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

namespace mailfunnel {

namespace {

constexpr std::size_t k_absent = ~std::size_t{0}; // past the end of any row: its field is empty
constexpr std::size_t k_most_columns = 2'000;

/// Where the columns of a format stand in a table.
struct Layout {
  std::vector<std::size_t> places;                         // by column
  std::vector<std::pair<std::size_t, std::string>> others; // place, attribute's name
  std::size_t width = 0;                                   // fields of a row
};

bool has_needed(const RowFormat& format, const Layout& layout) {
  for (std::size_t i = 0; i < format.columns.size(); ++i) {
    if (format.columns[i].needed && layout.places[i] == k_absent) {
      return false;
    }
  }
  return true;
}

Layout make_layout(const RowFormat& format, const CsvHeader& header) {
  Layout layout;
  layout.places.assign(format.columns.size(), k_absent);
  const auto& names = header.names();
  layout.width = names.size();
  for (std::size_t place = 0; place < std::min(names.size(), k_most_columns); ++place) {
    const auto column = column_named(format, names[place]);
    if (column && layout.places[*column] == k_absent) {
      layout.places[*column] = place;
    } else if (auto name = attribute_name(names[place]); !name.empty()) {
      layout.others.emplace_back(place, std::move(name));
    }
  }
  return layout;
}

class TableReader : public LogReader {
public:
  TableReader(const RowFormat& format, Layout layout, CsvDialect dialect, bool header,
              InputFacts input)
      : m_format(format), m_layout(std::move(layout)), m_dialect(dialect), m_header(header),
        m_input(std::move(input)), m_csv(dialect) {
    m_row.fields.resize(format.columns.size());
    m_row.input = &m_input;
  }
  std::string_view format() const override { return m_format.name; }
  Framing framing() const override { return Framing::csv; }
  char csv_quote() const override { return m_dialect.quote; }
  bool assumes_utc() const override { return m_format.zoneless && !m_input.zone_given; }
  bool needs_campaign() const override { return m_format.one_campaign && m_input.campaign.empty(); }
  void read(const Chunk& chunk, RecordSink& sink) override {
    m_csv.start(chunk.text);
    CsvRow csv;
    if (chunk.first && m_header && !m_csv.next(csv)) {
      return;
    }
    while (m_csv.next(csv)) {
      read_record(csv, sink);
    }
  }
  std::unique_ptr<LogReader> clone() const override {
    return std::make_unique<TableReader>(m_format, m_layout, m_dialect, m_header, m_input);
  }

private:
  void read_record(const CsvRow& csv, RecordSink& sink);

  const RowFormat& m_format;
  Layout m_layout;
  CsvDialect m_dialect;
  bool m_header;
  InputFacts m_input;
  CsvReader m_csv;
  Row m_row;
};

void TableReader::read_record(const CsvRow& csv, RecordSink& sink) {
  if (m_csv.broken()) {
    sink.reject("a quote that is never closed", csv.raw());
    return;
  }
  auto size = csv.size();
  while (size > m_layout.width && trim(csv[size - 1]).empty()) { // a separator too many at the end
    --size;
  }
  if (size != m_layout.width) {
    sink.reject(fmt::format("{} fields, not the {} of the header", csv.size(), m_layout.width),
                csv.raw());
    return;
  }
  for (std::size_t i = 0; i < m_row.fields.size(); ++i) {
    m_row.fields[i] = trim(csv[m_layout.places[i]]);
  }
  m_row.others.clear();
  for (const auto& [place, name] : m_layout.others) {
    if (const auto value = trim(csv[place]); !value.empty()) {
      m_row.others.emplace_back(name, value);
    }
  }
  m_row.text = csv.raw();
  m_format.read(m_row, sink);
}

} // namespace

std::optional<std::size_t> column_named(const RowFormat& format, std::string_view name) {
  for (std::size_t i = 0; i < format.columns.size(); ++i) {
    for (auto rest = format.columns[i].names; !rest.empty();) {
      const auto end = std::min(rest.find('|'), rest.size());
      if (iequals(rest.substr(0, end), name)) {
        return i;
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return std::nullopt;
}

std::unique_ptr<LogReader> open_table(std::string_view head, const RowFormat& format,
                                      const LogContext& context) {
  const auto found = read_csv_head(head);
  if (!found) {
    return nullptr;
  }
  auto layout = make_layout(format, found->header);
  return has_needed(format, layout)
             ? std::make_unique<TableReader>(format, std::move(layout), found->dialect, true,
                                             InputFacts(context))
             : nullptr;
}

std::unique_ptr<LogReader> read_table(const RowFormat& format, std::string_view columns,
                                      CsvDialect dialect, const LogContext& context) {
  CsvReader names;
  names.start(columns);
  CsvRow header;
  names.next(header);
  return std::make_unique<TableReader>(format, make_layout(format, CsvHeader(header)), dialect,
                                       false, InputFacts(context));
}

void read_row(const RowFormat& format, const Json& object, std::string_view text,
              const InputFacts& input, RecordSink& sink) {
  std::deque<JsonScalar> scalars; // they own digits that the row's fields look at
  std::deque<std::string> names;
  Row row;
  row.fields.resize(format.columns.size());
  row.text = text;
  row.input = &input;
  each_member(object, [&](std::string_view name, const Json& value) {
    const auto field = trim(scalars.emplace_back(value));
    if (const auto column = column_named(format, name)) {
      row.fields[*column] = row.fields[*column].empty() ? field : row.fields[*column];
    } else if (!field.empty() && scalars.size() <= k_most_columns) {
      row.others.emplace_back(names.emplace_back(attribute_name(name)), field);
    }
  });
  format.read(row, sink);
}

} // namespace mailfunnel
