// Mailgun's events as JSON. A webhook posts one:
//   {"signature":{"timestamp":"1772443507","token":"0123…","signature":"9ab…"},
//    "event-data":{"event":"clicked","id":"G5zMz2ysS6OxZ2C8xb2Tqg","timestamp":1772443507.094891,
//     "recipient":"ann@example.com","url":"https://www.example.com/pricing","ip":"203.0.113.7",
//     "tags":["spring"],"user-variables":{"crm_id":"17"},
//     "client-info":{"user-agent":"Mozilla/5.0","bot":""},
//     "message":{"headers":{"message-id":"20260302.1.ABC@mg.example.net"}}}}
// The API gives pages of what stands in "event-data": {"items":[…],"paging":{…}}; the newer logs
// API calls the time "@timestamp".
// https://documentation.mailgun.com/docs/mailgun/user-manual/events

#include "readers.hpp"
#include "words.hpp"

#include "adapter/word_table.hpp"
#include "base/json.hpp"

#include <array>

namespace mailfunnel::mailgun {

namespace {

/// What `client-info.bot` of an open means; a click by any of them is a machine's.
struct BotRow {
  std::string_view word;
  std::uint16_t evidence;
};
constexpr std::array k_bots{
    BotRow{"apple", evidence::privacy_proxy},
    BotRow{"gmail", evidence::image_proxy}, // a person's open comes this way too
    BotRow{"generic", evidence::esp_machine_flag},
};

std::uint16_t evidence_of(const Json& client, EventKind kind) {
  const auto bot = text_of(client["bot"]);
  if (bot.empty()) {
    const bool machine = is_true(client["bot"]) || text_of(client["client-type"]) == "robot";
    return machine ? evidence::esp_machine_flag : std::uint16_t{0};
  }
  const auto* const row = kind == EventKind::open ? find_word(k_bots, bot) : nullptr;
  return row != nullptr ? row->evidence : evidence::esp_machine_flag;
}

/// The mailing: a campaign of old, else the first tag. "*" is no tag but "all" of an unsubscribe.
std::string_view campaign_of(const Json& event, const std::vector<std::string_view>& tags) {
  const auto id = text_of(event["campaigns"].at(0)["id"]);
  if (!id.empty()) {
    return id;
  }
  return tags.empty() || tags.front() == "*" ? std::string_view{} : tags.front();
}

/// The addresses of a To header: "\"Example, Ann\" <ann@example.com>, bob@example.com".
std::vector<std::string_view> mailboxes(std::string_view header) {
  std::vector<std::string_view> out;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= header.size(); ++at) {
    const char c = at < header.size() ? header[at] : ',';
    quoted ^= c == '"';
    if (c != ',' || (quoted && at < header.size())) {
      continue;
    }
    auto one = trim(header.substr(begin, at - begin));
    begin = at + 1;
    const auto open = one.rfind('<'), close = one.rfind('>');
    if (open != std::string_view::npos && close != std::string_view::npos && open < close) {
      one = one.substr(open + 1, close - open - 1);
    }
    if (one.find('@') != std::string_view::npos) {
      out.push_back(one);
    }
  }
  return out;
}

FailureReport report_of(const Json& event, std::string_view code) {
  const auto status = event["delivery-status"];
  const auto message = text_of(status["message"]);
  return {
      text_of(event["severity"]),       text_of(event["reason"]),
      text_of(status["bounce-type"]),   code,
      text_of(status["enhanced-code"]), message.empty() ? text_of(status["description"]) : message};
}

void fill_details(EventView& view, const Json& event, std::string_view text) {
  view.event_id = text_of(event["id"]);
  view.message_id = text_of(event["message"]["headers"]["message-id"]);
  const auto variables = text_of(event["user-variables"]); // the logs API gives them as text
  view.metadata = variables.empty() ? json_member(text, "user-variables") : variables;
}

bool is_test(const Json& event) {
  return is_true(event["flags"]["is-test-mode"]); // nothing was sent
}

/// `text` is that of the event; the record may have an envelope around it.
void read_event(const JsonRecord& record, const Json& event, std::string_view text,
                RecordSink& sink) {
  if (is_of_no_mail(text_of(event["event"])) || is_test(event)) {
    sink.skip(record.text);
    return;
  }
  const auto to = event["message"]["headers"]["to"];
  const bool to_header = !is_there(event["recipient"]) && is_there(to); // of a message rejected
  const bool logs_api = is_there(event["@timestamp"]);
  EventView view;
  if (!fill_event(view, record, {"event", event["event"]},
                  to_header ? JsonField{"message.headers.to", to}
                            : JsonField{"recipient", event["recipient"]},
                  logs_api ? JsonField{"@timestamp", event["@timestamp"]}
                           : JsonField{"timestamp", event["timestamp"]},
                  sink)) {
    return;
  }
  view.kind = kind_of_word(view.native);
  const auto tags = texts_of(event["tags"]);
  view.campaign = campaign_of(event, tags);
  view.campaign_name = text_of(event["campaigns"].at(0)["name"]);
  const auto client = event["client-info"];
  view.agent_given = is_there(client["user-agent"]);
  view.user_agent = text_of(client["user-agent"]);
  view.ip = text_of(event["ip"]);
  const JsonScalar code(event["delivery-status"]["code"]);
  std::string scratch;
  if (view.kind == EventKind::open || view.kind == EventKind::click) {
    view.evidence = evidence_of(client, view.kind);
    view.link = view.kind == EventKind::click ? text_of(event["url"]) : std::string_view{};
  } else if (view.kind == EventKind::bounce) {
    judge_failure(report_of(event, code), view, scratch);
  } else if (view.kind == EventKind::dropped) {
    view.bounce.diagnostic = text_of(event["reject"]["reason"]);
  }
  if (sink.wants().details) {
    fill_details(view, event, text);
    view.tags = tags;
  }
  if (!to_header) {
    sink.accept(view);
    return;
  }
  const auto addresses = mailboxes(view.address);
  if (addresses.empty()) {
    sink.reject(mismatch("message.headers.to", to, "a recipient"), record.text);
  }
  for (const auto address : addresses) {
    view.address = address;
    sink.accept(view);
  }
}

bool is_webhook(const Json& record) {
  return record["event-data"].is_object();
}

void read_record(const JsonRecord& record, RecordSink& sink) {
  if (is_webhook(record.root)) {
    read_event(record, record.root["event-data"], json_member(record.text, "event-data"), sink);
  } else if (is_list_entry(record.root)) {
    read_list_entry(record, sink);
  } else {
    read_event(record, record.root, record.text, sink);
  }
}

/// Others have such words too, but an address called "email" (Mailtrap, SendGrid) or a "payload"
/// (Postal).
bool is_event(const Json& record) {
  const auto word = text_of(record["event"]);
  return (kind_of_word(word) != EventKind::unknown || is_of_no_mail(word)) &&
         (is_there(record["timestamp"]) || is_there(record["@timestamp"])) &&
         !is_there(record["email"]) && !is_there(record["payload"]);
}

bool is_ours(const Json& record) {
  return is_webhook(record) || is_event(record) || is_list_entry(record);
}

} // namespace

const JsonFormat k_events{"events and lists, JSON and NDJSON", "items", is_ours, read_record};

} // namespace mailfunnel::mailgun
