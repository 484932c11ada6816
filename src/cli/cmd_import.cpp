// import, recipients

#include "app/import_log.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "import_words.hpp"
#include "progress.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <iostream>

namespace mailfunnel::cli {

namespace {

std::vector<std::pair<Seconds, Seconds>> parse_complete(const std::string& text) {
  if (text.empty()) {
    return {};
  }
  const auto dots = text.find("..");
  const auto from = parse_time(std::string_view(text).substr(0, dots));
  const auto to = dots == std::string::npos ? std::nullopt
                                            : parse_time(std::string_view(text).substr(dots + 2));
  if (!from || !to || to->seconds < from->seconds) {
    wrong_usage("--complete wants FROM..TO, such as 2026-01-01..2026-03-31, not \"" + text + "\"");
  }
  return {{from->seconds, text.size() == 22 ? to->seconds + k_day - 1 : to->seconds}};
}

void print_json(const ImportSummary& summary) {
  for (const auto& file : summary.files) {
    std::string line = "{\"file\":";
    append_json_string(line, file.name);
    line += ",\"adapter\":";
    append_json_string(line, file.adapter);
    line += ",\"account\":";
    append_json_string(line, file.account);
    const auto& c = file.counts;
    line += fmt::format(",\"read\":{},\"events\":{},\"new\":{},\"duplicate\":{},\"rejected\":{},"
                        "\"skipped\":{},\"erased\":{},\"recipients\":{},\"campaigns\":{}",
                        c.records + c.rejected, c.events, c.fresh, c.duplicate, c.rejected,
                        c.skipped, c.erased, c.recipients, c.campaigns);
    if (file.error) {
      line += ",\"error\":";
      append_json_string(line, file.error->text());
    }
    if (!file.remark.empty()) {
      line += ",\"remark\":";
      append_json_string(line, file.remark);
    }
    std::cout << line << "}\n";
  }
  const auto& t = summary.total;
  std::string line = fmt::format("{{\"result\":\"import\",\"read\":{},\"new\":{},\"duplicate\":{},"
                                 "\"rejected\":{},\"skipped\":{},\"erased\":{},\"failed\":{},"
                                 "\"new_recipients\":{},\"rejects\":",
                                 t.records + t.rejected, t.fresh, t.duplicate, t.rejected,
                                 t.skipped, t.erased, summary.failed, t.new_recipients);
  append_json_string(line, summary.rejects);
  std::cout << line << fmt::format(",\"rejects_written\":{}}}\n", summary.told);
}

std::vector<std::string> row_of(const FileResult& file) {
  const auto& c = file.counts;
  std::vector<std::string> row{shortened(file.name, 48), file.adapter.empty() ? "-" : file.adapter,
                               file.account.empty() ? "-" : file.account,
                               file.error && file.format.empty() ? "(not read)"
                                                                 : shortened(file.format, 36)};
  if (file.adapter.empty() || file.format.empty()) {
    row.resize(row.size() + 5);
    return row;
  }
  const auto fresh = c.events != 0 ? c.fresh : c.recipients != 0 ? c.new_recipients : c.campaigns;
  for (const auto count : {c.records + c.rejected, fresh, c.duplicate, c.rejected, c.skipped}) {
    row.push_back(grouped(count));
  }
  return row;
}

void print_summary(const ImportSummary& summary, bool color) {
  Table table({"file", "adapter", "account", "format", "read>", "new>", "duplicate>", "rejected>",
               "skipped>"});
  for (const auto& file : summary.files) {
    table.add(row_of(file));
  }
  std::cout << table.text(color);
  const auto& t = summary.total;
  if (t.events != 0) {
    std::cout << fmt::format("\n{} events from {} to {}: {}\n", grouped(t.events),
                             format_date(t.first), format_date(t.last), kinds_of(t));
  }
  if (t.new_recipients != 0 || t.changed_attributes != 0) {
    std::cout << fmt::format("{} new recipients, {} attributes changed\n",
                             grouped(t.new_recipients), grouped(t.changed_attributes));
  }
  if (t.erased != 0) {
    std::cout << fmt::format("{} of people who were erased: not kept\n", grouped(t.erased));
  }
  if (t.rejected != 0) {
    const auto which = summary.told < t.rejected
                           ? fmt::format("{} of them, the first ones, with", grouped(summary.told))
                           : std::string("each with its");
    std::cout << fmt::format("{} records were rejected; {} line and reason in {}\n",
                             grouped(t.rejected), which, summary.rejects);
  }
  if (summary.failed != 0 && summary.files.size() > 1) {
    std::cout << fmt::format("{} of {} files were not read to their end\n", grouped(summary.failed),
                             grouped(summary.files.size()));
  }
  std::cout.flush();
  for (const auto& file : summary.files) {
    if (file.error) {
      std::cerr << "mailfunnel: " << file.error->text() << '\n';
    }
    if (!file.remark.empty()) {
      std::cerr << fmt::format("mailfunnel: {}: {}\n", file.name, file.remark);
    }
  }
}

int import(const Invocation& call, ImportRequest request) {
  if (request.paths.empty()) {
    wrong_usage("name the files to import, or - for standard input");
  }
  auto workspace = call.workspace();
  auto store = call.open_writing(workspace);
  request.adapter = call.text("adapter");
  request.account = call.text("account");
  request.rejects = call.text("rejects");
  request.now = call.now();
  if (const auto since = call.text("valid-from"); !since.empty()) {
    const auto time = parse_time(since);
    if (!time) {
      wrong_usage("--valid-from wants a date such as 2026-01-01, not \"" + since + "\"");
    }
    request.valid_from = time->seconds;
  }
  Progress progress(call);
  const auto summary = import_paths(store, workspace, request,
                                    {[&](const std::string& file, std::uint64_t done,
                                         std::uint64_t total) { progress.show(file, done, total); },
                                     interrupted});
  progress.clear();
  call.json ? print_json(summary) : print_summary(summary, call.color);
  const bool nothing = summary.failed == summary.files.size() && summary.failed != 0;
  const bool all_usage =
      nothing && std::all_of(summary.files.begin(), summary.files.end(), [](const auto& f) {
        return f.error && f.error->code == ErrorCode::usage;
      });
  return all_usage                                            ? k_usage
         : nothing                                            ? k_failed
         : summary.failed != 0 || summary.total.rejected != 0 ? k_partly
                                                              : k_done;
}

void import_options(po::options_description& options) {
  options.add_options()("adapter", text("ID"), "the format, when it can't be found out")(
      "account", text("NAME"), "the account it belongs to")("rejects", text("FILE"),
                                                            "where rejected records go")(
      "valid-from", text("DATE"),
      "since when attributes hold that bring no time of their own (default: now)");
}

int run_recipients(const Invocation& call) {
  auto arguments = call.texts("arguments");
  if (arguments.empty() || arguments.front() != "import") {
    wrong_usage("`mailfunnel recipients import PATH…` is what there is");
  }
  arguments.erase(arguments.begin());
  ImportRequest request;
  request.paths = std::move(arguments);
  request.contacts = true;
  return import(call, std::move(request));
}

int run_import(const Invocation& call) {
  ImportRequest request;
  request.paths = call.texts("arguments");
  request.contacts = request.logs_too = call.flag("contacts");
  request.campaign = call.text("campaign");
  request.complete = parse_complete(call.text("complete"));
  return import(call, std::move(request));
}

} // namespace

Command import_command() {
  return {
      "import",
      "PATH…",
      "read logs, exports and campaign XML into the store; the same input twice changes nothing",
      "  mailfunnel import exports/ campaigns.xml\n  mailfunnel import --contacts contacts.csv "
      "exports/\n  zcat events.ndjson.gz | mailfunnel import "
      "--account newsletter -",
      [](auto& options) {
        import_options(options);
        options.add_options()("contacts", flag(),
                              "a table of addresses that is no log is a list of contacts, as for "
                              "`recipients import`")("campaign", text("ID"),
                                                     "the mailing, for files that do not name it")(
            "complete", text("FROM..TO"), "the log is complete from one day to the other");
      },
      run_import};
}

Command recipients_command() {
  return {"recipients",
          "import PATH…",
          "attributes for the fit score, from CSV, NDJSON or an ESP's contact export",
          "  mailfunnel recipients import contacts.csv",
          [](auto& options) { import_options(options); },
          run_recipients};
}

} // namespace mailfunnel::cli
