// The language of segments and rules: funnel/expression.hpp.

#include "fuzz/target.hpp"

#include "funnel/expression.hpp"

#include <cstdlib>

bool mailfunnel::fuzz::run(std::string_view text) {
  const auto parsed = parse_expression(text);
  if (parsed.expression == nullptr) {
    // The caret stands under a place in the text, or right behind it.
    if (parsed.error.message.empty() || parsed.error.column > text.size()) {
      std::abort();
    }
    static_cast<void>(parsed.error.text(text));
    return false;
  }
  return true;
}
