// Several threads read an input, and what they find does not depend on who is faster: where two
// records say different things, the order of the input decides.

#include "app/forget.hpp"
#include "app/segment_export.hpp"
#include "ingest/session.hpp"
#include "ingest/worker.hpp"
#include "store/activity.hpp"
#include "store/catalog.hpp"
#include "store/erasures.hpp"
#include "store/recipients.hpp"

#include "test_workspace.hpp"

#include <array>
#include <future>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {
namespace {

constexpr std::string_view k_config = R"(
[[account]]
name = "shop"
esp = "generic"
[[segment]]
name = "everybody"
where = "true"
use = "mailing"
)";

/// An input of some chunks, each with a thread of its own, in whatever order a test says.
class Chunks : public TestWorkspace {
public:
  Chunks() : TestWorkspace(k_config) {}

  void open(std::size_t chunks, bool small = false) {
    m_store.emplace(store());
    SessionOptions options;
    options.account = "shop";
    options.adapter = "generic";
    options.threads = static_cast<unsigned>(chunks);
    options.now = k_now;
    options.valid_from = 0;
    options.small = small;
    m_session.emplace(*m_store, options);
    m_workers.clear();
    begin(chunks);
  }
  void begin(std::size_t chunks) {
    m_session->begin_input();
    for (std::size_t i = 0; i < chunks; ++i) {
      m_workers.push_back(std::make_unique<Worker>(*m_session));
      m_workers.back()->begin_chunk({}, i, 0);
    }
  }
  Worker& chunk(std::size_t number) { return *m_workers[number]; }
  ImportCounts end() {
    for (auto& worker : m_workers) {
      worker->end_chunk();
    }
    return flush();
  }
  ImportCounts flush() {
    std::vector<Session::Harvest> harvests;
    for (auto& worker : m_workers) {
      harvests.push_back(worker->harvest());
    }
    ImportCounts counts;
    m_session->flush(harvests, counts, "test", false);
    for (auto& worker : m_workers) {
      counts.erased += worker->counts().erased;
    }
    m_workers.clear();
    return counts;
  }
  void close() {
    m_workers.clear();
    m_session.reset();
    m_store.reset();
  }

