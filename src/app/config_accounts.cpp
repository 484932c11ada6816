// [[account]]: whose logs these are, and how its ESP is talked to.

#include "app/config_sections.hpp"

#include "adapter/webhook.hpp"
#include "adapter/webhook_sender.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mailfunnel {

namespace {

/// Requests go there with the account's key.
bool good_base_url(std::string_view url) {
  const auto uri = parse_uri(url);
  constexpr std::string_view k_own[] = {"127.0.0.1", "[::1]", "localhost"};
  const bool own = std::find(std::begin(k_own), std::end(k_own), uri.host) != std::end(k_own);
  return !uri.host.empty() && uri.query.empty() &&
         (uri.scheme == "https" || (uri.scheme == "http" && own));
}

bool is_hook_key(std::string_view name) {
  return std::find(k_webhook_keys.begin(), k_webhook_keys.end(), name) != k_webhook_keys.end();
}

/// What is no key of ours is one of the adapter's (a table or a text), or for its webhooks. A few
/// names are both.
void read_esp_keys(Section& section, AccountConfig& account) {
  for (const auto& name : section.others()) {
    EspKey key;
    std::tie(key.line, key.column) = section.place_of(name);
    if (section.table().get(name)->is_string()) {
      key.text = section.text(name).value_or("");
    } else if (auto secret = section.secret(name)) {
      key.secret = *std::move(secret);
    } else {
      continue; // told
    }
    if (is_hook_key(name)) {
      account.hook_keys.emplace(name, key);
    }
    if (!name.starts_with("webhook_")) {
      account.keys.emplace(name, std::move(key));
    }
  }
}

void read_routes(Section& section, AccountConfig& account) {
  for (const auto& text : section.texts("sender")) {
    if (auto pattern = SenderPattern::parse(text)) {
      account.senders.push_back(std::move(*pattern));
    } else {
      section.error("sender", fmt::format("\"{}\": {}", text, pattern.error().message));
    }
  }
  account.jobs = section.texts("job");
  account.skip_others = section.choice("others", {"reject", "skip"}).value_or(0) == 1;
  if (account.skip_others && account.senders.empty() && account.jobs.empty()) {
    section.error("others", "it is for accounts that have a `sender` or a `job`");
  }
}

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
  read_routes(section, account);
  account.archived = section.choice("state", {"active", "archived"}).value_or(0) == 1;
  if (const auto delivered = section.choice("delivered", {"reported", "assumed"})) {
    account.delivery_events = *delivered == 0;
  }
  account.base_url = section.text("base_url").value_or("");
  if (!account.base_url.empty() && !good_base_url(account.base_url)) {
    section.error("base_url",
                  "`base_url` should begin with https:// (http:// only for this machine: "
                  "127.0.0.1, [::1], localhost) and have no query");
  }
  account.history = section.duration("history").value_or(account.history);
  account.quota_share = section.number("quota_share").value_or(1);
  if (!(account.quota_share > 0 && account.quota_share <= 1)) {
    section.error("quota_share",
                  "`quota_share` is a share of the platform's limit: above 0, at most 1");
  }
  read_esp_keys(section, account);
  section.finish();
  config.accounts.push_back(std::move(account));
}

struct Checker {
  const Config& config;
  std::vector<Problem>& problems;

  void tell(const EspKey& key, std::string message, bool warning = false) {
    problems.push_back({config.file, key.line, key.column, std::move(message), warning});
  }

  void check(const AccountConfig& account, const Adapter& adapter) {
    const auto known = adapter.account_keys();
    for (const auto& [name, key] : account.keys) {
      const auto same = [&name = name](const AccountKey& one) { return one.name == name; };
      const auto found = std::find_if(known.begin(), known.end(), same);
      if (found == known.end() && adapter.has_webhook() && is_hook_key(name)) {
        continue;
      }
      if (found == known.end()) {
        std::vector<std::string> names{"name",      "esp",      "zone",    "list",
                                       "sender",    "job",      "others",  "state",
                                       "delivered", "base_url", "history", "quota_share"};
        for (const auto& one : known) {
          names.emplace_back(one.name);
        }
        names.insert(names.end(), k_webhook_keys.begin(), k_webhook_keys.end());
        const auto near = nearest(name, names);
        tell(key, fmt::format("an [[account]] of {} has no key `{}`{}", adapter.title(), name,
                              near ? "; did you mean `" + *near + "`?" : ""));
      } else if (found->secret && !key.secret) {
        tell(
            key,
            fmt::format("`{0}` stands in the config as it is: {{ env = \"…\" }} or {{ file = \"…\" "
                        "}} keeps it out of copies of this file",
                        name),
            true);
      } else if (!found->secret && key.secret) {
        tell(key, fmt::format("`{}` is no secret: write it as a text in quotes", name));
      }
    }
  }
};

} // namespace

void read_accounts(Section& top, Config& config) {
  for (auto& section : top.sections("account", "[[account]]")) {
    read_account(std::move(section), config);
  }
}

namespace {

/// Of an account that seems to take webhooks: are they all refused?
void check_webhooks(const Config& config, const AccountConfig& account, const Adapter& adapter,
                    std::vector<Problem>& problems) {
  const bool wanted = config.serve.given || !account.hook_keys.empty();
  if (!wanted || account.archived || !adapter.has_webhook()) {
    return;
  }
  Secrets secrets;
  for (const auto& [name, key] : account.hook_keys) {
    secrets[name] = key.secret ? std::string("secret") : key.text; // that it is there is enough
  }
  if (const auto gap = webhook_sender(adapter).webhook_gap(secrets); !gap.empty()) {
    problems.push_back(
        {config.file, 0, 0,
         fmt::format("account \"{}\": its webhooks are refused: {}", account.name, gap), true});
  }
}

} // namespace

void check_accounts(const Config& config, const AdapterRegistry& registry,
                    std::vector<Problem>& problems) {
  Checker checker{config, problems};
  for (const auto& account : config.accounts) {
    if (account.esp.empty()) {
      continue; // told
    }
    if (const auto* adapter = registry.find(account.esp)) {
      checker.check(account, *adapter);
      check_webhooks(config, account, *adapter, problems);
      continue;
    }
    std::vector<std::string> known;
    for (const auto& entry : registry.all()) {
      known.push_back(entry.id);
    }
    const auto near = nearest(account.esp, known);
    problems.push_back(
        {config.file, 0, 0,
         fmt::format("account \"{}\": there is no adapter \"{}\"{}", account.name, account.esp,
                     near ? "; did you mean \"" + *near + "\"?"
                          : " (`mailfunnel adapters` lists them)"),
         false});
  }
}

} // namespace mailfunnel
