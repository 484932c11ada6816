// try: what is in these exports; no config, nothing stored.

#include "app/first_look.hpp"
#include "app/import_log.hpp"
#include "app/score_json.hpp"
#include "app/score_run.hpp"
#include "app/segment_export.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "paper.hpp"
#include "progress.hpp"
#include "score_tables.hpp"
#include "store/catalog.hpp"
#include "table.hpp"
#include "web/pages/paper.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace mailfunnel::cli {

namespace {

constexpr const char* k_account = "try";

/// A folder that goes when the command ends.
class TemporaryFolder {
public:
  TemporaryFolder() {
    auto pattern = (std::filesystem::temp_directory_path() / "mailfunnel-try-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      throw Failure({ErrorCode::io, "no temporary folder can be made", pattern});
    }
    m_path = pattern;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
  }
  std::string path() const { return m_path; }

private:
  std::string m_path;
};

constexpr std::size_t k_shown_links = 15, k_shown_people = 20;

void print_mailings(const FirstLook& look, bool color) {
  Table mailings({"mailing", "sent", "recipients>", "links>", "clicks>", "TOFU>", "MOFU>", "BOFU>",
                  "untagged>"});
  for (const auto& one : look.mailings) {
    const auto& c = *one.campaign;
    const auto clicks = [&](Stage stage) {
      return grouped(one.clicks_by_stage.at(static_cast<std::size_t>(stage)));
    };
    mailings.add({shortened(c.title(), 40), c.time == 0 ? "" : format_date(c.time),
                  grouped(one.recipients), std::to_string(c.links.size()), grouped(one.clicks),
                  clicks(Stage::tofu), clicks(Stage::mofu), clicks(Stage::bofu),
                  clicks(Stage::untagged)});
  }
  std::cout << mailings.text(color) << '\n';
}

void print_links(const FirstLook& look, bool color) {
  Table table({"stage", "clicks>", "link", "why"});
  for (std::size_t i = 0; i < std::min(look.links.size(), k_shown_links); ++i) {
    const auto& one = look.links[i];
    table.add({std::string(name_of(one.link->tag.stage)), grouped(one.clicks),
               shortened(one.link->url, 64), shortened(one.link->tag.why, 44)});
  }
  if (!table.empty()) {
    std::cout << "most clicked links\n" << table.text(color);
    std::cout << fmt::format("untagged: {} of the clicks on content\n\n",
                             percent(static_cast<double>(look.untagged_clicks),
                                     static_cast<double>(look.content_clicks)));
  }
}

int run_try(const Invocation& call) {
  ImportRequest request;
  request.paths = call.texts("arguments");
  if (request.paths.empty()) {
    wrong_usage("name some exports: files or folders");
  }
  check_paper(call);
  const TemporaryFolder folder;
  Workspace workspace;
  workspace.folder = folder.path();
  workspace.registry = builtin_adapters();
  workspace.threads = call.threads;
  workspace.memory = call.memory;
  if (const auto zone = call.text("zone"); !zone.empty()) {
    const auto found = find_zone(zone);
    if (!found) {
      throw Failure({ErrorCode::usage, "--zone: " + found.error().message});
    }
    AccountConfig account;
    account.name = k_account;
    account.zone = *found;
    account.zone_given = true;
    workspace.config.accounts.push_back(std::move(account));
  }
  Store::create(workspace.store_path());
  auto store = call.open_writing(workspace);
  request.now = call.now();
  request.account = k_account; // one for all, so that campaign XML and logs meet
  request.valid_from = 0;      // what is known today, for all of the past
  request.rejects = folder.path() + "/rejects.ndjson";
  request.contacts = true;
  Progress progress(call);
  const auto summary = import_paths(store, workspace, request,
                                    {[&](const std::string& file, std::uint64_t done,
                                         std::uint64_t total) { progress.show(file, done, total); },
                                     interrupted});
  progress.clear();
  for (const auto& file : summary.files) {
    if (file.error) {
      std::cerr << "mailfunnel: " << file.error->text() << '\n';
    }
  }
  if (summary.total.records == 0) {
    throw Failure({ErrorCode::bad_syntax,
                   "nothing in these files could be read: `mailfunnel adapters` shows what can"});
  }
  const auto as_of = std::max<Seconds>(Activity(store.database()).newest(), 1);
  const auto& t = summary.total;
  const auto outcome = summary.failed != 0 || t.rejected != 0 ? k_partly : k_done;
  const auto& rules = workspace.config.rules;
  const auto world = build_world(store, workspace, rules, as_of);
  const auto look = first_look(store, world, rules.robots, as_of);
  const auto scores = run_scores(store, workspace, rules, as_of, false);
  if (call.json) {
    std::cout << score_json(scores);
    return outcome;
  }
  const auto everybody = parse_expression("score > 0");
  const std::vector<std::string> columns{"score", "email", "reasons"};
  const auto hottest =
      run_segments(store, workspace, as_of,
                   {{"hottest", SegmentUse::sales, everybody.expression.get(), columns}},
                   SegmentForm{.format = ExportFormat::cells, .limit = k_shown_people});
  if (call.has("html")) {
    write_paper(call, first_look_paper(words_of(call, workspace.config),
                                       {summary.files.size() - summary.failed, t.fresh, t.rejected,
                                        t.first, t.last},
                                       look, scores, rules, hottest[0].text));
    return outcome;
  }
  std::cout << fmt::format(
      "{} files: {} events from {} to {}, {} recipients{}\n\n",
      summary.files.size() - summary.failed, grouped(t.fresh), format_date(t.first),
      format_date(t.last), grouped(Recipients(store.database()).count()),
      t.rejected != 0 ? fmt::format(", {} records rejected", grouped(t.rejected)) : "");
  print_mailings(look, call.color);
  print_links(look, call.color);
  std::cout << fmt::format("by machines and proxies: {} of the opens, {} of the clicks\n\n",
                           percent(static_cast<double>(look.machine_opens),
                                   static_cast<double>(look.opens + look.machine_opens)),
                           percent(static_cast<double>(look.machine_clicks),
                                   static_cast<double>(look.clicks + look.machine_clicks)));
  std::cout << score_text(scores, rules, call.color);
  std::cout << "\nhottest\n" << table_of(columns, hottest[0].text).text(call.color);
  std::cout << "\nNobody's fit is known without [[fit]] rules, so that nobody's grade is above "
               "C.\nNothing was stored. To keep it: mailfunnel init, then mailfunnel import.\n";
  return outcome;
}

} // namespace

Command try_command() {
  return {
      "try",
      "PATH…",
      "look at some exports at once: mailings, links and stages, scores; no config, nothing stored",
      "  mailfunnel try ~/Downloads/exports/",
      [](auto& options) {
        options.add_options()("zone", text("ZONE"),
                              "of times without one, such as Europe/Brussels")(
            "html", text("FILE"), "the same as a page for a browser or printer, without script")(
            "lang", text("LANG"), "of that page: en, nl or fr; default: en");
      },
      run_try};
}

} // namespace mailfunnel::cli
