#pragma once
// Brevo's words for what happened to a mail. Webhooks, API and log file spell them each in their
// own way ("soft_bounce", "softBounces", "Soft bounce"): one table for all.

#include "model/event.hpp"

#include <string_view>

namespace mailfunnel::brevo {

struct Meaning {
  EventKind kind = EventKind::unknown;
  bool by_proxy = false; // "loaded by proxy": a mail program that fetches for its user
  Bounce bounce{};       // class and reason that the word itself tells
};
/// kind unknown for a word that is not known.
Meaning meaning_of(std::string_view word);
/// Events of contacts, not of mails.
bool is_of_contacts(std::string_view word);

/// Kind, evidence and bounce of an event, by its word; `answer` is what the server said.
void fill_meaning(EventView& event, std::string_view answer);

} // namespace mailfunnel::brevo
