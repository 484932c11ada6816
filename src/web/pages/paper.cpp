#include "web/pages/paper.hpp"

#include "base/text.hpp"
#include "web/pages/assets.hpp"
#include "web/pages/chart.hpp"
#include "web/pages/report_view.hpp"
#include "web/pages/score_view.hpp"

#include <algorithm>

namespace mailfunnel {

namespace {

constexpr std::size_t k_shown_links = 15;

std::string paper(const Words& t, const std::string& title, const std::string& line,
                  const std::string& content) {
  View view;
  view.set("lang", std::string(code_of(t.language())));
  view.set("title", title);
  view.set("line", line);
  view.set("css", std::string(find_static("app.css")->plain));
  view.set("content", content);
  return render("paper", view, t);
}

void set_mailings(View& view, const Words& t, const FirstLook& look) {
  auto rows = list_of();
  for (const auto& one : look.mailings) {
    View row;
    row.set("day", one.campaign->time == 0 ? std::string() : t.date(one.campaign->time));
    row.set("name", shortened(one.campaign->title(), 90));
    row.set("recipients", one.recipients == 0 ? std::string("–") : t.number(one.recipients));
    row.set("links", t.number(one.campaign->links.size()));
    row.set("clicks", t.number(one.clicks));
    set_stage_bar(row, t, one.clicks_by_stage);
    rows << row;
  }
  view.set("mailings", rows);
}

void set_clicked(View& view, const Words& t, const FirstLook& look) {
  auto rows = list_of();
  for (std::size_t i = 0; i < look.links.size() && i < k_shown_links; ++i) {
    const auto& one = look.links[i];
    View row;
    row.set("stage", std::string(name_of(one.link->tag.stage)));
    row.set("clicks", t.number(one.clicks));
    row.set("why", one.link->tag.why);
    set_link_cell(row, one.link->url, one.link->text);
    rows << row;
  }
  view.set("clicked", rows);
  view.set("untagged_share", look.untagged_clicks == 0
                                 ? std::string()
                                 : t.with("links_untagged_share",
                                          {t.share(look.untagged_clicks, look.content_clicks)}));
}

void set_statuses(View& view, const Words& t, const ScoreSummary& scores) {
  auto rows = list_of();
  for (auto i = scores.statuses.size(); i-- > 0;) {
    View row;
    row.set("name", scores.statuses[i]);
    row.set("people", t.number(scores.by_status[i]));
    row.set("share", t.share(scores.by_status[i], scores.recipients));
    row.set("bar", stacked_bar({{status_css(i, scores.statuses.size()),
                                 static_cast<double>(scores.by_status[i])}},
                               static_cast<double>(scores.recipients)));
    rows << row;
  }
  view.set("statuses", rows);
}

void set_hottest(View& view, std::string_view lines) {
  auto rows = list_of();
  for (const auto line : split(lines, '\n')) {
    const auto cells = split(line, '\x1f');
    if (cells.size() == 3) {
      View row;
      row.set("score", std::string(cells[0]));
      row.set("who", std::string(cells[1]));
      row.set("reasons", std::string(cells[2]));
      rows << row;
    }
  }
  view.set("hottest", rows);
}

} // namespace

std::string report_paper(const Words& t, const CampaignReport& report,
                         const std::vector<ReconciledMailing>& totals) {
  return paper(t, report_title(report), report_line(t, report),
               render("report", report_view(t, report, totals, nullptr), t));
}

std::string first_look_paper(const Words& t, const FilesRead& read, const FirstLook& look,
                             const ScoreSummary& scores, const Rules& rules,
                             std::string_view hottest) {
  View view;
  view.set("people", t.number(scores.recipients));
  view.set("campaigns", t.number(look.mailings.size()));
  view.set("events", t.number(read.events));
  view.set("rejected", read.rejected == 0 ? std::string() : t.number(read.rejected));
  view.set("machine_opens", t.share(look.machine_opens, look.opens + look.machine_opens));
  view.set("machine_clicks", t.share(look.machine_clicks, look.clicks + look.machine_clicks));
  set_mailings(view, t, look);
  set_clicked(view, t, look);
  set_statuses(view, t, scores);
  set_matrix(view, t, scores, rules, nullptr);
  set_histogram(view, t, scores, rules);
  set_hottest(view, hottest);
  return paper(t, t["try_title"],
               t.with("try_intro", {t.number(read.files), t.number(read.events), t.date(read.first),
                                    t.date(read.last)}),
               render("first_look", view, t));
}

} // namespace mailfunnel
