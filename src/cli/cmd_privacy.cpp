// People's rights: access, forget, object, suppress, unsuppress; accesses, retain

#include "app/access_letter.hpp"
#include "app/access_log.hpp"
#include "app/forget.hpp"
#include "app/objection.hpp"
#include "app/retention.hpp"
#include "base/json.hpp"
#include "base/source.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "noting.hpp"
#include "privacy_output.hpp"
#include "progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

namespace mailfunnel::cli {

namespace {

/// The arguments, and the lines of --file.
std::vector<std::string> people_of(const Invocation& call) {
  auto people = call.texts("arguments");
  if (const auto file = call.text("file"); !file.empty()) {
    const auto bytes = read_file(file);
    if (!bytes) {
      throw Failure(bytes.error());
    }
    for (std::string_view rest = *bytes; !rest.empty();) {
      if (const auto line = trim(next_line(rest)); !line.empty() && !line.starts_with('#')) {
        people.emplace_back(line);
      }
    }
  }
  return people;
}

int run_forget(const Invocation& call) {
  ForgetRequest request{people_of(call), call.flag("dry-run"),
                        call.text("as").empty() ? system_user() : call.text("as"), call.now()};
  if (request.people.empty()) {
    wrong_usage("`mailfunnel forget EMAIL…` wants an address, or several with --file");
  }
  const auto workspace = call.workspace();
  auto store = call.open_writing(workspace);
  if (call.flag("lift")) {
    std::uint64_t lifted = 0;
    for (const auto& who : request.people) {
      lifted += lift_erasure(store, who, request.user, request.now) ? 1 : 0;
    }
    std::cout << (call.json ? fmt::format("{{\"result\":\"lift\",\"lifted\":{}}}\n", lifted)
                            : fmt::format("{} of {} may come in again: what comes from now on is "
                                          "kept\n",
                                          lifted, request.people.size()));
    return lifted == request.people.size() ? k_done : k_partly;
  }
  Progress progress(call);
  const auto result = forget(store, workspace, request,
                             {[&](const std::string& what, std::uint64_t done,
                                  std::uint64_t total) { progress.show(what, done, total); }});
  progress.clear();
  if (const auto file = call.text("plan"); !file.empty()) {
    if (const auto written = write_file(file, platforms_csv(result)); !written) {
      throw Failure(written.error());
    }
  }
  std::cout << (call.json ? forget_json(result, request.dry_run)
                          : forget_text(result, request.dry_run, call.color));
  std::cout.flush();
  for (const auto& path : result.files.left) {
    std::cerr << fmt::format(
        "mailfunnel: {}: names the person; it is no file of this program's own: see to it\n", path);
  }
  for (const auto& path : result.files.not_known) {
    std::cerr << fmt::format("mailfunnel: {}: can't be looked into: see to it\n", path);
  }
  if (!result.scrubbed) {
    std::cerr << "mailfunnel: the store is being read: what was deleted leaves its free pages when "
                 "the next command writes to it\n";
  }
  if (!result.hooks_read) {
    std::cerr
        << "mailfunnel: webhooks wait that may name the person: once they are read nothing of "
           "it is kept\n";
  }
  const bool all = result.scrubbed && result.hooks_read && result.files.left.empty() &&
                   result.files.not_known.empty();
  return all ? k_done : k_partly;
}

std::string one_person(const Invocation& call, std::string_view command) {
  const auto arguments = call.texts("arguments");
  if (arguments.size() != 1) {
    wrong_usage(fmt::format("`mailfunnel {} EMAIL` wants one address", command));
  }
  return arguments.front();
}

int run_access(const Invocation& call) {
  const auto who = one_person(call, "access");
  const auto name = call.text("lang").empty() ? std::string("en") : call.text("lang");
  const auto language = letter_language(name);
  if (!language) {
    wrong_usage("--lang wants en, nl, fr or de, not \"" + name + "\"");
  }
  const auto workspace = call.workspace();
  auto store = call.open_reading(workspace);
  const auto report = access_report(store, workspace, who, call.now());
  if (!report) {
    throw Failure(report.error());
  }
  note(call, workspace, "access", who);
  const auto text =
      call.json ? access_json(*report, workspace) : access_letter(*report, workspace, *language);
  if (const auto file = call.text("output"); !file.empty()) {
    if (const auto written = write_file(file, text); !written) {
      throw Failure(written.error());
    }
  } else {
    std::cout << text;
  }
  return k_done;
}

int run_accesses(const Invocation& call) {
  constexpr std::size_t k_shown = 100, k_all = std::size_t{1} << 40;
  const auto arguments = call.texts("arguments");
  if (arguments.size() > 1) {
    wrong_usage("`mailfunnel accesses` wants one address, or none for everybody");
  }
  const auto workspace = call.workspace();
  auto store = call.open_reading(workspace);
  const auto who = arguments.empty() ? std::string() : arguments.front();
  const auto log = accesses(store, who, call.flag("all") ? k_all : k_shown);
  if (!log) {
    throw Failure(log.error());
  }
  std::cout << (call.json ? accesses_json(*log) : accesses_text(*log, call.color));
  return k_done;
}

/// The reasons that --from names; both without it.
std::vector<std::string_view> objections_of(const Invocation& call) {
  const auto from = call.text("from");
  if (from.empty()) {
    return {k_objection, k_objection_to_profiling};
  }
  if (from == "mailing" || from == "profiling") {
    return {from == "mailing" ? k_objection : k_objection_to_profiling};
  }
  wrong_usage("--from wants mailing or profiling, not \"" + from + "\"");
}

int say_done(const Invocation& call, std::string_view result, const Result<bool>& changed,
             std::string_view yes, std::string_view no) {
  if (!changed) {
    throw Failure(changed.error());
  }
  std::cout << (call.json ? fmt::format("{{\"result\":\"{}\",\"changed\":{}}}\n", result, *changed)
                          : std::string(*changed ? yes : no) + "\n");
  return k_done;
}

int run_object(const Invocation& call) {
  const auto who = one_person(call, "object");
  const auto reasons = objections_of(call);
  const auto workspace = call.workspace();
  auto store = call.open_writing(workspace);
  const bool withdraw = call.flag("withdraw");
  const auto changed = withdraw ? take_back(store, who, reasons, call.now())
                                : suppress(store, who, reasons, call.text("note"), call.now());
  if (changed && *changed) {
    note(call, workspace, withdraw ? "object --withdraw" : "object", who, 1,
         join(std::vector<std::string>(reasons.begin(), reasons.end()), ", "));
  }
  return say_done(
      call, "object", changed,
      withdraw              ? "the objection is withdrawn, from now on"
      : reasons.size() == 2 ? "noted: no mailing and no score from now on; counts of mailings stay"
      : reasons.front() == k_objection ? "noted: in no mailing and no list for sales from now on"
                                       : "noted: no score from now on, and in no segment",
      withdraw ? "there is no objection to withdraw" : "that was noted before");
}

int run_suppress(const Invocation& call) {
  const auto arguments = call.texts("arguments");
  const auto reason = call.text("reason");
  const std::vector<std::string> known{std::begin(k_hand_reasons), std::end(k_hand_reasons)};
  if (arguments.size() != 1 || reason.empty()) {
    wrong_usage("`mailfunnel suppress EMAIL --reason …` wants an address and a reason: " +
                join(known, ", "));
  }
  if (reason == k_objection) {
    wrong_usage("an objection is noted with `mailfunnel object EMAIL`");
  }
  if (std::find(known.begin(), known.end(), reason) == known.end()) {
    wrong_usage("--reason wants one of " + join(known, ", ") + ", not \"" + reason + "\"");
  }
  const auto workspace = call.workspace();
  auto store = call.open_writing(workspace);
  const std::string_view reasons[] = {reason};
  const auto changed = suppress(store, arguments.front(), reasons, call.text("note"), call.now());
  if (changed && *changed) {
    note(call, workspace, "suppress", arguments.front(), 1, reason);
  }
  return say_done(call, "suppress", changed,
                  fmt::format("suppressed ({}): in no mailing segment from now on", reason),
                  "that was noted before");
}

int run_unsuppress(const Invocation& call) {
  const auto who = one_person(call, "unsuppress");
  const auto workspace = call.workspace();
  auto store = call.open_writing(workspace);
  const auto changed = take_back(store, who, k_hand_reasons, call.now());
  if (changed && *changed) {
    note(call, workspace, "unsuppress", who);
  }
  return say_done(call, "unsuppress", changed,
                  "what was suppressed by hand is taken back; what events say holds on",
                  "nothing was suppressed by hand: what events say, and objections, are not taken "
                  "back so");
}

int run_retain(const Invocation& call) {
  const auto workspace = call.workspace();
  auto store = call.open_writing(workspace);
  const bool dry_run = call.flag("dry-run");
  const auto result = retain(store, workspace, dry_run, call.now());
  if (!dry_run) {
    note(call, workspace, "retain", "", 0);
  }
  std::cout << (call.json ? retain_json(result, dry_run)
                          : retain_text(result, dry_run, call.color));
  return result.scrubbed ? k_done : k_partly;
}

} // namespace

Command access_command() {
  return {"access",
          "EMAIL",
          "everything that is kept of one person: as a letter to him or her, or as JSON",
          "  mailfunnel access ann@example.com --lang nl -o ann.txt",
          [](auto& options) {
            options.add_options()("lang", text("L"), "of the letter: en (default), nl, fr or de")(
                "output,o", text("FILE"), "where to write; default: standard output");
          },
          run_access};
}

Command accesses_command() {
  return {"accesses",
          "[EMAIL]",
          "who saw, exported or erased whom, newest first",
          "  mailfunnel accesses ann@example.com",
          [](auto& options) { options.add_options()("all", flag(), "not only the last hundred"); },
          run_accesses};
}

Command object_command() {
  return {"object",
          "EMAIL",
          "somebody objects: no mailing and no score from now on; counts of mailings stay",
          "  mailfunnel object ann@example.com --from profiling",
          [](auto& options) {
            options.add_options()("from", text("WHAT"), "mailing or profiling; default: both")(
                "withdraw", flag(), "takes an objection back, from now on")(
                "note", text("TEXT"), "how it came in, for later readers");
          },
          run_object};
}

Command suppress_command() {
  return {"suppress",
          "EMAIL --reason R",
          "keep somebody out of every mailing segment, by hand",
          "  mailfunnel suppress ann@example.com --reason manual --note \"asked by phone\"",
          [](auto& options) {
            options.add_options()("reason", text("R"),
                                  "manual, unsubscribed, complained, \"hard bounce\"")(
                "note", text("TEXT"), "why, for later readers");
          },
          run_suppress};
}

Command unsuppress_command() {
  return {"unsuppress",
          "EMAIL",
          "take back what `suppress` did; what events say, and objections, hold on",
          "  mailfunnel unsuppress ann@example.com",
          [](auto&) {},
          run_unsuppress};
}

Command retain_command() {
  return {"retain",
          "",
          "remove what was kept long enough, by [retention]",
          "  mailfunnel retain --dry-run",
          [](auto& options) {
            options.add_options()("dry-run", flag(), "what would go; nothing does");
          },
          run_retain};
}

Command forget_command() {
  return {
      "forget",
      "EMAIL…",
      "erase people: what is known of them goes, and nothing brings them back",
      "  mailfunnel forget ann@example.com --dry-run\n  mailfunnel forget --file requests.txt",
      [](auto& options) {
        options.add_options()("dry-run", flag(), "what would go; nothing does")(
            "file", text("FILE"), "more of them, a line each")(
            "plan", text("FILE"),
            "what is to be done at the platforms, as CSV: keep it until it is done, then delete "
            "it")("as", text("NAME"), "who stands in the access log (default: the system's user)")(
            "lift", flag(), "they came back by their own wish: new records of them are kept again");
      },
      run_forget};
}

} // namespace mailfunnel::cli
