// Erasure: nothing of the person is left in any file, and nothing brings the person back.

#include "app/forget.hpp"

#include "app/access.hpp"
#include "app/access_log.hpp"
#include "app/export_all.hpp"
#include "app/kept_run.hpp"
#include "app/objection.hpp"
#include "app/push_journal.hpp"
#include "app/score_run.hpp"
#include "app/segment_export.hpp"
#include "base/base64.hpp"
#include "base/text.hpp"
#include "ingest/session.hpp"
#include "store/catalog.hpp"
#include "store/job_log.hpp"
#include "store/notice_log.hpp"
#include "store/sync_state.hpp"

#include "test_workspace.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace mailfunnel {
namespace {

constexpr std::string_view k_config = R"(
[[account]]
name = "shop"
esp = "generic"
[[segment]]
name = "all"
where = "true"
use = "sales"
)";

/// Every line that names Ann is hers alone.
constexpr std::string_view k_log =
    R"({"kind":"sent","account":"shop","address":"Ann.Peeters@Example.com","time":"2026-03-01T09:00:00Z","campaign":"1"}
{"kind":"delivered","account":"shop","address":"ann.peeters@example.com","contact_id":"c-778899","time":"2026-03-01T09:00:05Z","campaign":"1"}
{"kind":"click","account":"shop","address":"ann.peeters@example.com","time":"2026-03-02T09:00:00Z","campaign":"1","link":"https://a.example/prijzen?e=ann.peeters%40example.com"}
{"kind":"click","account":"shop","contact_id":"c-778899","time":"2026-03-03T09:00:00Z","campaign":"1","link":"https://a.example/blog"}
{"kind":"address_change","account":"shop","address":"ann.peeters@example.com","new_address":"ann@home.example","time":"2026-03-04T09:00:00Z"}
{"kind":"unknown","native":"wink","account":"shop","address":"ann.peeters@example.com","time":"2026-03-05T09:00:00Z"}
{"kind":"open","account":"shop","address":"ann.peeters@example.com","time":"1970-03-05T09:00:00Z"}
{"kind":"delivered","account":"shop","address":"bob@example.com","contact_id":"c-1122334","time":"2026-03-01T09:00:05Z","campaign":"1"}
{"kind":"click","account":"shop","address":"bob@example.com","time":"2026-03-02T10:00:00Z","campaign":"1","link":"https://a.example/prijzen"}
{"kind":"open","account":"shop","address":"bob@example.com","time":"1970-03-05T09:00:00Z"}
)";
constexpr std::string_view k_contacts = "email,first_name,last_name,job_title\n"
                                        "ann.peeters@example.com,Annelies,Peeterszoon,directeur\n"
                                        "bob@example.com,Bob,Bobson,student\n";

/// What must stand nowhere afterwards.
std::vector<std::string> traces_of_ann() {
  return {"ann.peeters",      "peeters@example",
          "ann@home.example", "ann@home",
          "c-778899",         "Annelies",
          "Peeterszoon",      base64_encode("ann.peeters@example.com").substr(0, 28)};
}

std::string lower_of(const std::string& text) {
  return lower(text);
}

/// Files of the folder that hold one of the texts.
std::vector<std::string> holding(const std::filesystem::path& folder,
                                 const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) {
      continue;
    }
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    const auto low = lower_of(bytes);
    for (const auto& text : texts) {
      if (bytes.find(text) != std::string::npos || low.find(lower_of(text)) != std::string::npos) {
        out.push_back(entry.path().filename().string() + ": " + text);
      }
    }
  }
  return out;
}

