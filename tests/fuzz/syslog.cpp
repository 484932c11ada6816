// Lines of mail servers and web servers, and of all else that is neither a table nor JSON.

#include "fuzz/target.hpp"

bool mailfunnel::fuzz::run(std::string_view text) {
  return read(Family::syslog, text);
}
