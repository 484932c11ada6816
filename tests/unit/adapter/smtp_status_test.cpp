#include "adapter/smtp_status.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mailfunnel;

namespace {

struct Row {
  const char* name;
  const char* status;
  const char* text;
  BounceClass klass;
  BounceReason reason;
  const char* want_status = "";
  int want_code = 0;
};

using enum BounceClass;
using Reason = BounceReason;

const Row k_rows[] = {
    {"a bare 554 is a refusal", "5.0.0", "554 DT:SPM 163 mx", block, Reason::policy, "5.0.0", 554},
    {"words on a list beat 5.1.1", "5.1.1", "550 5.1.1 <a@example.com> blocked using spamhaus",
     block, Reason::blocked_ip, "5.1.1", 550},
    {"a full mailbox is soft though 5.2.2 is permanent", "5.2.2", "552 5.2.2 mailbox full", soft,
     Reason::mailbox_full, "5.2.2", 552},
    {"spam", "5.7.1", "550-5.7.1 likely unsolicited mail", block, Reason::spam, "5.7.1", 550},
    {"no answer", "4.4.1", "connect to mx.example.com: no answer", soft, Reason::network, "4.4.1"},
    {"host not found", "5.4.4", "Host or domain name not found", hard, Reason::host_unknown,
     "5.4.4"},
    {"words alone make 550 hard", "", "550 No such user here", hard, Reason::user_unknown, "", 550},
    {"550 without words on the mailbox", "", "550 rejected", block, Reason::policy, "", 550},
    {"words that no rule knows", "", "postbus bestaat niet meer", soft, Reason::other},
    {"nothing at all", "", "", soft, Reason::other},
    {"status alone", "5.1.1", "", hard, Reason::user_unknown, "5.1.1"},
    {"status with white space", " 5.1.1 ", "", hard, Reason::user_unknown, "5.1.1"},
    {"status that is none", "five", "", soft, Reason::other},
    {"x.0.0 says nothing: the reply code does", "5.0.0", "452 try it later", soft,
     Reason::mailbox_full, "5.0.0", 452},
    {"a temporary answer is never hard", "", "450 4.1.1 user unknown", soft, Reason::user_unknown,
     "4.1.1", 450},
    {"the three digits know better than the enhanced code", "",
     "554 4.4.7 Message expired <421 4.4.2 Connection timed out>", soft, Reason::expired, "4.4.2",
     554},
    {"words in an address mean nothing", "",
     "550 5.7.25 <blocked@spam.example>: Reverse DNS failed", block, Reason::blocked_ip, "5.7.25",
     550},
    {"an IP address is no code", "", "host 5.1.1.2 said: 421 busy", soft, Reason::other, "", 421},
    {"a version is no code", "", "Exim v4.9.4 said 550 no", block, Reason::policy, "", 550},
    {"success", "", "250 2.0.0 OK spam", none, Reason::other, "2.0.0", 250},
    {"a line broken in the middle of the words", "", "550 user\r\n  unknown", hard,
     Reason::user_unknown, "", 550},
    {"null MX", "5.1.10", "", hard, Reason::host_unknown, "5.1.10"},
    {"mail flood, as IANA has it", "4.7.28", "", block, Reason::rate_limited, "4.7.28"},
    {"a domain that takes no mail", "", "556 no", hard, Reason::host_unknown, "", 556},
    {"DMARC", "", "554 5.7.1 rejected due to example.com's DMARC policy", block, Reason::auth,
     "5.7.1", 554},
    {"greylisting", "", "451 4.7.1 Greylisting in action", soft, Reason::rate_limited, "4.7.1",
     451},
    {"relaying", "", "554 5.7.1 Relay access denied", soft, Reason::relay_denied, "5.7.1", 554},
    {"an account that is locked", "",
     "550 5.2.1 The email account that you tried to reach is disabled", hard,
     Reason::mailbox_disabled, "5.2.1", 550},
};

} // namespace

TEST_CASE("smtp status: class, reason and codes of an answer") {
  for (const auto& row : k_rows) {
    CAPTURE(row.name);
    const auto got = judge_smtp(row.status, row.text);
    CHECK(name_of(got.klass) == name_of(row.klass));
    CHECK(name_of(got.reason) == name_of(row.reason));
    CHECK(got.status == row.want_status);
    CHECK(got.code == row.want_code);
  }
}

TEST_CASE("smtp status: hostile answers cost little") {
  for (const char* piece : {"<", "user ", "5.", "550 5.1.1 ", "u", " ", "<a@", "message "}) {
    std::string text;
    while (text.size() < (1U << 20)) {
      text += piece;
    }
    (void)judge_smtp(text, text);
  }
}
