#include "adapter/adapter.hpp"
#include "adapter/framing.hpp"
#include "adapter/registry.hpp"
#include "base/json.hpp"
#include "support/note_sink.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace mailfunnel::powermta {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

using Lines = std::vector<std::string>;

std::unique_ptr<LogReader> open(const std::string& text, const LogContext& context = {}) {
  static const AdapterRegistry k_registry = [] {
    AdapterRegistry registry;
    powermta::register_adapter(registry);
    return registry;
  }();
  return k_registry.find("powermta")->open_log(text, context);
}

NoteSink read(std::string text, const LogContext& context = {}, std::size_t chunk = 0) {
  text.reserve(text.size() + k_padding);
  const auto reader = open(text, context);
  REQUIRE(reader);
  NoteSink notes;
  read_text(*reader, text, notes, chunk);
  return notes;
}

const std::string k_head = "type,timeLogged,orig,rcpt,orcpt,dsnStatus,dsnDiag,bounceCat,jobId\n";

} // namespace

TEST_CASE("powermta: what is ours, and whether it lacks a zone") {
  struct Row {
    const char* name;
    std::string text;
    const char* found;
  };
  for (const auto& row : {
           Row{"the usual header", k_head, "zone"},
           Row{"a zone", k_head + "d,2026-05-11 08:29:41+0200,,a@example.com\n", "zone"},
           Row{"a zone to the west", k_head + "d,2026-05-11 08:29:41-0500,,a@example.com\n",
               "zone"},
           Row{"seconds", k_head + "d,1778481020,,a@example.com\n", "zone"},
           Row{"no zone", k_head + "d,2026-05-11 08:29:41,,a@example.com\n", "no zone"},
           Row{"in quotes, with a BOM", "\xEF\xBB\xBF\"type\",\"timeLogged\"\n", "zone"},
           Row{"a header of the mail", "type,header_X-Job\n", "zone"},
           Row{"type alone", "type\nd\n", ""},
           Row{"another table with a type", "type,email,time\nopen,a@example.com,1\n", ""},
           Row{"type elsewhere", "timeLogged,type\n", ""},
           Row{"nothing", "", ""},
       }) {
    CAPTURE(row.name);
    const auto reader = open(row.text);
    CHECK((reader ? reader->assumes_utc() ? "no zone" : "zone" : "") == std::string(row.found));
  }
  CHECK_FALSE(
      open(k_head + "d,2026-05-11 08:29:41,,a@example.com\n", {.zone_given = true})->assumes_utc());
}

TEST_CASE(
    "powermta: a header in the middle holds for what follows, in whatever pieces it is read") {
  const auto text = k_head + "d,1778481020,,anna@example.com,,,,,c1\n" +
                    "type,jobId,rcpt,timeLogged\nd,c2,bram@example.com,1778481021\n";
  for (const std::size_t chunk : {0, 10, 80}) {
    const auto notes = read(text, {}, chunk);
    CHECK(notes.events() == Lines{"delivered anna@example.com", "delivered bram@example.com"});
    CHECK(notes.campaigns == Lines{"c1", "c2"});
  }
}

TEST_CASE("powermta: class by the category, reason as finely as the answer tells it") {
  struct Row {
    const char* status;
    const char* answer;
    const char* category;
    const char* bounce;
  };
  for (const auto& row : {
           Row{"5.1.1", "smtp;550 5.1.1 no such user", "bad-mailbox", "hard user_unknown"},
           Row{"5.0.0", "smtp;550 no", "bad-domain", "hard host_unknown"},
           Row{"5.7.1", "smtp;554 5.7.1 blocked using spamhaus", "spam-related",
               "block blocked_ip"},
           Row{"5.1.1", "smtp;550 5.1.1 no such user", "policy-related", "block policy"},
           Row{"5.2.1", "smtp;550 5.2.1 account disabled", "other", "hard mailbox_disabled"},
           Row{"5.2.1", "smtp;550 5.2.1 account disabled", "house-rule", "hard mailbox_disabled"},
           Row{"5.4.7 (delivery time expired)", "", "", "soft expired"},
           Row{"", "", "", "soft other"},
           Row{"", "", "Quota-Issues", "soft mailbox_full"},
       }) {
    CAPTURE(row.category);
    CAPTURE(row.answer);
    const auto notes = read(k_head + "b,1778481020,,a@example.com,," + row.status + "," +
                            row.answer + "," + row.category + ",c1\n");
    CHECK(notes.bounces == Lines{row.bounce});
  }
}

TEST_CASE("powermta: the mailing is the job, else that of the command line") {
  const auto notes = read(k_head + "d,1778481020,x@y.example,a@example.com,,,,,c1\n"
                                   "d,1778481020,,a@example.com,,,,,\n",
                          {.campaign = "given"});
  CHECK(notes.campaigns == Lines{"c1", "given"});
  CHECK(notes.senders == Lines{"x@y.example", ""});
}

TEST_CASE("powermta: whom it was sent to, where that is told") {
  const auto address = [](const std::string& original) {
    return read(k_head + "d,1778481020,,to@example.com," + original + ",,,,\n").events().front();
  };
  CHECK(address("") == "delivered to@example.com");
  CHECK(address("rfc822;a@example.com") == "delivered a@example.com");
  CHECK(address("RFC822; a+2Bb+3D@example.com") == "delivered a+b=@example.com");
  CHECK(address("rfc822;a+2@example.com+") == "delivered a+2@example.com+");
  CHECK(address("rfc822;nobody") == "delivered to@example.com");
  CHECK(address("x400;a@example.com") == "delivered to@example.com");
}
