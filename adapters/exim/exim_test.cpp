#include "log_line.hpp"

#include "adapter/adapter.hpp"
#include "adapter/framing.hpp"
#include "adapter/registry.hpp"
#include "base/json.hpp"
#include "support/note_sink.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace mailfunnel::exim {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

using Lines = std::vector<std::string>;

const Adapter& adapter() {
  static const AdapterRegistry k_registry = [] {
    AdapterRegistry registry;
    exim::register_adapter(registry);
    return registry;
  }();
  return *k_registry.find("exim");
}

constexpr auto k_id = "1uE3kq-00000000a1B-2Zx9 ";

/// Lines of one mail, "=> anna@example.com R=x", as a log.
void read(const Lines& lines, NoteSink& notes, const LogContext& context = {}) {
  std::string text;
  for (const auto& line : lines) {
    text += "2026-05-11 08:29:40 " + std::string(k_id) + line + "\n";
  }
  text.reserve(text.size() + k_padding);
  const auto reader = adapter().open_log(text, context);
  REQUIRE(reader);
  CHECK(reader->clone() == nullptr); // lines hang together
  read_text(*reader, text, notes);
  CHECK(notes.lines.size() >= lines.size()); // nothing is lost
}

exim::LogLine parsed(std::string_view text) {
  exim::LogLine line;
  exim::read_line(text, line);
  return line;
}

} // namespace

TEST_CASE("exim: what is ours, and whether it lacks a zone") {
  struct Row {
    const char* name;
    std::string text;
    const char* found;
  };
  const std::string zoned = "2026-05-11 08:29:40 +0200 1uE3kq-00000000a1B-2Zx9 Completed\n";
  for (const auto& row : {
           Row{"a new id", "2026-05-11 08:29:40 1uE3kq-00000000a1B-2Zx9 Completed", "no zone"},
           Row{"an old id", "2026-05-11 08:29:40 16ZCW1-0005MB-00 Completed", "no zone"},
           Row{"a zone", zoned, "zone"},
           Row{"a zone and none", zoned + "2026-05-11 08:29:40 exim daemon started\n", "no zone"},
           Row{"syslog", "2026-05-11T08:29:40Z mx1 exim[1]: 16ZCW1-0005MB-00 Completed", "zone"},
           Row{"the time within counts",
               "2026-05-11T08:29:40Z mx1 exim[1]: 2026-05-11 08:29:40 16ZCW1-0005MB-00 Completed",
               "no zone"},
           Row{"no mail in it yet", "May 11 08:29:40 mx1 exim4[1]: no host name found", "no zone"},
           Row{"another program", "May 11 08:29:40 mx1 postfix/smtp[1]: 16ZCW1-0005MB-00 => x", ""},
           Row{"times alone", "2026-05-11 08:29:40 something happened", ""},
           Row{"an id that is none", "2026-05-11 08:29:40 16ZCW1-0005MB-000 => x", ""},
           Row{"nothing", "", ""},
       }) {
    CAPTURE(row.name);
    auto text = row.text;
    text.reserve(text.size() + k_padding);
    const auto reader = adapter().open_log(text, {});
    CHECK((reader ? reader->assumes_utc() ? "no zone" : "zone" : "") == std::string(row.found));
    if (reader) {
      CHECK_FALSE(adapter().open_log(text, {.zone_given = true})->assumes_utc());
    }
  }
}

