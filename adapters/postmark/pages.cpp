// Answers of Postmark's API, a page each:
//   {"TotalCount":2,"Opens":[{…}]}, "Clicks", "Bounces": records as the webhooks post them, of
//   which
//     some have no RecordType
//   {"TotalCount":1,"Messages":[{"MessageID":"883953f4-…","Tag":"spring-24","Recipients":
//     ["ann@example.com"],"ReceivedAt":"2026-03-02T04:25:00.0000000-05:00","Status":"Sent"}]}
//   {"Suppressions":[{"EmailAddress":"bob@example.com","SuppressionReason":"HardBounce",
//     "Origin":"Recipient","CreatedAt":"2026-03-02T04:25:14-05:00"}]}
// https://postmarkapp.com/developer/api/messages-api, …/bounce-api, …/suppressions-api

#include "formats.hpp"

#include "base/json.hpp"

#include <array>
#include <initializer_list>

namespace mailfunnel::postmark {

namespace {

/// A mail that was handed to Postmark, to each of its recipients.
void read_message(const JsonRecord& record, RecordSink& sink) {
  const auto& message = record.root;
  const auto recipients = texts_of(message["Recipients"]);
  EventView view;
  const auto first = message["Recipients"].at(0);
  if (!fill_event(view, record, {"Status", message["Status"]},
                  is_there(first) ? JsonField{"Recipients[0]", first}
                                  : JsonField{"Recipients", message["Recipients"]},
                  {"ReceivedAt", message["ReceivedAt"]}, sink)) {
    return;
  }
  view.kind = EventKind::sent;
  view.campaign = text_of(message["Tag"]);
  view.message_id = text_of(message["MessageID"]);
  const auto tags = texts_of(message["Tag"]);
  view.tags = tags;
  view.metadata = json_member(record.text, "Metadata");
  for (const auto recipient : recipients) {
    view.address = recipient;
    sink.accept(view);
  }
}

void read_suppression(const JsonRecord& record, RecordSink& sink) {
  const auto& entry = record.root;
  EventView view;
  if (fill_event(view, record, {"SuppressionReason", entry["SuppressionReason"]},
                 {"EmailAddress", entry["EmailAddress"]}, {"CreatedAt", entry["CreatedAt"]},
                 sink)) {
    fill_suppression(view, view.native);
    sink.accept(view);
  }
}

bool has_all(const Json& record, std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    if (!is_there(record[name])) {
      return false;
    }
  }
  return true;
}

bool is_open(const Json& record) {
  return has_all(record, {"MessageID", "Recipient", "ReceivedAt", "FirstOpen"});
}
bool is_click(const Json& record) {
  return has_all(record, {"MessageID", "Recipient", "ReceivedAt", "OriginalLink"});
}
bool is_bounce(const Json& record) {
  return has_all(record, {"MessageID", "Email", "BouncedAt", "Type"});
}
bool is_message(const Json& record) {
  return has_all(record, {"MessageID", "Recipients", "ReceivedAt", "Status"});
}
bool is_suppression(const Json& record) {
  return has_all(record, {"EmailAddress", "SuppressionReason", "CreatedAt"});
}

constexpr std::array k_all{
    JsonFormat{"opens of the API, JSON", "Opens", is_open, read_open},
    JsonFormat{"clicks of the API, JSON", "Clicks", is_click, read_click},
    JsonFormat{"bounces of the API, JSON", "Bounces", is_bounce, read_bounce},
    JsonFormat{"messages of the API, JSON", "Messages", is_message, read_message},
    JsonFormat{"suppressions of the API, JSON", "Suppressions", is_suppression, read_suppression},
};

} // namespace

constinit const std::span<const JsonFormat> k_pages = k_all;

} // namespace mailfunnel::postmark
