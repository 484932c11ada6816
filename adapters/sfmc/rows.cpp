// Records of the tracking extract, a file a kind, all with a header:
//   ClientID,SendID,SubscriberKey,EmailAddress,SubscriberID,ListID,EventDate,EventType,SendURLID,URLID,URL,Alias,BatchID,…
//   7210001,81234,K-1001,ann@example.com,501,12,5/11/2026 2:29:41
//   AM,Click,9911,77,https://www.example.com/pricing,Prices,3,…
// (one line each). Events of the SOAP API have the same names, and no address. Besides the columns
// above:
//   Bounces: BounceCategory,SMTPCode,BounceReason (SOAP: SMTPReason); NotSent: Reason;
//   Opens and Clicks: IpAddress. SendID is called JobID, too.
//   SendJobs: SendID,FromName,FromEmail,SchedTime,SentTime,Subject,EmailName,JobStatus,…
//   Subscribers:
//   SubscriberKey,EmailAddress,SubscriberID,Status,DateHeld,DateCreated,DateUnsubscribed
// https://help.salesforce.com/s/articleView?id=mktg.mc_as_tracking_extract.htm, and a page a file.

#include "readers.hpp"

#include "adapter/word_table.hpp"

#include <array>

namespace mailfunnel::sfmc {

namespace {

std::string no_time(std::string_view name, std::string_view given, DateOrder order) {
  std::string why = std::string(name) + " is \"" + printable(given, 40) + "\"";
  if (order == DateOrder::unknown && given.find('/') != std::string_view::npos) {
    return why + ": nothing in the file tells whether its day or its month stands first; use the "
                 "profile of the adapter's folder";
  }
  return why + ", not a time such as " +
         (order == DateOrder::day_first ? "13/5/2026 14:29:41" : "5/13/2026 2:29:41 PM");
}

// ---- events -------------------------------------------------------------------------------------

enum EventColumn : std::size_t {
  send_id,
  key,
  address,
  when,
  type,
  url,
  alias,
  category,
  smtp_code,
  bounce_reason,
  not_sent_reason,
  unsub_reason,
  ip,
  list_id,
  is_master
};
constexpr std::array k_event_columns{
    RowColumn{"SendID|JobID", true},
    RowColumn{"SubscriberKey", true},
    RowColumn{"EmailAddress"},
    RowColumn{"EventDate", true},
    RowColumn{"EventType", true},
    RowColumn{"URL"},
    RowColumn{"Alias"},
    RowColumn{"BounceCategory"},
    RowColumn{"SMTPCode"},
    RowColumn{"BounceReason|SMTPReason"},
    RowColumn{"Reason"},
    RowColumn{"UnsubReason"},
    RowColumn{"IpAddress"},
    RowColumn{"List.ID"}, // SOAP only: the list that was left
    RowColumn{"IsMasterUnsubscribed"},
};

/// The word; where it is none that is known, what only files of one kind have.
EventKind kind_of_row(const Row& row) {
  const auto kind = kind_of_type(row[type]);
  return kind != EventKind::unknown   ? kind
         : !row[category].empty()     ? EventKind::bounce
         : !row[unsub_reason].empty() ? EventKind::unsubscribe
                                      : kind;
}

void fill_kind(const Row& row, EventView& view) {
  view.kind = kind_of_row(row);
  if (view.kind == EventKind::click) {
    view.link = row[url];
    view.link_tag = row[alias];
  } else if (view.kind == EventKind::bounce) {
    const auto word = row[category].empty() ? row[type] : row[category];
    view.bounce = judge_bounce(word, row[smtp_code], row[bounce_reason]);
  } else if (view.kind == EventKind::dropped) {
    view.bounce = judge_not_sent(row[not_sent_reason]);
  } else if (view.kind == EventKind::unsubscribe && iequals(row[is_master], "false")) {
    view.scope = row[list_id];
  }
}

template<DateOrder order> void read_event(const Row& row, RecordSink& sink) {
  EventView view;
  view.record = row.text;
  view.native = row[type];
  view.campaign = row[send_id];
  view.contact_id = row[key];
  view.address = address_in(row[address].empty() ? row[key] : row[address]);
  view.ip = row[ip];
  const auto time = read_time(row[when], order, *row.input);
  if (view.contact_id.empty() && view.address.empty()) {
    sink.reject("no SubscriberKey", row.text);
  } else if (!time) {
    sink.reject(no_time("EventDate", row[when], order), row.text);
  } else {
    view.time = *time;
    fill_kind(row, view);
    sink.accept(view);
  }
}

// ---- sends --------------------------------------------------------------------------------------

enum JobColumn : std::size_t {
  job_id,
  email_name,
  subject,
  from_name,
  from_email,
  sent_time,
  status
};
constexpr std::array k_job_columns{
    RowColumn{"SendID|JobID", true}, RowColumn{"EmailName", true}, RowColumn{"Subject", true},
    RowColumn{"FromName"},           RowColumn{"FromEmail"},       RowColumn{"SentTime", true},
    RowColumn{"JobStatus"},
};

template<DateOrder order> void read_job(const Row& row, RecordSink& sink) {
  Campaign campaign;
  campaign.id = row[job_id];
  campaign.name = row[email_name];
  campaign.subject = row[subject];
  campaign.from_name = row[from_name];
  campaign.from_address = row[from_email];
  campaign.status = lower(row[status]);
  const auto time = read_time(row[sent_time], order, *row.input);
  if (campaign.id.empty()) {
    sink.reject("no SendID", row.text);
  } else if (!time && !row[sent_time].empty()) {
    sink.reject(no_time("SentTime", row[sent_time], order), row.text);
  } else {
    if (time) {
      campaign.sent_at = time->seconds;
    }
    sink.accept(campaign, row.text);
  }
}

// ---- subscribers --------------------------------------------------------------------------------

enum SubscriberColumn : std::size_t {
  person_key,
  person_address,
  person_id,
  person_status,
  created,
  client,
  held,
  left
};
constexpr std::array k_subscriber_columns{
    RowColumn{"SubscriberKey", true},
    RowColumn{"EmailAddress", true},
    RowColumn{"SubscriberID|ID"},
    RowColumn{"Status", true},
    RowColumn{"DateCreated|CreatedDate", true},
    RowColumn{"ClientID|Client.ID"}, // named so that they are no attributes
    RowColumn{"DateHeld"},
    RowColumn{"DateUnsubscribed|UnsubscribedDate"},
};

struct StatusRow {
  std::string_view word;
  Subscription subscription;
};
constexpr std::array k_statuses{
    StatusRow{"Active", Subscription::subscribed},
    StatusRow{"Unsubscribed", Subscription::unsubscribed},
    StatusRow{"Held", Subscription::cleaned}, // bounced too often; "Bounced" says nothing yet
    StatusRow{"Deleted", Subscription::archived},
};

template<DateOrder order> void read_subscriber(const Row& row, RecordSink& sink) {
  RecipientView view;
  view.record = row.text;
  view.contact_id = row[person_key];
  view.address = address_in(row[person_address]);
  if (view.contact_id.empty()) {
    sink.reject("no SubscriberKey", row.text);
    return;
  }
  if (const auto* const known = find_word(k_statuses, row[person_status])) {
    view.subscription = known->subscription;
  }
  const auto since = view.subscription == Subscription::unsubscribed ? row[left]
                     : view.subscription == Subscription::cleaned    ? row[held]
                                                                     : std::string_view{};
  if (const auto time = read_time(since, order, *row.input)) {
    view.changed_at = time->seconds;
  }
  view.attributes = row.others;
  sink.accept(view);
  if (!row[person_id].empty() && !view.address.empty()) { // by which notifications know people
    const auto id = "id:" + std::string(row[person_id]);
    RecipientView same;
    same.record = row.text;
    same.address = view.address;
    same.contact_id = id;
    sink.accept(same);
  }
}

// ---- formats ------------------------------------------------------------------------------------

template<template<DateOrder> class Format> const RowFormat& in_order(DateOrder order) {
  return order == DateOrder::month_first ? Format<DateOrder::month_first>::k_format
         : order == DateOrder::day_first ? Format<DateOrder::day_first>::k_format
                                         : Format<DateOrder::unknown>::k_format;
}
template<DateOrder order> struct Events {
  static constexpr RowFormat k_format{"tracking extract, events", k_event_columns,
                                      read_event<order>};
};
template<DateOrder order> struct Jobs {
  static constexpr RowFormat k_format{"tracking extract, SendJobs", k_job_columns, read_job<order>};
};
template<DateOrder order> struct Subscribers {
  static constexpr RowFormat k_format{"tracking extract, Subscribers", k_subscriber_columns,
                                      read_subscriber<order>};
};

} // namespace

const RowFormat& event_rows(DateOrder order) {
  return in_order<Events>(order);
}
const RowFormat& job_rows(DateOrder order) {
  return in_order<Jobs>(order);
}
const RowFormat& subscriber_rows(DateOrder order) {
  return in_order<Subscribers>(order);
}

} // namespace mailfunnel::sfmc
