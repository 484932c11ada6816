// What the list looks like, what came and went lately, and what wants a look.

#include "app/campaign_list.hpp"
#include "app/history.hpp"
#include "app/push_journal.hpp"
#include "app/score_run.hpp"
#include "app/segment_export.hpp"
#include "app/store_status.hpp"
#include "base/text.hpp"
#include "store/catalog.hpp"
#include "store/job_log.hpp"
#include "web/pages/chart.hpp"
#include "web/pages/handlers.hpp"
#include "web/pages/score_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <tuple>

namespace mailfunnel {

namespace {

constexpr std::size_t k_lately = 8;
constexpr Seconds k_month = 30 * k_day, k_year = 360 * k_day;
constexpr Seconds k_stale = 2 * k_day; // an account that told nothing since
constexpr Seconds k_recent = 7 * k_day;
constexpr std::size_t k_most_files = 10'000; // of a folder that are looked through

/// A line of what wants a look, and where to look.
View wanting(std::string kind, std::string text, std::string href = {}, std::string link = {}) {
  View out;
  out.set("kind", std::move(kind));
  out.set("text", std::move(text));
  if (!href.empty()) {
    out.set("href", std::move(href));
    out.set("link", std::move(link));
  }
  return out;
}

/// Is it pulled, or does it send webhooks? Of one that comes by files nothing is expected.
bool tells_by_itself(const PageContext& context, const AccountStatus& account) {
  const auto* config = context.workspace.config.account(account.name);
  return config != nullptr && !config->archived &&
         !(config->keys.empty() && config->hook_keys.empty());
}

/// Records that could not be used: in files of the workspace, each with its reason.
void add_rejects(View& out, const PageContext& context) {
  const auto since = format_date(context.now - k_recent);
  std::vector<std::string> names;
  std::error_code failed;
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(context.workspace.folder, failed)) {
    if (++seen > k_most_files) {
      break;
    }
    const auto name = entry.path().filename().string();
    constexpr std::string_view k_begin = "rejects-", k_end = ".ndjson";
    if (name.starts_with(k_begin) && name.ends_with(k_end) &&
        name.substr(k_begin.size(), 8) >= replace_all(since, "-", "")) {
      names.push_back(name);
    }
  }
  if (!names.empty()) {
    std::sort(names.rbegin(), names.rend());
    out << wanting("warn", context.t.with("attention_rejects",
                                          {context.t.number(names.size()), names.front()}));
  }
}

/// Times of which nobody received webhooks, for longer than platforms try again.
void add_gaps(View& out, const PageContext& context, Store& store) {
  Catalog catalog(store.database());
  auto spans = catalog.coverage();
  std::erase_if(spans, [&](const Coverage& span) {
    return span.source != "webhook" || span.ends < context.now - k_month;
  });
  std::sort(spans.begin(), spans.end(), [](const Coverage& a, const Coverage& b) {
    return std::tie(a.account, a.starts) < std::tie(b.account, b.starts);
  });
  for (std::size_t i = 1; i < spans.size(); ++i) {
    const auto &before = spans[i - 1], &after = spans[i];
    if (before.account == after.account && after.starts > before.ends) {
      for (const auto& account : catalog.accounts()) {
        if (account.id == after.account) {
          out << wanting("warn",
                         context.t.with("attention_gap", {account.name, context.t.time(before.ends),
                                                          context.t.time(after.starts)}));
        }
      }
    }
  }
}

View attention(const PageContext& context, Store& store, const StoreStatus& status,
               const ScoreSummary& summary) {
  const auto& t = context.t;
  auto out = list_of();
  const auto world =
      build_world(store, context.workspace, context.workspace.config.rules, context.now);
  std::uint64_t untagged = 0, clicks = 0;
  for (const auto& line :
       link_lines(store, world, context.workspace.config.rules.robots, context.now, "")) {
    if (line.link->tag.stage == Stage::untagged && line.clicks != 0) {
      ++untagged;
      clicks += line.clicks;
    }
  }
  if (untagged != 0) {
    out << wanting("warn", t.with("attention_untagged", {t.number(untagged), t.number(clicks)}),
                   context.link("/links", {{"untagged", "true"}}), t["look"]);
  }
  for (const auto& run : JobLog(store.database()).newest("", k_lately)) {
    if (run.outcome == "failed" && context.now - run.started < k_recent) {
      out << wanting("bad", t.with("attention_job", {run.job, t.time(run.started)}),
                     context.link(fmt::format("/tasks/{}", run.id)), t["look"]);
    }
  }
  for (const auto& run : PushJournal(store).runs()) {
    if (run.state == "stopped" && context.now - run.created < k_recent) {
      out << wanting(
          "bad", t.with("attention_push", {run.segment, where_of(run.target), t.time(run.created)}),
          context.link("/plans"), t["look"]);
    }
  }
  for (const auto& account : status.accounts) {
    if (account.to && context.now - *account.to > k_stale && tells_by_itself(context, account)) {
      out << wanting("warn", t.with("attention_stale", {account.name, t.date(*account.to)}));
    }
  }
  add_gaps(out, context, store);
  add_rejects(out, context);
  for (const auto& warning : summary.warnings) {
    out << wanting("warn", warning, context.link("/rules"), t["rules"]);
  }
  if (summary.disagreeing != 0) {
    out << wanting("", t.with("attention_disagree", {t.number(summary.disagreeing)}));
  }
  if (status.inbox != 0) {
    out << wanting("", t.with("attention_inbox", {t.number(status.inbox)}));
  }
  return out;
}

} // namespace

