// push

#include "app/kept_run.hpp"
#include "app/push.hpp"
#include "app/saved_plans.hpp"
#include "base/source.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "plan_tables.hpp"
#include "progress.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <iostream>

#include <unistd.h>

namespace mailfunnel::cli {

namespace {

constexpr std::size_t k_shown = 40; // members who were refused

struct Target {
  const SegmentConfig* segment;
  const PushConfig* push;
};

/// Targets of the segments that are named, or of all.
std::vector<Target> targets_of(const Invocation& call, const Config& config) {
  const auto names = call.texts("arguments");
  for (const auto& name : names) {
    const auto known = std::any_of(config.segments.begin(), config.segments.end(),
                                   [&](const SegmentConfig& one) { return one.name == name; });
    if (!known) {
      wrong_usage(fmt::format("the config has no segment \"{}\"", name));
    }
  }
  std::vector<Target> out;
  for (const auto& segment : config.segments) {
    const bool wanted =
        names.empty() || std::find(names.begin(), names.end(), segment.name) != names.end();
    for (const auto& push : segment.push) {
      if (wanted && (call.text("account").empty() || push.account == call.text("account"))) {
        out.push_back({&segment, &push});
      }
    }
  }
  if (out.empty()) {
    wrong_usage("nothing to push: give a [[segment]] a target, such as push = [{ account = "
                "\"newsletter\", as = \"tag\" }] (docs/push.md)");
  }
  return out;
}

/// What is to be said on the command line first; "" where nothing.
std::string missing_consent(const Invocation& call, const PushPlan& plan, const PushRules& rules) {
  const auto asks = questions(plan, rules);
  std::string out;
  if (!asks.large_removal.empty() && !call.flag("allow-large-removal")) {
    out = asks.large_removal + ": say --allow-large-removal if that is meant";
  }
  if (!asks.confirm.empty() && !call.flag("yes")) {
    out += out.empty() ? "" : "; and ";
    out += asks.confirm + ": look at --dry-run, then say --yes";
  }
  return out;
}

void save(const std::string& file, const PushPlan& plan) {
  if (const auto written = write_file(file, to_json(plan) + '\n'); !written) {
    throw Failure(written.error());
  }
}

struct Outcome {
  bool failed = false, partly = false;
};

class PushCommand {
public:
  explicit PushCommand(const Invocation& call)
      : m_call(call), m_workspace(call.workspace()), m_store(call.open_writing(m_workspace)),
        m_progress(call) {
    m_settings.stopped = interrupted;
    m_settings.record = call.text("record");
    if (call.verbose) {
      m_settings.log = [](std::string_view line) { std::cerr << line << '\n'; };
    }
  }

  int segments() {
    for (const auto& [segment, target] : targets_of(m_call, m_workspace.config)) {
      Pusher pusher(m_store, m_workspace, target->account, m_settings, m_call.now());
      if (!m_call.flag("dry-run")) {
        if (const auto settled = settle(pusher, *target); !settled) {
          tell_unsent(settled.error());
          continue;
        }
        // What somebody approved goes first.
        const auto approved = m_plans.approved_for(segment->name, *target);
        if (approved && !saves()) {
          const auto outdated = carry_out_saved(pusher, *approved);
          if (!outdated) {
            continue;
          }
          std::cerr << fmt::format("mailfunnel: plan {} is outdated: {}\n", approved->id,
                                   outdated->text());
        }
      }
      const auto made = pusher.plan(*segment, *target);
      if (!made) {
        tell_unsent(made.error());
        continue;
      }
      if (m_call.flag("dry-run") || saves()) {
        look(*made);
      } else {
        decide(pusher, *made);
      }
    }
    return code();
  }

