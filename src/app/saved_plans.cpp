#include "app/saved_plans.hpp"

#include "app/push_journal.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "store/erasures.hpp"
#include "store/writing.hpp"
#include "store/zstd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mailfunnel {

namespace {

using Action = MemberChange::Action;

constexpr std::array<std::string_view, 8> k_states{"waiting", "approved", "applying", "done",
                                                   "partly",  "failed",   "rejected", "outdated"};
constexpr std::size_t k_longest_name = 100, k_longest_note = 500; // bytes
constexpr std::string_view k_columns =
    "id, account, segment, target, made, made_by, state, ended, note, large_removal, confirm, "
    "members, adds, removes, sets, staying, blocked, push"; // as row_of() reads them

std::uint64_t count_at(const Statement& row, int column) {
  return static_cast<std::uint64_t>(row.integer(column));
}

SavedPlan row_of(const Statement& row) {
  SavedPlan out;
  out.id = row.integer(0);
  out.account = row.text(1);
  out.segment = row.text(2);
  out.target = row.text(3);
  out.made = row.integer(4);
  out.by = row.text(5);
  out.state = plan_state(row.text(6)).value_or(PlanState::failed);
  out.ended = row.is_null(7) ? std::nullopt : std::optional(row.integer(7));
  out.note = row.text(8);
  out.asks.large_removal = row.text(9);
  out.asks.confirm = row.text(10);
  out.members = count_at(row, 11);
  out.adds = count_at(row, 12);
  out.removes = count_at(row, 13);
  out.sets = count_at(row, 14);
  out.staying = count_at(row, 15);
  out.blocked = count_at(row, 16);
  out.push = row.is_null(17) ? std::nullopt : std::optional(row.integer(17));
  return out;
}

std::vector<SavedPlan> read_rows(Database& database, std::string_view where, std::size_t most) {
  std::vector<SavedPlan> out;
  {
    auto rows = database.use(
        fmt::format("SELECT {} FROM plan {} ORDER BY id DESC LIMIT ?1", k_columns, where));
    rows.bind(static_cast<std::int64_t>(most));
    while (rows.step()) {
      out.push_back(row_of(rows));
    }
  }
  for (auto& plan : out) {
    auto rows = database.use("SELECT who, at FROM plan_approval WHERE plan = ?1 ORDER BY at, who");
    rows.bind(plan.id);
    while (rows.step()) {
      plan.approvals.push_back({std::string(rows.text(0)), rows.integer(1)});
    }
  }
  return out;
}

std::string packed(const PushPlan& plan) {
  std::string out;
  append_compressed(out, to_json(plan));
  return out;
}

PushPlan unpacked(std::string_view blob, std::int64_t id) {
  const auto name = fmt::format("plan {}", id);
  auto plan = read_plan(decompressed(blob, name));
  if (!plan) {
    throw Failure({ErrorCode::io, "is damaged: reject it, and make another", name});
  }
  return *std::move(plan);
}

/// What it would do, whenever it was made.
std::string effect_of(PushPlan plan) {
  plan.made = plan.as_of = 0;
  plan.run = 0;
  plan.first = plan.may_start_automations = false;
  plan.base.clear();
  plan.blocked.clear();
  return to_json(plan);
}

bool same_target(const PushPlan& plan, const std::string& segment, const PushConfig& target) {
  return plan.segment == segment && plan.target.account == target.account &&
         target_of(plan.target) == target_of(target);
}

/// Who was erased while the plan was made.
void drop_erased(PushPlan& plan, const Erasures& erasures) {
  std::string scratch;
  const auto gone = [&](std::string_view address) {
    return erasures.has(normalise_address(address, scratch));
  };
  std::erase_if(plan.changes,
                [&](const PlannedChange& planned) { return gone(planned.change.address); });
  std::erase_if(plan.blocked, [&](const BlockedMember& one) { return gone(one.address); });
}

void set_state(Database& database, std::int64_t id, PlanState state, std::string_view note,
               std::optional<Seconds> ended) {
  database.use("UPDATE plan SET state = ?2, note = ?3, ended = ?4 WHERE id = ?1")
      .bind(id, name_of(state), printable(note, k_longest_note), ended)
      .run();
}

Error is_over(const SavedPlan& plan) {
  return {ErrorCode::conflict, fmt::format("plan {} is {}{}{}", plan.id, name_of(plan.state),
                                           plan.note.empty() ? "" : ": ", plan.note)};
}

Error not_there(std::int64_t id) {
  return {ErrorCode::not_found, fmt::format("there is no plan {}", id)};
}

} // namespace

