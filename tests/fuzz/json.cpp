// JSON values, lists and NDJSON of every adapter: saved webhook bodies, answers of APIs, journals.

#include "fuzz/target.hpp"

std::size_t mailfunnel::fuzz::run(std::string_view text) {
  return read_all(Family::json, text);
}
