// push

#include "app/kept_run.hpp"
#include "app/push.hpp"
#include "base/csv.hpp"
#include "base/source.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "progress.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iostream>

#include <unistd.h>

namespace mailfunnel::cli {

namespace {

using Action = MemberChange::Action;
constexpr std::string_view k_actions[] = {"add", "remove", "set"};
constexpr std::size_t k_shown = 40; // rows of a plan on a terminal

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

std::string fields_of(const PushPlan& plan, const std::vector<std::string>& values) {
  std::string out;
  for (std::size_t i = 0; i < values.size() && i < plan.target.fields.size(); ++i) {
    out += fmt::format("{}{}={}", out.empty() ? "" : ", ", plan.target.fields[i].second, values[i]);
  }
  return out;
}

void print_summary(const PushPlan& plan) {
  std::cout << fmt::format(
      "segment \"{}\" -> {}{}\n  {} there now; add {}, remove {}, set {}; {} stay as they are, {} "
      "kept out\n",
      plan.segment, where_of(plan.target), plan.target_there ? "" : " (to be made)",
      grouped(plan.members), grouped(plan.count(Action::add)), grouped(plan.count(Action::remove)),
      grouped(plan.count(Action::set)), grouped(plan.staying), grouped(plan.blocked.size()));
  if (plan.may_start_automations && plan.count(Action::add) != 0) {
    std::cout << "  an addition can start an automation there\n";
  }
}

/// One row a member.
void print_rows(const PushPlan& plan, bool color, bool all) {
  Table table({"action", "address", "now", "then", "why not"});
  std::size_t rows = 0;
  for (const auto& [recipient, change, before] : plan.changes) {
    if (all || rows < k_shown) {
      table.add({std::string(k_actions[static_cast<int>(change.action)]), change.address,
                 fields_of(plan, before), fields_of(plan, change.fields), ""});
    }
    ++rows;
  }
  std::size_t blocked = 0;
  for (const auto& [address, reason] : plan.blocked) {
    if (all || blocked < k_shown / 2) {
      table.add({"-", address, "", "", reason});
    }
    ++blocked;
  }
  if (rows + blocked != 0) {
    std::cout << table.text(color);
  }
  const auto hidden = rows - std::min(rows, k_shown) + blocked - std::min(blocked, k_shown / 2);
  if (!all && hidden != 0) {
    std::cout << fmt::format("and {} more: --csv, --json and -v show all\n", grouped(hidden));
  }
}

void print_csv(const PushPlan& plan, bool header) {
  if (header) {
    std::cout << "segment,account,target,action,address,now,then,why_not\n";
  }
  const auto row = [&](std::initializer_list<std::string_view> cells) {
    std::string line;
    for (const auto cell : cells) {
      line += line.empty() ? "" : ",";
      append_csv_field(line, cell, ',');
    }
    std::cout << line << '\n';
  };
  const auto target = fmt::format("{} {}", name_of(plan.target.as), plan.target.name);
  for (const auto& [recipient, change, before] : plan.changes) {
    row({plan.segment, plan.target.account, target, k_actions[static_cast<int>(change.action)],
         change.address, fields_of(plan, before), fields_of(plan, change.fields), ""});
  }
  for (const auto& [address, reason] : plan.blocked) {
    row({plan.segment, plan.target.account, target, "blocked", address, "", "", reason});
  }
}

void show(const Invocation& call, const PushPlan& plan, bool first) {
  if (call.json) {
    std::cout << to_json(plan) << '\n';
  } else if (call.flag("csv")) {
    print_csv(plan, first);
  } else {
    print_summary(plan);
  }
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
  std::ofstream out(file, std::ios::trunc);
  out << to_json(plan) << '\n';
  if (!out.flush()) {
    throw Failure({ErrorCode::io, "the plan can't be written", file});
  }
}

struct Outcome {
  bool failed = false, partly = false;
};

class PushCommand {
public:
  explicit PushCommand(const Invocation& call)
      : m_call(call), m_workspace(call.workspace()),
        m_store(Store::open_writing(m_workspace.store_path())),
        m_progress(!call.quiet && !call.json) {
    m_settings.stopped = interrupted;
    m_settings.record = call.text("record");
    if (call.verbose) {
      m_settings.log = [](std::string_view line) { std::cerr << line << '\n'; };
    }
  }

