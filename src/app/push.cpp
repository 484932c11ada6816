#include "app/push.hpp"

#include "store/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace mailfunnel {

namespace {

using Action = MemberChange::Action;

/// Does it put somebody where mails go to, or mark him or her for it?
bool raises(const PlannedChange& planned) {
  return planned.change.action == Action::add ||
         (planned.change.action == Action::set &&
          std::any_of(planned.change.fields.begin(), planned.change.fields.end(),
                      [](const std::string& value) { return !value.empty(); }));
}

/// Is the change done, by what the platform has now?
bool is_done(const PlannedChange& planned, const TargetState& state) {
  const auto* member = state.find(planned.change);
  switch (planned.change.action) {
  case Action::add:
    return member != nullptr && member->in_target;
  case Action::remove:
    return member == nullptr || !member->in_target;
  case Action::set:
    return member != nullptr && same_values(member->fields, planned.change.fields);
  }
  return false;
}

std::vector<std::string> addresses_of(const std::vector<PlannedChange>& changes) {
  std::vector<std::string> out;
  std::string scratch;
  for (const auto& planned : changes) {
    if (const auto address = normalise_address(planned.change.address, scratch); !address.empty()) {
      out.emplace_back(address);
    }
  }
  return out;
}

std::vector<std::string> addresses_of(const std::vector<PlannedChange>& changes,
                                      const std::vector<std::size_t>& places) {
  std::vector<PlannedChange> some;
  some.reserve(places.size());
  for (const auto place : places) {
    some.push_back(changes[place]);
  }
  return addresses_of(some);
}

/// Catalog row of the account, so that runs can name it.
void know_account(Store& store, const AccountConfig& account) {
  const WriterLock lock(store.path());
  Transaction transaction(store.database());
  Catalog(store.database()).account_id(account.name, account.esp);
  transaction.commit();
}

} // namespace

/// One request, and what its answers say.
struct Pusher::Step {
  ApiTask task;
  std::vector<std::size_t> places; // in the plan's changes
};

namespace {

/// Outcomes of one step; jobs that it leads to are noted.
class StepSink : public AnswerSink {
public:
  StepSink(PushJournal& journal, std::int64_t run) : m_journal(journal), m_run(run) {}

  std::unordered_map<std::string, PushOutcome> outcomes; // by address or contact id
  bool is_unsure = false;
  std::string id; // of a target that was made

  void target(std::string_view text) override { id = text; }
  void outcome(std::string_view who, const PushOutcome& outcome) override {
    std::string scratch;
    const auto address = normalise_address(who, scratch);
    outcomes[std::string(address.empty() ? who : address)] = outcome;
  }
  void unsure() override { is_unsure = true; }
  void end(const ApiTask& task, bool read, const std::vector<ApiTask>& next) override {
    if (!read) {
      return;
    }
    for (const auto& job : next) {
      m_jobs.emplace_back(job, m_journal.add_job(m_run, job));
    }
    const auto done = std::find_if(m_jobs.begin(), m_jobs.end(),
                                   [&task](const auto& one) { return one.first == task; });
    if (done != m_jobs.end()) {
      m_journal.drop_job(done->second);
      m_jobs.erase(done);
    }
  }

  const PushOutcome* of(const MemberChange& change) const {
    std::string scratch;
    for (const auto who : {normalise_address(change.address, scratch),
                           std::string_view(change.contact_id), std::string_view(change.address)}) {
      if (const auto found = outcomes.find(std::string(who));
          !who.empty() && found != outcomes.end()) {
        return &found->second;
      }
    }
    return nullptr;
  }

private:
  PushJournal& m_journal;
  std::int64_t m_run;
  std::vector<std::pair<ApiTask, std::int64_t>> m_jobs;
};

} // namespace

Pusher::Pusher(Store& store, const Workspace& workspace, const std::string& account,
               const ConnectionSettings& settings, Seconds now)
    : m_store(store), m_workspace(workspace), m_now(now),
      m_connection(workspace, account, settings), m_lease(store.path(), account), m_journal(store),
      m_suppression(store, workspace, now) {
  know_account(store, m_connection.config());
}

