// Dumps of listmonk's database, pg_dump as it is by default: the rows of a table between a COPY
// line and "\.", fields split by TABs, \N for none, line ends and TABs in them escaped:
//   --
//   -- PostgreSQL database dump
//   --
//   COPY public.link_clicks (id, campaign_id, link_id, subscriber_id, created_at) FROM stdin;
//   5	12	3	77	2026-03-02 10:25:07.123456+01
//   \.
// Tables name each other by number, and those that are named stand behind those that name them, so
// the whole of it is looked at first. https://github.com/knadh/listmonk, schema.sql

#include "readers.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace mailfunnel::listmonk {

namespace {

using namespace std::string_view_literals;

constexpr auto k_title = "PostgreSQL database dump"sv;
constexpr auto k_copy = "COPY "sv;
constexpr auto k_from = " FROM stdin;"sv;

// ---- sections -----------------------------------------------------------------------------------

/// The line at `at` without its end; `at` becomes the next one's.
std::string_view next_line(std::string_view text, std::size_t& at) {
  const auto end = std::min(text.find('\n', at), text.size());
  auto line = text.substr(at, end - at);
  at = end + 1;
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

struct Section {
  std::vector<std::string_view> columns;
  std::string_view rows; // whole lines
};

std::string_view unquoted(std::string_view name) {
  name = trim(name);
  return name.size() > 1 && name.starts_with('"') && name.ends_with('"')
             ? name.substr(1, name.size() - 2)
             : name;
}

/// "COPY public.links (id, uuid, url, created_at) FROM stdin;" -> "links", and its columns. "": it
/// is another line.
std::string_view read_copy(std::string_view line, std::vector<std::string_view>& columns) {
  const auto open = line.find('('), close = line.rfind(')');
  if (!line.starts_with(k_copy) || !line.ends_with(k_from) || open == std::string_view::npos ||
      close == std::string_view::npos || close < open) {
    return {};
  }
  columns.clear();
  for (const auto name : split(line.substr(open + 1, close - open - 1), ',')) {
    columns.push_back(unquoted(name));
  }
  const auto table = trim(line.substr(k_copy.size(), open - k_copy.size()));
  return unquoted(table.substr(table.rfind('.') + 1));
}

/// The tables of a dump by their names.
std::map<std::string_view, Section> sections_of(std::string_view dump) {
  std::map<std::string_view, Section> sections;
  std::vector<std::string_view> columns;
  for (std::size_t at = 0; at < dump.size();) {
    const auto table = read_copy(next_line(dump, at), columns);
    if (table.empty()) {
      continue;
    }
    const auto begin = std::min(at, dump.size());
    auto end = begin;
    while (at < dump.size() && next_line(dump, at) != "\\.") {
      end = std::min(at, dump.size());
    }
    sections[table] = {columns, dump.substr(begin, end - begin)};
  }
  return sections;
}

// ---- rows ---------------------------------------------------------------------------------------

/// Undoes the escapes of COPY.
std::string unescaped(std::string_view field) {
  constexpr auto k_letters = "bfnrtv"sv;
  constexpr auto k_meant = "\b\f\n\r\t\v"sv;
  std::string out;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] != '\\' || i + 1 == field.size()) {
      out += field[i];
      continue;
    }
    const auto letter = k_letters.find(field[++i]);
    out += letter == std::string_view::npos ? field[i] : k_meant[letter];
  }
  return out;
}

/// The rows of a table, read by names that are given once.
template<std::size_t k_count> class Table {
public:
  Table(const std::map<std::string_view, Section>& sections, std::string_view name,
        const std::array<std::string_view, k_count>& names) {
    const auto found = sections.find(name);
    if (found == sections.end()) {
      return;
    }
    const auto& columns = found->second.columns;
    m_rows = found->second.rows;
    m_width = columns.size();
    for (std::size_t i = 0; i < k_count; ++i) {
      m_places[i] = static_cast<std::size_t>(std::find(columns.begin(), columns.end(), names[i]) -
                                             columns.begin());
    }
  }
  bool next() {
    if (m_at >= m_rows.size()) {
      return false;
    }
    m_text = next_line(m_rows, m_at);
    m_fields = split(m_text, '\t');
    m_scratch.clear();
    return true;
  }
  /// It has as many fields as the table has columns.
  bool whole() const { return m_fields.size() == m_width; }
  /// "" for none. Valid until the next row.
  std::string_view operator[](std::size_t column) {
    const auto field = number(column);
    return field.find('\\') == std::string_view::npos ? field
                                                      : m_scratch.emplace_back(unescaped(field));
  }
  /// As it stands in the dump: of numbers and words. Valid as long as the dump.
  std::string_view number(std::size_t column) const {
    const auto place = m_places[column];
    const auto field = place < m_fields.size() ? m_fields[place] : std::string_view{};
    return field == "\\N" ? std::string_view{} : field;
  }
  std::string_view text() const { return m_text; }

private:
  std::array<std::size_t, k_count> m_places{};
  std::string_view m_rows, m_text;
  std::size_t m_at = 0, m_width = 0;
  std::vector<std::string_view> m_fields;
  std::deque<std::string> m_scratch;
};

