// segments

#include "app/kept_run.hpp"
#include "app/segment_export.hpp"
#include "base/parallel.hpp"
#include "base/source.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "ingest/session.hpp"
#include "memory.hpp"
#include "noting.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

namespace mailfunnel::cli {

namespace {

struct Opened {
  Workspace workspace;
  Store store;
  Seconds as_of;
};

/// Folds the inbox and picks the moment.
Opened open_for_segments(const Invocation& call) {
  grow_in_huge_pages();
  auto workspace = call.workspace();
  auto store = call.open_writing(workspace);
  if (Activity(store.database()).inbox_size() != 0) {
    fold_inbox(store, workspace.threads);
  }
  share_memory(); // what is large of a list is not from the heap
  Seconds as_of = 0;
  if (const auto asked = call.text("as-of"); !asked.empty()) {
    const auto time = parse_as_of(store, asked, call.now());
    if (!time) {
      throw Failure(time.error());
    }
    as_of = *time;
  } else {
    as_of = segments_moment(store, workspace, call.now());
  }
  return {std::move(workspace), std::move(store), as_of};
}

const SegmentConfig& find_segment(const Config& config, const std::string& name) {
  std::vector<std::string> known;
  for (const auto& segment : config.segments) {
    if (segment.name == name) {
      return segment;
    }
    known.push_back(segment.name);
  }
  const auto near = nearest(name, known);
  wrong_usage(fmt::format("there is no segment \"{}\"{}: `mailfunnel segments` lists them",
                          printable(name, 60), near ? "; did you mean \"" + *near + "\"?" : ""));
}

std::string kept_out(const SegmentResult& result) {
  std::string out;
  const auto add = [&](std::uint64_t count, std::string_view why) {
    out += count == 0 ? "" : fmt::format("{}{} {}", out.empty() ? "" : ", ", grouped(count), why);
  };
  add(result.kept_out_suppressed, "suppressed");
  add(result.kept_out_excluded, "excluded");
  add(result.kept_out_no_address, "without address");
  return out;
}

int list_segments(const Invocation& call) {
  auto opened = open_for_segments(call);
  std::vector<SegmentRequest> requests;
  for (const auto& segment : opened.workspace.config.segments) {
    requests.push_back(request_of(segment));
  }
  if (requests.empty()) {
    std::cout << "the config has no [[segment]]: `mailfunnel init` writes two to begin with\n";
    return k_done;
  }
  const auto results = run_segments(opened.store, opened.workspace, opened.as_of, requests);
  Table table({"segment", "use", "people>", "kept out", "where"});
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& segment = opened.workspace.config.segments[i];
    if (call.json) {
      std::cout << segment_json(segment, results[i]) << '\n';
    } else {
      table.add({segment.name, std::string(name_of(segment.use)), grouped(results[i].members),
                 kept_out(results[i]), shortened(segment.where, 64)});
    }
  }
  if (!call.json) {
    std::cout << table.text(call.color) << "\nas of " << format_time(opened.as_of) << '\n';
  }
  return k_done;
}

ExportFormat format_of(const Invocation& call) {
  const auto name = call.text("format");
  if (name.empty() || name == "people") {
    return call.json ? ExportFormat::ndjson : ExportFormat::people;
  }
  if (name == "csv") {
    return ExportFormat::machine;
  }
  if (name == "ndjson") {
    return ExportFormat::ndjson;
  }
  wrong_usage("--format wants people, csv or ndjson, not \"" + name + "\"");
}

SegmentOrder order_of(const Invocation& call) {
  const auto name = call.text("order");
  if (name.empty() || name == "hottest") {
    return SegmentOrder::hottest;
  }
  if (name == "store") {
    return SegmentOrder::store;
  }
  wrong_usage("--order wants hottest or store, not \"" + printable(name, 60) + "\"");
}

/// --where, or the segments named.
std::vector<SegmentRequest> requests_of(const Invocation& call, const Workspace& workspace,
                                        const std::vector<std::string>& names,
                                        ExpressionPtr& keep) {
  std::vector<SegmentRequest> requests;
  if (const auto where = call.text("where"); !where.empty()) {
    auto parsed = parse_expression(where);
    if (!parsed.expression) {
      wrong_usage("--where: " + parsed.error.text(where));
    }
    keep = parsed.expression;
    SegmentRequest request{
        "where", SegmentUse::mailing, keep.get(), {"email", "score", "grade", "status", "reasons"}};
    if (const auto use = call.text("use"); use == "sales" || use == "suppression") {
      request.use = use == "sales" ? SegmentUse::sales : SegmentUse::suppression;
    } else if (!use.empty() && use != "mailing") {
      wrong_usage("--use wants mailing, sales or suppression, not \"" + use + "\"");
    }
    requests.push_back(std::move(request));
  }
  for (const auto& name : names) {
    requests.push_back(request_of(find_segment(workspace.config, name)));
  }
  if (requests.empty()) {
    wrong_usage("name a segment, or give an expression with --where");
  }
  if (const auto columns = call.text("columns"); !columns.empty()) {
    for (auto& request : requests) {
      request.columns.clear();
      for (const auto column : split(columns, ',')) {
        request.columns.emplace_back(column);
      }
    }
  }
  return requests;
}

void say_size(const SegmentRequest& request, const SegmentResult& result) {
  const auto out = kept_out(result);
  std::cout.flush();
  std::cerr << fmt::format("{}: {} people{}\n", request.name, grouped(result.members),
                           out.empty() ? "" : "; kept out: " + out);
}

/// The hottest twenty as a table.
int show_segments(const Invocation& call, const std::vector<std::string>& names) {
  auto opened = open_for_segments(call);
  ExpressionPtr keep;
  const auto requests = requests_of(call, opened.workspace, names, keep);
  constexpr std::size_t k_shown = 20;
  const auto results = run_segments(opened.store, opened.workspace, opened.as_of, requests,
                                    SegmentForm{.format = ExportFormat::cells, .limit = k_shown});
  for (std::size_t i = 0; i < results.size(); ++i) {
    note(call, opened.workspace, "segments show", "",
         std::min<std::uint64_t>(results[i].members, k_shown), "segment " + requests[i].name);
    std::cout << table_of(requests[i].columns, results[i].text).text(call.color);
    say_size(requests[i], results[i]);
  }
  return k_done;
}

/// Where the files go: into one of that name, into a folder, or to standard output.
class SegmentFiles {
public:
  SegmentFiles(const std::vector<SegmentRequest>& requests, const std::string& output,
               ExportFormat format) {
    namespace fs = std::filesystem;
    const bool folder = requests.size() > 1 || fs::is_directory(output);
    if (folder && !output.empty()) {
      fs::create_directories(output);
    }
    for (const auto& request : requests) {
      const auto* ending = format == ExportFormat::ndjson ? ".ndjson" : ".csv";
      auto path = output.empty() ? "standard output"
                  : folder       ? (fs::path(output) / (request.name + ending)).string()
                                 : output;
      if (!output.empty() && std::find(m_paths.begin(), m_paths.end(), path) != m_paths.end()) {
        wrong_usage("segment " + request.name + " is named twice");
      }
      m_paths.push_back(std::move(path));
    }
    for (std::size_t i = 0; i < (output.empty() ? 0 : m_paths.size()); ++i) {
      m_files.push_back(std::make_unique<NewFile>(m_paths[i]));
    }
    check(); // so that nothing is noted of lists that can't be written
  }

