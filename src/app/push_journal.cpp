#include "app/push_journal.hpp"

#include "base/json_text.hpp"
#include "store/catalog.hpp"
#include "store/erasures.hpp"
#include "store/writing.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace mailfunnel {

namespace json = boost::json;

namespace {

constexpr std::string_view k_states[] = {"intended", "sent", "confirmed", "refused", "dropped"};
constexpr std::string_view k_actions[] = {"add", "remove", "set"};

std::string list_json(const std::vector<std::string>& values) {
  if (values.empty()) {
    return {};
  }
  json::array out;
  for (const auto& value : values) {
    out.emplace_back(value);
  }
  return json::serialize(out);
}

std::vector<std::string> list_of(std::string_view text) {
  std::vector<std::string> out;
  if (!text.empty()) {
    const auto root = json::parse(json::string_view(text));
    for (const auto& value : root.as_array()) {
      out.emplace_back(std::string(value.as_string()));
    }
  }
  return out;
}

/// By this a target is known again.
std::string target_json(const PushConfig& target) {
  json::object fields;
  for (const auto& [ours, theirs] : target.fields) {
    fields[ours.name] = theirs;
  }
  return json::serialize(json::object{{"account", target.account},
                                      {"as", name_of(target.as)},
                                      {"name", target.name},
                                      {"list", target.list},
                                      {"fields", fields}});
}

PushConfig target_of_json(std::string_view text) {
  PushConfig out;
  const auto root = json::parse(json::string_view(text));
  const auto& object = root.as_object();
  const auto at = [&object](std::string_view name) {
    return std::string(object.at(name).as_string());
  };
  out.account = at("account");
  out.as = target_kind(at("as")).value_or(TargetKind::segment);
  out.name = at("name");
  out.list = at("list");
  for (const auto& field : object.at("fields").as_object()) {
    out.fields.emplace_back(parse_column(std::string(field.key())),
                            std::string(field.value().as_string()));
  }
  return out;
}

ChangeState state_of(std::string_view text) {
  const auto found = std::find(std::begin(k_states), std::end(k_states), text);
  return static_cast<ChangeState>(found - std::begin(k_states));
}

/// Of somebody whom the store does not know, a number that is nobody's: his or her contact id tells
/// who it is.
std::int64_t row_of(const PlannedChange& planned, std::size_t place) {
  return planned.recipient != k_nobody ? std::int64_t{planned.recipient}
                                       : -1 - static_cast<std::int64_t>(place);
}

std::vector<PushRun> read_runs(Database& database, std::string_view where) {
  std::vector<PushRun> out;
  auto rows = database.use(fmt::format(
      "SELECT id, segment, target, created, state,"
      " (SELECT count(*) FROM push_member WHERE run = id AND action = 'add' AND state = "
      "'confirmed'),"
      " (SELECT count(*) FROM push_member WHERE run = id AND action = 'remove' AND state = "
      "'confirmed'),"
      " (SELECT count(*) FROM push_member WHERE run = id AND action = 'set' AND state = "
      "'confirmed'),"
      " (SELECT count(*) FROM push_member WHERE run = id AND state = 'refused'),"
      " (SELECT words FROM push_member WHERE run = id AND state = 'refused' GROUP BY words"
      " ORDER BY count(*) DESC, words LIMIT 1)"
      " FROM push_run {} ORDER BY id DESC",
      where));
  while (rows.step()) {
    PushRun run;
    run.id = rows.integer(0);
    run.segment = rows.text(1);
    run.target = target_of_json(rows.text(2));
    run.account = run.target.account;
    run.created = rows.integer(3);
    run.state = rows.text(4);
    run.added = static_cast<std::uint64_t>(rows.integer(5));
    run.removed = static_cast<std::uint64_t>(rows.integer(6));
    run.set = static_cast<std::uint64_t>(rows.integer(7));
    run.refused = static_cast<std::uint64_t>(rows.integer(8));
    run.why = rows.text(9);
    out.push_back(std::move(run));
  }
  return out;
}

/// Addresses of numbers that are asked for in order: each block of them is unpacked once.
class AddressesInOrder {
public:
  explicit AddressesInOrder(Database& database)
      : m_recipients(database), m_count(m_recipients.count()) {}

