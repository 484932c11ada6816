#pragma once
// Is a request sent again, and when? The table stands in http_client.hpp.

#include "adapter/http_message.hpp"
#include "net/settings.hpp"

#include <optional>

namespace mailfunnel {

/// What came of one attempt.
struct Attempt {
  enum class Fate {
    answered, // `answer` holds
    not_sent, // not a byte of the request was handed over
    lost,     // sent, but no whole answer came
    refused,  // no other attempt will do better
  };
  Fate fate = Fate::refused;
  HttpResponse answer;
  Error error{ErrorCode::unanswered, {}}; // of the others
};

struct Next {
  bool again = false;
  Milliseconds wait{0};
  bool whole_account = false; // the wait is for all requests, also when this one is given up
  bool failed = false;        // counts against the origin
  std::optional<Error> error; // instead of the answer, when not again
};

/// The error `throttled`.
Error asked_to_wait(std::chrono::seconds wait, Seconds now);

bool is_repeatable(const HttpRequest& request);

/// `attempt` counts from 1; `random` is 0 <= x < 1; `now` is our clock in UTC.
Next after_attempt(const RetryRules& rules, const HttpRequest& request, const Attempt& came,
                   unsigned attempt, double random, Seconds now);

} // namespace mailfunnel