Result<void> Pusher::settle(const PushConfig& target) {
  for (const auto& run : m_journal.unfinished(target)) {
    StepSink jobs(m_journal, run.id);
    TaskRun waiting(m_connection, jobs);
    for (auto& [id, task] : m_journal.jobs(run.id)) {
      waiting.add(std::move(task));
    }
    if (auto error = waiting.run()) {
      return *std::move(error);
    }
    PushPlan plan;
    plan.target = run.target;
    std::vector<std::size_t> sent;
    for (auto& change : m_journal.changes(run.id)) {
      if (change.state == ChangeState::sent) {
        sent.push_back(plan.changes.size());
      }
      plan.changes.push_back(std::move(change.planned));
    }
    if (!sent.empty()) {
      MF_TRY(state, look_at_members(m_connection, run.target, addresses_of(plan.changes, sent)));
      std::vector<std::size_t> done;
      std::copy_if(sent.begin(), sent.end(), std::back_inserter(done),
                   [&](std::size_t place) { return is_done(plan.changes[place], state); });
      m_journal.note(run.id, plan, done, ChangeState::confirmed);
    }
    m_journal.end(run.id, "stopped");
  }
  return {};
}

Result<MadePlan> Pusher::plan(const SegmentConfig& segment, const PushConfig& target) {
  MF_TRY(made, make_plan(m_store, m_workspace, m_connection, segment, target,
                         m_journal.holders(target), m_now));
  made.plan.first = !m_journal.knows(target);
  return made;
}

Result<void> Pusher::refresh(PushPlan& saved) {
  const auto changed = [&](const std::string& what) {
    return Error{ErrorCode::conflict, what + ": make a new plan", m_connection.name()};
  };
  // What guards the plan is the config's and the platform's, whatever stands in the file.
  const auto& segments = m_workspace.config.segments;
  const auto segment =
      std::find_if(segments.begin(), segments.end(),
                   [&](const SegmentConfig& one) { return one.name == saved.segment; });
  if (segment == segments.end()) {
    return changed(fmt::format("the config has no segment \"{}\" any more", saved.segment));
  }
  const auto is_target = [&](const PushConfig& one) {
    return one.account == saved.target.account && target_of(one) == target_of(saved.target);
  };
  if (std::none_of(segment->push.begin(), segment->push.end(), is_target)) {
    return changed(fmt::format("the config does not send segment \"{}\" there", saved.segment));
  }
  saved.use = segment->use;
  saved.first = !m_journal.knows(saved.target);
  for (const auto& info : m_connection.api().targets()) {
    if (info.kind == saved.target.as) {
      saved.may_start_automations = info.starts_automations;
    }
  }
  // The platform is asked the same as when the plan was made: of those who stay out as well.
  auto wanted = addresses_of(saved.changes);
  for (const auto& blocked : saved.blocked) {
    wanted.push_back(blocked.address);
  }
  MF_TRY(state, look_at_target(m_connection, saved.target, wanted));
  std::vector<std::string> addresses;
  std::string scratch;
  for (const auto& planned : saved.changes) {
    const auto* member = state.find(planned.change);
    const auto& who = planned.change.address;
    const auto action = planned.change.action;
    const bool in = member != nullptr && member->in_target;
    const bool moved = action == Action::add ? in : action == Action::remove && !in;
    if (member == nullptr || moved || !same_values(member->fields, planned.before)) {
      return changed(who + " is not there as when the plan was made");
    }
    if (raises(planned) && saved.use == SegmentUse::mailing &&
        member->subscription != Subscription::subscribed) {
      return changed(who + " is not subscribed any more");
    }
    addresses.emplace_back(normalise_address(who, scratch));
  }
  const auto known = Recipients(m_store.database())
                         .find(std::vector<std::string_view>(addresses.begin(), addresses.end()));
  for (std::size_t i = 0; i < known.size(); ++i) {
    saved.changes[i].recipient = known[i].value_or(k_nobody);
  }
  const auto members = static_cast<std::uint64_t>(
      std::count_if(state.members.begin(), state.members.end(),
                    [](const auto& entry) { return entry.second.in_target; }));
  if (saved.target.as != TargetKind::fields && members != saved.members) {
    return changed(fmt::format("there were {} members when the plan was made, and are {} now",
                               saved.members, members));
  }
  saved.target_there = state.there;
  saved.target_id = state.id;
  return {};
}

