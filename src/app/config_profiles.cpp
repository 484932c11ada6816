// [[profile]]: a table of any make, by the names of its columns.

#include "app/config_sections.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mailfunnel {

namespace {

void texts_of(Section& section, std::string_view key, std::map<std::string, std::string>& into) {
  if (const auto* table = section.inner(key)) {
    for (const auto& [name, node] : *table) {
      into[std::string(name.str())] = node.value<std::string>().value_or("");
    }
  }
}

void check_fields(Section& section, const MappingProfile& profile) {
  static const std::vector<std::string> k_fields{
      "kind",          "time",       "address",    "contact_id",   "new_address", "campaign",
      "campaign_name", "send",       "link",       "link_tag",     "message_id",  "event_id",
      "scope",         "proof",      "user_agent", "ip",           "status",      "reason",
      "bounce_class",  "diagnostic", "list",       "subscription", "changed_at"};
  for (const auto* fields : {&profile.fields, &profile.constants}) {
    for (const auto& [field, column] : *fields) {
      if (std::find(k_fields.begin(), k_fields.end(), field) == k_fields.end()) {
        const auto near = nearest(field, k_fields);
        section.error("fields", fmt::format("profile \"{}\" maps `{}`, which is no field of ours{}",
                                            profile.name, field,
                                            near ? "; did you mean `" + *near + "`?" : ""));
      }
    }
  }
  const auto has = [&](const char* field) {
    return profile.fields.contains(field) || profile.constants.contains(field);
  };
  if (!has("address") && !has("contact_id")) {
    section.error_here(
        fmt::format("profile \"{}\" must map `address` or `contact_id`", profile.name));
  }
  if (profile.records == "events" && (!has("time") || !has("kind"))) {
    section.error_here(fmt::format(
        "profile \"{}\" must map `time` and `kind` (or give `kind` in constants)", profile.name));
  }
  if (const auto kinds = profile.values.find("kind"); kinds != profile.values.end()) {
    for (const auto& [word, ours] : kinds->second) {
      if (!event_kind(ours.substr(0, ours.find(':')))) {
        section.error(
            "values",
            fmt::format("profile \"{}\" turns \"{}\" into \"{}\", which is no kind of event: "
                        "sent, delivered, open, click, bounce:hard, bounce:soft …",
                        profile.name, word, ours));
      }
    }
  }
}

void read_profile(Section section, Config& config) {
  MappingProfile profile;
  profile.name = section.text("name").value_or("");
  if (profile.name.empty()) {
    section.error_here("a [[profile]] needs a `name`");
  }
  texts_of(section, "fields", profile.fields);
  texts_of(section, "constants", profile.constants);
  if (const auto* table = section.inner("values")) {
    for (const auto& [field, node] : *table) {
      if (const auto* words = node.as_table()) {
        for (const auto& [word, ours] : *words) {
          profile.values[std::string(field.str())][std::string(word.str())] =
              ours.value<std::string>().value_or("");
        }
      }
    }
  }
  profile.records = section.choice("records", {"events", "recipients"}).value_or(0) == 0
                        ? "events"
                        : "recipients";
  profile.time_format = section.text("time_format").value_or("iso");
  profile.file = section.text("file").value_or("");
  profile.columns = section.texts("columns");
  if (const auto separator = section.text("separator")) {
    if (separator->size() != 1) {
      section.error("separator",
                    "`separator` in [[profile]] is one character, such as \";\" or \"\\t\"");
    } else {
      profile.separator = (*separator)[0];
    }
  }
  const auto zone = section.zone("zone");
  profile.zone = zone.value_or(nullptr);
  profile.zone_given = zone.has_value();
  check_fields(section, profile);
  section.finish();
  config.profiles.push_back(std::move(profile));
}

} // namespace

void read_profiles(Section& top, Config& config) {
  for (auto& section : top.sections("profile", "[[profile]]")) {
    read_profile(std::move(section), config);
  }
}

} // namespace mailfunnel
