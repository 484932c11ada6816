#pragma once
// One message of the Email Activity API, with all that happened to it.

#include "adapter/adapter.hpp"
#include "adapter/json_value.hpp"

#include <string_view>

namespace mailfunnel::sendgrid {

/// The Single Send that the message itself names, by the arguments that SendGrid puts into each
/// mail; "" where it does not. `scratch` holds it.
std::string_view campaign_of_message(const Json& message, std::string& scratch);
/// When it was processed; nothing where it does not tell.
std::optional<Seconds> processed_at(const Json& message);
/// Each of its events, as the webhook would have told it.
void read_message(const Json& message, std::string_view campaign, std::string_view record,
                  RecordSink& sink);

} // namespace mailfunnel::sendgrid