  void put(std::size_t segment, std::string_view piece) {
    if (m_files.empty()) {
      std::cout << piece;
      return;
    }
    m_files[segment]->put(piece);
  }
  /// Can nobody else read the files before finish()?
  bool hidden() const {
    return !m_files.empty() && std::all_of(m_files.begin(), m_files.end(),
                                           [](const auto& file) { return file->hidden(); });
  }
  /// Failure where one can't be written.
  void check() const {
    for (const auto& file : m_files) {
      if (const auto good = file->good(); !good) {
        throw Failure(good.error());
      }
    }
  }
  /// Into place, all or none. Not synced: a list can be exported again, and to wait for the disk
  /// costs more than the list.
  void finish() {
    check();
    constexpr std::size_t k_most = 8; // at a time: each waits until the disk has freed the old one
    const auto threads = static_cast<unsigned>(std::min(m_files.size(), k_most));
    parallel_for(m_files.size(), threads, [&](std::size_t i, unsigned) {
      if (const auto written = m_files[i]->finish(false); !written) {
        throw Failure(written.error());
      }
    });
  }
  const std::string& path(std::size_t segment) const { return m_paths[segment]; }

private:
  std::vector<std::string> m_paths;
  std::vector<std::unique_ptr<NewFile>> m_files; // none: to standard output
};

int write_segments(const Invocation& call, const std::vector<std::string>& names) {
  auto opened = open_for_segments(call);
  ExpressionPtr keep;
  const auto requests = requests_of(call, opened.workspace, names, keep);
  const auto output = call.text("output");
  if (requests.size() > 1 && output.empty()) {
    wrong_usage("several segments go into a folder: name it with -o DIR");
  }
  const auto format = format_of(call);
  SegmentFiles files(requests, output, format);
  const auto note = [&](const ExportedSegments& known) { // before anybody can read the lists
    files.check();
    std::vector<std::string> uses;
    std::vector<Access> accesses;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const auto people = known.results[i].members;
      uses.push_back(fmt::format("segment {}, {} people, to {}", requests[i].name, grouped(people),
                                 files.path(i)));
      accesses.push_back({call.now(), system_user(), "segments export", "", people,
                          fmt::format("segment {}, to {}", requests[i].name, files.path(i))});
    }
    keep_run(opened.store, known.run, opened.workspace.config.rules, *known.world, uses, call.now(),
             accesses);
  };
  const auto exported = export_segments(
      opened.store, opened.workspace, opened.as_of, requests, {format, order_of(call)},
      {[&](std::size_t segment, std::string_view piece) { files.put(segment, piece); }, note,
       files.hidden()});
  files.finish();
  for (std::size_t i = 0; i < requests.size() && !call.quiet; ++i) {
    say_size(requests[i], exported.results[i]);
  }
  return k_done;
}

