// Answers of the API, each object under its own name: one, {"member":{…}}, or many,
// {"data":[{"member":{…}},…]}. Every time stands in them twice, in the account's zone and, as
// <name>_iso, with its offset. What happened, GET /campaign/{id}/history and /member/{id}/history:
//   {"data":[{"event":{"type":"unsubscribed","timezone":"Europe/Amsterdam","event_date":"2026-03-02
//   10:30:00",
//     "event_date_iso":"2026-03-02T10:30:00+01:00","campaign":{"campaign_id":"njhgaf61ye","name":"Spring"},"details":{}}}],
//    "pagination":{"limit":100,"has_more":false,"next_cursor":null}}
// whose `type` is documented with this one word, and `details` not at all. Members, GET
// /member?list_id=…:
//   {"data":[{"member":{"member_id":"9978ydioiZ","list_id":"BaImMu3JZA","email":"ann@example.com","state":"active",
//     "signup_date":"2026-01-13
//     16:13:07","modified_iso":"2026-02-01T09:00:00+01:00","custom_fields":{"name":"Ann"}}}]}
// campaigns, GET /campaign, and the content of one, GET /campaign/{id}/content:
//   {"data":[{"campaign":{"campaign_id":"njhgaf61ye","name":"Spring","subject":"20%
//   off","from":{"name":"Shop","email":"shop@example.com"},
//     "reply_to":"…","list_ids":{"BaImMu3JZA":["seg1"]},"delivery_started_iso":"2026-03-02T10:00:00+01:00","previewtext":"…"}}]}
//   {"campaign":{"account_id":"wFNeMUr2cs","campaign_id":"njhgaf61ye","html":"…","plaintext":"…"}}
// https://api.laposta.nl/doc/index.en.php

#include "readers.hpp"

#include "adapter/word_table.hpp"

#include <array>
#include <string>

