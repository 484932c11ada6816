// What is done for a person: a letter of all that is kept, objection, suppression, erasure
// (docs/privacy.md). What a command does for whoever sits at the machine, these do under the name
// of the token.

#include "app/access_letter.hpp"
#include "app/objection.hpp"
#include "base/text.hpp"
#include "model/recipient.hpp"
#include "web/pages/handlers.hpp"
#include "web/pages/person_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace mailfunnel {

namespace {

constexpr std::size_t k_longest_note = 500; // bytes

constexpr std::array k_letter_languages{"en", "nl", "fr", "de"};

bool holds(const AccessReport& report, std::string_view reason) {
  return std::any_of(
      report.suppressions.begin(), report.suppressions.end(),
      [reason](const HandSuppression& one) { return one.reason == reason && !one.valid_to; });
}

std::string note_of(const PageContext& context) {
  auto note = context.field("note");
  if (note.size() > k_longest_note) {
    bad_request(context.t["note_too_long"]);
  }
  return note;
}

/// The person again, with a word of what was done.
HttpResponse done(const PageContext& context, const std::string& who, const Result<bool>& changed,
                  const std::string& what, std::string_view detail, std::string_view word) {
  if (value_of(changed)) {
    note_person_access(context, what, who, 1, detail);
  }
  return see_other(context, context.path_of_person(who),
                   {{"done", *changed ? std::string(word) : "nothing"}});
}

} // namespace

void set_person_actions(View& view, const PageContext& context, const std::string& who,
                        const AccessReport& report) {
  const auto& t = context.t;
  view.set("may_act", context.may(Role::operations));
  view.set("may_erase", context.may(Role::admin));
  const auto said = context.text("done");
  const auto word = "done_" + said;
  view.set("done", said.empty() || !Words::has(word) ? View(false) : View(t[word]));
  auto languages = list_of();
  for (const auto* code : k_letter_languages) {
    View one;
    one.set("code", std::string(code));
    one.set("here", code == code_of(t.language()));
    languages << one;
  }
  view.set("letter_languages", languages);
  auto reasons = list_of();
  for (const auto reason : k_hand_reasons) {
    View one;
    one.set("value", std::string(reason));
    one.set("name", t["by_hand_" + replace_all(reason, " ", "_")]);
    reasons << one;
  }
  view.set("hand_reasons", reasons);
  view.set("objects", holds(report, k_objection) || holds(report, k_objection_to_profiling));
  view.set("by_hand",
           std::any_of(std::begin(k_hand_reasons), std::end(k_hand_reasons),
                       [&report](std::string_view reason) { return holds(report, reason); }));
  view.set("typed", context.shown(who));
  auto contacts = list_of();
  for (const auto& contact : report.contacts) {
    contacts << View(contact.account + ": " + contact.id);
  }
  view.set("some_contacts", !report.contacts.empty());
  view.set("contacts", contacts);
}

HttpResponse person_letter(const PageContext& context) {
  const auto who = context.person();
  const auto asked = context.text("lang");
  const auto language =
      letter_language(asked.empty() ? std::string(code_of(context.t.language())) : asked);
  if (!language) {
    bad_request(context.t["letter_which"]);
  }
  auto store = context.reading();
  const auto report = value_of(access_report(store, context.workspace, who, context.now));
  note_person_access(context, "access", who, 1);
  return file_response("text/plain; charset=utf-8",
                       fmt::format("access-{}.txt", format_date(context.now)),
                       access_letter(report, context.workspace, *language));
}

HttpResponse person_object(const PageContext& context) {
  const auto who = context.person();
  std::vector<std::string_view> reasons{k_objection, k_objection_to_profiling};
  const auto from = context.field("from");
  if (from == "mailing" || from == "profiling") {
    reasons = {from == "mailing" ? k_objection : k_objection_to_profiling};
  } else if (from != "both") {
    bad_request(context.t["which_objection"]);
  }
  const bool withdraw = context.field("withdraw") == "true";
  const auto note = note_of(context);
  auto store = context.writing();
  const auto changed = withdraw ? take_back(store, who, reasons, context.now)
                                : suppress(store, who, reasons, note, context.now);
  return done(context, who, changed, withdraw ? "object --withdraw" : "object",
              join(std::vector<std::string>(reasons.begin(), reasons.end()), ", "),
              withdraw ? "withdrawn" : "objected");
}

HttpResponse person_suppress(const PageContext& context) {
  const auto who = context.person();
  const auto reason = context.field("reason");
  if (std::find(std::begin(k_hand_reasons), std::end(k_hand_reasons), reason) ==
      std::end(k_hand_reasons)) {
    bad_request(context.t["which_reason"]);
  }
  const auto note = note_of(context);
  const std::string_view reasons[] = {reason};
  auto store = context.writing();
  return done(context, who, suppress(store, who, reasons, note, context.now), "suppress", reason,
              "suppressed");
}

HttpResponse person_unsuppress(const PageContext& context) {
  const auto who = context.person();
  auto store = context.writing();
  return done(context, who, take_back(store, who, k_hand_reasons, context.now), "unsuppress", {},
              "unsuppressed");
}

HttpResponse person_erase(const PageContext& context) {
  const auto who = context.person();
  auto store = context.reading();
  const auto found = find_person(store, who);
  std::string typed_scratch, who_scratch;
  const auto typed = context.field("confirm");
  const auto same = [&] {
    const auto address = normalise_address(typed, typed_scratch);
    return address.empty() ? trim(typed) == who : address == normalise_address(who, who_scratch);
  };
  if (!found.known) {
    throw Failure(nobody(store, who));
  }
  if (!same()) {
    bad_request(context.t["erase_not_typed"]);
  }
  return begin_task(context, "forget", {who}); // it takes its time
}

} // namespace mailfunnel
