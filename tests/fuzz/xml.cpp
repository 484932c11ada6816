// XML of every adapter.

#include "fuzz/target.hpp"

std::size_t mailfunnel::fuzz::run(std::string_view text) {
  return read_all(Family::xml, text);
}
