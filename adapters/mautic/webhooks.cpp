// Webhooks: what happened, by its kind, one or up to ten of each:
//   {"mautic.email_on_open":[{"stat":{"id":501,"emailAddress":"ann@example.com","ipAddress":{"ip":"203.0.113.7"},
//     "dateRead":"2026-03-02T09:23:20+00:00","openCount":1,"email":{"id":7,"name":"Spring","subject":"20%
//     off"},"lead":{"id":77}}, "timestamp":"2026-03-02T09:23:21+00:00"}],
//    "mautic.page_on_hit":[{"hit":{"id":12,"dateHit":"2026-03-02T09:25:07+00:00","url":"https://example.com/demo","userAgent":"Mozilla/5.0",
//     "ipAddress":{"ip":"203.0.113.7"},"redirect":{"id":3},"source":"email","sourceId":7,"lead":{"id":77}},"timestamp":"…"}],
//    "mautic.lead_channel_subscription_changed":[{"contact":{"id":77,"fields":{"core":{"email":{"value":"ann@example.com"}}}},
//     "channel":"email","old_status":"contactable","new_status":"unsubscribed","timestamp":"2026-03-02T09:30:00+00:00"}]}
// A click is a page hit that went through a redirect of an e-mail.
// https://github.com/mautic/developer-documentation-new, docs/webhooks

#include "readers.hpp"

#include "adapter/word_table.hpp"

#include <array>

