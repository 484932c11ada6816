// All links with their stages, and how a stage is set: first who would move by it, then it is
// stored.

#include "app/campaign_list.hpp"
#include "app/link_preview.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"
#include "web/pages/handlers.hpp"
#include "web/pages/report_view.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mailfunnel {

namespace {

constexpr std::size_t k_page = 100, k_choices = 300;
constexpr std::size_t k_longest_link = 2'000; // bytes
constexpr std::string_view k_by_evidence = "auto";

struct LinkFilter {
  std::string campaign;
  std::optional<Stage> stage;

  Parameters parameters() const {
    return {{"campaign", campaign}, {"stage", stage ? std::string(name_of(*stage)) : ""}};
  }
};

LinkFilter filter_of(const PageContext& context) {
  LinkFilter out{context.text("campaign"), {}};
  const auto stage = context.text("stage");
  out.stage = parse_stage(stage);
  if (context.flag("untagged") || iequals(stage, name_of(Stage::untagged))) {
    out.stage = Stage::untagged;
  } else if (!stage.empty() && !out.stage) {
    bad_request("stage: wants TOFU, MOFU, BOFU, NONE or UNTAGGED");
  }
  return out;
}

std::vector<LinkLine> lines_of(const PageContext& context, Store& store, const World& world,
                               const std::string& campaign) {
  return link_lines(store, world, context.workspace.config.rules.robots, context.now, campaign);
}

void keep_stage(std::vector<LinkLine>& lines, const std::optional<Stage>& stage) {
  std::erase_if(lines,
                [&](const LinkLine& line) { return stage && line.link->tag.stage != *stage; });
}

std::string untagged_share(const Words& t, const std::vector<LinkLine>& lines) {
  std::uint64_t content = 0, untagged = 0;
  for (const auto& line : lines) {
    content += line.link->tag.stage == Stage::none ? 0 : line.clicks;
    untagged += line.link->tag.stage == Stage::untagged ? line.clicks : 0;
  }
  return untagged == 0 ? std::string()
                       : t.with("links_untagged_share", {t.share(untagged, content)});
}

void set_choices(View& view, const World& world, const LinkFilter& filter) {
  auto campaigns = list_of(), stages = list_of();
  const auto add = [](View& list, const std::string& value, const std::string& name, bool here) {
    View one;
    one.set("value", value);
    one.set("name", name);
    one.set("here", here);
    list << one;
  };
  std::size_t listed = 0;
  bool found = filter.campaign.empty();
  for (auto c = world.campaigns.rbegin(); c != world.campaigns.rend() && listed < k_choices; ++c) {
    if (c->named && !c->links.empty()) {
      const bool here = !found && c->is_called(filter.campaign);
      found = found || here;
      add(campaigns, c->external_id, shortened(c->title(), 60), here);
      ++listed;
    }
  }
  if (!found) { // an older one
    add(campaigns, filter.campaign, shortened(filter.campaign, 60), true);
  }
  for (const auto stage : {Stage::untagged, Stage::tofu, Stage::mofu, Stage::bofu, Stage::none}) {
    add(stages, std::string(name_of(stage)), "", filter.stage == stage);
  }
  view.set("choices", campaigns);
  view.set("stage_choices", stages);
}

// ---- a stage by hand

struct Wish {
  std::string link, campaign, stage, back; // as the form has them
  LinkByHand entry;                        // in that campaign
};

/// By which the link is known in the store, where it may have lost more parameters than usual.
std::string identity_of(const World& world, const std::string& url, const std::string& campaign) {
  for (const auto& one : world.campaigns) {
    if (campaign.empty() || one.is_called(campaign)) {
      for (const auto& [number, link] : one.links) {
        if (link.url == url) {
          return link.identity;
        }
      }
    }
  }
  return link_identity(url);
}

Wish wish_of(const PageContext& context, const World& world) {
  Wish out{context.field("link"),
           context.field("campaign"),
           context.field("stage"),
           context.field("back"),
           {}};
  if (out.link.empty() || out.link.size() > k_longest_link) {
    bad_request(context.t["link_wrong"]);
  }
  const auto stage = parse_stage(out.stage);
  if (!stage && out.stage != k_by_evidence) {
    bad_request(context.t["stage_wrong"]);
  }
  out.entry = {0, identity_of(world, out.link, out.campaign), out.campaign, stage, context.now};
  return out;
}

/// Only our own pages that show links; nothing that could leave the header.
std::string back_of(const std::string& wished) {
  const bool ours = (wished.starts_with("/campaigns/") || wished.starts_with("/links")) &&
                    std::none_of(wished.begin(), wished.end(), [](char c) {
                      return static_cast<unsigned char>(c) <= ' ' || c == '\\' || c == '#';
                    });
  return ours ? wished : "/links";
}

View scope_view(const PageContext& context, const Wish& wish, const LinkPreview& preview,
                bool everywhere) {
  const auto& t = context.t;
  View out;
  out.set("name",
          everywhere ? t.with("retag_everywhere", {t.number(preview.links)}) : t["retag_here"]);
  set_link_cell(out, wish.link, "");
  out.set("stage",
          wish.entry.stage ? std::string(name_of(*wish.entry.stage)) : t["by_the_evidence"]);
  out.set("stage_value", wish.stage);
  out.set("campaign", everywhere ? std::string() : wish.campaign);
  out.set("back", wish.back);
  out.set("store", t[everywhere ? "retag_store_everywhere" : "retag_store_here"]);
  out.set("sentence",
          t.with("retag_moves", {t.number(preview.clicks), t.number(preview.other_score),
                                 t.number(preview.other_status)}));
  auto moves = list_of();
  for (std::size_t a = 0; a < preview.transitions.size(); ++a) {
    for (std::size_t b = 0; b < preview.transitions.size(); ++b) {
      if (a != b && preview.transitions[a][b] != 0) {
        View one;
        one.set("from", preview.statuses[a]);
        one.set("to", preview.statuses[b]);
        one.set("people", t.number(preview.transitions[a][b]));
        moves << one;
      }
    }
  }
  out.set("moves", moves);
  out.set("some_moves", !moves.is_empty_list());
  return out;
}

} // namespace