int count_segments(const Invocation& call, const std::vector<std::string>& names) {
  auto opened = open_for_segments(call);
  ExpressionPtr keep;
  const auto requests = requests_of(call, opened.workspace, names, keep);
  const auto results = run_segments(opened.store, opened.workspace, opened.as_of, requests);
  for (std::size_t i = 0; i < results.size(); ++i) {
    std::cout << (requests.size() > 1 ? requests[i].name + " " : "") << results[i].members << '\n';
  }
  return k_done;
}

int run_segments_command(const Invocation& call) {
  auto arguments = call.texts("arguments");
  if (arguments.empty()) {
    return list_segments(call);
  }
  const auto action = arguments.front();
  arguments.erase(arguments.begin());
  if (action == "show") {
    return show_segments(call, arguments);
  }
  if (action == "count") {
    return count_segments(call, arguments);
  }
  if (action == "export") {
    return write_segments(call, arguments);
  }
  wrong_usage("`mailfunnel segments`, `segments show|count|export NAME…` or `segments export "
              "--where EXPR`");
}

} // namespace

Command segments_command() {
  return {"segments",
          "[show|count|export NAME…]",
          "the segments with their sizes; their people as CSV or NDJSON, hottest first",
          "  mailfunnel segments export sales-calls -o calls.csv\n  mailfunnel segments export "
          "--where 'clicked(stage = BOFU, within 30d) and not suppressed'",
          [](auto& options) {
            options.add_options()("where", text("EXPR"),
                                  "people by an expression instead of a segment of the config")(
                "use", text("USE"), "of --where: mailing, sales or suppression")(
                "columns", text("A,B,…"),
                "other columns: email, score, status, reasons … or attributes")(
                "format", text("F"), "people (CSV by your locale), csv (for machines) or ndjson")(
                "order", text("O"),
                "hottest (first; default), or store: as people stand there, the same each time, "
                "which is faster for long lists")("output,o", text("FILE|DIR"),
                                                  "where to write; default: standard output")(
                "as-of", text("T"),
                "a date or time, or `latest`; default: the newest scoring run's while it is right, "
                "else now");
          },
          run_segments_command};
}

} // namespace mailfunnel::cli