namespace mailfunnel::mautic {

namespace {

struct Occurrence {
  const Json& root;
  std::string_view text, word; // the kind under which it stands
};

/// Texts of numbers that views point into.
struct Numbers {
  explicit Numbers(const Json& contact_value, const Json& campaign_value, const Json& event_value)
      : contact(contact_value), campaign(campaign_value), event(event_value) {}
  JsonScalar contact, campaign, event;
};

Json first_there(std::initializer_list<Json> values) {
  for (const auto& value : values) {
    if (is_there(value) && !value.is_null()) {
      return value;
    }
  }
  return *values.begin();
}

/// Puts in who and when, and hands the event on.
void put(EventView& view, const Occurrence& one, const Numbers& numbers, const Json& time,
         RecordSink& sink) {
  view.record = one.text;
  view.native = one.word;
  view.contact_id = numbers.contact;
  view.campaign = numbers.campaign;
  view.event_id = numbers.event;
  if (view.address.empty() && view.contact_id.empty()) {
    sink.reject("no contact: neither an address nor an id", one.text);
    return;
  }
  const auto when = time_of(time);
  if (!when) {
    sink.reject(mismatch("timestamp", time, "a time"), one.text);
    return;
  }
  view.time = *when;
  sink.accept(view);
}

std::string_view network_of(const Json& value) {
  const auto plain = text_of(value), ip = text_of(value["ip"]);
  return !plain.empty() ? plain : !ip.empty() ? ip : text_of(value["ipAddress"]);
}

// ---- e-mails ------------------------------------------------------------------------------------

void read_sent(const Occurrence& one, RecordSink& sink) {
  const auto contact = first_there({one.root["contact"], one.root["lead"]});
  const Numbers numbers(contact["id"], one.root["email"]["id"], Json(simdjson::NO_SUCH_FIELD));
  EventView view;
  view.kind = EventKind::sent;
  view.address = address_of(contact);
  view.campaign_name = text_of(one.root["email"]["name"]);
  view.message_id = text_of(one.root["idHash"]);
  put(view, one, numbers, one.root["timestamp"], sink);
}

void read_open(const Occurrence& one, RecordSink& sink) {
  const auto stat = first_there({one.root["stat"], one.root}); // some have no envelope
  const auto contact = first_there({stat["lead"], stat["contact"]});
  const Numbers numbers(contact["id"], stat["email"]["id"], stat["id"]);
  EventView view;
  view.kind = EventKind::open;
  view.address = text_of(stat["emailAddress"]);
  view.address = view.address.empty() ? address_of(contact) : view.address;
  view.campaign_name = text_of(stat["email"]["name"]);
  view.message_id = text_of(first_there({stat["trackingHash"], stat["idHash"]}));
  view.ip = network_of(stat["ipAddress"]);
  // dateRead is the first open, and this may be another
  put(view, one, numbers,
      first_there({one.root["timestamp"], stat["lastOpened"], stat["dateRead"]}), sink);
}

void read_hit(const Occurrence& one, RecordSink& sink) {
  const auto hit = one.root["hit"];
  const auto contact = first_there({hit["lead"], hit["contact"]});
  const bool of_mail = text_of(hit["source"]) == "email";
  const auto mail = of_mail ? hit["sourceId"] : hit["email"]["id"];
  const Numbers numbers(contact["id"], mail, hit["id"]);
  const bool redirected = is_there(hit["redirect"]) && !hit["redirect"].is_null();
  EventView view;
  view.kind = redirected && !std::string_view(numbers.campaign).empty() ? EventKind::click
                                                                        : EventKind::page;
  view.address = address_of(contact);
  view.link = text_of(hit["redirect"]["url"]);
  view.link = view.link.empty() ? text_of(hit["url"]) : view.link;
  view.agent_given = is_there(hit["userAgent"]);
  view.user_agent = text_of(hit["userAgent"]);
  view.ip = network_of(hit["ipAddress"]);
  put(view, one, numbers, first_there({hit["dateHit"], one.root["timestamp"]}), sink);
}

// ---- contacts -----------------------------------------------------------------------------------

void read_form(const Occurrence& one, RecordSink& sink) {
  const auto form = one.root["submission"];
  const auto contact = first_there({form["lead"], form["contact"]});
  const JsonScalar number(form["form"]["id"]);
  const Numbers numbers(contact["id"], Json(simdjson::NO_SUCH_FIELD), form["id"]);
  EventView view;
  view.kind = EventKind::form;
  view.address = address_of(contact);
  view.link = text_of(form["referer"]);
  view.link_tag = number;
  view.ip = network_of(form["ipAddress"]);
  put(view, one, numbers, first_there({form["dateSubmitted"], one.root["timestamp"]}), sink);
}

struct StatusRow {
  std::string_view word; // new_status
  EventKind kind;
};
constexpr std::array k_statuses{
    StatusRow{"unsubscribed", EventKind::unsubscribe},
    StatusRow{"manual", EventKind::unsubscribe}, // by hand
    StatusRow{"bounced", EventKind::bounce},
    StatusRow{"contactable", EventKind::resubscribe},
};

void read_subscription(const Occurrence& one, RecordSink& sink) {
  if (text_of(one.root["channel"]) != "email") {
    sink.skip(one.text);
    return;
  }
  const auto contact = first_there({one.root["contact"], one.root["lead"]});
  const Numbers numbers(contact["id"], Json(simdjson::NO_SUCH_FIELD),
                        Json(simdjson::NO_SUCH_FIELD));
  const auto status = text_of(one.root["new_status"]);
  EventView view;
  view.kind = kind_of(k_statuses, status);
  view.address = address_of(contact);
  view.bounce.klass = view.kind == EventKind::bounce ? BounceClass::hard : BounceClass::none;
  put(view, {one.root, one.text, status}, numbers, one.root["timestamp"], sink);
}

void read_contact(const Occurrence& one, RecordSink& sink) {
  const auto contact = first_there({one.root["contact"], one.root["lead"]});
  const JsonScalar id(contact["id"]);
  Attributes attributes;
  auto view = view_of(contact, id, one.text, attributes);
  if (view.address.empty()) { // a visitor whom nobody knows yet
    sink.skip(one.text);
    return;
  }
  if (const auto when = time_of(one.root["timestamp"])) {
    view.changed_at = when->seconds;
  }
  sink.accept(view);
}

void read_nothing(const Occurrence& one, RecordSink& sink) {
  sink.skip(one.text);
}

void read_unknown(const Occurrence& one, RecordSink& sink) {
  const auto contact = first_there({one.root["contact"], one.root["lead"]});
  const Numbers numbers(contact["id"], Json(simdjson::NO_SUCH_FIELD),
                        Json(simdjson::NO_SUCH_FIELD));
  EventView view;
  view.address = address_of(contact);
  if (view.address.empty() && std::string_view(numbers.contact).empty()) {
    sink.skip(one.text); // it is of nobody
    return;
  }
  put(view, one, numbers, one.root["timestamp"], sink);
}

// ---- the body -----------------------------------------------------------------------------------

struct WordRow {
  std::string_view word;
  void (*read)(const Occurrence& one, RecordSink& sink);
};
constexpr std::array k_words{
    WordRow{"mautic.email_on_send", read_sent},
    WordRow{"mautic.email_on_open", read_open},
    WordRow{"mautic.page_on_hit", read_hit},
    WordRow{"mautic.form_on_submit", read_form},
    WordRow{"mautic.lead_channel_subscription_changed", read_subscription},
    WordRow{"mautic.lead_post_save_new", read_contact},
    WordRow{"mautic.lead_post_save_update", read_contact},
    WordRow{"mautic.lead_post_delete", read_nothing},
    WordRow{"mautic.lead_points_change", read_nothing},
    WordRow{"mautic.lead_company_change", read_nothing},
    WordRow{"mautic.company_post_save", read_nothing},
    WordRow{"mautic.company_post_delete", read_nothing},
    WordRow{"mautic.sms_on_send", read_nothing},
};
constexpr std::string_view k_prefix = "mautic.";

void read(const JsonRecord& record, RecordSink& sink) {
  bool any = false;
  each_member(record.root, record.text,
              [&](std::string_view word, const Json& list, std::string_view text) {
                const auto* const row = find_word(k_words, word);
                if (row == nullptr && !word.starts_with(k_prefix)) {
                  return;
                }
                each_element(list, text, [&](const Json& one, std::string_view at) {
                  any = true;
                  (row != nullptr ? row->read : read_unknown)({one, at, word}, sink);
                });
              });
  if (!any) {
    sink.skip(record.text);
  }
}

bool is_webhook(const Json& root) {
  bool found = false;
  each_member(root, [&found](std::string_view word, const Json& list) {
    found = found || (word.starts_with(k_prefix) && list.is_array());
  });
  return found;
}

} // namespace

extern const JsonFormat k_webhooks{"webhooks, JSON", "", is_webhook, read};

} // namespace mailfunnel::mautic