std::string_view name_of(PlanState state) {
  return k_states[static_cast<std::size_t>(state)];
}

std::optional<PlanState> plan_state(std::string_view name) {
  const auto* const found = std::find(k_states.begin(), k_states.end(), name);
  return found == k_states.end() ? std::nullopt
                                 : std::optional(static_cast<PlanState>(found - k_states.begin()));
}

unsigned approvals_wanted(const PushRules& rules) {
  return std::max(1U, rules.approvals);
}

std::string to_json(const SavedPlan& plan, const PushRules& rules) {
  std::string asks, approvals;
  for (const auto& question : {plan.asks.large_removal, plan.asks.confirm}) {
    if (!question.empty()) {
      asks += (asks.empty() ? "" : ",") + json_text(question);
    }
  }
  for (const auto& [who, at] : plan.approvals) {
    approvals += fmt::format("{}{{\"who\":{},\"at\":\"{}\"}}", approvals.empty() ? "" : ",",
                             json_text(who), format_time(at));
  }
  return fmt::format(
      "{{\"plan\":{},\"account\":{},\"segment\":{},\"target\":{},\"made\":\"{}\",\"by\":{},"
      "\"state\":\"{}\",\"ended\":{},\"note\":{},\"questions\":[{}],\"members\":{},\"add\":{},"
      "\"remove\":{},\"set\":{},\"staying\":{},\"blocked\":{},\"approvals\":[{}],\"wanted\":{},"
      "\"push\":{}}}",
      plan.id, json_text(plan.account), json_text(plan.segment), json_text(plan.target),
      format_time(plan.made), json_text(plan.by), name_of(plan.state),
      plan.ended ? json_text(format_time(*plan.ended)) : "null", json_text(plan.note), asks,
      plan.members, plan.adds, plan.removes, plan.sets, plan.staying, plan.blocked, approvals,
      approvals_wanted(rules), plan.push ? std::to_string(*plan.push) : "null");
}

std::string words_of(const SavedPlan& plan) {
  auto out =
      fmt::format("segment \"{}\" to {}: add {}, remove {}, set {}", plan.segment, plan.target,
                  grouped(plan.adds), grouped(plan.removes), grouped(plan.sets));
  for (const auto& question : {plan.asks.large_removal, plan.asks.confirm}) {
    out += question.empty() ? "" : "; " + question;
  }
  return out;
}

SavedPlan SavedPlans::save(const PushPlan& made, const PushQuestions& asks, std::string_view by,
                           Seconds now) {
  auto& database = m_store.database();
  Writing writing(m_store);
  auto plan = made;
  drop_erased(plan, Erasures(m_store));
  const auto effect = effect_of(plan);
  std::vector<std::int64_t> others;
  for (const auto& open : read_rows(database, "WHERE state IN ('waiting', 'approved')", k_kept)) {
    if (open.segment != plan.segment || open.account != plan.target.account) {
      continue;
    }
    auto known = read(open.id);
    if (!same_target(known, plan.segment, plan.target)) {
      continue;
    }
    if (effect_of(std::move(known)) == effect) {
      return open;
    }
    if (open.state == PlanState::waiting) {
      others.push_back(open.id);
    }
  }
  const auto data = packed(plan);
  database
      .use("INSERT INTO plan (account, segment, target, made, made_by, state, large_removal, "
           "confirm, members, adds, removes, sets, staying, blocked, data) VALUES (?1, ?2, ?3, ?4, "
           "?5, 'waiting', ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)")
      .bind(plan.target.account, plan.segment, where_of(plan.target), now, by, asks.large_removal,
            asks.confirm, static_cast<std::int64_t>(plan.members),
            static_cast<std::int64_t>(plan.count(Action::add)),
            static_cast<std::int64_t>(plan.count(Action::remove)),
            static_cast<std::int64_t>(plan.count(Action::set)),
            static_cast<std::int64_t>(plan.staying), static_cast<std::int64_t>(plan.blocked.size()),
            Blob{data})
      .run();
  const auto id = database.last_row();
  for (const auto other : others) {
    set_state(database, other, PlanState::outdated, fmt::format("plan {} took its place", id), now);
  }
  drop_old(database, now, false);
  writing.commit();
  return *find(id);
}

