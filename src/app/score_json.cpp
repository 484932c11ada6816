#include "app/score_json.hpp"

#include "base/json_text.hpp"

#include <fmt/format.h>

namespace mailfunnel {

namespace {

char grade_letter(std::size_t grade) {
  return static_cast<char>('A' + grade);
}

} // namespace

std::string score_json(const ScoreSummary& s) {
  std::string out =
      fmt::format("{{\"result\":\"score\",\"as_of\":\"{}\",\"recipients\":{},\"suppressed\":{},"
                  "\"fit_unknown\":{},\"scale_differs\":{},\"statuses\":{{",
                  format_time(s.as_of), s.recipients, s.suppressed, s.unknown_fit, s.disagreeing);
  for (std::size_t i = 0; i < s.statuses.size(); ++i) {
    out += fmt::format("{}{}:{}", i == 0 ? "" : ",", json_text(s.statuses[i]), s.by_status[i]);
  }
  out += "},\"matrix\":{";
  for (std::size_t level = 0; level < s.matrix.size(); ++level) {
    for (std::size_t grade = 0; grade < s.matrix[level].size(); ++grade) {
      out += fmt::format("{}\"{}{}\":{}", level + grade == 0 ? "" : ",", grade_letter(grade),
                         level + 1, s.matrix[level][grade]);
    }
  }
  out += "},\"warnings\":[";
  for (std::size_t i = 0; i < s.warnings.size(); ++i) {
    out += (i == 0 ? "" : ",") + json_text(s.warnings[i]);
  }
  return out + "]}\n";
}

std::string simulation_json(const Simulation& s) {
  std::string out = fmt::format(
      "{{\"result\":\"simulation\",\"as_of\":\"{}\",\"recipients\":{},\"other_status\":{},"
      "\"other_score\":{},\"other_fit\":{},\"transitions\":[",
      format_time(s.before.as_of), s.before.recipients, s.other_status, s.other_score, s.other_fit);
  bool first = true;
  for (std::size_t a = 0; a < s.transitions.size(); ++a) {
    for (std::size_t b = 0; b < s.transitions[a].size(); ++b) {
      if (s.transitions[a][b] != 0) {
        out += fmt::format("{}{{\"from\":{},\"to\":{},\"people\":{}}}", first ? "" : ",",
                           json_text(s.before.statuses[a]), json_text(s.after.statuses[b]),
                           s.transitions[a][b]);
        first = false;
      }
    }
  }
  out += "],\"movers\":[";
  for (std::size_t i = 0; i < s.movers.size(); ++i) {
    const auto& m = s.movers[i];
    out += fmt::format("{}{{\"address\":{},\"status\":[{},{}],\"score\":[{},{}],\"fit\":[{},{}],"
                       "\"why\":{}}}",
                       i == 0 ? "" : ",", json_text(m.address), json_text(m.status_before),
                       json_text(m.status_after), format_points(m.before), format_points(m.after),
                       format_points(m.fit_before), format_points(m.fit_after), json_text(m.why));
  }
  out += "],\"never_matched\":[";
  for (std::size_t i = 0; i < s.never_matched.size(); ++i) {
    out += (i == 0 ? "" : ",") + json_text(s.never_matched[i]);
  }
  return out + "]}\n";
}

std::string runs_json(const std::vector<KeptRun>& runs) {
  std::string out;
  for (const auto& run : runs) {
    out += fmt::format("{{\"run\":{},\"created\":\"{}\",\"as_of\":\"{}\",\"people\":{},\"uses\":[",
                       run.id, format_time(run.created), format_time(run.as_of), run.recipients);
    for (std::size_t i = 0; i < run.uses.size(); ++i) {
      out += fmt::format("{}{{\"at\":\"{}\",\"what\":{}}}", i == 0 ? "" : ",",
                         format_time(run.uses[i].at), json_text(run.uses[i].what));
    }
    out += "]}\n";
  }
  return out;
}

} // namespace mailfunnel
