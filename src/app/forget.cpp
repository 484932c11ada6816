#include "app/forget.hpp"

#include "app/access_log.hpp"
#include "app/explain.hpp"
#include "app/hook_drain.hpp"
#include "app/run_block.hpp"
#include "app/saved_plans.hpp"
#include "base/text.hpp"
#include "ingest/session.hpp"
#include "model/recipient.hpp"
#include "store/catalog.hpp"
#include "store/text_cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

namespace mailfunnel {

namespace {

/// One of those who are to go.
struct Target {
  std::vector<std::string> keys;
  std::vector<RecipientId> numbers; // the first is that of all; none: nothing was known
};

/// No call that erases is documented well enough to be sent by us.
constexpr const char* k_by_hand =
    "delete the contact for good, and not only out of a list; then run forget again";

std::string id_of(std::string_view contact_key) {
  return std::string(contact_key.substr(contact_key.rfind('\x1f') + 1));
}

std::uint32_t account_of(std::string_view contact_key) {
  return static_cast<std::uint32_t>(
      parse_int(contact_key.substr(1, contact_key.rfind('\x1f') - 1)).value_or(0));
}

class Forgetter {
public:
  Forgetter(Store& store, const Workspace& workspace, const ForgetRequest& request,
            const ForgetHooks& hooks)
      : m_store(store), m_database(store.database()), m_workspace(workspace), m_request(request),
        m_hooks(hooks), m_recipients(m_database) {}

  ForgetResult run() {
    if (!m_request.dry_run) {
      fold_inbox(m_store, m_workspace.threads); // so that everybody has a number
    }
    const WriterLock lock(m_store.path());
    find_people();
    std::vector<std::string> keys;
    for (const auto& target : m_targets) {
      keys.insert(keys.end(), target.keys.begin(), target.keys.end());
    }
    std::sort(keys.begin(), keys.end());
    const Traces traces(keys);
    name_platforms();
    tell("files", 0);
    m_result.files = clean_files(m_workspace, traces, m_request.dry_run);
    tell("store", 1);
    remove(keys, traces);
    tell("free space", 2);
    if (!m_request.dry_run) {
      m_result.scrubbed = m_store.scrub();
    }
    return std::move(m_result);
  }

private:
  void tell(const std::string& what, std::uint64_t done) const {
    constexpr std::uint64_t k_steps = 3;
    if (m_hooks.progress) {
      m_hooks.progress(what, done, k_steps);
    }
  }

  void find_people() {
    std::set<std::string> seen;
    for (const auto& who : m_request.people) {
      const auto found = find_person(m_store, who);
      if (found.key.empty() || (is_contact_key(found.key) && !found.known && !found.erased)) {
        throw Failure({ErrorCode::usage,
                       "\"" + printable(who, 100) +
                           "\" is no e-mail address, and no contact id that is known: nobody was "
                           "erased"});
      }
      Target target;
      if (found.id) {
        target.numbers = m_recipients.numbers_of(*found.id);
        for (const auto number : target.numbers) {
          const auto keys = m_recipients.keys_of(number);
          target.keys.insert(target.keys.end(), keys.begin(), keys.end());
        }
      }
      if (target.keys.empty()) {
        target.keys = {found.key};
      }
      if (!seen.insert(target.keys.front()).second) {
        continue; // named twice
      }
      if (found.erased) {
        ++m_result.before;
      } else {
        ++m_result.erased;
        m_result.unknown += found.known ? 0 : 1;
      }
      m_targets.push_back(std::move(target));
    }
  }

  /// Where the person is known too: by a contact id of the account, or as a member of a list there.
  void name_platforms() {
    std::map<std::uint32_t, StoredAccount> accounts;
    for (const auto& account : Catalog(m_database).accounts()) {
      accounts.emplace(account.id, account);
    }
    for (const auto& target : m_targets) {
      std::string address;
      std::map<std::string, std::string> contacts; // by account
      for (const auto& key : target.keys) {
        if (!is_contact_key(key)) {
          address = address.empty() ? key : address;
        } else if (const auto account = accounts.find(account_of(key)); account != accounts.end()) {
          contacts.emplace(account->second.name, id_of(key));
        }
      }
      for (const auto& [id, account] : accounts) {
        const auto* adapter = m_workspace.registry.find(account.adapter);
        const auto* configured = m_workspace.config.account(account.name);
        if (adapter == nullptr) {
          continue;
        }
        const auto contact = contacts.find(account.name);
        m_result.platforms.push_back({account.name, account.adapter, std::string(adapter->title()),
                                      address,
                                      contact == contacts.end() ? std::string() : contact->second,
                                      configured != nullptr && configured->archived, k_by_hand});
      }
    }
  }

  void remove(const std::vector<std::string>& keys, const Traces& traces) {
    const auto hash_key =
        m_request.dry_run ? HashKey::read(m_store.path()) : HashKey::make(m_store.path());
    Transaction transaction(m_database);
    std::vector<RecipientId> numbers;
    for (const auto& target : m_targets) {
      numbers.insert(numbers.end(), target.numbers.begin(), target.numbers.end());
      mark(target, hash_key.get());
    }
    remove_activity(numbers, keys);
    for (const auto number : numbers) {
      m_result.attributes += m_recipients.statements_of(number).size();
    }
    m_recipients.remove(numbers);
    remove_rows(numbers, keys, traces);
    remove_from_runs(numbers);
    // What may name somebody anywhere else: a link with an address in it, words of a refusal.
    m_result.texts +=
        rewrite_texts(m_database,
                      [&](std::string_view, std::string_view,
                          std::string_view text) -> std::optional<std::string> {
                        return traces.in(text) ? std::optional(traces.without(text)) : std::nullopt;
                      });
    if (m_request.dry_run) {
      return; // and roll back
    }
    if (!numbers.empty()) {
      m_store.count_change();
    }
    m_store.want_scrub();
    transaction.commit();
  }

