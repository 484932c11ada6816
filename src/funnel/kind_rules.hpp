#pragma once
// What a mailing is: campaign, automation, transactional or test. The source may tell, and the
// rules of the config go before it: it knows neither which mail of a server's log is a newsletter
// nor what somebody sends through an API that was made for receipts.

#include "model/campaign.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// One [[kind]] of the config. Of each list that is given one glob must match (ASCII case ignored).
struct KindRule {
  CampaignKind kind = CampaignKind::campaign;
  std::vector<std::string> campaign; // over its id or its name
  std::vector<std::string> subject;
  std::vector<std::string> account; // over the account's name
};

/// What rules look at. Events that name no mailing are one a day, with neither id nor name.
struct KindInput {
  std::string_view id{}, name{}, subject{}, account{};
};

/// By the first rule that matches; nullopt: none does.
std::optional<CampaignKind> kind_by_rule(std::span<const KindRule> rules, const KindInput& mailing);

} // namespace mailfunnel
