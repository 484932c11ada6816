// EventType: https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/eventtype.html
// BounceCategory: https://help.salesforce.com/s/articleView?id=mktg.mc_as_bounces.htm
// Clock of the servers: https://help.salesforce.com/s/articleView?id=000384850

#include "words.hpp"

#include "adapter/smtp_status.hpp"
#include "adapter/word_table.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::sfmc {

namespace {

using enum BounceClass;
using Reason = BounceReason;

struct TypeRow {
  std::string_view word;
  EventKind kind;
};
constexpr std::array k_types{
    TypeRow{"Sent", EventKind::sent},          TypeRow{"DeliveredEvent", EventKind::delivered},
    TypeRow{"NotSent", EventKind::dropped},    TypeRow{"Open", EventKind::open},
    TypeRow{"Click", EventKind::click},        TypeRow{"Unsubscribe", EventKind::unsubscribe},
    TypeRow{"HardBounce", EventKind::bounce},  TypeRow{"SoftBounce", EventKind::bounce},
    TypeRow{"OtherBounce", EventKind::bounce},
};

struct CategoryRow {
  std::string_view part;
  BounceClass klass;
};
/// "Hard bounce", "HardBounce", "HARD". The technical, unknown and other ones are soft.
constexpr std::array k_categories{
    CategoryRow{"hard", hard},      CategoryRow{"block", block},  CategoryRow{"soft", soft},
    CategoryRow{"technical", soft}, CategoryRow{"unknown", soft}, CategoryRow{"other", soft},
};

struct NotSentRow {
  std::string_view part;
  BounceReason reason;
};
constexpr std::array k_not_sent{
    NotSentRow{"unsubscribed", Reason::unsubscribed},
    NotSentRow{"list detective", Reason::suppressed},
    NotSentRow{"suppress", Reason::suppressed},
};

TimeZone server_zone() {
  static const TimeZone k_zone = find_zone("Etc/GMT+6").value(); // its sign is the other way round
  return k_zone;
}

constexpr std::array k_clocks{" %I:%M:%S %p", " %H:%M:%S", " %H:%M", ""};

} // namespace

EventKind kind_of_type(std::string_view type) {
  return kind_of(k_types, type);
}

Bounce judge_bounce(std::string_view category, std::string_view code, std::string_view reason) {
  const auto verdict = judge_smtp({}, reason);
  Bounce bounce{verdict.klass, verdict.reason, verdict.status, verdict.code, reason};
  if (const auto* const row = find_part(k_categories, category)) {
    bounce.klass = row->klass;
  } else if (bounce.klass == none) {
    bounce.klass = soft;
  }
  if (const auto number = parse_int(code); number && *number >= 200 && *number <= 599) {
    bounce.code = static_cast<int>(*number);
  }
  return bounce;
}

Bounce judge_not_sent(std::string_view reason) {
  const auto* const row = find_part(k_not_sent, reason);
  return {none, row != nullptr ? row->reason : Reason::other, {}, 0, reason};
}

std::optional<Instant> read_time(std::string_view text, DateOrder order, const InputFacts& input) {
  const auto zone = input.zone_given ? input.zone : server_zone();
  if (text.find('/') == std::string_view::npos) {
    return text.empty() ? std::nullopt : parse_time(text, zone);
  }
  if (order == DateOrder::unknown) {
    return std::nullopt;
  }
  const std::string date = order == DateOrder::month_first ? "%m/%d/%Y" : "%d/%m/%Y";
  for (const auto* const clock : k_clocks) {
    if (const auto time = parse_time_as(text, date + clock, zone)) {
      return time;
    }
  }
  return std::nullopt;
}

std::string_view address_in(std::string_view field) {
  return field.find('@') == std::string_view::npos ? std::string_view{} : field;
}

} // namespace mailfunnel::sfmc
