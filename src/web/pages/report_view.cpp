#include "web/pages/report_view.hpp"

#include "base/text.hpp"
#include "web/pages/chart.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mailfunnel {

namespace {

constexpr std::size_t k_shown_links = 100, k_link_columns = 64;
constexpr std::size_t k_fewest_hours = 6; // of the chart
constexpr Seconds k_hour = 3600;

std::uint64_t number_of(const std::array<std::uint64_t, 5>& by_stage, Stage stage) {
  return by_stage.at(static_cast<std::size_t>(stage));
}

std::string since_text(const Words& t, Seconds time) {
  return time < k_day ? t.with("hours_short", {t.number(static_cast<std::uint64_t>(time / k_hour))})
                      : t.with("days_short", {t.number(static_cast<std::uint64_t>(time / k_day))});
}

// ---- the answer: what happened

View figure(const std::string& name, const std::string& value, const std::string& share) {
  View out;
  out.set("name", name);
  out.set("value", value);
  out.set("share", share);
  return out;
}

View figures_view(const Words& t, const MailingFigures& f) {
  const auto told = [&](std::uint64_t number) {
    return f.told ? t.number(number) : std::string("–");
  };
  const auto share = [&](std::uint64_t part, std::uint64_t whole) {
    return f.told ? t.share(part, whole) : std::string();
  };
  const auto bounced = f.hard_bounces + f.other_bounces;
  return list_of(
      {figure(t["sent"], told(f.sent), ""),
       figure(t["delivered"], told(f.delivered), share(f.delivered, f.sent)),
       figure(t["opened"], t.number(f.openers), share(f.openers, f.delivered)),
       figure(t["clicked"], t.number(f.clickers), share(f.clickers, f.delivered)),
       figure(t["bounced"], t.number(bounced), share(bounced, f.sent)),
       figure(t["unsubscribes"], t.number(f.unsubscribed), share(f.unsubscribed, f.delivered)),
       figure(t["complained"], t.number(f.complained), share(f.complained, f.delivered))});
}

void set_family(View& view, const Words& t, const CampaignReport& report,
                const PageContext* context) {
  auto rows = list_of();
  const auto add = [&](const std::string& name, const std::string& day, const std::string& href,
                       const MailingFigures& figures) {
    View row;
    row.set("name", name);
    row.set("day", day);
    row.set("href", href);
    row.set("figures", figures_view(t, figures));
    rows << row;
  };
  for (const auto& one : report.mailings) {
    add(one.title, one.sent_at == 0 ? "" : t.date(one.sent_at),
        context == nullptr || one.id.empty()
            ? ""
            : campaign_link(*context, one.account, one.id) + "?alone=true",
        one.figures);
  }
  add(t["together_once"], "", "", report.together);
  view.set("family", rows);
  view.set("is_family", report.mailings.size() > 1);
}

// ---- its balance

void set_balance(View& view, const Words& t, const CampaignReport& report) {
  std::uint64_t most = 0, all = 0;
  for (const auto stage : k_listed_stages) {
    most = std::max(most, number_of(report.clicks_by_stage, stage));
    all += number_of(report.clicks_by_stage, stage);
  }
  auto rows = list_of();
  for (const auto stage : k_listed_stages) {
    const auto clicks = number_of(report.clicks_by_stage, stage);
    View row;
    row.set("stage", std::string(name_of(stage)));
    row.set("note", stage == Stage::none ? t["housekeeping"] : std::string());
    row.set("links", t.number(number_of(report.content_links, stage)));
    row.set("clicks", t.number(clicks));
    row.set("share", t.share(clicks, all));
    row.set("bar", stacked_bar({{std::string(name_of(stage)), static_cast<double>(clicks)}},
                               static_cast<double>(most)));
    rows << row;
  }
  view.set("balance", rows);
  auto warnings = list_of();
  for (const auto& warning : report.warnings) {
    warnings << View(t.with("balance_" + std::string(name_of(warning.what)),
                            {warning.values[0], warning.values[1]}));
  }
  view.set("warnings", warnings);
  view.set("balanced", report.warnings.empty());
}

// ---- what became of the readers

void set_moves(View& view, const Words& t, const CampaignReport& report) {
  std::uint64_t readers = 0, moved = 0;
  auto rows = list_of(), heads = list_of();
  for (std::size_t a = 0; a < report.statuses.size(); ++a) {
    heads << View(report.statuses[a]);
    View row;
    auto counts = list_of();
    std::uint64_t all = 0;
    for (std::size_t b = 0; b < report.moves[a].size(); ++b) {
      const auto count = report.moves[a][b];
      View cell;
      cell.set("count", count == 0 ? "–" : t.number(count));
      cell.set("css", a == b || count == 0 ? "soft" : "strong");
      counts << cell;
      all += count;
      moved += a == b ? 0 : count;
    }
    readers += all;
    row.set("status", report.statuses[a]);
    row.set("counts", counts);
    row.set("all", t.number(all));
    if (all != 0) {
      rows << row;
    }
  }
  view.set("statuses_after", heads);
  view.set("moves", rows);
  view.set("some_moves", readers != 0);
  view.set("readers_moved",
           readers == 0 ? t["no_readers"]
                        : t.with("readers_moved", {t.number(moved), t.number(readers),
                                                   t.time(report.before), t.time(report.after)}));
}

// ---- silence

void set_measured(View& view, const Words& t, const Measured& measured) {
  const auto all = measured.all();
  const auto silent = [&](Silence silence) {
    return measured.silent.at(static_cast<std::size_t>(silence));
  };
  std::uint64_t unknown = measured.proxy_only;
  auto reasons = list_of();
  const auto reason = [&](const std::string& name, std::uint64_t people) {
    if (people != 0) {
      View row;
      row.set("name", name);
      row.set("people", t.number(people));
      row.set("share", t.share(people, all));
      reasons << row;
    }
  };
  reason(t["measured_proxy"], measured.proxy_only);
  for (std::size_t s = 0; s < k_silences; ++s) {
    const auto one = static_cast<Silence>(s);
    if (one != Silence::not_opened && one != Silence::reacted) {
      unknown += silent(one);
      reason(t["silence_" + std::string(name_of(one))], silent(one));
    }
  }
  auto rows = list_of();
  const auto add = [&](std::string_view word, std::string css, std::uint64_t people) {
    View row;
    row.set("name", t[word]);
    row.set("css", css);
    row.set("people", t.number(people));
    row.set("share", t.share(people, all));
    row.set("bar",
            stacked_bar({{std::move(css), static_cast<double>(people)}}, static_cast<double>(all)));
    rows << row;
  };
  add("measured_opened", "s4", measured.opened);
  add("measured_not", "s3", silent(Silence::not_opened));
  add("measured_unknown", "s0", unknown);
  view.set("measured", rows);
  view.set("not_measured_why", reasons);
  view.set("is_measured", all != 0);
}

void set_happened(View& view, const Words& t, const MailingFigures& f) {
  auto rows = list_of();
  const auto add = [&](std::string_view word, std::uint64_t people, const std::string& times) {
    if (people != 0 || !times.empty()) {
      View row;
      row.set("name", t[word]);
      row.set("people", t.number(people));
      row.set("times", times);
      rows << row;
    }
  };
  struct Line {
    Verdict verdict;
    std::string_view opened, clicked;
  };
  constexpr Line k_lines[] = {{Verdict::human, "opened_human", "clicked_human"},
                              {Verdict::unknown, "opened_unknown", "clicked_unknown"},
                              {Verdict::proxy, "opened_proxy", "clicked_proxy"},
                              {Verdict::machine, "opened_machine", "clicked_machine"}};
  for (const auto clicks : {false, true}) {
    for (const auto& line : k_lines) {
      const auto& one = (clicks ? f.clicks : f.opens).at(static_cast<std::size_t>(line.verdict));
      if (one.events != 0) {
        add(clicks ? line.clicked : line.opened, one.people, t.number(one.events));
      }
    }
  }
  add("bounced_hard", f.hard_bounces, "");
  add("bounced_soft", f.other_bounces, "");
  add("dropped", f.dropped, "");
  view.set("happened", rows);
  view.set("nothing_happened", rows.is_empty_list());
}

// ---- when

void set_hours(View& view, const Words& t, const CampaignReport& report) {
  auto shown = report.hours.size();
  while (shown > 0 && report.hours[shown - 1].opens == 0 && report.hours[shown - 1].clicks == 0) {
    --shown;
  }
  view.set("some_hours", shown != 0);
  view.set("no_hours", shown == 0);
  shown = std::min(std::max(shown, k_fewest_hours), report.hours.size());
  std::vector<std::string> places;
  std::vector<ChartSeries> series{{t["opens"], "s1", {}}, {t["clicks"], "s3", {}}};
  auto rows = list_of();
  for (std::size_t hour = 0; hour < shown; ++hour) {
    const auto& one = report.hours[hour];
    places.push_back(t.with("hours_short", {t.number(hour + 1)}));
    series[0].values.push_back(static_cast<double>(one.opens));
    series[1].values.push_back(static_cast<double>(one.clicks));
    View row;
    row.set("hour", places.back());
    row.set("opens", t.number(one.opens));
    row.set("clicks", t.number(one.clicks));
    rows << row;
  }
  view.set("hours_chart", line_chart(places, series));
  view.set("hours_note", t.with("by_hour_note", {t.number(shown)}));
  view.set("hours", rows);
}

void set_read_by(View& view, const Words& t, const CampaignReport& report) {
  const auto last = report.read_by.empty() ? ReadBy{} : report.read_by.back();
  std::vector<std::string> places;
  std::vector<ChartSeries> series;
  const auto percents = [](std::uint64_t part, std::uint64_t whole) {
    return 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  };
  if (last.opens != 0) {
    series.push_back({t["opened"], "s1", {}});
  }
  if (last.clicks != 0) {
    series.push_back({t["clicked"], "s3", {}});
  }
  auto rows = list_of();
  for (const auto& one : report.read_by) {
    places.push_back(since_text(t, one.within));
    for (auto& line : series) {
      line.values.push_back(line.css == "s1" ? percents(one.opens, last.opens)
                                             : percents(one.clicks, last.clicks));
    }
    View row;
    row.set("within", places.back());
    row.set("opened", t.share(one.opens, last.opens));
    row.set("clicked", t.share(one.clicks, last.clicks));
    rows << row;
  }
  view.set("read_chart", line_chart(places, series));
  view.set("read_by", rows);
  view.set("some_read", !series.empty());
}

// ---- what the platform counts

void set_totals(View& view, const Words& t, const std::vector<ReconciledMailing>& totals) {
  auto mailings = list_of();
  for (const auto& mailing : totals) {
    std::size_t same = 0;
    auto rows = list_of();
    for (const auto& figure : mailing.figures) {
      same += figure.why.empty() ? 1 : 0;
      View row;
      row.set("name", t["figure_" + figure.name]);
      row.set("ours", t.number(figure.ours));
      row.set("theirs", t.number(figure.theirs));
      row.set("off", figure.why.empty()
                         ? std::string()
                         : t.share(figure.ours > figure.theirs ? figure.ours - figure.theirs
                                                               : figure.theirs - figure.ours,
                                   figure.theirs));
      row.set("why",
              figure.why.empty() ? std::string() : t["differs_" + std::string(figure.reason)]);
      rows << row;
    }
    View one;
    one.set("name", totals.size() > 1 ? mailing.name : std::string());
    one.set("told", t.with("agreement_of", {t.time(mailing.told_at)}));
    one.set("agrees", same == mailing.figures.size());
    one.set("answer",
            same == mailing.figures.size()
                ? t["agrees"]
                : t.with("agrees_in", {t.number(same), t.number(mailing.figures.size())}));
    one.set("rows", rows);
    mailings << one;
  }
  view.set("totals", mailings);
  view.set("some_totals", !totals.empty());
}

// ---- links

void set_links(View& view, const Words& t, const CampaignReport& report,
               const PageContext* context) {
  const bool several = report.mailings.size() > 1;
  auto rows = list_of();
  const auto back =
      context == nullptr
          ? std::string()
          : context->path + (context->has("alone") ? "?alone=" + context->text("alone") : "");
  for (std::size_t i = 0; i < report.links.size() && i < k_shown_links; ++i) {
    const auto& link = report.links[i];
    View row;
    row.set("stage", std::string(name_of(link.stage)));
    row.set("why", link.why);
    set_link_cell(row, link.url, link.text);
    row.set("people", t.number(link.human.people));
    row.set("people_times", t.number(link.human.events));
    row.set("unknown", t.number(link.unknown.people));
    row.set("machines", t.number(link.machine.events));
    row.set("mailing", link.mailing);
    if (context != nullptr) {
      set_retag(row, t, i, link.stage, report.mailings.at(link.of).id, link.url, back);
    }
    rows << row;
  }
  view.set("links", rows);
  view.set("several", several);
  view.set("some_links", !report.links.empty());
  view.set("may_tag", context != nullptr && context->may(Role::operations));
  view.set("link_columns", std::to_string(7 + (several ? 1 : 0)));
  if (context != nullptr && report.links.size() > k_shown_links) {
    view.set("more_links", t.with("more_links", {t.number(report.links.size())}));
    view.set("more_href", context->link("/links", {{"campaign", report.mailings.front().id}}));
  }
}

} // namespace

