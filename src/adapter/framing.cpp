#include "adapter/framing.hpp"

#include "base/csv.hpp"
#include "base/json.hpp"
#include "base/mbox.hpp"

#include <algorithm>

namespace mailfunnel {

namespace {

/// Empty lines alone are no chunk: behind those at the front of a file stands its header, which
/// belongs to the first chunk.
std::size_t whole_rows(std::string_view text, char quote) {
  const auto whole = whole_csv_records(text, quote);
  return text.find_first_not_of("\r\n") < whole ? whole : 0;
}

} // namespace

std::size_t largest_record(Framing framing) {
  constexpr std::size_t k_mib = std::size_t{1} << 20;
  switch (framing) {
  case Framing::lines:
  case Framing::csv:
  case Framing::json:
    return 12 * k_mib; // a field of 10 MiB, and what stands beside it
  case Framing::mbox:
    return 64 * k_mib; // a mail, with what is attached
  case Framing::document:
    return 256 * k_mib;
  }
  return 0;
}

std::size_t whole_records(const LogReader& reader, std::string_view text) {
  switch (reader.framing()) {
  case Framing::lines:
    return text.rfind('\n') + 1;
  case Framing::csv:
    return whole_rows(text, reader.csv_quote());
  case Framing::json:
    return whole_json_values(text);
  case Framing::mbox:
    return last_from_line(text);
  case Framing::document:
    return 0;
  }
  return 0;
}

void read_text(LogReader& reader, std::string_view text, RecordSink& sink, std::size_t chunk_size) {
  bool first = true;
  do {
    std::size_t size = text.size();
    if (chunk_size != 0 && reader.framing() != Framing::document) {
      for (std::size_t window = chunk_size; window < text.size(); window *= 2) {
        if (const auto whole = whole_records(reader, text.substr(0, window)); whole != 0) {
          size = whole;
          break;
        }
      }
    }
    reader.read({text.substr(0, size), first, size == text.size()}, sink);
    text.remove_prefix(size);
    first = false;
  } while (!text.empty());
}

} // namespace mailfunnel
