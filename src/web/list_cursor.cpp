#include "web/list_cursor.hpp"

#include "base/text.hpp"
#include "web/api_context.hpp"

#include <fmt/format.h>

namespace mailfunnel {

std::string to_text(const ListCursor& cursor) {
  return fmt::format("{}/{}/{}", cursor.as_of, cursor.place.score, cursor.place.email);
}

ListCursor parse_cursor(std::string_view text) {
  const auto first = text.find('/');
  const auto second = first == std::string_view::npos ? first : text.find('/', first + 1);
  const auto as_of = parse_int(text.substr(0, first));
  const auto score = second == std::string_view::npos
                         ? std::nullopt
                         : parse_int(text.substr(first + 1, second - first - 1));
  if (!as_of || !score || *as_of < 0) {
    bad_request("after: wants what `next` of the page before said");
  }
  return {*as_of, {*score, std::string(text.substr(second + 1))}};
}

} // namespace mailfunnel
