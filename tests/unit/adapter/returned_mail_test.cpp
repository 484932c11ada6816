#include "adapter/returned_mail.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mailfunnel;

TEST_CASE("returned mail: judged by its delivery report, else by its text") {
  struct Row {
    const char* name;
    std::string mail;
    BounceClass klass;
    BounceReason reason;
    const char* status;
    const char* diagnostic;
  };
  for (const auto& row : {
           Row{"a report",
               "Subject: returned\r\n\r\nFinal-Recipient: rfc822; a@x.be\r\nstatus: 5.1.1\r\n"
               "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n",
               BounceClass::hard, BounceReason::user_unknown, "5.1.1", "550 5.1.1 no such user"},
           Row{"a status alone", "Status: 4.2.2\n", BounceClass::soft, BounceReason::mailbox_full,
               "4.2.2", ""},
           Row{"an answer alone", "Diagnostic-Code: X-Postfix; mailbox full\n", BounceClass::soft,
               BounceReason::mailbox_full, "", "X-Postfix; mailbox full"},
           Row{"words alone", "Your mail to a@x.be: user unknown\n", BounceClass::hard,
               BounceReason::user_unknown, "", ""},
           Row{"not at the start of a line", "X Status: 5.1.1\n", BounceClass::hard,
               BounceReason::user_unknown, "5.1.1", ""},
           Row{"nothing", "", BounceClass::soft, BounceReason::other, "", ""},
       }) {
    CAPTURE(row.name);
    const auto bounce = judge_returned_mail(row.mail);
    CHECK(bounce.klass == row.klass);
    CHECK(bounce.reason == row.reason);
    CHECK(bounce.status == row.status);
    CHECK(bounce.diagnostic == row.diagnostic);
  }
}
