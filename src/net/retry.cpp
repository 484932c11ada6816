#include "net/retry.hpp"

#include "net/http_date.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mailfunnel {

namespace {

/// What a status says about repeating.
struct StatusRule {
  int status;
  bool transient;    // may be another one next time
  bool not_done;     // the request was not carried out, if it says when to come again
  bool needs_moment; // … only then
  bool from_gateway; // by somebody in between: whether it was carried out is not known
  bool fails_origin; // counts for the breaker
};
constexpr std::array k_rules{
    StatusRule{408, true, false, false, false, true},
    StatusRule{429, true, true, false, false, false},
    StatusRule{500, true, false, false, false, true},
    StatusRule{502, true, false, false, true, true},
    StatusRule{503, true, true, true, false, true},
    StatusRule{504, true, false, false, true, true},
};

const StatusRule* rule_of(int status) {
  const auto* found = std::ranges::find(k_rules, status, &StatusRule::status);
  return found == k_rules.end() ? nullptr : found;
}

Milliseconds full_jitter(const RetryRules& rules, unsigned attempt, double random) {
  constexpr unsigned k_most_doublings = 20;
  const auto doublings = std::min(attempt - 1, k_most_doublings);
  const auto bound = std::min(rules.cap, rules.base * (1 << doublings));
  return Milliseconds(static_cast<Milliseconds::rep>(static_cast<double>(bound.count()) * random));
}

Next after_failure(const RetryRules& rules, const HttpRequest& request, const Attempt& came,
                   unsigned attempt, double random) {
  Next next;
  next.failed = came.fate != Attempt::Fate::refused;
  const bool harmless = came.fate == Attempt::Fate::not_sent ||
                        (came.fate == Attempt::Fate::lost && is_repeatable(request));
  if (harmless && attempt < rules.attempts) {
    next.again = true;
    next.wait = full_jitter(rules, attempt, random);
    return next;
  }
  next.error = came.error;
  if (attempt > 1) {
    next.error->message += fmt::format(" ({} attempts)", attempt);
  } else if (came.fate == Attempt::Fate::lost && !harmless) {
    next.error->message += "; it may have been carried out, so it is not sent again";
  }
  return next;
}

} // namespace

Error asked_to_wait(std::chrono::seconds wait, Seconds now) {
  return {ErrorCode::throttled,
          fmt::format("asks to come again at {}, which is later than is waited for; run it then",
                      format_time(now + wait.count()))};
}

bool is_repeatable(const HttpRequest& request) {
  return request.repeatable || request.method == "GET" || request.method == "HEAD";
}

Next after_attempt(const RetryRules& rules, const HttpRequest& request, const Attempt& came,
                   unsigned attempt, double random, Seconds now) {
  if (came.fate != Attempt::Fate::answered) {
    return after_failure(rules, request, came, attempt, random);
  }
  const auto& answer = came.answer;
  const auto* rule = rule_of(answer.status);
  if (rule == nullptr) {
    return {};
  }
  Next next;
  next.failed = rule->fails_origin;
  auto asked = rule->not_done
                   ? parse_retry_after(answer.header("retry-after"), answer.header("date"), now)
                   : std::nullopt;
  if (!asked && answer.status == 429) {
    asked = rate_limit_reset(answer.headers, now);
  }
  if (asked && *asked > rules.retry_after) {
    next.failed = false;
    next.whole_account = true;
    next.wait = *asked;
    next.error = asked_to_wait(*asked, now);
    return next;
  }
  next.whole_account = rule->not_done && (asked || !rule->needs_moment);
  next.wait =
      asked && asked->count() > 0 ? Milliseconds(*asked) : full_jitter(rules, attempt, random);
  const bool harmless = is_repeatable(request) || next.whole_account;
  next.again = harmless && attempt < rules.attempts;
  if (next.again) {
    return next;
  }
  if (answer.status == 429) {
    next.error = Error{ErrorCode::throttled,
                       fmt::format("status 429: too many requests ({} attempts)", attempt)};
  } else if (rule->from_gateway && !harmless) {
    next.error = Error{ErrorCode::unanswered,
                       fmt::format("status {} of a gateway: it may have been carried out, so it is "
                                   "not sent again",
                                   answer.status)};
  }
  return next;
}

} // namespace mailfunnel
