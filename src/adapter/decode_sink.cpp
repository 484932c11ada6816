// One object a line, fields only where they are present:
//   {"kind":"open","address":"ann@example.com","time":"2026-03-02T09:25:07Z","evidence":["privacy_proxy"],
//    "native":"open","source":{"adapter":"acme","file":"events.ndjson","line":3,"offset":512}}
// The fields are those of schema/event.schema.json, in its order.

#include "adapter/decode_sink.hpp"

#include "adapter/agent.hpp"
#include "base/csv.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"

#include <simdjson.h>

#include <functional>

namespace mailfunnel {

namespace {

constexpr std::size_t k_most_raw =
    4096; // of a rejected record: one may be rejected for many reasons

/// Puts "name": before what is appended next; commas where they belong.
void key(std::string& out, std::string_view name) {
  if (out.back() != '{') {
    out += ',';
  }
  append_json_string(out, name);
  out += ':';
}

void field(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) {
    key(out, name);
    append_json_string(out, value);
  }
}

template<typename List, typename Text>
void list(std::string& out, std::string_view name, const List& values, Text text) {
  if (values.empty()) {
    return;
  }
  key(out, name);
  out += '[';
  for (const auto& value : values) {
    if (out.back() != '[') {
      out += ',';
    }
    append_json_string(out, text(value));
  }
  out += ']';
}

/// An object as the source has it, on one line; left out when it is no good JSON.
void raw_object(std::string& out, std::string_view name, std::string_view json) {
  if (json.empty()) {
    return;
  }
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  const simdjson::padded_string padded(json);
  if (parser.parse(padded).get_object().get(object) != simdjson::SUCCESS || object.size() == 0) {
    return;
  }
  std::string small(json.size() + simdjson::SIMDJSON_PADDING, '\0');
  std::size_t size = 0; // minified by text: numbers stay as they are written
  if (simdjson::minify(padded.data(), padded.size(), small.data(), size) == simdjson::SUCCESS) {
    key(out, name);
    out.append(small, 0, size);
  }
}

bool has_reader(EventKind kind) {
  return kind == EventKind::open || kind == EventKind::click || kind == EventKind::page ||
         kind == EventKind::download || kind == EventKind::form;
}

std::uint16_t all_evidence(const EventView& event) {
  const bool look = event.agent_given && has_reader(event.kind);
  return event.evidence | (look ? agent_evidence(event.user_agent) : std::uint16_t{0});
}

void evidence_list(std::string& out, std::uint16_t bits) {
  std::vector<std::string_view> names;
  for (const auto& [bit, name] : k_evidence_names) {
    if ((bits & bit) != 0) {
      names.push_back(name);
    }
  }
  list(out, "evidence", names, std::identity{});
}

void bounce_object(std::string& out, const EventView& event) {
  if (event.kind != EventKind::bounce && event.kind != EventKind::deferred &&
      event.kind != EventKind::dropped) {
    return;
  }
  const auto& bounce = event.bounce;
  key(out, "bounce");
  out += '{';
  field(out, "class", name_of(bounce.klass));
  field(out, "status", bounce.status);
  if (bounce.code != 0) {
    key(out, "code");
    out += std::to_string(bounce.code);
  }
  field(out, "reason", name_of(bounce.reason));
  field(out, "diagnostic", bounce.diagnostic);
  out += '}';
}

std::string time_text(const std::optional<Seconds>& time) {
  return time ? format_time(*time) : std::string();
}

void link_list(std::string& out, const std::vector<LinkPlacement>& links) {
  if (links.empty()) {
    return;
  }
  key(out, "links");
  out += '[';
  for (const auto& link : links) {
    out += out.back() == '[' ? "{" : ",{";
    field(out, "url", link.url);
    field(out, "text", link.text);
    field(out, "alias", link.alias);
    field(out, "stage", link.stage ? name_of(*link.stage) : std::string_view{});
    if (link.footer) {
      key(out, "footer");
      out += "true";
    }
    out += '}';
  }
  out += ']';
}

void audience_list(std::string& out, const std::vector<Audience>& audience) {
  if (audience.empty()) {
    return;
  }
  key(out, "audience");
  out += '[';
  for (const auto& part : audience) {
    out += out.back() == '[' ? "{" : ",{";
    field(out, "kind", part.kind);
    field(out, "id", part.id);
    field(out, "name", part.name);
    if (part.exclude) {
      key(out, "exclude");
      out += "true";
    }
    out += '}';
  }
  out += ']';
}

void campaign_fields(std::string& out, const Campaign& campaign) {
  field(out, "account", campaign.account);
  field(out, "id", campaign.id);
  field(out, "send", campaign.send);
  field(out, "parent", campaign.parent);
  field(out, "family", campaign.family);
  if (campaign.kind) {
    field(out, "kind", name_of(*campaign.kind));
  }
  field(out, "name", campaign.name);
  field(out, "subject", campaign.subject);
  field(out, "preheader", campaign.preheader);
  field(out, "from_name", campaign.from_name);
  field(out, "from_address", campaign.from_address);
  field(out, "reply_to", campaign.reply_to);
  field(out, "sent_at", time_text(campaign.sent_at));
  field(out, "status", campaign.status);
  audience_list(out, campaign.audience);
  list(out, "tags", campaign.tags, std::identity{});
  link_list(out, campaign.links);
  field(out, "html", campaign.html);
  field(out, "text", campaign.text);
}

} // namespace

