#pragma once
// What people should hear of: found in the store, told once.
//
//   sql            somebody became SQL (or whatever status the sales segments ask for: see below)
//   jobs           a scheduled job failed
//   silence        an account that got webhooks has had none for a day
//   no-opens       a mailing that was delivered a day ago has not one open, where opens are told
//   complaints     more than 0.1 % of those a mailing reached complained
//   hard-bounces   more than 2 % of those a mailing was sent to are no addresses
//   plans          a push waits for somebody to approve it
//   statuses       after a change of rules a status holds a fifth more or fewer people

#include "app/workspace.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

inline constexpr std::array<std::string_view, 8> k_notice_kinds{
    "sql", "jobs", "silence", "no-opens", "complaints", "hard-bounces", "statuses", "plans"};

struct Notice {
  std::string kind, key; // what it is about: it is told once
  std::string text;
};

struct NotifyReport {
  std::size_t found = 0, fresh = 0, sent = 0; // sent: messages
  std::vector<Notice> told;
  std::vector<Error> errors; // of routes that could not be reached: tried again the next time
};

/// Finds what is new, and tells it over the routes of [[notify]]: at once, or when their digest is
/// due. The first time people and mailings that are there already are taken as known. `dry_run`:
/// keeps and sends nothing.
NotifyReport notify(Store& store, const Workspace& workspace, Seconds now, bool dry_run);

} // namespace mailfunnel
