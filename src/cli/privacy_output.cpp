#include "privacy_output.hpp"

#include "app/person_json.hpp"
#include "base/csv.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "score_tables.hpp"
#include "table.hpp"

#include <fmt/format.h>

namespace mailfunnel::cli {

namespace {

struct Figure {
  std::string_view words, key;
  std::uint64_t ForgetResult::*count;
};
constexpr Figure k_figures[] = {
    {"addresses and contact ids", "keys", &ForgetResult::keys},
    {"events", "events", &ForgetResult::events},
    {"statements of attributes", "attributes", &ForgetResult::attributes},
    {"suppressions by hand", "suppressions", &ForgetResult::suppressions},
    {"rows of the push journal", "pushes", &ForgetResult::pushes},
    {"places in saved plans", "plans", &ForgetResult::plans},
    {"requests still to be asked", "tasks", &ForgetResult::tasks},
    {"places in scoring runs", "runs", &ForgetResult::runs},
    {"other texts, such as links", "texts", &ForgetResult::texts},
};

std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string json_list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const auto& text : texts) {
    out += (out.size() > 1 ? "," : "") + json_text(text);
  }
  return out + "]";
}

} // namespace

std::string forget_text(const ForgetResult& result, bool dry_run, bool color) {
  std::string out =
      fmt::format("{} {} erased", grouped(result.erased),
                  dry_run ? (result.erased == 1 ? "person would be" : "people would be")
                          : (result.erased == 1 ? "person is" : "people are"));
  if (result.unknown != 0) {
    out += fmt::format(", of whom {} not known: kept out from now on",
                       result.unknown == 1 ? "1 was" : grouped(result.unknown) + " were");
  }
  if (result.before != 0) {
    out += fmt::format("; {} erased before",
                       result.before == 1 ? "1 was" : grouped(result.before) + " were");
  }
  out += "\n\n";
  Table table({dry_run ? "would go" : "gone", "count>"});
  for (const auto& [words, key, count] : k_figures) {
    table.add({std::string(words), grouped(result.*count)});
  }
  for (const auto& file : result.files.cleaned) {
    table.add({fmt::format("{} in {}", file.what, file.path), grouped(file.removed)});
  }
  out += table.text(color);
  if (!result.platforms.empty()) {
    Table platforms({"account", "platform", "at the platform, by hand"});
    std::string last;
    for (const auto& one : result.platforms) {
      if (one.account != last) { // the same for all people
        platforms.add({one.account, one.title,
                       one.archived ? "the account is archived: ask whoever has it now" : one.how});
      }
      last = one.account;
    }
    out += "\n" + platforms.text(color);
  }
  return out;
}

std::string forget_json(const ForgetResult& result, bool dry_run) {
  auto out = fmt::format("{{\"result\":\"forget\",\"dry_run\":{},\"erased\":{},\"unknown\":{},"
                         "\"before\":{}",
                         dry_run, result.erased, result.unknown, result.before);
  for (const auto& [words, key, count] : k_figures) {
    out += fmt::format(",\"{}\":{}", key, result.*count);
  }
  out += ",\"files\":[";
  for (std::size_t i = 0; i < result.files.cleaned.size(); ++i) {
    const auto& file = result.files.cleaned[i];
    out += fmt::format("{}{{\"file\":{},\"what\":{},\"removed\":{}}}", i == 0 ? "" : ",",
                       json_text(file.path), json_text(file.what), file.removed);
  }
  out += "],\"left\":" + json_list(result.files.left) +
         ",\"not_looked_into\":" + json_list(result.files.not_known) + ",\"platforms\":[";
  for (std::size_t i = 0; i < result.platforms.size(); ++i) {
    const auto& one = result.platforms[i];
    out += fmt::format("{}{{\"account\":{},\"adapter\":{},\"do\":{}}}", i == 0 ? "" : ",",
                       json_text(one.account), json_text(one.adapter), json_text(one.how));
  }
  return out + fmt::format("],\"scrubbed\":{}}}\n", result.scrubbed);
}

std::string platforms_csv(const ForgetResult& result) {
  std::string out = "account,platform,address,contact_id,do\n";
  for (const auto& one : result.platforms) {
    const std::string_view fields[] = {one.account, one.title, one.address, one.contact_id,
                                       one.archived ? "the account is archived"
                                                    : std::string_view(one.how)};
    for (std::size_t i = 0; i < std::size(fields); ++i) {
      out += i == 0 ? "" : ",";
      append_csv_field(out, fields[i]);
    }
    out += "\n";
  }
  return out;
}

std::string accesses_text(const std::vector<Access>& log, bool color) {
  if (log.empty()) {
    return "nothing is noted\n";
  }
  Table table({"when", "who", "what", "person", "people>", "detail"});
  for (const auto& one : log) {
    table.add({format_time(one.at), one.who, one.what, one.person, grouped(one.people),
               shortened(one.detail, 60)});
  }
  return table.text(color);
}

