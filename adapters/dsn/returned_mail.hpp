#pragma once
// The mail that came back, and what its header tells about the mailing.

#include "mail.hpp"

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
Fields returned_fields(const Mail& mail);

/// What the sender wrote into that header.
struct Mailing {
  std::string campaign, contact_id, list_id;
};
Mailing find_mailing(const Fields& returned);

} // namespace mailfunnel::dsn
