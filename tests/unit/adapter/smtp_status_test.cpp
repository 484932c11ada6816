#include "adapter/smtp_status.hpp"

#include "adapter/smtp_phrases.hpp"
#include "base/text.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mailfunnel;

namespace {

struct Row { // NOLINT(clang-analyzer-optin.performance.Padding): in the order of reading
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
    {"a bare 554 is a refusal", "5.0.0", "554 no", block, Reason::policy, "5.0.0", 554},
    {"a word of one provider", "5.0.0", "554 DT:SPM 163 mx", block, Reason::spam, "5.0.0", 554},
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
    {"a code that is repeated on each line", "",
     "550-5.2.1 The user you are trying to contact is receiving mail at a rate that 550-5.2.1 "
     "prevents additional messages from being delivered.",
     soft, Reason::rate_limited, "5.2.1", 550},
    {"the same, on lines of their own", "",
     "550-5.1.1 The email account does\r\n550 5.1.1 not exist", hard, Reason::user_unknown, "5.1.1",
     550},
    {"words with something between them", "", "550 user <ann@example.com> unknown in virtual table",
     hard, Reason::user_unknown, "", 550},
    {"too far apart", "",
     "550 user of this house, be it said here with no haste and many more words than anybody would "
     "ever want to read, unknown in it",
     block, Reason::policy, "", 550},
    {"words in a bare address mean nothing", "", "550 5.1.1 blocked@example.com: no such user here",
     hard, Reason::user_unknown, "5.1.1", 550},
    {"nor where they alone would speak", "", "550 spam@blacklist.example.com", block,
     Reason::policy, "", 550},
    {"an address at the end", "", "451 try spam@", soft, Reason::other, "", 451},
    {"a provider's code before the words beside it", "", "550 5.1.0 sender rejected. AUP#In-1310",
     soft, Reason::rate_limited, "5.1.0", 550},
    {"a sender that is refused", "", "501 5.1.8 Sender address rejected", block, Reason::policy,
     "5.1.8", 501},
    {"a sender whose domain is unknown", "",
     "553 5.1.8 Domain of sender address a@example.com does not exist", block, Reason::policy,
     "5.1.8", 553},
    {"a domain that does not exist", "", "550 The domain example.net does not exist", hard,
     Reason::host_unknown, "", 550},
    {"a server's own trouble", "", "451 4.3.0 Error: queue file write error", soft, Reason::other,
     "4.3.0", 451},
    {"full, in words of disks", "", "452 4.3.1 Insufficient system storage", soft,
     Reason::mailbox_full, "4.3.1", 452},
    {"full and inactive", "",
     "552-5.2.2 The recipient's inbox is out of storage space and inactive.", soft,
     Reason::mailbox_full, "5.2.2", 552},
    {"locked for months is for good", "",
     "550 5.7.1 User a@example.com temporary locked. Please "
     "try again later!",
     hard, Reason::mailbox_disabled, "5.7.1", 550},
    {"too large", "", "552 5.3.4 Message size exceeds fixed limit", soft, Reason::message_too_big,
     "5.3.4", 552},
    {"not tried", "5.1.1", "Amazon SES has suppressed sending to this address", hard,
     Reason::suppressed, "5.1.1"},
    {"French", "", "552 5.1.1 Boite du destinataire pleine. OFR_417", soft, Reason::mailbox_full,
     "5.1.1", 552},
    {"Dutch", "", "550 Onbekende gebruiker", hard, Reason::user_unknown, "", 550},
    {"SPF beats what else the answer says", "",
     "550 5.7.26 an SPF record with a hard fail policy; to protect our users from spam", block,
     Reason::auth, "5.7.26", 550},
    {"a URL in a list of links", "", "550-REJECTED - Blacklisted URL in message", block,
     Reason::spam, "", 550},
    {"at the greeting", "", "host mx.example.com refused to talk to me: 421 not now", soft,
     Reason::blocked_ip, "", 421},
    {"a loop", "", "554 5.4.6 Too many hops", soft, Reason::network, "5.4.6", 554},
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

TEST_CASE("smtp status: whether words or codes decided") {
  CHECK(judge_smtp("", "550 no such user").by_words);
  CHECK(judge_smtp("", "451 queue file write error").by_words);
  CHECK_FALSE(judge_smtp("5.1.1", "550 no").by_words);
  CHECK_FALSE(judge_smtp("", "").by_words);
}

TEST_CASE("smtp status: every phrase is found, or one before it says the same") {
  for (const auto& phrase : smtp_phrases::k_table) {
    const std::string words(phrase.words);
    CAPTURE(words);
    CHECK(words == lower(words));
    auto text = replace_all(replace_all(words, "*", "x"), "^", "");
    text = text.ends_with('$') ? text.substr(0, text.size() - 1) : text;
    const auto got = judge_smtp("", "550 " + text);
    CHECK(got.by_words);
    CHECK(name_of(got.reason) == name_of(phrase.reason));
    CHECK(name_of(got.klass) == name_of(phrase.klass));
  }
}

TEST_CASE("smtp status: what is judged a second time is the same, of the text that was given") {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 500; ++i) { // more than are remembered
      const std::string status = i % 3 == 0 ? "5.2.2" : "";
      const auto text = "550 5.1." + std::to_string(i % 9) + " no such user " + std::to_string(i);
      const auto verdict = judge_smtp(status, text);
      CHECK(verdict.code == 550);
      const auto& from = status.empty() ? text : verdict.status == status ? status : text;
      CHECK(verdict.status.data() >= from.data());
      CHECK(verdict.status.data() + verdict.status.size() <= from.data() + from.size());
      const auto again = judge_smtp(status, text);
      CHECK(again.klass == verdict.klass);
      CHECK(again.reason == verdict.reason);
      CHECK(again.status.data() == verdict.status.data());
    }
  }
}

TEST_CASE("smtp status: hostile answers cost little") {
  for (const char* piece : {"<", "user ", "5.", "550 5.1.1 ", "u", " ", "<a@", "message ",
                            "user a ", "@", "a@a", "domain ", "550-"}) {
    std::string text;
    while (text.size() < (1U << 20)) {
      text += piece;
    }
    (void)judge_smtp(text, text);
  }
}
