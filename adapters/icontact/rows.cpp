// Records, with the same names in XML and JSON:
//   <click><contactId>456</contactId><clickTime>2026-05-11T08:29:41+02:00</clickTime>
//     <clickLink>https://www.example.com/pricing</clickLink></click>
//   <contact><contactId>456</contactId><email>ann@example.com</email><firstName>Ann</firstName><status>normal</status></contact>
//   <message><messageId>71</messageId><campaignId>3</campaignId><messageType>normal</messageType>
//     <messageName>May</messageName><subject>New in May</subject><htmlBody>…</htmlBody></message>
//   <send><sendId>9</sendId><messageId>71</messageId><scheduledTime>2026-05-11T08:00:00-04:00</scheduledTime></send>
// https://help.icontact.com/customers/s/article/Advanced-Users-iContact-API

#include "rows.hpp"

#include "adapter/word_table.hpp"
#include "base/text.hpp"

#include <array>

namespace mailfunnel::icontact {

namespace {

// ---- events -------------------------------------------------------------------------------------

enum EventColumn : std::size_t { person, when, link };
constexpr std::array k_event_columns{
    RowColumn{"contactId", true},
    RowColumn{"clickTime|openTime|bounceTime|unsubscribeTime", true},
    RowColumn{"clickLink"},
};

struct Word {
  std::string_view native;
  EventKind kind;
};
constexpr std::array k_words{Word{"open", EventKind::open}, Word{"click", EventKind::click},
                             Word{"bounce", EventKind::bounce},
                             Word{"unsubscribe", EventKind::unsubscribe}};

template<std::size_t word> void read_event(const Row& row, RecordSink& sink) {
  const auto time = row[when].empty() ? std::nullopt : row.time(when);
  if (row[person].empty() || !time) {
    sink.reject(row[person].empty() ? "no contactId"
                                    : "the time is \"" + printable(row[when], 40) +
                                          "\", not such as 2026-05-11T08:29:41-04:00",
                row.text);
    return;
  }
  EventView view;
  view.record = row.text;
  view.kind = k_words[word].kind;
  view.native = k_words[word].native;
  view.contact_id = row[person];
  view.campaign = row.input->campaign;
  view.time = *time;
  view.link = row[link];
  if (view.kind == EventKind::bounce) {
    view.bounce.klass = BounceClass::soft; // nothing tells which: nobody is suppressed on a guess
  }
  sink.accept(view);
}

// ---- contacts -----------------------------------------------------------------------------------

enum ContactColumn : std::size_t { contact_id, email, status, bounces, created };
constexpr std::array k_contact_columns{
    RowColumn{"contactId", true}, RowColumn{"email", true},
    RowColumn{"status"},          RowColumn{"bounceCount"}, // named so that they are no attributes
    RowColumn{"createDate"},
};

struct StatusRow {
  std::string_view word;
  Subscription subscription;
};
constexpr std::array k_statuses{
    StatusRow{"normal", Subscription::subscribed},
    StatusRow{"pending", Subscription::pending},
    StatusRow{"invitable", Subscription::pending},
    StatusRow{"donotcontact", Subscription::unsubscribed},
    StatusRow{"bounced", Subscription::cleaned},
    StatusRow{"deleted", Subscription::archived},
};

void read_contact(const Row& row, RecordSink& sink) {
  RecipientView view;
  view.record = row.text;
  view.contact_id = row[contact_id];
  view.address = row[email];
  if (view.contact_id.empty() && view.address.empty()) {
    sink.reject("neither contactId nor email", row.text);
    return;
  }
  if (const auto* const known = find_word(k_statuses, row[status])) {
    view.subscription = known->subscription;
  }
  view.attributes = row.others;
  sink.accept(view);
}

// ---- mailings -----------------------------------------------------------------------------------

enum MessageColumn : std::size_t { message_id, name, subject, html, text };
constexpr std::array k_message_columns{
    RowColumn{"messageId", true}, RowColumn{"messageName"}, RowColumn{"subject", true},
    RowColumn{"htmlBody"},        RowColumn{"textBody"},
};

void read_message(const Row& row, RecordSink& sink) {
  Campaign campaign;
  campaign.id = row[message_id];
  campaign.name = row[name];
  campaign.subject = row[subject];
  campaign.html = row[html];
  campaign.text = row[text];
  if (campaign.id.empty()) {
    sink.reject("no messageId", row.text);
  } else {
    sink.accept(campaign, row.text);
  }
}

enum SendColumn : std::size_t { send_id, sent_message, scheduled, send_status };
constexpr std::array k_send_columns{
    RowColumn{"sendId", true},
    RowColumn{"messageId", true},
    RowColumn{"scheduledTime"},
    RowColumn{"status"},
};

void read_send(const Row& row, RecordSink& sink) {
  const auto time = row[scheduled].empty() ? std::nullopt : row.time(scheduled);
  Campaign campaign;
  campaign.id = row[sent_message]; // events do not tell which send they are of
  campaign.status = lower(row[send_status]);
  if (campaign.id.empty() || (!time && !row[scheduled].empty())) {
    sink.reject(campaign.id.empty() ? "no messageId"
                                    : "scheduledTime is \"" + printable(row[scheduled], 40) +
                                          "\", not such as 2026-05-11T08:00:00-04:00",
                row.text);
    return;
  }
  if (time) {
    campaign.sent_at = time->seconds;
  }
  sink.accept(campaign, row.text);
}

constexpr RowFormat k_opens{"opens", k_event_columns, read_event<0>};
constexpr RowFormat k_clicks{"clicks", k_event_columns, read_event<1>};
constexpr RowFormat k_bounces{"bounces", k_event_columns, read_event<2>};
constexpr RowFormat k_unsubscribes{"unsubscribes", k_event_columns, read_event<3>};
constexpr RowFormat k_contacts{"contacts", k_contact_columns, read_contact};
constexpr RowFormat k_messages{"messages", k_message_columns, read_message};
constexpr RowFormat k_sends{"sends", k_send_columns, read_send};

constexpr std::array k_all{
    List{"opens", "open", "openTime", true, k_opens},
    List{"clicks", "click", "clickTime", true, k_clicks},
    List{"bounces", "bounce", "bounceTime", true, k_bounces},
    List{"unsubscribes", "unsubscribe", "unsubscribeTime", true, k_unsubscribes},
    List{"contacts", "contact", "contactId", false, k_contacts},
    List{"messages", "message", "messageId", false, k_messages},
    List{"sends", "send", "sendId", false, k_sends},
};

} // namespace

extern const std::span<const List> k_lists(k_all);

} // namespace mailfunnel::icontact
