#pragma once
// The formats of Mailchimp, a function each: a reader for an input that starts like `head`, or
// nullptr.

#include "adapter/api.hpp"
#include "adapter/form.hpp"

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
/// The same without a look at how they begin, for answers to requests of our own: `list` is the
/// answer's member that holds the rows ("unsubscribes"); the readers take its text alone as well.
std::unique_ptr<LogReader> api_activity_reader();
std::unique_ptr<LogReader> api_details_reader(std::string_view list);
/// The table of all campaigns, and the report of one.
std::unique_ptr<LogReader> open_reports(std::string_view head, const LogContext& context);

/// Webhooks of an audience.
extern const FormFormat k_webhooks;
/// Is a request Mailchimp's? By its signature where `signing_secret` is set; else by the shared
/// secrets, or by a signature that one of `webhook_key` and `webhook_secret` makes.
Result<void> check_request(const HttpRequest& request, const Secrets& secrets, Seconds now);
/// What check_request() takes.
Result<void> sign_request(HttpRequest& request, const Secrets& secrets, Seconds now);

/// The API of an account. Error usage: it has no key.
Result<std::unique_ptr<Api>> open_api(const ApiAccount& account);

/// The campaign id (ten hexadecimal digits) that stands in a file's name on its own, or "".
std::string_view campaign_in(std::string_view file_name);
/// The campaign id in a tracked URL (mc_cid), or "".
std::string_view campaign_of_url(std::string_view url);

} // namespace mailfunnel::mailchimp
