// Mailings that came by file under one id and over the API under another.

#include "app/campaign_report.hpp"
#include "app/explain.hpp"
#include "app/reconcile.hpp"
#include "app/sync.hpp"
#include "app/twins.hpp"
#include "app/world.hpp"
#include "store/chunk_source.hpp"
#include "test_workspace.hpp"
#include "toy_esp.hpp"

#include <algorithm>

namespace mailfunnel {
namespace {

constexpr std::string_view k_config = R"([[account]]
name = "news"
esp = "toy"
)";
constexpr Seconds k_sent = k_now - 10 * k_day;

std::string line(std::string_view kind, std::string_view who, Seconds time,
                 std::string_view link = {}) {
  return fmt::format(R"({{"kind":"{}","account":"news","address":"{}@example.com","time":"{}",)"
                     R"("campaign":"March news"{}}})"
                     "\n",
                     kind, who, format_time(time),
                     link.empty() ? "" : fmt::format(R"(,"link":"{}")", link));
}

/// What a file tells: Ann and Bob got it, Ann clicked on two links; and of another mailing.
std::string file() {
  return line("delivered", "ann", k_sent + 5) + line("delivered", "bob", k_sent + 5) +
         line("open", "ann", k_sent + 60) +
         line("click", "ann", k_sent + 80, "https://shop.example/blog") +
         line("click", "ann", k_sent + 90, "https://shop.example/pricing");
}

/// And what the API tells of the same: Ann's as the file does but for one click, and Cid's.
toy::Platform platform() {
  toy::Platform platform;
  platform.mailings = {{"m2", k_sent + 5 * k_day, {{"open", "ann@example.com", k_now}}, "Other"},
                       {"m1", k_sent, {}, "March News"}};
  platform.mailings[1].events = {{"delivered", "ann@example.com", k_sent + 5},
                                 {"open", "ann@example.com", k_sent + 60},
                                 {"click", "ann@example.com", k_sent + 90},
                                 {"delivered", "cid@example.com", k_sent + 6},
                                 {"click", "cid@example.com", k_sent + 95}};
  return platform;
}

struct MergeTest : TestWorkspace {
  MergeTest() : TestWorkspace(k_config) {
    workspace.registry.add("toy", std::make_unique<toy::ToyAdapter>());
    import("march.jsonl", file());
  }
  SyncSummary sync(toy::Platform& esp, bool allow_twins = false) {
    auto opened = store();
    auto settings = toy::settings_for(esp);
    settings.sleep = [](unsigned) {};
    SyncRequest request;
    request.account = "news";
    request.now = k_now;
    request.allow_twins = allow_twins;
    return sync_account(opened, workspace, request, settings, {});
  }
  /// `part` counts as `whole`; nullptr: by itself.
  void merge(const char* part, const char* whole) {
    auto opened = store();
    Catalog catalog(opened.database());
    const auto rows = catalog.stored_campaigns();
    const auto find = [&](std::string_view id) {
      return std::find_if(rows.begin(), rows.end(),
                          [id](const auto& row) { return row.campaign.id == id; })
          ->id;
    };
    catalog.merge_campaign(find(part),
                           whole == nullptr ? std::nullopt : std::optional(find(whole)));
    opened.count_change();
  }
  World world() {
    auto opened = store();
    auto world = build_world(opened, workspace, workspace.config.rules, k_now);
    world.crowds = nullptr; // looks into the store
    return world;
  }
  std::uint64_t count(std::string_view id, EventKind kind) {
    auto opened = store();
    fold_inbox(opened, 1);
    for (const auto& campaign : world().campaigns) {
      if (campaign.external_id == id) {
        return Activity(opened.database()).counts()[{campaign.id, kind}];
      }
    }
    return 0;
  }
};

TEST_CASE("twins: a sync leaves a mailing alone that a file brought, and does all else") {
  MergeTest test;
  auto esp = platform();
  const auto first = test.sync(esp);
  REQUIRE_EQ(first.twins.size(), 1);
  CHECK_EQ(first.twins[0].by_file, "March news");
  CHECK_EQ(first.twins[0].by_api, "m1");
  CHECK_EQ(merge_command(first.twins[0]), "mailfunnel campaigns merge 'March news' m1");
  CHECK_FALSE(first.complete());
  CHECK_EQ(first.left, 1);
  CHECK_EQ(first.counts.events, 1); // of the other mailing
  {
    auto opened = test.store();
    const auto twins = probable_twins(opened);
    REQUIRE_EQ(twins.size(), 1);
    CHECK_EQ(twins[0].why, "same name, same day");
  }
  // Asked again it says so again, and asks for no event of it.
  esp.log.clear();
  CHECK_EQ(test.sync(esp).twins.size(), 1);
  CHECK_EQ(std::count(esp.log.begin(), esp.log.end(), "GET /events"), 0);

  SUBCASE("merged, it is pulled") {
    test.merge("m1", "March news");
    const auto second = test.sync(esp);
    CHECK(second.complete());
    CHECK(second.twins.empty());
    CHECK_EQ(second.counts.events, 5);
    CHECK_EQ(test.count("March news", EventKind::click), 3); // Ann's of one second is one
    auto opened = test.store();
    CHECK(probable_twins(opened).empty());
  }
  SUBCASE("allowed, it is pulled too, now and the next time") {
    CHECK(test.sync(esp, true).complete());
    esp.mailings[1].events.push_back({"open", "cid@example.com", k_sent + 99});
    const auto later = test.sync(esp);
    CHECK(later.complete());
    CHECK_EQ(later.counts.fresh, 1);
  }
}

TEST_CASE("twins: another day, another name, another account are other mailings") {
  MergeTest test;
  auto esp = platform();
  SUBCASE("another day") {
    esp.mailings[1].sent = k_sent - 3 * k_day;
  }
  SUBCASE("another name") {
    esp.mailings[1].name = "April news";
  }
  CHECK(test.sync(esp).twins.empty());
}

TEST_CASE("twins: the same recipients on the same day") {
  MergeTest test;
  auto esp = platform();
  esp.mailings[1].name = "4f1c";
  std::string more;
  for (int i = 0; i < 30; ++i) {
    more += line("delivered", fmt::format("p{}", i), k_sent + 5);
    if (i != 7) {
      esp.mailings[1].events.push_back(
          {"delivered", fmt::format("p{}@example.com", i), k_sent + 8});
    }
  }
  test.import("more.jsonl", more);
  CHECK(test.sync(esp).complete());
  auto opened = test.store();
  const auto twins = probable_twins(opened);
  REQUIRE_EQ(twins.size(), 1);
  CHECK_EQ(twins[0].by_api, "m1");
  CHECK_EQ(twins[0].why, "same recipients, same day");
}

TEST_CASE("merge: one mailing everywhere, filled by both ids, and two again when it is undone") {
  MergeTest test;
  auto esp = platform();
  test.sync(esp, true);
  const auto apart = test.exported();
  CHECK_EQ(test.world().campaigns.size(), 3);
  test.merge("m1", "March news");

  const auto world = test.world();
  REQUIRE_EQ(world.campaigns.size(), 2);
  const auto& march = world.campaigns[0];
  CHECK_EQ(march.external_id, "March news");
  CHECK_EQ(march.name, "March News"); // the file told none
  CHECK(march.is_called("m1"));
  CHECK_EQ(march.links.size(), 2);
  CHECK_EQ(test.count("March news", EventKind::delivered), 3);
  CHECK_EQ(test.count("March news", EventKind::open), 1);
  CHECK_EQ(test.count("March news", EventKind::click), 3);

  const auto exported = test.exported();
  CHECK_EQ(exported.find("\"m1\""), std::string::npos);
  CHECK_EQ(std::count(exported.begin(), exported.end(), '\n'), 8); // the other mailing's open too
  { // by chunk, whole and of one person, and by set: the same
    auto opened = test.store();
    auto& database = opened.database();
    StoreChunk chunk(database, 0, Recipients(database).count());
    EventColumns loaded, asked;
    chunk.events(march.id, EventKind::click, asked);
    chunk.campaigns(EventKind::click);
    CHECK_EQ(chunk.kinds(march.id),
             only(EventKind::delivered) | only(EventKind::open) | only(EventKind::click));
    chunk.events(march.id, EventKind::click, loaded);
    CHECK_EQ(asked.time, loaded.time);
    CHECK_EQ(asked.link, loaded.link);
    const auto ann = Recipients(database).find(std::string_view("ann@example.com"));
    PersonSource person(database, ann, "ann@example.com");
    person.events(march.id, EventKind::click, asked);
    REQUIRE_EQ(asked.size(), 2);
    for (std::size_t i = 0; i < k_event_kinds; ++i) {
      const auto kind = static_cast<EventKind>(i);
      EventColumns some;
      CHECK_EQ(person.events(march.id, kind, some), (person.kinds(march.id) & only(kind)) != 0);
    }
    CHECK_EQ(person.kinds(march.id + 1'000), 0U);
    CHECK_NE(asked.link[0], asked.link[1]);
    for (const auto link : asked.link) {
      CHECK(march.links.contains(link));
    }
    for (const auto& [number, link] : march.links) {
      const auto alone = build_world(opened, test.workspace, test.workspace.config.rules, k_now,
                                     LinksOfMailings{{march.id, {number}}});
      const auto& links = alone.find(march.id)->links;
      REQUIRE_EQ(links.size(), 1);
      CHECK_EQ(links.at(number).url, link.url);
      CHECK_EQ(links.at(number).tag.stage, link.tag.stage);
    }
    const auto sets = Activity(database).sets();
    CHECK(std::none_of(sets.begin(), sets.end(),
                       [&](const StoredSet& set) { return world.find(set.campaign) == nullptr; }));
    const auto by_api = reconcile(opened, test.workspace, "m1");
    REQUIRE(by_api.has_value());
    CHECK_EQ(by_api->front().id, "March news");
    CHECK(reconcile(opened, test.workspace, "March news").has_value());
  }

  // Both ids go on being filled.
  test.import("later.jsonl", line("open", "bob", k_sent + 500));
  esp.mailings[1].events.push_back({"open", "cid@example.com", k_sent + 600});
  CHECK_EQ(test.sync(esp).counts.fresh, 1);
  CHECK_EQ(test.count("March news", EventKind::open), 3);

  test.merge("m1", nullptr);
  CHECK_EQ(test.count("March news", EventKind::open), 2);
  CHECK_EQ(test.count("m1", EventKind::open), 2);
  MergeTest never;
  never.sync(esp, true);
  never.import("later.jsonl", line("open", "bob", k_sent + 500));
  CHECK_EQ(test.exported(), never.exported());
  CHECK_NE(test.exported(), apart);
}

TEST_CASE("merge: events that wait in the inbox count with the whole") {
  MergeTest test;
  auto esp = platform();
  test.sync(esp, true);
  test.merge("m1", "March news");
  {
    auto opened = test.store();
    Activity activity(opened.database());
    const auto rows = Catalog(opened.database()).stored_campaigns();
    const auto part = std::find_if(rows.begin(), rows.end(), [](const auto& row) {
                        return row.campaign.id == "m1";
                      })->id;
    const InboxEvent event{part,
                           EventKind::click,
                           {0, static_cast<std::uint32_t>(k_sent + 700), 1, 0, 0, 0},
                           "bob@example.com"};
    activity.add_to_inbox(std::span(&event, 1));
    PersonSource bob(opened.database(),
                     Recipients(opened.database()).find(std::string_view("bob@example.com")),
                     "bob@example.com");
    const auto world = test.world();
    const auto& march = world.campaigns[0];
    EventColumns clicks;
    REQUIRE(bob.events(march.id, EventKind::click, clicks));
    CHECK_EQ(march.links.at(clicks.link[0]).url, "https://shop.example/pricing");
    CHECK_EQ(activity.inbox().front().campaign, part);
  }
  CHECK_EQ(test.count("March news", EventKind::click), 4);
}

} // namespace
} // namespace mailfunnel
