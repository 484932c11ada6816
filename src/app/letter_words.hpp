#pragma once
// What access_letter.cpp says, in four languages. {} is filled in.

#include <array>
#include <optional>
#include <string_view>

namespace mailfunnel {

using InLanguages = std::array<std::string_view, 4>; // en, nl, fr, de

enum class Phrase : std::uint8_t {
  title,
  date,
  intro,
  who,
  who_controller,
  who_contact,
  who_dpo,
  why,
  why_purposes,
  why_basis,
  why_sources,
  why_recipients,
  why_platforms,
  why_no_machine,
  keep,
  keep_events,
  keep_forever,
  keep_suppression,
  data,
  data_addresses,
  data_contact,
  data_attributes,
  data_no_attributes,
  data_since,
  data_suppressed,
  data_suppressed_until,
  events,
  events_none,
  events_counts,
  events_span,
  score,
  score_what,
  score_how,
  score_now,
  score_line,
  score_fit,
  score_fit_line,
  score_no_lines,
  score_status,
  score_status_by_rule,
  score_use,
  score_human,
  score_objected,
  lists,
  lists_in,
  lists_none,
  lists_pushed,
  lists_exported,
  seen,
  seen_line,
  seen_none,
  rights,
  rights_text,
  rights_object,
  rights_complain,
  annex,
  annex_note,
  count, // of all the above
};
extern const std::array<InLanguages, static_cast<std::size_t>(Phrase::count)> k_phrases;

/// "1 click", "3 clicks": what an event's kind, a rule of scoring or a suppression is called.
/// nullptr: it has no words but its own.
const InLanguages* kind_words(std::string_view kind);
const InLanguages* rule_words(std::string_view rule);
const InLanguages* suppression_reason_words(std::string_view reason);
/// Of the year, from 1.
const InLanguages& month_words(unsigned month);

} // namespace mailfunnel
