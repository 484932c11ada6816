// Log files, a day a file. Their names say what they hold: cdm-click.2026-03-02.log. As CSV, by
// default without a header, with line ends in quoted fields:
//   M1a2b3,example.com,2026-03-02 10:25:07,4711,203.0.113.7,"GET / HTTP/1.1
//   User-Agent: Mozilla/5.0",ann@example.com,spring;news,BE,Belgium,VOV,Ghent,1111,,1234
// as JSON and as XML:
//   [{"id":"M1a2b3","time":"2026-03-02
//   10:00:00","mailingid":12345,"profileid":1111,…,"tags":"spring","email":"ann@example.com"}]
//   <records><record><id>M1a2b3</id><time>2026-03-02
//   10:00:00</time><mailingid>12345</mailingid>…</record></records>
// `id` is the mail's (one recipient); only the attempts tell the mailing; linkinfo is a link's
// number. https://www.copernica.com/en/documentation/restv3/rest-get-logfiles and the pages next to
// it https://www.smtpeter.com/en/documentation/rest-logfiles

#include "readers.hpp"

#include "adapter/returned_mail.hpp"
#include "adapter/row.hpp"
#include "adapter/smtp_status.hpp"
#include "base/text.hpp"
#include "base/xml.hpp"

#include <algorithm>
#include <array>
#include <deque>

