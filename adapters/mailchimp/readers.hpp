#pragma once
// The formats of Mailchimp, a function each: a reader for an input that starts like `head`, or
// nullptr.

#include "adapter/adapter.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace mailfunnel::mailchimp {

/// Audience export: contacts; those that left also give an event.
std::unique_ptr<LogReader> open_audience(std::string_view head, const LogContext& context);
/// granular_activity/{opens,clicks} of the account export.
std::unique_ptr<LogReader> open_activity(std::string_view head, const LogContext& context);
/// GET /reports/{id}/email-activity, as it was answered.
std::unique_ptr<LogReader> open_api_activity(std::string_view head, const LogContext& context);
/// GET /reports/{id}/open-details, unsubscribed, abuse-reports, sent-to, click-details.
std::unique_ptr<LogReader> open_api_details(std::string_view head);
/// The table of all campaigns, and the report of one.
std::unique_ptr<LogReader> open_reports(std::string_view head, const LogContext& context);

/// The campaign id (ten hexadecimal digits) that stands in a file's name on its own, or "".
std::string_view campaign_in(std::string_view file_name);
/// The campaign id in a tracked URL (mc_cid), or "".
std::string_view campaign_of_url(std::string_view url);

} // namespace mailfunnel::mailchimp
