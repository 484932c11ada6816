// The mailings: all of them, and the review of one.

#include "app/campaign_list.hpp"
#include "app/twins.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"
#include "web/pages/handlers.hpp"
#include "web/pages/report_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace mailfunnel {

namespace {

constexpr std::size_t k_page = 50;
constexpr RecipientId k_at_once =
    50'000;                      // with no more recipients a review is made within the page
constexpr Seconds k_fresh = 300; // a review is shown again for so long

// ---- all

/// What no mailing is named for: a day on which somebody left, say.
bool is_none(const CampaignLine& line) {
  return !line.campaign->named && line.sent + line.delivered + line.opens + line.clicks == 0;
}

bool is_about(const WorldCampaign& campaign, const std::string& wanted) { // folded
  const auto has = [&](const std::string& text) {
    return fold(text).find(wanted) != std::string::npos;
  };
  return wanted.empty() || has(campaign.name) || has(campaign.subject) ||
         has(campaign.external_id) || has(campaign.account) ||
         std::any_of(campaign.others.begin(), campaign.others.end(), has);
}

using StageClicks = std::map<CampaignId, std::array<std::uint64_t, 5>>;

StageClicks clicks_by_stage(const std::vector<LinkLine>& links) {
  StageClicks out;
  for (const auto& line : links) {
    out[line.campaign->id].at(static_cast<std::size_t>(line.link->tag.stage)) += line.clicks;
  }
  return out;
}

std::string about(const Words& t, const World& world, const WorldCampaign& campaign) {
  std::vector<std::string> parts{campaign.account};
  if (!campaign.subject.empty() && campaign.subject != campaign.title()) {
    parts.insert(parts.begin(), shortened(campaign.subject, 80));
  }
  if (campaign.kind != CampaignKind::campaign) {
    parts.emplace_back(name_of(campaign.kind));
  }
  const auto place = world.by_id.at(campaign.id);
  for (const auto& family : world.families) {
    if (family.size() > 1 && std::find(family.begin(), family.end(), place) != family.end()) {
      parts.push_back(t.with("and_family", {t.number(family.size() - 1)}));
    }
  }
  return join(parts, " · ");
}

View campaign_row(const PageContext& context, const World& world, const CampaignLine& line,
                  const StageClicks& clicks) {
  const auto& t = context.t;
  const auto& campaign = *line.campaign;
  const bool told = line.sent + line.delivered != 0;
  const auto counted = [&](std::uint64_t number) {
    return told ? t.number(number) : std::string("–");
  };
  View row;
  row.set("day", campaign.time == 0 ? std::string() : t.date(campaign.time));
  row.set("name", shortened(campaign.title(), 90));
  row.set("href", campaign.named ? campaign_link(context, campaign.account, campaign.external_id)
                                 : std::string());
  row.set("about", about(t, world, campaign));
  row.set("sent", counted(std::max(line.sent, line.delivered)));
  row.set("delivered", line.delivered == 0 ? std::string("–") : t.number(line.delivered));
  row.set("opens", t.number(line.opens));
  row.set("clicks", t.number(line.clicks));
  row.set("bounces", t.number(line.bounces));
  row.set("left", t.number(line.unsubscribes));
  const auto found = clicks.find(campaign.id);
  set_stage_bar(row, t, found == clicks.end() ? std::array<std::uint64_t, 5>{} : found->second);
  return row;
}

// ---- one

/// A review and what the platform told of it.
struct Reviewed {
  CampaignReport report;
  std::vector<ReconciledMailing> totals;
};

std::shared_ptr<const Reviewed> review(const PageContext& context, Store& store,
                                       const std::string& key, Seconds as_of) {
  auto made = std::make_shared<Reviewed>();
  made->report = value_of(report_campaign(store, context.workspace, context.places[1],
                                          context.flag("alone"), as_of, context.places[0]));
  made->totals = totals_of(store, context.workspace, made->report);
  std::shared_ptr<const Reviewed> out = std::move(made);
  context.cache.keep_value(key, out);
  return out;
}

void set_family_note(View& view, const PageContext& context, const CampaignReport& report) {
  const auto& t = context.t;
  const bool alone = context.flag("alone");
  const auto place = context.link(
      context.path, {{"as_of", context.text("as_of")}, {"alone", alone ? std::string() : "true"}});
  if (alone) {
    view.set("family_says", t["alone"] + ".");
    view.set("family_link", t["with_family"]);
    view.set("family_href", place);
  } else if (report.mailings.size() > 1) {
    view.set("family_says", t.with("of_family", {t.number(report.mailings.size())}));
    view.set("family_link", t["alone"]);
    view.set("family_href", place);
  }
}

} // namespace

