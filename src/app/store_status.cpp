#include "app/store_status.hpp"

#include "base/json_text.hpp"
#include "store/activity.hpp"
#include "store/catalog.hpp"
#include "store/recipients.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

namespace mailfunnel {

namespace {

std::uint64_t bytes_of(const std::string& store) {
  std::uint64_t size = 0;
  for (const auto* ending : {"", "-wal"}) {
    std::error_code error;
    const auto bytes = std::filesystem::file_size(store + ending, error);
    size += error ? 0 : bytes;
  }
  return size;
}

} // namespace

StoreStatus status_of(Store& store) {
  StoreStatus out;
  Catalog catalog(store.database());
  Activity activity(store.database());
  std::map<std::uint32_t, AccountStatus> accounts;
  for (const auto& account : catalog.accounts()) {
    auto& one = accounts[account.id];
    one.name = account.name;
    one.adapter = account.adapter;
  }
  std::map<CampaignId, std::uint32_t> account_of;
  for (const auto& c : catalog.campaigns()) {
    account_of[c.id] = c.account;
    accounts[c.account].mailings += c.campaign.id.empty() ? 0 : 1;
    ++out.campaigns;
  }
  out.inbox = activity.inbox_size();
  out.events = out.inbox;
  for (const auto& [set, count] : activity.counts()) {
    accounts[account_of[set.first]].events += count;
    out.events += count;
  }
  for (const auto& c : catalog.coverage()) {
    auto& one = accounts[c.account];
    one.from = std::min(one.from.value_or(c.starts), c.starts);
    one.to = std::max(one.to.value_or(c.ends), c.ends);
  }
  for (auto& [id, one] : accounts) {
    if (!one.name.empty()) {
      out.accounts.push_back(std::move(one));
    }
  }
  out.path = store.path();
  out.bytes = bytes_of(store.path());
  out.recipients = Recipients(store.database()).count();
  auto run = store.database().use("SELECT as_of, changes = (SELECT value FROM meta WHERE key = "
                                  "'changes') FROM run WHERE kept <> 2 ORDER BY id DESC LIMIT 1");
  if (run.step()) {
    out.scored_as_of = run.integer(0);
    out.scores_current = run.integer(1) != 0;
  }
  return out;
}

std::string to_json(const StoreStatus& status) {
  return fmt::format(
      "{{\"store\":{},\"bytes\":{},\"recipients\":{},\"events\":{},\"inbox\":{},\"campaigns\":{},"
      "\"scored_as_of\":{},\"scores_current\":{}}}\n",
      json_text(status.path), status.bytes, status.recipients, status.events, status.inbox,
      status.campaigns, status.scored_as_of ? json_text(format_time(*status.scored_as_of)) : "null",
      status.scores_current);
}

} // namespace mailfunnel