  int segments() {
    bool first = true;
    for (const auto& [segment, target] : targets_of(m_call, m_workspace.config)) {
      Pusher pusher(m_store, m_workspace, target->account, m_settings, m_call.now());
      if (!m_call.flag("dry-run")) {
        if (const auto settled = pusher.settle(*target); !settled) {
          tell(settled.error());
          continue;
        }
      }
      const auto made = pusher.plan(*segment, *target);
      if (!made) {
        tell(made.error());
        continue;
      }
      const auto& plan = made->plan;
      show(m_call, plan, std::exchange(first, false));
      const auto file = m_call.text("save");
      if (!file.empty() || !m_call.flag("dry-run")) {
        keep(*made, file);
      }
      if (m_call.flag("dry-run") || !file.empty()) {
        if (!m_call.json && !m_call.flag("csv")) {
          print_rows(plan, m_call.color, m_call.verbose);
          if (const auto asks = missing_consent(m_call, plan, m_workspace.config.push);
              !asks.empty()) {
            std::cout << "  would stop: " << asks << '\n';
          }
        }
        if (!file.empty()) {
          save(file, plan);
          std::cerr << fmt::format("mailfunnel: the plan is in {}: push --plan {} carries it out\n",
                                   file, file);
        }
        continue;
      }
      carry_out(pusher, plan);
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
    Pusher pusher(m_store, m_workspace, plan->target.account, m_settings, m_call.now());
    auto fine = pusher.settle(plan->target);
    fine = fine ? pusher.refresh(*plan) : fine;
    if (!fine) {
      tell(fine.error());
      return code();
    }
    show(m_call, *plan, true);
    carry_out(pusher, *std::move(plan));
    return code();
  }

  int revert(std::int64_t run) {
    const auto known = PushJournal(m_store).run(run);
    if (!known) {
      wrong_usage(fmt::format("there is no push {}: `mailfunnel push --list` shows them", run));
    }
    Pusher pusher(m_store, m_workspace, known->account, m_settings, m_call.now());
    if (const auto settled = pusher.settle(known->target); !settled) {
      tell(settled.error());
      return code();
    }
    auto plan = pusher.inverse(run);
    if (!plan) {
      tell(plan.error());
      return code();
    }
    show(m_call, *plan, true);
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
  void keep(const MadePlan& made, const std::string& file) {
    const auto& plan = made.plan;
    keep_run(m_store, made.run, m_workspace.config.rules, *made.world,
             {fmt::format("segment {}, {} to {}", plan.segment,
                          file.empty() ? "pushed" : "plan of a push", where_of(plan.target))},
             m_call.now());
  }

  void carry_out(Pusher& pusher, PushPlan plan,
                 std::optional<std::int64_t> reverts = std::nullopt) {
    if (const auto asks = missing_consent(m_call, plan, m_workspace.config.push); !asks.empty()) {
      tell({ErrorCode::usage, "nothing was sent: " + asks, plan.segment});
      return;
    }
    if (plan.changes.empty()) {
      if (!m_call.json && !m_call.flag("csv")) {
        std::cout << "  nothing to send\n";
      }
      return;
    }
    const auto result = pusher.apply(
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
  }

  void tell(const Error& error) {
    std::cerr << "mailfunnel: " << error.text() << '\n';
    m_outcome.failed = true;
    m_usage = m_usage || error.code == ErrorCode::usage;
  }

  int code() const {
    return m_outcome.failed ? (m_usage ? k_usage : k_failed) : m_outcome.partly ? k_partly : k_done;
  }

  const Invocation& m_call;
  Workspace m_workspace;
  Store m_store;
  Progress m_progress;
  ConnectionSettings m_settings;
  Outcome m_outcome;
  bool m_usage = false;
};

int run_push(const Invocation& call) {
  PushCommand command(call);
  if (call.flag("list")) {
    return command.list();
  }
  if (const auto file = call.text("plan"); !file.empty()) {
    return command.saved(file);
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
          "  mailfunnel push --dry-run\n  mailfunnel push sales-calls --save plan.json\n"
          "  mailfunnel push --plan plan.json --yes",
          [](auto& options) {
            options.add_options()("dry-run", flag(), "the plan alone; nothing is sent")(
                "save", text("FILE"), "keep the plan in a file, and send nothing")(
                "plan", text("FILE"),
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
