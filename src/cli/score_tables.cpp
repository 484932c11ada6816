#include "score_tables.hpp"

#include "app/person_json.hpp"
#include "base/text.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mailfunnel::cli {

namespace {

char grade_letter(std::size_t grade) {
  return static_cast<char>('A' + grade);
}

std::string bold(std::string_view text, bool color) {
  return color ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
}

std::string matrix_text(const ScoreSummary& s, const Rules& rules, bool color) {
  std::vector<std::string> head{"engagement"};
  for (std::size_t grade = 0; grade < rules.levels.grades(); ++grade) {
    head.push_back(fmt::format("fit {}>", grade_letter(grade)));
  }
  head.emplace_back("all>");
  Table table(head);
  for (std::size_t level = 0; level < s.matrix.size(); ++level) {
    const auto& cuts = rules.levels.engagement;
    const auto name = level == 0 ? fmt::format("1  above {}", format_points(cuts[0]))
                      : level < cuts.size()
                          ? fmt::format("{}  {} to {}", level + 1, format_points(cuts[level]),
                                        format_points(cuts[level - 1]))
                          : fmt::format("{}  below {}", level + 1, format_points(cuts.back()));
    std::vector<std::string> row{name};
    std::uint64_t all = 0;
    for (const auto count : s.matrix[level]) {
      row.push_back(grouped(count));
      all += count;
    }
    row.push_back(grouped(all));
    table.add(row);
  }
  return table.text(color);
}

std::string histogram_text(const ScoreSummary& s) {
  const auto buckets = buckets_of(s.histogram);
  std::uint64_t top = 0;
  for (const auto& [bucket, count] : buckets) {
    top = std::max(top, count);
  }
  Table table({"score>", "people>", ""});
  for (auto bucket = buckets.empty() ? std::int64_t{0} : buckets.begin()->first;
       !buckets.empty() && bucket <= buckets.rbegin()->first; bucket += k_score_bucket) {
    const auto found = buckets.find(bucket);
    const auto count = found == buckets.end() ? std::uint64_t{0} : found->second;
    table.add({bucket_label(bucket), grouped(count),
               bar(static_cast<double>(count), static_cast<double>(top), 40)});
  }
  return table.text();
}

} // namespace

std::map<std::int64_t, std::uint64_t>
buckets_of(const std::map<std::int64_t, std::uint64_t>& histogram) {
  std::map<std::int64_t, std::uint64_t> buckets;
  for (const auto& [points, count] : histogram) {
    const auto clipped = std::clamp(points, k_lowest_bucket, k_highest_bucket);
    const auto bucket = clipped >= 0
                            ? clipped / k_score_bucket * k_score_bucket
                            : -((-clipped + k_score_bucket - 1) / k_score_bucket) * k_score_bucket;
    buckets[bucket] += count;
  }
  return buckets;
}

std::string bucket_label(std::int64_t bucket) {
  return bucket >= k_highest_bucket  ? fmt::format("{}+", k_highest_bucket)
         : bucket <= k_lowest_bucket ? fmt::format("to {}", k_lowest_bucket + k_score_bucket - 1)
                                     : fmt::format("{} to {}", bucket, bucket + k_score_bucket - 1);
}

std::string score_text(const ScoreSummary& s, const Rules& rules, bool color) {
  const auto all = static_cast<double>(s.recipients);
  std::string out =
      bold(fmt::format("{} people, as of {}", grouped(s.recipients), format_time(s.as_of)), color) +
      "\n\n";
  Table statuses({"status", "people>", "share>", ""});
  for (auto i = s.statuses.size(); i-- > 0;) {
    const auto count = static_cast<double>(s.by_status[i]);
    statuses.add(
        {s.statuses[i], grouped(s.by_status[i]), percent(count, all), bar(count, all, 30)});
  }
  out += statuses.text(color) + "\n" + matrix_text(s, rules, color) + "\n" + histogram_text(s);
  out += fmt::format("\nsuppressed {} ({}), fit unknown {} ({})", grouped(s.suppressed),
                     percent(static_cast<double>(s.suppressed), all), grouped(s.unknown_fit),
                     percent(static_cast<double>(s.unknown_fit), all));
  if (s.disagreeing != 0) {
    out += fmt::format(", status by the scale differs for {} ({})", grouped(s.disagreeing),
                       percent(static_cast<double>(s.disagreeing), all));
  }
  return out + "\n";
}

