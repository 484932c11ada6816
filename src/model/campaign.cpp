#include "model/campaign.hpp"

#include <array>

namespace mailfunnel {

namespace {
constexpr std::array<std::string_view, 4> k_names{"campaign", "automation", "transactional",
                                                  "test"};
}

std::string_view name_of(CampaignKind kind) {
  return k_names[static_cast<std::size_t>(kind)];
}

std::optional<CampaignKind> campaign_kind(std::string_view name) {
  for (std::size_t i = 0; i < k_names.size(); ++i) {
    if (k_names[i] == name) {
      return static_cast<CampaignKind>(i);
    }
  }
  return std::nullopt;
}

} // namespace mailfunnel
