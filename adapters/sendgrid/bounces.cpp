#include "bounces.hpp"

#include "adapter/smtp_status.hpp"
#include "base/text.hpp"

#include <array>

namespace mailfunnel::sendgrid {

namespace {

using namespace std::string_view_literals;
using enum BounceClass;

struct DropReason {
  std::string_view prefix; // of `reason`, without case
  BounceClass klass;
  BounceReason reason;
};
/// Why SendGrid did not even try. The first that fits.
constexpr std::array k_drop_reasons{
    DropReason{"bounced address", hard, BounceReason::suppressed},
    DropReason{"unsubscribed address", none, BounceReason::unsubscribed},
    DropReason{"spam reporting address", none, BounceReason::feedback},
    DropReason{"spam content", block, BounceReason::content},
    DropReason{"invalid smtpapi", none, BounceReason::other},
    DropReason{"invalid", hard, BounceReason::user_unknown},
    DropReason{"recipient list over", none, BounceReason::rate_limited},
};

struct Classification {
  std::string_view word;
  BounceReason reason;
};
/// `bounce_classification`: for answers whose words and codes say nothing.
constexpr std::array k_classifications{
    Classification{"Invalid Address", BounceReason::user_unknown},
    Classification{"Mailbox Unavailable", BounceReason::mailbox_disabled},
    Classification{"Content", BounceReason::content},
    Classification{"Reputation", BounceReason::blocked_ip},
    Classification{"Frequency or Volume Too High", BounceReason::rate_limited},
    Classification{"Technical", BounceReason::network},
};

BounceReason reason_of(std::string_view classification) {
  for (const auto& row : k_classifications) {
    if (row.word == classification) {
      return row.reason;
    }
  }
  return BounceReason::other;
}

} // namespace

Bounce judge_bounce(const BounceWords& words, EventKind kind) {
  const auto verdict = judge_smtp(words.status, words.answer);
  Bounce bounce{verdict.klass, verdict.reason, verdict.status, verdict.code, words.answer};
  if (bounce.reason == BounceReason::other) {
    bounce.reason = reason_of(words.classification);
  }
  const bool temporary =
      bounce.status.empty() ? bounce.code / 100 == 4 : bounce.status.front() == '4';
  if (kind == EventKind::deferred || temporary) {
    bounce.klass = soft;
  } else {
    bounce.klass = words.type == "blocked"sv
                       ? block
                       : hard; // what is not blocked, SendGrid suppresses from now on
  }
  return bounce;
}

Bounce judge_drop(std::string_view status, std::string_view reason) {
  for (const auto& row : k_drop_reasons) {
    if (istarts_with(reason, row.prefix)) {
      return {row.klass, row.reason, status, 0, reason};
    }
  }
  return {none, BounceReason::other, status, 0, reason};
}

} // namespace mailfunnel::sendgrid