std::vector<SavedPlan> SavedPlans::newest(std::size_t most) {
  return read_rows(m_store.database(), "", most);
}

std::optional<SavedPlan> SavedPlans::find(std::int64_t id) {
  auto found = read_rows(m_store.database(), fmt::format("WHERE id = {}", id), 1);
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

PushPlan SavedPlans::read(std::int64_t id) {
  auto row = m_store.database().use("SELECT data FROM plan WHERE id = ?1");
  if (!row.bind(id).step()) {
    throw Failure(not_there(id));
  }
  return unpacked(row.blob(0), id);
}

std::optional<SavedPlan> SavedPlans::approved_for(const std::string& segment,
                                                  const PushConfig& target) {
  for (auto& plan : read_rows(m_store.database(), "WHERE state = 'approved'", k_kept)) {
    if (plan.segment == segment && plan.account == target.account &&
        same_target(read(plan.id), segment, target)) {
      return std::move(plan);
    }
  }
  return std::nullopt;
}

Result<SavedPlan> SavedPlans::open_plan(std::int64_t id) {
  auto plan = find(id);
  if (!plan) {
    return not_there(id);
  }
  if (!is_open(plan->state)) {
    return is_over(*plan);
  }
  return *std::move(plan);
}

Result<SavedPlan> SavedPlans::approve(std::int64_t id, std::string_view who, const PushRules& rules,
                                      Seconds now) {
  if (trim(who).empty() || who.size() > k_longest_name) {
    return Error{ErrorCode::usage, "who approves is to have a name of at most 100 characters"};
  }
  auto& database = m_store.database();
  Writing writing(m_store);
  MF_TRY(plan, open_plan(id));
  database.use("INSERT OR IGNORE INTO plan_approval VALUES (?1, ?2, ?3)").bind(id, who, now).run();
  plan = *find(id);
  if (plan.approvals.size() >= approvals_wanted(rules)) {
    set_state(database, id, PlanState::approved, "", std::nullopt);
  }
  writing.commit();
  return *find(id);
}

Result<SavedPlan> SavedPlans::reject(std::int64_t id, std::string_view who, std::string_view why,
                                     Seconds now) {
  if (trim(who).empty() || who.size() > k_longest_name) {
    return Error{ErrorCode::usage, "who rejects is to have a name of at most 100 characters"};
  }
  Writing writing(m_store);
  MF_TRY(plan, open_plan(id));
  set_state(m_store.database(), plan.id, PlanState::rejected,
            why.empty() ? std::string(who) : fmt::format("{}: {}", who, why), now);
  writing.commit();
  return *find(id);
}

Result<SavedPlan> SavedPlans::may_apply(std::int64_t id, const PushRules& rules) {
  MF_TRY(plan, open_plan(id));
  const auto wanted = approvals_wanted(rules);
  if (plan.state != PlanState::approved || plan.approvals.size() < wanted) {
    return Error{ErrorCode::conflict,
                 fmt::format("plan {} is approved by {} of the {} {} it wants", id,
                             plan.approvals.size(), wanted, wanted == 1 ? "person" : "people")};
  }
  return plan;
}

Result<void> SavedPlans::begin(std::int64_t id, const PushRules& rules) {
  Writing writing(m_store);
  MF_TRY(plan, may_apply(id, rules));
  set_state(m_store.database(), plan.id, PlanState::applying, "", std::nullopt);
  writing.commit();
  return {};
}

void SavedPlans::end(std::int64_t id, PlanState state, std::string_view note,
                     std::optional<std::int64_t> push, Seconds now) {
  Writing writing(m_store);
  set_state(m_store.database(), id, state, note, now);
  m_store.database().use("UPDATE plan SET push = ?2 WHERE id = ?1").bind(id, push).run();
  writing.commit();
}

void SavedPlans::close_left(const std::string& account, Seconds now) {
  std::vector<std::int64_t> left;
  for (const auto& plan : read_rows(m_store.database(), "WHERE state = 'applying'", k_kept)) {
    if (plan.account == account) {
      left.push_back(plan.id);
    }
  }
  if (left.empty()) {
    return;
  }
  Writing writing(m_store);
  for (const auto id : left) {
    set_state(m_store.database(), id, PlanState::failed,
              "it was cut off: another plan tells what is left to do", now);
  }
  writing.commit();
}

std::uint64_t SavedPlans::drop_old(Database& database, Seconds now, bool dry_run) {
  constexpr std::string_view k_old = // what is being applied stays
      "SELECT id FROM plan WHERE state <> 'applying' AND (made < ?1 OR id NOT IN (SELECT id FROM "
      "plan ORDER BY id DESC LIMIT ?2))";
  const auto before = now - k_kept_for;
  auto count = database.use(fmt::format("SELECT count(*) FROM ({})", k_old));
  count.bind(before, k_kept).step();
  const auto old = static_cast<std::uint64_t>(count.integer(0));
  if (old != 0 && !dry_run) {
    database.use(fmt::format("DELETE FROM plan_approval WHERE plan IN ({})", k_old))
        .bind(before, k_kept)
        .run();
    database.use(fmt::format("DELETE FROM plan WHERE id IN ({})", k_old))
        .bind(before, k_kept)
        .run();
  }
  return old;
}

std::uint64_t SavedPlans::forget(Database& database, const Traces& traces) {
  std::vector<std::int64_t> ids;
  {
    auto rows = database.use("SELECT id FROM plan");
    while (rows.step()) {
      ids.push_back(rows.integer(0));
    }
  }
  std::uint64_t removed = 0;
  for (const auto id : ids) {
    PushPlan plan;
    {
      auto row = database.use("SELECT data FROM plan WHERE id = ?1");
      row.bind(id).step();
      plan = unpacked(row.blob(0), id);
    }
    const auto gone = take_out(plan, traces);
    if (gone == 0) {
      continue;
    }
    removed += gone;
    const auto data = packed(plan);
    database
        .use("UPDATE plan SET data = ?2, adds = ?3, removes = ?4, sets = ?5, blocked = ?6 WHERE "
             "id = ?1")
        .bind(id, Blob{data}, static_cast<std::int64_t>(plan.count(Action::add)),
              static_cast<std::int64_t>(plan.count(Action::remove)),
              static_cast<std::int64_t>(plan.count(Action::set)),
              static_cast<std::int64_t>(plan.blocked.size()))
        .run();
  }
  return removed;
}

std::uint64_t take_out(PushPlan& plan, const Traces& traces) {
  auto removed = std::erase_if(plan.changes, [&traces](const PlannedChange& planned) {
    const auto names = [&traces](const std::vector<std::string>& values) {
      return std::any_of(values.begin(), values.end(),
                         [&traces](const auto& value) { return traces.in(value); });
    };
    const auto& change = planned.change;
    return traces.in(change.address) || traces.in(change.contact_id) || names(change.fields) ||
           names(planned.before);
  });
  removed += std::erase_if(plan.blocked, [&traces](const BlockedMember& one) {
    return traces.in(one.address) || traces.in(one.reason);
  });
  return removed;
}

} // namespace mailfunnel
