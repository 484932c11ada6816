// Webhooks: a form with one event, its names in PHP's brackets. Saved, a body a line:
//   type=click&date_time=2026-03-02T10%3A16%3A02-06%3A00&initiated_from=public&initiated_by=contact&list=0
//     &campaign%5Bid%5D=41&campaign%5Bname%5D=Spring&contact%5Bid%5D=1203&contact%5Bemail%5D=ann%40example.com
//     &contact%5Bfields%5D%5BJOB_TITLE%5D=Manager&link%5Bid%5D=9&link%5Burl%5D=https%3A%2F%2Fwww.example.com%2Fdemo
// (one line). The webhooks of automations have a contact and a seriesid, and neither type nor time.
// https://developers.activecampaign.com/page/webhooks

#include "readers.hpp"

#include "adapter/attributes.hpp"
#include "adapter/smtp_status.hpp"
#include "adapter/word_table.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::activecampaign {

using enum BounceClass;

Bounce judge_bounce(std::string_view type, std::string_view code, std::string_view description) {
  const auto verdict = judge_smtp(code, description);
  Bounce bounce{verdict.klass, verdict.reason, verdict.status, verdict.code, description};
  if (verdict.klass != block && iequals(type, "hard")) { // a block is no fault of the address
    bounce.klass = hard;
  } else if (verdict.klass != block && iequals(type, "soft")) {
    bounce.klass = soft;
  }
  return bounce;
}

namespace {

using namespace std::string_view_literals;

struct KindRow {
  std::string_view word; // type
  EventKind kind;
};
constexpr std::array k_kinds{
    KindRow{"open", EventKind::open},     KindRow{"click", EventKind::click},
    KindRow{"bounce", EventKind::bounce}, KindRow{"unsubscribe", EventKind::unsubscribe},
    KindRow{"reply", EventKind::reply},   KindRow{"forward", EventKind::unknown},
    KindRow{"share", EventKind::unknown},
};
/// What tells of a contact, and of nothing that it did with a mail.
constexpr std::array k_of_contacts{"subscribe"sv, "update"sv, "list_add"sv, "contact_tag_added"sv,
                                   "contact_tag_removed"sv};

/// The list that an event is about; "0" is none.
std::string_view list_of(const Form& form) {
  return form["list"] == "0" ? std::string_view{} : form["list"];
}

void read_contact(const FormRecord& record, RecordSink& sink) {
  const auto& form = record.form;
  RecipientView view;
  view.record = record.text;
  view.address = form["contact[email]"];
  view.contact_id = form["contact[id]"];
  if (view.address.empty() && view.contact_id.empty()) {
    sink.skip(record.text); // a whole account's, or a deal's
    return;
  }
  if (const auto when = parse_time(form["date_time"], record.input.zone)) {
    view.changed_at = when->seconds;
  }
  if (form["type"] == "subscribe") {
    view.list = list_of(form);
    view.subscription = Subscription::subscribed;
  }
  Attributes attributes;
  attributes.add("first_name", form["contact[first_name]"]);
  attributes.add("last_name", form["contact[last_name]"]);
  attributes.add("organisation", form["contact[orgname]"]);
  attributes.add("tags", form["contact[tags]"]);
  form.each_in("contact[fields]", [&attributes](std::string_view name, std::string_view value) {
    attributes.add(name, value);
  });
  view.attributes = attributes.all();
  sink.accept(view);
}

void read_event(const FormRecord& record, RecordSink& sink) {
  const auto& form = record.form;
  EventView view;
  view.record = record.text;
  view.native = form["type"];
  view.kind = kind_of(k_kinds, view.native);
  view.address = form["contact[email]"];
  view.contact_id = form["contact[id]"];
  const auto when = parse_time(form["date_time"], record.input.zone);
  if (view.address.empty() && view.contact_id.empty()) {
    sink.reject("neither contact[email] nor contact[id]", record.text);
    return;
  }
  if (!when) {
    sink.reject("\"" + printable(form["date_time"], 40) +
                    "\" in date_time is not a time (ISO 8601)",
                record.text);
    return;
  }
  view.time = *when;
  view.campaign = form["campaign[id]"];
  view.campaign_name = form["campaign[name]"];
  if (view.kind == EventKind::open || view.kind == EventKind::click) {
    view.agent_given = form.has("User-Agent");
    view.user_agent = form["User-Agent"];
    view.link = view.kind == EventKind::click ? form["link[url]"] : std::string_view{};
  } else if (view.kind == EventKind::bounce) {
    view.bounce =
        judge_bounce(form["bounce[type]"], form["bounce[code]"], form["bounce[description]"]);
  } else if (view.kind == EventKind::unsubscribe) {
    view.scope = list_of(form);
  }
  sink.accept(view);
}

void read(const FormRecord& record, RecordSink& sink) {
  const auto type = record.form["type"];
  const bool of_contact = type.empty() || std::find(k_of_contacts.begin(), k_of_contacts.end(),
                                                    type) != k_of_contacts.end();
  if (of_contact) {
    read_contact(record, sink);
  } else if (record.form["contact[email]"].empty() && record.form["contact[id]"].empty() &&
             find_word(k_kinds, type) == nullptr) {
    sink.skip(record.text); // "sent": a campaign starts, and nobody is named; deals, accounts
  } else {
    read_event(record, sink);
  }
}

bool is_webhook(const Form& form) {
  const bool somebody = form.has("contact[email]") || form.has("contact[id]");
  return (form.has("type") && form.has("date_time") &&
          (somebody || form.has("campaign[id]") || form.has("initiated_from"))) ||
         (somebody && form.has("seriesid"));
}

} // namespace

extern const FormFormat k_webhooks{"webhooks, forms", is_webhook, read, "date_time"};

} // namespace mailfunnel::activecampaign
