#pragma once
// Times in HTTP headers.

#include "adapter/http_message.hpp"
#include "base/time.hpp"
#include "net/settings.hpp"

#include <optional>
#include <string_view>

namespace mailfunnel {

/// The three forms of RFC 9110, 5.6.7:
///   Sun, 06 Nov 1994 08:49:37 GMT, Sunday, 06-Nov-94 08:49:37 GMT, Sun Nov  6 08:49:37 1994
/// A year of two digits is never more than 50 years after `now`.
std::optional<Seconds> parse_http_date(std::string_view text, Seconds now);

/// Retry-After (RFC 9110, 10.2.3): seconds, or a moment, which is taken against the other side's
/// clock (`date`, its header Date) where that is given, else against ours. Never negative; nothing
/// where the text is neither.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, std::string_view date,
                                                      Seconds now);

/// When an ESP that sends no Retry-After takes requests again: one of the headers X-RateLimit-Reset
/// (seconds since 1970, or from now), RateLimit-Reset, X-Sib-RateLimit-Reset.
/// Nothing where there is none of them.
std::optional<std::chrono::seconds> rate_limit_reset(const HttpHeaders& headers, Seconds now);

} // namespace mailfunnel