  /// A plan of the store.
  int approved(std::int64_t id) {
    const auto plan = m_plans.may_apply(id, m_workspace.config.push);
    if (!plan) {
      tell(plan.error());
      return code();
    }
    Pusher pusher(m_store, m_workspace, plan->account, m_settings, m_call.now());
    if (const auto settled = settle(pusher, m_plans.read(id).target); !settled) {
      tell_unsent(settled.error());
    } else if (const auto outdated = carry_out_saved(pusher, *plan)) {
      tell(*outdated);
    }
    return code();
  }

  int saved(const std::string& file) {
    const auto text = read_file(file);
    if (!text) {
      throw Failure(text.error());
    }
    auto plan = read_plan(*text);
    if (!plan) {
      auto error = plan.error();
      error.source = file;
      throw Failure(error);
    }
    if (m_workspace.config.push.approvals != 0) {
      wrong_usage(
          "[push] approvals: a plan in a file can't be approved; push --save-plan keeps one "
          "that can");
    }
    Pusher pusher(m_store, m_workspace, plan->target.account, m_settings, m_call.now());
    auto fine = settle(pusher, plan->target);
    fine = fine ? pusher.refresh(*plan) : fine;
    if (!fine) {
      tell(fine.error());
      return code();
    }
    show(*plan);
    carry_out(pusher, *std::move(plan));
    return code();
  }

  int revert(std::int64_t run) {
    const auto known = PushJournal(m_store).run(run);
    if (!known) {
      wrong_usage(fmt::format("there is no push {}: `mailfunnel push --list` shows them", run));
    }
    Pusher pusher(m_store, m_workspace, known->account, m_settings, m_call.now());
    if (const auto settled = settle(pusher, known->target); !settled) {
      tell_unsent(settled.error());
      return code();
    }
    auto plan = pusher.inverse(run);
    if (!plan) {
      tell(plan.error());
      return code();
    }
    show(*plan);
    if (!m_call.flag("dry-run")) {
      carry_out(pusher, *std::move(plan), run);
    } else if (!m_call.json && !m_call.flag("csv")) {
      print_rows(*plan, m_call.color, m_call.verbose);
    }
    return code();
  }

  int list() {
    Table table({"push>", "when", "segment", "target", "added>", "removed>", "set>", "refused>",
                 "state", "why"});
    for (const auto& run : PushJournal(m_store).runs()) {
      if (m_call.json) {
        std::cout << to_json(run) << '\n';
        continue;
      }
      table.add({std::to_string(run.id), format_time(run.created), run.segment,
                 where_of(run.target), grouped(run.added), grouped(run.removed), grouped(run.set),
                 grouped(run.refused), run.state, run.why});
    }
    if (!m_call.json) {
      std::cout << table.text(m_call.color);
    }
    return k_done;
  }

private:
  bool plain() const { return !m_call.json && !m_call.flag("csv"); }
  /// The plan is kept, and nothing is sent.
  bool saves() const { return m_call.flag("save-plan") || !m_call.text("save").empty(); }

  void show(const PushPlan& plan) {
    if (m_call.json) {
      std::cout << to_json(plan) << '\n';
    } else if (m_call.flag("csv")) {
      print_csv(plan, std::exchange(m_first, false));
    } else {
      print_summary(plan);
    }
  }

  /// The account's lease is ours: what was under way before was cut off.
  Result<void> settle(Pusher& pusher, const PushConfig& target) {
    m_plans.close_left(target.account, m_call.now());
    return pusher.settle(target);
  }

  /// --dry-run, --save and --save-plan.
  void look(const MadePlan& made) {
    const auto& plan = made.plan;
    const auto file = m_call.text("save");
    show(plan);
    if (plain()) {
      print_rows(plan, m_call.color, m_call.verbose);
      if (const auto asks = missing_consent(m_call, plan, m_workspace.config.push); !asks.empty()) {
        std::cout << "  would stop: " << asks << '\n';
      }
    }
    if (saves()) {
      keep(made, "plan of a push");
    }
    if (!file.empty()) {
      save(file, plan);
      std::cerr << fmt::format("mailfunnel: the plan is in {}: push --plan {} carries it out\n",
                               file, file);
    }
    if (m_call.flag("save-plan")) {
      save_for_approval(plan);
    }
  }