Result<PushPlan> Pusher::inverse(std::int64_t id) {
  const auto run = m_journal.run(id);
  if (!run || run->account != m_connection.name()) {
    return Error{ErrorCode::not_found, fmt::format("there is no push {} of this account", id)};
  }
  PushPlan plan;
  plan.segment = run->segment;
  plan.target = run->target;
  plan.made = plan.as_of = m_now;
  for (const auto& segment : m_workspace.config.segments) {
    plan.use = segment.name == run->segment ? segment.use : plan.use;
  }
  for (auto& change : m_journal.changes(id)) {
    if (change.state != ChangeState::confirmed) {
      continue;
    }
    auto& planned = change.planned;
    std::swap(planned.before, planned.change.fields);
    planned.change.action = planned.change.action == Action::add      ? Action::remove
                            : planned.change.action == Action::remove ? Action::add
                                                                      : Action::set;
    plan.changes.push_back(std::move(planned));
  }
  if (plan.target.as == TargetKind::suppression && !plan.changes.empty()) {
    return Error{ErrorCode::usage, "nobody is taken off a suppression list: do it at the platform, "
                                   "for those who asked for mails again"};
  }
  MF_TRY(state, look_at_target(m_connection, plan.target, addresses_of(plan.changes)));
  plan.target_there = state.there;
  plan.target_id = state.id;
  plan.base = state.fingerprint();
  m_suppression.look();
  std::vector<PlannedChange> kept;
  for (const auto& [key, member] : state.members) {
    plan.members += member.in_target ? 1 : 0;
  }
  for (auto& planned : plan.changes) {
    const auto* member = state.find(planned.change);
    const auto block = [&](std::string why) {
      plan.blocked.push_back({planned.change.address, std::move(why)});
    };
    if (is_done(planned, state)) {
      ++plan.staying;
    } else if (planned.change.action == Action::set && member != nullptr &&
               !same_values(member->fields, planned.before)) {
      block("was changed since");
    } else if (raises(planned) && member == nullptr) {
      block("no contact any more");
    } else if (raises(planned) && plan.use == SegmentUse::mailing &&
               member->subscription != Subscription::subscribed) {
      block("not subscribed");
    } else if (auto why = raises(planned) ? m_suppression.bars(planned.recipient, plan.use)
                                          : std::string();
               !why.empty()) {
      block(std::move(why));
    } else {
      kept.push_back(std::move(planned));
    }
  }
  plan.changes = std::move(kept);
  return plan;
}

Result<std::string> Pusher::make_target(const PushPlan& plan) {
  MF_TRY(tasks, m_connection.api().create(target_of(plan.target)));
  struct Sink : AnswerSink {
    std::string id;
    void target(std::string_view text) override { id = text; }
  } sink;
  TaskRun run(m_connection, sink);
  for (auto& task : tasks) {
    run.add(std::move(task));
  }
  if (auto error = run.run()) {
    return *std::move(error);
  }
  if (sink.id.empty()) { // no answer came, or it was there after all: ask
    MF_TRY(state, look_at_target(m_connection, plan.target, {}));
    if (!state.there) {
      return run.failed().empty() ? Error{ErrorCode::io, "the target could not be made"}
                                  : run.failed().front().error;
    }
    sink.id = state.id;
  }
  return sink.id;
}

std::vector<std::size_t> Pusher::bar(const PushPlan& plan, const std::vector<std::size_t>& places,
                                     std::vector<std::string>& why) {
  m_suppression.look();
  std::vector<std::size_t> out;
  for (const auto place : places) {
    const auto& planned = plan.changes[place];
    if (!raises(planned)) {
      continue;
    }
    auto reason = planned.recipient == k_nobody ? std::string("not known any more")
                                                : m_suppression.bars(planned.recipient, plan.use);
    if (!reason.empty()) {
      out.push_back(place);
      why.push_back(std::move(reason));
    }
  }
  return out;
}

void Pusher::count(const PushPlan& plan, std::size_t place, PushResult& result) const {
  switch (plan.changes[place].change.action) {
  case Action::add:
    ++result.added;
    break;
  case Action::remove:
    ++result.removed;
    break;
  case Action::set:
    ++result.set;
    break;
  }
}

std::optional<Error> Pusher::send(std::int64_t run, const PushPlan& plan, Step& step,
                                  PushResult& result) {
  m_journal.note(run, plan, step.places, ChangeState::sent);
  StepSink sink(m_journal, run);
  TaskRun tasks(m_connection, sink);
  tasks.add(step.task);
  auto error = tasks.run();
  result.requests += tasks.requests();
  if (error) {
    return error;
  }
  // What was not answered, or is carried out by a job that nobody tells of, may have been done.
  const auto is_lost = [&step](const TaskError& failed) {
    return failed.error.code == ErrorCode::unanswered ||
           failed.error.code == ErrorCode::bad_syntax || failed.task != step.task;
  };
  const bool lost = !tasks.failed().empty() && is_lost(tasks.failed().front());
  if (lost) {
    m_last_words = tasks.failed().front().error.text();
  } else if (!tasks.failed().empty()) {
    const auto words = tasks.failed().front().error.text();
    m_journal.note(run, plan, step.places, ChangeState::refused,
                   std::vector<std::string>(step.places.size(), words));
    for (const auto place : step.places) {
      result.refused.push_back({plan.changes[place].change.address, words});
    }
    step.places.clear();
    return std::nullopt;
  }
  std::vector<std::size_t> done, refused, open;
  std::vector<std::string> words;
  for (const auto place : step.places) {
    const auto* outcome = sink.of(plan.changes[place].change);
    if (outcome != nullptr && outcome->state == PushOutcome::State::refused) {
      refused.push_back(place);
      words.push_back(outcome->words);
      result.refused.push_back({plan.changes[place].change.address, outcome->words});
    } else if ((lost || sink.is_unsure) && outcome == nullptr) {
      open.push_back(place);
    } else {
      done.push_back(place);
      count(plan, place, result);
    }
  }
  m_journal.note(run, plan, done, ChangeState::confirmed);
  m_journal.note(run, plan, refused, ChangeState::refused, words);
  step.places = std::move(open);
  return step.places.empty() ? std::nullopt : look_again(run, plan, step, result);
}

