// [store], [report]: where the store is, and how numbers are written.

#include "app/config_sections.hpp"

#include <fmt/format.h>

#include <array>

namespace mailfunnel {

void read_store(Section& top, Config& config) {
  if (auto section = top.section("store", "[store]")) {
    config.store_path = section->text("path").value_or(config.store_path);
    section->finish();
  }
}

std::optional<Locale> find_locale(std::string_view name) {
  struct Known {
    std::string_view language;
    bool continental;
  };
  constexpr std::array k_known{Known{"en", false}, Known{"nl", true}, Known{"fr", true},
                               Known{"de", true}};
  for (const auto& [language, continental] : k_known) {
    if (name == language || (name.starts_with(language) && name.size() == 5 && name[2] == '-')) {
      return Locale{std::string(name), continental ? ';' : ',', continental ? ',' : '.',
                    continental};
    }
  }
  return std::nullopt;
}

void read_report(Section& top, Config& config) {
  if (auto section = top.section("report", "[report]")) {
    if (const auto name = section->text("locale")) {
      if (const auto locale = find_locale(*name)) {
        config.locale = *locale;
      } else {
        section->error(
            "locale",
            fmt::format("\"{}\" is no locale that is known: en, nl-BE, fr-BE, de-DE and their like",
                        *name));
      }
    }
    config.report_zone = section->zone("zone").value_or(config.report_zone);
    section->finish();
  }
}

} // namespace mailfunnel
