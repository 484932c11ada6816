// Postfix's mail log, through any syslog or the systemd journal (src/adapter/syslog.hpp):
//   May 11 08:29:41 mx1 postfix/smtp[2105]: 4Fq1Zc2Yz1zB3x9: to=<anna@example.com>,
//   relay=mail.example.com[192.0.2.25]:25, delay=1.1, delays=0.06/0.01/0.5/0.53, dsn=2.0.0,
//   status=sent (250 2.0.0 Ok: queued as 9A8B7C6D5E)
// https://www.postfix.org/OVERVIEW.html names the daemons; the lines are those of their sources.
// Which lines hang together, and how: mail_log.cpp.

#include "mail_log.hpp"

#include "adapter/adapter.hpp"
#include "adapter/line_log.hpp"
#include "adapter/registry.hpp"
#include "adapter/syslog.hpp"
#include "base/text.hpp"

namespace mailfunnel::postfix {

namespace {

class LogLines : public LogReader {
public:
  explicit LogLines(const LogContext& context, bool assumes_utc)
      : m_assumes_utc(assumes_utc), m_lines(context.zone, context.written),
        m_log(context.campaign) {}

  std::string_view format() const override { return "mail log, syslog or journal"; }
  Framing framing() const override { return Framing::lines; }
  bool assumes_utc() const override { return m_assumes_utc; }

  void read(const Chunk& chunk, RecordSink& sink) override {
    for (auto text = chunk.text; !text.empty();) {
      const auto record = next_line(text);
      if (record.empty()) {
        continue;
      }
      SyslogLine line;
      const auto why = m_lines.read(record, line);
      if (why.empty()) {
        m_log.read(line, record, sink);
      } else if (line.program.empty() || is_postfix(line.program)) {
        sink.reject(why, record);
      } else {
        sink.skip(record);
      }
    }
  }

private:
  bool m_assumes_utc;
  SyslogReader m_lines;
  MailLog m_log;
};

class PostfixAdapter : public Adapter {
public:
  std::string_view title() const override { return "Postfix"; }
  Capabilities capabilities() const override {
    return {.delivery_events = true, .delivery_times = true};
  }
  std::vector<FormatInfo> formats() const override {
    return {{"mail log, by syslog or journalctl -o json", "events"}};
  }

  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    SyslogReader lines(context.zone, context.written);
    return open_line_log<LogLines>(head, context, [&](std::string_view text) {
      SyslogLine line;
      const bool read = lines.read(text, line).empty();
      return read ? std::optional(LineSight{is_postfix(line.program), line.zoned}) : std::nullopt;
    });
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("postfix", std::make_unique<PostfixAdapter>());
}

} // namespace mailfunnel::postfix
