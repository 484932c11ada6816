// sync

#include "app/sync.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "import_words.hpp"
#include "memory.hpp"
#include "progress.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <iostream>

namespace mailfunnel::cli {

namespace {

/// Those that are named, or all that can be pulled.
std::vector<std::string> accounts_of(const Invocation& call, const Workspace& workspace) {
  auto names = call.texts("arguments");
  if (!names.empty()) {
    return names;
  }
  names = pulled_accounts(workspace);
  if (names.empty()) {
    wrong_usage("the config has no account with a key that can be synced: give an [[account]] its "
                "platform's api_key (docs/sync.md)");
  }
  return names;
}

Seconds since_of(const std::string& text) {
  const auto time = parse_time(text);
  if (!time) {
    wrong_usage("--since wants a date such as 2026-01-01, not \"" + text + "\"");
  }
  return time->seconds;
}

void print_json(const SyncSummary& summary) {
  const auto& c = summary.counts;
  std::string line = "{\"account\":";
  append_json_string(line, summary.account);
  line +=
      fmt::format(",\"requests\":{},\"campaigns\":{},\"recipients\":{},\"events\":{},\"new\":{},"
                  "\"duplicate\":{},\"rejected\":{},\"left\":{},\"failed\":{},\"complete\":{}",
                  summary.requests, c.campaigns, c.recipients, c.events, c.fresh, c.duplicate,
                  c.rejected, summary.left, summary.failed.size(), summary.complete());
  if (!summary.twins.empty()) {
    line += ",\"twins\":[";
    for (const auto& twins : summary.twins) {
      line += line.back() == '[' ? "{\"file\":" : ",{\"file\":";
      append_json_string(line, twins.by_file);
      line += ",\"api\":";
      append_json_string(line, twins.by_api);
      line += '}';
    }
    line += ']';
  }
  if (summary.error) {
    line += ",\"error\":";
    append_json_string(line, summary.error->text());
  }
  std::cout << line << "}\n";
}

void tell(const SyncSummary& summary) {
  for (const auto& note : summary.notes) {
    std::cerr << fmt::format("mailfunnel: {}: {}\n", summary.account, note);
  }
  for (const auto& twins : summary.twins) {
    std::cerr << fmt::format(
        "mailfunnel: {}: {} was not pulled: a file seems to have brought it as "
        "{} ({})\n  they are one:  {}\n",
        summary.account, twins.by_api, twins.by_file, twins.why, merge_command(twins));
  }
  if (!summary.twins.empty()) {
    std::cerr << "  they are not:  mailfunnel sync --allow-twins " << summary.account << '\n';
  }
  for (const auto& [task, error] : summary.failed) {
    std::cerr << fmt::format("mailfunnel: {}: asked again the next time\n", error.text());
  }
  if (summary.error) {
    std::cerr << "mailfunnel: " << summary.error->text() << '\n';
    if (may_pass(summary.error->code)) {
      std::cerr << fmt::format(
          "mailfunnel: {}: what came is kept: the next sync goes on from there\n", summary.account);
    }
  }
}

void print(const std::vector<SyncSummary>& summaries, bool color) {
  Table table({"account", "platform", "requests>", "campaigns>", "people>", "events>", "new>",
               "duplicate>", "rejected>", "state"});
  for (const auto& one : summaries) {
    const auto& c = one.counts;
    table.add({one.account, one.adapter, grouped(one.requests), grouped(c.campaigns),
               grouped(c.recipients), grouped(c.events), grouped(c.fresh), grouped(c.duplicate),
               grouped(c.rejected),
               one.complete() ? "complete"
               : one.requests == 0
                   ? "not begun"
                   : fmt::format("{} requests left", one.left + one.failed.size())});
  }
  std::cout << table.text(color);
  for (const auto& one : summaries) {
    const auto& c = one.counts;
    if (c.events != 0) {
      std::cout << fmt::format("{}: events from {} to {}: {}\n", one.account, format_date(c.first),
                               format_date(c.last), kinds_of(c));
    }
    if (c.new_recipients != 0 || c.changed_attributes != 0) {
      std::cout << fmt::format("{}: {} new recipients, {} attributes changed\n", one.account,
                               grouped(c.new_recipients), grouped(c.changed_attributes));
    }
    if (c.erased != 0) {
      std::cout << fmt::format("{}: {} of people who were erased: not kept\n", one.account,
                               grouped(c.erased));
    }
    if (c.rejected != 0) {
      std::cout << fmt::format("{}: {} records were rejected; each with its reason in {}\n",
                               one.account, grouped(c.rejected), one.rejects);
    }
  }
  std::cout.flush();
}

std::string in_words(double seconds) {
  return seconds < 90     ? fmt::format("{:.0f} s", seconds)
         : seconds < 5400 ? fmt::format("{:.0f} min", seconds / 60)
                          : fmt::format("{:.1f} h", seconds / 3600);
}

int estimate(const Invocation& call, Store& store, const Workspace& workspace, SyncRequest request,
             const ConnectionSettings& settings) {
  Table table({"account", "platform", "mailings>", "requests>", "at least", "of a day"});
  bool failed = false;
  for (const auto& account : accounts_of(call, workspace)) {
    request.account = account;
    const auto e = estimate_sync(store, workspace, request, settings);
    if (e.error) {
      std::cerr << "mailfunnel: " << e.error->text() << '\n';
      failed = true;
    }
    if (call.json) {
      std::string line = "{\"account\":";
      append_json_string(line, e.account);
      line += fmt::format(",\"mailings\":{},\"requests\":{:.0f},\"seconds\":{:.0f}", e.mailings,
                          e.calls, e.seconds);
      line += e.of_a_day ? fmt::format(",\"share_of_day\":{:.4f}}}\n", *e.of_a_day) : "}\n";
      std::cout << line;
      continue;
    }
    table.add({e.account, e.adapter, grouped(e.mailings),
               grouped(static_cast<std::uint64_t>(e.calls)), in_words(e.seconds),
               e.of_a_day ? fmt::format("{:.0f} %", *e.of_a_day * 100) : "not limited"});
  }
  if (!call.json) {
    std::cout << table.text(call.color) << "nothing was kept: `mailfunnel sync` does it\n";
  }
  return failed ? k_failed : k_done;
}

int code_of(const SyncSummary& summary) {
  if (!summary.error) {
    return summary.failed.empty() && summary.twins.empty() && summary.counts.rejected == 0
               ? k_done
               : k_partly;
  }
  return summary.error->code == ErrorCode::locked  ? k_locked
         : summary.error->code == ErrorCode::usage ? k_usage
                                                   : k_failed;
}

int run_sync(const Invocation& call) {
  give_memory_back();
  auto workspace = call.workspace();
  auto store = call.open_writing(workspace);
  SyncRequest request;
  request.now = call.now();
  request.full = call.flag("full");
  request.allow_twins = call.flag("allow-twins");
  request.rejects = call.text("rejects");
  if (const auto since = call.text("since"); !since.empty()) {
    request.since = since_of(since);
  }
  ConnectionSettings settings;
  settings.stopped = interrupted;
  settings.record = call.text("record");
  if (call.verbose) {
    settings.log = [](std::string_view line) { std::cerr << line << '\n'; };
  }
  if (call.flag("estimate")) {
    return estimate(call, store, workspace, request, settings);
  }
  Progress progress(call);
  std::vector<SyncSummary> summaries;
  const auto accounts = accounts_of(call, workspace);
  if (!settings.record.empty() && accounts.size() != 1) {
    wrong_usage("--record is for one account: name it");
  }
  const SyncHooks hooks{[&](const std::string& what, std::uint64_t requests, std::size_t left) {
    progress.show(what, requests, requests + left);
  }};
  for (const auto& account : accounts) {
    request.account = account;
    try {
      summaries.push_back(sync_account(store, workspace, request, settings, hooks));
    } catch (const Failure& failure) { // of this account; the others are synced
      SyncSummary none;
      none.account = account;
      none.error = failure.error;
      summaries.push_back(std::move(none));
    }
    progress.clear();
    if (interrupted()) {
      break;
    }
  }
  if (call.json) {
    for (const auto& summary : summaries) {
      print_json(summary);
    }
  } else {
    print(summaries, call.color);
  }
  int code = k_done;
  for (const auto& summary : summaries) {
    tell(summary);
    code = worse(code, code_of(summary));
  }
  return code;
}

} // namespace

Command sync_command() {
  return {"sync",
          "[ACCOUNT…]",
          "pull mailings, people and activity over the platforms' APIs; goes on where it was",
          "  mailfunnel sync --estimate\n  mailfunnel sync newsletter --since 2026-01-01",
          [](auto& options) {
            options.add_options()("since", text("DATE"),
                                  "nothing older (default: the account's `history`, 13 months)")(
                "full", flag(), "all of it again, as if nothing had been pulled before")(
                "allow-twins", flag(), "also mailings that a file seems to have brought already")(
                "estimate", flag(), "how many requests it would take and how long; keeps nothing")(
                "rejects", text("FILE"), "where rejected records go")(
                "record", text("FILE"), "a transcript of all requests, without secrets");
          },
          run_sync};
}

} // namespace mailfunnel::cli