namespace mailfunnel::copernica {

namespace {

using namespace std::string_view_literals;

// ---- rows ---------------------------------------------------------------------------------------

enum Column : std::size_t {
  id,
  time,
  address,
  tags,
  mailing,
  profile,
  link,
  target,
  ip,
  header,
  status,
  description,
  code,
  mime,
};
constexpr std::array k_columns{
    RowColumn{"id", true},       RowColumn{"time", true},  RowColumn{"email|recipient", true},
    RowColumn{"tags", true},     RowColumn{"mailingid"},   RowColumn{"profile|profileid"},
    RowColumn{"linkinfo"},       RowColumn{"destination"}, RowColumn{"ip"},
    RowColumn{"header|headers"}, RowColumn{"status"},      RowColumn{"description"},
    RowColumn{"code"},           RowColumn{"mime|mail"},
};

/// "User-Agent: Mozilla/5.0" in a block of HTTP headers; nothing: it is not there.
std::optional<std::string_view> agent_in(std::string_view headers) {
  constexpr auto k_name = "User-Agent:"sv;
  for (std::size_t at = 0; at < headers.size();) {
    const auto end = std::min(headers.find('\n', at), headers.size());
    if (const auto line = headers.substr(at, end - at); istarts_with(line, k_name)) {
      return trim(line.substr(k_name.size()));
    }
    at = end + 1;
  }
  return std::nullopt;
}

Bounce judge_bounce(const Row& row) {
  if (!row[mime].empty()) {
    return judge_returned_mail(row[mime]);
  }
  const auto verdict = judge_smtp(row[status], row[description]);
  Bounce bounce{verdict.klass, verdict.reason, verdict.status, verdict.code, row[description]};
  if (const auto given = parse_int(row[code]);
      given && bounce.code == 0 && *given >= 200 && *given < 600) {
    bounce.code = static_cast<int>(*given);
  }
  return bounce;
}

void read_log_row(const Row& row, EventKind kind, std::string_view native, bool utc,
                  RecordSink& sink) {
  EventView view;
  view.record = row.text;
  view.kind = kind;
  view.native = native;
  view.address = row[address];
  view.contact_id = row[profile] == "0" ? std::string_view{} : row[profile];
  const auto when = utc ? parse_time(row[time]) : row.time(time);
  if (view.address.empty() && view.contact_id.empty()) {
    sink.reject("neither an address nor a profile", row.text);
    return;
  }
  if (!when) {
    sink.reject("\"" + printable(row[time], 40) + "\" is not a time (YYYY-MM-DD hh:mm:ss)",
                row.text);
    return;
  }
  view.time = *when;
  view.message_id = row[id];
  view.campaign = row[mailing].empty() ? std::string_view(row.input->campaign) : row[mailing];
  if (kind == EventKind::open || kind == EventKind::click) {
    const auto agent = agent_in(row[header]);
    view.agent_given = agent.has_value();
    view.user_agent = agent.value_or(std::string_view{});
    view.ip = row[ip];
  }
  if (kind == EventKind::click) {
    view.link = row[target];
    view.link_tag = row[link];
  } else if (kind == EventKind::bounce) {
    view.bounce = judge_bounce(row);
  } else if (kind == EventKind::deferred) {
    view.bounce.klass = BounceClass::soft;
  }
  const auto list = split(row[tags], ';');
  view.tags = list;
  sink.accept(view);
}

// ---- kinds of logs ------------------------------------------------------------------------------

struct Log {
  std::string_view prefix;  // of the file's name, up to the date
  std::string_view columns; // in a CSV file without a header; "": their order is not known
  RowFormat format;
};

struct WordRow {
  EventKind kind;
  std::string_view word; // what the logs of that kind are called
};
constexpr std::array k_words{
    WordRow{EventKind::sent, "attempt"},
    WordRow{EventKind::delivered, "delivery"},
    WordRow{EventKind::open, "impression"},
    WordRow{EventKind::click, "click"},
    WordRow{EventKind::bounce, "error"},
    WordRow{EventKind::complaint, "abuse"},
    WordRow{EventKind::unsubscribe, "unsubscribe"},
    WordRow{EventKind::deferred, "retry"},
};

template<EventKind k_kind, bool k_utc> void read_row_of(const Row& row, RecordSink& sink) {
  constexpr auto k_word = std::find_if(k_words.begin(), k_words.end(), [](const WordRow& one) {
                            return one.kind == k_kind;
                          })->word;
  read_log_row(row, k_kind, k_word, k_utc, sink);
}
/// Copernica's times are the account's, SMTPeter's are UTC.
template<EventKind k_kind>
constexpr RowFormat k_copernica{"log file", k_columns, read_row_of<k_kind, false>, true};
template<EventKind k_kind>
constexpr RowFormat k_smtpeter{"log file of SMTPeter", k_columns, read_row_of<k_kind, true>};

constexpr std::array k_logs{
    Log{"cdm-attempts",
        "id,time,mailingid,profileid,subprofileid,databaseid,collectionid,senderdomain,templateid,"
        "tags,email",
        k_copernica<EventKind::sent>},
    Log{"cdm-delivery", "id,time,attempts,email,tags,senderdomain,profile,subprofile,template",
        k_copernica<EventKind::delivered>},
    Log{"cdm-impression",
        "id,time,ip,header,email,tags,countrycode,countryname,regioncode,city,senderdomain,profile,"
        "subprofile,template",
        k_copernica<EventKind::open>},
    Log{"cdm-click",
        "id,senderdomain,time,linkinfo,ip,header,email,tags,countrycode,countryname,regioncode,"
        "city,profile,subprofile,template",
        k_copernica<EventKind::click>},
    Log{"cdm-error",
        "id,time,type,status,description,code,email,tags,senderdomain,profile,subprofile,template",
        k_copernica<EventKind::bounce>},
    Log{"cdm-abuse", "id,time,mail,email,tags,senderdomain,profile,subprofile,template",
        k_copernica<EventKind::complaint>},
    Log{"cdm-unsubscribe", "id,time,email,tags,senderdomain,profile,subprofile,template",
        k_copernica<EventKind::unsubscribe>},
    Log{"cdm-retry", "id,time,attempt,email,tags,senderdomain,profile,subprofile,template",
        k_copernica<EventKind::deferred>},
    Log{"pom-attempts",
        "id,time,groupid,mailingid,profileid,subprofileid,databaseid,collectionid,senderdomain,"
        "templateid,documentid,tags,email",
        k_copernica<EventKind::sent>},
    Log{"pom-deliveries", "id,time,attempts,email,tags,senderdomain,groupid",
        k_copernica<EventKind::delivered>},
    Log{"pom-impressions",
        "id,time,ip,header,email,tags,countrycode,countryname,regioncode,city,senderdomain,groupid,"
        "profile,subprofile,template,document",
        k_copernica<EventKind::open>},
    Log{"pom-clicks",
        "id,time,ip,header,email,tags,countrycode,countryname,regioncode,city,linkinfo,"
        "senderdomain,groupid,profile,subprofile,template,document",
        k_copernica<EventKind::click>},
    Log{"pom-errors",
        "id,time,type,status,description,code,content,email,tags,senderdomain,groupid,profile,"
        "subprofile,template,document",
        k_copernica<EventKind::bounce>},
    Log{"pom-abuses", "", k_copernica<EventKind::complaint>},
    Log{"pom-unsubscribes", "", k_copernica<EventKind::unsubscribe>},
    Log{"pom-retries",
        "id,time,attempts,email,tags,senderdomain,groupid,profile,subprofile,template,document",
        k_copernica<EventKind::deferred>},
    Log{"attempts", "id,time,envelope,recipient,properties,tags,templateid",
        k_smtpeter<EventKind::sent>},
    Log{"deliveries", "id,time,envelope,recipient,from,to,attempt,tags,templateid",
        k_smtpeter<EventKind::delivered>},
    Log{"failures",
        "id,time,envelope,recipient,attempt,from,to,type,code,status,description,state,tags,"
        "templateid",
        k_smtpeter<EventKind::bounce>},
    Log{"bounces", "id,time,envelope,recipient,mime,tags,templateid",
        k_smtpeter<EventKind::bounce>},
    Log{"opens",
        "id,time,headers,ip,protocol,tags,recipient,city,countryname,countrycode,regioncode",
        k_smtpeter<EventKind::open>},
    Log{"clicks",
        "id,time,headers,ip,url,destination,tags,recipient,city,countryname,countrycode,"
        "regioncode",
        k_smtpeter<EventKind::click>},
    Log{"abuses", "id,time,envelope,recipient,tags,templateid", k_smtpeter<EventKind::complaint>},
};

/// By a name such as cdm-click.2026-03-02.log, whatever follows.
const Log* log_named(std::string_view file_name) {
  const auto dot = file_name.find('.');
  const auto rest = dot == std::string_view::npos ? std::string_view{} : file_name.substr(dot + 1);
  if (rest.size() < 10 || !parse_time(rest.substr(0, 10)) || !rest.substr(10).starts_with(".log")) {
    return nullptr;
  }
  const auto* const found = std::find_if(
      k_logs.begin(), k_logs.end(),
      [prefix = file_name.substr(0, dot)](const Log& log) { return log.prefix == prefix; });
  return found == k_logs.end() ? nullptr : found;
}

/// Names by which a log without its file's name is known. The others have none of their own.
constexpr std::array k_telling{
    std::pair{"mailingid"sv, "cdm-attempts"sv}, std::pair{"linkinfo"sv, "cdm-click"sv},
    std::pair{"header"sv, "cdm-impression"sv},  std::pair{"description"sv, "cdm-error"sv},
    std::pair{"mail"sv, "cdm-abuse"sv},
};

/// The log with such fields: `has(name)`. For Copernica's, which have a senderdomain.
template<typename Has> const Log* log_with(const Has& has) {
  if (!has("id") || !has("time") || !has("email") || !has("tags") || !has("senderdomain")) {
    return nullptr;
  }
  for (const auto& [name, prefix] : k_telling) {
    if (has(name)) {
      return std::find_if(k_logs.begin(), k_logs.end(),
                          [wanted = prefix](const Log& log) { return log.prefix == wanted; });
    }
  }
  return nullptr;
}

// ---- CSV ----------------------------------------------------------------------------------------

/// The names that the log has of old, cut or filled up to as many as its rows have fields now.
std::string columns_for(const Log& log, std::size_t fields) {
  std::string out;
  std::size_t count = 0;
  for (const auto name : split(log.columns, ',')) {
    if (count++ < fields) {
      out.append(out.empty() ? "" : ",").append(name);
    }
  }
  return out.append(fields > count ? fields - count : 0, ',');
}

bool has_time_in_place(const Log& log, const CsvRow& row) {
  const auto names = split(log.columns, ',');
  const auto place =
      static_cast<std::size_t>(std::find(names.begin(), names.end(), "time"sv) - names.begin());
  return row.size() > place && parse_time(trim(row[place])).has_value();
}

std::unique_ptr<LogReader> open_csv(std::string_view head, const Log* named,
                                    const LogContext& context) {
  const auto found = read_csv_head(head);
  if (!found) {
    return nullptr;
  }
  const auto& header = found->header;
  const auto* const log =
      named != nullptr ? named
                       : log_with([&header](std::string_view name) { return header.has(name); });
  if (log == nullptr) {
    return nullptr;
  }
  if (auto reader = open_table(head, log->format, context)) {
    return reader;
  }
  CsvReader csv(found->dialect);
  csv.start(head);
  CsvRow row;
  const bool plain = csv.next(row) && has_time_in_place(*log, row);
  return plain ? read_table(log->format, columns_for(*log, row.size()), found->dialect, context)
               : nullptr;
}

// ---- JSON ---------------------------------------------------------------------------------------

const Log* log_of(const Json& record, const InputFacts& input) {
  const auto* const named = log_named(input.file_name);
  return named != nullptr
             ? named
             : log_with([&record](std::string_view name) { return is_there(record[name]); });
}

void read_object(const JsonRecord& record, RecordSink& sink) {
  if (const auto* const log = log_of(record.root, record.input)) {
    read_row(log->format, record.root, record.text, record.input, sink);
  } else {
    sink.reject("the file's name does not tell what it holds (cdm-click.2026-03-02.log.json), nor "
                "do the record's members",
                record.text);
  }
}

bool is_object(const Json& record) {
  const bool copernica = is_there(record["email"]) && is_there(record["senderdomain"]);
  const bool smtpeter = is_there(record["recipient"]) &&
                        (is_there(record["envelope"]) || is_there(record["headers"]));
  return is_there(record["id"]) && is_there(record["time"]) && is_there(record["tags"]) &&
         (copernica || smtpeter);
}

constexpr JsonFormat k_objects{"log file, JSON", "", is_object, read_object, true};

// ---- XML ----------------------------------------------------------------------------------------

class XmlReader : public LogReader {
public:
  explicit XmlReader(InputFacts input) : m_input(std::move(input)) {}
  std::string_view format() const override { return "log file, XML"; }
  Framing framing() const override { return Framing::document; }
  bool assumes_utc() const override { return !m_input.zone_given; }
  void read(const Chunk& chunk, RecordSink& sink) override;

private:
  void read_record(pugi::xml_node node, std::string_view text, RecordSink& sink) const;

