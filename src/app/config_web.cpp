// [[web]]: requests of one's own web server.

#include "app/config_sections.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

namespace mailfunnel {

namespace {

void web_rules(Section& section, EventKind kind, WebTracker& tracker) {
  const auto tells = [&tracker](UrlField field, const UrlPattern& pattern) {
    return pattern.tells(field) || !tracker.parameters[static_cast<std::size_t>(field)].empty();
  };
  for (const auto& text : section.texts(name_of(kind))) {
    auto pattern = UrlPattern::parse(text);
    if (!pattern) {
      section.error(name_of(kind),
                    fmt::format("\"{}\": {}", printable(text, 80), pattern.error().message));
    } else if (!tells(UrlField::contact_id, *pattern) && !tells(UrlField::address, *pattern)) {
      section.error(name_of(kind),
                    fmt::format("\"{}\" tells nobody: put {{contact_id}} or {{address}} in it, or "
                                "name its parameter in `fields`",
                                printable(text, 80)));
    } else {
      tracker.rules.push_back({kind, std::move(*pattern)});
    }
  }
}

void read_web(Section section, Config& config) {
  WebTracker tracker;
  tracker.account = section.text("account").value_or("");
  tracker.host = section.text("host").value_or("");
  if (auto fields = section.section("fields", "`fields` in [[web]]")) {
    for (std::size_t i = 0; i < k_url_fields; ++i) {
      const auto name = name_of(static_cast<UrlField>(i));
      tracker.parameters[i] = fields->text(name).value_or("");
    }
    fields->finish();
  }
  bool any = false;
  // In the order in which they are tried: pages last, as their pattern may well be "/*".
  for (const auto kind : {EventKind::click, EventKind::open, EventKind::download, EventKind::form,
                          EventKind::signup, EventKind::conversion, EventKind::page}) {
    any = any || section.has(name_of(kind));
    web_rules(section, kind, tracker);
  }
  if (!any) {
    section.error_here("a [[web]] needs at least one of click, open, page, download, form, "
                       "signup, conversion: a pattern over the paths of such requests");
  }
  section.finish();
  config.trackers.push_back(std::move(tracker));
}

} // namespace

void read_trackers(Section& top, Config& config) {
  for (auto& section : top.sections("web", "[[web]]")) {
    read_web(std::move(section), config);
  }
}

void check_trackers(const Config& config, const std::string& file, std::vector<Problem>& problems) {
  for (const auto& tracker : config.trackers) {
    if (!tracker.account.empty() && config.account(tracker.account) == nullptr) {
      problems.push_back({file, 0, 0,
                          fmt::format("a [[web]] is of account \"{}\", which the config has not: "
                                      "add an [[account]]",
                                      tracker.account),
                          false});
    }
  }
}

} // namespace mailfunnel
