#pragma once
// What a handler of the API gets, and how it reads parameters and answers. A handler throws Failure
// for what is wrong; the router makes the status and {"error": "…"} of it:
//
//   usage, bad_syntax  400     unauthorized  403     not_found  404     conflict  409
//   locked  503 with Retry-After                     all else  500, whose reason only the log tells

#include "app/api_token.hpp"
#include "app/tasks.hpp"
#include "app/workspace.hpp"
#include "web/exchange.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// By which data of persons leaves.
enum class Way : std::uint8_t { api, page };

struct ApiContext {
  const Workspace& workspace;
  const ApiToken& caller;
  Seconds now = 0;
  std::vector<std::string> places;                       // of the {…} in the path, decoded
  std::map<std::string, std::string, std::less<>> query; // decoded; only names that the route has
  Tasks* tasks = nullptr;                                // of the workspace
  Way way = Way::api;

  bool has(std::string_view name) const { return query.contains(name); }
  std::string text(std::string_view name) const; // "" where it is not given
  bool flag(std::string_view name) const;        // true, false or not given
  std::optional<std::int64_t> number(std::string_view name) const;
  std::optional<Seconds> time(Store& store, std::string_view name) const;
  Seconds as_of(Store& store) const; // without it: now

  Store reading() const { return Store::open_reading(workspace.store_path()); }
  Store writing() const { return Store::open_writing(workspace.store_path()); }
  /// Writing, with all events in the blocks; but where another run writes they stay in the inbox,
  /// so that nobody who reads waits for it.
  Store folded() const;
  bool another_writes() const; // at the moment
  bool masks() const;          // addresses are kept from this caller: [serve] mask_addresses
};

using ApiHandler = HttpResponse (*)(const ApiContext& context, const WebRequest& request);

// ---- faults

[[noreturn]] void bad_request(const std::string& why);
[[noreturn]] void not_found(const std::string& what);
[[noreturn]] void forbidden(const std::string& why);
/// The value, or its error as Failure.
template<typename T> T value_of(Result<T> result) {
  if (!result) {
    throw Failure(result.error());
  }
  return *std::move(result);
}

// ---- lists, a page at a time: ?limit=100&after=…

constexpr std::size_t k_usual_page = 100, k_longest_page = 1000;

std::size_t limit_of(const ApiContext& context);
/// The number that stands for {id} in the path; `what` for the message: "plan".
std::int64_t id_of(const ApiContext& context, std::string_view what);

/// {<head>,"items":[…],"next":"…"}; `lines`: an object each; `next`: what to ask for with `after`,
/// null at the end. `head`: members, or "".
HttpResponse list_response(std::string_view lines, const std::optional<std::string>& next,
                           std::string_view head = {});

/// The page of a list that is made whole each time; `write` makes the line of one.
template<typename T, typename Write>
HttpResponse page_response(const ApiContext& context, const std::vector<T>& items,
                           const Write& write, std::string_view head = {}) {
  const auto limit = limit_of(context);
  const auto start = context.number("after").value_or(0);
  if (start < 0) {
    bad_request("after: wants what `next` of the page before said");
  }
  std::string lines;
  auto at = static_cast<std::size_t>(start);
  for (; at < items.size() && at - static_cast<std::size_t>(start) < limit; ++at) {
    lines += write(items[at]);
    lines += lines.ends_with('\n') ? "" : "\n";
  }
  return list_response(lines, at < items.size() ? std::optional(std::to_string(at)) : std::nullopt,
                       head);
}

/// Every way of the API and of the pages to data of persons comes by here: a line of the log of
/// accesses, under the name of the token. Failure where it can't be written, and of the API to
/// somebody from whom addresses are kept (the pages mask them). `person`: as it was asked for, or
/// "" where a list left.
void note_person_access(const ApiContext& context, std::string_view what, std::string_view person,
                        std::uint64_t people, std::string_view detail = {});

} // namespace mailfunnel
