// try: what is in these exports; no config, nothing stored.

#include "app/import_log.hpp"
#include "app/score_json.hpp"
#include "app/score_run.hpp"
#include "app/segment_export.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "funnel/mailing_judge.hpp"
#include "progress.hpp"
#include "score_tables.hpp"
#include "store/catalog.hpp"
#include "table.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>

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

struct LinkClicks {
  std::uint64_t people = 0, machines = 0;
};

struct Seen {
  std::map<std::pair<CampaignId, LinkNumber>, LinkClicks> links;
  std::uint64_t opens = 0, machine_opens = 0, clicks = 0, machine_clicks = 0;
};

Seen look(Store& store, const World& world, const RobotRules& rules, Seconds now) {
  Seen seen;
  const auto recipients = Recipients(store.database()).count();
  EventColumns columns;
  std::vector<ClickVerdict> verdicts;
  for (std::uint32_t chunk = 0; chunk << k_chunk_bits < recipients; ++chunk) {
    StoreChunk source(store.database(), chunk, recipients);
    MailingJudge mailing(rules, world, source.size(), now);
    for (const auto& c : world.campaigns) {
      mailing.begin(c, source);
      for (const auto kind : {EventKind::open, EventKind::click}) {
        if (!source.events(c.id, kind, columns)) {
          continue;
        }
        mailing.rows(kind, columns, verdicts);
        for (std::size_t i = 0; i < columns.size(); ++i) {
          const auto verdict = verdicts[i].verdict;
          const bool machine = verdict == Verdict::machine || verdict == Verdict::proxy;
          if (kind == EventKind::open) {
            ++(machine ? seen.machine_opens : seen.opens);
            continue;
          }
          ++(machine ? seen.machine_clicks : seen.clicks);
          auto& of_link =
              seen.links[{c.id, columns.link.empty() ? LinkNumber{0} : columns.link[i]}];
          ++(machine ? of_link.machines : of_link.people);
        }
      }
    }
  }
  return seen;
}

void print_mailings(const World& world, Store& store, const Seen& seen, bool color) {
  const auto counts = Activity(store.database()).counts();
  Table mailings({"mailing", "sent", "recipients>", "links>", "clicks>", "TOFU>", "MOFU>", "BOFU>",
                  "untagged>"});
  for (const auto& c : world.campaigns) {
    const auto count = [&](EventKind kind) {
      const auto found = counts.find({c.id, kind});
      return found == counts.end() ? std::uint64_t{0} : found->second;
    };
    std::uint64_t by_stage[5] = {}, all = 0;
    for (const auto& [number, link] : c.links) {
      if (const auto found = seen.links.find({c.id, number}); found != seen.links.end()) {
        by_stage[static_cast<int>(link.tag.stage)] += found->second.people;
        all += found->second.people;
      }
    }
    if (!c.named && all == 0 && count(EventKind::sent) + count(EventKind::delivered) == 0) {
      continue; // a day on which somebody left, say: no mailing
    }
    mailings.add({shortened(c.title(), 40), c.time == 0 ? "" : format_date(c.time),
                  grouped(std::max(count(EventKind::sent), count(EventKind::delivered))),
                  std::to_string(c.links.size()), grouped(all),
                  grouped(by_stage[static_cast<int>(Stage::tofu)]),
                  grouped(by_stage[static_cast<int>(Stage::mofu)]),
                  grouped(by_stage[static_cast<int>(Stage::bofu)]),
                  grouped(by_stage[static_cast<int>(Stage::untagged)])});
  }
  std::cout << mailings.text(color) << '\n';
}

void print_links(const World& world, const Seen& seen, bool color) {
  struct Line {
    std::uint64_t clicks;
    const WorldCampaign* campaign;
    const WorldLink* link;
  };
  std::vector<Line> lines;
  std::uint64_t content = 0, untagged = 0;
  for (const auto& c : world.campaigns) {
    for (const auto& [number, link] : c.links) {
      const auto found = seen.links.find({c.id, number});
      const auto clicks = found == seen.links.end() ? 0 : found->second.people;
      lines.push_back({clicks, &c, &link});
      content += link.tag.stage == Stage::none ? 0 : clicks;
      untagged += link.tag.stage == Stage::untagged ? clicks : 0;
    }
  }
  std::sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
    return std::tie(b.clicks, a.link->url) < std::tie(a.clicks, b.link->url);
  });
  Table table({"stage", "clicks>", "link", "why"});
  for (std::size_t i = 0; i < std::min<std::size_t>(lines.size(), 15); ++i) {
    table.add({std::string(name_of(lines[i].link->tag.stage)), grouped(lines[i].clicks),
               shortened(lines[i].link->url, 64), shortened(lines[i].link->tag.why, 44)});
  }
  if (!table.empty()) {
    std::cout << "most clicked links\n" << table.text(color);
    std::cout << fmt::format("untagged: {} of the clicks on content\n\n",
                             percent(static_cast<double>(untagged), static_cast<double>(content)));
  }
}

int run_try(const Invocation& call) {
  ImportRequest request;
  request.paths = call.texts("arguments");
  if (request.paths.empty()) {
    wrong_usage("name some exports: files or folders");
  }
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
  auto store = Store::open_writing(workspace.store_path());
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
  if (!call.json) {
    std::cout << fmt::format(
        "{} files: {} events from {} to {}, {} recipients{}\n\n",
        summary.files.size() - summary.failed, grouped(t.fresh), format_date(t.first),
        format_date(t.last), grouped(Recipients(store.database()).count()),
        t.rejected != 0 ? fmt::format(", {} records rejected", grouped(t.rejected)) : "");
  }
  const auto world = build_world(store, workspace, workspace.config.rules, as_of);
  const auto seen = look(store, world, workspace.config.rules.robots, as_of);
  if (!call.json) {
    print_mailings(world, store, seen, call.color);
    print_links(world, seen, call.color);
    std::cout << fmt::format("by machines and proxies: {} of the opens, {} of the clicks\n\n",
                             percent(static_cast<double>(seen.machine_opens),
                                     static_cast<double>(seen.opens + seen.machine_opens)),
                             percent(static_cast<double>(seen.machine_clicks),
                                     static_cast<double>(seen.clicks + seen.machine_clicks)));
  }
  const auto scores = run_scores(store, workspace, workspace.config.rules, as_of, false);
  if (call.json) {
    std::cout << score_json(scores);
    return summary.failed != 0 || t.rejected != 0 ? k_partly : k_done;
  }
  std::cout << score_text(scores, workspace.config.rules, call.color);
  const auto everybody = parse_expression("score > 0");
  const std::vector<std::string> columns{"score", "email", "reasons"};
  const auto hottest =
      run_segments(store, workspace, as_of,
                   {{"hottest", SegmentUse::sales, everybody.expression.get(), columns}},
                   ExportFormat::cells, 20);
  std::cout << "\nhottest\n" << table_of(columns, hottest[0].text).text(call.color);
  std::cout << "\nNobody's fit is known without [[fit]] rules, so that nobody's grade is above "
               "C.\nNothing was stored. To keep it: mailfunnel init, then mailfunnel import.\n";
  return summary.failed != 0 || t.rejected != 0 ? k_partly : k_done;
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
                              "of times without one, such as Europe/Brussels");
      },
      run_try};
}

} // namespace mailfunnel::cli
