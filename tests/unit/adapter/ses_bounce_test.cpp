#include "adapter/ses_bounce.hpp"

#include <doctest/doctest.h>

using namespace mailfunnel;

TEST_CASE("bounce types of SES: class, reason, and whether it was tried at all") {
  struct Row {
    std::string_view type, subtype;
    BounceClass klass;
    BounceReason reason;
    bool not_tried;
  };
  for (const auto& row :
       {Row{"Permanent", "NoEmail", BounceClass::hard, BounceReason::user_unknown, false},
        Row{"Permanent", "Quantum", BounceClass::hard, BounceReason::other, false},
        Row{"Permanent", "OnAccountSuppressionList", BounceClass::hard, BounceReason::suppressed,
            true},
        Row{"Permanent", "UnsubscribedRecipient", BounceClass::none, BounceReason::unsubscribed,
            true},
        Row{"Transient", "MailboxFull", BounceClass::soft, BounceReason::mailbox_full, false},
        Row{"Transient", "ContentRejected", BounceClass::block, BounceReason::content, false},
        Row{"Transient", "General", BounceClass::soft, BounceReason::other, false},
        Row{"Quantum", "NoEmail", BounceClass::soft, BounceReason::other, false},
        Row{"", "", BounceClass::soft, BounceReason::other, false}}) {
    CAPTURE(row.type);
    CAPTURE(row.subtype);
    const auto bounce = judge_ses_bounce(row.type, row.subtype);
    CHECK(bounce.klass == row.klass);
    CHECK(bounce.reason == row.reason);
    CHECK(bounce.not_tried == row.not_tried);
  }
}