std::string accesses_json(const std::vector<Access>& log) {
  std::string out;
  for (const auto& one : log) {
    out += fmt::format("{{\"at\":\"{}\",\"who\":{},\"what\":{},\"person\":{},\"people\":{},"
                       "\"detail\":{}}}\n",
                       format_time(one.at), json_text(one.who), json_text(one.what),
                       json_text(one.person), one.people, json_text(one.detail));
  }
  return out;
}

std::string retain_text(const RetentionResult& result, bool dry_run, bool color) {
  Table table({"kind", "of it", "kept for", "older than", dry_run ? "would go>" : "gone>"});
  for (const auto& one : result.kinds) {
    table.add({one.kind, one.what, one.keep ? format_duration(*one.keep) : "ever",
               one.before ? format_date(*one.before) : "", grouped(one.count)});
  }
  return table.text(color) +
         "\nunsubscribes, complaints, bounces, suppressions and erasures are always kept\n";
}

std::string retain_json(const RetentionResult& result, bool dry_run) {
  std::string out;
  for (const auto& one : result.kinds) {
    out +=
        fmt::format("{{\"kind\":{},\"of\":{},\"keep\":{},\"before\":{},\"count\":{},"
                    "\"dry_run\":{}}}\n",
                    json_text(one.kind), json_text(one.what),
                    one.keep ? json_text(format_duration(*one.keep)) : "null",
                    one.before ? json_text(format_time(*one.before)) : "null", one.count, dry_run);
  }
  return out;
}

namespace {

/// ,"name":[…], of what `one` makes of each item.
template<typename Items, typename One>
std::string json_array(std::string_view name, const Items& items, One one) {
  std::string out = fmt::format(",\"{}\":[", name);
  for (std::size_t i = 0; i < items.size(); ++i) {
    out += (i == 0 ? "" : ",") + one(items[i]);
  }
  return out + "]";
}

/// Lines of NDJSON as a list.
std::string as_list(std::string_view lines) {
  std::string out = "[";
  while (!lines.empty()) {
    out += out.size() > 1 ? "," : "";
    out += next_line(lines);
  }
  return out + "]";
}

std::string or_null(std::string_view json) {
  return json.empty() ? "null" : std::string(json);
}

} // namespace

std::string access_json(const AccessReport& report, const Workspace& workspace) {
  const auto& privacy = workspace.config.privacy;
  std::string out = fmt::format(
      "{{\"result\":\"access\",\"as_of\":\"{}\",\"controller\":{},\"contact\":{},\"dpo\":{},"
      "\"basis\":{},\"purposes\":{},\"passed_on_to\":{},\"addresses\":{}",
      format_time(report.as_of), json_text(privacy.controller), json_text(privacy.contact),
      json_text(privacy.dpo), json_text(privacy.basis), json_list(privacy.purposes),
      json_list(privacy.recipients), json_list(report.addresses));
  out += json_array("contacts", report.contacts, [](const auto& one) {
    return fmt::format("{{\"account\":{},\"id\":{}}}", json_text(one.account), json_text(one.id));
  });
  out += json_array("sources", report.sources, [](const auto& one) {
    return fmt::format("{{\"account\":{},\"platform\":{}}}", json_text(one.account),
                       json_text(one.platform));
  });
  out += json_array("attributes", report.attributes, [](const auto& one) {
    return fmt::format("{{\"name\":{},\"value\":{},\"since\":\"{}\"}}", json_text(one.name),
                       json_text(one.value), format_time(one.valid_from));
  });
  out += json_array("suppressions", report.suppressions, [](const auto& one) {
    return fmt::format("{{\"reason\":{},\"from\":\"{}\",\"to\":{},\"note\":{}}}",
                       json_text(one.reason), format_time(one.valid_from),
                       one.valid_to ? json_text(format_time(*one.valid_to)) : "null",
                       json_text(one.note));
  });
  const auto score = explain_json(report.score);
  out += ",\"score\":" + score.substr(0, score.find_last_not_of('\n') + 1);
  out += ",\"segments\":" + json_list(report.segments);
  out += json_array("pushes", report.pushes, [](const auto& one) {
    return fmt::format("{{\"at\":\"{}\",\"account\":{},\"segment\":{},\"action\":{},\"state\":{},"
                       "\"before\":{},\"after\":{}}}",
                       format_time(one.at), json_text(one.account), json_text(one.segment),
                       json_text(one.action), json_text(one.state), or_null(one.before),
                       or_null(one.after));
  });
  out += json_array("runs", report.runs, [](const auto& one) {
    return fmt::format("{{\"run\":{},\"as_of\":\"{}\",\"lists\":{}}}", one.id,
                       format_time(one.as_of), json_list(one.uses));
  });
  out += ",\"accesses\":" + as_list(accesses_json(report.accesses));
  return out + ",\"events\":" + as_list(events_json(report.events, *report.score.world)) + "}\n";
}

} // namespace mailfunnel::cli
