#include "delivery_line.hpp"
#include "mail_log.hpp"

#include "adapter/decode_sink.hpp"
#include "adapter/framing.hpp"
#include "adapter/registry.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "support/note_sink.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace mailfunnel::postfix {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const Adapter& adapter() {
  static const AdapterRegistry k_registry = [] {
    AdapterRegistry registry;
    postfix::register_adapter(registry);
    return registry;
  }();
  return *k_registry.find("postfix");
}

/// Lines "smtp 5A0C13F2E1: text", a second apart, as a log on mx1.
std::string log_of(const std::vector<std::string>& lines) {
  std::string text;
  Seconds time = 1'778'480'000;
  for (const auto& line : lines) {
    const auto space = line.find(' ');
    text += format_time(time++) + " mx1 postfix/" + line.substr(0, space) +
            "[7]:" + line.substr(space) + "\n";
  }
  text.reserve(text.size() + k_padding);
  return text;
}

void read(const std::vector<std::string>& lines, NoteSink& notes, const LogContext& context = {}) {
  const auto text = log_of(lines);
  const auto reader = adapter().open_log(text, context);
  REQUIRE(reader);
  CHECK(reader->clone() == nullptr); // lines hang together
  read_text(*reader, text, notes);
}

std::vector<std::string> events_of(const std::vector<std::string>& lines) {
  NoteSink notes;
  read(lines, notes);
  CHECK(notes.lines.size() >= lines.size()); // nothing is lost
  return notes.events();
}

using Lines = std::vector<std::string>;

const std::string k_sent = ", relay=mx[192.0.2.1]:25, dsn=2.0.0, status=sent (250 Ok)";
const std::string k_deferred = ", relay=mx[192.0.2.1]:25, dsn=4.0.0, status=deferred (451 later)";

const std::string k_listed = ", relay=mx[192.0.2.1]:25, dsn=4.7.1, status=deferred (host "
                             "mx[192.0.2.1] said: 451 4.7.1 listed in a block list)";

} // namespace

TEST_CASE("postfix: what is ours") {
  struct Row {
    const char* name;
    std::string text;
    bool ours;
  };
  for (const auto& row : {
           Row{"a line of it", "May 11 08:29:41 mx1 postfix/smtp[1]: x", true},
           Row{"another name, a daemon of it", "May 11 08:29:41 mx1 mta7/qmgr[1]: x", true},
           Row{"a service of its own", "May 11 08:29:41 mx1 postfix/relay/smtp[1]: x", true},
           Row{"among other lines",
               "x\n\nMay 11 08:29:41 mx1 cron[1]: x\nMay 11 08:29:41 mx1 "
               "postfix/anvil[1]: x\n",
               true},
           Row{"other programs", "May 11 08:29:41 mx1 exim[1]: x\nMay 11 08:29:41 mx1 smtpd[1]: x",
               false},
           Row{"a word of it in a text", "May 11 08:29:41 mx1 cron[1]: postfix/smtp[1]: x", false},
           Row{"no syslog", "type,timeLogged\n", false},
           Row{"nothing", "", false},
       }) {
    CAPTURE(row.name);
    auto text = row.text;
    text.reserve(text.size() + k_padding);
    CHECK((adapter().open_log(text, {}) != nullptr) == row.ours);
  }
}

TEST_CASE("postfix: only times without a zone ask for one") {
  const auto assumes = [](std::string text, const LogContext& context) {
    text.reserve(text.size() + k_padding);
    return adapter().open_log(text, context)->assumes_utc();
  };
  const std::string zoned = "2026-05-11T08:29:41+02:00 mx1 postfix/smtp[1]: x\n";
  const std::string bare = "May 11 08:29:41 mx1 postfix/smtp[1]: x\n";
  CHECK_FALSE(assumes(zoned, {}));
  CHECK(assumes(bare, {}));
  CHECK(assumes(zoned + bare, {}));
  CHECK_FALSE(assumes(bare, {.zone_given = true}));
}

