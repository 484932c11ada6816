#include "adapter/decode_sink.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace mailfunnel;

namespace {

/// A sink that has "one\ntwo\nthree\n" before it, and what it wrote.
struct Fixture {
  std::string out;
  DecodeSink sink{"acme", "a.tsv", [this](std::string_view line) { out += line; }};
  std::string text = "one\ntwo\nthree\n";

  Fixture() { sink.begin_chunk(text); }
  std::string_view record(std::size_t at, std::size_t size) const {
    return std::string_view(text).substr(at, size);
  }
};

EventView open_event() {
  EventView event;
  event.kind = EventKind::open;
  event.address = "ann@example.com";
  event.time = {.seconds = 1772443507, .nanos = 250'000'000, .digits = 2};
  event.native = "opn";
  return event;
}

} // namespace

TEST_CASE("decode sink: an event has the fields it was given, and no other") {
  Fixture f;
  auto event = open_event();
  event.record = f.record(4, 3);
  f.sink.accept(event);
  CHECK(
      f.out ==
      R"({"kind":"open","address":"ann@example.com","time":"2026-03-02T09:25:07.25Z","native":"opn",)"
      R"("source":{"adapter":"acme","file":"a.tsv","line":2,"offset":4}})"
      "\n");
  CHECK(f.sink.events == 1);
}

TEST_CASE("decode sink: every field has its name") {
  Fixture f;
  EventView event = open_event();
  event.kind = EventKind::bounce;
  event.contact_id = "c1";
  event.campaign = "m1";
  event.campaign_name = "March";
  event.send = "s1";
  event.link = "https://example.com/a";
  event.link_tag = "bofu";
  event.message_id = "m";
  event.event_id = "e";
  event.scope = "news";
  event.user_agent = "\"x\"\n\xff";
  event.ip = "203.0.113.7";
  event.bounce = {BounceClass::hard, BounceReason::user_unknown, "5.1.1", 550, "no"};
  const std::array<std::string_view, 2> tags{"a", "b"};
  event.tags = tags;
  event.metadata = "{ \"big\": 12345678901234567,\n \"a\": [1, {\"b\": \"c d\"}] }";
  f.sink.accept(event);
  CHECK(
      f.out ==
      R"({"kind":"bounce","address":"ann@example.com","contact_id":"c1","time":"2026-03-02T09:25:07.25Z",)"
      R"("campaign":"m1","campaign_name":"March","send":"s1","link":"https://example.com/a","link_tag":"bofu",)"
      R"("message_id":"m","event_id":"e","bounce":{"class":"hard","status":"5.1.1","code":550,)"
      R"("reason":"user_unknown","diagnostic":"no"},"scope":"news",)"
      "\"user_agent\":\"\\\"x\\\"\\n\xEF\xBF\xBD\","
      R"("ip":"203.0.113.7","tags":["a","b"],"metadata":{"big":12345678901234567,"a":[1,{"b":"c d"}]},)"
      R"("native":"opn","source":{"adapter":"acme","file":"a.tsv"}})"
      "\n");
}

TEST_CASE("decode sink: metadata that is no object is left out") {
  for (const char* bad : {"", "[1]", "{", "{\"a\":}", "nonsense", "{}"}) {
    CAPTURE(bad);
    Fixture f;
    auto event = open_event();
    event.metadata = bad;
    f.sink.accept(event);
    CHECK(f.out.find("metadata") == std::string::npos);
  }
}

TEST_CASE("decode sink: agents are looked at where a reader has one") {
  struct Row {
    const char* name;
    EventKind kind;
    bool given;
    const char* agent;
    std::uint16_t stated;
    const char* want; // "": no evidence
  };
  for (const auto& row : {
           Row{"a proxy", EventKind::open, true, "Mozilla/5.0", 0,
               R"("evidence":["privacy_proxy"])"},
           Row{"joined with what the record says", EventKind::click, true, "curl/8.5.0",
               evidence::esp_machine_flag, R"("evidence":["esp_machine_flag","crawler_agent"])"},
           Row{"empty", EventKind::open, true, "", 0, R"("evidence":["empty_agent"])"},
           Row{"not given", EventKind::open, false, "", 0, ""},
           Row{"of an unsubscribe", EventKind::unsubscribe, true, "Mozilla/5.0", 0, ""},
       }) {
    CAPTURE(row.name);
    Fixture f;
    auto event = open_event();
    event.kind = row.kind;
    event.agent_given = row.given;
    event.user_agent = row.agent;
    event.evidence = row.stated;
    f.sink.accept(event);
    const std::string want = row.want;
    CHECK((f.out.find("\"evidence\"") != std::string::npos) == !want.empty());
    CHECK(f.out.find(want) != std::string::npos);
  }
}

TEST_CASE("decode sink: lines and offsets go on over chunks, and back within one") {
  Fixture f;
  f.sink.reject("why", f.record(8, 5));
  f.sink.reject("why", f.record(0, 3));
  f.sink.end_chunk();
  const std::string next = "four\nfive";
  f.sink.begin_chunk(next);
  f.sink.reject("why", std::string_view(next).substr(5));
  f.sink.end_chunk();
  CHECK(
      f.out ==
      R"({"rejected":"why","source":{"adapter":"acme","file":"a.tsv","line":3,"offset":8},"raw":"three"})"
      "\n"
      R"({"rejected":"why","source":{"adapter":"acme","file":"a.tsv","line":1,"offset":0},"raw":"one"})"
      "\n"
      R"({"rejected":"why","source":{"adapter":"acme","file":"a.tsv","line":5,"offset":19},"raw":"five"})"
      "\n");
  CHECK(f.sink.rejected == 3);
}

TEST_CASE("decode sink: recipients and campaigns") {
  Fixture f;
  RecipientView person;
  person.address = "ann@example.com";
  person.list = "news";
  person.changed_at = 0;
  const std::array<std::pair<std::string_view, std::string_view>, 1> attributes{{{"job", "CTO"}}};
  person.attributes = attributes;
  person.record = f.record(0, 3);
  f.sink.accept(person);
  CHECK(
      f.out ==
      R"({"recipient":{"address":"ann@example.com","list":"news","changed_at":"1970-01-01T00:00:00Z",)"
      R"("attributes":{"job":"CTO"}},"source":{"adapter":"acme","file":"a.tsv","line":1,"offset":0}})"
      "\n");
  f.out.clear();
  Campaign campaign;
  campaign.id = "m1";
  campaign.kind = CampaignKind::campaign;
  campaign.name = "March";
  campaign.audience.push_back({.kind = "list", .id = "l1", .name = {}, .exclude = true});
  campaign.links.push_back({.url = "https://example.com/",
                            .text = "Home",
                            .alias = {},
                            .stage = Stage::bofu,
                            .footer = true});
  f.sink.accept(campaign, f.record(4, 3));
  CHECK(
      f.out ==
      R"({"campaign":{"id":"m1","kind":"campaign","name":"March","audience":[{"kind":"list","id":"l1",)"
      R"("exclude":true}],"links":[{"url":"https://example.com/","text":"Home","stage":"BOFU",)"
      R"("footer":true}]},"source":{"adapter":"acme","file":"a.tsv","line":2,"offset":4}})"
      "\n");
  f.sink.skip(f.record(8, 5));
  CHECK(f.sink.recipients == 1);
  CHECK(f.sink.campaigns == 1);
  CHECK(f.sink.skipped == 1);
}
