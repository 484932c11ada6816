#include "adapter/ses_bounce.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel {

namespace {

using enum BounceClass;
using Reason = BounceReason;

struct Row {
  std::string_view type, subtype; // "": any
  SesBounce bounce;
};
constexpr std::array k_rows{
    Row{"Permanent", "Suppressed", {hard, Reason::suppressed, true}},
    Row{"Permanent", "OnAccountSuppressionList", {hard, Reason::suppressed, true}},
    Row{"Permanent", "UnsubscribedRecipient", {none, Reason::unsubscribed, true}},
    Row{"Permanent", "NoEmail", {hard, Reason::user_unknown}},
    Row{"Permanent", "", {hard, Reason::other}},
    Row{"Transient", "MailboxFull", {soft, Reason::mailbox_full}},
    Row{"Transient", "MessageTooLarge", {soft, Reason::message_too_big}},
    Row{"Transient", "ContentRejected", {block, Reason::content}},
    Row{"Transient", "AttachmentRejected", {block, Reason::content}},
    Row{"Transient", "CustomTimeoutExceeded", {soft, Reason::expired}},
    Row{"", "", {soft, Reason::other}}, // Transient/General, Undetermined, and what may come
};

} // namespace

SesBounce judge_ses_bounce(std::string_view type, std::string_view subtype) {
  const auto* const row = std::find_if(k_rows.begin(), k_rows.end() - 1, [&](const Row& r) {
    return r.type == type && (r.subtype.empty() || r.subtype == subtype);
  });
  return row->bounce;
}

} // namespace mailfunnel