void set_link_cell(View& row, const std::string& url, const std::string& text) {
  const auto follows = url.starts_with("https://") || url.starts_with("http://");
  auto shorter = std::string_view(url);
  shorter.remove_prefix(follows ? url.find("//") + 2 : 0);
  row.set("url", printable(url, 2000));
  row.set("short", shortened(shorter, k_link_columns));
  row.set("href", follows ? url : std::string());
  row.set("text", shortened(text, k_link_columns));
}

void set_retag(View& row, const Words& t, std::size_t number, Stage stage,
               const std::string& campaign, const std::string& url, const std::string& back) {
  row.set("number", std::to_string(number));
  row.set("campaign", campaign);
  row.set("back", back);
  row.set("set_stage_of", t.with("set_stage_of", {shortened(url, k_link_columns)}));
  auto stages = list_of();
  const auto add = [&](const std::string& value, const std::string& name, bool here) {
    View one;
    one.set("value", value);
    one.set("name", name);
    one.set("here", here);
    stages << one;
  };
  if (stage == Stage::untagged) {
    add("auto", std::string(name_of(stage)), true);
  }
  for (const auto one : {Stage::tofu, Stage::mofu, Stage::bofu, Stage::none}) {
    add(std::string(name_of(one)), std::string(name_of(one)), stage == one);
  }
  if (stage != Stage::untagged) {
    add("auto", t["by_the_evidence"], false);
  }
  row.set("stages", stages);
}