std::string explain_text(const Explanation& e, const Rules& rules, bool color) {
  std::string out = bold(e.address, color) + fmt::format("  as of {}\n\n", format_time(e.as_of));
  const auto grade = fmt::format("{}{}", grade_letter(e.grade), e.fit_known ? "" : "?");
  out += fmt::format(
      "status {}  {}   engagement {} (level {}), fit {} (grade {}), scale {} of 100\n",
      bold(e.status, color),
      e.override_rule.empty()
          ? fmt::format("by {}",
                        rules.status.model == StatusModel::matrix
                            ? fmt::format("matrix cell {}{}", grade_letter(e.grade), e.level)
                        : rules.status.model == StatusModel::scale ? "the scale"
                                                                   : "the rules")
          : fmt::format("by override \"{}\"", e.override_rule),
      format_points(e.score), e.level, format_points(e.fit), grade, format_points(e.scale));
  if (e.scale_status != e.status && rules.status.model == StatusModel::matrix) {
    out += fmt::format("by the scale the status would be {}\n", e.scale_status);
  }
  if (e.suppressed != 0) {
    out += fmt::format("suppressed: {}; in no mailing, whatever the status\n",
                       suppression_words(e.suppressed));
  }
  out += "\n";
  Table lines({"when (UTC)", "points>", "rule", "mailing", "link or note"});
  Points sum = 0;
  for (const auto& line : e.ledger.lines) {
    const auto* campaign = e.world->find(line.campaign);
    std::string what = line.note;
    if (line.link != 0 && campaign != nullptr) {
      if (const auto link = campaign->links.find(line.link); link != campaign->links.end()) {
        what = shortened(link->second.url, 56) + (line.note.empty() ? "" : "  (" + line.note + ")");
      }
    }
    auto when = format_time(line.time);
    when[10] = ' ';
    when.pop_back();
    lines.add({when, line.points == 0 ? "0" : format_signed_points(line.points), line.rule,
               campaign != nullptr ? shortened(campaign->title(), 30) : "", what});
    sum += line.points;
  }
  lines.add({"", "", "", "", ""});
  lines.add({"engagement", format_points(sum), "", "", ""});
  out += lines.text(color) + "\n";
  if (!e.ledger.fit.empty() || !e.attributes.empty()) {
    Table fit({"fit", "points>", "rule", "value"});
    Points total = 0;
    for (const auto& line : e.ledger.fit) {
      fit.add({line.attribute, format_signed_points(line.points), line.rule,
               shortened(line.value, 50)});
      total += line.points;
    }
    fit.add({"fit", format_points(total), "", ""});
    out += fit.text(color);
    std::string rest;
    for (const auto& [name, value] : e.attributes) {
      const auto used =
          std::any_of(e.ledger.fit.begin(), e.ledger.fit.end(),
                      [name = name](const auto& line) { return line.attribute == name; });
      rest += used ? ""
                   : fmt::format("{}{} = {}", rest.empty() ? "" : ", ", name, shortened(value, 40));
    }
    out += rest.empty() ? "" : "no rule speaks of: " + rest + "\n";
  } else {
    out += "fit: nothing is known (`mailfunnel recipients import`)\n";
  }
  return out;
}

std::string events_text(const std::vector<PersonEvent>& events, const World& world, bool color) {
  Table table({"when (UTC)", "event", "verdict", "mailing", "link", "evidence"});
  for (const auto& event : events) {
    const auto* campaign = world.find(event.campaign);
    std::string link;
    if (campaign != nullptr) {
      if (const auto found = campaign->links.find(event.row.link); found != campaign->links.end()) {
        link = fmt::format("{} {}", name_of(found->second.tag.stage),
                           shortened(found->second.url, 56));
      }
    }
    auto when = format_time(event.row.time);
    when[10] = ' ';
    when.pop_back();
    const bool judged = event.kind == EventKind::open || event.kind == EventKind::click ||
                        event.kind == EventKind::page;
    table.add({when, std::string(name_of(event.kind)),
               judged ? std::string(name_of(event.judged.verdict)) : "",
               campaign != nullptr ? shortened(campaign->title(), 30) : "", link,
               evidence_words(event)});
  }
  return table.text(color);
}

} // namespace mailfunnel::cli
