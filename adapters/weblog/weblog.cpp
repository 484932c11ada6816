// Access logs of one's own web server, Apache's and nginx's combined format (access_line.cpp):
// clicks on one's own redirects, opens of one's own pixel, pages and downloads, by the [[web]]
// sections of the config:
//   203.0.113.7 - - [11/May/2026:08:29:41 +0200] "GET
//   /c/spring/r17?u=https%3A%2F%2Fwww.example.com%2Fprices HTTP/2.0" 302 0 "-" "Mozilla/5.0"

#include "access_line.hpp"
#include "tracker_hit.hpp"

#include "adapter/adapter.hpp"
#include "adapter/registry.hpp"
#include "adapter/web_tracker.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::weblog {

namespace {

using namespace std::string_view_literals;

const std::vector<WebTracker> k_no_trackers;

int hex_value(char c) {
  const auto letter = ascii_lower(c);
  return is_digit(c) ? c - '0' : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/// \" and \\ and \x22 -> what they stand for; the text itself where it has none.
std::string_view without_escapes(std::string_view text, std::string& scratch) {
  if (text.find('\\') == std::string_view::npos) {
    return text;
  }
  scratch.clear();
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char next = text[at] == '\\' && at + 1 < text.size() ? text[at + 1] : '\0';
    const int high = next == 'x' && at + 3 < text.size() ? hex_value(text[at + 2]) : -1;
    const int low = high >= 0 ? hex_value(text[at + 3]) : -1;
    if (low >= 0) {
      scratch += static_cast<char>(high * 16 + low);
      at += 3;
    } else if (next == '"' || next == '\\') {
      scratch += next;
      ++at;
    } else {
      scratch += text[at];
    }
  }
  return scratch;
}

bool has_link(EventKind kind) {
  return kind != EventKind::open;
}

class AccessLog : public LogReader {
public:
  explicit AccessLog(const std::vector<WebTracker>& trackers) : m_trackers(trackers) {}
  std::string_view format() const override { return "access log, combined format"; }
  Framing framing() const override { return Framing::lines; }
  std::unique_ptr<LogReader> clone() const override {
    return std::make_unique<AccessLog>(m_trackers);
  }
  std::string_view remark() const override {
    return m_trackers.empty()
               ? "nothing of it is taken: the config has no [[web]] that says which requests are "
                 "clicks, opens and pages, and where in them stands who; see docs/config.md"sv
               : ""sv;
  }

  void read(const Chunk& chunk, RecordSink& sink) override {
    for (auto text = chunk.text; !text.empty();) {
      if (const auto record = next_line(text); !record.empty()) {
        read_line(record, sink);
      }
    }
  }

private:
  void read_line(std::string_view record, RecordSink& sink) {
    AccessLine line;
    if (const auto why = m_lines.read(record, line); !why.empty()) {
      sink.reject(why, record);
      return;
    }
    const auto hit = find_hit(m_trackers, line);
    if (hit.tracker == nullptr) {
      sink.skip(record);
      return;
    }
    accept(hit, line, record, sink);
  }

  void accept(const TrackerHit& hit, const AccessLine& line, std::string_view record,
              RecordSink& sink) {
    EventView event;
    event.record = record;
    event.kind = hit.kind;
    event.native = line.method;
    event.time = line.time;
    event.account = hit.tracker->account;
    event.address = text_of(hit, UrlField::address);
    event.contact_id = text_of(hit, UrlField::contact_id);
    event.campaign = text_of(hit, UrlField::campaign);
    event.send = text_of(hit, UrlField::send);
    event.link_tag = text_of(hit, UrlField::link_tag);
    if (has_link(hit.kind)) {
      m_link = link_of(hit);
      event.link = m_link;
    }
    event.agent_given = line.has_agent;
    event.user_agent = without_escapes(line.agent, m_agent);
    event.ip = looks_like_ip(line.forwarded) ? line.forwarded
               : looks_like_ip(line.client)  ? line.client
                                             : ""sv;
    event.evidence = line.method == "HEAD"sv ? evidence::head_request : std::uint16_t{0};
    sink.accept(event);
  }

  std::string_view text_of(const TrackerHit& hit, UrlField field) {
    const auto raw = hit.fields[field];
    if (raw.find('%') == std::string_view::npos) {
      return raw;
    }
    auto& text = m_decoded[static_cast<std::size_t>(field)];
    text = percent_decode(raw);
    return text;
  }

  const std::vector<WebTracker>& m_trackers;
  AccessReader m_lines;
  std::string m_link, m_agent;
  std::array<std::string, k_url_fields> m_decoded;
};

class WeblogAdapter : public Adapter {
public:
  std::string_view title() const override { return "Access log of a web server"; }
  Capabilities capabilities() const override { return {.agents = true, .networks = true}; }
  std::vector<FormatInfo> formats() const override {
    return {{"access log of Apache or nginx, combined format", "events"}};
  }

  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    AccessReader lines;
    while (!head.empty()) {
      AccessLine line;
      if (lines.read(next_line(head), line).empty()) {
        return std::make_unique<AccessLog>(context.trackers != nullptr ? *context.trackers
                                                                       : k_no_trackers);
      }
    }
    return nullptr;
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("weblog", std::make_unique<WeblogAdapter>());
}

} // namespace mailfunnel::weblog
