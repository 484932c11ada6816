#pragma once
// Headers of a mail that name the mailing it is of, for logs of mail servers that hold headers.

#include <string_view>

namespace mailfunnel {

/// The mailing that a header names: "X-Campaign", "spring" -> "spring"; "" when it is none of the
/// known ones: X-Campaign, X-Campaign-ID, X-CampaignID, X-Mailing-ID, X-Listmonk-Campaign,
/// X-MessageID (phpList), X-Job, and the first part of Feedback-ID. Names without case.
std::string_view campaign_in_header(std::string_view name, std::string_view value);

} // namespace mailfunnel
