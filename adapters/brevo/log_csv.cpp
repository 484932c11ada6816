// The log of transactional mail, as the web page exports it: CSV, "NA" for nothing, times of the
// account's zone, words in the user's language.
//   st_text,ts,sub,frm,email,tag,mid,link
//   Clicked,02-03-2026 10:21:07,Spring
//   sale,news@example.net,ann@example.com,spring,<202603020914.1@…>,
//     https://www.example.com/pricing
// Brevo does not document it; the columns are those that tools reading such files expect.

#include "readers.hpp"
#include "words.hpp"

#include "base/csv.hpp"
#include "base/text.hpp"

namespace mailfunnel::brevo {

namespace {

struct Columns {
  std::size_t word, time, address, tag, message_id, link;
};

class LogCsvReader : public LogReader {
public:
  LogCsvReader(const CsvDialect& dialect, const Columns& columns, TimeZone zone, bool zone_given)
      : m_rows(dialect), m_columns(columns), m_zone(zone), m_zone_given(zone_given) {}
  std::string_view format() const override { return "log of transactional mail, CSV"; }
  Framing framing() const override { return Framing::csv; }
  bool assumes_utc() const override { return !m_zone_given; }
  std::unique_ptr<LogReader> clone() const override {
    return std::make_unique<LogCsvReader>(m_rows.dialect(), m_columns, m_zone, m_zone_given);
  }
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

private:
  void read_row(const CsvRow& row, RecordSink& sink) const;

  CsvReader m_rows;
  Columns m_columns;
  TimeZone m_zone;
  bool m_zone_given;
};

std::string_view given(std::string_view field) {
  return field == "NA" ? std::string_view{} : field;
}

void LogCsvReader::read_row(const CsvRow& row, RecordSink& sink) const {
  EventView view;
  view.record = row.raw();
  view.native = given(trim(row[m_columns.word]));
  view.address = given(trim(row[m_columns.address]));
  const auto time = parse_time_as(row[m_columns.time], "%d-%m-%Y %H:%M:%S", m_zone);
  if (view.native.empty() || view.address.empty() || !time) {
    sink.reject(view.native.empty()    ? "no st_text"
                : view.address.empty() ? "no email"
                                       : "ts is not a time such as 02-03-2026 10:21:07",
                row.raw());
    return;
  }
  view.time = *time;
  fill_meaning(view, {});
  view.campaign = given(row[m_columns.tag]);
  view.message_id = given(row[m_columns.message_id]);
  if (view.kind == EventKind::click) {
    view.link = given(row[m_columns.link]);
  }
  sink.accept(view);
}

} // namespace

std::unique_ptr<LogReader> open_log_csv(std::string_view head, const LogContext& context) {
  const auto csv = read_csv_head(head);
  if (!csv) {
    return nullptr;
  }
  const auto& header = csv->header;
  const auto word = header.find("st_text"), time = header.find("ts"),
             address = header.find("email"), tag = header.find("tag"),
             message_id = header.find("mid"), link = header.find("link");
  if (!word || !time || !address || !tag || !message_id || !link) {
    return nullptr;
  }
  return std::make_unique<LogCsvReader>(csv->dialect,
                                        Columns{*word, *time, *address, *tag, *message_id, *link},
                                        context.zone, context.zone_given);
}

} // namespace mailfunnel::brevo
