#pragma once
// The review of a mailing as templates/report.html shows it, on a page and on paper.

#include "app/campaign_report.hpp"
#include "app/reconcile.hpp"
#include "web/pages/page.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// `context`: of the page; nullptr on paper, where nothing leads anywhere and nothing is set.
/// `totals`: of the report's mailings, as the platform told them.
View report_view(const Words& t, const CampaignReport& report,
                 const std::vector<ReconciledMailing>& totals, const PageContext* context);

/// "Newsletter March": the heading above it.
std::string report_title(const CampaignReport& report);
/// Subject, account and time of the mailing, and the moment: the line below the heading.
std::string report_line(const Words& t, const CampaignReport& report);

/// Sets url, short, href ("" where it is no link to follow) and text of a link.
void set_link_cell(View& row, const std::string& url, const std::string& text);
/// Sets what templates/retag.html asks for: who changes the stage of a link comes back to `back`,
/// a path with query. `number`: of the row on its page.
void set_retag(View& row, const Words& t, std::size_t number, Stage stage,
               const std::string& campaign, const std::string& url, const std::string& back);
/// Sets bar and bar_says: clicks (or so) by stage, as Stage.
void set_stage_bar(View& row, const Words& t, const std::array<std::uint64_t, 5>& by_stage);

/// The page of a mailing.
std::string campaign_link(const PageContext& context, const std::string& account,
                          const std::string& id);
/// Sets stored: what a change of a stage did before it led here (?stored=3).
void set_stored_note(View& view, const PageContext& context);
/// What the platforms told of the report's mailings.
std::vector<ReconciledMailing> totals_of(Store& store, const Workspace& workspace,
                                         const CampaignReport& report);

/// By depth, as they are listed.
inline constexpr std::array k_listed_stages{Stage::tofu, Stage::mofu, Stage::bofu, Stage::untagged,
                                            Stage::none};

} // namespace mailfunnel