/// The target tells what is done; the rest stays in the step.
std::optional<Error> Pusher::look_again(std::int64_t run, const PushPlan& plan, Step& step,
                                        PushResult& result) {
  const auto state =
      look_at_members(m_connection, plan.target, addresses_of(plan.changes, step.places));
  if (!state) {
    return state.error();
  }
  std::vector<std::size_t> done, open;
  for (const auto place : step.places) {
    (is_done(plan.changes[place], *state) ? done : open).push_back(place);
  }
  m_journal.note(run, plan, done, ChangeState::confirmed);
  for (const auto place : done) {
    count(plan, place, result);
  }
  step.places = std::move(open);
  return std::nullopt;
}

PushResult Pusher::apply(PushPlan plan, const PushHooks& hooks,
                         std::optional<std::int64_t> reverts) {
  constexpr int k_most_rounds = 3; // of changes whose outcome was not told
  PushResult result;
  if (plan.changes.empty()) {
    return result;
  }
  const auto run = m_journal.begin(plan, reverts, m_now);
  result.run = run;
  const auto stop = [&](Error error) {
    result.error = std::move(error);
    return result; // the run stays open: the next push settles it
  };
  if (!plan.target_there) {
    auto made = make_target(plan);
    if (!made) {
      m_journal.end(run, "stopped");
      return stop(made.error());
    }
    plan.target_id = *std::move(made);
  }
  const auto target = target_of(plan.target);
  std::vector<bool> open(plan.changes.size(), true); // not known to be done or refused
  std::size_t over = 0;
  const auto close = [&](const std::vector<std::size_t>& places) {
    for (const auto place : places) {
      over += open[place] ? 1 : 0;
      open[place] = false;
    }
  };
  const auto drop = [&](const std::vector<std::size_t>& places,
                        const std::vector<std::string>& why) {
    m_journal.note(run, plan, places, ChangeState::refused, why);
    for (std::size_t i = 0; i < places.size(); ++i) {
      result.refused.push_back({plan.changes[places[i]].change.address, why[i]});
    }
    close(places);
  };
  for (int round = 0; round < k_most_rounds && over < open.size();) {
    std::vector<std::size_t> places; // what the steps count in
    std::vector<MemberChange> changes;
    for (std::size_t place = 0; place < open.size(); ++place) {
      if (open[place]) {
        places.push_back(place);
        changes.push_back(plan.changes[place].change);
      }
    }
    const auto steps = m_connection.api().change(target, plan.target_id, changes);
    if (!steps) {
      return stop(steps.error());
    }
    bool barred_some = false;
    for (const auto& described : *steps) {
      Step step{described.task, {}};
      for (const auto index : described.changes) {
        step.places.push_back(places[index]);
      }
      std::vector<std::string> why;
      if (const auto barred = bar(plan, step.places, why); !barred.empty()) {
        drop(barred, why); // this request names them: all that is left is put together anew
        barred_some = true;
        break;
      }
      auto asked = step.places;
      if (auto error = send(run, plan, step, result)) {
        return stop(*std::move(error));
      }
      std::erase_if(asked, [&step](std::size_t place) {
        return std::find(step.places.begin(), step.places.end(), place) != step.places.end();
      });
      close(asked);
      if (hooks.progress) {
        hooks.progress(m_connection.name(), over, open.size());
      }
    }
    round += barred_some ? 0 : 1;
  }
  if (over < open.size()) {
    std::vector<std::size_t> places;
    for (std::size_t place = 0; place < open.size(); ++place) {
      if (open[place]) {
        places.push_back(place);
      }
    }
    const auto words =
        "asked three times, and still not done" + (m_last_words.empty() ? "" : ": " + m_last_words);
    drop(places, std::vector<std::string>(places.size(), words));
  }
  m_journal.end(run, "done");
  return result;
}

} // namespace mailfunnel
