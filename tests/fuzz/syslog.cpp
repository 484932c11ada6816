// Lines of mail servers and web servers, and of all else that is neither a table nor JSON.

#include "fuzz/target.hpp"

std::size_t mailfunnel::fuzz::run(std::string_view text) {
  return read_all(Family::syslog, text);
}