  void decide(Pusher& pusher, const MadePlan& made) {
    const auto& plan = made.plan;
    show(plan);
    keep(made, "pushed");
    const bool asks = !missing_consent(m_call, plan, m_workspace.config.push).empty();
    const bool unattended = isatty(STDIN_FILENO) == 0;
    const bool somebody_looks = m_workspace.config.push.approvals != 0 || (asks && unattended);
    if (somebody_looks && !plan.changes.empty()) {
      save_for_approval(plan);
      m_outcome.partly = true;
    } else {
      carry_out(pusher, plan);
    }
  }

  void save_for_approval(const PushPlan& plan) {
    if (plan.changes.empty()) {
      std::cerr << fmt::format("mailfunnel: {}: nothing to send, so no plan is kept\n",
                               where_of(plan.target));
      return;
    }
    const auto& rules = m_workspace.config.push;
    const auto saved = m_plans.save(plan, questions(plan, rules), m_call.text("as"), m_call.now());
    if (m_call.json) {
      std::cout << to_json(saved, rules) << '\n';
    }
    std::cerr << fmt::format("mailfunnel: plan {} {}: {}\n", saved.id,
                             saved.state == PlanState::approved
                                 ? "is approved: `mailfunnel push --plan` carries it out"
                                 : "waits for approval",
                             words_of(saved));
  }

  /// Why it is outdated, where it is: then nothing was sent. All else is told.
  std::optional<Error> carry_out_saved(Pusher& pusher, const SavedPlan& saved) {
    auto plan = m_plans.read(saved.id);
    if (const auto fine = pusher.refresh(plan); !fine) {
      if (fine.error().code == ErrorCode::conflict) {
        m_plans.end(saved.id, PlanState::outdated, fine.error().message, {}, m_call.now());
        return fine.error();
      }
      tell(fine.error()); // it could not be looked at, and stays approved
      return std::nullopt;
    }
    if (const auto begun = m_plans.begin(saved.id, m_workspace.config.push); !begun) {
      tell(begun.error());
      return std::nullopt;
    }
    show(plan);
    const auto result = send(pusher, std::move(plan), std::nullopt);
    m_plans.end(saved.id,
                result.error             ? PlanState::failed
                : result.refused.empty() ? PlanState::done
                                         : PlanState::partly,
                result.error ? result.error->text() : std::string(),
                result.run == 0 ? std::nullopt : std::optional(result.run), m_call.now());
    return std::nullopt;
  }

  void keep(const MadePlan& made, std::string_view what) {
    const auto& plan = made.plan;
    keep_run(m_store, made.run, m_workspace.config.rules, *made.world,
             {fmt::format("segment {}, {} to {}", plan.segment, what, where_of(plan.target))},
             m_call.now());
  }

  void carry_out(Pusher& pusher, PushPlan plan,
                 std::optional<std::int64_t> reverts = std::nullopt) {
    if (const auto asks = missing_consent(m_call, plan, m_workspace.config.push); !asks.empty()) {
      tell({ErrorCode::usage, "nothing was sent: " + asks, plan.segment});
      return;
    }
    if (plan.changes.empty()) {
      if (plain()) {
        std::cout << "  nothing to send\n";
      }
      return;
    }
    send(pusher, std::move(plan), reverts);
  }

