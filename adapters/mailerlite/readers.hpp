#pragma once
// The formats of MailerLite; what each looks like stands at the top of its file.

#include "adapter/api.hpp"
#include "adapter/attributes.hpp"
#include "adapter/json_reader.hpp"

#include <memory>
#include <string_view>

namespace mailfunnel::mailerlite {

extern const JsonFormat k_webhooks; // of the new platform and of Classic
extern const JsonFormat k_campaigns;
extern const JsonFormat k_subscribers;
extern const JsonFormat k_activity; // what one subscriber did
extern const JsonFormat k_counts;   // how often each recipient of a campaign did it

/// The report of one campaign of Classic, CSV; nullptr: it is none.
std::unique_ptr<LogReader> open_report(std::string_view head, const LogContext& context);

/// A subscriber object of either platform, as a contact.
Subscription subscription_of(std::string_view status);
void add_fields(const Json& subscriber, Attributes& attributes);

/// The API of an account. Error usage: it has no key.
Result<std::unique_ptr<Api>> open_api(const ApiAccount& account);

} // namespace mailfunnel::mailerlite
