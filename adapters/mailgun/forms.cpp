// Mailgun's legacy webhooks, which old accounts may still send: the fields of an HTML form, as
// application/x-www-form-urlencoded or, where mails are attached, as multipart/form-data.
//   event=bounced&recipient=bob%40example.com&code=550&error=5.1.1+No+such+mailbox&tag=spring
//   &Message-Id=%3C20260302.1%40mg.example.net%3E&crm_id=17&timestamp=1772443507&token=0123…
//   &signature=9ab…
// A file of them has one urlencoded body a line. Names come in lower and in mixed case; what is
// none of Mailgun's is a variable of the user's own. Their fields:
// https://github.com/snowplow/iglu-central/tree/master/schemas/com.mailgun

#include "readers.hpp"
#include "words.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::mailgun {

namespace {

using namespace std::string_view_literals;

class Form {
public:
  Form(std::string_view content_type, std::string_view body) {
    if (istarts_with(content_type, "multipart/form-data")) {
      read_parts(content_type, body);
    } else {
      read_pairs(body);
    }
  }

  /// A user's field may have the name of one of Mailgun's: his come behind.
  std::string_view first(std::string_view name) const {
    const auto found = std::find_if(m_fields.begin(), m_fields.end(), has_name(name));
    return found == m_fields.end() ? std::string_view{} : std::string_view(found->second);
  }
  /// But the fields of the signature come last of all.
  std::string_view last(std::string_view name) const {
    const auto found = std::find_if(m_fields.rbegin(), m_fields.rend(), has_name(name));
    return found == m_fields.rend() ? std::string_view{} : std::string_view(found->second);
  }
  bool has(std::string_view name) const {
    return std::any_of(m_fields.begin(), m_fields.end(), has_name(name));
  }
  const std::vector<std::pair<std::string, std::string>>& fields() const { return m_fields; }

private:
  struct NameIs {
    std::string_view name;
    bool operator()(const std::pair<std::string, std::string>& field) const {
      return iequals(field.first, name);
    }
  };
  static NameIs has_name(std::string_view name) { return {name}; }

  void read_pairs(std::string_view body) {
    for (const auto pair : split(body, '&')) {
      const auto equals = std::min(pair.find('='), pair.size());
      const auto value = pair.substr(std::min(equals + 1, pair.size()));
      m_fields.emplace_back(percent_decode(pair.substr(0, equals), true),
                            percent_decode(value, true));
    }
  }
  void read_parts(std::string_view content_type, std::string_view body);
  void read_part(std::string_view part);