  /// The tombstones of one person, and the line in the access log.
  void mark(const Target& target, const HashKey* key) {
    m_result.keys += target.keys.size();
    if (key == nullptr) {
      return; // a look alone, and nobody was erased before
    }
    const auto number =
        target.numbers.empty() ? std::nullopt : std::optional(target.numbers.front());
    for (const auto& text : target.keys) {
      Erasures::add(m_store, *key, text, {number, m_request.now});
    }
    note_access(m_database, {m_request.now, m_request.user, "forget", "", 1, ""}, number,
                key->of(target.keys.front()));
  }

  void remove_activity(const std::vector<RecipientId>& numbers,
                       const std::vector<std::string>& keys) {
    Activity activity(m_database);
    auto removed = activity.remove_recipients(numbers);
    activity.remove_from_inbox(keys, removed);
    for (const auto& [set, counts] : removed) {
      m_result.events += counts.events;
      m_database
          .use("INSERT INTO erased_activity VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET "
               "events = events + excluded.events, people = people + excluded.people")
          .bind(set.first, static_cast<int>(set.second), static_cast<std::int64_t>(counts.events),
                static_cast<std::int64_t>(counts.people))
          .run();
    }
  }

  std::uint64_t changed() const { return static_cast<std::uint64_t>(m_database.changes()); }

  void remove_rows(const std::vector<RecipientId>& numbers, const std::vector<std::string>& keys,
                   const Traces& traces) {
    for (const auto& key : keys) {
      m_database.use("DELETE FROM suppression WHERE key = ?1").bind(key).run();
      m_result.suppressions += changed();
      m_database.use("DELETE FROM unknown_event WHERE key = ?1").bind(key).run();
      m_result.events += changed();
      if (is_contact_key(key)) { // pushed, though the store did not know the person then
        m_database
            .use("DELETE FROM push_member WHERE contact = ?1 AND run IN (SELECT id FROM push_run "
                 "WHERE account = ?2)")
            .bind(id_of(key), account_of(key))
            .run();
        m_result.pushes += changed();
      }
    }
    for (const auto number : numbers) {
      m_database.use("DELETE FROM push_member WHERE recipient = ?1").bind(number).run();
      m_result.pushes += changed();
    }
    m_result.plans = SavedPlans::forget(m_database, traces);
    for (const auto* table : {"sync_task", "push_task"}) { // requests that name the person
      std::vector<std::int64_t> rows;
      auto tasks = m_database.use(fmt::format("SELECT id, task FROM {}", table));
      while (tasks.step()) {
        if (traces.in(tasks.text(1))) {
          rows.push_back(tasks.integer(0));
        }
      }
      for (const auto row : rows) {
        m_database.use(fmt::format("DELETE FROM {} WHERE id = ?1", table)).bind(row).run();
        ++m_result.tasks;
      }
    }
  }

  void remove_from_runs(const std::vector<RecipientId>& numbers) {
    std::map<std::uint32_t, std::vector<std::uint32_t>> by_chunk;
    for (const auto number : numbers) {
      by_chunk[chunk_of(number)].push_back(offset_of(number));
    }
    std::vector<std::int64_t> runs;
    auto query = m_database.use("SELECT id FROM run");
    while (query.step()) {
      runs.push_back(query.integer(0));
    }
    for (const auto run : runs) {
      for (const auto& [chunk, people] : by_chunk) {
        std::string before;
        {
          auto block = m_database.use("SELECT data FROM run_block WHERE run = ?1 AND chunk = ?2");
          before = block.bind(run, chunk).step() ? std::string(block.blob(0)) : std::string();
        }
        if (const auto after = without_people(before, people); !after.empty() && after != before) {
          m_database.use("UPDATE run_block SET data = ?3 WHERE run = ?1 AND chunk = ?2")
              .bind(run, chunk, Blob{after})
              .run();
          ++m_result.runs;
        }
      }
    }
  }

  Store& m_store;
  Database& m_database;
  const Workspace& m_workspace;
  const ForgetRequest& m_request;
  const ForgetHooks& m_hooks;
  Recipients m_recipients;
  std::vector<Target> m_targets;
  ForgetResult m_result;
};

} // namespace

namespace {

/// Webhooks that came in before the tombstones are read against them: here, or by a `serve` that
/// runs, within a second or two. False: they still wait.
bool hooks_are_read(Store& store, const Workspace& workspace, Seconds now) {
  constexpr int k_looks = 50;
  constexpr auto k_between = std::chrono::milliseconds(100);
  drain_left_hooks(store, workspace, now);
  for (int i = 0; i < k_looks && HookSpool::waiting(store.path()); ++i) {
    std::this_thread::sleep_for(k_between);
  }
  return !HookSpool::waiting(store.path());
}

} // namespace

ForgetResult forget(Store& store, const Workspace& workspace, const ForgetRequest& request,
                    const ForgetHooks& hooks) {
  auto result = Forgetter(store, workspace, request, hooks).run();
  result.hooks_read = request.dry_run || hooks_are_read(store, workspace, request.now);
  return result;
}

bool lift_erasure(Store& store, const std::string& who, const std::string& user, Seconds now) {
  const auto found = find_person(store, who);
  if (!found.erased) {
    return false;
  }
  const WriterLock lock(store.path());
  Transaction transaction(store.database());
  const auto key = HashKey::read(store.path());
  const bool lifted = Erasures::lift(store, *key, found.key);
  note_access(store.database(), {now, user, "forget --lift", "", 1, ""}, std::nullopt,
              key->of(found.key));
  transaction.commit();
  store.checkpoint();
  return lifted;
}

} // namespace mailfunnel
