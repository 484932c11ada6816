// [tracking], [robots]: whose opens count, and who is no person.

#include "app/config_sections.hpp"

#include "base/text.hpp"
#include "funnel/consent.hpp"

#include <fmt/format.h>

#include <cmath>

namespace mailfunnel {

namespace {

void networks(Section& section, std::string_view key, AddressRanges& into) {
  for (const auto& text : section.texts(key)) {
    if (!into.add(text)) {
      section.error(key, fmt::format("\"{}\" is no network: write \"192.0.2.0/24\", "
                                     "\"2001:db8::/32\" or one address",
                                     printable(text, 60)));
    }
  }
}

} // namespace

void read_tracking(Section& top, Config& config) {
  if (auto section = top.section("tracking", "[tracking]")) {
    auto& rules = config.rules.tracking;
    rules.off = section->texts("off");
    rules.consent = section->text("consent").value_or(rules.consent);
    rules.consent_required = section->flag("consent_required").value_or(rules.consent_required);
    if (rules.consent_required && rules.consent.empty()) {
      section->error("consent_required",
                     "`consent` must name the attribute in which people say yes");
    }
    rules.consent_where = section->expression("consent_where");
    if (rules.consent_where && !asks_for_consent_only(*rules.consent_where)) {
      section->error("consent_where",
                     "consent is asked of attributes, email, domain and subscribed() alone: the "
                     "score hangs on it");
    }
    section->finish();
  }
}

void read_robots(Section& top, Config& config) {
  if (auto section = top.section("robots", "[robots]")) {
    auto& rules = config.rules.robots;
    rules.timing = section->flag("timing").value_or(rules.timing);
    rules.honeypot_links = section->texts("honeypot_links");
    networks(*section, "filter_networks", config.filters.only);
    networks(*section, "shared_filter_networks", config.filters.shared);
    const auto weight = [](Section& of, std::string_view key, std::uint32_t& into) {
      if (const auto value = of.number(key)) {
        if (*value < 0 || *value > 1000 || *value != std::floor(*value)) {
          of.error(key, "a weight is a whole number from 0 to 1000");
        } else {
          into = static_cast<std::uint32_t>(*value);
        }
      }
    };
    weight(*section, "machine_from", rules.machine_from);
    weight(*section, "unknown_from", rules.unknown_from);
    if (rules.unknown_from > rules.machine_from) {
      section->error("unknown_from", "`unknown_from` is above `machine_from`");
    }
    if (auto weights = section->section("weights", "`weights`")) {
      for (const auto& one : robot_signs()) {
        weight(*weights, one.key, rules.*one.weight);
      }
      weights->finish();
    }
    section->finish();
  }
}

} // namespace mailfunnel
