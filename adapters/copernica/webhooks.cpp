// Webhooks: a form with one event. Saved, a body a line:
//   id=M1a2b3&type=click&timestamp=2026-03-02+10%3A25%3A07&time=1772443507&recipient=ann%40example.com
//     &ip=203.0.113.7&original=https%3A%2F%2Fwww.example.com%2Fdemo&useragent=Mozilla%2F5.0&tags%5B%5D=spring
// or one change of a profile:
//   type=update&timestamp=2026-03-02+10%3A25%3A07&time=1772443507&profile=1111&database=133
//     &fields%5BEmail%5D=ann%40example.com&fields%5BCompany%5D=Acme
// (one line each). https://www.copernica.com/en/documentation/webhooks

#include "readers.hpp"

#include "adapter/attributes.hpp"
#include "adapter/returned_mail.hpp"
#include "adapter/smtp_status.hpp"
#include "adapter/word_table.hpp"

#include <array>

namespace mailfunnel::copernica {

namespace {

struct KindRow {
  std::string_view word; // type
  EventKind kind;
};
constexpr std::array k_kinds{
    KindRow{"open", EventKind::open},          KindRow{"click", EventKind::click},
    KindRow{"delivery", EventKind::delivered}, KindRow{"failure", EventKind::bounce},
    KindRow{"bounce", EventKind::bounce},
};

Bounce judge_bounce(const Form& form) {
  if (form.has("mime")) {
    return judge_returned_mail(form["mime"]);
  }
  const auto verdict = judge_smtp(form["extended"], form["description"]);
  Bounce bounce{verdict.klass, verdict.reason, verdict.status, verdict.code, form["description"]};
  if (const auto code = parse_int(form["code"]);
      code && bounce.code == 0 && *code >= 200 && *code < 600) {
    bounce.code = static_cast<int>(*code);
  }
  return bounce;
}

void read_profile(const FormRecord& record, RecordSink& sink) {
  const auto& form = record.form;
  if (form["type"] == "delete") {
    sink.skip(record.text);
    return;
  }
  RecipientView view;
  view.record = record.text;
  view.contact_id = form["profile"];
  Attributes attributes;
  form.each_in("fields", [&](std::string_view name, std::string_view value) {
    if (view.address.empty() && value.find('@') != std::string_view::npos &&
        icontains(name, "mail")) {
      view.address = value;
    } else {
      attributes.add(name, value);
    }
  });
  if (view.address.empty() && view.contact_id.empty()) {
    sink.reject("neither a profile nor a field with an address", record.text);
    return;
  }
  if (const auto when = parse_unix_time(form["time"])) {
    view.changed_at = when->seconds;
  }
  view.attributes = attributes.all();
  sink.accept(view);
}

void read_event(const FormRecord& record, RecordSink& sink) {
  const auto& form = record.form;
  EventView view;
  view.record = record.text;
  view.native = form["type"];
  view.kind = kind_of(k_kinds, view.native);
  view.address = form["recipient"];
  const auto when = parse_unix_time(form["time"]);
  if (view.address.empty()) {
    sink.reject("no recipient", record.text);
    return;
  }
  if (!when) {
    sink.reject("\"" + printable(form["time"], 40) + "\" in time is not a time in seconds",
                record.text);
    return;
  }
  view.time = *when;
  view.message_id = form["id"];
  if (view.kind == EventKind::open || view.kind == EventKind::click) {
    view.agent_given = form.has("useragent");
    view.user_agent = form["useragent"];
    view.ip = form["ip"];
    view.link = view.kind == EventKind::click ? form["original"] : std::string_view{};
  } else if (view.kind == EventKind::bounce) {
    view.bounce = judge_bounce(form);
  }
  const auto tags = form.list("tags");
  view.tags = tags;
  sink.accept(view);
}

void read(const FormRecord& record, RecordSink& sink) {
  if (record.form.has("profile") && !record.form.has("recipient")) {
    read_profile(record, sink);
  } else {
    read_event(record, sink);
  }
}

bool is_webhook(const Form& form) {
  const bool of_mail =
      form.has("id") && form.has("recipient") && find_word(k_kinds, form["type"]) != nullptr;
  const bool of_profile = form.has("profile") && form.has("database");
  return form.has("type") && form.has("time") && form.has("timestamp") && (of_mail || of_profile);
}

} // namespace

extern const FormFormat k_webhooks{"webhooks, forms", is_webhook, read};

} // namespace mailfunnel::copernica
