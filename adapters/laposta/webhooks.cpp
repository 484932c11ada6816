// Webhooks of a list, up to 1,000 changes in a body:
//   {"data":[{"type":"member","event":"deactivated","data":{"member_id":"9978ydioiZ","list_id":"BaImMu3JZA",
//     "email":"ann@example.com","state":"deleted","signup_date":"2026-01-13
//     16:13:07","ip":"198.51.100.10",
//     "source_url":"https://example.com","custom_fields":{"name":"Ann","prefs":["a","b"]}},
//     "info":{"source":"app","action":"hardbounce","date_event":"2026-03-02
//     10:20:31"}}],"date_requested":"2026-03-02 10:20:34"}
// https://api.laposta.nl/doc/index.en.php

#include "readers.hpp"

#include "adapter/word_table.hpp"

#include <array>

namespace mailfunnel::laposta {

namespace {

struct ActionRow {
  std::string_view word; // info.action
  EventKind kind;
  bool contact = false; // it tells of the member, whether or not it is an event too
};
constexpr std::array k_actions{
    ActionRow{"subscribed", EventKind::unknown, true},
    ActionRow{"resubscribed", EventKind::resubscribe, true},
    ActionRow{"modified", EventKind::unknown, true},
    ActionRow{"deleted", EventKind::unknown, true}, // taken off the list, not by the reader
    ActionRow{"unsubscribed", EventKind::unsubscribe},
    ActionRow{"hardbounce", EventKind::bounce},
};

struct ChangeRow {
  std::string_view word; // event
  bool contact;
};
constexpr std::array k_changes{
    ChangeRow{"subscribed", true},
    ChangeRow{"modified", true},
    ChangeRow{"deactivated", false},
};

void read_contact(const JsonRecord& record, std::string_view action,
                  const std::optional<Instant>& when, RecordSink& sink) {
  Attributes attributes;
  auto view = view_of(record.root["data"], record.text, attributes);
  if (iequals(action, "deleted")) {
    view.subscription = Subscription::archived;
  }
  if (when) {
    view.changed_at = when->seconds;
  }
  sink.accept(view);
}

void read_event(const JsonRecord& record, EventKind kind, std::string_view word,
                const std::optional<Instant>& when, RecordSink& sink) {
  if (!when) {
    sink.reject(mismatch("info.date_event", record.root["info"]["date_event"], "a time"),
                record.text);
    return;
  }
  const auto member = record.root["data"];
  EventView view;
  view.record = record.text;
  view.kind = kind;
  view.native = word;
  view.time = *when;
  view.address = text_of(member["email"]);
  view.contact_id = text_of(member["member_id"]);
  if (kind == EventKind::unsubscribe || kind == EventKind::resubscribe) {
    view.scope = text_of(member["list_id"]);
  } else if (kind == EventKind::bounce) {
    view.bounce.klass = BounceClass::hard;
  }
  sink.accept(view);
}

void read(const JsonRecord& record, RecordSink& sink) {
  const auto info = record.root["info"];
  const auto change = text_of(record.root["event"]), action = text_of(info["action"]);
  const auto when = time_of(info["date_event"], record.input.zone);
  if (text_of(record.root["data"]["email"]).empty()) {
    sink.reject(mismatch("data.email", record.root["data"]["email"], "the member's address"),
                record.text);
    return;
  }
  const auto* const row = find_word(k_actions, action);
  const auto* const changed = find_word(k_changes, change);
  const bool contact = row != nullptr ? row->contact : changed != nullptr && changed->contact;
  const auto kind = row != nullptr ? row->kind : EventKind::unknown;
  if (contact) {
    read_contact(record, action, when, sink);
  }
  if (!contact || kind != EventKind::unknown) {
    read_event(record, kind, action.empty() ? change : action, when, sink);
  }
}

bool is_webhook(const Json& one) {
  const auto member = one["data"];
  return is_there(one["type"]) && is_there(one["event"]) && is_there(member["member_id"]) &&
         is_there(member["list_id"]) && is_there(one["info"]["date_event"]);
}

} // namespace

extern const JsonFormat k_webhooks{"webhooks, JSON", "data", is_webhook, read, true};

} // namespace mailfunnel::laposta
