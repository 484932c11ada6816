#pragma once
// By what a report is known: its header, and for the few that have nothing there their first words.

#include "mail.hpp"

namespace mailfunnel::dsn {

/// A server's report on mails that did not arrive, whatever its form.
bool is_bounce(const Fields& header);

/// Words that stand in nothing but such reports.
bool is_bounce_text(std::string_view text);

/// May a mail with this header be a report, complaint or auto-reply? For recognising an input: a
/// mail that is claimed so can still turn out to be none.
bool may_be_report(const Fields& header);

} // namespace mailfunnel::dsn
