// Contacts, as the web page exports them: the address and the dates in columns of fixed names, the
// account's own attributes between; dates of the account's zone, with a clock or without.
//   CONTACT
//   ID;EMAIL;LASTNAME;FIRSTNAME;SMS;EMAIL_BLACKLISTED;SMS_BLACKLISTED;ADDED_TIME;MODIFIED_TIME
//   17;ann@example.com;Example;Ann;;No;No;18-06-2025 09:30;28-01-2026 10:00
// Brevo does not document it; the columns are those that tools reading such files expect.

#include "readers.hpp"

#include "base/csv.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::brevo {

namespace {

using namespace std::string_view_literals;

constexpr auto k_address = "EMAIL"sv, k_contact = "CONTACT ID"sv, k_changed = "MODIFIED_TIME"sv,
               k_added = "ADDED_TIME"sv, k_blacklisted = "EMAIL_BLACKLISTED"sv;
constexpr std::array k_no_attributes{k_address, k_contact, k_changed, k_blacklisted,
                                     "SMS_BLACKLISTED"sv};

bool is_attribute(std::string_view name) {
  return !name.empty() && std::none_of(k_no_attributes.begin(), k_no_attributes.end(),
                                       [name](std::string_view one) { return iequals(one, name); });
}

constexpr std::size_t k_missing = ~std::size_t{0};

struct Columns {
  std::size_t address, contact, changed, blacklisted;
  std::vector<std::pair<std::size_t, std::string>> attributes; // column, name
};

Columns columns_of(const CsvHeader& header) {
  const auto find = [&header](std::string_view name) {
    return header.find(name).value_or(k_missing);
  };
  Columns columns{find(k_address), find(k_contact), find(k_changed), find(k_blacklisted), {}};
  const auto& names = header.names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (is_attribute(names[i])) {
      columns.attributes.emplace_back(i, attribute_name(names[i]));
    }
  }
  return columns;
}

class ContactsReader : public LogReader {
public:
  ContactsReader(const CsvDialect& dialect, Columns columns, TimeZone zone, bool zone_given)
      : m_rows(dialect), m_columns(std::move(columns)), m_zone(zone), m_zone_given(zone_given) {}
  std::string_view format() const override { return "contacts, CSV"; }
  Framing framing() const override { return Framing::csv; }
  bool assumes_utc() const override { return !m_zone_given; }
  std::unique_ptr<LogReader> clone() const override {
    return std::make_unique<ContactsReader>(m_rows.dialect(), m_columns, m_zone, m_zone_given);
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
  void read_row(const CsvRow& row, RecordSink& sink);
  std::optional<Seconds> time_of(std::string_view text) const;

  CsvReader m_rows;
  Columns m_columns;
  TimeZone m_zone;
  bool m_zone_given;
  std::vector<std::pair<std::string_view, std::string_view>> m_values;
};

std::optional<Seconds> ContactsReader::time_of(std::string_view text) const {
  for (const auto pattern : {"%d-%m-%Y %H:%M"sv, "%d-%m-%Y"sv}) {
    if (const auto time = parse_time_as(text, pattern, m_zone)) {
      return time->seconds;
    }
  }
  return std::nullopt;
}

Subscription subscription_of(std::string_view blacklisted) {
  return iequals(blacklisted, "yes")  ? Subscription::unsubscribed
         : iequals(blacklisted, "no") ? Subscription::subscribed
                                      : Subscription::unknown;
}

void ContactsReader::read_row(const CsvRow& row, RecordSink& sink) {
  RecipientView view;
  view.record = row.raw();
  view.address = trim(row[m_columns.address]);
  view.contact_id = trim(row[m_columns.contact]);
  if (view.address.empty() && view.contact_id.empty()) {
    sink.reject("no EMAIL", row.raw());
    return;
  }
  view.subscription = subscription_of(trim(row[m_columns.blacklisted]));
  view.changed_at = time_of(row[m_columns.changed]);
  m_values.clear();
  for (const auto& [column, name] : m_columns.attributes) {
    if (const auto value = row[column]; !value.empty()) {
      m_values.emplace_back(name, value);
    }
  }
  view.attributes = m_values;
  sink.accept(view);
}

} // namespace

std::unique_ptr<LogReader> open_contacts_csv(std::string_view head, const LogContext& context) {
  const auto csv = read_csv_head(head);
  if (!csv || !csv->header.has(k_address) || !csv->header.has(k_added) ||
      !csv->header.has(k_changed)) {
    return nullptr;
  }
  return std::make_unique<ContactsReader>(csv->dialect, columns_of(csv->header), context.zone,
                                          context.zone_given);
}

} // namespace mailfunnel::brevo
