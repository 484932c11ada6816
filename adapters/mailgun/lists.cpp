// Mailgun's suppression lists, as it imports them: CSV with a header.
//   address,code,error,created_at
//   ann@example.com,550,"5.1.1 No such mailbox","Mon, 02 Mar 2026 09:14:55 UTC"
// Unsubscribes have address,tags,created_at (or tag), complaints address,created_at. The API gives
// the same as JSON, {"items":[{"address":…,"tags":["*"],"created_at":…}],"paging":{…}}, and so the
// members of a mailing list: {"address":…,"name":"Ann","subscribed":true,"vars":{"age":26}}.
// https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun (Suppressions, Mailing
// Lists)

#include "readers.hpp"

#include "adapter/attributes.hpp"
#include "adapter/smtp_status.hpp"
#include "base/csv.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::mailgun {

namespace {

/// One entry, whatever it is read from.
struct Entry {
  std::string_view address, code, error;
  std::vector<std::string_view> tags; // that were left; "*": all
  std::optional<Instant> time;
};

enum class List { bounces, unsubscribes, complaints };

constexpr std::string_view k_date = "%a, %d %b %Y %H:%M:%S %z";
std::optional<Instant> date_of(std::string_view text) {
  return parse_time_as(trim(text), k_date, nullptr);
}

void put_bounce(const Entry& entry, EventView& view, RecordSink& sink) {
  const auto answer = std::string(entry.code).append(" ").append(entry.error);
  const auto verdict = judge_smtp({}, answer);
  view.kind = EventKind::bounce;
  view.native = "bounces";
  // Who is on this list gets no more mail, whatever the answer was.
  view.bounce = {BounceClass::hard, verdict.reason, verdict.status, verdict.code, entry.error};
  sink.accept(view);
}

void put_unsubscribe(const Entry& entry, EventView& view, RecordSink& sink) {
  view.kind = EventKind::unsubscribe;
  view.native = "unsubscribes";
  if (entry.tags.empty()) {
    sink.accept(view);
  }
  for (const auto tag : entry.tags) {
    view.scope = tag == "*" ? std::string_view{} : tag;
    sink.accept(view);
  }
}

void put(List list, const Entry& entry, std::string_view record, RecordSink& sink) {
  if (entry.address.empty() || !entry.time) {
    sink.reject(entry.address.empty() ? "no \"address\""
                                      : "\"created_at\" is not a time such as Mon, 02 Mar 2026 "
                                        "09:14:55 UTC",
                record);
    return;
  }
  EventView view;
  view.record = record;
  view.address = entry.address;
  view.time = *entry.time;
  switch (list) {
  case List::bounces:
    return put_bounce(entry, view, sink);
  case List::unsubscribes:
    return put_unsubscribe(entry, view, sink);
  case List::complaints:
    view.kind = EventKind::complaint;
    view.native = "complaints";
    sink.accept(view);
  }
}

// ---- CSV

constexpr std::size_t k_missing = ~std::size_t{0};

struct Columns {
  List list = List::complaints;
  std::size_t address = k_missing, created_at = k_missing, code = k_missing, error = k_missing,
              tags = k_missing;
};

std::optional<Columns> columns_of(const CsvHeader& header) {
  const auto find = [&header](std::initializer_list<std::string_view> names) {
    return header.find(names).value_or(k_missing);
  };
  Columns columns{List::complaints, find({"address"}), find({"created_at"}),
                  find({"code"}),   find({"error"}),   find({"tag", "tags"})};
  if (columns.address == k_missing || columns.created_at == k_missing) {
    return std::nullopt;
  }
  const auto is = [&](List list, std::size_t size, bool all) {
    columns.list = list;
    return all && header.names().size() == size;
  };
  const bool ours = is(List::bounces, 4, columns.code != k_missing && columns.error != k_missing) ||
                    is(List::unsubscribes, 3, columns.tags != k_missing) ||
                    is(List::complaints, 2, true);
  return ours ? std::optional(columns) : std::nullopt;
}

Entry entry_of(const CsvRow& row, const Columns& columns) {
  Entry entry{trim(row[columns.address]),
              trim(row[columns.code]),
              row[columns.error],
              {},
              date_of(row[columns.created_at])};
  if (const auto tag = trim(row[columns.tags]); !tag.empty()) {
    entry.tags.push_back(tag);
  }
  return entry;
}

class ListReader : public LogReader {
public:
  ListReader(const CsvDialect& dialect, const Columns& columns)
      : m_rows(dialect), m_columns(columns) {}
  std::string_view format() const override { return "suppression list, CSV"; }
  Framing framing() const override { return Framing::csv; }
  std::unique_ptr<LogReader> clone() const override {
    return std::make_unique<ListReader>(m_rows.dialect(), m_columns);
  }
  void read(const Chunk& chunk, RecordSink& sink) override {
    m_rows.start(chunk.text);
    CsvRow row;
    if (chunk.first) {
      m_rows.next(row); // the header
    }
    while (m_rows.next(row)) {
      put(m_columns.list, entry_of(row, m_columns), row.raw(), sink);
    }
  }

private:
  CsvReader m_rows;
  Columns m_columns;
};

// ---- JSON

bool is_address(const Json& value) {
  return text_of(value).find('@') != std::string_view::npos;
}

bool is_member(const Json& record) {
  return is_address(record["address"]) && record["subscribed"].is_bool() &&
         is_there(record["vars"]);
}

/// Which list an entry is of: bounces have an error, unsubscribes tags, complaints nothing more.
std::optional<List> list_of(const Json& record) {
  if (!is_address(record["address"]) || !date_of(text_of(record["created_at"]))) {
    return std::nullopt;
  }
  if (is_there(record["code"]) && is_there(record["error"])) {
    return List::bounces;
  }
  if (is_there(record["tags"])) {
    return List::unsubscribes;
  }
  std::size_t members = 0;
  each_member(record, [&members](std::string_view /*name*/, const Json& /*value*/) { ++members; });
  return members == 2 ? std::optional(List::complaints) : std::nullopt;
}

} // namespace

