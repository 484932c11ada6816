#include "store/activity.hpp"

#include "store/block.hpp"
#include "store/set_pack.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <unistd.h>

namespace mailfunnel {
namespace {

namespace fs = std::filesystem;

struct TestStore {
  TestStore() {
    static int s_number = 0; // NOLINT
    path =
        fs::temp_directory_path() / fmt::format("mailfunnel-activity-{}-{}", getpid(), ++s_number);
    fs::create_directories(path);
    const auto file = (path / "a.db").string();
    Store::create(file);
    store.emplace(Store::open_writing(file));
  }
  ~TestStore() {
    store.reset();
    fs::remove_all(path);
  }
  TestStore(const TestStore&) = delete;
  TestStore& operator=(const TestStore&) = delete;

  MergeCounts merge(RowSets sets, unsigned threads, const std::function<void()>& write_first = {}) {
    Transaction transaction(store->database());
    const auto counts = Activity(store->database()).merge(std::move(sets), threads, write_first);
    transaction.commit();
    return counts;
  }
  std::string blocks() {
    std::string out;
    auto query = store->database().use("SELECT key, hex(data) FROM activity ORDER BY key");
    while (query.step()) {
      out += fmt::format("{} {}\n", query.integer(0), query.text(1));
    }
    return out;
  }
  fs::path path;
  std::optional<Store> store;
};

/// Of some chunks, as a log tells them: nearly by time, some twice, in pages of any size.
std::vector<PlainRow> deliveries(unsigned seed, std::uint32_t chunk, std::size_t count) {
  std::mt19937 random(seed);
  std::vector<PlainRow> rows;
  for (std::size_t i = 0; i < count; ++i) {
    rows.push_back(
        rows.empty() || random() % 10 != 0
            ? PlainRow{chunk * k_chunk_size + static_cast<std::uint32_t>(random() % 3000),
                       static_cast<std::uint32_t>(1'700'000'000 + i / 3)}
            : rows[random() % rows.size()]);
  }
  return rows;
}

std::vector<EventRow> wide(const std::vector<PlainRow>& rows) {
  std::vector<EventRow> out;
  for (const auto& row : rows) {
    out.push_back(RowPages::event_row(row));
  }
  return out;
}

TEST_CASE("rows in 8 bytes and in 16 give the same blocks, by any number of threads") {
  constexpr std::size_t k_sizes[] = {1, 200, 300, 5000}; // sorted by comparing, and by digits
  std::vector<std::vector<PlainRow>> plain;
  std::vector<std::vector<EventRow>> rows;
  for (std::uint32_t chunk = 0; chunk < 4; ++chunk) {
    for (unsigned part = 0; part < 2; ++part) { // of two threads
      plain.push_back(deliveries(chunk * 2 + part, chunk * 5, k_sizes[chunk]));
      rows.push_back(wide(plain.back()));
    }
  }
  RowSets of_plain, of_rows;
  std::size_t told = 0;
  for (std::uint32_t chunk = 4; chunk-- > 0;) { // in no order of their own
    const auto i = chunk * 2;
    const auto half = plain[i].size() / 2;
    of_plain.begin(chunk * 5, 3, EventKind::delivered);
    of_plain.add(std::span<const PlainRow>(plain[i]).first(half));
    of_plain.add(std::span<const PlainRow>(plain[i]).subspan(half));
    of_plain.add(std::span<const PlainRow>(plain[i + 1]));
    of_rows.begin(chunk * 5, 3, EventKind::delivered);
    of_rows.add(std::span<const EventRow>(rows[i + 1]));
    of_rows.add(std::span<const EventRow>(rows[i]));
    told += plain[i].size() + plain[i + 1].size();
  }
  TestStore by_plain, by_rows;
  int first = 0;
  const auto counts = by_plain.merge(of_plain, 3, [&first] { ++first; });
  CHECK_EQ(first, 1);
  const auto same = by_rows.merge(of_rows, 1);
  CHECK_EQ(counts.fresh, same.fresh);
  CHECK_EQ(counts.duplicate, same.duplicate);
  CHECK_EQ(counts.fresh + counts.duplicate, told);
  CHECK_GT(counts.duplicate, 0);
  CHECK_EQ(by_plain.blocks(), by_rows.blocks());

  const auto before = by_plain.blocks();
  const auto again = by_plain.merge(of_plain, 2);
  CHECK_EQ(again.fresh, 0);
  CHECK_EQ(again.duplicate, counts.fresh + counts.duplicate);
  CHECK_EQ(by_plain.blocks(), before);
}

TEST_CASE("what is to be written first is, also where there are no events") {
  TestStore test;
  int first = 0;
  CHECK_EQ(test.merge({}, 2, [&first] { ++first; }).fresh, 0);
  CHECK_EQ(first, 1);
}

TEST_CASE("the sets of rows of any recipients") {
  std::vector<EventRow> rows;
  for (const std::uint32_t recipient : {40'000U, 3U, 16'384U, 16'383U, 4U}) {
    rows.push_back({recipient, 7, 0, 0, 0, 0});
  }
  RowSets sets;
  sets.add(9, EventKind::open, rows);
  REQUIRE_EQ(sets.size(), 3);
  for (std::uint32_t chunk = 0; chunk < 3; ++chunk) {
    CHECK_EQ(sets[chunk].chunk, chunk);
    CHECK_EQ(sets[chunk].campaign, 9);
    CHECK_EQ(sets[chunk].kind, EventKind::open);
    CHECK_EQ(sets[chunk].size(), chunk == 0 ? 3 : 1);
    sets[chunk].each([chunk](const EventRow& row) { CHECK_EQ(chunk_of(row.recipient), chunk); });
  }
  sets.add(10, EventKind::open, {});
  CHECK_EQ(sets.size(), 3);
}

// ---- small sets in packs, and large ones, as they come and go
// ---------------------------------------------------------------

using Sets = std::map<std::uint64_t, std::vector<EventRow>>; // by key; recipients as offsets

/// What a store must hold, by simple means.
struct Model {
  Sets sets;

  void add(CampaignId campaign, EventKind kind, const std::vector<EventRow>& rows) {
    std::set<std::uint64_t> touched;
    for (auto row : rows) {
      const auto key = key_of(chunk_of(row.recipient), campaign, kind);
      row.recipient = offset_of(row.recipient);
      sets[key].push_back(row);
      touched.insert(key);
    }
    for (const auto key : touched) {
      normalise_rows(sets[key], kind);
    }
  }
  template<typename Gone> std::uint64_t remove(Gone gone) {
    std::uint64_t count = 0;
    for (auto& [key, rows] : sets) {
      count += std::erase_if(rows, [&, of = key](const EventRow& row) { return gone(of, row); });
    }
    std::erase_if(sets, [](const auto& set) { return set.second.empty(); });
    return count;
  }
};

void check_rows(const EventColumns& columns, const std::vector<EventRow>& wanted) {
  REQUIRE_EQ(columns.size(), wanted.size());
  bool same = true;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto row = columns.row(i);
    same = same && std::memcmp(&row, &wanted[i], sizeof row) == 0;
  }
  CHECK(same);
}

/// Each set stands in one place, which is where it belongs, and every reader finds it.
void check_store(TestStore& test, const Model& model, bool in_place = true) {
  auto& database = test.store->database();
  constexpr std::uint64_t k_frame = 24; // bytes of a pack that are no set's
  std::uint64_t table = 0, packs = 0, bytes = 0;
  std::set<std::uint64_t> seen;
  auto rows = database.use("SELECT key, data FROM activity ORDER BY key");
  while (rows.step()) {
    const auto row = static_cast<std::uint64_t>(rows.integer(0));
    std::size_t of_row = 0;
    table += rows.blob(1).size();
    packs += is_pack(row) ? 1 : 0;
    each_set(row, rows.blob(1), [&](std::uint64_t key, const BlockReader& block) {
      CHECK(seen.insert(key).second);
      CHECK((!in_place || is_pack(row) == (block.size() <= k_small_set)));
      EventColumns columns;
      block.read_all(columns);
      REQUIRE(model.sets.contains(key));
      check_rows(columns, model.sets.at(key));
      ++of_row;
    });
    CHECK_NE(of_row, 0);
  }
  rows.reset();
  CHECK_EQ(seen.size(), model.sets.size());

  Activity activity(database);
  std::map<std::pair<CampaignId, EventKind>, std::uint64_t> counts;
  std::map<EventKind, std::set<CampaignId>> with_kind;
  std::map<std::uint32_t, std::vector<std::pair<CampaignId, EventKind>>> by_chunk;
  const auto stored = activity.sets();
  REQUIRE_EQ(stored.size(), model.sets.size());
  std::size_t place = 0;
  for (const auto& [key, wanted] : model.sets) {
    const auto chunk = static_cast<std::uint32_t>(key >> 40);
    const auto campaign = campaign_of(key);
    const auto kind = kind_of(key);
    CHECK_EQ(stored[place].chunk, chunk);
    CHECK_EQ(stored[place].campaign, campaign);
    CHECK_EQ(stored[place].kind, kind);
    bytes += stored[place++].bytes;
    counts[{campaign, kind}] += wanted.size();
    with_kind[kind].insert(campaign);
    by_chunk[chunk].emplace_back(campaign, kind);
    EventColumns columns;
    CHECK(activity.load_own_set(chunk, campaign, kind, columns));
    check_rows(columns, wanted);
  }
  CHECK_EQ(bytes + packs * k_frame, table);
  CHECK(activity.counts() == counts);
  for (const auto kind : {EventKind::sent, EventKind::open, EventKind::form}) {
    CHECK(activity.campaigns_with(kind) == with_kind[kind]);
  }
  for (const CampaignId campaign : {1U, 63U, 64U, 65U, 150U, 999U}) {
    for (const auto kind : {EventKind::sent, EventKind::open, EventKind::unsubscribe}) {
      CHECK_EQ(activity.any(campaign, kind), counts.contains({campaign, kind}));
    }
  }
  std::mt19937 random(5);
  for (auto& [chunk, sets] : by_chunk) {
    ChunkActivity loaded(database, chunk);
    CHECK(loaded.sets() == sets);
    std::map<CampaignId, EventKinds> kinds{{999'999, 0}};
    for (const auto& [campaign, kind] : sets) {
      kinds[campaign] |= only(kind);
    }
    for (const auto& [campaign, of_campaign] : kinds) {
      CHECK_EQ(loaded.kinds(campaign), of_campaign);
    }
    EventColumns columns;
    std::vector<std::uint16_t> recipients;
    for (const bool in_order : {true, false}) {
      if (!in_order) {
        std::shuffle(sets.begin(), sets.end(), random);
      }
      for (const auto& [campaign, kind] : sets) {
        const auto& wanted = model.sets.at(key_of(chunk, campaign, kind));
        CHECK(loaded.read(campaign, kind, columns));
        check_rows(columns, wanted);
        CHECK(loaded.read_recipients(campaign, kind, recipients));
        CHECK(recipients == columns.recipient);
        columns.clear();
        const auto one = static_cast<std::uint16_t>(wanted[wanted.size() / 2].recipient);
        CHECK(loaded.read_recipients(one, one, campaign, kind, columns));
        CHECK_GE(columns.size(), 1);
        CHECK_FALSE(loaded.read(campaign + 1000, kind, columns));
        CHECK_FALSE(loaded.read(campaign, EventKind::form, columns));
      }
    }
  }
}

/// Of one kind and mailing: how many there are is what a history is about.
std::vector<EventRow> some_rows(std::mt19937& random, std::size_t count, std::uint32_t people) {
  std::vector<EventRow> rows(count);
  for (auto& row : rows) {
    row = {static_cast<std::uint32_t>(random() % people),
           static_cast<std::uint32_t>(1'700'000'000 + random() % 5'000'000),
           static_cast<LinkNumber>(random() % 2),
           static_cast<std::uint16_t>(random() % 3),
           0,
           0};
  }
  return rows;
}

constexpr EventKind k_some_kinds[] = {EventKind::sent, EventKind::delivered, EventKind::open,
                                      EventKind::unsubscribe};

TEST_CASE("histories of small and large sets: whatever comes, and in whatever batches") {
  constexpr std::uint32_t k_people = 3 * k_chunk_size;
  constexpr std::size_t k_counts[] = {1, 2, 3, 8, 60, 125, 128, 129, 260, 380, 1500};
  for (const unsigned seed : {1U, 2U, 3U}) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    TestStore step_by_step, at_once;
    Model model;
    std::map<std::pair<CampaignId, EventKind>, std::vector<EventRow>> all;
    for (unsigned batch = 0; batch < 6; ++batch) {
      std::map<std::pair<CampaignId, EventKind>, std::vector<EventRow>> rows;
      for (unsigned i = 0; i < 60; ++i) {
        const auto campaign = static_cast<CampaignId>(1 + random() % 160);
        const auto kind = k_some_kinds[random() % std::size(k_some_kinds)];
        rows[{campaign, kind}] =
            some_rows(random, k_counts[random() % std::size(k_counts)], k_people);
      }
      RowSets sets;
      std::uint64_t told = 0, before = 0, after = 0;
      for (const auto& set : model.sets) {
        before += set.second.size();
      }
      for (auto& [set, of_set] : rows) {
        told += of_set.size();
        model.add(set.first, set.second, of_set);
        auto& every = all[set];
        every.insert(every.end(), of_set.begin(), of_set.end());
        sets.add(set.first, set.second, of_set);
      }
      for (const auto& set : model.sets) {
        after += set.second.size();
      }
      const auto counts =
          step_by_step.merge(std::move(sets), 1 + static_cast<unsigned>(random() % 3));
      CHECK_EQ(counts.fresh, after - before);
      CHECK_EQ(counts.fresh + counts.duplicate, told);
      check_store(step_by_step, model);
    }
    RowSets sets;
    for (auto& [set, of_set] : all) {
      sets.add(set.first, set.second, of_set);
    }
    at_once.merge(std::move(sets), 2);
    CHECK(at_once.blocks() == step_by_step.blocks());

    // What is taken away: of some people, of one kind before a moment, and of who is another.
    Transaction transaction(step_by_step.store->database());
    Activity activity(step_by_step.store->database());
    std::vector<RecipientId> gone;
    for (RecipientId id = 0; id < k_people; id += 3) {
      gone.push_back(id);
    }
    std::uint64_t removed = 0;
    for (const auto& entry : activity.remove_recipients(gone)) {
      removed += entry.second.events;
      CHECK_GE(entry.second.events, entry.second.people);
      CHECK_GT(entry.second.people, 0);
    }
    CHECK_EQ(removed, model.remove([](std::uint64_t key, const EventRow& row) {
      return ((key >> 40 << k_chunk_bits) + row.recipient) % 3 == 0;
    }));
    check_store(step_by_step, model);

    constexpr std::uint32_t k_moment = 1'702'000'000;
    constexpr auto k_opens = 1U << static_cast<unsigned>(EventKind::open);
    const auto untouched = step_by_step.blocks();
    const auto would = activity.remove_before(k_moment, k_opens, true);
    CHECK(step_by_step.blocks() == untouched);
    CHECK(activity.remove_before(k_moment, k_opens, false) == would);
    CHECK_EQ(would.at(EventKind::open), model.remove([](std::uint64_t key, const EventRow& row) {
      return kind_of(key) == EventKind::open && row.time < k_moment;
    }));
    check_store(step_by_step, model);

    std::unordered_map<RecipientId, RecipientId> into;
    for (RecipientId id = 1; id < k_people; id += 9) {
      into.emplace(id, (id * 7 + 1) % k_people / 9 * 9 + 2); // nobody who is moved himself
    }
    std::vector<std::pair<std::uint64_t, EventRow>> moved;
    model.remove([&](std::uint64_t key, EventRow row) {
      const auto target =
          into.find(static_cast<RecipientId>(key >> 40 << k_chunk_bits) + row.recipient);
      if (target != into.end()) {
        row.recipient = target->second;
        moved.emplace_back(key, row);
      }
      return target != into.end();
    });
    CHECK_FALSE(moved.empty());
    for (const auto& [key, row] : moved) {
      model.add(campaign_of(key), kind_of(key), {row});
    }
    activity.move_recipients(into, 2);
    check_store(step_by_step, model);
    transaction.commit();
  }
}

TEST_CASE("a pack beside large sets, which several threads merge") {
  std::mt19937 random(9);
  TestStore one, several;
  Model model;
  for (const bool again : {false, true}) { // the second time there is something stored
    std::map<std::pair<CampaignId, EventKind>, std::vector<EventRow>> rows;
    for (CampaignId campaign = 1; campaign <= 8; ++campaign) {
      for (const auto kind : k_some_kinds) {
        const bool large = campaign % 2 == 0 && kind != EventKind::unsubscribe;
        rows[{campaign, kind}] = some_rows(random, large ? 40'000 : 20, k_chunk_size);
      }
    }
    for (auto* test : {&one, &several}) {
      RowSets sets;
      for (auto& [set, of_set] : rows) {
        sets.add(set.first, set.second, of_set);
      }
      test->merge(std::move(sets), test == &one ? 1 : 3);
    }
    CHECK(one.blocks() == several.blocks());
    for (const auto& [set, of_set] : rows) {
      model.add(set.first, set.second, of_set);
    }
    check_store(several, model);
    std::size_t events = 0;
    for (const auto& set : model.sets) {
      CHECK_EQ(pack_of(set.first), pack_of(key_of(0, 1, EventKind::sent)));
      events += set.second.size();
    }
    CHECK_GT(events, again ? 900'000 : 450'000); // some 65,000 are worth a thread's while
  }
}

TEST_CASE("several megabytes of stored sets, given chunk by chunk") {
  std::mt19937 random(4);
  TestStore test;
  Model model;
  for (unsigned batch = 0; batch < 3; ++batch) {
    std::map<std::pair<CampaignId, EventKind>, std::vector<EventRow>> rows;
    for (CampaignId campaign = 1; campaign <= 200; ++campaign) {
      const bool large = campaign % 10 == 0;
      const std::size_t count = !large ? 90 : batch == 0 ? 140'000 : 50;
      rows[{campaign, EventKind::open}] = some_rows(random, count, 2 * k_chunk_size);
    }
    std::map<std::uint32_t, std::map<CampaignId, std::vector<EventRow>>> by_chunk;
    for (const auto& [set, of_set] : rows) {
      model.add(set.first, set.second, of_set);
      for (const auto& row : of_set) {
        by_chunk[chunk_of(row.recipient)][set.first].push_back(row);
      }
    }
    auto next = by_chunk.begin();
    int first = 0;
    Transaction transaction(test.store->database());
    Activity(test.store->database())
        .merge(
            [&](RowSets& sets) {
              if (next == by_chunk.end()) {
                return false;
              }
              for (auto& [campaign, of_campaign] : next->second) {
                sets.add(campaign, EventKind::open, of_campaign);
              }
              ++next;
              return true;
            },
            2, [&first] { ++first; });
    transaction.commit();
    CHECK_EQ(first, 1);
    CHECK_GT(test.blocks().size() / 2 / 2,
             4'500'000); // bytes of a chunk: more than are taken at once
    check_store(test, model);
  }
}

TEST_CASE(
    "small sets with a row of their own, as older stores have them, are read and come into packs") {
  std::mt19937 random(3);
  TestStore test;
  Model model;
  for (CampaignId campaign = 60; campaign < 70; ++campaign) {
    model.add(campaign, EventKind::open, some_rows(random, 20, 2 * k_chunk_size));
    model.add(campaign, EventKind::sent, some_rows(random, 20, 2 * k_chunk_size));
  }
  auto& database = test.store->database();
  for (const auto& [key, rows] : model.sets) {
    database.use("INSERT INTO activity VALUES (?1, ?2)")
        .bind(static_cast<std::int64_t>(key), Blob{encode_block(rows)})
        .run();
  }
  check_store(test, model, false);

  // Some more of one set; of another what is there already.
  auto fresh = some_rows(random, 10, 2 * k_chunk_size);
  std::vector<EventRow> known;
  for (const auto& row : model.sets.at(key_of(0, 65, EventKind::sent))) {
    known.push_back(row);
  }
  model.add(61, EventKind::open, fresh);
  RowSets sets;
  sets.add(61, EventKind::open, fresh);
  sets.add(65, EventKind::sent, known);
  const auto counts = test.merge(std::move(sets), 2);
  CHECK_EQ(counts.duplicate, known.size());
  check_store(test, model, false);
  auto own = database.use("SELECT count(*) FROM activity WHERE key & 255 <> 255");
  REQUIRE(own.step());
  CHECK_EQ(own.integer(0), static_cast<std::int64_t>(model.sets.size()) - 3);
  own.reset();

  Transaction transaction(database);
  Activity(database).remove_recipients(std::vector<RecipientId>{0, 1, 2, 3});
  transaction.commit();
  model.remove(
      [](std::uint64_t key, const EventRow& row) { return key >> 40 == 0 && row.recipient < 4; });
  check_store(test, model, false);
}

} // namespace
} // namespace mailfunnel
