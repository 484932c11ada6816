#include "base/result.hpp"

#include "base/text.hpp"

#include <ostream>

namespace mailfunnel {

constexpr std::size_t k_longest_source = 4096;

std::string Error::text() const {
  std::string out = printable(source, k_longest_source); // a name of a file may hold anything
  if (line != 0) {
    out += (out.empty() ? "line " : ":") + std::to_string(line);
  }
  return out.empty() ? message : out + ": " + message;
}

std::ostream& operator<<(std::ostream& out, const Error& error) {
  return out << error.text();
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw Failure(error);
}

} // namespace mailfunnel