namespace mailfunnel::laposta {

namespace {

struct StateRow {
  std::string_view word;
  Subscription subscription;
};
constexpr std::array k_states{
    StateRow{"active", Subscription::subscribed},
    StateRow{"unsubscribed", Subscription::unsubscribed},
    StateRow{"unconfirmed", Subscription::pending},
    StateRow{"cleaned", Subscription::cleaned},
    StateRow{"deleted", Subscription::archived},
};

/// object[name], or nothing: the time with its offset, else that of the account, in the zone that
/// the object names, else in the one that was said.
std::optional<Instant> time_in(const Json& object, const std::string& name, TimeZone zone) {
  if (const auto exact = time_of(object[name + "_iso"])) {
    return exact;
  }
  const auto plain = object[name];
  if (!is_there(plain)) {
    return std::nullopt;
  }
  const auto own = find_zone(text_of(object["timezone"]));
  return time_of(plain, own ? *own : zone);
}

} // namespace

Subscription subscription_of(std::string_view state) {
  const auto* const row = find_word(k_states, state);
  return row != nullptr ? row->subscription : Subscription::unknown;
}

RecipientView view_of(const Json& member, std::string_view record, Attributes& attributes) {
  attributes.add_members(member["custom_fields"]);
  attributes.add("source_url", member["source_url"]);
  attributes.add("signup_date", member["signup_date"]);
  RecipientView view;
  view.record = record;
  view.address = text_of(member["email"]);
  view.contact_id = text_of(member["member_id"]);
  view.list = text_of(member["list_id"]);
  view.subscription = subscription_of(text_of(member["state"]));
  view.attributes = attributes.all();
  return view;
}

namespace {

// ---- members ------------------------------------------------------------------------------------

void read_member(const JsonRecord& record, RecordSink& sink) {
  const auto member = record.root["member"];
  Attributes attributes;
  auto view = view_of(member, record.text, attributes);
  if (view.address.empty()) {
    sink.reject(mismatch("member.email", member["email"], "the member's address"), record.text);
    return;
  }
  const auto changed = time_in(member, "modified", record.input.zone);
  if (const auto since = changed ? changed : time_in(member, "signup_date", record.input.zone)) {
    view.changed_at = since->seconds;
  }
  sink.accept(view);
}

bool is_member(const Json& one) {
  const auto member = one["member"];
  return is_there(member["member_id"]) && is_there(member["list_id"]) && is_there(member["email"]);
}

// ---- campaigns ----------------------------------------------------------------------------------

void read_campaign(const JsonRecord& record, RecordSink& sink) {
  const auto one = record.root["campaign"];
  Campaign campaign;
  campaign.id = text_of(one["campaign_id"]);
  if (campaign.id.empty()) {
    sink.reject(mismatch("campaign.campaign_id", one["campaign_id"], "the campaign's id"),
                record.text);
    return;
  }
  campaign.name = text_of(one["name"]);
  campaign.subject = text_of(one["subject"]);
  campaign.preheader = text_of(one["previewtext"]);
  campaign.from_name = text_of(one["from"]["name"]);
  campaign.from_address = text_of(one["from"]["email"]);
  campaign.reply_to = text_of(one["reply_to"]);
  campaign.html = text_of(one["html"]);
  campaign.text = text_of(one["plaintext"]);
  if (const auto sent = time_in(one, "delivery_started", record.input.zone)) {
    campaign.sent_at = sent->seconds;
    campaign.status = "sent";
  }
  each_member(one["list_ids"], [&campaign](std::string_view list, const Json& segments) {
    campaign.audience.push_back({"list", std::string(list), {}});
    for (const auto segment : texts_of(segments)) {
      campaign.audience.push_back({"segment", std::string(segment), {}});
    }
  });
  sink.accept(campaign, record.text);
}

bool is_campaign(const Json& one) {
  const auto campaign = one["campaign"];
  return is_there(campaign["campaign_id"]) && is_there(campaign["account_id"]) &&
         (is_there(campaign["list_ids"]) || is_there(campaign["plaintext"]));
}

// ---- history ------------------------------------------------------------------------------------

struct KindRow {
  std::string_view word; // type
  EventKind kind;
};
/// The words of the totals (GET /report), of which only unsubscribed is documented here too.
constexpr std::array k_kinds{
    KindRow{"sent", EventKind::sent},
    KindRow{"accepted", EventKind::delivered},
    KindRow{"opened", EventKind::open},
    KindRow{"clicked", EventKind::click},
    KindRow{"hardbounced", EventKind::bounce},
    KindRow{"hardbounce", EventKind::bounce},
    KindRow{"complained", EventKind::complaint},
    KindRow{"unsubscribed", EventKind::unsubscribe},
};

/// The first that is a text and not empty.
std::string_view first_text(std::initializer_list<Json> values) {
  for (const auto& value : values) {
    if (const auto text = text_of(value); !text.empty()) {
      return text;
    }
  }
  return {};
}

/// The member's address: in the details, or what the file is named after.
std::string_view address_of(const Json& event, std::string_view file_name) {
  if (const auto address =
          first_text({event["details"]["email"], event["member"]["email"], event["email"]});
      !address.empty()) {
    return address;
  }
  const auto stem = file_name.substr(0, file_name.rfind('.'));
  const auto at = stem.find('@');
  if (at == std::string_view::npos) {
    return {};
  }
  const auto space = stem.rfind(' ', at);
  return stem.substr(space == std::string_view::npos ? 0 : space + 1);
}

void read_history(const JsonRecord& record, RecordSink& sink) {
  const auto event = record.root["event"], details = event["details"];
  EventView view;
  view.record = record.text;
  view.native = text_of(event["type"]);
  view.kind = kind_of(k_kinds, view.native);
  view.address = address_of(event, record.input.file_name);
  view.contact_id = first_text({details["member_id"], event["member"]["member_id"]});
  if (view.address.empty() && view.contact_id.empty()) {
    sink.reject(k_nobody, record.text);
    return;
  }
  const auto when = time_in(event, "event_date", record.input.zone);
  if (!when) {
    sink.reject(mismatch("event.event_date", event["event_date"], "a time"), record.text);
    return;
  }
  view.time = *when;
  view.campaign = first_text({event["campaign"]["campaign_id"], event["campaign"]});
  view.campaign_name = text_of(event["campaign"]["name"]);
  if (view.kind == EventKind::click) {
    view.link = first_text({details["url"], details["link"]});
  } else if (view.kind == EventKind::bounce) {
    view.bounce.klass = BounceClass::hard;
  } else if (view.kind == EventKind::unsubscribe) {
    view.scope = text_of(details["list_id"]);
  }
  sink.accept(view);
}

bool is_history(const Json& one) {
  const auto event = one["event"];
  return is_there(event["type"]) && is_there(event["event_date"]) && is_there(event["details"]);
}

} // namespace

extern const JsonFormat k_history{
    "answers of /campaign/{id}/history and /member/{id}/history, JSON", "data", is_history,
    read_history};
extern const JsonFormat k_members{"answers of /member, JSON", "data", is_member, read_member};
extern const JsonFormat k_campaigns{"answers of /campaign and /campaign/{id}/content, JSON", "data",
                                    is_campaign, read_campaign};

} // namespace mailfunnel::laposta
