// XML of every adapter.

#include "fuzz/target.hpp"

bool mailfunnel::fuzz::run(std::string_view text) {
  return read(Family::xml, text);
}
