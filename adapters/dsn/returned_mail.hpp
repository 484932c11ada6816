#pragma once
// The mail that came back, which a report holds.

#include "adapter/mail.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mailfunnel::dsn {

/// The text of a report cut where the returned mail begins.
struct CutText {
  std::string_view report;
  std::string_view returned; // from its first field on; may be empty
};
CutText cut_text(std::string_view text);

/// What people read of a report: its text parts, without the returned mail and attached files;
/// of HTML only where there is nothing else.
std::string report_text(const Mail& mail);

/// The header of the returned mail: of a part of its own, else of what stands in the text.
MailFields returned_fields(const Mail& mail);

} // namespace mailfunnel::dsn
