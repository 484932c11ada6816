// The way from a log to the store and out again, over the real adapters.

#include "app/audit.hpp"
#include "app/explain.hpp"
#include "app/export_all.hpp"
#include "app/import_log.hpp"
#include "app/person_json.hpp"
#include "app/run_block.hpp"
#include "app/score_run.hpp"
#include "app/segment_export.hpp"
#include "base/source.hpp"
#include "base/text.hpp"
#include "store/block.hpp"
#include "store/catalog.hpp"
#include "store/erasures.hpp"
#include "store/recipients.hpp"

#include "test_workspace.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <thread>
#include <unistd.h>

namespace mailfunnel {
namespace {

constexpr std::string_view k_profile = R"([[profile]]
name = "log"
fields = { kind = "event", time = "time", address = "email", campaign = "campaign", link = "url", user_agent = "agent", ip = "ip" }
values = { kind = { sent = "sent", delivered = "delivered", open = "open", click = "click", hard = "bounce:hard", soft = "bounce:soft", unsubscribe = "unsubscribe" } }
)";
constexpr std::string_view k_head = "email,campaign,event,time,url,agent,ip\n";

std::vector<std::string> random_lines(unsigned seed, std::size_t count, unsigned people) {
  std::mt19937 random(seed);
  constexpr std::string_view k_kinds[] = {"sent", "delivered", "open",       "click",
                                          "hard", "soft",      "unsubscribe"};
  constexpr std::string_view k_agents[] = {"Mozilla/5.0",
                                           "Mozilla/5.0 (Windows NT 10.0) Firefox/120", ""};
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < count; ++i) {
    const auto kind = k_kinds[random() % 7];
    lines.push_back(fmt::format(
        "p{}@Example.com,{},{},{},{},{},192.0.2.{}\n", random() % people,
        random() % 4 == 0 ? "" : std::to_string(random() % 5), kind,
        format_time(k_now - static_cast<Seconds>(random() % (80 * 86'400))),
        kind == "click"
            ? fmt::format("https://example.com/{}?utm_source=n{}", random() % 12, random() % 3)
            : "",
        k_agents[random() % 3], random() % 200));
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out(k_head);
  for (const auto& line : lines) {
    out += line;
  }
  return out;
}

TEST_CASE("a log that says the same of many is read as if each line were by itself") {
  constexpr std::string_view k_kinds[] = {"sent", "delivered", "soft", "open", "lost"};
  constexpr std::string_view k_addresses[] = {
      "p{}@example.com", "P{}@Example.com", "nobody {}", "<p{}@bücher.example>", "",
      "p{}@a.example"};
  // In quotes a line has no like; the columns in any order, the address also as the name of the
  // sending.
  for (const bool also_other : {false, true}) {
    for (const std::string_view columns : {"email,campaign,event,time,url,agent,ip,id",
                                           "id,campaign,email,event,time,url,agent,ip,no",
                                           "time,event,url,agent,ip,campaign,email,id",
                                           "id,email,event,time,url,agent,ip,campaign"}) {
      std::mt19937 random(5);
      const std::string_view line_end = columns.ends_with("campaign") ? "\r\n" : "\n";
      std::string plain(columns), quoted(columns);
      plain += line_end;
      quoted += line_end;
      for (int i = 0; i < 3000; ++i) {
        const auto seed = random();
        const std::map<std::string, std::string> values{
            {"email", fmt::format(fmt::runtime(k_addresses[seed % 60 < 55 ? 0 : seed % 6]),
                                  seed / 64 % 700)},
            {"campaign", std::to_string(i / 1000)},
            {"event", std::string(k_kinds[seed / 8 % 16 < 13 ? seed / 8 % 2 : seed / 8 % 5])},
            {"time", i / 10 % 50 == 7   ? "1970-01-01T00:00:00Z" // no time that can be right
                     : i / 10 % 50 == 8 ? "soon"
                                        : format_time(k_now - 86'400 + i / 10)},
            {"id", std::to_string(i)},
            {"agent", i % 3 == 0 ? "Mozilla/5.0" : ""}};
        for (auto* const out : {&plain, &quoted}) {
          const auto names = split(columns, ',');
          for (std::size_t c = 0; c < names.size(); ++c) {
            const auto value = values.find(std::string(names[c]));
            const auto text = value == values.end() ? "" : value->second;
            *out += (c == 0 ? "" : ",") +
                    (out == &quoted && names[c] == "campaign" ? '"' + text + '"' : text);
          }
          *out += line_end;
        }
      }
      auto profile = std::string(k_profile);
      if (also_other) {
        profile.replace(profile.find("fields = { "), 11, "fields = { send = \"email\", ");
      }
      TestWorkspace alike(profile), by_itself(profile);
      const auto counts = alike.import("log.csv", plain).total;
      const auto expected = by_itself.import("log.csv", quoted).total;
      CHECK_GT(expected.rejected, 200);
      CHECK_EQ(counts.rejected, expected.rejected);
      CHECK_EQ(counts.events, expected.events);
      CHECK_EQ(counts.fresh, expected.fresh);
      CHECK_EQ(counts.by_kind, expected.by_kind);
      CHECK_EQ(counts.first, expected.first);
      CHECK_EQ(counts.last, expected.last);
      CHECK_EQ(alike.exported(), by_itself.exported());
    }
  }
}

TEST_CASE("what the rows of a chunk have in common is not that of the next chunk") {
  std::string plain(k_head.substr(0, k_head.size() - 1)), quoted;
  plain += ",id\n";
  quoted = plain;
  for (int i = 0; i < 80'000; ++i) { // some megabytes, of which each has few times
    const auto time = format_time(k_now - 86'400 + i / 20'000);
    plain += fmt::format("p{:05}@example.com,{},sent,{},,,,{:05}\n", i, i / 40'000, time, i);
    quoted += fmt::format("p{:05}@example.com,\"{}\",sent,{},,,,{:05}\n", i, i / 40'000, time, i);
  }
  TestWorkspace by_itself(k_profile);
  by_itself.import("log.csv", quoted);
  const auto expected = by_itself.exported();
  CHECK_EQ(std::count(expected.begin(), expected.end(), '\n'), 80'000);
  for (const unsigned threads : {1U, 2U}) {
    TestWorkspace alike(k_profile);
    alike.workspace.threads = threads;
    alike.import("log.csv", plain);
    CHECK(alike.exported() == expected);
  }
}

TEST_CASE("an address in a row that is like one without it is that contact's") {
  auto profile = std::string(k_profile);
  profile.replace(profile.find("fields = { "), 11, "fields = { contact_id = \"contact\", ");
  for (const std::string_view campaign : {"1", "\"1\""}) { // in quotes each row is by itself
    std::string log = "contact,email,campaign,event,time,url,agent,ip,id\n";
    for (const std::string_view address : {"", "ann@example.com", "bo@example.com"}) {
      log += fmt::format("c1,{},{},sent,2026-03-01T10:00:00Z,,,,x\n", address, campaign);
    }
    TestWorkspace workspace(profile);
    workspace.import("log.csv", log);
    auto store = workspace.store();
    Recipients recipients(store.database());
    const auto ann = recipients.find("ann@example.com");
    REQUIRE(ann);
    CHECK_EQ(recipients.find(contact_key(1, "c1")), ann);
    CHECK_NE(recipients.find("bo@example.com"), ann);
  }
}

TEST_CASE("any order and any repetition of the same events gives the same export, byte for byte") {
  std::mt19937 random(7);
  for (unsigned round = 0; round < 12; ++round) {
    auto lines = random_lines(round, 400, 60);
    TestWorkspace once(k_profile);
    once.import("all.csv", joined(lines));
    const auto expected = once.exported();
    CHECK(std::count(expected.begin(), expected.end(), '\n') > 300);

    TestWorkspace mixed(k_profile);
    mixed.workspace.threads = round % 3 + 1;
    std::shuffle(lines.begin(), lines.end(), random);
    const auto half = lines.size() / 2;
    mixed.import("b.csv", joined({lines.begin() + static_cast<std::ptrdiff_t>(half), lines.end()}));
    mixed.import("a.csv",
                 joined({lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(half)}));
    std::shuffle(lines.begin(), lines.end(), random);
    const auto again = mixed.import("c.csv", joined({lines.begin(), lines.begin() + 150}));
    CHECK(again.total.fresh == 0);
    CHECK((mixed.exported() ==
           expected)); // a difference would be a screen of lines: only that there is one

    // And what was exported is read back as the same.
    TestWorkspace back;
    back.import("events.ndjson", expected);
    CHECK((back.exported() == expected));
  }
}

TEST_CASE("a log that tells of many mailings in turn gives what it gives mailing by mailing") {
  constexpr std::string_view k_tagged = R"([[profile]]
name = "log"
fields = { kind = "event", time = "time", address = "email", campaign = "campaign", send = "send", link = "url", link_tag = "tag" }
)";
  // With this mask in front hash64() of a tag is the same whatever it is seeded with.
  constexpr std::string_view k_tags[] = {"", "top", "\x03\xED\x92\xD1\x32\x4A\xB5\xD1",
                                         "\x03\xED\x92\xD1\x32\x4A\xB5\xD1 and so on"};
  std::mt19937 random(5);
  std::vector<std::pair<unsigned, std::string>> lines; // by mailing
  for (unsigned i = 0; i < 30'000; ++i) {
    const auto mailing = static_cast<unsigned>(random() % 2'000);
    lines.emplace_back(mailing,
                       fmt::format("p{}@example.com,{},{},{},{},https://example.com/{},{}\n",
                                   random() % 300, mailing < 500 ? 7 : mailing,
                                   mailing < 500 ? std::to_string(mailing) : "",
                                   random() % 3 == 0 ? "open" : "click",
                                   format_time(k_now - static_cast<Seconds>(random() % 8'000'000)),
                                   random() % 4, k_tags[random() % std::size(k_tags)]));
  }
  const auto import = [&](unsigned threads) {
    TestWorkspace test(k_tagged);
    test.workspace.threads = threads;
    std::string text = "email,campaign,send,event,time,url,tag\n";
    for (const auto& line : lines) {
      text += line.second;
    }
    const auto report = test.import("log.csv", text);
    CHECK(report.total.rejected == 0);
    CHECK(report.total.fresh + report.total.duplicate == lines.size());
    auto store = test.store();
    CHECK(Catalog(store.database()).campaigns().size() == 2'000);
    return test.exported();
  };
  const auto in_turn = import(1);
  CHECK((import(3) == in_turn));
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  CHECK((import(1) == in_turn));
}

TEST_CASE("our own export of several accounts is read back into the same accounts") {
  constexpr std::string_view k_two = R"([[account]]
name = "news"
esp = "generic"
[[account]]
name = "shop"
esp = "generic"
)";
  constexpr std::string_view k_events =
      R"({"kind":"sent","account":"news","address":"ann@example.com","time":"2026-03-02T09:00:00Z","campaign":"1"}
{"kind":"open","account":"shop","contact_id":"77","time":"2026-03-02T10:00:00Z","campaign":"1"}
{"kind":"click","account":"shop","address":"ann@example.com","time":"2026-03-02T11:00:00Z","campaign":"1","link":"https://example.com/prices"}
)";
  TestWorkspace first(k_two), second(k_two);
  const auto report = first.import("a.ndjson", k_events);
  CHECK(report.total.fresh == 3);
  auto store = first.store();
  CHECK(Catalog(store.database()).campaigns().size() == 2); // one id, two accounts
  const auto exported = first.exported();
  for (const auto* account : {"news", "shop"}) {
    CHECK(exported.find(fmt::format("\"account\":\"{}\"", account)) != std::string::npos);
  }
  // Accounts met in another order have other numbers, and contact ids are per account.
  second.import(
      "other.ndjson",
      R"({"kind":"open","account":"shop","contact_id":"77","time":"2026-03-02T10:00:00Z","campaign":"1"})"
      "\n");
  second.import("b.ndjson", exported);
  CHECK((second.exported() == exported));

  const auto strange = first.import(
      "c.ndjson",
      R"({"kind":"open","account":"nwes","address":"bob@example.com","time":"2026-03-02T10:00:00Z"})"
      "\n");
  CHECK(strange.total.rejected == 1);
  CHECK(strange.total.fresh == 0);
  const auto campaigns = first.import("d.xml", R"(<campaigns account="shop">
  <campaign id="8"/><campaign id="9" account="news"/></campaigns>)");
  CHECK(campaigns.total.campaigns == 2);
  std::map<std::string, std::uint32_t> accounts;
  for (const auto& campaign : Catalog(store.database()).campaigns()) {
    accounts[campaign.campaign.id] = campaign.account;
  }
  CHECK(accounts["8"] != accounts["9"]);
}

TEST_CASE("importing twice changes nothing, and says so") {
  TestWorkspace test(k_profile);
  const auto text = joined(random_lines(3, 500, 80));
  const auto first = test.import("log.csv", text);
  CHECK(first.total.fresh > 400);
  const auto before = test.exported();
  const auto changes = test.store().changes();
  const auto second = test.import("log.csv", text);
  CHECK(second.total.fresh == 0);
  CHECK(second.total.duplicate == second.total.events);
  CHECK((test.exported() == before));
  CHECK(test.store().changes() == changes);
}

TEST_CASE("a small import into a large store waits in the inbox, is seen at once, and folds to the "
          "same") {
  std::string many(k_head);
  for (int i = 0; i < 21'000; ++i) {
    many += fmt::format("q{}@example.com,1,delivered,2026-01-05T10:00:{:02}Z,,,\n", i, i % 60);
  }
  const auto few = joined(random_lines(11, 300, 40));
  TestWorkspace large(k_profile), plain(k_profile);
  large.import("many.csv", many);
  const auto report = large.import("few.csv", few);
  auto store = large.store();
  CHECK(Activity(store.database()).inbox_size() == report.total.fresh);
  CHECK(report.total.fresh > 250);
  const auto again = large.import("few.csv", few); // duplicates are found in the inbox too
  CHECK(again.total.fresh == 0);
  const auto seen =
      activity_of(store, large.workspace, "p7@example.com", k_now); // before anything is folded
  REQUIRE(seen.has_value());
  CHECK(seen->events.size() > 1);
  plain.workspace.threads = 1;
  plain.import("few.csv", few);
  plain.import("many.csv", many);
  CHECK((large.exported() == plain.exported()));
  CHECK(Activity(store.database()).inbox_size() == 0);
}

TEST_CASE("one person's events and points: with her links alone as with all") {
  TestWorkspace test(k_profile);
  test.import("log.csv", joined(random_lines(11, 3'000, 40)));
  test.import("one.csv", std::string(k_head) + "ann@example.com,1,click,2026-01-05T10:00:00Z,"
                                               "https://a.example/pricing,,\n");
  auto store = test.store();
  const auto& rules = test.workspace.config.rules;
  const auto whole = build_world(store, test.workspace, rules, k_now);
  std::size_t clicks = 0, without = 0;
  for (const auto* who : {"p1@example.com", "p7@example.com", "ann@example.com"}) {
    CAPTURE(who);
    auto person = Person::find(store, who);
    REQUIRE(person.has_value());
    const auto expected = person->events(whole, rules.robots, k_now);
    const auto activity = activity_of(store, test.workspace, who, k_now);
    REQUIRE(activity.has_value());
    REQUIRE(activity->events.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const auto& [campaign, kind, row, judged] = activity->events[i];
      CHECK(campaign == expected[i].campaign);
      CHECK(row.time == expected[i].row.time);
      CHECK(judged.verdict == expected[i].judged.verdict);
      if (kind == EventKind::click) {
        ++clicks;
        CHECK(activity->world.find(campaign)->links.at(row.link).tag.stage ==
              whole.find(campaign)->links.at(row.link).tag.stage);
      }
    }
    for (std::size_t i = 0; i < whole.campaigns.size(); ++i) {
      CHECK(activity->world.campaigns[i].name == whole.campaigns[i].name);
      without += activity->world.campaigns[i].links.size() < whole.campaigns[i].links.size();
    }
    const auto points = person->at(k_now, rules, std::make_shared<const World>(whole));
    const auto explained = explain(store, test.workspace, rules, who, k_now);
    REQUIRE(explained.has_value());
    CHECK(explain_json(*explained) == explain_json(points));
  }
  CHECK(clicks > 1);
  CHECK(without > 0);
}

TEST_CASE("one person's events are of one moment: none is missed that is folded meanwhile") {
  TestWorkspace test(k_profile);
  test.import("log.csv", std::string(k_head) + "ann@example.com,1,open,2026-01-05T10:00:00Z,,,\n");
  const auto events = [](Store& store) { // briefly: who writes waits for who reads all the time
    return Person::find(store, "ann@example.com")->events(World{}, RobotRules{}, k_now).size();
  };
  std::atomic<std::size_t> known = 1;
  std::atomic<bool> done = false;
  std::thread writer([&] {
    auto store = test.store();
    Activity activity(store.database());
    const auto campaign = Catalog(store.database()).stored_campaigns().front().id;
    for (std::uint32_t i = 1; i <= 150; ++i) {
      const InboxEvent event{campaign,
                             EventKind::open,
                             {0, static_cast<std::uint32_t>(k_now - 1000 + i), 0, 0, 0, 0},
                             "ann@example.com"};
      Transaction transaction(store.database());
      activity.add_to_inbox(std::span(&event, 1));
      transaction.commit();
      known = 1 + i;
      fold_inbox(store, 1);
    }
    done = true;
  });
  auto store = Store::open_reading(test.workspace.store_path());
  std::size_t missed = 0;
  while (!done) {
    const std::size_t least = known;
    missed += events(store) < least ? 1 : 0;
  }
  writer.join();
  CHECK_EQ(missed, 0);
  CHECK_EQ(events(store), 151);
}

TEST_CASE("a few addresses about which nothing else is told come into a large store too") {
  std::string many("email\n");
  for (int i = 0; i < 21'000; ++i) {
    many += fmt::format("q{}@example.com\n", i);
  }
  TestWorkspace test(k_profile);
  CHECK(test.import("many.csv", many, true).total.new_recipients == 21'000);
  const auto report = test.import("few.csv", "email\nann@example.com\nq7@example.com\n", true);
  CHECK(report.total.new_recipients == 1);
  auto store = test.store();
  CHECK(Recipients(store.database()).count() == 21'001);
  CHECK(Recipients(store.database()).find("ann@example.com") == RecipientId{21'000});
}

TEST_CASE("a list that is too long for the memory is written in batches, and is the same") {
  std::string list("email,job_title,country\n");
  for (int i = 0; i < 60'000; ++i) {
    list += fmt::format("q{}@example.com,Title {},{}\n", i % 50'000, i % 700,
                        i % 3 == 0 ? "BE" : "a country with a rather long name");
  }
  TestWorkspace batches(k_profile), whole(k_profile);
  for (auto* test : {&batches, &whole}) {
    test->workspace.threads = 1; // numbers are given in the order of the list
    test->workspace.memory = (test == &batches ? 1ULL : 512ULL) << 20;
    CHECK(test->import("list.csv", list, true).total.new_recipients == 50'000);
  }
  auto store = batches.store(), other = whole.store();
  Recipients recipients(store.database()), others(other.database());
  for (RecipientId id = 0; id < 50'000; id += 997) {
    CHECK(recipients.address(id) == others.address(id));
    CHECK(recipients.attributes_of(id, k_now) == others.attributes_of(id, k_now));
  }
  CHECK((batches.exported() == whole.exported()));
}

TEST_CASE("a bad record is rejected with its line, and the rest goes on") {
  TestWorkspace test(k_profile);
  const auto report = test.import(
      "log.csv", std::string(k_head) +
                     "a@example.com,1,open,2026-01-05T10:00:00Z,,x,\nno "
                     "address,1,open,2026-01-05T10:00:00Z,,x,\nb@example.com,1,open,yesterday,,x,"
                     "\nshort\nc@example.com,1,open,2026-01-05T10:00:00Z,,x,\n");
  CHECK(report.total.events == 2);
  CHECK(report.total.rejected == 3);
  const auto rejects = *read_file((test.folder / "rejects").string());
  CHECK(rejects.find("\"line\":3") != std::string::npos);
  CHECK(rejects.find("\"line\":4") != std::string::npos);
  CHECK(rejects.find("\"line\":5") != std::string::npos);
  CHECK(rejects.find("not an e-mail address") != std::string::npos);
}

TEST_CASE("a bad record far behind has the line at which it stands") {
  constexpr int k_rows = 60'000; // of several chunks
  const auto line_of_reject = [](const TestWorkspace& test) {
    const auto rejects = *read_file((test.folder / "rejects").string());
    const auto at = rejects.find("\"line\":");
    return at == std::string::npos ? 0 : std::atoi(rejects.c_str() + at + 7);
  };
  SUBCASE("CSV, with line ends in quotes") {
    TestWorkspace test(k_profile);
    std::string text(k_head);
    int lines = 1;
    for (int i = 0; i < k_rows; ++i) {
      const bool broken = i % 1000 == 7;
      text += fmt::format("r{}@example.com,1,open,2026-01-05T10:00:00Z,,{},\n", i,
                          broken ? "\"x\ny\"" : "x");
      lines += broken ? 2 : 1;
    }
    const auto report = test.import("log.csv", text + "short\n");
    CHECK(report.total.rejected == 1);
    CHECK_EQ(line_of_reject(test), lines + 1);
  }
  SUBCASE("NDJSON, with empty lines") {
    TestWorkspace test;
    std::string text;
    int lines = 0;
    for (int i = 0; i < k_rows; ++i) {
      text += fmt::format("{{\"email\":\"r{}@example.com\",\"timestamp\":1767600000,\"event\":"
                          "\"open\",\"sg_event_id\":\"e{}\",\"sg_message_id\":\"m\"}}\n",
                          i, i);
      text += i % 1000 == 7 ? "\n" : "";
      lines += i % 1000 == 7 ? 2 : 1;
    }
    const auto report = test.import("log.ndjson", text + "{\"email\":\"x@example.com\"}\n");
    CHECK(report.total.rejected == 1);
    CHECK_EQ(line_of_reject(test), lines + 1);
  }
}

TEST_CASE("an unknown event about nobody is kept, and not rejected besides") {
  TestWorkspace test;
  const auto report =
      test.import("odd.ndjson",
                  "{\"kind\":\"unknown\",\"time\":\"2026-01-05T10:00:00Z\",\"native\":\"ping\"}\n");
  CHECK(report.total.unknown == 1);
  CHECK(report.total.rejected == 0);
}

TEST_CASE("events before their recipient is known are joined when address and contact id meet") {
  constexpr std::string_view k_ids = R"([[profile]]
name = "ids"
fields = { kind = "event", time = "time", contact_id = "id", campaign = "campaign" }
[[profile]]
name = "both"
fields = { kind = "what", time = "time", contact_id = "id", address = "email", campaign = "campaign" }
)";
  TestWorkspace test(k_ids);
  test.import(
      "ids.csv",
      "id,campaign,event,time\n77,1,open,2026-01-05T10:00:00Z\n78,1,open,2026-01-05T10:00:00Z\n");
  test.import("known.csv",
              "id,email,campaign,what,time\n79,ann@example.com,1,delivered,2026-01-04T10:00:00Z\n");
  test.import("both.csv", "id,email,campaign,what,time\n77,bo@example.com,1,delivered,2026-01-"
                          "05T09:00:00Z\n78,ann@example.com,1,click,2026-01-06T10:00:00Z\n");
  auto store = test.store();
  const auto events = [&](const char* who) {
    return activity_of(store, test.workspace, who, k_now)->events.size();
  };
  CHECK(events("bo@example.com") == 2);  // 77 got an address
  CHECK(events("ann@example.com") == 3); // 78 was she all along: one person now
  const auto out = test.exported();
  CHECK(out.find("\"contact_id\":\"77\"") == std::string::npos);
  CHECK(std::count(out.begin(), out.end(), '\n') == 5);
}

TEST_CASE("attributes hold from their day on; the same again changes nothing") {
  TestWorkspace test;
  CHECK(
      test.import("contacts.csv",
                  "email,job_title,country\nann@example.com,Manager,BE\nbo@example.com,Student,\n",
                  true)
          .total.changed_attributes == 3);
  CHECK(
      test.import("contacts.csv",
                  "email,job_title,country\nann@example.com,Manager,BE\nbo@example.com,Student,\n",
                  true)
          .total.changed_attributes == 0);
  auto store = test.store();
  Recipients recipients(store.database());
  const auto ann = recipients.find("ann@example.com");
  REQUIRE(ann);
  CHECK(recipients.attributes_of(*ann, k_now).size() == 2);
  AttributeChanges changes(1);
  changes.begin(*ann, 1'000'000'000);
  changes.add(*recipients.attribute_id("job_title"), "Director");
  const AttributeChanges* const all[] = {&changes};
  recipients.change_attributes(all, 1);
  const auto title_at = [&](Seconds moment) {
    for (const auto& [name, value] : recipients.attributes_of(*ann, moment)) {
      if (name == "job_title") {
        return value;
      }
    }
    return std::string();
  };
  CHECK(title_at(999'999'999) == "Manager");
  CHECK(title_at(1'000'000'000) == "Director");
}

TEST_CASE("more attributes than a store has room for are rejected, and taken for no others") {
  TestWorkspace test;
  {
    auto store = Store::open_writing(test.workspace.store_path());
    auto& database = store.database();
    database.use("INSERT INTO attribute(id, name) VALUES (?1, 'last')")
        .bind(k_most_attributes)
        .run();
  }
  const auto report = test.import("contacts.ndjson",
                                  "{\"email\":\"ann@example.com\",\"last\":\"x\"}\n"
                                  "{\"email\":\"bo@example.com\",\"more\":\"y\"}\n"
                                  "{\"email\":\"cleo@example.com\"}\n",
                                  true);
  CHECK(report.total.rejected == 1);
  CHECK(report.total.new_recipients == 2);
  CHECK(report.total.changed_attributes == 1);
  auto store = test.store();
  Recipients recipients(store.database());
  const auto ann = recipients.find("ann@example.com");
  REQUIRE(ann);
  const auto told = recipients.attributes_of(*ann, k_now);
  REQUIRE(told.size() == 1);
  CHECK(told[0].first == "last");
  CHECK_FALSE(recipients.find("bo@example.com"));
  CHECK(recipients.attribute_id("more") == std::nullopt);
  CHECK(recipients.attribute_id("last") == k_most_attributes);
}

TEST_CASE("explain agrees with the score of the whole list, and no suppressed address is in a "
          "mailing segment") {
  TestWorkspace test(
      std::string(k_profile) +
      "[[segment]]\nname = \"all\"\nwhere = 'true'\ncolumns = [\"email\", \"score\"]\n");
  test.import("log.csv", joined(random_lines(5, 2000, 70)));
  auto store = test.store();
  run_scores(store, test.workspace, test.workspace.config.rules, k_now, true);
  const auto everybody = parse_expression("true");
  const auto all = run_segments(
      store, test.workspace, k_now,
      {{"all", SegmentUse::suppression, everybody.expression.get(), {"email", "score"}}},
      SegmentForm{ExportFormat::machine})[0];
  const auto mailing =
      run_segments(store, test.workspace, k_now,
                   {{"all", SegmentUse::mailing, everybody.expression.get(), {"email", "score"}}},
                   SegmentForm{ExportFormat::machine})[0];
  CHECK(all.members == mailing.members + mailing.kept_out_suppressed);
  CHECK(mailing.kept_out_suppressed > 0);
  std::size_t people = 0;
  const auto &all_text = all.text, &mailing_text = mailing.text;
  for (const auto line : split(all_text, '\n')) {
    const auto comma = line.find(',');
    if (comma == std::string_view::npos || line.starts_with("email")) {
      continue;
    }
    const auto explained = explain(store, test.workspace, test.workspace.config.rules,
                                   std::string(line.substr(0, comma)), k_now);
    REQUIRE(explained.has_value());
    Points sum = 0;
    for (const auto& entry : explained->ledger.lines) {
      sum += entry.points;
    }
    CHECK(format_points(sum) == line.substr(comma + 1));
    CHECK(explained->score == sum);
    const bool in_mailing = mailing_text.find(std::string(line) + "\n") != std::string::npos;
    CHECK(in_mailing == (explained->suppressed == 0));
    ++people;
  }
  CHECK(people == 70);
}

TEST_CASE("segments from a stored run are those scored anew, on any number of threads") {
  TestWorkspace test(std::string(k_profile) +
                     "[scoring]\nopen = 0.125\nnon_open = -1.5\ncaps = { non_opens = \"off\" }\n");
  test.import("log.csv", joined(random_lines(21, 30'000, 4000)));
  auto store = test.store();
  const auto where = parse_expression("score > -3 and clicks_bofu < 2 and grade <= C");
  REQUIRE(where.expression != nullptr);
  const std::vector<SegmentRequest> requests{
      {"few",
       SegmentUse::suppression,
       where.expression.get(),
       {"email as Address, \"new\"", "score", "scale", "level", "fit", "grade", "status", "phase",
        "opens", "non_opens", "clicks_tofu", "clicks_mofu", "clicks_bofu", "mailings as received",
        "suppressed"}},
      {"score first", SegmentUse::mailing, where.expression.get(), {"score", "email"}}};
  const auto run = [&](ExportFormat format, std::size_t limit) {
    std::string out;
    for (const auto& result : run_segments(store, test.workspace, k_now, requests,
                                           SegmentForm{.format = format, .limit = limit})) {
      out += std::to_string(result.members) + "\n" + result.text;
    }
    return out;
  };
  std::vector<std::string> anew;
  for (const auto format : {ExportFormat::machine, ExportFormat::people, ExportFormat::ndjson}) {
    anew.push_back(run(format, 0));
    anew.push_back(run(format, 7));
  }
  CHECK(std::count(anew[0].begin(), anew[0].end(), '\n') > 1000);
  CHECK(std::count(anew[1].begin(), anew[1].end(), '\n') == 2 * (1 + 1 + 7));
  CHECK(anew[0].find("\"Address, \"\"new\"\"\",score,") != std::string::npos);
  CHECK(anew[0].find(",received,suppressed\n") != std::string::npos);
  CHECK(anew[0].find(".125,") != std::string::npos);
  CHECK(current_runs(store, test.workspace).empty());
  run_scores(store, test.workspace, test.workspace.config.rules, k_now, true);
  REQUIRE(current_runs(store, test.workspace).size() == 1);
  for (const unsigned threads : {1U, 2U, 8U}) {
    test.workspace.threads = threads;
    std::size_t i = 0;
    for (const auto format : {ExportFormat::machine, ExportFormat::people, ExportFormat::ndjson}) {
      CHECK((run(format, 0) == anew[i++])); // a difference would be screens of lines
      CHECK((run(format, 7) == anew[i++]));
    }
  }
  // The order is the one promised: by score, then address.
  std::vector<std::pair<double, std::string>> rows;
  const auto lines = split(anew[0], '\n');
  for (std::size_t i = 2; i < lines.size() && lines[i].find('@') != std::string_view::npos; ++i) {
    const auto cells = split(lines[i], ',');
    rows.emplace_back(-parse_double(cells[1]).value_or(0), cells[0]);
  }
  CHECK(rows.size() > 1000);
  CHECK(std::is_sorted(rows.begin(), rows.end()));
}

TEST_CASE("a run is written while it is scored, and nobody's before it is whole") {
  TestWorkspace test;
  auto store = test.store();
  const auto& rules = test.workspace.config.rules;
  const auto scores_of = [](std::uint32_t chunk, std::size_t people) {
    ChunkScores scores;
    scores.resize(people);
    for (std::size_t r = 0; r < people; ++r) {
      scores.score[r] = static_cast<Points>(r) + chunk;
    }
    return scores;
  };
  for (int round = 0; round < 2; ++round) { // the second takes the place of the first
    RunRecorder recorder(store, test.workspace, rules, k_now, 1);
    recorder.add(1, scores_of(1, 70));
    recorder.add(2, scores_of(2, 10));
    recorder.add(0, scores_of(0, 70));
    auto other = test.store();
    CHECK_EQ(current_runs(other, test.workspace).size(), round); // the one before, if there is one
    const auto run = recorder.save();
    const auto runs = current_runs(store, test.workspace);
    REQUIRE(runs.size() == 1);
    CHECK(runs[0].id == run.id);
    const World world;
    const Scorer scorer(rules, world, k_now);
    for (const auto& [chunk, people] : {std::pair{0U, 70U}, {1U, 70U}, {2U, 10U}}) {
      ChunkScores back;
      recall_chunk(store.database(), run, chunk, people, scorer, back);
      CHECK(back.score == scores_of(chunk, people).score);
    }
  }
  { // one that never ends is dropped a day later
    RunRecorder recorder(store, test.workspace, rules, k_now, 1);
    auto other = test.store();
    const auto runs = [&other] {
      auto query = other.database().use("SELECT count(*) FROM run");
      return query.step() ? query.integer(0) : 0;
    };
    for (std::uint32_t chunk = 0; runs() == 1 && chunk < 10'000; ++chunk) {
      recorder.add(chunk, scores_of(chunk, 70));
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    CHECK_EQ(runs(), 2);
  }
  CHECK_EQ(current_runs(store, test.workspace).size(), 1);
  store.database().execute("UPDATE run SET created = created - 100000");
  RunRecorder(store, test.workspace, rules, k_now).save();
  auto left =
      store.database().use("SELECT (SELECT count(*) FROM run), (SELECT count(*) FROM run_block)");
  REQUIRE(left.step());
  CHECK(left.integer(0) == 1);
  CHECK(left.integer(1) == 0);
}

TEST_CASE("a small import is durable in the store's log, which scoring folds into the file") {
  TestWorkspace test(k_profile);
  test.import("log.csv", joined(random_lines(31, 600, 200)));
  const auto log_size = [&] {
    std::error_code none;
    const auto size = std::filesystem::file_size(test.workspace.store_path() + "-wal", none);
    return none ? 0 : size;
  };
  CHECK_GT(log_size(), 0);
  CHECK_LE(log_size(), 2U << 20);
  const auto events = test.exported(); // by another connection, which reads the log
  CHECK_GT(std::count(events.begin(), events.end(), '\n'), 300);
  { // the file alone knows nothing of it yet, so the log is what was synced
    const auto copy = test.folder / "copy.db";
    std::filesystem::copy_file(test.workspace.store_path(), copy);
    std::filesystem::copy_file(test.workspace.store_path() + ".key", copy.string() + ".key");
    auto store = Store::open_reading(copy.string());
    CHECK_EQ(Recipients(store.database()).count(), 0);
  }
  auto store = test.store();
  run_scores(store, test.workspace, test.workspace.config.rules, k_now, true);
  CHECK_EQ(log_size(), 0);
  CHECK_EQ(test.exported(), events);
}

TEST_CASE("an audit finds every ledger in order, and a score that was tampered with") {
  for (const auto* config : {"", "[scoring]\nprofile = \"standard\"\nhalf_life = \"10d\"\n",
                             "[scoring]\nopen = 1\nimplied_open = true\nmeasurable = \"simple\"\n"
                             "repeat = \"every\"\n"}) {
    TestWorkspace test(std::string(k_profile) + config +
                       "[[fit]]\nname = \"x\"\nattribute = \"domain\"\nwords = [\"example\"]\n"
                       "points = 40\n"); // above the cap: a line of its own
    test.import("log.csv", joined(random_lines(31, 6000, 200)));
    auto store = test.store();
    CHECK_FALSE(audit(store, test.workspace, 5).has_value());
    run_scores(store, test.workspace, test.workspace.config.rules, k_now, true);
    const auto good = audit(store, test.workspace, 5);
    REQUIRE(good.has_value());
    CHECK(good->recipients == 200);
    CHECK(good->different == 0);

    // Half the people one point more.
    const auto world = build_world(store, test.workspace, test.workspace.config.rules, k_now);
    const Scorer scorer(test.workspace.config.rules, world, k_now);
    ChunkScores scores;
    auto query = store.database().use("SELECT data FROM run_block");
    REQUIRE(query.step());
    unpack_scores(query.blob(0), scorer, scores);
    query.reset();
    for (std::size_t r = 0; r < scores.size(); r += 2) {
      scores.score[r] += k_point;
    }
    const auto bad = pack_scores(scores);
    const WriterLock lock(store.path());
    store.database().use("UPDATE run_block SET data = ?1").bind(Blob{bad}).run();
    const auto found = audit(store, test.workspace, 5);
    REQUIRE(found.has_value());
    CHECK(found->different == 100);
    REQUIRE(found->first.size() == 5);
    CHECK(found->first[0].what == "engagement");
    CHECK(found->first[0].stored != found->first[0].ledger);
  }
}

TEST_CASE("a stored run that is damaged is named, not used") {
  TestWorkspace test(k_profile);
  test.import("log.csv", joined(random_lines(5, 300, 40)));
  auto store = test.store();
  run_scores(store, test.workspace, test.workspace.config.rules, k_now, true);
  const auto where = parse_expression("true");
  const std::vector<SegmentRequest> requests{
      {"all", SegmentUse::suppression, where.expression.get(), {"email", "score"}}};
  auto query = store.database().use("SELECT data FROM run_block");
  REQUIRE(query.step());
  const std::string good(query.blob(0));
  query.reset();
  for (const auto& bad : {std::string(), std::string("x"), good.substr(0, good.size() / 2),
                          good.substr(0, 1), "\1" + good.substr(1)}) {
    const WriterLock lock(store.path());
    store.database().use("UPDATE run_block SET data = ?1").bind(Blob{bad}).run();
    CHECK_THROWS_AS(
        run_segments(store, test.workspace, k_now, requests, SegmentForm{ExportFormat::machine}),
        Failure);
  }
}

TEST_CASE("who is erased under a number that nobody has had is damage") {
  TestWorkspace test(k_profile);
  test.import("log.csv", joined(random_lines(5, 300, 40)));
  auto store = test.store();
  const auto people = Recipients(store.database()).count();
  const auto erase = [&](std::int64_t number) {
    store.database()
        .use("INSERT OR REPLACE INTO erased VALUES (zeroblob(16), ?1, 0)")
        .bind(number)
        .run();
    run_scores(store, test.workspace, test.workspace.config.rules, k_now, true);
  };
  CHECK_NOTHROW(erase(people - 1));
  for (const auto number : {std::int64_t{people}, std::int64_t{-1}}) {
    CHECK_THROWS_AS(erase(number), Failure);
  }
}

TEST_CASE("an erasure whose hash is cut is damage: the person would be taken for a new one") {
  TestWorkspace test(k_profile);
  test.import("log.csv", joined(random_lines(5, 300, 40)));
  auto store = test.store();
  for (const auto* hash : {"zeroblob(0)", "zeroblob(15)", "zeroblob(17)"}) {
    CAPTURE(hash);
    store.database().execute(
        fmt::format("DELETE FROM erased; INSERT INTO erased VALUES ({}, NULL, 0)", hash));
    CHECK_THROWS_WITH_AS(Erasures{store},
                         "the table erased is damaged: restore the store from a backup", Failure);
  }
}

TEST_CASE("threads do not change the result") {
  const auto text = joined(random_lines(9, 5000, 300));
  std::string expected;
  for (const unsigned threads : {1U, 2U, 8U}) {
    TestWorkspace test(k_profile);
    test.workspace.threads = threads;
    test.import("log.csv", text);
    const auto out = test.exported();
    CHECK((expected.empty() || out == expected));
    expected = out;
  }
}

TEST_CASE("a damaged block is named, not skipped") {
  std::vector<EventRow> rows{{1, 1000, 0, 0, 0, 0}, {2, 1000, 0, 0, 0, 0}};
  auto blob = encode_block(rows);
  CHECK(BlockReader(blob, 0).size() == 2);
  for (std::size_t at = 20; at < blob.size(); ++at) {
    auto damaged = blob;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    CHECK_THROWS_AS(BlockReader(damaged, 0), Failure);
  }
}

TEST_CASE("fewer recipients than have keys and events, or more than there can be: damage") {
  for (const auto* count : {"3", "-4", "513", "4000000000", "9999999999999999999", "many"}) {
    CAPTURE(count);
    TestWorkspace test(k_profile);
    test.import("log.csv", joined(random_lines(5, 300, 40)));
    test.store().database().execute(
        fmt::format("UPDATE meta SET value = '{}' WHERE key = 'recipients'", count));
    CHECK_THROWS_WITH_AS(test.exported(),
                         "the number of recipients is damaged: restore the store from a backup",
                         Failure);
  }
}

TEST_CASE("a row that names what is not there is named, not followed") {
  constexpr std::pair<const char*, const char*> k_changes[] = {
      {"activity", "key = key - 1"},         // no kind has the number 254
      {"activity", "key = key | (1 << 39)"}, // nor a mailing
      {"campaign", "account = 77"},          {"campaign", "kind = 4"},
      {"campaign", "merged_into = 77"},      {"campaign", "merged_into = -1"},
      {"coverage", "account = 77"},
  };
  for (const auto& [table, change] : k_changes) {
    CAPTURE(change);
    TestWorkspace test(k_profile);
    test.import("log.csv", joined(random_lines(5, 300, 40)));
    {
      auto store = test.store();
      store.database().execute(
          fmt::format("PRAGMA foreign_keys=OFF; UPDATE OR REPLACE {} SET {}", table, change));
    }
    std::string said;
    try {
      auto store = test.store();
      run_scores(store, test.workspace, test.workspace.config.rules, k_now, true);
      test.exported();
    } catch (const Failure& failure) {
      said = failure.error.message;
    }
    CHECK(said == fmt::format("the table {} is damaged: restore the store from a backup", table));
  }
}

std::string clicks_of(unsigned first, unsigned people, std::string_view ip, Seconds from,
                      std::string_view url = "https://example.com/pricing") {
  std::string out(k_head);
  for (unsigned i = 0; i < people; ++i) {
    out +=
        fmt::format("p{}@example.com,c1,click,{},{},Mozilla/5.0 (Windows NT 10.0) Firefox/120,{}\n",
                    first + i, format_time(from + i), url, ip);
  }
  return out;
}

Verdict first_click(const TestWorkspace& test, const std::string& who, Seconds as_of = k_now) {
  auto store = test.store();
  const auto activity = activity_of(store, test.workspace, who, as_of);
  REQUIRE(activity.has_value());
  REQUIRE_FALSE(activity->events.empty());
  return activity->events.front().judged.verdict;
}

TEST_CASE(
    "a crowd from one network is seen across imports, in the inbox, and not before it was there") {
  constexpr Seconds k_first = k_now - 20 * 86'400;
  TestWorkspace test(k_profile);
  test.import("a.csv", clicks_of(1, 4, "198.51.100.7", k_first));
  CHECK(first_click(test, "p1@example.com") == Verdict::human);
  test.import("b.csv", clicks_of(5, 1, "198.51.100.9", k_first + 8)); // stays in the inbox
  test.import("c.csv", clicks_of(9, 1, "203.0.113.9", k_first + 8));  // another network
  CHECK(first_click(test, "p1@example.com") == Verdict::unknown);
  CHECK(first_click(test, "p5@example.com") == Verdict::unknown);
  CHECK(first_click(test, "p9@example.com") == Verdict::human);
  CHECK(first_click(test, "p1@example.com", k_first + 7) == Verdict::human);
  CHECK(first_click(test, "p1@example.com", k_first + 8) == Verdict::unknown);
  auto store = test.store();
  const auto& rules = test.workspace.config.rules;
  const auto summary = run_scores(store, test.workspace, rules, k_now, true);
  CHECK(summary.recipients == 6);
  CHECK(explain(store, test.workspace, rules, "p1@example.com", k_now)->score == 10 * k_point);
  CHECK(explain(store, test.workspace, rules, "p9@example.com", k_now)->score == 20 * k_point);
  CHECK(audit(store, test.workspace, 5)->different == 0);
  auto light = rules;
  light.robots.crowd = 0;
  CHECK(explain(store, test.workspace, light, "p1@example.com", k_now)->score == 20 * k_point);
}

TEST_CASE("a log of a proxy's own private address shows no crowd") {
  TestWorkspace test(k_profile);
  test.import("a.csv", clicks_of(1, 20, "10.0.0.7", k_now - 86'400));
  CHECK(first_click(test, "p1@example.com") == Verdict::human);
}

TEST_CASE("networks of mail filters and honeypot links of the config") {
  constexpr Seconds k_first = k_now - 20 * 86'400;
  TestWorkspace test(std::string(k_profile) + "[robots]\nfilter_networks = [\"198.51.100.0/24\"]\n"
                                              "shared_filter_networks = [\"203.0.113.0/24\"]\n"
                                              "honeypot_links = [\"*/trap/*\"]\n");
  test.import("a.csv", clicks_of(1, 1, "198.51.100.7", k_first) +
                           clicks_of(2, 1, "203.0.113.7", k_first).substr(k_head.size()) +
                           clicks_of(3, 1, "192.0.2.7", k_first).substr(k_head.size()) +
                           clicks_of(3, 1, "192.0.2.7", k_first + 9, "https://example.com/trap/1")
                               .substr(k_head.size()));
  CHECK(first_click(test, "p1@example.com") == Verdict::machine);
  CHECK(first_click(test, "p2@example.com") == Verdict::human); // no delivery is told
  CHECK(first_click(test, "p3@example.com") == Verdict::machine);
}

} // namespace
} // namespace mailfunnel
