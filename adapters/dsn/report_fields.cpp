//   Original-Recipient: rfc822;ann+2Bnews@example.com
//   Diagnostic-Code: smtp; 550 5.1.1 <ann@example.com>: Recipient address rejected: User unknown
// RFC 3464 2.1.2 (types), RFC 3461 4 (xtext).

#include "report_fields.hpp"

#include "base/text.hpp"

namespace mailfunnel::dsn {

std::string_view without_type(std::string_view value) {
  std::size_t at = 0;
  while (at < value.size() && at < 32 && (is_alnum(value[at]) || value[at] == '-')) {
    ++at;
  }
  auto semicolon = at;
  while (semicolon < value.size() && value[semicolon] == ' ') {
    ++semicolon;
  }
  return at != 0 && semicolon < value.size() && value[semicolon] == ';'
             ? trim(value.substr(semicolon + 1))
             : value;
}

std::string decode_xtext(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto code = text[at] == '+' ? text.substr(at + 1, 2) : std::string_view();
    if (code == "2B" || code == "3D") {
      out += code == "2B" ? '+' : '=';
      at += 2;
    } else {
      out += text[at];
    }
  }
  return out;
}

} // namespace mailfunnel::dsn
