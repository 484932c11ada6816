#pragma once
// The place of a link in the sales funnel (docs/links.md and docs/scoring.md).

#include <cstdint>
#include <optional>
#include <string_view>

namespace mailfunnel {

/// In order of depth; `none` is housekeeping (unsubscribe, privacy), `untagged` is not known.
enum class Stage : std::uint8_t { none, untagged, tofu, mofu, bofu };

constexpr std::string_view name_of(Stage stage) {
  constexpr std::string_view k_names[] = {"NONE", "UNTAGGED", "TOFU", "MOFU", "BOFU"};
  return k_names[static_cast<int>(stage)];
}
/// "TOFU", "tofu", "Mofu"; not "UNTAGGED".
std::optional<Stage> parse_stage(std::string_view name);

} // namespace mailfunnel
