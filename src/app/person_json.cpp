#include "app/person_json.hpp"

#include "base/json_text.hpp"

#include <fmt/format.h>

namespace mailfunnel {

std::string grade_text(const Explanation& e) {
  return fmt::format("{}{}", static_cast<char>('A' + e.grade), e.fit_known ? "" : "?");
}

std::string evidence_words(const PersonEvent& event) {
  if (is_bounce_like(event.kind)) {
    auto words = fmt::format("{} {}", name_of(bounce_class_of(event.row.evidence)),
                             name_of(bounce_reason_of(event.row.evidence)));
    return words + (event.row.extra != 0 ? " " + unpack_status(event.row.extra) : "");
  }
  std::string out;
  for (const auto& [bit, name] : k_evidence_names) {
    if ((event.row.evidence & bit) != 0 && bit != evidence::agent_seen) {
      out += (out.empty() ? "" : " ") + std::string(name);
    }
  }
  if (const auto timing = event.judged.signs & ~sign::record; timing != 0) {
    out += (out.empty() ? "" : "; ") + sign_words(static_cast<std::uint16_t>(timing));
  }
  return out;
}

namespace {

/// An object without its closing brace: what stands at the top of all.
std::string open_json(const Explanation& e) {
  return fmt::format(
      "{{\"address\":{},\"as_of\":\"{}\",\"score\":{},\"scale\":{},\"level\":{},\"fit\":{},"
      "\"grade\":\"{}\",\"status\":{},\"phase\":{},\"suppressed\":{},\"scale_status\":{},"
      "\"override\":{}",
      json_text(e.address), format_time(e.as_of), format_points(e.score), format_points(e.scale),
      e.level, format_points(e.fit), grade_text(e), json_text(e.status),
      e.phase == 0 ? "null" : json_text(name_of(static_cast<Stage>(e.phase))),
      json_text(suppression_words(e.suppressed)), json_text(e.scale_status),
      json_text(e.override_rule));
}

} // namespace

std::string person_json(const Explanation& e, const std::vector<std::string>& segments) {
  auto out = open_json(e) + ",\"attributes\":{";
  for (std::size_t i = 0; i < e.attributes.size(); ++i) {
    out += (i == 0 ? "" : ",") + json_text(e.attributes[i].first) + ":" +
           json_text(e.attributes[i].second);
  }
  out += "},\"segments\":[";
  for (std::size_t i = 0; i < segments.size(); ++i) {
    out += (i == 0 ? "" : ",") + json_text(segments[i]);
  }
  return out + "]}\n";
}

std::string explain_json(const Explanation& e) {
  auto out = open_json(e) + ",\"contributions\":[";
  bool first = true;
  for (const auto& line : e.ledger.lines) {
    const auto* campaign = e.world->find(line.campaign);
    out +=
        fmt::format("{}{{\"time\":\"{}\",\"kind\":\"{}\",\"rule\":{},\"points\":{},\"decayed\":{}",
                    first ? "" : ",", format_time(line.time), name_of(line.kind),
                    json_text(line.rule), format_points(line.given), format_points(line.points));
    first = false;
    if (campaign != nullptr) {
      out += ",\"campaign\":" + json_text(campaign->external_id);
      if (const auto link = campaign->links.find(line.link); link != campaign->links.end()) {
        out += ",\"link\":" + json_text(link->second.url) +
               ",\"stage\":" + json_text(name_of(line.stage));
      }
    }
    out += line.note.empty() ? "}" : ",\"note\":" + json_text(line.note) + "}";
  }
  out += "],\"fit_contributions\":[";
  first = true;
  for (const auto& line : e.ledger.fit) {
    out += fmt::format("{}{{\"attribute\":{},\"value\":{},\"rule\":{},\"points\":{}}}",
                       first ? "" : ",", json_text(line.attribute), json_text(line.value),
                       json_text(line.rule), format_points(line.points));
    first = false;
  }
  return out + "]}\n";
}

std::string events_json(const std::vector<PersonEvent>& events, const World& world) {
  std::string out;
  for (const auto& event : events) {
    const auto* campaign = world.find(event.campaign);
    out += fmt::format("{{\"time\":\"{}\",\"kind\":\"{}\"", format_time(event.row.time),
                       name_of(event.kind));
    if (campaign != nullptr) {
      out += fmt::format(",\"account\":{},\"campaign\":{}", json_text(campaign->account),
                         json_text(campaign->external_id));
      if (const auto link = campaign->links.find(event.row.link); link != campaign->links.end()) {
        out += fmt::format(",\"link\":{},\"stage\":\"{}\"", json_text(link->second.url),
                           name_of(link->second.tag.stage));
      }
    }
    out += fmt::format(",\"verdict\":\"{}\",\"evidence\":{}}}\n", name_of(event.judged.verdict),
                       json_text(evidence_words(event)));
  }
  return out;
}

std::string moments_json(const std::vector<Explanation>& moments) {
  std::string out;
  for (const auto& one : moments) {
    out += fmt::format("{{\"as_of\":\"{}\",\"score\":{},\"fit\":{},\"scale\":{},\"level\":{},"
                       "\"grade\":\"{}\",\"status\":{},\"phase\":{},\"suppressed\":{}}}\n",
                       format_time(one.as_of), format_points(one.score), format_points(one.fit),
                       format_points(one.scale), one.level, grade_text(one), json_text(one.status),
                       one.phase == 0 ? "null" : json_text(name_of(static_cast<Stage>(one.phase))),
                       json_text(suppression_words(one.suppressed)));
  }
  return out;
}

std::string comparison_json(const RunComparison& c) {
  const auto moment = [](std::string_view name, const Explanation& e) {
    return fmt::format("\"{}\":{{\"as_of\":\"{}\",\"score\":{},\"fit\":{},\"level\":{},\"grade\":\""
                       "{}\",\"status\":{},\"suppressed\":{}}}",
                       name, format_time(e.as_of), format_points(e.score), format_points(e.fit),
                       e.level, static_cast<char>('A' + e.grade), json_text(e.status),
                       json_text(suppression_words(e.suppressed)));
  };
  std::string stored = "null";
  if (c.stored) {
    const auto& s = *c.stored;
    stored = fmt::format("{{\"score\":{},\"fit\":{},\"level\":{},\"grade\":\"{}\",\"status\":{},"
                         "\"suppressed\":{},\"reasons\":{}}}",
                         format_points(s.score), format_points(s.fit), s.level,
                         static_cast<char>('A' + s.grade), json_text(s.status),
                         json_text(suppression_words(s.suppressed)), json_text(s.reasons));
  }
  return fmt::format("{{\"address\":{},\"run\":{},\"stored\":{},{},{},{},{}}}\n",
                     json_text(c.now.address), c.run.id, stored, moment("then", c.then),
                     moment("retagged", c.retagged), moment("ruled", c.ruled),
                     moment("now", c.now));
}

} // namespace mailfunnel
