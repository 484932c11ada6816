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

struct Addressed {
  const AdapterRegistry::Entry& entry;
  std::string_view text;
};

Addressed addressed(std::string_view input) {
  const auto& entries = registry().all();
  const auto name = input.substr(0, input.find('\n'));
  input.remove_prefix(std::min(name.size() + 1, input.size()));
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [name](const auto& entry) { return entry.id == name; });
  const auto any = name.empty() ? std::size_t{0} : static_cast<std::uint8_t>(name[0]);
  return {found != entries.end() ? *found : entries[any % entries.size()], input};
}

} // namespace

bool read(Family family, std::string_view input) {
  const auto& [entry, text] = addressed(input);
  const Padded padded(text), head(text.substr(0, k_head));
  auto context = context_of("export-2026.csv");
  context.contacts = family == Family::csv;
  const auto reader = entry.adapter->open_log(head.text(), context);
  if (!reader || family_of(*reader, text) != family) {
    return false;
  }
  const auto whole = read_with(entry, context, head.text(), padded.text(), 0);
  const auto cut = read_with(entry, context, head.text(), padded.text(), k_small_chunk);
  if (cut.records != whole.records) {
    broken(entry.id, "other records in chunks than in the whole");
  }
  return true;
}

namespace {

HttpRequest request_of(std::string_view headers, std::string_view body) {
  HttpRequest request;
  request.url = "https://example.com/hook?secret=fuzz-secret"; // of secrets()
  while (!headers.empty()) {
    const auto line = headers.substr(0, headers.find('\n'));
    headers.remove_prefix(std::min(line.size() + 1, headers.size()));
    const auto colon = std::min(line.find(':'), line.size());
    request.headers.emplace_back(std::string(line.substr(0, colon)),
                                 std::string(trim(line.substr(std::min(colon + 1, line.size())))));
  }
  request.body.reserve(body.size() + k_padding);
  request.body = body;
  return request;
}

const Secrets& secrets() {
  static const Secrets k_secrets{{"bearer_token", "fuzz-secret"},
                                 {"signing_secret", "fuzz-secret"},
                                 {"webhook_secret", "fuzz-secret"}};
  return k_secrets;
}

} // namespace

bool post(std::string_view input) {
  const auto& [entry, text] = addressed(input);
  const auto& adapter = *entry.adapter;
  if (!adapter.has_webhook()) {
    return false;
  }
  const WebhookContext context{k_now};
  bool taken = false;
  const auto give = [&, &entry = entry](const HttpRequest& request, bool check) {
    DecodeSink sink(entry.id, "fuzz", [](std::string_view) {});
    sink.begin_chunk(request.body);
    taken |= (check ? take_webhook(adapter, request, secrets(), context, sink)
                    : adapter.read_webhook(request, context, sink))
                 .has_value();
  };
  const auto empty_line = std::min(text.find("\n\n"), text.size());
  const auto behind = std::min(empty_line + 2, text.size());
  const auto with_secret = request_of("Authorization: Bearer fuzz-secret", text);
  give(with_secret, true);
  give(with_secret, false);
  give(request_of(text.substr(0, empty_line), text.substr(behind)), true);
  return taken;
}

} // namespace mailfunnel::fuzz

/// What libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mailfunnel::fuzz::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
