// Rows of the database: answers of the Stats API, GET /api/stats/{table},
//   {"total":1,"stats":[{"id":"5","email_id":"7","lead_id":"77","email_address":"ann@example.com","date_sent":"2026-03-02
//   09:00:08",
//     "is_failed":"0","date_read":"2026-03-02 09:23:20","last_opened":"2026-03-02 11:00:00",…}]}
// or the same tables as CSV or TSV (mysql --batch), where none is NULL or \N:
//   id,redirect_id,email_id,lead_id,date_hit,url,user_agent,source,source_id
//   12,3,7,77,2026-03-02 09:25:07,https://example.com/demo,Mozilla/5.0,email,7
// Contacts are named by their number, as leads. Which table it is, its columns tell.
// https://github.com/mautic/developer-documentation-new, docs/rest_api/stats.rst

#include "readers.hpp"

#include "adapter/smtp_status.hpp"
#include "adapter/word_table.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::mautic {

namespace {

std::string_view value(const Row& row, std::size_t column) {
  const auto text = row[column];
  return text == "NULL" || text == "\\N" ? std::string_view{} : text;
}

/// Columns that every table of events has, in front of its own.
enum Column : std::size_t { id, lead, at, email, address, own };

/// Who did it, when, and of which mail. False: the row is rejected.
bool fill(EventView& view, const Row& row, std::string_view time, RecordSink& sink) {
  view.record = row.text;
  view.event_id = value(row, id);
  view.contact_id = value(row, lead);
  view.address = value(row, address);
  view.campaign = value(row, email);
  if (view.contact_id.empty() && view.address.empty()) {
    sink.reject("nobody: the row has neither a lead_id nor an email_address", row.text);
    return false;
  }
  const auto when = parse_time(time, row.input->zone);
  if (!when) {
    sink.reject("\"" + printable(time, 40) + "\" is not a time (YYYY-MM-DD hh:mm:ss)", row.text);
    return false;
  }
  view.time = *when;
  return true;
}

// ---- email_stats: a mail to a contact -----------------------------------------------------------

enum StatColumn : std::size_t { failed = own, first_open, last_open, hash };
constexpr std::array k_stat_columns{
    RowColumn{"id", true},       RowColumn{"lead_id", true},       RowColumn{"date_sent", true},
    RowColumn{"email_id", true}, RowColumn{"email_address", true}, RowColumn{"is_failed", true},
    RowColumn{"date_read"},      RowColumn{"last_opened"},         RowColumn{"tracking_hash"},
};

/// The first open and the last: those between are only counted.
void read_stat(const Row& row, RecordSink& sink) {
  EventView view;
  if (!fill(view, row, row[at], sink)) {
    return;
  }
  view.message_id = value(row, hash);
  const auto mark = value(row, failed);
  const bool bounced = mark == "1" || mark == "true";
  view.kind = bounced ? EventKind::bounce : EventKind::sent;
  view.native = bounced ? "failed" : "sent";
  view.bounce.klass = bounced ? BounceClass::soft : BounceClass::none;
  sink.accept(view);
  view.kind = EventKind::open;
  view.native = "read";
  view.bounce = {};
  const auto first = parse_time(value(row, first_open), row.input->zone);
  const auto last = parse_time(value(row, last_open), row.input->zone);
  for (const auto& when : {first, last == first ? std::nullopt : last}) {
    if (when) {
      view.time = *when;
      sink.accept(view);
    }
  }
}

// ---- email_stats_devices: an open ---------------------------------------------------------------

constexpr std::array k_open_columns{
    RowColumn{"id"},       RowColumn{"lead_id"},       RowColumn{"date_opened", true},
    RowColumn{"email_id"}, RowColumn{"email_address"}, RowColumn{"stat_id", true},
};

void read_open(const Row& row, RecordSink& sink) {
  if (value(row, lead).empty() && value(row, address).empty()) {
    sink.reject("the row names nobody: join it to email_stats, which has lead_id, email_id and "
                "email_address",
                row.text);
    return;
  }
  EventView view;
  if (fill(view, row, row[at], sink)) {
    view.kind = EventKind::open;
    view.native = "opened";
    sink.accept(view);
  }
}

// ---- page_hits ----------------------------------------------------------------------------------

enum HitColumn : std::size_t { redirect = own, url, agent, source, source_id };
constexpr std::array k_hit_columns{
    RowColumn{"id", true},       RowColumn{"lead_id", true}, RowColumn{"date_hit", true},
    RowColumn{"email_id", true}, RowColumn{"email_address"}, RowColumn{"redirect_id", true},
    RowColumn{"url", true},      RowColumn{"user_agent"},    RowColumn{"source"},
    RowColumn{"source_id"},
};

/// A link of a mail leads through a redirect; a hit without one is a page.
void read_hit(const Row& row, RecordSink& sink) {
  EventView view;
  if (!fill(view, row, row[at], sink)) {
    return;
  }
  if (view.campaign.empty() && value(row, source) == "email") {
    view.campaign = value(row, source_id);
  }
  const bool click = !value(row, redirect).empty() && !view.campaign.empty();
  view.kind = click ? EventKind::click : EventKind::page;
  view.native = "hit";
  view.link = value(row, url);
  view.user_agent = value(row, agent);
  view.agent_given = !view.user_agent.empty();
  sink.accept(view);
}

// ---- asset_downloads, form_submissions ----------------------------------------------------------

constexpr std::array k_download_columns{
    RowColumn{"id", true}, RowColumn{"lead_id", true}, RowColumn{"date_download", true},
    RowColumn{"email_id"}, RowColumn{"email_address"}, RowColumn{"asset_id", true},
};
constexpr std::array k_form_columns{
    RowColumn{"id", true}, RowColumn{"lead_id", true}, RowColumn{"date_submitted", true},
    RowColumn{"email_id"}, RowColumn{"email_address"}, RowColumn{"form_id", true},
};

template<EventKind k_kind> void read_action(const Row& row, RecordSink& sink) {
  EventView view;
  if (fill(view, row, row[at], sink)) {
    view.kind = k_kind;
    view.native = k_kind == EventKind::form ? "submitted" : "downloaded";
    view.link_tag = value(row, own);
    sink.accept(view);
  }
}

// ---- lead_donotcontact --------------------------------------------------------------------------

enum BlockColumn : std::size_t { channel = own, reason, comments };
constexpr std::array k_block_columns{
    RowColumn{"id"},           RowColumn{"lead_id", true}, RowColumn{"date_added", true},
    RowColumn{"channel_id"},   RowColumn{"email_address"}, RowColumn{"channel", true},
    RowColumn{"reason", true}, RowColumn{"comments"},
};

struct ReasonRow {
  std::string_view word;
  EventKind kind;
};
constexpr std::array k_reasons{
    ReasonRow{"1", EventKind::unsubscribe}, ReasonRow{"2", EventKind::bounce},
    ReasonRow{"3", EventKind::unsubscribe}, // by hand
};

void read_block(const Row& row, RecordSink& sink) {
  if (value(row, channel) != "email" || value(row, reason) == "0") {
    sink.skip(row.text);
    return;
  }
  EventView view;
  if (!fill(view, row, row[at], sink)) {
    return;
  }
  view.campaign = view.campaign == "0" ? std::string_view{} : view.campaign;
  view.native = value(row, reason);
  view.kind = kind_of(k_reasons, view.native);
  if (view.kind == EventKind::bounce) {
    const auto text = value(row, comments);
    const auto verdict = judge_smtp({}, text);
    view.bounce = {verdict.klass, verdict.reason, verdict.status, verdict.code, text};
    if (verdict.code == 0 && verdict.status.empty()) {
      view.bounce.klass = BounceClass::hard; // it is why nobody writes to the address any more
    }
  }
  sink.accept(view);
}

// ---- leads --------------------------------------------------------------------------------------

enum LeadColumn : std::size_t { lead_id, lead_email, points, identified, modified };
constexpr std::array k_lead_columns{
    RowColumn{"id", true},      RowColumn{"email", true},
    RowColumn{"points", true},  RowColumn{"date_identified", true},
    RowColumn{"date_modified"},
};

void read_lead(const Row& row, RecordSink& sink) {
  RecipientView view;
  view.record = row.text;
  view.address = value(row, lead_email);
  view.contact_id = value(row, lead_id);
  if (view.address.empty()) { // a visitor whom nobody knows yet
    sink.skip(row.text);
    return;
  }
  if (const auto changed = parse_time(value(row, modified), row.input->zone)) {
    view.changed_at = changed->seconds;
  }
  Attributes attributes;
  for (const auto& [name, text] : row.others) {
    if (text != "NULL" && text != "\\N") {
      attributes.add(name, text);
    }
  }
  view.attributes = attributes.all();
  sink.accept(view);
}

// ---- which of them ------------------------------------------------------------------------------

constexpr std::array k_formats{
    RowFormat{"email_stats", k_stat_columns, read_stat, true},
    RowFormat{"email_stats_devices", k_open_columns, read_open, true},
    RowFormat{"page_hits", k_hit_columns, read_hit, true},
    RowFormat{"asset_downloads", k_download_columns, read_action<EventKind::download>, true},
    RowFormat{"form_submissions", k_form_columns, read_action<EventKind::form>, true},
    RowFormat{"lead_donotcontact", k_block_columns, read_block, true},
    RowFormat{"leads", k_lead_columns, read_lead, true},
};

const RowFormat* format_of(const Json& object) {
  const auto has_needed = [&object](const RowFormat& format) {
    return std::all_of(format.columns.begin(), format.columns.end(),
                       [&object](const RowColumn& column) {
                         return !column.needed || is_there(object[column.names]);
                       });
  };
  const auto* const found = std::find_if(k_formats.begin(), k_formats.end(), has_needed);
  return found == k_formats.end() ? nullptr : found;
}

void read_stats(const JsonRecord& record, RecordSink& sink) {
  if (const auto* const format = format_of(record.root)) {
    read_row(*format, record.root, record.text, record.input, sink);
  } else {
    sink.reject("no row of a table that is read (email_stats, page_hits, asset_downloads, "
                "form_submissions, lead_donotcontact)",
                record.text);
  }
}

bool is_stats(const Json& row) {
  return format_of(row) != nullptr;
}

} // namespace

extern const JsonFormat k_stats{"answers of the Stats API, JSON", "stats", is_stats, read_stats,
                                true};

std::unique_ptr<LogReader> open_database_table(std::string_view head, const LogContext& context) {
  for (const auto& format : k_formats) {
    if (auto reader = open_table(head, format, context)) {
      return reader;
    }
  }
  return nullptr;
}

} // namespace mailfunnel::mautic
