// The words are those of https://documentation.mailgun.com/docs/mailgun/user-manual/events and of
// the counters of /v3/{domain}/stats/total, which name the reasons of failures.

#include "words.hpp"

#include "adapter/smtp_status.hpp"
#include "adapter/word_table.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::mailgun {

namespace {

using namespace std::string_view_literals;
using enum BounceClass;
using Reason = BounceReason;

struct KindRow {
  std::string_view word;
  EventKind kind;
};
constexpr std::array k_kinds{
    KindRow{"accepted", EventKind::sent},
    KindRow{"delivered", EventKind::delivered},
    KindRow{"failed", EventKind::bounce}, // temporary or permanent: see judge_failure()
    KindRow{"rejected", EventKind::dropped},
    KindRow{"opened", EventKind::open},
    KindRow{"clicked", EventKind::click},
    KindRow{"unsubscribed", EventKind::unsubscribe},
    KindRow{"complained", EventKind::complaint},
    KindRow{"bounced", EventKind::bounce},  // form posts only, as is
    KindRow{"dropped", EventKind::dropped}, // this one: given up, or never tried
};

constexpr std::array k_of_no_mail{"stored"sv, "email_validation"sv, "list_member_uploaded"sv,
                                  "list_member_upload_error"sv, "list_uploaded"sv};

struct ReasonRow {
  std::string_view word;
  std::string_view code; // Mailgun's own that says the same
  EventKind kind;
  BounceClass klass;
  BounceReason reason; // other: by the answer
};
/// Of failures for good. What is not here ("generic", "espblock") leaves it to the answer.
constexpr std::array k_reasons{
    ReasonRow{"suppress-bounce", "605", EventKind::dropped, hard, Reason::suppressed},
    ReasonRow{"suppress-complaint", "607", EventKind::dropped, none, Reason::feedback},
    ReasonRow{"suppress-unsubscribe", "", EventKind::dropped, none, Reason::unsubscribed},
    ReasonRow{"bounce", "", EventKind::bounce, hard, Reason::other},
    ReasonRow{"delayed-bounce", "", EventKind::bounce, hard, Reason::other},
    ReasonRow{"old", "", EventKind::bounce, soft, Reason::expired}, // tried until it was too old
};

const ReasonRow* find_reason(const FailureReport& report) {
  if (const auto* const row = find_word(k_reasons, report.reason)) {
    return row;
  }
  const auto* const row =
      std::find_if(k_reasons.begin(), k_reasons.end(), [&report](const ReasonRow& one) {
        return !one.code.empty() && one.code == report.code;
      });
  return row == k_reasons.end() ? nullptr : row;
}

/// Reply codes are three digits up to 599; those above are Mailgun's own.
int reply_code(std::string_view code) {
  const auto number = parse_int(code);
  return number && *number >= 200 && *number < 600 ? static_cast<int>(*number) : 0;
}

} // namespace

EventKind kind_of_word(std::string_view word) {
  return kind_of(k_kinds, word);
}

bool is_of_no_mail(std::string_view word) {
  return std::find(k_of_no_mail.begin(), k_of_no_mail.end(), word) != k_of_no_mail.end();
}

void judge_failure(const FailureReport& report, EventView& event, std::string& scratch) {
  scratch.assign(report.code).append(" ").append(report.answer);
  const auto verdict = judge_smtp(report.status, scratch);
  auto& bounce = event.bounce;
  bounce = {verdict.klass, verdict.reason, verdict.status, verdict.code, report.answer};
  if (const int code = reply_code(report.code)) {
    bounce.code = code;
  }
  if (iequals(report.severity, "temporary")) {
    event.kind = EventKind::deferred;
    bounce.klass = soft;
    return;
  }
  if (iequals(report.bounce_type, "hard") || iequals(report.bounce_type, "soft")) {
    bounce.klass = iequals(report.bounce_type, "hard") ? hard : soft;
  }
  if (const auto* const row = find_reason(report)) {
    event.kind = event.kind == EventKind::bounce ? row->kind : event.kind;
    bounce.klass = report.bounce_type.empty() ? row->klass : bounce.klass;
    bounce.reason = row->reason == Reason::other ? bounce.reason : row->reason;
  }
}

} // namespace mailfunnel::mailgun