  struct Told {
    std::string_view address, contact, becomes, link;
  };
  void tell(std::size_t number, Seconds when, const Told& told) {
    EventView event;
    event.kind = !told.becomes.empty() ? EventKind::address_change
                 : !told.link.empty()  ? EventKind::click
                                       : EventKind::open;
    event.time.seconds = k_now - 86'400 + when;
    event.address = told.address;
    event.contact_id = told.contact;
    event.new_address = told.becomes;
    event.link = told.link;
    event.campaign = "1";
    chunk(number).accept(event);
  }
  /// Seconds of the events of each, as told.
  std::map<std::string, std::set<Seconds>> people() const {
    std::map<std::string, std::set<Seconds>> out;
    const auto all = exported();
    for (const auto& line : split(all, '\n')) {
      if (line.empty()) {
        continue;
      }
      const auto value = [&line = line](std::string_view key) {
        const auto at = line.find(key);
        const auto from = at == line.npos ? line.size() : at + key.size();
        return std::string(line.substr(from, line.find('"', from) - from));
      };
      const auto address = value("\"address\":\""), contact = value("\"contact_id\":\"");
      out[address.empty() ? contact : address].insert(parse_time(value("\"time\":\""))->seconds -
                                                      (k_now - 86'400));
    }
    return out;
  }

  std::optional<Store> m_store;
  std::optional<Session> m_session;
  std::vector<std::unique_ptr<Worker>> m_workers;
};

using People = std::map<std::string, std::set<Seconds>>;

TEST_CASE("of several addresses that are told with a contact id the first one has it") {
  for (const bool first_is_faster : {true, false}) {
    for (const bool known : {true, false}) { // are the addresses seen before their records?
      for (const bool small : {true, false}) {
        CAPTURE(first_is_faster);
        CAPTURE(known);
        CAPTURE(small);
        Chunks test;
        test.open(3, small);
        const std::array<std::function<void()>, 3> chunks{
            [&] {
              test.tell(0, 1, {"", "c", "", ""});
              test.tell(0, 2, {"ann@x.example", "c", "", ""});
            },
            [&] {
              test.tell(1, 3, {"bob@x.example", "c", "", ""});
            },
            [&] {
              test.tell(2, 4, {"", "c", "", ""});
              test.tell(2, 5, {"cleo@x.example", "c", "", ""});
            }};
        if (known) {
          for (const auto who : {"bob@x.example", "cleo@x.example", "ann@x.example"}) {
            test.tell(1, 0, {who, "", "", ""});
          }
        }
        for (std::size_t i = 0; i < 3; ++i) {
          chunks[first_is_faster ? i : 2 - i]();
        }
        test.end();
        test.close();
        auto expected =
            People{{"ann@x.example", {1, 2, 4}}, {"bob@x.example", {3}}, {"cleo@x.example", {5}}};
        if (known) {
          for (auto& [who, events] : expected) {
            events.insert(0);
          }
        }
        CHECK(test.people() == expected);
      }
    }
  }
}

TEST_CASE("a contact id stays whose it was in the batch, the input and the store before") {
  for (const bool small : {true, false}) {
    for (const bool same_session : {true, false}) {
      CAPTURE(small);
      CAPTURE(same_session);
      Chunks test;
      const auto next = [&] {
        if (same_session) {
          test.flush();
          test.begin(1);
        } else {
          test.end();
          test.close();
          test.open(1, small);
        }
      };
      test.open(1, small);
      test.tell(0, 1, {"", "c", "", ""}); // of whom nothing else is known
      test.tell(0, 2, {"", "d", "", ""});
      test.chunk(0).end_chunk();
      next();
      test.tell(0, 3, {"bob@x.example", "", "", ""});
      test.tell(0, 4, {"bob@x.example", "c", "", ""});
      test.tell(0, 5, {"dan@x.example", "d", "", ""});
      test.chunk(0).end_chunk();
      next();
      test.tell(0, 6, {"ann@x.example", "c", "", ""});
      test.tell(0, 7, {"", "c", "", ""});
      test.tell(0, 8, {"", "d", "", ""});
      test.chunk(0).end_chunk();
      next();
      test.tell(0, 9, {"", "c", "", ""});
      test.end();
      test.close();
      CHECK(test.people() == People{{"ann@x.example", {6}},
                                    {"bob@x.example", {1, 3, 4, 7, 9}},
                                    {"dan@x.example", {2, 5, 8}}});
      auto store = test.store();
      CHECK_EQ(Recipients(store.database()).find("dan@x.example"),
               Recipients(store.database()).find(contact_key(1, "d")));
    }
  }
}

TEST_CASE("who has another address is one person, whatever thread comes first") {
  for (const bool small : {true, false}) {
    for (const unsigned order : {0U, 1U, 2U, 3U, 4U, 5U}) {
      CAPTURE(small);
      CAPTURE(order);
      Chunks test;
      test.open(3, small);
      const std::array<std::function<void()>, 3> chunks{
          [&] { // there and back, and both seen before
            test.tell(0, 1, {"ann@x.example", "", "", ""});
            test.tell(0, 2, {"ann@y.example", "", "", ""});
            test.tell(0, 3, {"ann@x.example", "", "ann@y.example", ""});
            test.tell(0, 4, {"ann@y.example", "", "ann@x.example", ""});
          },
          [&] { // two become a third, the later one in the other chunk; and by contact id only
            test.tell(1, 5, {"bob@x.example", "", "bob@z.example", ""});
            test.tell(1, 7, {"", "c", "cleo@x.example", ""});
          },
          [&] {
            test.tell(2, 6, {"bob@y.example", "", "bob@z.example", ""});
            test.tell(2, 8, {"bob@z.example", "", "", ""});
            test.tell(2, 9, {"cleo@y.example", "c", "", ""}); // the change was before
            test.tell(2, 10, {"cleo@x.example", "", "", ""});
          }};
      const std::array<std::size_t, 3> turns{order / 2, (order / 2 + 1 + order % 2) % 3,
                                             (order / 2 + 2 - order % 2) % 3};
      for (const auto i : turns) {
        chunks[i]();
      }
      test.end();
      test.close();
      CHECK(test.people() == People{{"ann@x.example", {1, 2, 3, 4}},
                                    {"bob@x.example", {5, 6, 8}},
                                    {"cleo@x.example", {7, 10}},
                                    {"cleo@y.example", {9}}});
      auto store = test.store();
      Recipients recipients(store.database());
      CHECK_EQ(recipients.address(*recipients.find("bob@z.example")), "bob@y.example"); // the last
      CHECK_EQ(recipients.merged().size(), 0); // nobody was stored twice
    }
  }
}

TEST_CASE("the first links of an input are a mailing's, the others are the other links") {
  constexpr int k_too_many = k_most_links + 50;
  for (const bool contacts : {true, false}) {
    Chunks test;
    test.open(2);
    const auto click = [&](std::size_t chunk, Seconds when, int link) {
      const auto url = fmt::format("https://x.example/{}", link);
      test.tell(chunk, when, {contacts ? "" : "ann@x.example", contacts ? "c" : "", "", url});
    };
    for (int i = 0; i < k_too_many; ++i) { // the thread of the second chunk is faster
      click(1, 1000 + i, 100 + i);
    }
    for (int i = 0; i < 100; ++i) {
      click(0, i, i == 7 ? 100 + k_too_many - 1 : i); // one of those that came last there
    }
    test.end();
    test.close();
    std::map<std::string, int> clicks;
    const auto all = test.exported();
    for (const auto& line : split(all, '\n')) {
      if (const auto at = line.find("\"link\":\""); at != line.npos) {
        ++clicks[std::string(line.substr(at + 8, line.find('"', at + 8) - at - 8))];
      }
    }
    CHECK_EQ(clicks.size(), k_most_links + 1);
    CHECK_EQ(clicks["https://x.example/6"], 1);
    CHECK_EQ(clicks[fmt::format("https://x.example/{}", 100 + k_too_many - 1)], 2);
    CHECK_EQ(clicks["(other links)"], k_too_many - 1 - (k_most_links - 100));
    CHECK_EQ(clicks.count(fmt::format("https://x.example/{}", k_most_links)), 0);
    CHECK_EQ(clicks.count(fmt::format("https://x.example/{}", k_most_links - 1)), 1);
    // And the next input finds them as they are.
    test.open(1);
    click(0, 90'000, 6);
    click(0, 90'001, 1'000'000);
    test.end();
    test.close();
    CHECK_EQ(test.exported().find("x.example/1000000"), std::string::npos);
    auto store = test.store();
    CHECK_EQ(Catalog(store.database()).links(1).size(), k_most_links + 1);
  }
}

TEST_CASE("a thread that is far ahead waits until it is known which links stand first") {
  constexpr int k_far = 51'000;
  Chunks test;
  test.open(2);
  const auto click = [&](std::size_t chunk, Seconds when, int link) {
    test.tell(chunk, when, {"ann@x.example", "", "", fmt::format("https://x.example/{}", link)});
  };
  auto ahead = std::async(std::launch::async, [&] {
    for (int i = 0; i < k_far; ++i) {
      click(1, 1000 + i, 100 + i);
    }
    click(1, 0, 1'000'000);
    click(1, 1, 1'000'000);
    test.chunk(1).end_chunk();
  });
  CHECK(ahead.wait_for(std::chrono::milliseconds(200)) == std::future_status::timeout);
  for (int i = 0; i < 100; ++i) {
    click(0, 100'000 + i, i < 50 ? i : 2'000'000 + i);
  }
  test.chunk(0).end_chunk();
  ahead.get();
  test.flush();
  test.close();
  auto store = test.store();
  std::set<std::string> urls;
  for (const auto& link : Catalog(store.database()).links(1)) {
    urls.insert(link.url);
  }
  CHECK_EQ(urls.size(), k_most_links + 1);
  CHECK(urls.contains("https://x.example/49"));
  CHECK(urls.contains("https://x.example/2000099"));
  CHECK(urls.contains(fmt::format("https://x.example/{}", 100 + k_most_links - 101)));
  CHECK_FALSE(urls.contains(fmt::format("https://x.example/{}", 100 + k_most_links - 100)));
  CHECK_FALSE(urls.contains("https://x.example/1000000"));
}

TEST_CASE("of two descriptions of a mailing that differ the later one in the input holds") {
  Chunks test;
  test.open(2);
  for (const std::size_t chunk : {1U, 0U}) {
    Campaign campaign;
    campaign.id = "1";
    campaign.name = chunk == 0 ? "first" : "second";
    test.chunk(chunk).accept(campaign, "");
  }
  test.end();
  test.close();
  auto store = test.store();
  CHECK_EQ(Catalog(store.database()).campaigns().at(0).campaign.name, "second");
}

TEST_CASE("two people in the store who turn out to be one are one in every list") {
  for (const bool small : {true, false}) {
    CAPTURE(small);
    Chunks test;
    test.import("ann.csv", "email,job_title\nann@x.example,Manager\n", true);
    test.import("new.csv", "email,first_name\nann@y.example,Ann\n", true);
    test.open(1, small);
    EventView gone;
    gone.kind = EventKind::unsubscribe;
    gone.time.seconds = k_now - 86'400;
    gone.address = "ann@y.example";
    gone.campaign = "1";
    test.chunk(0).accept(gone);
    test.end();
    test.close();
    test.open(1, small);
    test.tell(0, 1, {"ann@x.example", "", "ann@y.example", ""});
    test.end();
    test.close();
    auto store = test.store();
    fold_inbox(store, 1);
    Recipients recipients(store.database());
    const auto id = recipients.find("ann@y.example");
    REQUIRE(id.has_value());
    CHECK_EQ(id, recipients.find("ann@x.example"));
    std::string attributes;
    for (const auto& [name, value] : recipients.attributes_of(*id, k_now)) {
      attributes += name + "=" + value + "\n";
    }
    CHECK_EQ(attributes, "job_title=Manager\nfirst_name=Ann\n");
    std::size_t statements = 0;
    for (const auto number : recipients.numbers_of(*id)) {
      statements += recipients.statements_of(number).size();
    }
    CHECK_EQ(statements, 2);
    for (const auto use : {SegmentUse::mailing, SegmentUse::sales, SegmentUse::suppression}) {
      const std::vector<SegmentRequest> requests{
          {"everybody", use, test.workspace.config.segments[0].expression.get(), {"email"}}};
      std::string text;
      const auto exported =
          export_segments(store, test.workspace, k_now, requests, {ExportFormat::machine},
                          {[&](std::size_t, std::string_view part) { text += part; }});
      CHECK_EQ(text.find("ann@y.example"), text.npos); // she has left, by whatever name
      CHECK_EQ(text.find("ann@x.example") != text.npos, use != SegmentUse::mailing);
    }
  }
}

TEST_CASE(
    "what is read of somebody while another import has them become one with another is theirs") {
  Chunks test;
  test.import("people.csv", "email\nann@x.example\nbob@x.example\nann@y.example\n", true);
  test.open(1);
  const auto tell_attribute = [&test](std::string_view address, std::string_view name) {
    const std::array<std::pair<std::string_view, std::string_view>, 1> told{{{name, address}}};
    RecipientView person;
    person.address = address;
    person.attributes = told;
    test.chunk(0).accept(person);
  };
  tell_attribute("ann@x.example", "old");
  tell_attribute("ann@y.example", "new");
  test.tell(0, 1, {"ann@x.example", "", "", ""});
  test.tell(0, 2, {"bob@x.example", "", "", ""});
  test.import("beside.ndjson",
              R"({"kind":"address_change","account":"shop","address":"ann@x.example",)"
              R"("new_address":"ann@y.example","time":"2026-03-04T09:00:00Z"})"
              "\n");
  test.end();
  test.close();
  auto store = test.store();
  fold_inbox(store, 1);
  Recipients recipients(store.database());
  const auto id = recipients.find("ann@y.example");
  REQUIRE(id.has_value());
  CHECK_EQ(id, recipients.find("ann@x.example"));
  std::set<std::string> values;
  for (const auto& [name, value] : recipients.attributes_of(*id, k_now)) {
    values.insert(value);
  }
  CHECK(values == std::set<std::string>{"ann@x.example", "ann@y.example"});
  CHECK(test.people().at("bob@x.example") == std::set<Seconds>{2});
}

TEST_CASE("a name that is told with that of somebody erased is erased, wherever it stands") {
  for (const bool erased_is_faster : {true, false}) {
    for (const bool small : {true, false}) {
      CAPTURE(erased_is_faster);
      CAPTURE(small);
      Chunks test;
      test.import("in.ndjson", R"({"kind":"open","account":"shop","address":"ann@x.example",)"
                               R"("contact_id":"c","time":"2026-03-01T09:00:00Z","campaign":"1"}
{"kind":"open","account":"shop","address":"bob@x.example","time":"2026-03-01T09:00:00Z","campaign":"1"}
)");
      {
        auto store = test.store();
        forget(store, test.workspace, {{"ann@x.example"}, false, "clerk", k_now}, {});
      }
      test.open(2, small);
      const std::array<std::function<void()>, 2> chunks{
          [&] {
            test.tell(0, 1, {"new@x.example", "", "", ""});
            test.tell(0, 2, {"", "d", "", ""});
            test.tell(0, 3, {"cleo@x.example", "e", "", ""});
          },
          [&] {
            test.tell(1, 4, {"new@x.example", "c", "", ""});
            test.tell(1, 5, {"ann@x.example", "d", "", ""});
            test.tell(1, 6, {"bob@x.example", "c", "", ""}); // whom the store knows
            test.tell(1, 7, {"ann@x.example", "", "newest@x.example", ""});
            test.tell(1, 8, {"newest@x.example", "", "", ""});
          }};
      chunks[erased_is_faster ? 1 : 0]();
      chunks[erased_is_faster ? 0 : 1]();
      const auto counts = test.end();
      CHECK_EQ(counts.erased, 7);
      CHECK_EQ(counts.fresh, 1);
      test.close();
      CHECK_EQ(test.people().size(), 2);
      CHECK(test.people().at("cleo@x.example") == std::set<Seconds>{3});
      auto store = test.store();
      const Erasures erasures(store);
      for (const auto who : {"new@x.example", "newest@x.example"}) {
        CHECK(erasures.has(who));
        CHECK_FALSE(Recipients(store.database()).find(who));
      }
      CHECK(erasures.has(contact_key(1, "d")));
      CHECK_FALSE(erasures.has("bob@x.example"));
      CHECK_FALSE(erasures.has("cleo@x.example"));
    }
  }
}

/// Ann is erased; of the others the store knows what `log` tells.
void erase_ann(Chunks& test, std::string_view log = {}) {
  test.import("in.ndjson", R"({"kind":"open","account":"shop","address":"ann@x.example",)"
                           R"("contact_id":"a","time":"2026-03-01T09:00:00Z","campaign":"1"})"
                           "\n" +
                               std::string(log));
  auto store = test.store();
  forget(store, test.workspace, {{"ann@x.example"}, false, "clerk", k_now}, {});
}

TEST_CASE("somebody in the store is not erased with others, whatever hangs together") {
  for (const bool small : {true, false}) {
    CAPTURE(small);
    Chunks test;
    erase_ann(test, R"({"kind":"open","account":"shop","address":"bob@x.example",)"
                    R"("time":"2026-03-30T12:00:00Z","campaign":"1"})"
                    "\n");
    test.open(1, small);
    test.tell(0, 1, {"new@x.example", "", "bob@x.example", ""});
    test.tell(0, 2, {"ann@x.example", "", "new@x.example", ""});
    test.end();
    test.close();
    CHECK(test.people() == People{{"bob@x.example", {0, 1}}});
    auto store = test.store();
    CHECK(Recipients(store.database()).merged().empty());
  }
}

TEST_CASE("what an erased name told of a contact id or a mailing is as if it had not been") {
  for (const int way : {0, 1, 2}) { // in one batch, two, two sessions
    CAPTURE(way);
    Chunks test;
    erase_ann(test, R"({"kind":"open","account":"shop","contact_id":"c",)"
                    R"("time":"2026-03-30T12:00:00Z","campaign":"1"})"
                    "\n");
    test.open(1);
    test.tell(0, 1, {"ann@x.example", "c", "", ""}); // whom the store knows
    test.tell(0, 2, {"", "c", "y@x.example", ""});
    test.tell(0, 500, {"ann@x.example", "d", "", ""});
    test.tell(0, 600, {"", "d", "", ""});
    if (way == 1) {
      test.chunk(0).end_chunk();
      test.flush();
      test.begin(1);
    } else if (way == 2) {
      test.end();
      test.close();
      test.open(1);
    }
    test.tell(0, 3, {"z@x.example", "c", "", ""});
    if (way != 0) { // then it is erased itself
      test.tell(0, 4, {"other@x.example", "d", "", ""});
    }
    test.end();
    test.close();
    CHECK(test.people() == People{{"y@x.example", {0, 2}}, {"z@x.example", {3}}});
    auto store = test.store();
    CHECK(Erasures(store).has(contact_key(1, "d")));
    CHECK_EQ(Catalog(store.database()).campaigns().at(0).last_event, k_now - 86'400 + 3);
  }
}

TEST_CASE("people who are merged one after the other are all the last one") {
  Chunks test;
  test.import("a.csv", "email\na@x.example\nb@x.example\nc@x.example\n", true);
  test.open(1);
  for (const auto& [who, becomes] :
       {std::pair("a@x.example", "b@x.example"), std::pair("c@x.example", "b@x.example")}) {
    test.tell(0, 1, {"b@x.example", "", "", ""});
    test.tell(0, 2, {who, "", becomes, ""});
    test.chunk(0).end_chunk();
    test.flush();
    test.begin(1);
  }
  test.tell(0, 3, {"b@x.example", "", "", ""});
  test.end();
  test.close();
  CHECK(test.people() == People{{"a@x.example", {1, 2, 3}}});
  auto store = test.store();
  Recipients recipients(store.database());
  const auto id = recipients.find("c@x.example");
  for (const auto who : {"a@x.example", "b@x.example"}) {
    CHECK_EQ(recipients.find(who), id);
  }
}

TEST_CASE("links of a description are the first ones too, one by one, and wait as others do") {
  constexpr int k_links = k_most_links + 100;
  for (const bool described_first : {true, false}) {
    Chunks test;
    test.open(2);
    const auto describe = [&] {
      Campaign campaign;
      campaign.id = "1";
      for (int i = 0; i < k_links; ++i) {
        campaign.links.emplace_back().url = fmt::format("https://x.example/{}", i);
      }
      test.chunk(0).accept(campaign, "");
    };
    const auto click = [&] {
      test.tell(1, 1, {"ann@x.example", "", "", fmt::format("https://x.example/{}", k_links - 50)});
    };
    described_first ? describe() : click();
    described_first ? click() : describe();
    test.end();
    test.close();
    const auto all = test.exported();
    CHECK(all.find("(other links)") != all.npos);
  }
  Chunks test; // one that is far ahead
  test.open(2);
  auto ahead = std::async(std::launch::async, [&] {
    for (int i = 0; i < 50'000; ++i) {
      test.tell(1, i, {"ann@x.example", "", "", fmt::format("https://x.example/{}", i)});
    }
    Campaign campaign;
    campaign.id = "1";
    campaign.links.emplace_back().url = "https://x.example/far";
    campaign.links.back().text = "far";
    test.chunk(1).accept(campaign, "");
    test.chunk(1).end_chunk();
  });
  CHECK(ahead.wait_for(std::chrono::milliseconds(200)) == std::future_status::timeout);
  test.chunk(0).end_chunk();
  ahead.get();
  test.flush();
  test.close();
  auto store = test.store();
  auto query = store.database().use("SELECT count(*) FROM placement WHERE text = 'far'");
  REQUIRE(query.step());
  CHECK_EQ(query.integer(0), 1);
}

TEST_CASE("a small batch keeps all of a contact id, and once what is told by both names") {
  Chunks test;
  test.open(1, true);
  for (int i = 0; i < 2000; ++i) {
    test.tell(0, i, {"", "c", "", ""});
  }
  test.tell(0, 7, {"ann@x.example", "c", "", ""});
  const auto counts = test.end();
  CHECK_EQ(counts.fresh, 2000);
  CHECK_EQ(counts.duplicate, 1);
  test.close();
  CHECK_EQ(test.people().at("ann@x.example").size(), 2000);
}

TEST_CASE("names that meet by chance give the same on any number of threads, and in batches") {
  std::mt19937 random(11);
  std::string text;
  for (int i = 0; i < 30'000; ++i) { // some megabytes
    const auto contact = fmt::format(R"("contact_id":"c{}",)", random() % 3000);
    const auto address = fmt::format(R"("address":"p{}@x.example",)", random() % 3000);
    const auto names = random() % 3;
    const auto changes = random() % 200 == 0;
    text += fmt::format(
        R"({{"kind":"{}",{}{}"account":"shop",{}"time":"{}","campaign":"1","link":"https://x.example/{}","none":"{:200}"}})"
        "\n",
        changes ? "address_change" : "click", names != 0 ? contact : "", names != 1 ? address : "",
        changes ? fmt::format(R"("new_address":"p{}@x.example",)", random() % 4000) : "",
        format_time(k_now - 86'400 - static_cast<Seconds>(random() % 1'000'000)), random() % 15'000,
        "");
  }
  std::string first;
  for (const unsigned threads : {1U, 2U, 8U, 3U}) {
    CAPTURE(threads);
    TestWorkspace test(k_config);
    test.workspace.threads = threads;
    test.workspace.memory = threads == 3 ? 1 << 18 : std::uint64_t{1} << 30;
    const auto summary = test.import("log.ndjson", text);
    CHECK_EQ(summary.total.events, 30'000);
    first = first.empty() ? test.exported() : first;
    CHECK(test.exported() == first);
  }
}

} // namespace
} // namespace mailfunnel