std::unique_ptr<LogReader> open_lists(std::string_view head) {
  const auto csv = read_csv_head(head);
  const auto columns = csv ? columns_of(csv->header) : std::nullopt;
  if (!columns) {
    return nullptr;
  }
  CsvReader rows(csv->dialect);
  rows.start(head.substr(csv->size));
  CsvRow row;
  // The names alone are common ones; the time is written as nobody else does.
  if (!rows.next(row) || !date_of(row[columns->created_at])) {
    return nullptr;
  }
  return std::make_unique<ListReader>(csv->dialect, *columns);
}

void put_member(const Json& member, std::string_view record, std::string_view list,
                RecordSink& sink) {
  RecipientView view;
  view.record = record;
  view.address = text_of(member["address"]);
  if (view.address.empty()) {
    sink.reject(mismatch("address", member["address"], "an address"), record);
    return;
  }
  view.list = list;
  view.subscription =
      is_true(member["subscribed"]) ? Subscription::subscribed : Subscription::unsubscribed;
  Attributes attributes;
  attributes.add("name", member["name"]);
  attributes.add_members(member["vars"]);
  view.attributes = attributes.all();
  sink.accept(view);
}

bool is_list_entry(const Json& record) {
  return list_of(record).has_value() || is_member(record);
}

void read_list_entry(const JsonRecord& record, RecordSink& sink) {
  if (is_member(record.root)) {
    put_member(record.root, record.text, {}, sink);
    return;
  }
  const JsonScalar code(record.root["code"]);
  put(list_of(record.root).value_or(List::complaints),
      {text_of(record.root["address"]), code, text_of(record.root["error"]),
       texts_of(record.root["tags"]), time_of(record.root["created_at"])},
      record.text, sink);
}

} // namespace mailfunnel::mailgun
