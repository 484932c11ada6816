#include "run_tables.hpp"

#include "app/score_changes.hpp"
#include "base/text.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace mailfunnel::cli {

namespace {

std::string signed_or_none(Points points) {
  return points == 0 ? "" : format_signed_points(points);
}

std::string cell_of(std::uint8_t grade, std::uint8_t level) {
  return fmt::format("{}{}", static_cast<char>('A' + grade), level);
}

std::string about(const Contribution& line, const Explanation& e) {
  auto out = format_date(line.time) + " " + line.rule;
  if (const auto* campaign = e.world->find(line.campaign)) {
    const auto link = campaign->links.find(line.link);
    out += ", " + (link == campaign->links.end() ? shortened(campaign->title(), 40)
                                                 : shortened(link->second.url, 56));
  }
  return out;
}

std::string words_of(const ScoreChange& one, const Explanation& before, const Explanation& after) {
  if (one.before == nullptr) {
    return about(*one.after, after);
  }
  if (one.after == nullptr) {
    return about(*one.before, before) + ": no points any more";
  }
  auto out = about(*one.after, after);
  if (one.before->rule != one.after->rule) {
    out += fmt::format(" (was {})", one.before->rule);
  }
  return out + (one.after->note.empty() ? "" : "; " + one.after->note);
}

constexpr std::size_t k_shown = 12;

/// One step from then to now.
class Steps {
public:
  explicit Steps(bool color) : m_color(color) {}

  void start(std::string name, Points score, std::string status) {
    m_table.add({std::move(name), "", format_points(score), status, ""});
    m_status = std::move(status);
  }
  void add(std::string name, Points points, Points score, const std::string& status,
           std::string what) {
    m_table.add({std::move(name), points == 0 ? "-" : format_signed_points(points),
                 format_points(score), status, std::move(what)});
    m_status = status;
  }
  void detail(Points points, std::string what) {
    m_table.add({"", signed_or_none(points), "", "", std::move(what)});
  }
  std::string text() const { return m_table.text(m_color); }

private:
  bool m_color;
  std::string m_status;
  Table m_table{{"", "points>", "score>", "status", "what"}};
};

void add_changes(Steps& steps, std::string name, const Explanation& before,
                 const Explanation& after, std::string what) {
  const auto changes = changes_of(before, after);
  const bool any = !changes.empty() || before.score != after.score ||
                   before.status != after.status || before.fit != after.fit;
  if (before.fit != after.fit) {
    what += fmt::format("{}fit {} instead of {}", what.empty() ? "" : "; ",
                        format_points(after.fit), format_points(before.fit));
  }
  steps.add(std::move(name), after.score - before.score, after.score, after.status,
            any ? std::move(what) : "no change");
  for (std::size_t i = 0; i < changes.size() && i < k_shown; ++i) {
    steps.detail(changes[i].points(), words_of(changes[i], before, after));
  }
  if (changes.size() > k_shown) {
    steps.detail(0, fmt::format("and {} more", changes.size() - k_shown));
  }
}

} // namespace

std::string runs_text(const std::vector<KeptRun>& runs, bool color) {
  Table table({"run>", "exported", "as of", "people>", "what left with it"});
  for (const auto& run : runs) {
    bool first = true;
    for (const auto& use : run.uses) {
      table.add({first ? std::to_string(run.id) : "", format_time(use.at),
                 first ? format_time(run.as_of) : "", first ? grouped(run.recipients) : "",
                 use.what});
      first = false;
    }
  }
  return table.text(color);
}

std::string comparison_text(const RunComparison& c, const Rules& rules, bool color) {
  std::string out = fmt::format("{}  run {}, as of {}, and {}\n\n", c.now.address, c.run.id,
                                format_time(c.run.as_of), format_time(c.now.as_of));
  Table both({"", "then", "now"});
  const auto phase = [](std::uint8_t one) {
    return one == 0 ? std::string("-") : std::string(name_of(static_cast<Stage>(one)));
  };
  const auto suppressed = [](std::uint8_t bits) {
    return bits == 0 ? std::string("no") : suppression_words(bits);
  };
  const auto row = [&](std::string name, std::string then, std::string now) {
    both.add({std::move(name), c.stored ? std::move(then) : "-", std::move(now)});
  };
  const auto s = c.stored.value_or(RunComparison::Stored{});
  row("status", s.status, c.now.status);
  row("engagement", format_points(s.score), format_points(c.now.score));
  row("fit", format_points(s.fit), format_points(c.now.fit));
  row("cell", cell_of(s.grade, s.level), cell_of(c.now.grade, c.now.level));
  row("phase", phase(s.phase), phase(c.now.phase));
  row("suppressed", suppressed(s.suppressed), suppressed(c.now.suppressed));
  out += both.text(color) + "\n";
  out += c.stored ? "then: " + (s.reasons.empty() ? "no reasons" : s.reasons) + "\n\n"
                  : "the person was not known when the run was made\n\n";

  Steps steps(color);
  steps.start("the run said", s.score, c.stored ? s.status : "-");
  const auto late = c.then.score - s.score;
  steps.add("came in later", late, c.then.score, c.then.status,
            late == 0 && c.then.status == s.status && c.then.fit == s.fit ? "no change"
            : c.run.version != k_scoring_version
                ? "events or attributes of before, or this version judges otherwise"
                : "events or attributes of before that were not here yet");
  add_changes(steps, "stages of links", c.then, c.retagged, "links are tagged otherwise now");
  add_changes(steps, "rules", c.retagged, c.ruled, "by today's rules");
  const auto passed = passed_of(c.ruled, c.now);
  steps.add("since then", passed.fresh_points, c.ruled.score + passed.fresh_points, "",
            passed.fresh.empty() ? "nothing new" : "new events");
  for (std::size_t i = 0; i < passed.fresh.size() && i < k_shown; ++i) {
    steps.detail(passed.fresh[i]->points, about(*passed.fresh[i], c.now));
  }
  if (passed.fresh.size() > k_shown) {
    steps.detail(0, fmt::format("and {} more", passed.fresh.size() - k_shown));
  }
  steps.add("older points", passed.older_points, c.now.score, c.now.status,
            passed.older_points == 0       ? "no change"
            : rules.scoring.half_life != 0 ? "they fade, reach caps, or were taken back"
                                           : "they reach caps or were taken back");
  return out + steps.text();
}

} // namespace mailfunnel::cli