void set_stage_bar(View& row, const Words& t, const std::array<std::uint64_t, 5>& by_stage) {
  std::vector<std::pair<std::string, double>> parts;
  std::string says;
  double whole = 0;
  for (const auto stage : k_listed_stages) {
    const auto clicks = number_of(by_stage, stage);
    if (clicks != 0) {
      parts.emplace_back(name_of(stage), static_cast<double>(clicks));
      whole += static_cast<double>(clicks);
      says += (says.empty() ? "" : ", ") + std::string(name_of(stage)) + " " + t.number(clicks);
    }
  }
  row.set("bar", says.empty() ? std::string() : stacked_bar(parts, whole));
  row.set("bar_says", says);
}

std::vector<ReconciledMailing> totals_of(Store& store, const Workspace& workspace,
                                         const CampaignReport& report) {
  std::vector<ReconciledMailing> out;
  for (const auto& mailing : report.mailings) {
    const auto told = reconcile(store, workspace, mailing.id);
    if (told && !mailing.id.empty()) {
      std::copy_if(told->begin(), told->end(), std::back_inserter(out),
                   [&](const auto& one) { return one.account == mailing.account; });
    }
  }
  return out;
}

std::string report_title(const CampaignReport& report) {
  return printable(report.mailings.front().title);
}

std::string report_line(const Words& t, const CampaignReport& report) {
  const auto& one = report.mailings.front();
  std::string out;
  const auto add = [&out](const std::string& text) { out += (out.empty() ? "" : " · ") + text; };
  if (!one.subject.empty() && one.subject != one.title) {
    add(t["subject"] + ": " + printable(one.subject));
  }
  add(one.account);
  if (one.sent_at != 0) {
    add(t["sent_on"] + " " + t.time(one.sent_at));
  }
  add(t.with("as_of", {t.time(report.as_of)}));
  return out;
}

View report_view(const Words& t, const CampaignReport& report,
                 const std::vector<ReconciledMailing>& totals, const PageContext* context) {
  View view;
  view.set("figures", figures_view(t, report.together));
  view.set("untold", std::any_of(report.mailings.begin(), report.mailings.end(),
                                 [](const auto& one) { return !one.figures.told; }));
  set_family(view, t, report, context);
  set_balance(view, t, report);
  set_moves(view, t, report);
  set_measured(view, t, report.measured);
  set_happened(view, t, report.together);
  set_hours(view, t, report);
  set_read_by(view, t, report);
  set_totals(view, t, totals);
  set_links(view, t, report, context);
  return view;
}

} // namespace mailfunnel
