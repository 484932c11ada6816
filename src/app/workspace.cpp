#include "app/workspace.hpp"

#include "base/parallel.hpp"
#include "base/text.hpp"
#include "store/damage.hpp"
#include "store/erasures.hpp"

#include <algorithm>
#include <filesystem>

namespace mailfunnel {

std::string Workspace::store_path() const {
  const std::filesystem::path path(config.store_path);
  return path.is_absolute() ? path.string() : (std::filesystem::path(folder) / path).string();
}

Workspace open_workspace(const std::string& folder, const std::string& file) {
  Workspace workspace;
  workspace.folder = folder;
  workspace.registry = builtin_adapters();
  const auto path =
      file.empty() ? (std::filesystem::path(folder) / "mailfunnel.toml").string() : file;
  auto loaded = load_config(path);
  check_accounts(loaded.config, workspace.registry, loaded.problems);
  if (!loaded.good()) {
    std::string all;
    for (const auto& problem : loaded.problems) {
      all += (all.empty() ? "" : "\n") + problem.text();
    }
    throw Failure({ErrorCode::usage, all});
  }
  workspace.config = std::move(loaded.config);
  return workspace;
}

Result<Seconds> parse_as_of(Store& store, const std::string& text, Seconds now) {
  if (text.empty() || text == "now") {
    return now;
  }
  if (text == "latest") {
    return Seconds{Activity(store.database()).newest()};
  }
  if (const auto time = parse_time(text)) {
    return text.size() == 10 ? time->seconds + k_day - 1
                             : time->seconds; // a date is all of that day
  }
  return Error{ErrorCode::usage, "--as-of wants a date such as 2026-03-01, a time such as "
                                 "2026-03-01T12:00:00Z, now or latest, not \"" +
                                     text + "\""};
}

ManualSuppressions::ManualSuppressions(Database& database, Seconds as_of) {
  constexpr std::pair<std::string_view, std::uint8_t> k_reasons[] = {
      {"unsubscribed", suppressed_by::unsubscribed},
      {"complained", suppressed_by::complaint},
      {"hard bounce", suppressed_by::hard_bounce},
      {"objection", suppressed_by::objection},
      {"objection to profiling", suppressed_by::profiling},
      {"erased", suppressed_by::erased}};
  Recipients recipients(database);
  std::uint64_t end = 0; // of their numbers
  const auto mark = [&](RecipientId id, std::uint8_t bit) {
    m_by_chunk[chunk_of(id)][offset_of(id)] |= bit;
    end = std::max(end, std::uint64_t{id} + 1);
  };
  auto query = database.use("SELECT key, reason FROM suppression WHERE valid_from <= ?1 AND "
                            "(valid_to IS NULL OR valid_to > ?1)");
  query.bind(as_of);
  std::vector<std::string> keys;
  std::vector<std::uint8_t> bits;
  while (query.step()) {
    auto bit = suppressed_by::manual;
    for (const auto& [name, of_name] : k_reasons) {
      bit = query.text(1) == name ? of_name : bit;
    }
    keys.emplace_back(query.text(0));
    bits.push_back(bit);
  }
  const auto ids = recipients.find(std::vector<std::string_view>(keys.begin(), keys.end()));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i]) {
      mark(*ids[i], bits[i]);
    }
  }
  for (const auto id : Erasures::numbers(database)) { // whatever the moment
    mark(id, suppressed_by::erased);
  }
  for (const auto& [id, into] : recipients.merged()) { // nobody any more: all is that person's
    mark(id, suppressed_by::erased);
  }
  if (end > recipients.count()) { // asked for last: others may add people meanwhile
    damaged("the list of who is suppressed or erased");
  }
}

const ManualSuppression* ManualSuppressions::of_chunk(std::uint32_t chunk) const {
  const auto found = m_by_chunk.find(chunk);
  return found == m_by_chunk.end() ? nullptr : &found->second;
}

std::uint8_t ManualSuppressions::of(RecipientId id) const {
  const auto* chunk = of_chunk(chunk_of(id));
  const auto found =
      chunk == nullptr ? ManualSuppression::const_iterator{} : chunk->find(offset_of(id));
  return chunk == nullptr || found == chunk->end() ? std::uint8_t{0} : found->second;
}

bool each_chunk(Store& store, unsigned threads,
                const std::function<void(std::uint32_t, StoreChunk&, Database&, unsigned)>& take,
                const std::function<bool(Database&)>& fits) {
  const auto recipients = Recipients(store.database()).count();
  const auto chunks = (std::uint64_t{recipients} + k_chunk_size - 1) >> k_chunk_bits;
  threads = static_cast<unsigned>(
      std::clamp<std::uint64_t>(threads, 1, std::max(chunks, std::uint64_t{1})));
  // People who came since the count are left out.
  auto databases = store.readers(threads, &store.database());
  if (fits && !fits(databases.front())) {
    return false;
  }
  std::atomic<std::uint32_t> next{0};
  on_threads(threads, [&](unsigned thread) {
    auto& database = databases[thread];
    for (std::uint32_t chunk; (chunk = next.fetch_add(1)) < chunks;) {
      StoreChunk source(database, chunk, recipients);
      take(chunk, source, database, thread);
    }
  });
  return true;
}

void prepare_crowds(const World& world, const RobotRules& rules, unsigned threads) {
  if (!rules.looks_for_crowds()) {
    return;
  }
  std::vector<CampaignId> campaigns;
  for (const auto& campaign : world.campaigns) {
    if (campaign.seconds) {
      campaigns.push_back(campaign.id);
    }
  }
  world.crowds->prepare(campaigns, threads);
}

void score_store(
    Store& store, const Workspace& workspace, const Rules& rules, const World& world, Seconds as_of,
    const std::function<void(std::uint32_t, StoreChunk&, ChunkScores&, unsigned)>& take) {
  prepare_crowds(world, rules.robots, workspace.threads);
  const Scorer scorer(rules, world, as_of);
  const ManualSuppressions manual(store.database(), as_of);
  std::vector<ChunkScores> of_thread(std::max(workspace.threads, 1U));
  each_chunk(store, workspace.threads,
             [&](std::uint32_t chunk, StoreChunk& source, Database&, unsigned thread) {
               auto& scores = of_thread[thread];
               scorer.score(source, manual.of_chunk(chunk), scores);
               scorer.judge_status(source, scores);
               take(chunk, source, scores, thread);
             });
}

} // namespace mailfunnel
