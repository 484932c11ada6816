// campaigns, links

#include "app/campaign_list.hpp"
#include "app/twins.hpp"
#include "base/csv.hpp"
#include "base/source.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "store/catalog.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>

namespace mailfunnel::cli {

namespace {

int list_campaigns(const Invocation& call) {
  auto workspace = call.workspace();
  auto store = call.open_reading(workspace);
  const auto world = build_world(store, workspace, workspace.config.rules, call.now());
  Table table({"sent", "account", "id", "name", "kind", "links>", "sent>", "delivered>", "opens>",
               "clicks>", "bounces>", "unsub>"});
  for (const auto& line : campaign_lines(store, world)) {
    if (call.json) {
      std::cout << to_json(line) << '\n';
      continue;
    }
    const auto& c = *line.campaign;
    table.add({c.time == 0 ? "" : format_date(c.time), c.account,
               c.external_id.empty() ? "(" + c.send + ")" : shortened(c.external_id, 24),
               shortened(c.name.empty() ? c.subject : c.name, 36), std::string(name_of(c.kind)),
               std::to_string(c.links.size()), grouped(line.sent), grouped(line.delivered),
               grouped(line.opens), grouped(line.clicks), grouped(line.bounces),
               grouped(line.unsubscribes)});
  }
  if (!call.json) {
    std::cout << (table.empty() ? "no mailings yet: `mailfunnel import` reads them\n"
                                : table.text(call.color));
    for (const auto& twins : probable_twins(store)) {
      std::cout << fmt::format("\n{}: {} and {} are probably one ({}): {}\n", twins.account,
                               twins.by_file, twins.by_api, twins.why, merge_command(twins));
    }
    if (const auto waiting = Activity(store.database()).inbox_size(); waiting != 0) {
      std::cout << fmt::format("\n{} events wait in the inbox; `mailfunnel score` counts them in\n",
                               grouped(waiting));
    }
  }
  return k_done;
}

// ---- campaigns merge
// -------------------------------------------------------------------------------------------------

/// "ID", or "ID/SEND" where one of several sendings is meant.
std::string full_id(const StoredCampaign& row) {
  return row.campaign.send.empty() ? row.campaign.id : row.campaign.id + "/" + row.campaign.send;
}

const StoredCampaign& campaign_called(const std::vector<StoredCampaign>& rows,
                                      const std::string& id) {
  std::vector<const StoredCampaign*> found;
  for (const auto& row : rows) {
    if (!row.campaign.id.empty() && (row.campaign.id == id || full_id(row) == id)) {
      found.push_back(&row);
    }
  }
  if (found.empty()) {
    wrong_usage("there is no mailing \"" + id + "\": `mailfunnel campaigns` lists them");
  }
  if (found.size() > 1) {
    std::string ids;
    for (const auto* row : found) {
      ids += (ids.empty() ? "" : ", ") + full_id(*row);
    }
    wrong_usage("\"" + id + "\" may be any of " + ids + ": say which, or whose with --account");
  }
  return *found.front();
}

/// Those of one account, or all.
std::vector<StoredCampaign> stored_campaigns(Catalog& catalog, const std::string& account) {
  auto rows = catalog.stored_campaigns();
  for (const auto& known : catalog.accounts()) {
    if (!account.empty() && known.name != account) {
      std::erase_if(rows, [&](const StoredCampaign& row) { return row.account == known.id; });
    }
  }
  return rows;
}

void check_merge(const std::vector<StoredCampaign>& rows, const StoredCampaign& whole,
                 const StoredCampaign& part) {
  const auto parts_of = [&](CampaignId id) {
    return std::count_if(rows.begin(), rows.end(),
                         [id](const StoredCampaign& row) { return row.merged_into == id; });
  };
  if (whole.id == part.id) {
    wrong_usage("a mailing can't be merged into itself");
  }
  if (whole.account != part.account) {
    wrong_usage("both have to be of one account");
  }
  if (whole.merged_into || (part.merged_into && part.merged_into != whole.id)) {
    const auto& merged = whole.merged_into ? whole : part;
    wrong_usage("\"" + full_id(merged) + "\" is merged already: `mailfunnel campaigns unmerge " +
                full_id(merged) + "` first");
  }
  if (parts_of(part.id) != 0) {
    wrong_usage("others are merged into \"" + full_id(part) + "\": give it first, or unmerge it");
  }
  if (!part.merged_into && parts_of(whole.id) >= static_cast<std::ptrdiff_t>(k_most_parts)) {
    wrong_usage(fmt::format("{} are merged into \"{}\" already, which is the most", k_most_parts,
                            full_id(whole)));
  }
}

int merge_campaigns(const Invocation& call, const std::string& into, const std::string& other) {
  const auto workspace = call.workspace();
  auto store = call.open_writing(workspace);
  const WriterLock lock(store.path());
  Transaction transaction(store.database());
  Catalog catalog(store.database());
  const auto rows = stored_campaigns(catalog, call.text("account"));
  const auto& whole = campaign_called(rows, into);
  const auto& part = campaign_called(rows, other);
  check_merge(rows, whole, part);
  catalog.merge_campaign(part.id, whole.id);
  store.count_change();
  transaction.commit();
  store.checkpoint();
  std::cout << fmt::format("{} and {} are one mailing now; `mailfunnel campaigns unmerge {}` takes "
                           "that back\n",
                           full_id(whole), full_id(part), full_id(part));
  return k_done;
}

/// Of a mailing that others were merged into: all of them.
int unmerge_campaigns(const Invocation& call, const std::string& id) {
  const auto workspace = call.workspace();
  auto store = call.open_writing(workspace);
  const WriterLock lock(store.path());
  Transaction transaction(store.database());
  Catalog catalog(store.database());
  const auto rows = stored_campaigns(catalog, call.text("account"));
  const auto& asked = campaign_called(rows, id);
  std::string names;
  for (const auto& row : rows) {
    if (row.merged_into && (row.id == asked.id || row.merged_into == asked.id)) {
      catalog.merge_campaign(row.id, std::nullopt);
      names += (names.empty() ? "" : ", ") + full_id(row);
    }
  }
  if (names.empty()) {
    wrong_usage("\"" + full_id(asked) + "\" is not merged with any other");
  }
  store.count_change();
  transaction.commit();
  store.checkpoint();
  std::cout << names << " counts by itself again\n";
  return k_done;
}

int run_campaigns(const Invocation& call) {
  const auto arguments = call.texts("arguments");
  if (arguments.empty()) {
    return list_campaigns(call);
  }
  if (arguments[0] == "merge" && arguments.size() == 3) {
    return merge_campaigns(call, arguments[1], arguments[2]);
  }
  if (arguments[0] == "unmerge" && arguments.size() == 2) {
    return unmerge_campaigns(call, arguments[1]);
  }
  wrong_usage("`mailfunnel campaigns`, `campaigns merge ID OTHER` or `campaigns unmerge ID`");
}

// ---- links
// -----------------------------------------------------------------------------------------------------------

bool wanted(const LinkLine& line, const std::optional<Stage>& stage, bool untagged) {
  return untagged ? line.link->tag.stage == Stage::untagged
                  : !stage || line.link->tag.stage == *stage;
}

int list_links(const Invocation& call) {
  auto workspace = call.workspace();
  auto store = call.open_reading(workspace);
  const auto world = build_world(store, workspace, workspace.config.rules, call.now());
  std::optional<Stage> stage;
  if (const auto name = call.text("stage"); !name.empty()) {
    stage = parse_stage(name);
    if (!stage) {
      wrong_usage("--stage wants TOFU, MOFU, BOFU or NONE, not \"" + name + "\"");
    }
  }
  Table table({"stage", "clicks>", "machine>", "mailing", "link", "text", "why"});
  std::uint64_t all = 0, untagged = 0;
  std::size_t left = call.number("top").value_or(SIZE_MAX);
  for (const auto& line :
       link_lines(store, world, workspace.config.rules.robots, call.now(), call.text("campaign"))) {
    all += line.link->tag.stage == Stage::none ? 0 : line.clicks;
    untagged += line.link->tag.stage == Stage::untagged ? line.clicks : 0;
    if (left == 0 || !wanted(line, stage, call.flag("untagged"))) {
      continue;
    }
    --left;
    if (call.json) {
      std::cout << to_json(line) << '\n';
    } else {
      table.add({std::string(name_of(line.link->tag.stage)), grouped(line.clicks),
                 grouped(line.machine), shortened(line.campaign->title(), 24),
                 shortened(line.link->url, 60), shortened(line.link->text, 28),
                 shortened(line.link->tag.why, 48)});
    }
  }
  if (!call.json) {
    std::cout << (table.empty() ? "no such links\n" : table.text(call.color));
    if (all != 0) {
      std::cout << fmt::format("\n{} of the clicks on content are on untagged links: tag them with "
                               "`mailfunnel links set URL STAGE`\n",
                               percent(static_cast<double>(untagged), static_cast<double>(all)));
    }
  }
  return k_done;
}

/// Clicks by people on links whose stage moves: so many points change, roughly.
void preview(const std::vector<RetaggedLink>& moved) {
  constexpr std::size_t k_shown = 10;
  std::uint64_t clicks = 0;
  for (std::size_t i = 0; i < moved.size(); ++i) {
    const auto& [line, before] = moved[i];
    clicks += line.clicks;
    if (i < k_shown) {
      std::cout << fmt::format("  {} -> {}  {}  ({} clicks)\n", name_of(before),
                               name_of(line.link->tag.stage), shortened(line.link->url, 70),
                               line.clicks);
    }
  }
  std::cout << fmt::format("{} links change, {} clicks are scored anew\n", moved.size(), clicks);
  if (moved.empty()) {
    std::cerr << "mailfunnel: nothing changes: no link matches, or those that do have that stage "
                 "already (it is kept for links to come)\n";
  }
}

int set_by_hand(const Invocation& call, const std::vector<LinkByHand>& entries) {
  auto workspace = call.workspace();
  auto store = call.open_writing(workspace);
  const auto& rules = workspace.config.rules;
  const auto before = build_world(store, workspace, rules, call.now());
  set_links(store, entries);
  const auto after = build_world(store, workspace, rules, call.now());
  preview(retagged_links(store, before, after, rules.robots, call.now()));
  return k_done;
}

/// A stage, or "auto" to take an entry by hand back.
std::optional<Stage> stage_argument(const std::string& name) {
  const auto stage = parse_stage(name);
  if (!stage && !iequals(name, "auto")) {
    wrong_usage("\"" + name +
                "\" is no stage: TOFU, MOFU, BOFU, NONE, or auto to let the evidence speak again");
  }
  return stage;
}

int export_links(const Invocation& call, const std::string& path) {
  auto workspace = call.workspace();
  auto store = call.open_reading(workspace);
  const auto world = build_world(store, workspace, workspace.config.rules, call.now());
  const auto out = links_csv(
      link_lines(store, world, workspace.config.rules.robots, call.now(), call.text("campaign")));
  if (path == "-") {
    std::cout << out;
  } else if (const auto written = write_file(path, out); !written) {
    throw Failure(written.error());
  }
  return k_done;
}

/// The CSV that `links export` writes, with stages changed; only rows that say something new are
/// kept.
int import_links(const Invocation& call, const std::string& path) {
  const auto bytes = read_file(path);
  if (!bytes) {
    throw Failure(bytes.error());
  }
  const auto head = read_csv_head(*bytes);
  const auto url = head ? head->header.find("url") : std::nullopt,
             stage = head ? head->header.find("stage") : std::nullopt;
  const auto campaign = head ? head->header.find("campaign") : std::nullopt;
  if (!url || !stage) {
    throw Failure(
        {ErrorCode::bad_syntax,
         "a CSV with the columns url and stage is expected, as `mailfunnel links export` writes it",
         path});
  }
  auto workspace = call.workspace();
  auto store = call.open_reading(workspace);
  const auto world = build_world(store, workspace, workspace.config.rules, call.now());
  std::map<std::pair<std::string, std::string>, Stage> now;
  for (const auto& line : link_lines(store, world, workspace.config.rules.robots, call.now(), {})) {
    now[{line.campaign->external_id, line.link->url}] = line.link->tag.stage;
  }
  std::vector<LinkByHand> entries;
  CsvReader reader(head->dialect);
  reader.start(*bytes);
  CsvRow row;
  reader.next(row);
  for (std::uint64_t line = 2; reader.next(row); ++line) {
    const std::string value(trim(row[*stage]));
    const auto parsed = parse_stage(value);
    if (!parsed && !iequals(value, "auto") && !iequals(value, "UNTAGGED")) {
      throw Failure({ErrorCode::bad_syntax,
                     "\"" + value + "\" is no stage: TOFU, MOFU, BOFU, NONE or auto", path, line});
    }
    const std::string of_campaign(campaign ? row[*campaign] : std::string_view());
    const auto known = now.find({of_campaign, std::string(row[*url])});
    if (parsed && (known == now.end() || known->second != *parsed)) {
      entries.push_back({0, std::string(row[*url]), of_campaign, parsed, call.now()});
    }
  }
  return set_by_hand(call, entries);
}

int run_links(const Invocation& call) {
  const auto arguments = call.texts("arguments");
  if (arguments.empty()) {
    return list_links(call);
  }
  if (arguments[0] == "set" && arguments.size() == 3) {
    return set_by_hand(
        call, {{0, arguments[1], call.text("campaign"), stage_argument(arguments[2]), call.now()}});
  }
  if (arguments[0] == "export" && arguments.size() <= 2) {
    return export_links(call, arguments.size() == 2 ? arguments[1] : "-");
  }
  if (arguments[0] == "import" && arguments.size() == 2) {
    return import_links(call, arguments[1]);
  }
  wrong_usage("`mailfunnel links`, `links set URL|GLOB STAGE`, `links export [FILE]` or `links "
              "import FILE`");
}

} // namespace

Command campaigns_command() {
  return {"campaigns",
          "[merge ID OTHER | unmerge ID]",
          "the mailings, with what happened to them; makes one of two ids of a mailing",
          "  mailfunnel campaigns\n  mailfunnel campaigns merge 'March news' 4f1c9e72ab",
          [](auto& options) {
            options.add_options()("account", text("NAME"),
                                  "where several have a mailing of that id");
          },
          run_campaigns};
}

Command links_command() {
  return {"links",
          "[set URL|GLOB STAGE | export [FILE] | import FILE]",
          "each link with its stage and why, most clicked untagged first; a stage set by hand wins",
          "  mailfunnel links --untagged\n  mailfunnel links set '*/offerte*' BOFU",
          [](auto& options) {
            options.add_options()("campaign", text("ID"), "of one mailing")(
                "stage", text("STAGE"), "of one stage")("untagged", flag(),
                                                        "those without a stage")(
                "top", po::value<unsigned>()->value_name("N"), "the first N only");
          },
          run_links};
}

} // namespace mailfunnel::cli
