// export, status

#include "app/explain.hpp"
#include "app/export_all.hpp"
#include "app/export_column.hpp"
#include "app/segment_export.hpp"
#include "app/store_status.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "ingest/session.hpp"
#include "noting.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

namespace mailfunnel::cli {

namespace {

int run_export(const Invocation& call) {
  const auto arguments = call.texts("arguments");
  const auto what = arguments.empty() ? std::string() : arguments.front();
  if (arguments.size() > 2 || (what != "events" && what != "scores" && what != "links")) {
    wrong_usage("`mailfunnel export events|scores|links [FILE]`");
  }
  auto workspace = call.workspace();
  auto store = call.open_writing(workspace);
  std::ofstream file;
  if (arguments.size() == 2) {
    file.open(arguments[1], std::ios::binary | std::ios::trunc);
    if (!file) {
      throw Failure({ErrorCode::io, "can't be written", arguments[1]});
    }
  }
  auto& out = arguments.size() == 2 ? static_cast<std::ostream&>(file) : std::cout;
  if (what != "links") {
    note(call, workspace, "export " + what, "",
         Recipients(store.database()).count() - Erasures::numbers(store.database()).size(),
         arguments.size() == 2 ? "to " + arguments[1] : "to standard output");
  }
  const Write write = [&](std::string_view text) {
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
  };
  if (what == "events") {
    export_events(store, workspace, write);
  } else if (what == "scores") {
    const auto everybody = parse_expression("true");
    auto columns = export_columns();
    std::erase(columns, "reasons"); // words for people
    std::erase(columns, "since");   // one look back for all is a long one
    const auto as_of = parse_as_of(store, call.text("as-of"), call.now());
    if (!as_of) {
      throw Failure(as_of.error());
    }
    fold_inbox(store, workspace.threads);
    workspace.config.exclude_expression = nullptr;
    const std::vector<SegmentRequest> requests{
        {"scores", SegmentUse::suppression, everybody.expression.get(), columns}};
    run_segments(store, workspace, *as_of, requests, SegmentForm{ExportFormat::ndjson},
                 [&](std::size_t, std::string_view piece) { write(piece); });
  } else {
    for (const auto& c :
         build_world(store, workspace, workspace.config.rules, call.now()).campaigns) {
      std::map<std::string, const WorldLink*> by_url;
      for (const auto& [number, link] : c.links) {
        by_url[link.url] = &link;
      }
      for (const auto& [url, link] : by_url) {
        std::string line = "{\"account\":";
        append_json_string(line, c.account);
        line += ",\"campaign\":";
        append_json_string(line, c.external_id);
        line += ",\"link\":";
        append_json_string(line, url);
        line += fmt::format(",\"stage\":\"{}\",\"why\":", name_of(link->tag.stage));
        append_json_string(line, link->tag.why);
        write(line + "}\n");
      }
    }
  }
  if (const auto erased = Erasures::numbers(store.database()).size();
      erased != 0 && what != "links" && !call.quiet) {
    std::cerr << fmt::format("mailfunnel: {} erased: not in it\n",
                             erased == 1 ? "1 person was" : grouped(erased) + " people were");
  }
  out.flush();
  if (!out) {
    throw Failure({ErrorCode::io, "not all could be written: is the disk full?",
                   arguments.size() == 2 ? arguments[1] : "standard output"});
  }
  return k_done;
}

int run_status(const Invocation& call) {
  const auto workspace = call.workspace();
  auto store = call.open_reading(workspace);
  const auto status = status_of(store);
  if (call.json) {
    std::cout << to_json(status);
    return k_done;
  }
  std::cout << fmt::format(
      "{}: {:.1f} MB, {} recipients, {} events{}\n\n", status.path,
      static_cast<double>(status.bytes) / 1e6, grouped(status.recipients), grouped(status.events),
      status.inbox != 0 ? fmt::format(" ({} of them in the inbox)", grouped(status.inbox)) : "");
  Table table({"account", "adapter", "mailings>", "events>", "from", "to"});
  for (const auto& account : status.accounts) {
    table.add({account.name, account.adapter, grouped(account.mailings), grouped(account.events),
               account.from ? format_date(*account.from) : "",
               account.to ? format_date(*account.to) : ""});
  }
  std::cout << (table.empty() ? "nothing is imported yet\n" : table.text(call.color));
  std::cout << (status.scored_as_of
                    ? fmt::format("\nscored as of {}{}\n", format_time(*status.scored_as_of),
                                  status.scores_current
                                      ? ""
                                      : "; something was imported since: score again")
                    : "\nnot scored yet: `mailfunnel score`\n");
  return k_done;
}

} // namespace

Command export_command() {
  return {"export",
          "events|scores|links [FILE]",
          "everything out again as NDJSON, in canonical order",
          "  mailfunnel export events | zstd > events.ndjson.zst",
          [](auto& options) {
            options.add_options()("as-of", text("T"), "of the scores; default: now");
          },
          run_export};
}
Command status_command() {
  return {"status",     "",        "counts and health of the store", "  mailfunnel status",
          [](auto&) {}, run_status};
}

} // namespace mailfunnel::cli