TEST_CASE("exim: times") {
  struct Row {
    std::string_view text;
    const char* time;
    bool zoned;
    const char* rest;
  };
  for (const auto& row : {
           Row{"2026-05-11 08:29:40 x", "2026-05-11T08:29:40Z", false, "x"},
           Row{"2026-05-11 08:29:40.250 x", "2026-05-11T08:29:40.250Z", false, "x"},
           Row{"2026-05-11 08:29:40 +0200 x", "2026-05-11T06:29:40Z", true, "x"},
           Row{"2026-05-11 08:29:40.250 -0330 [17] x", "2026-05-11T11:59:40.250Z", true, "x"},
           Row{"2026-05-11 08:29:40 [17] x", "2026-05-11T08:29:40Z", false, "x"},
       }) {
    CAPTURE(row.text);
    TimeReader times;
    auto text = row.text;
    const auto when = exim::take_time(text, times);
    REQUIRE(when.has_value());
    CHECK(format_instant(when->time) == row.time);
    CHECK(when->zoned == row.zoned);
    CHECK(text == row.rest);
  }
  for (std::string_view text :
       {"", "2026-05-11T08:29:40 x", "2026-05-11 08:29:40", "2026-13-11 08:29:40 x",
        "May 11 08:29:40 mx1 exim: x", "2026-05-11 8:29:40 x"}) {
    CAPTURE(text);
    TimeReader times;
    CHECK_FALSE(exim::take_time(text, times).has_value());
  }
}

TEST_CASE("exim: an arrival, its fields in any order, and quotes in the subject") {
  const auto line = parsed(R"(<= a@x.example H=(h) [192.0.2.1] T="for \"id=no\" for x@y" P=esmtp )"
                           "id=c12@x.example S=1 from <a@x.example> for b@y.example c@z.example");
  CHECK(line.flag == exim::Flag::arrival);
  CHECK(line.address == "a@x.example");
  CHECK(line.message_id == "c12@x.example");
  CHECK(line.bounced == "");
  CHECK(line.recipients == std::vector<std::string_view>{"b@y.example", "c@z.example"});
  const auto bounce = parsed("<= <> R=16ZCW1-0005MB-00 U=exim P=local S=2");
  CHECK(bounce.address == "");
  CHECK(bounce.bounced == "16ZCW1-0005MB-00");
}

TEST_CASE("exim: whom a delivery is about") {
  struct Row {
    const char* text;
    const char* recipient;
  };
  for (const auto& row : {
           Row{"=> a@x.example R=r T=t", "a@x.example"},
           Row{"=> A@X.example <b@x.example> F=<c@x.example> R=r", "b@x.example"},
           Row{"=> a <a@x.example> R=r", "a@x.example"},
           Row{"=> a@x.example <a> R=r", "a@x.example"},
           Row{"=> |/bin/x y z (p@x.example) <a@x.example> R=r", "a@x.example"},
           Row{"=> /var/mail/a <a@x.example> R=r", "a@x.example"},
           Row{"=> :blackhole: <a@x.example> R=r", "a@x.example"},
           Row{R"(=> "a b"@x.example R=r)", R"("a b"@x.example)"},
           Row{"** a@x.example: Unrouteable address", "a@x.example"},
           Row{"** a@x.example <b@x.example>: Unrouteable address", "b@x.example"},
           Row{"=>", ""},
       }) {
    CAPTURE(row.text);
    CHECK(exim::recipient_of(parsed(row.text)) == row.recipient);
  }
}

TEST_CASE("exim: fields and text of an outcome") {
  auto line = parsed("=> a@x.example R=r H=mx.example [192.0.2.1]:25* X=TLS1.3:AES:256 CV=yes "
                     R"(DN="/CN=a: b" C="250 \"Ok\" x" QT=1s)");
  CHECK(line.host == "mx.example [192.0.2.1]:25* ");
  CHECK(line.answer == R"(250 \"Ok\" x)");
  line = parsed("** a@x.example R=r T=t H=mx.example [2001:db8::1]: SMTP error: host mx: 550 no");
  CHECK(line.host == "mx.example [2001:db8::1]:");
  CHECK(line.text == "SMTP error: host mx: 550 no");
  line = parsed("== a@x.example R=r T=t defer (111): Connection refused");
  CHECK(line.flag == exim::Flag::deferral);
  CHECK(line.text == "Connection refused");
}