  PushResult send(Pusher& pusher, PushPlan plan, std::optional<std::int64_t> reverts) {
    auto result = pusher.apply(
        std::move(plan), {[this](const std::string& what, std::uint64_t done, std::uint64_t total) {
          m_progress.show(what, done, total);
        }},
        reverts);
    m_progress.clear();
    if (m_call.json) {
      std::cout << fmt::format(
          "{{\"push\":{},\"added\":{},\"removed\":{},\"set\":{},\"refused\":{},\"requests\":{}}}\n",
          result.run, result.added, result.removed, result.set, result.refused.size(),
          result.requests);
    } else if (!m_call.flag("csv")) {
      std::cout << fmt::format(
          "  push {}: added {}, removed {}, set {}, refused {}, by {} requests\n", result.run,
          grouped(result.added), grouped(result.removed), grouped(result.set),
          grouped(result.refused.size()), grouped(result.requests));
    }
    std::size_t shown = 0;
    for (const auto& [address, reason] : result.refused) {
      if (++shown > k_shown && !m_call.verbose) {
        std::cerr << fmt::format("mailfunnel: and {} more\n", result.refused.size() - k_shown);
        break;
      }
      std::cerr << fmt::format("mailfunnel: {}: {}\n", address, printable(reason, 200));
    }
    m_outcome.partly = m_outcome.partly || !result.refused.empty();
    if (result.error) {
      tell(*result.error);
      std::cerr << fmt::format(
          "mailfunnel: push {} was cut off: run it again, it goes on from here\n", result.run);
    }
    return result;
  }

  void tell(const Error& error) {
    std::cerr << "mailfunnel: " << error.text() << '\n';
    m_outcome.failed = true;
    m_usage = m_usage || error.code == ErrorCode::usage;
  }

  /// Of what went wrong before anything was sent.
  void tell_unsent(const Error& error) {
    tell(error);
    if (may_pass(error.code)) {
      std::cerr << "mailfunnel: nothing was sent: run it again when the platform answers\n";
    } else if (error.code == ErrorCode::unauthorized) {
      std::cerr
          << "mailfunnel: nothing was sent: `mailfunnel check --online` tells whether the key "
             "is good, and what it may do\n";
    }
  }

  int code() const {
    return m_outcome.failed ? (m_usage ? k_usage : k_failed) : m_outcome.partly ? k_partly : k_done;
  }

  const Invocation& m_call;
  Workspace m_workspace;
  Store m_store;
  SavedPlans m_plans{m_store};
  Progress m_progress;
  ConnectionSettings m_settings;
  Outcome m_outcome;
  bool m_usage = false, m_first = true;
};

int run_push(const Invocation& call) {
  PushCommand command(call);
  if (call.flag("list")) {
    return command.list();
  }
  if (const auto file = call.text("plan"); !file.empty()) {
    const auto id = parse_int(file); // a file that is called so is ./7
    return id ? command.approved(*id) : command.saved(file);
  }
  if (const auto run = call.text("revert"); !run.empty()) {
    const auto number = parse_int(run);
    if (!number) {
      wrong_usage("--revert wants the number of a push, not \"" + run + "\"");
    }
    return command.revert(*number);
  }
  return command.segments();
}

} // namespace

Command push_command() {
  return {"push",
          "[SEGMENT…]",
          "send segments back to the platforms: what differs from what they have, and only that",
          "  mailfunnel push --dry-run\n  mailfunnel push sales-calls --save-plan\n"
          "  mailfunnel plans approve 7\n  mailfunnel push --plan 7",
          [](auto& options) {
            options.add_options()("dry-run", flag(), "the plan alone; nothing is sent")(
                "save", text("FILE"), "keep the plan in a file, and send nothing")(
                "save-plan", flag(), "keep the plan for somebody to approve, and send nothing")(
                "as", text("NAME"), "in whose name it is kept")(
                "plan", text("ID|FILE"),
                "carry out a kept plan; refused when the platform changed since")(
                "revert", text("PUSH"), "undo a push, as far as it still holds")(
                "list", flag(), "past pushes")("account", text("NAME"), "only to this account")(
                "allow-large-removal", flag(), "also when many would leave a target")(
                "yes", flag(), "yes to a first push to a target, and to many additions")(
                "csv", flag(), "the plan as CSV, a row a member")(
                "record", text("FILE"), "a transcript of all requests, without secrets");
          },
          run_push};
}

} // namespace mailfunnel::cli
