// history

#include "app/history.hpp"
#include "app/person_json.hpp"
#include "base/csv.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "noting.hpp"
#include "progress.hpp"
#include "store/catalog.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>

namespace mailfunnel::cli {

namespace {

constexpr std::size_t k_plot = 40; // columns
constexpr std::size_t k_reasons = 3;

std::string phase_text(const Explanation& e) {
  return e.phase == 0 ? "" : std::string(name_of(static_cast<Stage>(e.phase)));
}

/// What came between two moments: "+20 click.BOFU, -2 non_open (2)", most points first, and how
/// much older points lost or gained.
std::string came_since(const Explanation* before, const Explanation& now) {
  struct Sum {
    Points points = 0;
    std::size_t count = 0;
  };
  std::map<std::string_view, Sum> sums;
  Points fresh = 0;
  for (const auto& line : now.ledger.lines) {
    const bool since = before == nullptr || line.time > before->as_of;
    if (since && line.points != 0 && line.time <= now.as_of) {
      auto& sum = sums[line.rule];
      sum.points += line.points;
      ++sum.count;
      fresh += line.points;
    }
  }
  std::vector<std::pair<std::string_view, Sum>> sorted(sums.begin(), sums.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return std::abs(a.second.points) > std::abs(b.second.points);
  });
  std::string out;
  for (std::size_t i = 0; i < sorted.size() && i < k_reasons; ++i) {
    const auto& [rule, sum] = sorted[i];
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", format_signed_points(sum.points), rule);
    out += sum.count > 1 ? fmt::format(" ({})", sum.count) : "";
  }
  out += sorted.size() > k_reasons ? ", …" : "";
  if (before != nullptr && now.score - before->score != fresh) {
    out += fmt::format("{}{} older points", out.empty() ? "" : ", ",
                       format_signed_points(now.score - before->score - fresh));
  }
  return out;
}

// ---- one person
// --------------------------------------------------------------------------------------------------------

/// A score as a dot on a line from the lowest to the highest; zero and the cuts of levels are
/// marked.
class Plot {
public:
  Plot(const std::vector<Explanation>& moments, const Levels& levels) {
    for (const auto& one : moments) {
      m_low = std::min(m_low, one.score);
      m_high = std::max(m_high, one.score);
    }
    m_high = std::max(m_high, levels.engagement.front());
    m_marks.emplace_back(column(0), "│");
    for (const auto cut : levels.engagement) {
      m_marks.emplace_back(column(cut), "┊");
    }
  }
  std::string line(Points score) const {
    std::vector<std::string_view> cells(k_plot + 1, " ");
    for (const auto& [at, mark] : m_marks) {
      cells[at] = mark;
    }
    cells[column(score)] = "●";
    std::string out;
    for (const auto cell : cells) {
      out += cell;
    }
    return out;
  }

private:
  std::size_t column(Points score) const {
    const auto part = static_cast<double>(score - m_low) /
                      static_cast<double>(std::max<Points>(1, m_high - m_low));
    return static_cast<std::size_t>(std::lround(part * k_plot));
  }
  Points m_low = 0, m_high = 0;
  std::vector<std::pair<std::size_t, std::string_view>> m_marks;
};

std::string person_text(const std::vector<Explanation>& moments, const Rules& rules, bool color) {
  const Plot plot(moments, rules.levels);
  Table table({"as of", "score>", "fit>", "level", "status", "phase", "", "what came"});
  const Explanation* before = nullptr;
  for (const auto& one : moments) {
    table.add({format_date(one.as_of), format_points(one.score), format_points(one.fit),
               fmt::format("{}{}", grade_text(one), one.level),
               one.status + (one.suppressed != 0 ? ", suppressed" : ""), phase_text(one),
               plot.line(one.score), came_since(before, one)});
    before = &one;
  }
  std::string cuts;
  for (const auto cut : rules.levels.engagement) {
    cuts += (cuts.empty() ? "" : ", ") + format_points(cut);
  }
  return table.text(color) + "\nthe plot: │ is 0, ┊ the cuts of the levels (" + cuts + ")\n";
}

std::string person_csv(const std::vector<Explanation>& moments) {
  std::string out = "as_of,score,fit,scale,level,grade,status,phase,suppressed,came\n";
  const Explanation* before = nullptr;
  for (const auto& one : moments) {
    out +=
        fmt::format("{},{},{},{},{},{},", format_time(one.as_of), format_points(one.score),
                    format_points(one.fit), format_points(one.scale), one.level, grade_text(one));
    append_csv_field(out, one.status);
    out += ',' + phase_text(one) + ',';
    append_csv_field(out, suppression_words(one.suppressed));
    out += ',';
    append_csv_field(out, came_since(before, one));
    out += '\n';
    before = &one;
  }
  return out;
}

// ---- everybody
// ---------------------------------------------------------------------------------------------------------

std::string list_text(const ListHistory& history, bool color) {
  std::vector<std::string> head{"as of", "people>"};
  for (auto s = history.statuses.size(); s-- > 0;) {
    head.push_back(history.statuses[s] + ">");
  }
  head.insert(head.end(), {"suppressed>", "score: 10 % below>", "half>", "90 %>", ""});
  Table table(head);
  std::uint64_t top = 0;
  for (const auto& one : history.moments) {
    top = std::max(top, one.people);
  }
  for (const auto& one : history.moments) {
    std::vector<std::string> row{format_date(one.as_of), grouped(one.people)};
    for (auto s = history.statuses.size(); s-- > 0;) {
      row.push_back(grouped(one.by_status[s]));
    }
    row.insert(row.end(), {grouped(one.suppressed), format_points(one.tenth),
                           format_points(one.median), format_points(one.ninetieth),
                           bar(static_cast<double>(one.people), static_cast<double>(top), 20)});
    table.add(std::move(row));
  }
  return table.text(color) + "\npeople whom a mailing had reached by then\n";
}

std::string list_csv(const ListHistory& history) {
  std::string out = "as_of,people";
  for (const auto& status : history.statuses) {
    out += ',';
    append_csv_field(out, status);
  }
  out += ",suppressed,score_10,score_50,score_90\n";
  for (const auto& one : history.moments) {
    out += fmt::format("{},{}", format_time(one.as_of), one.people);
    for (const auto count : one.by_status) {
      out += fmt::format(",{}", count);
    }
    out += fmt::format(",{},{},{},{}\n", one.suppressed, format_points(one.tenth),
                       format_points(one.median), format_points(one.ninetieth));
  }
  return out;
}

std::string list_json(const ListHistory& history) {
  std::string out;
  for (const auto& one : history.moments) {
    out += fmt::format("{{\"as_of\":\"{}\",\"people\":{},\"statuses\":{{", format_time(one.as_of),
                       one.people);
    for (std::size_t s = 0; s < history.statuses.size(); ++s) {
      out += fmt::format("{}{}:{}", s == 0 ? "" : ",", json_text(history.statuses[s]),
                         one.by_status[s]);
    }
    out += fmt::format("}},\"suppressed\":{},\"score_10\":{},\"score_50\":{},\"score_90\":{}}}\n",
                       one.suppressed, format_points(one.tenth), format_points(one.median),
                       format_points(one.ninetieth));
  }
  return out;
}

// ---- the command
// -------------------------------------------------------------------------------------------------------

std::vector<Seconds> moments_for(const Invocation& call, Store& store, Seconds first,
                                 Seconds usual) {
  const auto moment = [&](const char* option) {
    const auto time = parse_as_of(store, call.text(option), call.now());
    if (!time) {
      throw Failure(time.error());
    }
    return *time;
  };
  const auto to = moment("to");
  const auto from = call.has("from") ? moment("from") : std::min(first, to);
  auto every = usual_step(from, to, usual);
  if (const auto text = call.text("every"); !text.empty()) {
    const auto given = parse_duration(text);
    if (!given || *given <= 0) {
      wrong_usage("--every wants a time such as 7d, 1mo or 12h, not \"" + text + "\"");
    }
    every = *given;
  }
  auto moments = moments_of(from, to, every);
  if (!moments) {
    throw Failure(moments.error());
  }
  return *moments;
}

int person_history(const Invocation& call, const Workspace& workspace, const std::string& who) {
  auto store = call.open_reading(workspace);
  const auto rules = rules_of(call, workspace);
  auto person = Person::find(store, who);
  if (!person) {
    throw Failure(person.error());
  }
  Noting noting(call, workspace, store, "history", who);
  Worlds worlds(store, workspace, rules);
  std::vector<Explanation> moments;
  for (const auto moment : moments_for(call, store, person->first_event(), 7 * k_day)) {
    moments.push_back(person->at(moment, rules, worlds.at(moment)));
  }
  const auto text = call.json          ? moments_json(moments)
                    : call.flag("csv") ? person_csv(moments)
                                       : person_text(moments, rules, call.color);
  noting.done();
  std::cout << text;
  return k_done;
}

int run_history(const Invocation& call) {
  const auto arguments = call.texts("arguments");
  if (arguments.size() > 1) {
    wrong_usage("`mailfunnel history` wants one address, or none for the whole list");
  }
  const auto workspace = call.workspace();
  if (!arguments.empty()) {
    return person_history(call, workspace, arguments.front());
  }
  auto store = call.open_writing(workspace);
  const auto rules = rules_of(call, workspace);
  Seconds first = INT64_MAX;
  for (const auto& campaign : Catalog(store.database()).campaigns()) {
    first = std::min(first, campaign.first_event.value_or(INT64_MAX));
  }
  if (first == INT64_MAX) {
    wrong_usage("there is no activity yet: `mailfunnel import` reads it");
  }
  const auto moments = moments_for(call, store, first, 30 * k_day);
  Progress progress(call);
  const auto history = list_history(
      store, workspace, rules, moments,
      [&](std::size_t done, std::size_t of) { progress.show("scoring", done, of); }, interrupted);
  progress.clear();
  std::cout << (call.json          ? list_json(history)
                : call.flag("csv") ? list_csv(history)
                                   : list_text(history, call.color));
  return history.moments.size() == moments.size() ? k_done : k_partly;
}

} // namespace

Command history_command() {
  return {"history",
          "[EMAIL]",
          "how a score came to be: one person at regular moments of the past, or the whole list",
          "  mailfunnel history ann@example.com --every 7d\n"
          "  mailfunnel history --every 30d --csv > statuses.csv",
          [](auto& options) {
            options.add_options()("every", text("TIME"),
                                  "between two moments; default 7d for a person, 30d for the list, "
                                  "or longer where that is more than 60")(
                "from", text("T"), "default: the first event")(
                "to", text("T"), "a date or time, or `latest`; default: now")(
                "rules", text("FILE"), "with other rules")("csv", flag(), "as CSV");
          },
          run_history};
}

} // namespace mailfunnel::cli
