// JSON values, lists and NDJSON of every adapter: saved webhook bodies, answers of APIs, journals.

#include "fuzz/target.hpp"

bool mailfunnel::fuzz::run(std::string_view text) {
  return read(Family::json, text);
}
