// campaigns, links: the mailings, their reviews, and the stages of their links.

#include "app/campaign_list.hpp"
#include "app/report_json.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "web/api_body.hpp"
#include "web/api_handlers.hpp"

#include <fmt/format.h>

namespace mailfunnel {

namespace {

constexpr std::size_t k_longest_pattern = 2'000; // bytes
constexpr std::size_t k_shown_links = 100;       // of those that a new stage moves

} // namespace

HttpResponse api_campaigns(const ApiContext& context, const WebRequest&) {
  auto store = context.reading();
  const auto world =
      build_world(store, context.workspace, context.workspace.config.rules, context.now);
  return page_response(context, campaign_lines(store, world),
                       [](const CampaignLine& line) { return to_json(line); });
}

HttpResponse api_report(const ApiContext& context, const WebRequest&) {
  auto store = context.folded();
  const auto as_of = context.as_of(store);
  return json_response(
      200, report_json(value_of(report_campaign(store, context.workspace, context.places[1],
                                                context.flag("alone"), as_of, context.places[0]))));
}

HttpResponse api_links(const ApiContext& context, const WebRequest&) {
  std::optional<Stage> stage;
  if (context.has("stage")) {
    stage = parse_stage(context.text("stage"));
    if (!stage) {
      bad_request("stage: wants TOFU, MOFU, BOFU or NONE");
    }
  }
  if (context.flag("untagged")) {
    if (stage) {
      bad_request("untagged: leave stage out");
    }
    stage = Stage::untagged;
  }
  auto store = context.reading();
  const auto& rules = context.workspace.config.rules;
  const auto world = build_world(store, context.workspace, rules, context.now);
  auto lines = link_lines(store, world, rules.robots, context.now, context.text("campaign"));
  std::erase_if(lines,
                [&stage](const LinkLine& line) { return stage && line.link->tag.stage != *stage; });
  return page_response(context, lines, [](const LinkLine& line) { return to_json(line); });
}

HttpResponse api_set_link(const ApiContext& context, const WebRequest& request) {
  const JsonBody body(request, {"link", "stage", "campaign"});
  LinkByHand entry;
  entry.pattern = body.text("link");
  entry.campaign = body.text_or("campaign", {});
  entry.valid_from = context.now;
  if (entry.pattern.empty() || entry.pattern.size() > k_longest_pattern) {
    bad_request(fmt::format("link: wants a URL or glob of 1 to {} bytes", k_longest_pattern));
  }
  const auto stage = body.text("stage");
  entry.stage = parse_stage(stage);
  if (!entry.stage && !iequals(stage, "auto")) {
    bad_request("stage: wants TOFU, MOFU, BOFU, NONE, or auto to let the evidence speak again");
  }
  auto store = context.writing();
  const auto& rules = context.workspace.config.rules;
  const auto before = build_world(store, context.workspace, rules, context.now);
  set_links(store, {entry});
  const auto after = build_world(store, context.workspace, rules, context.now);
  const auto moved = retagged_links(store, before, after, rules.robots, context.now);
  std::uint64_t clicks = 0;
  std::string lines;
  for (std::size_t i = 0; i < moved.size(); ++i) {
    const auto& [line, old] = moved[i];
    clicks += line.clicks;
    if (i < k_shown_links) {
      lines += fmt::format("{}{{\"campaign\":{},\"link\":{},\"from\":\"{}\",\"to\":\"{}\","
                           "\"clicks\":{}}}",
                           i == 0 ? "" : ",", json_text(line.campaign->external_id),
                           json_text(line.link->url), name_of(old), name_of(line.link->tag.stage),
                           line.clicks);
    }
  }
  return json_response(200, fmt::format("{{\"links\":{},\"clicks\":{},\"changes\":[{}]}}\n",
                                        moved.size(), clicks, lines));
}

} // namespace mailfunnel