TEST_CASE("exim: failures are judged by the answer, then by Exim's own words") {
  struct Row {
    const char* text;
    const char* klass;
    const char* reason;
    int code;
  };
  for (const auto& row : {
           Row{"SMTP error from remote mail server after RCPT TO:<spam@x.example>: host "
               "spam.example [192.0.2.1]: 550 5.1.1 no such user",
               "hard", "user_unknown", 550},
           Row{"Unrouteable address", "hard", "host_unknown", 0},
           Row{"all relevant MX records point to non-existent hosts", "hard", "host_unknown", 0},
           Row{"SMTP error: 451 4.7.1 listed in a block list: retry timeout exceeded", "block",
               "expired", 451},
           Row{"SMTP error: 450 4.1.1 user unknown: retry timeout exceeded", "soft", "expired",
               450},
           Row{"retry time not reached for any host after a long failure period", "soft", "expired",
               0},
           Row{"something else", "soft", "other", 0},
           Row{"", "soft", "other", 0},
       }) {
    CAPTURE(row.text);
    const auto bounce = exim::judge(row.text);
    CHECK(name_of(bounce.klass) == row.klass);
    CHECK(name_of(bounce.reason) == row.reason);
    CHECK(bounce.code == row.code);
  }
}

TEST_CASE("exim: from arrival to the end") {
  NoteSink notes;
  read({"<= a@x.example P=local id=m1@x.example for b@y.example c@y.example",
        "=> b@y.example R=r T=t C=\"250 Ok\"", "-> c@y.example R=r T=t C=\"250 Ok\"", "Completed",
        "=> d@y.example R=r T=t"},
       notes, {.campaign = "spring"});
  CHECK(notes.events() == Lines{"sent b@y.example", "sent c@y.example", "delivered b@y.example",
                                "delivered c@y.example", "delivered d@y.example"});
  CHECK(notes.message_ids ==
        Lines{"m1@x.example", "m1@x.example", "m1@x.example", "m1@x.example", ""});
  CHECK(notes.senders == Lines{"a@x.example", "a@x.example", "a@x.example", "a@x.example", ""});
  CHECK(notes.campaigns == Lines(5, "spring"));
}

TEST_CASE("exim: what gives no event") {
  NoteSink notes;
  read({"=> b@y.example R=r T=t H=localhost [127.0.0.1] C=\"250 Ok: queued as 8D3F46C5B4\"",
        "=> b@y.example R=r T=t H=localhost [::1] C=\"250 OK id=1uE3lE-00000000a1F-0AbC\"",
        "== b@y.example R=r T=t defer (-53): retry time not reached for any host", "Frozen",
        "*> b@y.example R=r T=t", "(= a@x.example P=esmtp", "=> root R=r T=t", "",
        "<= <> R=16ZCW1-0005MB-00 P=local for a@x.example", "=> a@x.example R=r T=t",
        "** a@x.example: Unrouteable address"},
       notes);
  CHECK(notes.events().empty());
}

TEST_CASE("exim: another server's bounce is mail like any other") {
  NoteSink notes;
  read({"<= <> H=mx.example [192.0.2.1] P=esmtp id=m1@x.example", "=> b@y.example R=r T=t",
        "=> :blackhole: <c@y.example> R=r", "=> b@y.example R=r T=lmtp H=localhost [127.0.0.1]",
        "== b@y.example R=r T=t defer (0): 550 user unknown"},
       notes);
  CHECK(notes.events() == Lines{"delivered b@y.example", "dropped c@y.example",
                                "delivered b@y.example", "deferred b@y.example"});
  CHECK(notes.bounces.back() == "soft user_unknown");
}

TEST_CASE("exim: an import is spared what only decode prints") {
  NoteSink notes;
  notes.wanted = {};
  read({"<= a@x.example P=local id=m1@x.example", "=> b@y.example R=r T=t"}, notes);
  CHECK(notes.message_ids == Lines{""});
  CHECK(notes.senders == Lines{""});
}