std::string campaign_link(const PageContext& context, const std::string& account,
                          const std::string& id) {
  return context.link("/campaigns/" + percent_encode(account) + "/" + percent_encode(id));
}

HttpResponse campaigns_page(const PageContext& context) {
  const auto& t = context.t;
  const auto& rules = context.workspace.config.rules;
  const auto query = context.text("q");
  auto store = context.reading();
  const auto world = build_world(store, context.workspace, rules, context.now);
  auto lines = campaign_lines(store, world);
  std::erase_if(lines, [wanted = fold(query)](const CampaignLine& line) {
    return is_none(line) || !is_about(*line.campaign, wanted);
  });
  std::reverse(lines.begin(), lines.end());
  const auto clicks = clicks_by_stage(link_lines(store, world, rules.robots, context.now, ""));
  const auto start = place_in_list(context);
  auto rows = list_of();
  auto at = start;
  for (; at < lines.size() && at - start < k_page; ++at) {
    rows << campaign_row(context, world, lines[at], clicks);
  }
  View view;
  view.set("q", query);
  view.set("campaigns", rows);
  view.set("some", at > start);
  view.set("empty",
           at > start ? std::string() : t[query.empty() ? "no_campaigns_yet" : "no_campaigns"]);
  view.set("paged", start != 0 || at < lines.size());
  view.set("first", start == 0 ? std::string() : context.link("/campaigns", {{"q", query}}));
  view.set("next", at >= lines.size()
                       ? std::string()
                       : context.link("/campaigns", {{"q", query}, {"after", std::to_string(at)}}));
  auto twins = list_of();
  if (start == 0) {
    for (const auto& one : probable_twins(store)) {
      View row;
      row.set("text", t.with("twins", {one.account, one.by_file, one.by_api}));
      row.set("command", merge_command(one));
      twins << row;
    }
  }
  view.set("twins", twins);
  view.set("links_href", context.link("/links"));
  view.set("json", context.link("/api/v1/campaigns"));
  return show_page(context, "campaigns", view, t["campaigns"]);
}

HttpResponse campaign_page(const PageContext& context) {
  const auto& t = context.t;
  auto store = context.folded();
  const bool asked = context.has("as_of");
  const auto as_of = context.as_of(store);
  const auto key = fmt::format(
      "review {} {} {} {} {} {}", store.changes(), context.workspace.config.rules.fingerprint,
      asked ? as_of : -(context.now / k_fresh), context.flag("alone"),
      percent_encode(context.places[0]), percent_encode(context.places[1]));
  auto made = context.cache.find_value<Reviewed>(key);
  const bool at_once =
      context.part || context.flag("wait") || Recipients(store.database()).count() <= k_at_once;
  if (made == nullptr && at_once) {
    made = review(context, store, key, as_of);
  }
  if (made != nullptr && context.part) {
    return show_part(context, "report", report_view(t, made->report, made->totals, &context));
  }
  auto view = made != nullptr ? report_view(t, made->report, made->totals, &context) : View();
  std::string title;
  if (made != nullptr) {
    title = report_title(made->report);
    view.set("line", report_line(t, made->report));
    set_family_note(view, context, made->report);
  } else {
    const auto world = build_world(store, context.workspace, context.workspace.config.rules, as_of);
    const auto found = std::find_if(
        world.campaigns.rbegin(), world.campaigns.rend(), [&](const WorldCampaign& one) {
          return one.account == context.places[0] && one.is_called(context.places[1]);
        });
    if (found == world.campaigns.rend()) {
      not_found(t["no_campaigns"]);
    }
    title = printable(found->title());
    view.set("line",
             found->time == 0 ? found->account : found->account + " · " + t.time(found->time));
  }
  const Parameters same{{"as_of", context.text("as_of")}, {"alone", context.text("alone")}};
  auto waiting = same;
  waiting.emplace_back("wait", "true");
  view.set("ready", made != nullptr);
  view.set("load", context.link(context.path, same));
  view.set("wait", context.link(context.path, waiting));
  set_stored_note(view, context);
  view.set("csv", context.link("/links/csv", {{"campaign", context.places[1]}}));
  view.set("json", context.link("/api/v1" + context.path, same));
  return show_page(context, "campaign", std::move(view), title);
}

} // namespace mailfunnel
