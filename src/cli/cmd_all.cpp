// all: one command in every workspace of an agency.

#include "app/job.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

namespace mailfunnel::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_said = 200; // bytes of a command's words that are shown

/// Folders with a mailfunnel.toml right below, by name.
std::vector<fs::path> workspaces_below(const std::string& agency) {
  std::vector<fs::path> found;
  std::error_code fault;
  for (const auto& entry : fs::directory_iterator(agency, fault)) {
    if (fs::exists(entry.path() / "mailfunnel.toml")) {
      found.push_back(entry.path());
    }
  }
  if (fault) {
    throw Failure({ErrorCode::io, "can't be read: " + fault.message(), agency});
  }
  if (found.empty()) {
    throw Failure({ErrorCode::not_found, "no folder in it has a mailfunnel.toml", agency});
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::uint64_t number(std::string_view object, std::string_view name) {
  return static_cast<std::uint64_t>(parse_int(json_member(object, name)).value_or(0));
}

/// {"recipients":516,"events":5000,"scored_as_of":"2026-03-31T12:00:00Z","scores_current":true}
std::string sum_of_status(const std::vector<std::string_view>& results) {
  const auto result = results.back();
  auto as_of = std::string(json_member(result, "scored_as_of"));
  std::erase(as_of, '"');
  return fmt::format("{} recipients, {} events, {}", grouped(number(result, "recipients")),
                     grouped(number(result, "events")),
                     as_of == "null" ? "not scored yet"
                     : json_member(result, "scores_current") == "true"
                         ? fmt::format("scored as of {}", as_of)
                         : fmt::format("scored as of {}, imported since", as_of));
}

/// A line an account: {"account":"newsletter","new":17,"rejected":0,"complete":true}
std::string sum_of_sync(const std::vector<std::string_view>& results) {
  std::uint64_t fresh = 0, rejected = 0, incomplete = 0;
  for (const auto result : results) {
    fresh += number(result, "new");
    rejected += number(result, "rejected");
    incomplete += json_member(result, "complete") == "true" ? 0 : 1;
  }
  return fmt::format("{} accounts, {} new events{}{}", results.size(), grouped(fresh),
                     rejected != 0 ? fmt::format(", {} rejected", grouped(rejected)) : "",
                     incomplete != 0 ? fmt::format(", {} not complete", incomplete) : "");
}

/// Commands that are asked with --json, the member by which a result is known, and what the results
/// come to in one line.
struct Sum {
  std::string_view command, member;
  std::string (*of)(const std::vector<std::string_view>& results);
};
constexpr Sum k_sums[] = {{"status", "scored_as_of", sum_of_status}, {"sync", "new", sum_of_sync}};

const Sum* sum_for(const std::vector<std::string>& command) {
  const auto* found = std::find_if(std::begin(k_sums), std::end(k_sums),
                                   [&](const Sum& sum) { return command.front() == sum.command; });
  return found != std::end(k_sums) ? found : nullptr;
}

/// One line of what a command said: the sum of its results, or its mistake, or else its last line.
std::string in_a_line(const CommandResult& ran, const Sum* sum) {
  constexpr std::string_view k_mistake = "mailfunnel: ";
  std::vector<std::string_view> results;
  std::string_view last, mistake, line;
  for (JsonLines lines(ran.output); lines.next(line);) {
    if (sum != nullptr && !json_member(line, sum->member).empty()) {
      results.push_back(line);
      continue;
    }
    last = line;
    if (line.starts_with(k_mistake)) {
      mistake = line.substr(k_mistake.size());
    }
  }
  const bool failed = ran.code != k_done && ran.code != k_partly && !mistake.empty();
  return failed            ? printable(mistake, k_said)
         : results.empty() ? printable(last, k_said)
                           : sum->of(results);
}

std::string json_line(const std::string& client, int code, std::string_view said) {
  std::string line = "{\"client\":";
  append_json_string(line, client);
  line += fmt::format(",\"exit\":{},\"said\":", code);
  append_json_string(line, said);
  return line + "}\n";
}

int run_all(const Invocation& call) {
  const auto command = call.texts("arguments");
  if (command.empty() || command.front().starts_with('-')) {
    wrong_usage("`mailfunnel all -C AGENCY -- COMMAND…` wants a command, such as `-- status`");
  }
  if (command.front() == "all" || command.front() == "serve") {
    wrong_usage("`all` does not run `" + command.front() +
                "`: `mailfunnel serve DIR…` serves several workspaces");
  }
  const auto folders = workspaces_below(call.folder);
  std::size_t width = 0;
  for (const auto& folder : folders) {
    width = std::max(width, display_width(folder.filename().string()));
  }
  const bool asked = std::find(command.begin(), command.end(), "--json") != command.end();
  const auto* sum = call.verbose || asked ? nullptr : sum_for(command);
  int worst = k_done;
  for (const auto& folder : folders) {
    std::vector<std::string> arguments{"-C", folder.string(), command.front()};
    if (sum != nullptr) {
      arguments.emplace_back("--json");
    }
    arguments.insert(arguments.end(), command.begin() + 1, command.end());
    const auto ran = run_command(arguments, {interrupted});
    const auto client = folder.filename().string();
    const auto said = in_a_line(ran, sum);
    if (call.json) {
      std::cout << json_line(client, ran.code, said);
    } else if (call.verbose) {
      std::cout << fmt::format("{}: exit code {}\n{}\n", client, ran.code, ran.output);
    } else {
      std::cout << fmt::format("{}{}  {}  {}\n", client,
                               std::string(width - display_width(client), ' '), ran.code, said);
    }
    std::cout.flush();
    worst = worse(worst, ran.code > k_locked ? k_failed : ran.code); // above: ended by a signal
    if (interrupted()) {
      break;
    }
  }
  return worst;
}

} // namespace

Command all_command() {
  return {"all",
          "-C AGENCY -- COMMAND…",
          "run a command in every workspace right below a folder: a line a client, the worst exit "
          "code",
          "  mailfunnel all -C clients -- status\n  mailfunnel all -C clients -- sync -q",
          [](auto&) {},
          run_all};
}

} // namespace mailfunnel::cli
