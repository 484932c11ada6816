#pragma once
// The words of Marketing Cloud, and how it writes moments.

#include "adapter/input_facts.hpp"
#include "model/event.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mailfunnel::sfmc {

/// Of EventType in files and SOAP.
EventKind kind_of_type(std::string_view type);

/// `category`: BounceCategory of files and SOAP, bounceCode of notifications, or an EventType such
/// as HardBounce; `code`: SMTPCode; `reason`: the server's words.
Bounce judge_bounce(std::string_view category, std::string_view code, std::string_view reason);

/// Why a mail was not sent, which is no bounce.
Bounce judge_not_sent(std::string_view reason);

/// How a file writes dates with slashes, which its account's culture decides.
enum class DateOrder { month_first, day_first, unknown };

/// ISO 8601 as in SOAP, or "5/11/2026 2:29:41 AM", "5/11/2026 14:29:41", "5/11/2026 14:29",
/// "5/11/2026". In the account's zone where it has one; else in that of the servers, UTC-06:00 all
/// year.
std::optional<Instant> read_time(std::string_view text, DateOrder order, const InputFacts& input);

/// The address in a field that may hold a subscriber's key in its place; "": none.
std::string_view address_in(std::string_view field);

} // namespace mailfunnel::sfmc
