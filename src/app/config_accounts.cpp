// [[account]]: whose logs these are.

#include "app/config_sections.hpp"

#include <fmt/format.h>

namespace mailfunnel {

namespace {

void read_account(Section section, Config& config) {
  AccountConfig account;
  account.name = section.text("name").value_or("");
  account.esp = section.text("esp").value_or("");
  if (account.name.empty() || account.esp.empty()) {
    section.error_here("an [[account]] needs a `name` and an `esp`");
  }
  if (config.account(account.name) != nullptr) {
    section.error("name", fmt::format("two accounts are called \"{}\"", account.name));
  }
  const auto zone = section.zone("zone");
  account.zone = zone.value_or(nullptr);
  account.zone_given = zone.has_value();
  account.list = section.text("list").value_or("");
  account.senders = section.texts("sender");
  account.archived = section.choice("state", {"active", "archived"}).value_or(0) == 1;
  if (const auto delivered = section.choice("delivered", {"reported", "assumed"})) {
    account.delivery_events = *delivered == 0;
  }
  section.allow(
      {"api_key", "base_url", "webhook_key", "webhook_secret", "history", "quota_share", "dc"});
  section.finish();
  config.accounts.push_back(std::move(account));
}

} // namespace

void read_accounts(Section& top, Config& config) {
  for (auto& section : top.sections("account", "[[account]]")) {
    read_account(std::move(section), config);
  }
}

} // namespace mailfunnel