/// {spring,"two words"}: the elements of an array of the database.
std::vector<std::string> elements_of(std::string_view array) {
  std::vector<std::string> out;
  if (array.size() < 2 || !array.starts_with('{') || !array.ends_with('}')) {
    return out;
  }
  std::string element;
  bool quoted = false, any = false;
  for (std::size_t i = 1; i + 1 < array.size(); ++i) {
    const char c = array[i];
    if (c == '\\' && i + 2 < array.size()) {
      element += array[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      out.push_back(std::move(element));
      element.clear();
    } else {
      element += c;
    }
    any = true;
  }
  if (any) {
    out.push_back(std::move(element));
  }
  return out;
}

// ---- the dump -----------------------------------------------------------------------------------

/// What rows name by its number.
struct Names {
  std::unordered_map<std::string_view, std::string> links, addresses, campaigns;
  std::unordered_map<std::string_view, std::string_view> optins; // by list
  std::unordered_map<std::string_view, std::vector<Audience>> audiences;

  static std::string_view in(const std::unordered_map<std::string_view, std::string>& names,
                             std::string_view number) {
    const auto found = names.find(number);
    return found == names.end() ? std::string_view{} : std::string_view(found->second);
  }
};

using Sections = std::map<std::string_view, Section>;

template<std::size_t k_count>
void fill(std::unordered_map<std::string_view, std::string>& names, Table<k_count> table) {
  while (table.next()) {
    names.emplace(table.number(0), table[1]);
  }
}

Names names_of(const Sections& sections) {
  Names names;
  fill(names.links, Table<2>(sections, "links", {"id", "url"}));
  fill(names.addresses, Table<2>(sections, "subscribers", {"id", "email"}));
  fill(names.campaigns, Table<2>(sections, "campaigns", {"id", "name"}));
  Table<2> lists(sections, "lists", {"id", "optin"});
  while (lists.next()) {
    names.optins.emplace(lists.number(0), lists.number(1));
  }
  Table<3> audience(sections, "campaign_lists", {"campaign_id", "list_id", "list_name"});
  while (audience.next()) {
    names.audiences[audience.number(0)].push_back(
        {"list", std::string(audience.number(1)), std::string(audience[2])});
  }
  return names;
}

/// False: the row is rejected.
template<std::size_t k_count> bool is_whole(const Table<k_count>& table, RecordSink& sink) {
  if (!table.whole()) {
    sink.reject("not as many fields as the table has columns", table.text());
  }
  return table.whole();
}

/// Puts in who, when and of which campaign, and hands the event on.
void put_event(EventView& view, std::string_view subscriber, std::string_view campaign,
               std::string_view time, const Names& names, RecordSink& sink) {
  const auto when = parse_time(time);
  if (subscriber.empty()) {
    sink.reject(k_nobody, view.record);
    return;
  }
  if (!when) {
    sink.reject("\"" + printable(time, 40) + "\" is not a time", view.record);
    return;
  }
  view.time = *when;
  view.contact_id = subscriber;
  view.address = Names::in(names.addresses, subscriber);
  view.campaign = campaign;
  view.campaign_name = Names::in(names.campaigns, campaign);
  sink.accept(view);
}

void read_campaigns(const Sections& sections, const Names& names, RecordSink& sink) {
  enum : std::size_t {
    id,
    name,
    subject,
    from,
    body,
    alternative,
    content,
    status,
    type,
    at,
    tags
  };
  Table<11> table(sections, "campaigns",
                  {"id", "name", "subject", "from_email", "body", "altbody", "content_type",
                   "status", "type", "started_at", "tags"});
  while (table.next()) {
    if (!is_whole(table, sink)) {
      continue;
    }
    auto campaign = make_campaign({table[id], table[name], table[subject], table[from], table[body],
                                   table[alternative], table[content], table[status], table[type]});
    if (const auto sent = parse_time(table[at])) {
      campaign.sent_at = sent->seconds;
    }
    if (const auto found = names.audiences.find(table[id]); found != names.audiences.end()) {
      campaign.audience = found->second;
    }
    campaign.tags = elements_of(table[tags]);
    sink.accept(campaign, table.text());
  }
}

void read_subscribers(const Sections& sections, RecordSink& sink) {
  enum : std::size_t { id, email, name, attributes, status, updated };
  Table<6> table(sections, "subscribers",
                 {"id", "email", "name", "attribs", "status", "updated_at"});
  while (table.next()) {
    if (!is_whole(table, sink)) {
      continue;
    }
    Attributes all;
    all.add("name", table[name]);
    add_json(table[attributes], all);
    RecipientView view;
    view.record = table.text();
    view.address = table[email];
    view.contact_id = table[id];
    view.subscription = subscription_of(table[status]);
    if (const auto changed = parse_time(table[updated])) {
      view.changed_at = changed->seconds;
    }
    view.attributes = all.all();
    sink.accept(view);
  }
}

void read_lists(const Sections& sections, const Names& names, RecordSink& sink) {
  enum : std::size_t { subscriber, list, status, updated };
  Table<4> table(sections, "subscriber_lists",
                 {"subscriber_id", "list_id", "status", "updated_at"});
  while (table.next()) {
    if (!is_whole(table, sink)) {
      continue;
    }
    const auto changed = parse_time(table[updated]);
    const auto optin = names.optins.find(table[list]);
    RecipientView view;
    view.record = table.text();
    view.address = Names::in(names.addresses, table[subscriber]);
    view.contact_id = table[subscriber];
    view.list = table[list];
    view.subscription = subscription_in_list(
        table[status], optin == names.optins.end() ? std::string_view{} : optin->second);
    view.changed_at = changed ? std::optional(changed->seconds) : std::nullopt;
    sink.accept(view);
    if (view.subscription == Subscription::unsubscribed) {
      EventView event;
      event.record = table.text();
      event.kind = EventKind::unsubscribe;
      event.native = "unsubscribed";
      event.scope = table[list];
      put_event(event, table[subscriber], {}, table[updated], names, sink);
    }
  }
}

/// A table of events, which have one column of their own: `put(view, its value)`.
template<typename Put>
void read_events(const Sections& sections, std::string_view name, std::string_view own_column,
                 const Names& names, const Put& put, RecordSink& sink) {
  enum : std::size_t { id, campaign, subscriber, at, own };
  Table<5> table(sections, name, {"id", "campaign_id", "subscriber_id", "created_at", own_column});
  while (table.next()) {
    if (is_whole(table, sink)) {
      EventView view;
      view.record = table.text();
      view.event_id = table[id];
      put(view, table[own]);
      put_event(view, table.number(subscriber), table.number(campaign), table[at], names, sink);
    }
  }
}

void read_all_events(const Sections& sections, const Names& names, RecordSink& sink) {
  const auto put_view = [](EventView& view, std::string_view) {
    view.kind = EventKind::open;
    view.native = "view";
  };
  const auto put_click = [&names](EventView& view, std::string_view link) {
    view.kind = EventKind::click;
    view.native = "click";
    view.link = Names::in(names.links, link);
  };
  read_events(sections, "campaign_views", "", names, put_view, sink);
  read_events(sections, "link_clicks", "link_id", names, put_click, sink);
  read_events(sections, "bounces", "type", names, fill_bounce, sink);
}

class DumpReader : public LogReader {
public:
  std::string_view format() const override { return k_dump; }
  Framing framing() const override { return Framing::document; }
  void read(const Chunk& chunk, RecordSink& sink) override {
    const auto sections = sections_of(without_bom(chunk.text));
    const auto names = names_of(sections);
    read_campaigns(sections, names, sink);
    read_subscribers(sections, sink);
    read_lists(sections, names, sink);
    read_all_events(sections, names, sink);
  }
};

/// Tables and types that only listmonk's database has, as they stand in a dump.
constexpr std::array k_marks{
    " AS ENUM (\n    'unconfirmed',\n    'confirmed',\n    'unsubscribed'\n);"sv,
    ".bounces (id, subscriber_id, campaign_id, type, source, meta,"sv,
    ".campaign_lists (id, campaign_id, list_id, list_name)"sv,
    ".campaign_views (id, campaign_id, subscriber_id, created_at)"sv,
    ".campaigns (id, uuid, name, subject, from_email, body,"sv,
    ".link_clicks (id, campaign_id, link_id, subscriber_id, created_at)"sv,
    ".subscriber_lists (subscriber_id, list_id, meta, status,"sv,
    ".subscribers (id, uuid, email, name, attribs, status,"sv,
};

} // namespace

std::unique_ptr<LogReader> open_dump(std::string_view head, const LogContext&) {
  const auto start = without_bom(head).substr(0, 256);
  if (start.find(k_title) == std::string_view::npos) {
    return nullptr;
  }
  const bool ours = std::any_of(k_marks.begin(), k_marks.end(), [head](std::string_view mark) {
    return head.find(mark) != std::string_view::npos;
  });
  return ours ? std::make_unique<DumpReader>() : nullptr;
}

} // namespace mailfunnel::listmonk
