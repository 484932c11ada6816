// Audience export: a zip of three CSV files, the subscribed, unsubscribed and cleaned members.
// Merge fields stand under their labels.
//
//   Email Address,First Name,Last
//   Name,Company,MEMBER_RATING,OPTIN_TIME,…,LAST_CHANGED,LEID,EUID,NOTES,TAGS
//   ann@example.com,Ann,Example,Acme,2,2025-12-28 13:40:25,…,2026-01-05
//   08:00:00,410000,e389c92210,,
//
// The unsubscribed file goes on with UNSUB_TIME, UNSUB_CAMPAIGN_TITLE, UNSUB_CAMPAIGN_ID,
// UNSUB_REASON, UNSUB_REASON_OTHER, the cleaned one with CLEAN_TIME, CLEAN_CAMPAIGN_TITLE,
// CLEAN_CAMPAIGN_ID. Times are UTC. Described at https://mailchimp.com/help/view-export-contacts/

#include "readers.hpp"

#include "base/csv.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::mailchimp {

using namespace std::string_view_literals;

namespace {

/// Columns that are no attributes of the person: read otherwise, of no use for the fit, or nobody's
/// business.
constexpr std::array k_no_attributes{
    "Email Address"sv, "LAST_CHANGED"sv, "LEID"sv,      "EUID"sv,      "NOTES"sv,
    "OPTIN_IP"sv,      "CONFIRM_IP"sv,   "LATITUDE"sv,  "LONGITUDE"sv, "GMTOFF"sv,
    "DSTOFF"sv,        "UNSUB_TIME"sv,   "CLEAN_TIME"sv};

bool is_attribute(std::string_view name) {
  return !name.empty() && !istarts_with(name, "UNSUB_") && !istarts_with(name, "CLEAN_") &&
         std::none_of(k_no_attributes.begin(), k_no_attributes.end(),
                      [name](std::string_view one) { return iequals(one, name); });
}

constexpr std::size_t k_missing = ~std::size_t{0};

/// What a kind of file says of its members.
struct FileKind {
  std::string_view prefix; // of the file's name
  Subscription subscription;
};
constexpr std::array k_kinds{
    FileKind{"subscribed", Subscription::subscribed},
    FileKind{"unsubscribed", Subscription::unsubscribed},
    FileKind{"nonsubscribed", Subscription::unknown}, // known from a shop, never subscribed
    FileKind{"cleaned", Subscription::cleaned},
    FileKind{"archived", Subscription::archived},
    FileKind{"pending", Subscription::pending},
};

Subscription subscription_of(const CsvHeader& header, std::string_view file) {
  if (header.has("UNSUB_TIME")) {
    return Subscription::unsubscribed;
  }
  if (header.has("CLEAN_TIME")) {
    return Subscription::cleaned;
  }
  for (const auto& [prefix, subscription] : k_kinds) {
    if (istarts_with(file, prefix)) {
      return subscription;
    }
  }
  return Subscription::subscribed;
}

/// "subscribed_Klanten_export_0a1b2c.csv" -> "Klanten"; Mailchimp's own words in that place name no
/// list.
std::string_view list_of(std::string_view file) {
  constexpr std::array k_own{"members"sv, "email_audience"sv, "audience"sv, "segment"sv};
  const auto begin = file.find('_'), end = file.rfind("_export");
  if (begin == std::string_view::npos || end == std::string_view::npos || end <= begin) {
    return {};
  }
  const auto name = file.substr(begin + 1, end - begin - 1);
  return std::find(k_own.begin(), k_own.end(), name) == k_own.end() ? name : std::string_view();
}

/// The event that took a member off the list.
struct Leaving {
  EventKind kind = EventKind::unknown;
  std::string_view native;
  std::size_t time = k_missing, campaign = k_missing, title = k_missing;
};

class AudienceReader : public LogReader {
public:
  AudienceReader(const CsvHead& head, std::string_view file)
      : m_csv(head.dialect), m_subscription(subscription_of(head.header, file)),
        m_list(list_of(file)) {
    const auto column = [&head](std::string_view name) {
      return head.header.find(name).value_or(k_missing);
    };
    m_address = column("Email Address");
    m_changed = column("LAST_CHANGED");
    m_contact = column("EUID");
    if (m_subscription == Subscription::unsubscribed) {
      m_leaving = {EventKind::unsubscribe, "unsubscribed", column("UNSUB_TIME"),
                   column("UNSUB_CAMPAIGN_ID"), column("UNSUB_CAMPAIGN_TITLE")};
    } else if (m_subscription == Subscription::cleaned) {
      m_leaving = {EventKind::bounce, "cleaned", column("CLEAN_TIME"), column("CLEAN_CAMPAIGN_ID"),
                   column("CLEAN_CAMPAIGN_TITLE")};
    }
    const auto& names = head.header.names();
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (is_attribute(names[i])) {
        m_attributes.emplace_back(i, attribute_name(names[i]));
      }
    }
  }
  AudienceReader(const AudienceReader& other)
      : m_csv(other.m_csv.dialect()), m_subscription(other.m_subscription), m_list(other.m_list),
        m_address(other.m_address), m_changed(other.m_changed), m_contact(other.m_contact),
        m_leaving(other.m_leaving), m_attributes(other.m_attributes) {}

