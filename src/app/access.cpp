#include "app/access.hpp"

#include "app/kept_run.hpp"
#include "app/person_segments.hpp"
#include "base/text.hpp"
#include "store/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace mailfunnel {

namespace {

class Reporter {
public:
  Reporter(Store& store, const Workspace& workspace, const std::string& who, Seconds now)
      : m_store(store), m_workspace(workspace), m_who(who), m_now(now),
        m_recipients(store.database()) {
    for (const auto& account : Catalog(store.database()).accounts()) {
      const auto* adapter = workspace.registry.find(account.adapter);
      m_accounts[account.id] = {account.name, adapter == nullptr ? account.adapter
                                                                 : std::string(adapter->title())};
    }
  }

  Result<AccessReport> run() {
    MF_TRY(person, Person::find(m_store, m_who));
    const auto& rules = m_workspace.config.rules;
    Worlds worlds(m_store, m_workspace, rules);
    const auto world = worlds.at(m_now);
    m_out.as_of = m_now;
    m_out.score = person.at(m_now, rules, world);
    m_out.events = person.events(*world, rules.robots, m_now);
    const auto found = find_person(m_store, m_who);
    m_out.suppressions = hand_suppressions(m_store, found);
    if (found.id) {
      keys(*found.id);
      for (const auto number : m_recipients.numbers_of(*found.id)) {
        auto statements = m_recipients.statements_of(number);
        std::move(statements.begin(), statements.end(), std::back_inserter(m_out.attributes));
      }
      pushes(*found.id);
    } else {
      m_out.addresses.push_back(found.key);
    }
    sources(*world);
    m_out.segments = segments_with(m_store, m_workspace, found, m_now);
    runs(found);
    if (auto log = accesses(m_store, m_who, k_most_accesses)) {
      m_out.accesses = *std::move(log);
    }
    return std::move(m_out);
  }

private:
  static constexpr std::size_t k_most_accesses = 10'000;

  void keys(RecipientId id) {
    for (const auto number : m_recipients.numbers_of(id)) {
      for (const auto& key : m_recipients.keys_of(number)) {
        if (!is_contact_key(key)) {
          m_out.addresses.push_back(key);
          continue;
        }
        const auto split = key.rfind('\x1f');
        const auto account = static_cast<std::uint32_t>(
            parse_int(std::string_view(key).substr(1, split - 1)).value_or(0));
        m_out.contacts.push_back({m_accounts[account].account, key.substr(split + 1)});
      }
    }
  }

  void sources(const World& world) {
    std::set<std::string> names;
    for (const auto& event : m_out.events) {
      if (const auto* campaign = world.find(event.campaign)) {
        names.insert(campaign->account);
      }
    }
    for (const auto& contact : m_out.contacts) {
      names.insert(contact.account);
    }
    for (const auto& [id, source] : m_accounts) {
      if (names.contains(source.account)) {
        m_out.sources.push_back(source);
      }
    }
  }

  void pushes(RecipientId id) {
    auto rows = m_store.database().use(
        "SELECT r.created, r.account, r.segment, m.action, m.state, m.before, m.after FROM "
        "push_member m JOIN push_run r ON r.id = m.run WHERE m.recipient = ?1 ORDER BY r.id");
    rows.bind(id);
    while (rows.step()) {
      const auto& source = m_accounts[static_cast<std::uint32_t>(rows.integer(1))];
      m_out.pushes.push_back({rows.integer(0), source.account, source.platform,
                              std::string(rows.text(2)), std::string(rows.text(3)),
                              std::string(rows.text(4)), std::string(rows.text(5)),
                              std::string(rows.text(6))});
    }
  }

  void runs(const FoundPerson& found) {
    if (!found.id) {
      return;
    }
    auto kept = kept_runs(m_store);
    std::reverse(kept.begin(), kept.end());
    for (const auto& run : kept) {
      if (*found.id >= run.recipients) {
        continue; // not known then
      }
      AccessReport::Run one{run.id, run.as_of, {}};
      for (const auto& use : run.uses) {
        one.uses.push_back(format_date(use.at) + ": " + use.what);
      }
      m_out.runs.push_back(std::move(one));
    }
  }

  Store& m_store;
  const Workspace& m_workspace;
  const std::string& m_who;
  Seconds m_now;
  Recipients m_recipients;
  std::map<std::uint32_t, AccessReport::Source> m_accounts;
  AccessReport m_out;
};

} // namespace

Result<AccessReport> access_report(Store& store, const Workspace& workspace, const std::string& who,
                                   Seconds now) {
  return Reporter(store, workspace, who, now).run();
}

} // namespace mailfunnel