struct World : TestWorkspace {
  World() : TestWorkspace(k_config) {
    workspace.config.file = "test.toml";
    read(k_log);
    import_contacts();
    auto opened = store();
    auto& database = opened.database();
    REQUIRE(suppress(opened, "ann@home.example", std::array{k_hand_reasons[0]},
                     "asked by ann.peeters@example.com", k_now - 10)
                .has_value());
    // The journal of a push, a job of it, a request of a sync, and an account's own words.
    const auto id = *find_person(opened, "ann.peeters@example.com").id;
    const WriterLock lock(opened.path());
    Transaction transaction(database);
    database.execute(
        "INSERT INTO push_run(id, account, segment, target, created, state) VALUES (1, 1, 'all', "
        "'{}', 1, 'done')");
    database
        .use("INSERT INTO push_member VALUES (1, ?1, 'c-778899', 'add', 'refused', '[]', "
             "'[\"Annelies\"]', 'ann.peeters@example.com is not subscribed')")
        .bind(id)
        .run();
    database.execute("INSERT INTO push_member VALUES (1, -5, 'c-778899', 'add', 'confirmed', '', "
                     "'', ''), (1, -6, 'c-1122334', 'add', 'confirmed', '', '', "
                     "'instead of ANN.PEETERS@example.com')");
    database.execute("INSERT INTO push_task(run, task) VALUES (1, '{\"who\":\"c-778899\"}')");
    SyncState(database, 1).add_task(R"({"step":"member","place":"ann.peeters%40example.com"})");
    SyncState(database, 1).add_task(R"({"step":"member","place":"bob@example.com"})");
    // An event that waits, and many that came and went: the free pages are full of her.
    const InboxEvent waiting{
        1, EventKind::open, {0, 1'772'600'000, 0, 0, 0, 0, 0}, "ann.peeters@example.com"};
    Activity(database).add_to_inbox({&waiting, 1});
    transaction.commit();
    for (int i = 0; i < 50; ++i) {
      Transaction more(database);
      Activity(database).add_to_inbox(std::vector<InboxEvent>(200, waiting));
      more.commit();
    }
    {
      Transaction none(database);
      database.execute("DELETE FROM inbox WHERE id > 1");
      none.commit();
    }
    // Files that the program wrote, and one that it did not.
    write(
        "rejects-20260301T120000.ndjson",
        R"({"rejected":"no time","source":{"adapter":"generic","file":"a","line":1,"offset":0},"raw":"x,Ann.Peeters@example.com"}
{"rejected":"no time","source":{"adapter":"generic","file":"a","line":2,"offset":0},"raw":"x,bob@example.com"}
{"rejected":"no time","source":{"adapter":"generic","file":"a","line":3,"offset":0},"raw":")" +
            base64_encode("ann.peeters@example.com") + "\"}\n");
    PushPlan plan;
    plan.segment = "all";
    plan.target.account = "shop";
    for (const auto* who : {"ann.peeters@example.com", "bob@example.com"}) {
      PlannedChange planned;
      planned.change.address = who;
      plan.changes.push_back(planned);
    }
    plan.blocked.push_back({"ann@home.example", "objection"});
    std::filesystem::create_directories(folder / "plans");
    write("plans/monday.json", to_json(plan));
  }

  void write(const std::string& name, const std::string& text) const {
    REQUIRE(write_file((folder / name).string(), text).has_value());
  }
  /// As import(), of a file that is gone afterwards.
  ImportSummary read(std::string_view text) {
    auto summary = import("in.ndjson", text);
    std::filesystem::remove(folder / "in.ndjson");
    return summary;
  }
  ImportSummary import_contacts() {
    auto summary = import("in.csv", k_contacts, true);
    std::filesystem::remove(folder / "in.csv");
    return summary;
  }
  void keep_a_run() {
    auto opened = store();
    const std::vector<SegmentRequest> requests{
        {"all", SegmentUse::sales, workspace.config.segments[0].expression.get(), {"email"}}};
    const auto exported =
        export_segments(opened, workspace, k_now, requests, {ExportFormat::machine},
                        {[](std::size_t, std::string_view) {}});
    keep_run(opened, exported.run, workspace.config.rules, *exported.world, {"segment all"}, k_now);
  }
  ForgetResult forget(std::vector<std::string> people, bool dry_run = false) const {
    auto opened = store();
    return mailfunnel::forget(opened, workspace, {std::move(people), dry_run, "clerk", k_now}, {});
  }
  std::int64_t number(std::string_view sql) const {
    auto opened = store();
    auto query = opened.database().use(sql);
    REQUIRE(query.step());
    return query.integer(0);
  }
};

TEST_CASE("forget: no byte of the person is left in any file") {
  World world;
  world.keep_a_run();
  {
    auto opened = world.store();
    note_access(world.workspace.store_path(),
                {k_now, "clerk", "explain", "ann@home.example", 1, "for Ann.Peeters@example.com"});
    NoticeLog(opened.database()).add("sql", "k", "new SQL: ann.peeters@example.com", k_now);
    JobLog jobs(opened.database());
    jobs.end(jobs.begin("notify", k_now, k_now), "done",
             "$ mailfunnel notify\nnew SQL: ann.peeters@example.com\nnew SQL: bob@example.com\n",
             k_now);
  }
  REQUIRE(!holding(world.folder, traces_of_ann()).empty());
  const auto result = world.forget({"ann.peeters@example.com"});
  CHECK(result.erased == 1);
  CHECK(result.unknown == 0);
  CHECK(result.keys == 3);
  CHECK(result.attributes == 3);
  CHECK(result.events >= 6);
  CHECK(result.suppressions == 1);
  CHECK(result.pushes == 2);
  CHECK(result.tasks == 2);
  CHECK(result.runs == 1);
  CHECK(result.scrubbed);
  CHECK(result.files.left.empty());
  const auto left = holding(world.folder, traces_of_ann());
  CAPTURE(join(left, "\n"));
  CHECK(left.empty());

  // Bob is there as he was.
  CHECK(JobLog(world.store().database()).run(1)->log ==
        "$ mailfunnel notify\nnew SQL: erased\nnew SQL: bob@example.com\n");
  CHECK(world.exported().find("bob@example.com") != std::string::npos);
  CHECK(world.number("SELECT count(*) FROM sync_task") == 1);
  CHECK(world.number("SELECT count(*) FROM push_member") == 1);
  const auto rejects = read_file((world.folder / "rejects-20260301T120000.ndjson").string());
  CHECK(rejects->find("bob@example.com") != std::string::npos);
  const auto plan = read_plan(*read_file((world.folder / "plans/monday.json").string()));
  REQUIRE(plan.has_value());
  CHECK(plan->changes.size() == 1);
  CHECK(plan->blocked.empty());
}

TEST_CASE("forget: what is not ours is told, and left") {
  World world;
  world.write("calls.csv", "email\nann.peeters@example.com\n");
  world.write("notes.txt", "nothing");
  const auto result = world.forget({"ann.peeters@example.com"});
  REQUIRE(result.files.left.size() == 1);
  CHECK(result.files.left[0].ends_with("calls.csv"));
}

TEST_CASE("forget: a dry run tells the same and changes nothing") {
  World world;
  const auto before = world.exported();
  const auto told = world.forget({"ann.peeters@example.com"}, true);
  CHECK(world.exported() == before);
  CHECK(world.number("SELECT count(*) FROM erased") == 0);
  CHECK(!std::filesystem::exists(world.folder / "mailfunnel.db.erased.key"));
  const auto done = world.forget({"ann.peeters@example.com"});
  CHECK(told.keys == done.keys);
  CHECK(told.attributes == done.attributes);
  CHECK(told.pushes == done.pushes);
  CHECK(told.files.cleaned.size() == done.files.cleaned.size());
}

TEST_CASE("forget: nothing brings the person back") {
  World world;
  world.forget({"ann.peeters@example.com"});
  const auto bob = world.exported();
  std::filesystem::remove(world.folder / "rejects");

  const auto again = world.read(k_log);
  CHECK(again.total.erased == 7);
  CHECK(again.total.fresh == 0);
  CHECK(again.total.rejected == 1); // Bob's
  CHECK(world.import_contacts().total.erased == 1);
  // By any of the names, as somebody's other name, and by a name that came with one of them.
  const auto other_names = world.read(
      R"({"kind":"open","account":"shop","address":"ann.third@example.com","time":"2026-03-06T08:00:00Z","campaign":"1"}
{"kind":"open","account":"shop","address":"ANN@home.example","time":"2026-03-06T09:00:00Z","campaign":"1"}
{"kind":"open","account":"shop","contact_id":"c-778899","time":"2026-03-06T09:00:00Z","campaign":"1"}
{"kind":"open","account":"shop","address":"ann.third@example.com","contact_id":"c-778899","time":"2026-03-06T09:00:00Z","campaign":"1"}
{"kind":"address_change","account":"shop","address":"ann.peeters@example.com","new_address":"ann.fourth@example.com","time":"2026-03-06T09:00:00Z"}
)");
  CHECK(other_names.total.erased == 5); // the first of them was hers only once the fourth was read
  const auto later = world.read(
      R"({"kind":"open","account":"shop","address":"ann.third@example.com","time":"2026-03-07T09:00:00Z","campaign":"1"}
{"kind":"open","account":"shop","address":"ann.fourth@example.com","time":"2026-03-07T09:00:00Z","campaign":"1"}
)");
  CHECK(later.total.erased == 2);
  CHECK(world.exported() == bob);
  auto texts = traces_of_ann();
  texts.insert(texts.end(), {"ann.third", "ann.fourth"});
  const auto left = holding(world.folder, texts);
  CAPTURE(join(left, "\n"));
  CHECK(left.empty());
}

TEST_CASE("forget: the way of few records into a large store lets nobody back either") {
  World world;
  world.forget({"ann.peeters@example.com"});
  const auto before = world.exported();
  auto opened = world.store();
  SessionOptions options;
  options.account = "shop";
  options.small = true;
  options.now = k_now;
  Session session(opened, options);
  Worker worker(session);
  worker.begin_chunk("", 0, 0);
  EventView event;
  event.kind = EventKind::open;
  event.time = {1'772'600'000, 0};
  event.address = "ann.peeters@example.com";
  worker.accept(event);
  RecipientView person;
  person.address = "ann.peeters@example.com";
  const std::pair<std::string_view, std::string_view> name{"first_name", "Annelies"};
  person.attributes = {&name, 1};
  worker.accept(person);
  worker.end_chunk();
  std::vector<Session::Harvest> harvests{worker.harvest()};
  ImportCounts counts;
  session.flush(harvests, counts, "test", true);
  CHECK(worker.counts().erased == 2);
  CHECK(holding(world.folder, traces_of_ann()).empty());
  CHECK(world.exported() == before);
}

TEST_CASE("forget: a batch that was read before an erasure is not written after it") {
  World world;
  auto opened = world.store();
  SessionOptions options;
  options.account = "shop";
  Session session(opened, options);
  Worker worker(session);
  worker.begin_chunk("", 0, 0);
  EventView event;
  event.kind = EventKind::open;
  event.time = {1'772'600'000, 0};
  event.address = "ann.peeters@example.com";
  worker.accept(event);
  worker.end_chunk();
  world.forget({"ann.peeters@example.com"});
  std::vector<Session::Harvest> harvests{worker.harvest()};
  ImportCounts counts;
  CHECK_THROWS_AS(session.flush(harvests, counts, "test", true), Failure);
  CHECK(holding(world.folder, traces_of_ann()).empty());
}

TEST_CASE("forget: again, and after it was cut off, it ends the same") {
  World world;
  world.forget({"ann.peeters@example.com"});
  const auto once = world.exported();
  const auto again = world.forget({"ann.peeters@example.com"});
  CHECK(again.erased == 0);
  CHECK(again.before == 1);
  CHECK(world.exported() == once);
  {
    // Cut off behind the transaction: whatever opens the store next for writing ends it.
    auto opened = world.store();
    opened.want_scrub();
    CHECK(opened.wants_scrub());
  }
  CHECK(!world.store().wants_scrub());
  // Erased before, found in a file that came later.
  world.write("rejects-20260302T120000.ndjson", "{\"raw\":\"ann.peeters@example.com\"}\n");
  CHECK(world.forget({"ann.peeters@example.com"}).files.cleaned.size() == 1);
  CHECK(holding(world.folder, traces_of_ann()).empty());
}

TEST_CASE("forget: the person is said to be erased, and not named") {
  World world;
  world.forget({"ann.peeters@example.com", "ann.peeters@example.com"});
  auto opened = world.store();
  for (const auto* who : {"ann.peeters@example.com", "Ann@home.example", "c-778899"}) {
    CAPTURE(who);
    const auto explained =
        explain(opened, world.workspace, world.workspace.config.rules, who, k_now);
    REQUIRE(!explained);
    CHECK(explained.error().text().find("erased on 2026-03-31") != std::string::npos);
    CHECK(explained.error().text().find("ann") == std::string::npos);
    CHECK(!access_report(opened, world.workspace, who, k_now));
    CHECK(!suppress(opened, who, k_hand_reasons, "", k_now));
  }
  const auto log = accesses(opened, "ann.peeters@example.com", 10);
  REQUIRE(log.has_value());
  REQUIRE(log->size() == 1);
  CHECK(log->front().what == "forget");
  CHECK(log->front().person == "erased");
}

TEST_CASE("forget: counts of mailings stay as counts, and nobody is counted for the person") {
  World world;
  auto opened = world.store();
  const auto before =
      run_scores(opened, world.workspace, world.workspace.config.rules, k_now, false);
  world.forget({"ann.peeters@example.com"});
  CHECK(world.number("SELECT events FROM erased_activity WHERE kind = 6") == 2); // clicks
  const auto after =
      run_scores(opened, world.workspace, world.workspace.config.rules, k_now, false);
  // The contact id was a number of its own before it was known whose it is.
  CHECK(after.recipients < before.recipients);
}

TEST_CASE("forget: somebody unknown is kept out; who came back is let in") {
  World world;
  const auto result = world.forget({"new@example.com"});
  CHECK(result.unknown == 1);
  constexpr std::string_view k_line =
      R"({"kind":"open","account":"shop","address":"new@example.com","time":"2026-03-06T09:00:00Z","campaign":"1"})";
  CHECK(world.read(k_line).total.erased == 1);
  auto opened = world.store();
  CHECK(lift_erasure(opened, "new@example.com", "clerk", k_now));
  CHECK(!lift_erasure(opened, "new@example.com", "clerk", k_now));
  CHECK(world.read(k_line).total.fresh == 1);
  CHECK_THROWS_AS(world.forget({"nobody"}), Failure);
  // All names together.
  world.forget({"ann.peeters@example.com"});
  world.read(
      R"({"kind":"open","account":"shop","address":"ann.third@example.com","contact_id":"c-778899","time":"2026-03-06T09:00:00Z","campaign":"1"})");
  CHECK(lift_erasure(opened, "ann@home.example", "clerk", k_now));
  const auto back = world.read(
      R"({"kind":"open","account":"shop","address":"ann.third@example.com","contact_id":"c-778899","time":"2026-03-06T09:00:00Z","campaign":"1"})");
  CHECK(back.total.erased == 0);
  CHECK(back.total.fresh == 1);
}

TEST_CASE("forget: without the key file nothing comes in") {
  World world;
  world.forget({"ann.peeters@example.com"});
  std::filesystem::remove(world.folder / "mailfunnel.db.erased.key");
  const auto summary = world.read(k_log);
  CHECK(summary.failed == 1);
  CHECK(holding(world.folder, traces_of_ann()).empty());
}

} // namespace
} // namespace mailfunnel
