#pragma once
// The rules that both of our own formats have in common. Each says what is wrong, or "".

#include "base/time.hpp"
#include "model/campaign.hpp"

#include <string>
#include <string_view>

namespace mailfunnel::mailfunnel {

/// RFC 3339, where the offset from UTC must be given: no guess about zones.
std::string read_time(TimeReader& reader, std::string_view text, Instant& time);

std::string read_kind(std::string_view text, std::optional<CampaignKind>& kind); // in any case
std::string read_stage(std::string_view text, std::optional<Stage>& stage);      // in any case

/// "x", for messages.
std::string quoted(std::string_view text);

} // namespace mailfunnel::mailfunnel
