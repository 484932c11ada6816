// A session of few records into a large store, written in more than one batch, as a sync does.

#include "ingest/session.hpp"
#include "ingest/worker.hpp"
#include "store/recipients.hpp"

#include "test_workspace.hpp"

#include <array>
#include <new>
#include <string>
#include <vector>

namespace mailfunnel {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// A store that knows two people, and a session that looks people up one by one.
struct SmallSession : TestWorkspace {
  SmallSession() {
    import("known.csv", "email,job_title\nzoe@example.com,Nurse\nann@example.com,Manager\n", true);
    opened.emplace(store());
    SessionOptions options;
    options.account = "shop";
    options.adapter = "generic";
    options.only_account = true;
    options.now = k_now;
    options.valid_from = 0;
    options.small = true;
    session.emplace(*opened, options);
    worker.emplace(*session);
  }
  /// Hands records over within `tell()`, and writes them.
  template<typename Tell> void batch(Tell tell) {
    worker->begin_chunk({}, 0, 0);
    tell();
    worker->end_chunk();
    auto harvest = worker->harvest();
    session->flush(std::span(&harvest, 1), counts, "test", false);
    worker->clear();
  }
  void opened_by(std::string_view address, Seconds when, std::string_view becomes = {}) {
    EventView event;
    event.kind = becomes.empty() ? EventKind::open : EventKind::address_change;
    event.address = address;
    event.new_address = becomes;
    event.campaign = "c";
    event.time.seconds = when;
    worker->accept(event);
  }
  void title_of(std::string_view address, std::string_view title) {
    const std::array<std::pair<std::string_view, std::string_view>, 1> attributes{
        {{"job_title", title}}};
    RecipientView person;
    person.address = address;
    person.attributes = attributes;
    worker->accept(person);
  }
  Pairs attributes_of(std::string_view address) {
    Recipients recipients(opened->database());
    const auto id = recipients.find(address);
    return id ? recipients.attributes_of(*id, k_now) : Pairs{};
  }
  std::ptrdiff_t events_of(std::string_view address) const {
    const auto out = exported();
    std::ptrdiff_t count = 0;
    for (auto at = out.find(address); at != std::string::npos; at = out.find(address, at + 1)) {
      ++count;
    }
    return count;
  }
  std::optional<Store> opened;
  std::optional<Session> session;
  std::optional<Worker> worker;
  ImportCounts counts;
};

TEST_CASE("a chunk that breaks off at its end keeps nobody waiting") {
  SmallSession test;
  auto& book = test.session->book();
  book.refuse([](std::string_view) -> bool { throw std::bad_alloc(); });
  test.worker->begin_chunk({}, 0, 0);
  test.opened_by("new@example.com", k_now);
  CHECK_THROWS_AS(test.worker->end_chunk(), std::bad_alloc);
  book.reserve(1'000'000); // what another thread would do; it waits while a chunk is open
  CHECK(book.size() == 0);
}

TEST_CASE("a small session that is written twice takes nobody for another") {
  SmallSession test;
  for (int batch = 0; batch < 2; ++batch) {
    test.batch([&] {
      test.opened_by("new@example.com", k_now - 1000 + batch);
      test.opened_by("ann@example.com", k_now - 2000 + batch);
      test.title_of("bo@example.com", batch == 0 ? "Clerk" : "Director");
    });
  }
  CHECK(test.attributes_of("zoe@example.com") == Pairs{{"job_title", "Nurse"}});
  CHECK(test.attributes_of("ann@example.com") == Pairs{{"job_title", "Manager"}});
  CHECK(test.attributes_of("bo@example.com") == Pairs{{"job_title", "Director"}});
  CHECK_EQ(test.counts.fresh, 4);
  CHECK_EQ(fold_inbox(*test.opened, 1), 4);
  CHECK_FALSE(Recipients(test.opened->database()).find(""));
  CHECK_EQ(Recipients(test.opened->database()).count(), 4); // and nobody without a name
  CHECK_EQ(test.events_of("\"new@example.com\""), 2);
  CHECK_EQ(test.events_of("\"ann@example.com\""), 2);
}

TEST_CASE("what a small import tells of somebody who had another address is his") {
  SmallSession test;
  test.batch([&] {
    test.opened_by("old@example.com", k_now - 5000);
    test.title_of("new@example.com", "Director");
    test.title_of("newest@example.com", "Chief");
    test.opened_by("new@example.com", k_now - 4000, "newest@example.com");
    test.opened_by("old@example.com", k_now - 3000, "new@example.com");
  });
  CHECK(test.attributes_of("zoe@example.com") == Pairs{{"job_title", "Nurse"}});
  CHECK(test.attributes_of("ann@example.com") == Pairs{{"job_title", "Manager"}});
  const auto told = test.attributes_of("old@example.com");
  REQUIRE_EQ(told.size(), 1);
  const bool his = told[0].second == "Director" || told[0].second == "Chief";
  CHECK(his);
}

TEST_CASE("what a record told before it broke off is told of nobody") {
  SmallSession test;
  test.opened->database().execute("CREATE TRIGGER breaks BEFORE INSERT ON attribute WHEN new.name "
                                  "= 'breaks' BEGIN SELECT RAISE(ABORT, 'no room'); END");
  test.batch([&] {
    const std::array<std::pair<std::string_view, std::string_view>, 2> attributes{
        {{"job_title", "Director"}, {"breaks", "x"}}};
    RecipientView person;
    person.address = "bo@example.com";
    person.attributes = attributes;
    CHECK_THROWS_AS(test.worker->accept(person), Failure);
    test.title_of("cleo@example.com", "Clerk");
  });
  CHECK(test.attributes_of("zoe@example.com") == Pairs{{"job_title", "Nurse"}});
  CHECK(test.attributes_of("cleo@example.com") == Pairs{{"job_title", "Clerk"}});
  CHECK_FALSE(Recipients(test.opened->database()).find("bo@example.com"));
}

} // namespace
} // namespace mailfunnel
