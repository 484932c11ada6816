#include "adapter/decode_sink.hpp"
#include "adapter/framing.hpp"
#include "adapter/registry.hpp"
#include "base/json.hpp"
#include "profile_reader.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace mailfunnel::generic {
namespace {

MappingProfile shop() {
  MappingProfile profile;
  profile.name = "shop";
  profile.fields = {
      {"kind", "what"}, {"time", "when"}, {"address", "mail"}, {"link", "url"}, {"campaign", "nr"}};
  profile.values["kind"] = {{"opn", "open"}, {"clk", "click"}, {"bad", "bounce:hard"}};
  return profile;
}

std::string decode(const MappingProfile& profile, std::string text,
                   const LogContext& context = {}) {
  const auto size = text.size();
  text.resize(size + k_padding);
  const std::string_view view(text.data(), size);
  auto reader = open_profile(profile, view, context);
  REQUIRE(reader);
  std::string out;
  DecodeSink sink("generic", "f", [&](std::string_view line) { out += line; });
  sink.begin_chunk(view);
  read_text(*reader, view, sink);
  sink.end_chunk();
  return out;
}

TEST_CASE("profile: columns, value table and a class in the kind") {
  const auto out = decode(
      shop(), "nr;mail;when;what;url\n7;Ann@Example.com;2026-03-02 "
              "09:10:00;clk;https://x.example/prijs\n7;b@example.com;2026-03-02 09:10:00;bad;\n");
  CHECK(out.find(R"("kind":"click")") != std::string::npos);
  CHECK(out.find(R"("link":"https://x.example/prijs")") != std::string::npos);
  CHECK(out.find(R"("class":"hard")") != std::string::npos);
}

TEST_CASE("profile: a time in the account's zone, by pattern") {
  auto profile = shop();
  profile.time_format = "%d/%m/%Y %H:%M";
  profile.zone = *find_zone("Europe/Brussels");
  profile.zone_given = true;
  const auto out = decode(profile, "nr,mail,when,what,url\n7,ann@example.com,02/07/2026 "
                                   "09:10,opn,\n7,ann@example.com,31/02/2026 09:10,opn,\n");
  CHECK(out.find("2026-07-02T07:10:00Z") != std::string::npos);
  CHECK(out.find("rejected") != std::string::npos);
}

TEST_CASE("profile: times that name no zone, where nobody else did, are told of") {
  struct Sample {
    const char *format, *time;
    bool lacks;
  };
  for (const auto& [format, time, lacks] :
       {Sample{"iso", "2026-03-02 09:10:00", true}, Sample{"iso", "2026-03-02T09:10:00.25", true},
        Sample{"iso", " 2026-03-02 09:10:00 ", true}, Sample{"iso", "2026-03-02", true},
        Sample{"iso", "2026-03-02T09:10:00Z", false},
        Sample{"iso", "2026-03-02 09:10:00+02", false},
        Sample{"iso", "2026-03-02 09:10:00.25-05:30", false},
        Sample{"iso", "2026-03-02 09:10:00 UTC", false}, Sample{"iso", "yesterday", false},
        Sample{"iso", "", false}, Sample{"unix", "1772443507", false},
        Sample{"%d/%m/%Y %H:%M", "02/07/2026 09:10", true},
        Sample{"%d/%m/%Y %H:%M", "2026-03-02", false},
        Sample{"%d/%m/%Y %H:%M %z", "02/07/2026 09:10 +0200", false},
        Sample{"%d/%m/%Y %H:%M %%z", "02/07/2026 09:10 %z", true},
        Sample{"%s", "1772443507", false}}) {
    CAPTURE(format);
    CAPTURE(time);
    auto profile = shop();
    profile.time_format = format;
    const auto text = std::string("nr;mail;when;what;url\n7;a@example.com;") + time + ";clk;\n";
    CHECK_EQ(open_profile(profile, text, {})->assumes_utc(), lacks);
    profile.zone_given = true;
    CHECK_FALSE(open_profile(profile, text, {})->assumes_utc());
  }
}

TEST_CASE("profile: NDJSON by path") {
  auto profile = shop();
  profile.fields = {{"kind", "e.type"}, {"time", "ts"}, {"address", "user.email"}};
  profile.time_format = "unix";
  const auto out = decode(profile, "{\"ts\":1772443507,\"e\":{\"type\":\"opn\"},\"user\":{"
                                   "\"email\":\"ann@example.com\"}}\n{\"ts\":1}\nnonsense\n");
  CHECK(out.find(R"("kind":"open")") != std::string::npos);
  CHECK(out.find("2026-03-02T09:25:07Z") != std::string::npos);
  CHECK(out.find("not a JSON object") != std::string::npos);
}

TEST_CASE("profile: a table that lacks a column is not taken") {
  CHECK(open_profile(shop(), "mail,when\na@example.com,2026-01-01\n", {}) == nullptr);
}

/// What an import sees of events: no details.
struct KeepingSink : RecordSink {
  struct Kept {
    std::string address, campaign;
    Seconds time;
    std::uint32_t alike;
  };
  std::vector<Kept> events;
  Wants wants() const override { return {}; }
  void accept(const EventView& event) override {
    events.push_back(
        {std::string(event.address), std::string(event.campaign), event.time.seconds, event.alike});
  }
  void accept(const RecipientView&) override {}
  void accept(const Campaign&, std::string_view) override {}
  void reject(std::string_view why, std::string_view) override { FAIL(std::string(why)); }
};

MappingProfile sendings() {
  MappingProfile profile;
  profile.name = "sendings";
  profile.fields = {{"kind", "what"},
                    {"time", "when"},
                    {"address", "mail"},
                    {"campaign", "nr"},
                    {"message_id", "id"}};
  profile.values["kind"] = {{"snt", "sent"}};
  return profile;
}

TEST_CASE("profile: rows that are alike, in a chunk that stands where the one before stood") {
  constexpr std::string_view k_rows = "7,2026-03-02 09:10:00,snt,a@x.example,1,\n"
                                      "7,2026-03-02 09:10:00,snt,b@x.example,2,\n";
  std::string buffer = "nr,when,what,mail,id,more\n" + std::string(k_rows);
  const auto size = buffer.size();
  buffer.resize(size + k_padding);
  const auto reader = open_profile(sendings(), {buffer.data(), size}, {});
  REQUIRE(reader);
  KeepingSink sink;
  reader->read({{buffer.data(), size}, true, false}, sink);
  const auto rows = size - k_rows.size();
  for (auto at = buffer.find("09:10"); at < size; at = buffer.find("09:10", at + 1)) {
    buffer.replace(at, 5, "10:20");
  }
  reader->read({{buffer.data() + rows, k_rows.size()}, false, true}, sink);
  REQUIRE_EQ(sink.events.size(), 4);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto& event = sink.events[i];
    CHECK_EQ(event.address, i % 2 == 0 ? "a@x.example" : "b@x.example");
    CHECK_EQ(event.campaign, "7");
    CHECK_EQ(event.time,
             parse_time(i < 2 ? "2026-03-02 09:10:00" : "2026-03-02 10:20:00")->seconds);
    CHECK_EQ(event.alike, 1); // what their messages are called is no detail that is wanted
  }
}

TEST_CASE("profile: rows that are alike have each its own details, where they are wanted") {
  const auto out = decode(sendings(), "nr,when,what,mail,id,more\n"
                                      "7,2026-03-02 09:10:00,snt,a@x.example,first,\n"
                                      "7,2026-03-02 09:10:00,snt,b@x.example,second,\n");
  CHECK(out.find(R"("message_id":"first")") != std::string::npos);
  CHECK(out.find(R"("message_id":"second")") != std::string::npos);
}

TEST_CASE("contacts: any table with a column of addresses, the others are attributes") {
  const auto profile =
      contacts_profile("Naam;E-mailadres;Functie\nAnn;ann@example.com;Zaakvoerder\n");
  REQUIRE(profile);
  const auto out = decode(*profile, "Naam;E-mailadres;Functie\nAnn;ann@example.com;Zaakvoerder\n");
  CHECK(out.find(R"("functie":"Zaakvoerder")") != std::string::npos);
  CHECK_FALSE(contacts_profile("a,b\n1,2\n").has_value());
}

} // namespace
} // namespace mailfunnel::generic