  InputFacts m_input;
};

void XmlReader::read_record(pugi::xml_node node, std::string_view text, RecordSink& sink) const {
  const auto* const named = log_named(m_input.file_name);
  const auto* const log = named != nullptr ? named : log_with([node](std::string_view name) {
    return bool(child(node, name));
  });
  if (log == nullptr) {
    sink.reject("the file's name does not tell what it holds (cdm-click.2026-03-02.log.xml), nor "
                "do the record's elements",
                text);
    return;
  }
  std::deque<std::string> owned;
  Row row;
  row.fields.resize(k_columns.size());
  row.text = text;
  row.input = &m_input;
  for (const auto element : node.children()) {
    if (const auto column = column_named(log->format, local_name(element))) {
      row.fields[*column] = trim(owned.emplace_back(text_of(element)));
    }
  }
  log->format.read(row, sink);
}

void XmlReader::read(const Chunk& chunk, RecordSink& sink) {
  const auto xml = XmlDocument::parse(chunk.text);
  if (!xml) {
    sink.reject(xml.error().text(), chunk.text);
    return;
  }
  const bool same = xml->text() == chunk.text; // not recoded: places in it are places in the chunk
  bool any = false;
  for (const auto node : xml->root().children()) {
    if (is_named(node, "record")) {
      const auto raw = xml->raw(node);
      const auto at = static_cast<std::size_t>(raw.data() - xml->text().data());
      read_record(node, same && !raw.empty() ? chunk.text.substr(at, raw.size()) : chunk.text,
                  sink);
      any = true;
    }
  }
  if (!any) {
    sink.skip(chunk.text);
  }
}

bool is_xml(std::string_view head) {
  const auto text = trim(without_bom(head));
  const auto root = text.find("<records");
  return text.starts_with('<') && root != std::string_view::npos && root < 256 &&
         text.find("<record>") != std::string_view::npos &&
         text.find("<time>") != std::string_view::npos &&
         text.find("<tags") != std::string_view::npos;
}

} // namespace

std::unique_ptr<LogReader> open_log_file(std::string_view head, const LogContext& context) {
  if (is_xml(head)) {
    return std::make_unique<XmlReader>(InputFacts(context));
  }
  if (auto reader = open_json_log(head, k_objects, context)) {
    return reader;
  }
  const auto start = trim(without_bom(head)).substr(0, 1);
  return start == "{" || start == "[" || start == "<"
             ? nullptr
             : open_csv(head, log_named(context.file_name), context);
}

} // namespace mailfunnel::copernica