DecodeSink::DecodeSink(std::string adapter, std::string file,
                       std::function<void(std::string_view)> write)
    : m_adapter(std::move(adapter)), m_file(std::move(file)), m_write(std::move(write)) {}

void DecodeSink::begin_chunk(std::string_view text) {
  m_text = text;
  m_seen = 0;
  m_seen_lines = 0;
}

void DecodeSink::end_chunk() {
  m_lines_before += m_seen_lines + count_lines(m_text.substr(m_seen));
  m_bytes_before += m_text.size();
  begin_chunk({});
}

void DecodeSink::append_source(std::string_view record) {
  key(m_line, "source");
  m_line += '{';
  field(m_line, "adapter", m_adapter);
  field(m_line, "file", m_file);
  const std::less<> before;
  const bool inside = record.data() != nullptr && !before(record.data(), m_text.data()) &&
                      !before(m_text.data() + m_text.size(), record.data());
  if (inside) {
    const auto offset = static_cast<std::size_t>(record.data() - m_text.data());
    if (offset >= m_seen) {
      m_seen_lines += count_lines(m_text.substr(m_seen, offset - m_seen));
    } else { // an earlier one: a reader may come back to a record
      m_seen_lines -= count_lines(m_text.substr(offset, m_seen - offset));
    }
    m_seen = offset;
    key(m_line, "line");
    m_line += std::to_string(m_lines_before + m_seen_lines + 1);
    key(m_line, "offset");
    m_line += std::to_string(m_bytes_before + offset);
  }
  m_line += '}';
}

void DecodeSink::put_line() {
  m_line += "}\n";
  m_write(m_line);
}

void DecodeSink::accept(const EventView& event) {
  ++events;
  m_line = '{';
  field(m_line, "kind", name_of(event.kind));
  field(m_line, "account", event.account);
  field(m_line, "address", event.address);
  field(m_line, "contact_id", event.contact_id);
  field(m_line, "new_address", event.new_address);
  field(m_line, "time", format_instant(event.time));
  field(m_line, "campaign", event.campaign);
  field(m_line, "campaign_name", event.campaign_name);
  field(m_line, "send", event.send);
  field(m_line, "link", event.link.empty() ? std::string() : unwrap(event.link));
  field(m_line, "link_tag", event.link_tag);
  field(m_line, "message_id", event.message_id);
  field(m_line, "event_id", event.event_id);
  bounce_object(m_line, event);
  field(m_line, "scope", event.scope);
  field(m_line, "proof", event.proof);
  evidence_list(m_line, all_evidence(event));
  field(m_line, "user_agent", event.user_agent);
  field(m_line, "ip", event.ip);
  list(m_line, "tags", event.tags, std::identity{});
  raw_object(m_line, "metadata", event.metadata);
  key(m_line, "native"); // always: an empty word is one too
  append_json_string(m_line, event.native);
  append_source(event.record);
  put_line();
}

void DecodeSink::accept(const RecipientView& recipient) {
  ++recipients;
  m_line = '{';
  key(m_line, "recipient");
  m_line += '{';
  field(m_line, "account", recipient.account);
  field(m_line, "address", recipient.address);
  field(m_line, "contact_id", recipient.contact_id);
  field(m_line, "list", recipient.list);
  field(m_line, "subscription",
        recipient.subscription == Subscription::unknown ? std::string_view{}
                                                        : name_of(recipient.subscription));
  field(m_line, "changed_at", time_text(recipient.changed_at));
  if (!recipient.attributes.empty()) {
    key(m_line, "attributes");
    m_line += '{';
    for (const auto& [name, value] : recipient.attributes) {
      key(m_line, name);
      append_json_string(m_line, value);
    }
    m_line += '}';
  }
  m_line += '}';
  append_source(recipient.record);
  put_line();
}

void DecodeSink::accept(const Campaign& campaign, std::string_view record) {
  ++campaigns;
  m_line = '{';
  key(m_line, "campaign");
  m_line += '{';
  campaign_fields(m_line, campaign);
  m_line += '}';
  append_source(record);
  put_line();
}

void DecodeSink::reject(std::string_view why, std::string_view record) {
  ++rejected;
  m_line = '{';
  key(m_line, "rejected");
  append_json_string(m_line, why);
  append_source(record);
  key(m_line, "raw");
  append_json_string(m_line, record.substr(0, k_most_raw));
  put_line();
}

void DecodeSink::skip(std::string_view /*record*/) {
  ++skipped;
}

} // namespace mailfunnel