HttpResponse overview_page(const PageContext& context) {
  const auto& t = context.t;
  const auto& rules = context.workspace.config.rules;
  auto store = context.folded();
  const auto as_of = segments_moment(store, context.workspace, context.now);
  const auto summary = summary_at(context, store, as_of);
  const auto status = status_of(store);
  View view;
  view.set("as_of", t.with("as_of", {t.time(as_of)}));
  view.set("people", t.number(summary.recipients));
  view.set("suppressed", t.number(summary.suppressed));
  view.set("suppressed_share", t.share(summary.suppressed, summary.recipients));
  auto statuses = list_of();
  for (auto i = summary.statuses.size(); i-- > 0;) {
    View one;
    one.set("name", summary.statuses[i]);
    one.set("count", t.number(summary.by_status[i]));
    one.set("share", t.share(summary.by_status[i], summary.recipients));
    statuses << one;
  }
  view.set("statuses", statuses);
  set_matrix(view, t, summary, rules, &context);
  set_histogram(view, t, summary, rules);
  const auto wants = attention(context, store, status, summary);
  view.set("attention", wants);
  view.set("calm", wants.is_empty_list());

  auto accounts = list_of();
  for (const auto& account : status.accounts) {
    View one;
    one.set("name", account.name);
    one.set("platform", account.adapter);
    one.set("mailings", t.number(account.mailings));
    one.set("events", t.number(account.events));
    one.set("covered", account.from && account.to
                           ? t.date(*account.from) + " – " + t.date(*account.to)
                           : std::string());
    accounts << one;
  }
  view.set("accounts", accounts);

  auto jobs = list_of();
  for (const auto& run : JobLog(store.database()).newest("", k_lately)) {
    View one;
    one.set("started", t.time(run.started));
    one.set("job", run.job);
    one.set("outcome", run.outcome);
    jobs << one;
  }
  view.set("some_jobs", !jobs.is_empty_list());
  view.set("no_jobs", jobs.is_empty_list());
  view.set("jobs", jobs);

  auto pushes = list_of();
  const auto runs = PushJournal(store).runs();
  for (std::size_t i = 0; i < runs.size() && i < k_lately; ++i) {
    const auto& run = runs[i];
    View one;
    one.set("at", t.time(run.created));
    one.set("segment", run.segment);
    one.set("target", where_of(run.target));
    one.set("added", t.number(run.added));
    one.set("removed", t.number(run.removed));
    one.set("refused", t.number(run.refused));
    one.set("outcome", run.state);
    pushes << one;
  }
  view.set("some_pushes", !runs.empty());
  view.set("no_pushes", runs.empty());
  view.set("pushes", pushes);
  return show_page(context, "overview", view, t["overview"]);
}

/// The last year, a moment a month: everybody is scored for each, so it is asked for apart and
/// kept.
HttpResponse overview_history(const PageContext& context) {
  const auto& t = context.t;
  auto store = context.folded();
  const auto& rules = context.workspace.config.rules;
  const auto to = segments_moment(store, context.workspace, context.now);
  const auto key = fmt::format("history {} {} {} {}", store.changes(), rules.fingerprint, to,
                               code_of(t.language()));
  auto html = context.cache.find(key);
  if (!html) {
    const auto history = list_history(
        store, context.workspace, rules, value_of(moments_of(to - k_year, to, k_month)),
        [](std::size_t, std::size_t) {}, [] { return false; });
    View view;
    std::vector<std::string> places;
    std::vector<ChartSeries> series;
    auto legend = list_of(), rows = list_of();
    for (std::size_t s = 1; s < history.statuses.size();
         ++s) { // all but the coldest, which is nearly everybody
      series.push_back({history.statuses[s], status_css(s, history.statuses.size()), {}});
      View one;
      one.set("name", history.statuses[s]);
      one.set("css", series.back().css);
      legend << one;
    }
    for (const auto& moment : history.moments) {
      places.push_back(t.date(moment.as_of));
      View row;
      row.set("date", places.back());
      auto counts = list_of();
      for (std::size_t s = 1; s < history.statuses.size(); ++s) {
        series[s - 1].values.push_back(static_cast<double>(moment.by_status[s]));
        counts << View(t.number(moment.by_status[s]));
      }
      row.set("counts", counts);
      rows << row;
    }
    view.set("chart", line_chart(places, series));
    view.set("series", legend);
    view.set("moments", rows);
    html = render("overview_history", view, t);
    context.cache.keep(key, *html);
  }
  View view;
  view.set("html", *html);
  return show_part_or_page(context, "ready", view, t["statuses_over_time"]);
}

} // namespace mailfunnel
