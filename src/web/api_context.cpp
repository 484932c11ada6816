#include "web/api_context.hpp"

#include "app/access_log.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "ingest/session.hpp"

#include <fmt/format.h>

namespace mailfunnel {

std::string ApiContext::text(std::string_view name) const {
  const auto found = query.find(name);
  return found == query.end() ? std::string() : found->second;
}

bool ApiContext::flag(std::string_view name) const {
  const auto value = text(name);
  if (!value.empty() && value != "true" && value != "false") {
    bad_request(fmt::format("{}: wants true or false, not \"{}\"", name, printable(value, 60)));
  }
  return value == "true";
}

std::optional<std::int64_t> ApiContext::number(std::string_view name) const {
  if (!has(name)) {
    return std::nullopt;
  }
  const auto number = parse_int(text(name));
  if (!number) {
    bad_request(
        fmt::format("{}: wants a whole number, not \"{}\"", name, printable(text(name), 60)));
  }
  return number;
}

std::optional<Seconds> ApiContext::time(Store& store, std::string_view name) const {
  if (!has(name)) {
    return std::nullopt;
  }
  const auto time = parse_as_of(store, text(name), now);
  if (!time) {
    bad_request(fmt::format("{}: wants a date such as 2026-03-01, a time such as "
                            "2026-03-01T12:00:00Z, now or latest, not \"{}\"",
                            name, printable(text(name), 60)));
  }
  return *time;
}

Seconds ApiContext::as_of(Store& store) const {
  return time(store, "as_of").value_or(now);
}

Store ApiContext::folded() const {
  auto store = writing();
  if (Activity(store.database()).inbox_size() != 0 && !another_writes()) {
    fold_inbox(store, workspace.threads);
  }
  return store;
}

bool ApiContext::another_writes() const {
  try {
    const WriterLock lock(workspace.store_path(), 0);
    return false;
  } catch (const Failure&) {
    return true;
  }
}

bool ApiContext::masks() const {
  return workspace.config.serve.mask_addresses && caller.role == Role::reviewer;
}

void bad_request(const std::string& why) {
  throw Failure({ErrorCode::usage, why});
}

void not_found(const std::string& what) {
  throw Failure({ErrorCode::not_found, what});
}

void forbidden(const std::string& why) {
  throw Failure({ErrorCode::unauthorized, why});
}

std::size_t limit_of(const ApiContext& context) {
  const auto limit = context.number("limit").value_or(k_usual_page);
  if (limit < 1 || limit > static_cast<std::int64_t>(k_longest_page)) {
    bad_request(fmt::format("limit: wants 1 to {}", k_longest_page));
  }
  return static_cast<std::size_t>(limit);
}

std::int64_t id_of(const ApiContext& context, std::string_view what) {
  const auto id = parse_int(context.places[0]);
  if (!id || *id < 0) {
    bad_request(fmt::format("the number of a {} is wanted, as its list gives it", what));
  }
  return *id;
}

HttpResponse list_response(std::string_view lines, const std::optional<std::string>& next,
                           std::string_view head) {
  std::string json = "{";
  json += head;
  json += head.empty() ? "\"items\":[" : ",\"items\":[";
  while (lines.ends_with('\n')) {
    lines.remove_suffix(1);
  }
  json.reserve(json.size() + lines.size() + 64);
  for (const char c : lines) { // within JSON no line ends
    json += c == '\n' ? ',' : c;
  }
  return json_response(200, json + "],\"next\":" + (next ? json_text(*next) : "null") + "}\n");
}

void note_person_access(const ApiContext& context, std::string_view what, std::string_view person,
                        std::uint64_t people, std::string_view detail) {
  if (context.masks() && context.way == Way::api) {
    forbidden("addresses are kept from reviewers: the pages show people without");
  }
  auto words = fmt::format("{}{}{}", context.way == Way::api ? "API" : "page",
                           detail.empty() ? "" : ", ", detail);
  const auto noted = note_access(context.workspace.store_path(),
                                 {context.now, context.caller.name, std::string(what),
                                  std::string(person), people, std::move(words)});
  if (!noted) {
    throw Failure(noted.error()); // nobody sees what can't be noted
  }
}

} // namespace mailfunnel