  /// "" for somebody without one.
  std::string of(RecipientId id) {
    const auto first = id & ~(k_recipient_block - 1);
    if (id >= m_count) {
      return {};
    }
    if (m_block.addresses.empty() || first != m_first) {
      m_first = first;
      m_block = m_recipients.addresses(first, std::min(m_count, first + k_recipient_block));
    }
    return std::string(m_block.addresses[id - first]);
  }

private:
  Recipients m_recipients;
  RecipientId m_count, m_first = 0;
  AddressList m_block;
};

} // namespace

std::string_view name_of(ChangeState state) {
  return k_states[static_cast<int>(state)];
}

std::int64_t PushJournal::begin(const PushPlan& plan, std::optional<std::int64_t> reverts,
                                Seconds now) {
  auto& database = m_store->database();
  Writing writing(*m_store);
  std::uint32_t account = 0;
  for (const auto& stored : Catalog(database).accounts()) {
    account = stored.name == plan.target.account ? stored.id : account;
  }
  auto insert = database.use("INSERT INTO push_run (account, segment, target, created, state, "
                             "reverts) VALUES (?1, ?2, ?3, ?4, 'running', ?5)");
  if (reverts) {
    insert.bind(account, plan.segment, target_json(plan.target), now, *reverts).run();
  } else {
    insert.bind(account, plan.segment, target_json(plan.target), now, nullptr).run();
  }
  const auto run = database.last_row();
  const auto erased = Erasures::numbers(database); // since the plan was made
  for (std::size_t i = 0; i < plan.changes.size(); ++i) {
    const auto& planned = plan.changes[i];
    const auto& change = planned.change;
    if (std::binary_search(erased.begin(), erased.end(), planned.recipient)) {
      continue;
    }
    database
        .use("INSERT INTO push_member (run, recipient, contact, action, state, before, after) "
             "VALUES (?1, ?2, ?3, ?4, 'intended', ?5, ?6)")
        .bind(run, row_of(planned, i), change.contact_id,
              k_actions[static_cast<int>(change.action)], list_json(planned.before),
              list_json(change.fields))
        .run();
  }
  writing.commit();
  return run;
}

void PushJournal::note(std::int64_t run, const PushPlan& plan,
                       const std::vector<std::size_t>& places, ChangeState state,
                       const std::vector<std::string>& words) {
  Writing writing(*m_store);
  for (std::size_t i = 0; i < places.size(); ++i) {
    m_store->database()
        .use("UPDATE push_member SET state = ?3, words = ?4 WHERE run = ?1 AND recipient = ?2")
        .bind(run, row_of(plan.changes[places[i]], places[i]), name_of(state),
              i < words.size() ? std::string_view(words[i]) : std::string_view())
        .run();
  }
  writing.commit();
}

void PushJournal::end(std::int64_t run, std::string_view state) {
  Writing writing(*m_store);
  auto& database = m_store->database();
  database.use("UPDATE push_run SET state = ?2 WHERE id = ?1").bind(run, state).run();
  database
      .use("UPDATE push_member SET state = 'dropped' WHERE run = ?1 AND state IN ('intended', "
           "'sent')")
      .bind(run)
      .run();
  database.use("DELETE FROM push_task WHERE run = ?1").bind(run).run();
  writing.commit();
}

std::int64_t PushJournal::add_job(std::int64_t run, const ApiTask& task) {
  Writing writing(*m_store);
  m_store->database()
      .use("INSERT INTO push_task (run, task) VALUES (?1, ?2)")
      .bind(run, to_json(task))
      .run();
  const auto id = m_store->database().last_row();
  writing.commit();
  return id;
}

void PushJournal::drop_job(std::int64_t id) {
  Writing writing(*m_store);
  m_store->database().use("DELETE FROM push_task WHERE id = ?1").bind(id).run();
  writing.commit();
}