  std::string_view format() const override { return "audience export, CSV"; }
  Framing framing() const override { return Framing::csv; }
  std::unique_ptr<LogReader> clone() const override {
    return std::make_unique<AudienceReader>(*this);
  }
  void read(const Chunk& chunk, RecordSink& sink) override {
    m_csv.start(chunk.text);
    CsvRow row;
    if (chunk.first) {
      m_csv.next(row); // the header
    }
    while (m_csv.next(row)) {
      read_row(row, sink);
    }
  }

private:
  void read_row(const CsvRow& row, RecordSink& sink);
  void read_leaving(const CsvRow& row, RecordSink& sink);

  CsvReader m_csv;
  Subscription m_subscription;
  std::string m_list;
  std::size_t m_address = k_missing, m_changed = k_missing, m_contact = k_missing;
  Leaving m_leaving;
  std::vector<std::pair<std::size_t, std::string>> m_attributes; // column, name
  std::vector<std::pair<std::string_view, std::string_view>> m_values;
  TimeReader m_time;
};

void AudienceReader::read_row(const CsvRow& row, RecordSink& sink) {
  RecipientView recipient;
  recipient.address = trim(row[m_address]);
  if (recipient.address.empty()) {
    return sink.reject("no Email Address", row.raw());
  }
  recipient.record = row.raw();
  recipient.contact_id = trim(row[m_contact]);
  recipient.list = m_list;
  recipient.subscription = m_subscription;
  if (const auto changed = m_time.read(trim(row[m_changed]))) {
    recipient.changed_at = changed->seconds;
  }
  m_values.clear();
  for (const auto& [column, name] : m_attributes) {
    if (const auto value = row[column]; !value.empty()) {
      m_values.emplace_back(name, value);
    }
  }
  recipient.attributes = m_values;
  sink.accept(recipient);
  read_leaving(row, sink);
}

void AudienceReader::read_leaving(const CsvRow& row, RecordSink& sink) {
  const auto text = trim(row[m_leaving.time]);
  if (text.empty()) {
    return; // left before Mailchimp kept the time, or was imported as such
  }
  const auto time = m_time.read(text);
  if (!time) {
    return sink.reject(
        "the contact is taken, but not when it left: the time is not YYYY-MM-DD hh:mm:ss",
        row.raw());
  }
  EventView event;
  event.kind = m_leaving.kind;
  event.time = *time;
  event.address = trim(row[m_address]);
  event.contact_id = trim(row[m_contact]);
  event.campaign = trim(row[m_leaving.campaign]);
  event.campaign_name = row[m_leaving.title];
  event.native = m_leaving.native;
  event.record = row.raw();
  if (event.kind == EventKind::bounce) {
    event.bounce.klass = BounceClass::hard;
  } else {
    event.scope = m_list;
  }
  sink.accept(event);
}

} // namespace

std::unique_ptr<LogReader> open_audience(std::string_view head, const LogContext& context) {
  const auto found = read_csv_head(head);
  const bool ours = found && found->header.has("Email Address") && found->header.has("LEID") &&
                    found->header.has("EUID");
  return ours ? std::make_unique<AudienceReader>(*found, context.file_name) : nullptr;
}

} // namespace mailfunnel::mailchimp
