#include "report_fields.hpp"

#include "adapter/decode_sink.hpp"
#include "adapter/framing.hpp"
#include "adapter/registry.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace mailfunnel::dsn {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const Adapter& adapter() {
  static const AdapterRegistry k_registry = [] {
    AdapterRegistry registry;
    dsn::register_adapter(registry);
    return registry;
  }();
  return *k_registry.find("dsn");
}

/// The lines that `decode` prints; "not ours" when the adapter does not take it.
std::string decode(std::string text, const LogContext& context = {}) {
  text.reserve(text.size() + k_padding);
  const auto reader =
      adapter().open_log(std::string_view(text).substr(0, std::size_t{64} << 10), context);
  if (!reader) {
    return "not ours";
  }
  std::string out;
  DecodeSink sink("dsn", "x", [&out](std::string_view line) { out += line; });
  sink.begin_chunk(text);
  read_text(*reader, text, sink);
  sink.end_chunk();
  return out;
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

/// A report in words, from a mail server.
std::string told(const std::string& body, const std::string& subject = "failure notice") {
  return "From: MAILER-DAEMON@mx.example.net\nTo: bounce@news.example.com\nDate: Mon, 11 May 2026 "
         "08:30:03 +0200\nSubject: " +
         subject + "\n\n" + body;
}

/// A report with these blocks of fields.
std::string fields(const std::string& blocks, const std::string& human = "") {
  return "From: MAILER-DAEMON@mx.example.net\nDate: Mon, 11 May 2026 08:30:03 +0200\nContent-Type: "
         "multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n" +
         human + "\n--b\nContent-Type: message/delivery-status\n\n" + blocks + "\n--b--\n";
}

struct Row {
  const char* name;
  std::string mail;
  std::vector<std::string> parts; // each stands in what is printed
  std::size_t lines = 1;
};

void check(const Row& row) {
  CAPTURE(row.name);
  const auto out = decode(row.mail);
  CAPTURE(out);
  CHECK(count(out, "\n") == row.lines);
  for (const auto& part : row.parts) {
    CAPTURE(part);
    CHECK(out.find(part) != std::string::npos);
  }
}

const std::string k_ann = R"("address":"ann@example.com")";
const std::string k_unknown = R"("class":"hard")", k_no_user = R"("reason":"user_unknown")";

} // namespace