void set_stored_note(View& view, const PageContext& context) {
  if (const auto links = context.number("stored")) {
    view.set("stored", context.t.with("retag_stored", {context.t.number(static_cast<std::uint64_t>(
                                                          std::max<std::int64_t>(*links, 0)))}));
  }
}

HttpResponse links_page(const PageContext& context) {
  const auto& t = context.t;
  const auto filter = filter_of(context);
  auto store = context.reading();
  const auto world =
      build_world(store, context.workspace, context.workspace.config.rules, context.now);
  auto lines = lines_of(context, store, world, filter.campaign);
  View view;
  view.set("untagged_share", untagged_share(t, lines));
  keep_stage(lines, filter.stage);
  const auto start = place_in_list(context);
  auto parameters = filter.parameters();
  parameters.emplace_back("after", start == 0 ? std::string() : std::to_string(start));
  const auto back = context.link("/links", parameters).substr(context.base.size());
  auto rows = list_of();
  auto at = start;
  for (; at < lines.size() && at - start < k_page; ++at) {
    const auto& line = lines[at];
    const auto& campaign = *line.campaign;
    View row;
    row.set("stage", std::string(name_of(line.link->tag.stage)));
    row.set("clicks", t.number(line.clicks));
    row.set("machines", t.number(line.machine));
    row.set("why", line.link->tag.why);
    row.set("mailing", shortened(campaign.title(), 60));
    row.set("mailing_href", campaign.named
                                ? campaign_link(context, campaign.account, campaign.external_id)
                                : std::string());
    set_link_cell(row, line.link->url, line.link->text);
    set_retag(row, t, at, line.link->tag.stage, campaign.external_id, line.link->url, back);
    rows << row;
  }
  view.set("links", rows);
  view.set("some", at > start);
  view.set("count", t.with("links_count", {t.number(lines.size())}));
  view.set("may_tag", context.may(Role::operations));
  view.set("paged", start != 0 || at < lines.size());
  view.set("first", start == 0 ? std::string() : context.link("/links", filter.parameters()));
  parameters.back().second = std::to_string(at);
  view.set("next", at >= lines.size() ? std::string() : context.link("/links", parameters));
  view.set("csv", context.link("/links/csv", filter.parameters()));
  const bool untagged = filter.stage == Stage::untagged;
  view.set("json",
           context.link(
               "/api/v1/links",
               {{"campaign", filter.campaign},
                {"untagged", untagged ? "true" : ""},
                {"stage", filter.stage && !untagged ? std::string(name_of(*filter.stage)) : ""}}));
  set_choices(view, world, filter);
  set_stored_note(view, context);
  return show_page(context, "links", std::move(view), t["links"]);
}

HttpResponse links_file(const PageContext& context) {
  const auto filter = filter_of(context);
  auto store = context.reading();
  const auto world =
      build_world(store, context.workspace, context.workspace.config.rules, context.now);
  auto lines = lines_of(context, store, world, filter.campaign);
  keep_stage(lines, filter.stage);
  return file_response("text/csv; charset=utf-8", "links.csv", links_csv(lines));
}

HttpResponse link_preview(const PageContext& context) {
  const auto& t = context.t;
  auto store = context.reading();
  const auto wish = wish_of(
      context, build_world(store, context.workspace, context.workspace.config.rules, context.now));
  LinkPreview here;
  auto scopes = list_of();
  if (!wish.campaign.empty()) {
    here = preview_link(store, context.workspace, wish.entry, context.now);
    if (here.links != 0) {
      scopes << scope_view(context, wish, here, false);
    }
  }
  auto everywhere = wish.entry;
  everywhere.campaign.clear();
  const auto all = preview_link(store, context.workspace, everywhere, context.now);
  if (all.links > here.links) {
    scopes << scope_view(context, wish, all, true);
  }
  View view;
  view.set("scopes", scopes);
  view.set("nothing", scopes.is_empty_list());
  return show_part_or_page(context, "link_preview", view, t["set_stage"]);
}

HttpResponse link_store(const PageContext& context) {
  auto store = context.writing();
  const auto& rules = context.workspace.config.rules;
  const auto before = build_world(store, context.workspace, rules, context.now);
  const auto wish = wish_of(context, before);
  set_links(store, {wish.entry});
  const auto after = build_world(store, context.workspace, rules, context.now);
  const auto moved = retagged_links(store, before, after, rules.robots, context.now);
  const auto back = back_of(wish.back);
  auto out = see_other(context, "");
  out.headers = {
      {"Location", fmt::format("{}{}{}stored={}", context.base, back,
                               back.find('?') == std::string::npos ? "?" : "&", moved.size())}};
  return out;
}

} // namespace mailfunnel
