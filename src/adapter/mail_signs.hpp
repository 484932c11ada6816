#pragma once
// By what a mail is known that tells what became of another one: its header, and for the few that
// have nothing there their first words.

#include "adapter/mail_fields.hpp"

#include <string_view>

namespace mailfunnel {

/// A server's report on mails that did not arrive, whatever its form.
bool is_bounce(const MailFields& header);

/// Words that stand in nothing but such reports.
bool is_bounce_text(std::string_view text);

/// The mail of a person who is away, or of a robot that answers every mail (RFC 3834 and what is
/// older, by headers and subjects).
bool is_auto_reply(const MailFields& header);

/// May a mail with this header be a report, complaint or auto-reply? For recognising an input: a
/// mail that is claimed so can still turn out to be none.
bool may_be_report(const MailFields& header);

} // namespace mailfunnel