TEST_CASE("postfix: queue ids") {
  struct Row {
    const char* text;
    const char* id;
  };
  for (const auto& row : {
           Row{"0D9633D: to=", "0D9633D"}, // short: hex digits
           Row{"ED06590130AA1C9D6D862: x", "ED06590130AA1C9D6D862"},
           Row{"4Fq1Zc2Yz1zB3x9: x", "4Fq1Zc2Yz1zB3x9"}, // long: no vowels
           Row{"BCDFGHJKLMNPz: x", "BCDFGHJKLMNPz"},
           Row{"NOQUEUE: reject: x", ""},
           Row{"warning: x", ""},
           Row{"configuration: x", ""},
           Row{"ABCDE: x", ""},
           Row{"0D9633D x: y", ""},
           Row{"0D9633D", ""},
           Row{"", ""},
       }) {
    CAPTURE(row.text);
    std::string_view rest = row.text;
    CHECK(postfix::take_queue_id(rest) == row.id);
    CHECK((rest == row.text) == std::string_view(row.id).empty());
  }
}

TEST_CASE("postfix: the parts of a delivery") {
  postfix::DeliveryLine line;
  CHECK(postfix::read_delivery("to=<a@example.com>, orig_to=<c@example.org>, relay=mx[1]:25, "
                               "delay=1, dsn=5.1.1, status=bounced (host mx said: 550 (no))",
                               line) == "");
  CHECK(line.to == "a@example.com");
  CHECK(line.orig_to == "c@example.org");
  CHECK(postfix::recipient_of(line) == "c@example.org");
  CHECK(line.relay == "mx[1]:25");
  CHECK(line.dsn == "5.1.1");
  CHECK(line.status == "bounced");
  CHECK(line.text == "host mx said: 550 (no)");
  CHECK(postfix::read_delivery("to=a@example.com, orig_to=root, status=sent", line) == "");
  CHECK(line.status == "sent");
  CHECK(line.text == "");
  CHECK(postfix::recipient_of(line) == "a@example.com");
  for (const char* cut : {"to=", "to=<a@example.com", "to=<a@example.com>, relay=mx",
                          "to=<a@example.com>, relay=mx, dsn=2.0.0, stat"}) {
    CAPTURE(cut);
    CHECK(postfix::read_delivery(cut, line) != "");
  }
}

TEST_CASE("postfix: an answer is judged without the names of hosts around it") {
  struct Row {
    const char* text;
    const char* answer;
  };
  for (const auto& row : {
           Row{"host spam.example[192.0.2.1] said: 550 no (in reply to RCPT TO command)", "550 no"},
           Row{"host spam.example[192.0.2.1] refused to talk to me: 421 busy", "421 busy"},
           Row{"delivery temporarily suspended: connect to spam.example[192.0.2.1]:25: Connection "
               "refused",
               "Connection refused"},
           Row{"lost connection with spam.example[192.0.2.1] while sending RCPT TO",
               "lost connection"},
           Row{"conversation with spam.example[192.0.2.1] timed out while sending MAIL FROM",
               "timed out"},
           Row{"host spam.example", "host spam.example"},
           Row{"unknown user: \"bob\"", "unknown user: \"bob\""},
       }) {
    CAPTURE(row.text);
    CHECK(postfix::answer_of(row.text) == row.answer);
  }
}

TEST_CASE("postfix: a short id that comes again is another mail") {
  NoteSink notes;
  read({"cleanup 5A0C13F2E1: message-id=<one>", "qmgr 5A0C13F2E1: from=<a@x.example>, size=1",
        "smtp 5A0C13F2E1: to=<anna@example.com>" + k_deferred,
        // "removed" is missing
        "smtpd 5A0C13F2E1: client=app[198.51.100.7]", "cleanup 5A0C13F2E1: message-id=<two>",
        "qmgr 5A0C13F2E1: from=<b@x.example>, size=1",
        "smtp 5A0C13F2E1: to=<bram@example.com>" + k_sent,
        "qmgr 5A0C13F2E1: from=<b@x.example>, status=expired, returned to sender"},
       notes);
  CHECK(notes.events() == Lines{"deferred anna@example.com", "delivered bram@example.com"});
  CHECK(notes.message_ids == Lines{"one", "two"});
  CHECK(notes.senders == Lines{"a@x.example", "b@x.example"});
}

