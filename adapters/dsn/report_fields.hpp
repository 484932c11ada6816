#pragma once
// Values of the fields of a report, beyond those of any mail: addresses with a type before them,
// xtext.

#include <string>
#include <string_view>

namespace mailfunnel::dsn {

/// "rfc822; ann@example.com" -> "ann@example.com", "smtp;550 no" -> "550 no": what stands behind a
/// type as RFC 3464 has it.
std::string_view without_type(std::string_view value);

/// RFC 3461: "+hh" stands for a byte. Only what a sender must write so ('+' and '=') is decoded, as
/// many reports hold a plain address in which a '+' is one: "ann+2Bnews@example.com".
std::string decode_xtext(std::string_view text);

} // namespace mailfunnel::dsn
