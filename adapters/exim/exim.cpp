// Exim's main log, in its own file or through syslog:
//   2026-05-11 08:29:41 1uE3kq-00000000a1B-2Zx9 => anna@example.com R=dnslookup T=remote_smtp
//   H=mail.example.com [192.0.2.25] C="250 2.0.0 Ok" May 11 08:29:41 mx1 exim[2105]: 2026-05-11
//   08:29:41 1uE3kq-00000000a1B-2Zx9 => anna@example.com ...
// log_line.cpp has the layout of a line, mail_log.cpp which of them hang together.

#include "log_line.hpp"
#include "mail_log.hpp"

#include "adapter/adapter.hpp"
#include "adapter/line_log.hpp"
#include "adapter/registry.hpp"
#include "adapter/syslog.hpp"
#include "base/text.hpp"

namespace mailfunnel::exim {

namespace {

using namespace std::string_view_literals;

/// A line behind its time, and what stood before.
struct Entry {
  std::string_view host{}, text{};
  LineTime when{};
  bool ours = true; // of Exim, not of another program in syslog
};

class EntryReader {
public:
  EntryReader(TimeZone zone, Seconds written) : m_times(zone), m_syslog(zone, written) {}

  /// "" and the entry, or what is wrong with the line.
  std::string_view read(std::string_view line, Entry& into) {
    into = {};
    into.text = line;
    if (const auto when = take_time(into.text, m_times)) {
      into.when = *when;
      return {};
    }
    SyslogLine logged;
    if (!m_syslog.read(line, logged).empty()) {
      return "this is no line of Exim's log: expected such as \"2026-05-11 08:29:41 "
             "1uE3kq-00000000a1B-2Zx9 => ...\", also behind a syslog header";
    }
    into.ours = logged.program.starts_with("exim"sv);
    into.host = logged.host;
    into.text = first_part(logged.message);
    const auto when = take_time(into.text, m_times); // unless syslog_timestamp is off
    into.when = when ? *when : LineTime{logged.time, logged.zoned};
    return {};
  }

private:
  /// A long line comes in parts, "[1/3] 2026-...", "[2\3] ...": the first one holds what counts.
  static std::string_view first_part(std::string_view text) {
    const auto end = text.find("] "sv);
    if (!text.starts_with('[') || end == std::string_view::npos ||
        text.substr(0, end).find_first_of("/\\") == std::string_view::npos) {
      return text;
    }
    return text.starts_with("[1/"sv) || text.starts_with("[1\\"sv) ? text.substr(end + 2) : ""sv;
  }

  TimeReader m_times;
  SyslogReader m_syslog;
};

class MainLog : public LogReader {
public:
  MainLog(const LogContext& context, bool assumes_utc)
      : m_assumes_utc(assumes_utc), m_entries(context.zone, context.written),
        m_log(context.campaign) {}

  std::string_view format() const override { return "main log"; }
  Framing framing() const override { return Framing::lines; }
  bool assumes_utc() const override { return m_assumes_utc; }

  void read(const Chunk& chunk, RecordSink& sink) override {
    for (auto text = chunk.text; !text.empty();) {
      const auto record = next_line(text);
      if (record.empty()) {
        continue;
      }
      Entry entry;
      if (const auto why = m_entries.read(record, entry); !why.empty()) {
        sink.reject(why, record);
      } else if (entry.ours) {
        m_log.read(entry.host, entry.when.time, entry.text, record, sink);
      } else {
        sink.skip(record);
      }
    }
  }

private:
  bool m_assumes_utc;
  EntryReader m_entries;
  MailLog m_log;
};

class EximAdapter : public Adapter {
public:
  std::string_view title() const override { return "Exim"; }
  Capabilities capabilities() const override {
    return {.delivery_events = true, .delivery_times = true};
  }
  std::vector<FormatInfo> formats() const override {
    return {{"main log, its own file or syslog", "events"}};
  }

  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    EntryReader entries(context.zone, context.written);
    return open_line_log<MainLog>(head, context, [&](std::string_view line) {
      Entry entry;
      const bool read = entries.read(line, entry).empty() && entry.ours;
      const bool ours = read && (!entry.host.empty() || !take_id(entry.text).empty());
      return read ? std::optional(LineSight{ours, entry.when.zoned}) : std::nullopt;
    });
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("exim", std::make_unique<EximAdapter>());
}

} // namespace mailfunnel::exim
