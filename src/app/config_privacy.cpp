// [privacy]: who answers for the data. [retention]: how long it is kept.

#include "app/config_sections.hpp"

namespace mailfunnel {

namespace {

/// A time such as "25mo", or "off": for ever.
void keep(Section& section, std::string_view key, std::optional<Seconds>& into) {
  const auto* node = section.table().get(key);
  if (node != nullptr && node->is_string() && node->as_string()->get() == "off") {
    section.allow(key);
    into = std::nullopt;
  } else if (const auto time = section.duration(key)) {
    if (*time < k_day) {
      section.error(key, "what is kept is kept for a day or more");
    }
    into = *time;
  }
}

} // namespace

void read_privacy(Section& top, Config& config) {
  if (auto section = top.section("privacy", "[privacy]")) {
    auto& privacy = config.privacy;
    privacy.controller = section->text("controller").value_or(privacy.controller);
    privacy.address = section->text("address").value_or(privacy.address);
    privacy.contact = section->text("contact").value_or(privacy.contact);
    privacy.dpo = section->text("dpo").value_or(privacy.dpo);
    privacy.basis = section->text("basis").value_or(privacy.basis);
    privacy.authority = section->text("authority").value_or(privacy.authority);
    if (section->has("purposes")) {
      privacy.purposes = section->texts("purposes");
    }
    if (section->has("recipients")) {
      privacy.recipients = section->texts("recipients");
    }
    section->finish();
  }
  if (auto section = top.section("retention", "[retention]")) {
    auto& retention = config.retention;
    keep(*section, "events", retention.events);
    keep(*section, "rejects", retention.rejects);
    keep(*section, "runs", retention.runs);
    keep(*section, "pushes", retention.pushes);
    keep(*section, "access_log", retention.access_log);
    section->finish();
  }
}

} // namespace mailfunnel