std::vector<std::pair<std::int64_t, ApiTask>> PushJournal::jobs(std::int64_t run) {
  std::vector<std::pair<std::int64_t, ApiTask>> out;
  auto rows = m_store->database().use("SELECT id, task FROM push_task WHERE run = ?1 ORDER BY id");
  rows.bind(run);
  while (rows.step()) {
    if (auto task = api_task(rows.text(1))) {
      out.emplace_back(rows.integer(0), *std::move(task));
    }
  }
  return out;
}

std::vector<PushRun> PushJournal::runs() {
  return read_runs(m_store->database(), "");
}

std::optional<PushRun> PushJournal::run(std::int64_t id) {
  auto found = read_runs(m_store->database(), fmt::format("WHERE id = {}", id));
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::vector<JournaledChange> PushJournal::changes(std::int64_t run) {
  std::vector<JournaledChange> out;
  AddressesInOrder addresses(m_store->database());
  auto rows = m_store->database().use(
      "SELECT recipient, contact, action, state, before, after, words FROM push_member WHERE run = "
      "?1 ORDER BY recipient");
  rows.bind(run);
  while (rows.step()) {
    JournaledChange one;
    const auto recipient = rows.integer(0);
    if (recipient >= 0) {
      one.planned.recipient = static_cast<RecipientId>(recipient);
      one.planned.change.address = addresses.of(one.planned.recipient);
    } else {
      one.planned.recipient = k_nobody;
    }
    one.planned.change.contact_id = rows.text(1);
    const auto action = std::find(std::begin(k_actions), std::end(k_actions), rows.text(2));
    one.planned.change.action = static_cast<MemberChange::Action>(action - std::begin(k_actions));
    one.state = state_of(rows.text(3));
    one.planned.before = list_of(rows.text(4));
    one.planned.change.fields = list_of(rows.text(5));
    one.words = rows.text(6);
    out.push_back(std::move(one));
  }
  return out;
}

bool PushJournal::knows(const PushConfig& target) {
  auto row =
      m_store->database().use("SELECT 1 FROM push_run WHERE target = ?1 AND EXISTS (SELECT 1 "
                              "FROM push_member WHERE run = id AND state = 'confirmed')");
  return row.bind(target_json(target)).step();
}

std::vector<std::string> PushJournal::holders(const PushConfig& target) {
  std::vector<std::string> out;
  if (target.as != TargetKind::fields) {
    return out;
  }
  const auto wanted = target_json(target);
  AddressesInOrder addresses(m_store->database());
  // Of a bare column beside max() SQLite gives the value of that row.
  auto rows = m_store->database().use(
      "SELECT recipient, after, max(run) FROM push_member JOIN push_run ON id = run WHERE target = "
      "?1 AND push_member.state = 'confirmed' AND recipient >= 0 GROUP BY recipient "
      "ORDER BY recipient");
  rows.bind(wanted);
  while (rows.step()) {
    const auto values = list_of(rows.text(1));
    const bool any = std::any_of(values.begin(), values.end(),
                                 [](const std::string& value) { return !value.empty(); });
    if (any) {
      out.push_back(addresses.of(static_cast<RecipientId>(rows.integer(0))));
    }
  }
  return out;
}

std::vector<PushRun> PushJournal::unfinished(const PushConfig& target) {
  auto all = read_runs(m_store->database(), "WHERE state = 'running'");
  const auto wanted = target_json(target);
  std::erase_if(all, [&wanted](const PushRun& run) { return target_json(run.target) != wanted; });
  return all;
}

std::string where_of(const PushConfig& target) {
  return fmt::format("{}: {} {}", target.account, name_of(target.as),
                     target.as == TargetKind::fields ? "" : "\"" + target.name + "\"");
}

std::string to_json(const PushRun& run) {
  return fmt::format("{{\"push\":{},\"at\":\"{}\",\"segment\":{},\"target\":{},\"added\":{},"
                     "\"removed\":{},\"set\":{},\"refused\":{},\"state\":\"{}\",\"why\":{}}}",
                     run.id, format_time(run.created), json_text(run.segment),
                     json_text(where_of(run.target)), run.added, run.removed, run.set, run.refused,
                     run.state, json_text(run.why));
}

} // namespace mailfunnel