TEST_CASE("postfix: lines of a mail in another order") {
  NoteSink notes;
  read({"cleanup 5A0C13F2E1: message-id=<one>", "smtpd 5A0C13F2E1: client=app[198.51.100.7]",
        "smtp 5A0C13F2E1: to=<anna@example.com>" + k_sent},
       notes);
  CHECK(notes.message_ids == Lines{"one"});
}

TEST_CASE("postfix: an id is of its host and instance") {
  NoteSink notes;
  auto text = log_of({"cleanup 5A0C13F2E1: message-id=<one>"});
  text += "2026-05-11T08:29:41Z mx2 postfix/smtp[1]: 5A0C13F2E1: to=<a@example.com>" + k_sent +
          "\n2026-05-11T08:29:41Z mx1 out/smtp[1]: 5A0C13F2E1: to=<b@example.com>" + k_sent + "\n";
  text += log_of({"smtp 5A0C13F2E1: to=<c@example.com>" + k_sent});
  text.reserve(text.size() + k_padding);
  read_text(*adapter().open_log(text, {}), text, notes);
  CHECK(notes.message_ids == Lines{"", "", "one"});
}

TEST_CASE("postfix: who was still waiting at the expiry has bounced") {
  NoteSink notes;
  read({"qmgr 5A0C13F2E1: from=<a@x.example>, size=1, nrcpt=3 (queue active)",
        "smtp 5A0C13F2E1: to=<anna@example.com>" + k_deferred,
        "smtp 5A0C13F2E1: to=<bram@example.com>" + k_deferred,
        "qmgr 5A0C13F2E1: from=<a@x.example>, size=1, nrcpt=2 (queue active)",
        "smtp 5A0C13F2E1: to=<anna@example.com>" + k_sent,
        "smtp 5A0C13F2E1: to=<bram@example.com>" + k_listed,
        "qmgr 5A0C13F2E1: from=<a@x.example>, status=force-expired, returned to sender",
        "qmgr 5A0C13F2E1: from=<a@x.example>, status=expired, returned to sender"},
       notes);
  CHECK(notes.events() == Lines{"deferred anna@example.com", "deferred bram@example.com",
                                "delivered anna@example.com", "deferred bram@example.com",
                                "bounce bram@example.com"});
  CHECK(notes.bounces.back() == "block expired");
}

TEST_CASE("postfix: what a filter or an alias passes on is no delivery") {
  const auto to = [](const std::string& rest) {
    return "5A0C13F2E1: to=<anna@example.com>, " + rest;
  };
  const Lines delivered{"delivered anna@example.com"};
  struct Row {
    const char* name;
    Lines lines;
    Lines events;
  };
  for (const auto& row : {
           Row{"amavis",
               {"smtp " + to("relay=127.0.0.1[127.0.0.1]:10024, status=sent (250 2.0.0 "
                             "from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as "
                             "8D3F46C5B4)")},
               {}},
           Row{"amavis by LMTP and IPv6",
               {"lmtp " +
                to("relay=localhost[::1]:10024, status=sent (250 Ok: queued as 8D3F46C5B4)")},
               {}},
           Row{"a filter that says nothing",
               {"smtp " + to("relay=localhost[127.0.0.1]:10024, status=sent (250 Ok)")},
               {}},
           Row{"a mailbox behind LMTP",
               {"lmtp " + to("relay=localhost[127.0.0.1]:24, status=sent (250 2.0.0 Saved)")},
               delivered},
           Row{"another server's queue",
               {"smtp " + to("relay=mx[192.0.2.1]:25, status=sent (250 Ok: queued as 8D3F46C5B4)")},
               delivered},
           Row{"a queue of this log",
               {"smtpd 8D3F46C5B4: client=filter[192.0.2.9]",
                "smtp " +
                    to("relay=filter[192.0.2.9]:25, status=sent (250 Ok: queued as 8D3F46C5B4)"),
                "smtp 8D3F46C5B4: to=<anna@example.com>" + k_sent},
               delivered},
           Row{"an alias",
               {"local " + to("relay=local, status=sent (forwarded as 8D3F46C5B4)")},
               {}},
           Row{"a filter behind a pipe",
               {"pipe " +
                to("relay=spamassassin, status=sent (delivered via spamassassin service)")},
               {}},
           Row{"a mailbox behind a pipe",
               {"pipe " + to("relay=dovecot, status=sent (delivered via dovecot service)")},
               delivered},
       }) {
    CAPTURE(row.name);
    CHECK(events_of(row.lines) == row.events);
  }
}

