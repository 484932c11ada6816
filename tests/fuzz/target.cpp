#include "fuzz/target.hpp"

#include "adapter/decode_sink.hpp"
#include "adapter/webhook.hpp"
#include "base/text.hpp"
#include "fuzz/reading.hpp"
#include "support/padded.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

namespace mailfunnel::fuzz {

namespace {

constexpr std::size_t k_small_chunk = 256;

Family family_of(const LogReader& reader, std::string_view text) {
  text = text.substr(text.starts_with("\xEF\xBB\xBF") ? 3 : 0);
  text = text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  const char first = text.empty() ? '\0' : text[0];
  const char second = text.size() < 2 ? '\0' : text[1];
  switch (reader.framing()) {
  case Framing::csv:
    return Family::csv;
  case Framing::json:
    return Family::json;
  case Framing::mbox:
    return Family::mime;
  case Framing::lines:
  case Framing::document:
    break;
  }
  if (first == '{' || first == '[') {
    return Family::json;
  }
  if (first == '<' && !is_digit(second)) { // <22>: a priority of syslog
    return Family::xml;
  }
  return reader.framing() == Framing::document ? Family::mime : Family::syslog;
}

} // namespace

std::size_t read_all(Family family, std::string_view text) {
  const Padded padded(text), head(text.substr(0, k_head));
  auto context = context_of("export-2026.csv");
  context.contacts = family == Family::csv;
  std::size_t takers = 0;
  for (const auto& match : registry().detect(head.text(), context)) {
    if (family_of(*match.reader, text) != family) {
      continue;
    }
    ++takers;
    const auto whole = read_with(*match.entry, context, head.text(), padded.text(), 0);
    const auto cut = read_with(*match.entry, context, head.text(), padded.text(), k_small_chunk);
    if (cut.records != whole.records) {
      broken(match.entry->id, "other records in chunks than in the whole");
    }
  }
  return takers;
}

namespace {

constexpr std::string_view k_secret = "fuzz-secret";

bool post(const AdapterRegistry::Entry& entry, HttpRequest request, std::string_view body) {
  const Secrets secrets{{"bearer_token", std::string(k_secret)},
                        {"signing_secret", std::string(k_secret)},
                        {"webhook_secret", std::string(k_secret)}};
  request.body.reserve(body.size() + k_padding);
  request.body = body;
  DecodeSink sink(entry.id, "fuzz", [](std::string_view) {});
  sink.begin_chunk(request.body);
  return take_webhook(*entry.adapter, request, secrets, {k_now}, sink).has_value();
}

HttpRequest request_of(std::string_view headers) {
  HttpRequest request;
  request.url = "https://example.com/hook?secret=fuzz-secret"; // k_secret
  while (!headers.empty()) {
    const auto line = headers.substr(0, headers.find('\n'));
    headers.remove_prefix(std::min(line.size() + 1, headers.size()));
    const auto colon = std::min(line.find(':'), line.size());
    request.headers.emplace_back(std::string(line.substr(0, colon)),
                                 std::string(trim(line.substr(std::min(colon + 1, line.size())))));
  }
  return request;
}

} // namespace

std::size_t post_all(std::string_view text) {
  const auto empty_line = std::min(text.find("\n\n"), text.size());
  const auto behind = std::min(empty_line + 2, text.size());
  std::size_t taken = 0;
  for (const auto& entry : registry().all()) {
    if (!entry.adapter->has_webhook()) {
      continue;
    }
    auto with_secret = request_of("Authorization: Bearer fuzz-secret");
    taken += post(entry, std::move(with_secret), text) ? 1 : 0;
    taken += post(entry, request_of(text.substr(0, empty_line)), text.substr(behind)) ? 1 : 0;
  }
  return taken;
}

} // namespace mailfunnel::fuzz

/// What libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mailfunnel::fuzz::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
