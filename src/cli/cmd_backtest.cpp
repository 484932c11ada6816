// backtest

#include "app/backtest.hpp"
#include "base/json.hpp"
#include "base/source.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>

namespace mailfunnel::cli {

namespace {

constexpr std::size_t k_shown_problems = 5;

std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string rankings_text(const Backtest& b, bool color) {
  Table table({"ranked by", "AUC>", "95 %", "hottest tenth>", "lift by tenth, hottest first"});
  for (const auto& ranking : b.rankings) {
    std::string bars;
    const auto top = std::max(1.0, *std::max_element(ranking.lift.begin(), ranking.lift.end()));
    for (const auto lift : ranking.lift) {
      constexpr const char* k_steps[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
      bars += k_steps[static_cast<std::size_t>(std::lround(lift / top * 8))];
    }
    table.add({ranking.name, fmt::format("{:.3f}", ranking.auc),
               fmt::format("{:.3f} to {:.3f}", ranking.low, ranking.high),
               fmt::format("{:.1f} times", ranking.lift.front()), bars});
  }
  return table.text(color);
}

std::string cuts_text(const Backtest& b, bool color) {
  Table table({"who is taken", "people>", "converted>", "precision>", "recall>"});
  const auto add = [&](const Cut& cut) {
    table.add({cut.name, grouped(cut.people), grouped(cut.converted),
               percent(static_cast<double>(cut.converted), static_cast<double>(cut.people)),
               percent(static_cast<double>(cut.converted), static_cast<double>(b.converted))});
  };
  for (const auto& cut : b.cuts) {
    add(cut);
  }
  auto best = b.at_best;
  best.name += " (best F1)";
  add(best);
  return table.text(color);
}

std::string odds_text(const Backtest& b, bool color) {
  Table table(
      {"rule", "points>", "with it>", "convert>", "without>", "convert>", "odds>", "95 %", ""});
  const auto rate = [](std::uint64_t converted, std::uint64_t people) {
    return people == 0 ? "-" : percent(static_cast<double>(converted), static_cast<double>(people));
  };
  for (const auto& rule : b.odds) {
    const auto [low, high] = rule.interval();
    table.add({rule.rule, rule.points == 0 ? "0" : format_signed_points(rule.points),
               grouped(rule.with), rate(rule.with_converted, rule.with), grouped(rule.without),
               rate(rule.without_converted, rule.without),
               rule.known() ? fmt::format("{:.1f}", rule.odds()) : "-",
               rule.known() ? fmt::format("{:.1f} to {:.1f}", low, high) : "",
               rule.contradicts() ? "the points say the opposite" : ""});
  }
  return table.text(color);
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped(count), count == 1 ? one : many);
}

std::string backtest_text(const Backtest& b, bool color) {
  auto out = fmt::format("scored on {}, {} to {}: {}, {} afterwards, of {}\n",
                         counted(b.dates.size(), "day", "days"), format_date(b.dates.front()),
                         format_date(b.dates.back()),
                         counted(b.observations, "observation", "observations"),
                         counted(b.converted, "conversion", "conversions"),
                         counted(b.people_converted, "person", "people"));
  if (b.unknown != 0) {
    out += counted(b.unknown, "conversion is", "conversions are") + " of nobody known here\n";
  }
  if (b.too_few()) {
    out += fmt::format("\n{} people who converted are too few to say anything (at least {}): what "
                       "follows is mostly chance\n",
                       b.people_converted, Backtest::k_few);
  }
  out += "\n" + rankings_text(b, color) + "\n" + cuts_text(b, color);
  out += fmt::format("the best score lies between {} and {}, for 95 % of resampled people\n\n",
                     format_points(b.best_low), format_points(b.best_high));
  return out + odds_text(b, color);
}

std::string backtest_json(const Backtest& b) {
  auto out = fmt::format(
      "{{\"result\":\"backtest\",\"dates\":{},\"observations\":{},\"converted\":{},"
      "\"people_converted\":{},\"unknown\":{},\"too_few\":{},\"rankings\":[",
      b.dates.size(), b.observations, b.converted, b.people_converted, b.unknown, b.too_few());
  for (std::size_t i = 0; i < b.rankings.size(); ++i) {
    const auto& r = b.rankings[i];
    out += fmt::format(
        "{}{{\"by\":{},\"auc\":{:.4f},\"low\":{:.4f},\"high\":{:.4f},\"lift\":[{:.3f}]}}",
        i == 0 ? "" : ",", json_text(r.name), r.auc, r.low, r.high, fmt::join(r.lift, ","));
  }
  out += "],\"cuts\":[";
  auto cuts = b.cuts;
  cuts.push_back(b.at_best);
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    out += fmt::format("{}{{\"cut\":{},\"people\":{},\"converted\":{},\"precision\":{:.4f},"
                       "\"recall\":{:.4f}}}",
                       i == 0 ? "" : ",", json_text(cuts[i].name), cuts[i].people,
                       cuts[i].converted, share(cuts[i].converted, cuts[i].people),
                       share(cuts[i].converted, b.converted));
  }
  out += fmt::format("],\"best_score\":{},\"best_low\":{},\"best_high\":{},\"rules\":[",
                     format_points(b.best), format_points(b.best_low), format_points(b.best_high));
  for (std::size_t i = 0; i < b.odds.size(); ++i) {
    const auto& o = b.odds[i];
    out += fmt::format("{}{{\"rule\":{},\"points\":{},\"with\":{},\"with_converted\":{},"
                       "\"without\":{},\"without_converted\":{},\"odds\":{:.3f},\"low\":{:.3f},"
                       "\"high\":{:.3f}}}",
                       i == 0 ? "" : ",", json_text(o.rule), format_points(o.points), o.with,
                       o.with_converted, o.without, o.without_converted, o.odds(),
                       o.interval().first, o.interval().second);
  }
  return out + "]}\n";
}

Seconds days_of(const Invocation& call, const char* option, Seconds otherwise) {
  const auto text = call.text(option);
  if (text.empty()) {
    return otherwise;
  }
  const auto length = parse_duration(text);
  if (!length || *length < 0 || *length > 3650 * k_day) {
    wrong_usage(fmt::format("--{} wants a time such as 90d or 3mo, not \"{}\"", option, text));
  }
  return *length;
}

std::optional<Seconds> date_of(const Invocation& call, const char* option) {
  const auto text = call.text(option);
  if (text.empty()) {
    return std::nullopt;
  }
  const auto time = parse_time(text);
  if (!time) {
    wrong_usage(fmt::format("--{} wants a date such as 2026-01-01, not \"{}\"", option, text));
  }
  return time->seconds;
}

int run_backtest(const Invocation& call) {
  const auto file = call.text("conversions");
  if (file.empty()) {
    wrong_usage(
        "`mailfunnel backtest --conversions FILE` wants a CSV with the columns email and time");
  }
  const auto workspace = call.workspace();
  const auto bytes = read_file(file);
  if (!bytes) {
    throw Failure(bytes.error());
  }
  auto read = read_conversions(*bytes, workspace.config.report_zone);
  if (!read) {
    auto error = read.error();
    error.source = file;
    throw Failure(std::move(error));
  }
  for (std::size_t i = 0; i < std::min(read->problems.size(), k_shown_problems); ++i) {
    std::cerr << file << ": " << read->problems[i] << '\n';
  }
  if (read->problems.size() > k_shown_problems) {
    std::cerr << fmt::format("{}: {} more lines can't be used\n", file,
                             read->problems.size() - k_shown_problems);
  }
  BacktestRequest request;
  request.conversions = std::move(read->conversions);
  request.window = days_of(call, "window", request.window);
  request.gap = days_of(call, "gap", request.gap);
  request.score_attribute = call.text("score-attribute");
  request.from = date_of(call, "from");
  request.to = date_of(call, "to");
  if (request.window < k_day) {
    wrong_usage("--window is at least a day");
  }
  auto store = call.open_writing(workspace);
  const auto result = backtest(store, workspace, rules_of(call, workspace), request);
  if (!result) {
    throw Failure(result.error());
  }
  std::cout << (call.json ? backtest_json(*result) : backtest_text(*result, call.color));
  return read->problems.empty() ? k_done : k_partly;
}

} // namespace

Command backtest_command() {
  return {
      "backtest",
      "--conversions FILE",
      "how well the rules would have ranked those who converted: everybody scored on the first of "
      "each month with what was known then",
      "  mailfunnel backtest --conversions orders.csv      # columns email (or domain) and time\n"
      "  mailfunnel backtest --conversions orders.csv --rules other.toml --window 60d",
      [](auto& options) {
        options.add_options()("conversions", text("FILE"),
                              "CSV of who converted when: email or a company's domain, time")(
            "rules", text("FILE"), "with other rules")(
            "window", text("T"), "how long afterwards a conversion counts; default: 90d")(
            "gap", text("T"), "not counted just after the date; default: none")(
            "score-attribute", text("NAME"),
            "an attribute that holds somebody else's score, to stand beside ours")(
            "from", text("DATE"), "no date before it; default: four weeks after the first event")(
            "to", text("DATE"), "nothing after it; default: the newest event or conversion");
      },
      run_backtest};
}

} // namespace mailfunnel::cli
