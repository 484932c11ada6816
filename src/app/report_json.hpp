#pragma once
// The review of a mailing as JSON: the same on the command line (--json) and in the API.

#include "app/campaign_report.hpp"

#include <string>

namespace mailfunnel {

std::string report_json(const CampaignReport& report);

} // namespace mailfunnel