TEST_CASE("postfix: notifications of its own are no mail of the sender's") {
  CHECK(events_of({"cleanup 6B1D24A3F2: message-id=<n>", "qmgr 6B1D24A3F2: from=<>, size=1",
                   "smtp 6B1D24A3F2: to=<bounce@example.com>" + k_sent}) == Lines{});
  CHECK(events_of({"bounce 5A0C13F2E1: sender non-delivery notification: 6B1D24A3F2",
                   "smtp 6B1D24A3F2: to=<bounce@example.com>" + k_sent}) == Lines{});
  CHECK(events_of({"bounce 5A0C13F2E1: postmaster delay notification: 6B1D24A3F2",
                   "smtp 6B1D24A3F2: to=<bounce@example.com>" + k_deferred,
                   "qmgr 6B1D24A3F2: from=<>, status=expired, returned to sender"}) == Lines{});
  CHECK(events_of({"smtpd 6B1D24A3F2: client=app[198.51.100.7]", "qmgr 6B1D24A3F2: from=<>, size=1",
                   "smtp 6B1D24A3F2: to=<anna@example.com>" + k_sent}) ==
        Lines{"delivered anna@example.com"}); // from elsewhere
}

TEST_CASE("postfix: the mailing of a logged header, else of the command line") {
  const auto header = [](const std::string& text) {
    return "cleanup 5A0C13F2E1: info: header " + text +
           " from app[198.51.100.7]; from=<a@x.example> to=<b@y.example> proto=ESMTP helo=<app>";
  };
  struct Row {
    std::string line;
    const char* campaign;
  };
  for (const auto& row : {
           Row{header("X-Campaign: spring"), "spring"},
           Row{header("x-campaign-id: spring from here"), "spring from here"},
           Row{header("Feedback-ID: spring:shop:news:acme"), "spring"},
           Row{"cleanup 5A0C13F2E1: warning: header X-Job: 17 from local; from=<a@x.example>",
               "17"},
           Row{header("Subject: X-Campaign: spring"), "given"},
           Row{header("X-Campaign:"), "given"},
           Row{"cleanup 5A0C13F2E1: info: header X-Campaign", "given"},
           Row{"cleanup 5A0C13F2E1: info: header ", "given"},
       }) {
    CAPTURE(row.line);
    NoteSink notes;
    read({row.line, "smtp 5A0C13F2E1: to=<anna@example.com>" + k_sent}, notes,
         {.campaign = "given"});
    CHECK(notes.campaigns == Lines{row.campaign});
  }
}

TEST_CASE("postfix: an import is spared what only decode prints") {
  NoteSink notes;
  notes.wanted = {};
  read({"cleanup 5A0C13F2E1: message-id=<one>", "qmgr 5A0C13F2E1: from=<a@x.example>, size=1",
        "smtp 5A0C13F2E1: to=<anna@example.com>" + k_sent},
       notes);
  CHECK(notes.events() == Lines{"delivered anna@example.com"});
  CHECK(notes.senders == Lines{""});
  CHECK(notes.message_ids == Lines{""});
}

TEST_CASE("postfix: a broken line is a reject, and the rest goes on") {
  const auto events = events_of({"smtp 5A0C13F2E1: to=<anna@example.com>, relay=mx",
                                 "smtp 5A0C13F2E1: to=<>" + k_sent,
                                 "smtp 5A0C13F2E1: to=<anna@example.com>" + k_sent});
  REQUIRE(events.size() == 3);
  CHECK(events[0].starts_with("rejected: the line is cut off"));
  CHECK(events[1].starts_with("rejected: no recipient"));
  CHECK(events[2] == "delivered anna@example.com");
}
