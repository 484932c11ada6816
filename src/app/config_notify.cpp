// [[notify]]: who hears of what, and how.

#include "app/config_sections.hpp"
#include "app/notices.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mailfunnel {

namespace {

void read_mail(Section& section, NotifyConfig& route) {
  route.server = section.text("server").value_or("");
  if (!route.server.starts_with("smtp://") && !route.server.starts_with("smtps://")) {
    section.error("server", "`server` is smtp://host:587 or smtps://host:465");
  }
  route.from = section.text("from").value_or("");
  route.to = section.texts("to");
  route.user = section.text("user").value_or("");
  if (section.has("password")) {
    route.password = section.secret("password");
  }
  const auto no_address = [](const std::string& text) {
    return text.find('@') == std::string::npos ||
           text.find_first_of(" <>\r\n") != std::string::npos;
  };
  if (no_address(route.from) || route.to.empty() ||
      std::any_of(route.to.begin(), route.to.end(), no_address)) {
    section.error_here("mail needs `from` and `to`: addresses such as ann@example.com");
  }
}

void read_route(Section section, Config& config) {
  NotifyConfig route;
  const std::vector<std::string> ways{"smtp", "teams", "slack", "webhook"};
  const auto by = section.choice("by", ways);
  if (!by && !section.has("by")) {
    section.error_here("a [[notify]] needs `by`: one of " + join(ways, ", "));
  }
  if (!by) {
    return; // told; the other keys hang on it
  }
  route.by = static_cast<NotifyBy>(*by);
  route.name = section.text("name").value_or(
      fmt::format("{}-{}", ways[static_cast<std::size_t>(route.by)], config.notify.size() + 1));
  for (const auto& known : config.notify) {
    if (known.name == route.name) {
      section.error("name", fmt::format("two [[notify]] are called \"{}\"", route.name));
    }
  }
  route.about = section.texts("about");
  for (const auto& kind : route.about) {
    if (std::find(k_notice_kinds.begin(), k_notice_kinds.end(), kind) == k_notice_kinds.end()) {
      const std::vector<std::string> known(k_notice_kinds.begin(), k_notice_kinds.end());
      section.error(
          "about", fmt::format("there is no notice \"{}\": there are {}", kind, join(known, ", ")));
    }
  }
  if (const auto digest = section.text("digest")) {
    if (auto timetable = Timetable::parse(*digest)) {
      route.digest = *std::move(timetable);
    } else {
      section.error("digest", timetable.error().message);
    }
  }
  if (route.by == NotifyBy::smtp) {
    read_mail(section, route);
  } else if (section.has("url")) {
    route.url = section.secret("url");
  } else {
    section.error_here("it needs the `url` that the messages go to");
  }
  section.finish();
  config.notify.push_back(std::move(route));
}

} // namespace

void read_notify(Section& top, Config& config) {
  for (auto& section : top.sections("notify", "[[notify]]")) {
    read_route(std::move(section), config);
  }
}

} // namespace mailfunnel