  std::vector<std::pair<std::string, std::string>> m_fields;
};

/// The value of boundary=… or name="…".
std::string_view parameter(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  if (at == std::string_view::npos) {
    return {};
  }
  const auto value = text.substr(at + name.size());
  return value.starts_with('"') ? value.substr(1, value.find('"', 1) - 1)
                                : trim(value.substr(0, value.find_first_of("; \t\r\n")));
}

// RFC 7578: each part is "--boundary", header lines, an empty line, the value, a line end.
void Form::read_parts(std::string_view content_type, std::string_view body) {
  const auto boundary = parameter(content_type, "boundary=");
  if (boundary.empty()) {
    return;
  }
  const auto mark = std::string("--").append(boundary);
  for (auto at = body.find(mark); at != std::string_view::npos;) {
    at += mark.size();
    const auto next = body.find(mark, at);
    if (next == std::string_view::npos) {
      return; // "--boundary--": the end
    }
    read_part(body.substr(at, next - at));
    at = next;
  }
}

void Form::read_part(std::string_view part) {
  constexpr auto k_blank_line = "\r\n\r\n"sv, k_line_end = "\r\n"sv;
  const auto blank = part.find(k_blank_line);
  if (blank == std::string_view::npos) {
    return;
  }
  const auto head = part.substr(0, blank);
  auto value = part.substr(blank + k_blank_line.size());
  if (value.ends_with(k_line_end)) {
    value.remove_suffix(k_line_end.size());
  }
  const auto name = parameter(head, " name=");
  if (!name.empty() && head.find("filename=") == std::string_view::npos) { // no attachment
    m_fields.emplace_back(name, value);
  }
}

/// All but these are variables of the user's. In lower case.
constexpr std::array k_own_names{"attachment-count"sv,
                                 "body-plain"sv,
                                 "campaign-id"sv,
                                 "campaign-name"sv,
                                 "city"sv,
                                 "client-name"sv,
                                 "client-os"sv,
                                 "client-type"sv,
                                 "code"sv,
                                 "country"sv,
                                 "description"sv,
                                 "device-type"sv,
                                 "domain"sv,
                                 "error"sv,
                                 "event"sv,
                                 "ip"sv,
                                 "mailing-list"sv,
                                 "message-headers"sv,
                                 "message-id"sv,
                                 "notification"sv,
                                 "reason"sv,
                                 "recipient"sv,
                                 "region"sv,
                                 "signature"sv,
                                 "tag"sv,
                                 "timestamp"sv,
                                 "token"sv,
                                 "url"sv,
                                 "user-agent"sv,
                                 "x-mailgun-sid"sv,
                                 "x-mailgun-tag"sv};

bool is_own(std::string_view name) {
  return std::find(k_own_names.begin(), k_own_names.end(), lower(name)) != k_own_names.end();
}

void append_member(std::string& object, std::string_view name, std::string_view value) {
  object += object.empty() ? '{' : ',';
  append_json_string(object, name);
  object += ':';
  append_json_string(object, value);
}

/// Puts the members of one object into another that has no end yet.
void append_members(std::string& object, std::string_view more) {
  more = trim(more);
  if (more.starts_with('{') && more.ends_with('}') &&
      !trim(more.substr(1, more.size() - 2)).empty()) {
    object += object.empty() ? '{' : ',';
    object += more.substr(1, more.size() - 2);
  }
}

/// What only `decode` prints, besides the tags.
struct Extras {
  std::vector<std::string> tags;
  std::string metadata; // a JSON object
};

/// The mail's own header fields, a JSON list of names and values, hold tags and variables too.
void read_headers(std::string_view json, Extras& extras) {
  simdjson::dom::parser parser;
  const simdjson::padded_string text(json);
  const Json root = parser.parse(text);
  each_element(root, [&extras](const Json& field) {
    const auto name = text_of(field.at(0)), value = text_of(field.at(1));
    if (iequals(name, "X-Mailgun-Tag") && !value.empty()) {
      extras.tags.emplace_back(value);
    } else if (iequals(name, "X-Mailgun-Variables")) {
      append_members(extras.metadata, value);
    }
  });
}

Extras extras_of(const Form& form) {
  Extras extras;
  for (const auto& [name, value] : form.fields()) {
    if ((iequals(name, "tag") || iequals(name, "X-Mailgun-Tag")) && !value.empty()) {
      extras.tags.push_back(value);
    } else if (!is_own(name)) {
      append_member(extras.metadata, name, value);
    }
  }
  read_headers(form.first("message-headers"), extras);
  if (!extras.metadata.empty()) {
    extras.metadata += '}';
  }
  return extras;
}

FailureReport report_of(const Form& form) {
  const auto code = form.first("code"), error = form.first("error");
  return {.severity = {},
          .reason = form.first("reason"),
          .bounce_type = {},
          .code = code,
          .status = code.find('.') != std::string_view::npos ? code : std::string_view{},
          .answer = error.empty() ? form.first("description") : error};
}

/// "" where there is all that an event needs.
std::string_view fault_of(const EventView& view, const std::optional<Instant>& time) {
  return view.native.empty()    ? "no \"event\" in the form: incoming mail, maybe"
         : view.address.empty() ? "no \"recipient\" in the form"
         : !time                ? "no \"timestamp\" in the form that is a time in seconds"
                                : "";
}

void read(const Form& form, std::string_view record, RecordSink& sink) {
  EventView view;
  view.record = record;
  view.native = form.first("event");
  if (is_of_no_mail(view.native)) {
    sink.skip(record);
    return;
  }
  view.address = form.first("recipient");
  const auto time = parse_unix_time(form.last("timestamp"));
  if (const auto fault = fault_of(view, time); !fault.empty()) {
    sink.reject(fault, record);
    return;
  }
  view.time = *time;
  view.kind = kind_of_word(view.native);
  const auto extras = extras_of(form);
  const std::vector<std::string_view> tags(extras.tags.begin(), extras.tags.end());
  view.campaign = form.first("campaign-id");
  view.campaign_name = form.first("campaign-name");
  if (view.campaign.empty() && !tags.empty()) {
    view.campaign = tags.front();
  }
  view.agent_given = form.has("user-agent");
  view.user_agent = form.first("user-agent");
  view.ip = form.first("ip");
  std::string scratch;
  if (view.kind == EventKind::click) {
    view.link = form.first("url");
  } else if (view.kind == EventKind::bounce || view.kind == EventKind::dropped) {
    judge_failure(report_of(form), view, scratch);
  }
  view.message_id = form.first("message-id");
  view.event_id = form.last("token");
  view.tags = tags;
  view.metadata = extras.metadata;
  sink.accept(view);
}

class FormReader : public LogReader {
public:
  std::string_view format() const override { return "legacy webhooks: form posts, one a line"; }
  Framing framing() const override { return Framing::lines; }
  std::unique_ptr<LogReader> clone() const override { return std::make_unique<FormReader>(); }
  void read(const Chunk& chunk, RecordSink& sink) override {
    JsonLines lines(chunk.text); // which cuts lines, whatever is in them
    for (std::string_view line; lines.next(line);) {
      mailgun::read(Form({}, line), line, sink);
    }
  }
};

} // namespace

std::unique_ptr<LogReader> open_forms(std::string_view head) {
  JsonLines lines(head);
  std::string_view line;
  if (!lines.next(line) || line.find('&') == std::string_view::npos) {
    return nullptr;
  }
  const Form form({}, line);
  const bool ours =
      form.has("event") && form.has("timestamp") && form.has("token") && form.has("signature");
  return ours ? std::make_unique<FormReader>() : nullptr;
}

FormSignature form_signature(std::string_view content_type, std::string_view body) {
  const Form form(content_type, body);
  return {std::string(form.last("timestamp")), std::string(form.last("token")),
          std::string(form.last("signature"))};
}

void read_form(std::string_view content_type, std::string_view body, RecordSink& sink) {
  read(Form(content_type, body), body, sink);
}

} // namespace mailfunnel::mailgun
