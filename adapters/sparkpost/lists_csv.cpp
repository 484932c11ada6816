// SparkPost's lists of people, CSV in the form in which they go up and come down. Recipients, with
// JSON in three of the columns:
//   email,name,return_path,metadata,substitution_data,tags
//   ann@example.com,Ann,,"{""crm_id"": 17}","{""tier"": ""gold""}","[""bofu""]"
// Who gets no mail:
//   recipient,transactional,non_transactional,description,subaccount_id
//   bob@example.com,false,true,unsubscribed by phone,0
// https://developers.sparkpost.com/api/recipient-lists/ and …/suppression-list/

#include "readers.hpp"

#include "adapter/attributes.hpp"
#include "base/csv.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::sparkpost {

namespace {

using namespace std::string_view_literals;

/// Columns of a row, looked up once by name.
template<std::size_t N> using Columns = std::array<std::size_t, N>;

template<std::size_t N>
std::optional<Columns<N>> find_columns(const CsvHeader& header,
                                       const std::array<std::string_view, N>& names) {
  Columns<N> columns{};
  for (std::size_t i = 0; i < N; ++i) {
    const auto column = header.find(names[i]);
    if (!column) {
      return std::nullopt;
    }
    columns[i] = *column;
  }
  return columns;
}

/// A table of people, a row each.
class ListReader : public LogReader {
public:
  explicit ListReader(const CsvDialect& dialect) : m_rows(dialect) {}
  Framing framing() const override { return Framing::csv; }
  void read(const Chunk& chunk, RecordSink& sink) override {
    m_rows.start(chunk.text);
    CsvRow row;
    if (chunk.first) {
      m_rows.next(row); // the header
    }
    while (m_rows.next(row)) {
      read_row(row, sink);
    }
  }

protected:
  const CsvDialect& dialect() const { return m_rows.dialect(); }
  virtual void read_row(const CsvRow& row, RecordSink& sink) = 0;

private:
  CsvReader m_rows;
};

// ---- recipients

enum Recipient : std::size_t { email, name, metadata, substitution_data, tags };
constexpr std::array k_recipient_names{"email"sv, "name"sv, "metadata"sv, "substitution_data"sv,
                                       "tags"sv};

class RecipientsReader : public ListReader {
public:
  RecipientsReader(const CsvDialect& dialect, const Columns<5>& columns)
      : ListReader(dialect), m_columns(columns) {}
  std::string_view format() const override { return "recipient list, CSV"; }
  std::unique_ptr<LogReader> clone() const override {
    return std::make_unique<RecipientsReader>(dialect(), m_columns);
  }

private:
  void read_row(const CsvRow& row, RecordSink& sink) override;
  /// The value of a cell; false where there is text that is no JSON.
  bool parse(std::string_view cell, Json& value) {
    value = m_parser.parse(simdjson::padded_string(cell));
    return is_there(value) || trim(cell).empty();
  }
  bool add_cells(const CsvRow& row, Attributes& attributes);

  Columns<5> m_columns;
  simdjson::dom::parser m_parser;
};

bool RecipientsReader::add_cells(const CsvRow& row, Attributes& attributes) {
  Json value;
  if (!parse(row[m_columns[tags]], value)) {
    return false;
  }
  std::string all_tags;
  each_element(value, [&all_tags](const Json& tag) {
    all_tags.append(all_tags.empty() ? "" : ", ").append(text_of(tag));
  });
  attributes.add("tags", std::string_view(all_tags));
  for (const auto column : {metadata, substitution_data}) {
    if (!parse(row[m_columns[column]], value)) {
      return false;
    }
    attributes.add_members(value);
  }
  return true;
}

void RecipientsReader::read_row(const CsvRow& row, RecordSink& sink) {
  RecipientView view;
  view.record = row.raw();
  view.address = trim(row[m_columns[email]]);
  Attributes attributes;
  attributes.add("name", row[m_columns[name]]);
  if (view.address.empty() || !add_cells(row, attributes)) {
    sink.reject(view.address.empty() ? "no email"
                                     : "metadata, substitution_data or tags is no JSON",
                row.raw());
    return;
  }
  view.attributes = attributes.all();
  sink.accept(view);
}

// ---- suppressions

enum Suppression : std::size_t { recipient, transactional, non_transactional, description };
constexpr std::array k_suppression_names{"recipient"sv, "transactional"sv, "non_transactional"sv,
                                         "description"sv};

class SuppressionsReader : public ListReader {
public:
  SuppressionsReader(const CsvDialect& dialect, const Columns<4>& columns)
      : ListReader(dialect), m_columns(columns) {}
  std::string_view format() const override { return "suppression list, CSV"; }
  std::unique_ptr<LogReader> clone() const override {
    return std::make_unique<SuppressionsReader>(dialect(), m_columns);
  }

private:
  void read_row(const CsvRow& row, RecordSink& sink) override {
    RecipientView view;
    view.record = row.raw();
    view.address = trim(row[m_columns[recipient]]);
    if (view.address.empty()) {
      sink.reject("no recipient", row.raw());
    } else if (!iequals(trim(row[m_columns[non_transactional]]), "true")) {
      sink.skip(row.raw()); // gets mailings all the same
    } else {
      view.subscription = Subscription::unsubscribed; // since when, the file does not say
      sink.accept(view);
    }
  }

  Columns<4> m_columns;
};

} // namespace

std::unique_ptr<LogReader> open_lists_csv(std::string_view head) {
  const auto csv = read_csv_head(head);
  if (!csv) {
    return nullptr;
  }
  if (const auto columns = find_columns(csv->header, k_recipient_names)) {
    return std::make_unique<RecipientsReader>(csv->dialect, *columns);
  }
  if (const auto columns = find_columns(csv->header, k_suppression_names)) {
    return std::make_unique<SuppressionsReader>(csv->dialect, *columns);
  }
  return nullptr;
}

} // namespace mailfunnel::sparkpost
