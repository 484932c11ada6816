#include "import_words.hpp"

#include "base/text.hpp"
#include "table.hpp"

#include <fmt/format.h>

namespace mailfunnel::cli {

std::string kinds_of(const ImportCounts& counts) {
  std::string out;
  for (std::size_t k = 0; k < k_event_kinds; ++k) {
    if (counts.by_kind[k] != 0) {
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", grouped(counts.by_kind[k]),
                         name_of(static_cast<EventKind>(k)));
    }
  }
  return out;
}

} // namespace mailfunnel::cli