TEST_CASE("dsn: reports in words") {
  for (const auto& row : {
           Row{"Postfix, from before it knew fields",
               told("<ann@example.com>: host mx.example.com[192.0.2.1] said: 550 5.1.1\n"
                    "    <ann@example.com>: User unknown (in reply to RCPT TO command)\n"),
               {k_ann, k_unknown, k_no_user, R"("status":"5.1.1","code":550)"}},
           Row{"an address that it was sent on to",
               told("<ann@example.com> (expanded from <info@example.com>): mail for example.com "
                    "loops\n    back to myself\n"),
               {k_ann, R"("class":"soft")", R"("reason":"network")"}},
           Row{"sendmail, without fields",
               told("   ----- The following addresses had permanent fatal errors -----\n"
                    "<ann@example.com>\n    (reason: 552 5.2.2 over quota)\n\n"
                    "   ----- Transcript of session follows -----\n"
                    "... while talking to mx.example.com.:\n>>> DATA\n<<< 552 5.2.2 over quota\n"),
               {k_ann, R"("class":"soft")", R"("reason":"mailbox_full")"}},
           Row{"sendmail 5: the answers stand above",
               told("   ----- Transcript of session follows -----\n"
                    "While talking to mx.example.com:\n>>> RCPT To:<ann@example.com>\n"
                    "<<< 550 No such user here.\n550 <ann@example.com>... Rejected\n"
                    "554 <bo@example.org>... 550 Host unknown\n"
                    "421 example.net (smtp)... Deferred: Connection timed out\n\n"
                    "   ----- Unsent message follows -----\nTo: ann@example.com\n"),
               {k_ann, k_no_user, R"("address":"bo@example.org")", R"("reason":"host_unknown")"},
               2},
           Row{"qmail, with what it tells in the end",
               told("Hi. This is the qmail-send program at mx.example.net.\n\n<ann@example.com>:\n"
                    "192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 no such user\n"
                    "Giving up on 192.0.2.1.\n"),
               {k_ann, k_unknown, k_no_user}},
           Row{"InterScan",
               told("Unable to deliver message to <ann@example.com>\nSent <<< RCPT TO:"
                    "<ann@example.com>\nReceived >>> 550 5.1.1 unknown user\n"),
               {k_ann, k_no_user}},
           Row{"MailMarshal",
               told("Your message:\n   From:    news@example.com\n   Subject: May\n"
                    "Could not be delivered because of\n\n550 5.1.1 User unknown\n\n"
                    "The following recipients were affected:\n    ann@example.com\n"),
               {k_ann, k_no_user}},
           Row{"T-Online",
               told("|---------- Failed addresses follow: ----------|\n"
                    " <ann@example.com> ... unknown user\n"
                    "|---------- Message text follows: ----------|\n"),
               {k_ann, k_no_user}},
           Row{"Biglobe: the reason below a rule of dashes",
               told("   ----- The following addresses had delivery problems -----\n"
                    "ann@example.com\n\n   ----- Non-delivered information -----\n"
                    "The number of messages in recipient's mailbox exceeded the local limit.\n"),
               {k_ann, R"("reason":"mailbox_full")"}},
           Row{"a dialogue",
               told("Transcript of session follows.\n\n Out: 220 mx ESMTP\n In:  RCPT "
                    "TO:<ann@example.com>\n Out: 250 2.1.5 Ok\n In:  DATA\n"
                    " Out: 451 4.3.0 Error: queue file write error\n"),
               {k_ann, R"("status":"4.3.0","code":451)"}},
           Row{"Exchange 2007, the text alone",
               told(
                   "Delivery has failed to these recipients:\n\nann@example.com\n\n"
                   "Diagnostic information for administrators:\n\nGenerating server: mx.example\n\n"
                   "ann@example.com\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n"),
               {k_ann, k_no_user}},
           Row{"Gmail: the reason in a paragraph of its own",
               told("Delivery to the following recipient failed permanently:\n\n"
                    "     ann@example.com\n\nTechnical details of permanent failure:\n"
                    "Google tried to deliver your message, but it was rejected.\n"
                    "The error that the other server returned was:\n550 5.1.1 no such user\n\n"
                    "----- Original message -----\n\nTo: ann@example.com\nX-Campaign: c1\n"),
               {k_ann, k_no_user, R"("campaign":"c1")"}},
           Row{"X-Failed-Recipients alone",
               "From: a@example.com\nX-Failed-Recipients: ann@example.com\nDate: Mon, 11 May 2026 "
               "08:30:03 +0200\n\nIt did not work: mailbox is full\n",
               {k_ann, R"("reason":"mailbox_full")"}},
           Row{"nothing but the returned mail names somebody",
               told("No.\n\n--- Below this line is a copy of the message.\n\nTo: Ann "
                    "<ann@example.com>\n"),
               {k_ann, R"("class":"soft","reason":"other")"}},
           Row{"words in another language, no code",
               told("ann@example.com\n\nDeze postbus bestaat niet.\n"),
               {k_ann, R"("class":"soft","reason":"other")"}},
           Row{"a delay",
               told("<ann@example.com>:\nConnection refused\n", "Warning: message 1 delayed"),
               {R"({"kind":"bounce")"}},
           Row{"a delay that says so",
               told("Your mail has not yet been delivered:\n\n  ann@example.com\n"
                    "    550 5.1.1 user unknown, but I try on\n"),
               {R"({"kind":"deferred")", k_ann, R"("class":"soft")"}},
           Row{"the same person twice",
               told("<ann@example.com>:\nno such user\n\n"
                    "<Ann@example.com>:\nno such user\n"),
               {k_ann}},
           Row{"nobody",
               told("Something went wrong.\n"),
               {R"({"rejected":"a bounce that names no)"}},
           Row{"no date",
               "From: MAILER-DAEMON@example.com\nSubject: x\n\n<ann@example.com>:\nno\n",
               {R"({"rejected":"no Date in this report")"}},
           Row{"no date but a Received",
               "Received: from a by b; Mon, 11 May 2026 08:30:03 +0200\nFrom: MAILER-DAEMON@b\n"
               "\n<ann@example.com>:\nno such user\n",
               {R"("time":"2026-05-11T06:30:03Z")"}},
       }) {
    check(row);
  }
}

TEST_CASE("dsn: reports in fields") {
  const std::string good = "Final-Recipient: rfc822; ann@example.com\nAction: failed\n";
  for (const auto& row : {
           Row{"all in one block",
               fields("Reporting-MTA: dns; a\n" + good +
                      "Status: 5.1.1\nDiagnostic-Code: smtp; 550 "
                      "5.1.1 no such user\n"),
               {k_ann, k_no_user}},
           Row{"recipients without a line between them",
               fields(good + "Status: 5.1.1\nFinal-Recipient: rfc822; bo@example.com\nAction: "
                             "delayed\nStatus: 4.2.2\n"),
               {k_ann, R"({"kind":"deferred","address":"bo@example.com")"},
               2},
           Row{"a forwarded address: the sender's own is meant",
               fields("Original-Recipient: rfc822; ann@example.com\nFinal-Recipient: rfc822; "
                      "x@example.org\nAction: failed\nStatus: 5.1.1\n"),
               {k_ann, R"("final_recipient":"x@example.org")"}},
           Row{"xtext",
               fields("Original-Recipient: rfc822;ann+2Bnews@example.com\nAction: failed\n"),
               {R"("address":"ann+news@example.com")"}},
           Row{"a plus that is one",
               fields("Original-Recipient: rfc822;ann+2Bnews@example.com\nFinal-Recipient: "
                      "rfc822;ann+2Bnews@example.com\nAction: failed\n"),
               {R"("address":"ann+2Bnews@example.com")"}},
           Row{"no type before the address",
               fields("Original-Recipient: <ann@example.com>\nAction: "
                      "failed\nStatus: 5.1.1\n"),
               {k_ann, k_no_user}},
           Row{"a status with a comment",
               fields(good + "Status: 5.1.1 (bad address)\n"),
               {R"("status":"5.1.1")"}},
           Row{"the code in the answer is the better one",
               fields(good + "Status: 5.0.0\nDiagnostic-Code: smtp; 550 5.7.26 <a@b>: no\n"),
               {R"("status":"5.7.26")", R"("reason":"auth")"}},
           Row{"an answer of several lines, not folded",
               fields(good +
                      "Status: 5.0.0\nDiagnostic-Code: smtp; 550 the mailbox\nof Ann is full: "
                      "over quota\n"),
               {R"("reason":"mailbox_full")"}},
           Row{"words of people where the fields tell nothing",
               fields(good + "Status: 5.0.0\n", "<ann@example.com>: 550 5.1.1 no such user\n"),
               {k_no_user, R"("status":"5.1.1","code":550)"}},
           Row{"a file instead of an address",
               fields("Final-Recipient: rfc822;/var/mail/ann\nAction: failed\nStatus: 5.0.0\n",
                      "  save to /var/mail/ann\n    generated by ann@example.com\n    mailbox is "
                      "full\n"),
               {k_ann, R"("reason":"mailbox_full")"}},
           Row{"a failure of a temporary kind is soft",
               fields(good + "Status: 4.4.7\nDiagnostic-Code: smtp; 451 4.4.7 message expired\n"),
               {R"({"kind":"bounce")", R"("class":"soft")", R"("reason":"expired")"}},
           Row{"delivered",
               fields("Final-Recipient: rfc822; ann@example.com\nAction: delivered\n"
                      "Status: 2.1.5\n"),
               {R"({"kind":"delivered")", R"("native":"delivered")"}},
           Row{"no action",
               fields("Final-Recipient: rfc822; ann@example.com\nStatus: 5.1.1\n"),
               {R"({"kind":"bounce")", k_no_user}},
           Row{"an action of tomorrow",
               fields("Final-Recipient: rfc822; ann@example.com\nAction: "
                      "teleported\n"),
               {R"({"kind":"unknown")", R"("native":"teleported")"}},
           Row{"the report is about a report",
               "From: gateway@example.net\nDate: Mon, 11 May 2026 08:30:03 +0200\nSubject: "
               "Returned "
               "mail\nContent-Type: multipart/mixed; boundary=o\n\n--o\n\nSee below.\n--o\n"
               "Content-Type: message/rfc822\n\n" +
                   fields(good + "Status: 5.1.1\n") + "\n--o--\n",
               {k_ann, k_no_user}},
           Row{"fields in the text of people",
               told(
                   "Technical report:\n\nReporting-MTA: dsn; a\n\nAction: failed\nFinal-Recipient: "
                   "rfc822; ann@example.com\nDiagnostic-Code: smtp; 550 5.1.1 no\nStatus: 5.1.1\n"),
               {k_ann, k_no_user}},
           Row{"the last attempt is when it happened",
               fields(good + "Last-Attempt-Date: Sun, 10 May 2026 08:00:00 +0000\n"),
               {R"("time":"2026-05-10T08:00:00Z")"}},
       }) {
    check(row);
  }
}

TEST_CASE("dsn: complaints and auto-replies") {
  const auto report = [](const std::string& fields, const std::string& returned) {
    return "From: fbl@provider.example\nDate: Mon, 11 May 2026 08:30:03 +0200\nContent-Type: "
           "multipart/report; report-type=feedback-report; boundary=b\n\n--b\nContent-Type: "
           "message/feedback-report\n\n" +
           fields + "\n--b\nContent-Type: text/rfc822-headers\n\n" + returned + "\n--b--\n";
  };
  const auto away = [](const std::string& header) {
    return "From: Ann <ann@example.com>\nDate: Mon, 11 May 2026 08:30:03 +0200\n" + header +
           "\n\nI am away.\n";
  };
  const std::string complaint = R"({"kind":"complaint")", unknown = R"({"kind":"unknown")";
  const std::string reply = R"("native":"auto_reply")";
  for (const auto& row : {
           Row{"named",
               report("Feedback-Type: abuse\nOriginal-Rcpt-To: <ann@example.com>\n", ""),
               {complaint, k_ann, R"("native":"abuse")"}},
           Row{"several",
               report("Feedback-Type: fraud\nOriginal-Rcpt-To: ann@example.com\n"
                      "Original-Rcpt-To: bo@example.com\n",
                      ""),
               {complaint, k_ann, R"("address":"bo@example.com")"},
               2},
           Row{"the returned mail names one",
               report("Feedback-Type: abuse\n", "To: ann@example.com\n"),
               {complaint, k_ann}},
           Row{"the return path does",
               report("Feedback-Type: abuse\nOriginal-Mail-From: <b+ann=example.com@n.example>\n",
                      "To: hidden\n"),
               {complaint, k_ann}},
           Row{"hidden",
               report("Feedback-Type: abuse\nOriginal-Rcpt-To: redacted@example.com\n", ""),
               {R"({"rejected":"a report of \"abuse\")"}},
           Row{"not spam after all",
               report("Feedback-Type: not-spam\n", "To: ann@example.com\n"),
               {unknown, R"("native":"not-spam")"}},
           Row{"a server's word on DKIM",
               report("Feedback-Type: auth-failure\n", "To: ann@example.com\n"),
               {unknown, R"("native":"auth-failure")"}},
           Row{"opt-out",
               report("Feedback-Type: opt-out\nRemoval-Recipient: ann@example.com\n", ""),
               {R"({"kind":"unsubscribe")", k_ann}},
           Row{"a type of tomorrow",
               report("Feedback-Type: shouting\n", "To: ann@example.com\n"),
               {unknown, R"("native":"shouting")"}},
           Row{"RFC 3834", away("Auto-Submitted: auto-replied"), {unknown, k_ann, reply}},
           Row{"Exchange, French",
               away("Subject: Réponse automatique : Nouvelles"),
               {unknown, k_ann, reply}},
           Row{"iCloud",
               away("X-Apple-Action: VACATION\nSubject: Auto reply: x"),
               {unknown, reply}},
           Row{"old programs", away("Precedence: auto_reply\nSubject: Re: x"), {unknown, reply}},
           Row{"what it answers to",
               away("In-Reply-To: <c1@news.example.com>\nAuto-Submitted: "
                    "auto-replied"),
               {R"("message_id":"c1@news.example.com")"}},
           Row{"a bounce that says auto-replied is none",
               told("<ann@example.com>:\nno such user\n", "x\nAuto-Submitted: auto-replied"),
               {R"({"kind":"bounce")"}},
       }) {
    check(row);
  }
}

TEST_CASE("dsn: what is ours") {
  struct Input {
    const char* name;
    std::string text;
    bool ours;
  };
  for (const auto& row : {
           Input{"a bounce", told("x"), true},
           Input{"nobody as sender", "Return-Path: <>\nFrom: a@example.com\nSubject: x\n\nx", true},
           Input{"any mbox",
                 "From a@example.com Mon May 11 08:30:03 2026\nFrom: a@b.c\nTo: c@d.e\n\nx", true},
           Input{"a bounce by its first words",
                 "Date: x\nTo: a@example.com\n\nHi. This is the qmail-send program at x.\n", true},
           Input{"lines end in CR", replace_all(told("x"), "\n", "\r"), true},
           Input{"a person's mail",
                 "From: ann@example.com\nSubject: Hello\nTo: bo@example.com\n\nx", false},
           Input{"a campaign",
                 "From: news@example.com\nSubject: News\nList-ID: <n.example>\nList-Unsubscribe: "
                 "<https://example.com/u>\nPrecedence: bulk\nContent-Type: text/html\n\n<p>Hi</p>",
                 false},
           Input{"a campaign that says it is a robot's",
                 "From: news@example.com\nSubject: News\nAuto-Submitted: auto-generated\n\nHi",
                 false},
           Input{"sent by a robot, but not back", "From: a@example.com\nAuto-Submitted: no\n\nx",
                 false},
           Input{"CSV", "From,Subject\npostmaster,x\n", false},
           Input{"JSON", "{\"From\": \"MAILER-DAEMON\"}\n", false},
           Input{"nothing", "", false},
           Input{"one field", "From: MAILER-DAEMON", false},
       }) {
    CAPTURE(row.name);
    CHECK((adapter().open_log(row.text, {}) != nullptr) == row.ours);
  }
  CHECK(decode("Return-Path: <>\nFrom: a@example.com\nSubject: Hello\n\nHow are you?\n").empty());
}

TEST_CASE("dsn: mails of an mbox stand alone, and lose their quotes") {
  const std::string from = "From MAILER-DAEMON Mon May 11 08:30:03 2026\n";
  const auto box = from + told("<ann@example.com>:\n>From now on: no such user\n") + "\n" + from +
                   "From: MAILER-DAEMON@b\nSubject: x\n\n<bo@example.com>:\nover quota\n";
  const auto out = decode(box);
  CHECK(count(out, "\n") == 2);
  CHECK(out.find("From now on: no such user") != std::string::npos);
  CHECK(out.find(">From") == std::string::npos);
  CHECK(out.find(R"("address":"bo@example.com","time":"2026-05-11T08:30:03Z")") !=
        std::string::npos); // of the From_ line
}

TEST_CASE("dsn: a mailing that the reports do not name") {
  LogContext context;
  context.campaign = "spring";
  CHECK(decode(told("<ann@example.com>:\nno\n"), context).find(R"("campaign":"spring")") !=
        std::string::npos);
}

TEST_CASE("dsn: types before values, xtext") {
  CHECK(dsn::without_type("rfc822; a@b") == "a@b");
  CHECK(dsn::without_type("smtp;550 no") == "550 no");
  CHECK(dsn::without_type("550 no; really") == "550 no; really");
  CHECK(dsn::decode_xtext("ann+2Bnews+3Dx@example.com") == "ann+news=x@example.com");
  CHECK(dsn::decode_xtext("ann+41@example.com+2") == "ann+41@example.com+2");
}

TEST_CASE("dsn: hostile mails cost little") {
  constexpr std::size_t k_size = std::size_t{9} << 20;
  const auto filled = [](std::string text, std::string_view piece) {
    while (text.size() < k_size) {
      text += piece;
    }
    return text;
  };
  const auto open_fields = [](const std::string& human) { // its last part has no end
    const auto report = fields("Reporting-MTA: dns; a\n\n", human);
    return report.substr(0, report.rfind("--b--"));
  };
  std::string many;
  for (int i = 0; i < 2000; ++i) {
    many += "<a" + std::to_string(i) + "@b.c>: no\n";
  }
  (void)decode(filled(open_fields(many), "Final-Recipient: rfc822; x@b.c\nAction: failed\n\n"));
  const std::string header = told("");
  for (const std::string_view piece :
       {"a@b.example\n", "<ann@example.com>: no\n", "rcpt to: ", "@", "<", "\"@", "a@\n", ">",
        "From ", "reason: x\n", "550 <a@b.c>... x\n", "\n\n", "--b\n"}) {
    CAPTURE(piece);
    (void)decode(filled(header, piece));
    (void)decode(filled(open_fields(""), piece));
  }
  (void)decode(filled("From: MAILER-DAEMON@x\nSubject: x\n", "Content-Type: message/rfc822\n\n"));
  (void)decode(filled("From: MAILER-DAEMON@x\nSubject: x\nTo: ", "a@b.c, "));
  (void)decode(filled("From: MAILER-DAEMON@x\nX-Failed-Recipients: ", "a@b.c, "));
  (void)decode(
      filled("From: MAILER-DAEMON@x\nSubject: x\nContent-Type: text/html\n\n", "<style><!--"));
  (void)decode(filled("From a Mon May 11 08:30:03 2026\nA: b\nC: d\n\n",
                      "From a Mon May 11 08:30:03 2026\n\n"));
  std::string deep = "From: MAILER-DAEMON@x\nContent-Type: multipart/mixed; boundary=b0\n\n";
  for (int i = 0; i < 20'000; ++i) {
    const auto n = std::to_string(i), m = std::to_string(i + 1);
    deep += "--b" + n + "\nContent-Type: multipart/mixed; boundary=b" + m + "\n\n";
  }
  (void)decode(deep);
}
