#pragma once
// Who did it: a person, a machine, or a proxy that says nothing either way (docs/scoring.md).
// Judged from the evidence of the event itself; never stored. Rules over timing and many recipients
// join here later.

#include "model/activity.hpp"

namespace mailfunnel {

enum class Verdict : std::uint8_t { human, unknown, proxy, machine };

constexpr std::string_view name_of(Verdict verdict) {
  constexpr std::string_view k_names[] = {"HUMAN", "UNKNOWN", "PROXY", "MACHINE"};
  return k_names[static_cast<int>(verdict)];
}

constexpr Verdict judge(EventKind kind, std::uint16_t bits) {
  using namespace evidence;
  constexpr std::uint16_t k_machine =
      crawler_agent | filter_network | head_request | prefetch | honeypot | empty_agent;
  if (kind == EventKind::open) {
    if ((bits & (esp_machine_flag | privacy_proxy)) != 0) {
      return Verdict::proxy; // fetched whether read or not
    }
    if ((bits & k_machine) != 0) {
      return Verdict::machine;
    }
    return (bits & (agent_seen | image_proxy)) != 0 ? Verdict::human
                                                    : Verdict::unknown; // no evidence at all
  }
  return (bits & (k_machine | esp_machine_flag)) != 0 ? Verdict::machine : Verdict::human;
}

} // namespace mailfunnel
