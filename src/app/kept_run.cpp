#include "app/kept_run.hpp"

#include "app/export_column.hpp"
#include "app/run_block.hpp"
#include "base/bytes.hpp"
#include "base/json.hpp"
#include "store/writing.hpp"
#include "store/zstd.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <map>

namespace mailfunnel {

namespace {

std::string rules_json(const Rules& rules) {
  std::string out = "[";
  for (const auto& text : rules.texts) {
    out += out.size() > 1 ? "," : "";
    append_json_string(out, text);
  }
  return out + "]";
}

Rules rules_of(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::array list;
  std::vector<std::string> texts;
  if (parser.parse(simdjson::padded_string(json)).get_array().get(list) == simdjson::SUCCESS) {
    for (const auto text : list) {
      std::string_view one;
      if (text.get_string().get(one) == simdjson::SUCCESS) {
        texts.emplace_back(one);
      }
    }
  }
  return parse_rules(texts);
}

/// zstd( campaign u32, stages as length and bytes, one after the other ).
std::string pack_tags(const World& world) {
  std::string plain;
  ByteWriter write(plain);
  for (const auto& campaign : world.campaigns) {
    write.number(campaign.id);
    write.text({reinterpret_cast<const char*>(campaign.stages.data()), campaign.stages.size()});
  }
  std::string out;
  append_compressed(out, plain);
  return out;
}

/// Gives the links of `world` the stages that they had then.
void put_tags(std::string_view blob, World& world) {
  const auto plain = decompressed(blob, "the tags of a run");
  ByteReader read(plain);
  std::map<CampaignId, std::string_view> stages;
  while (read.left() != 0 && read.good()) {
    const auto id = read.number<CampaignId>();
    stages[id] = read.text();
  }
  for (auto& campaign : world.campaigns) {
    const auto then = stages.find(campaign.id);
    if (then == stages.end()) {
      continue; // not there yet
    }
    for (std::size_t i = 0; i < campaign.stages.size(); ++i) {
      campaign.stages[i] = i < then->second.size() ? static_cast<std::uint8_t>(then->second[i])
                                                   : static_cast<std::uint8_t>(Stage::untagged);
    }
    for (auto& [number, link] : campaign.links) {
      link.tag.stage = campaign.stage(number);
    }
  }
}

std::vector<KeptRun> read_runs(Database& database, std::optional<std::int64_t> only) {
  auto query =
      database.use("SELECT id, created, as_of, version, recipients FROM run WHERE kept = 1 "
                   "AND (?1 IS NULL OR id = ?1) ORDER BY id DESC");
  if (only) {
    query.bind(*only);
  }
  std::vector<KeptRun> runs;
  while (query.step()) {
    runs.push_back({query.integer(0),
                    query.integer(1),
                    query.integer(2),
                    static_cast<int>(query.integer(3)),
                    static_cast<std::uint64_t>(query.integer(4)),
                    {}});
  }
  for (auto& run : runs) {
    auto uses = database.use("SELECT at, what FROM run_use WHERE run = ?1 ORDER BY at, rowid");
    uses.bind(run.id);
    while (uses.step()) {
      run.uses.push_back({uses.integer(0), std::string(uses.text(1))});
    }
  }
  return runs;
}

std::optional<RunComparison::Stored> stored_of(Database& database, std::int64_t run,
                                               const Scorer& scorer,
                                               std::optional<RecipientId> person) {
  if (!person) {
    return std::nullopt;
  }
  auto query = database.use("SELECT data FROM run_block WHERE run = ?1 AND chunk = ?2");
  if (!query.bind(run, chunk_of(*person)).step()) {
    return std::nullopt;
  }
  ChunkScores scores;
  unpack_scores(query.blob(0), scorer, scores);
  const auto r = offset_of(*person);
  if (r >= scores.size()) {
    return std::nullopt;
  }
  return RunComparison::Stored{scores.score[r],
                               scores.fit[r],
                               scores.level[r],
                               scores.grade[r],
                               scores.suppressed[r],
                               scores.phase[r],
                               scorer.statuses()[scores.status[r]],
                               reasons_of(scores, r)};
}

} // namespace

void keep_run(Store& store, const StoredRun& run, const Rules& rules, const World& world,
              const std::vector<std::string>& uses, Seconds now,
              const std::vector<Access>& accesses) {
  Writing writing(store);
  auto& database = store.database();
  auto there = database.use("SELECT 1 FROM run WHERE id = ?1 AND as_of = ?2 AND changes = ?3");
  if (!there.bind(run.id, run.as_of, run.changes).step()) {
    throw Failure({ErrorCode::locked, "somebody scored anew meanwhile, and the run that this is of "
                                      "is gone: run it again"});
  }
  there.reset();
  database
      .use(
          "UPDATE run SET kept = 1, created = ?4, rules = ?2, tags = ?3 WHERE id = ?1 AND kept = 0")
      .bind(run.id, rules_json(rules), Blob{pack_tags(world)}, now)
      .run();
  for (const auto& what : uses) {
    database.use("INSERT INTO run_use VALUES (?1, ?2, ?3)").bind(run.id, now, what).run();
  }
  for (const auto& access : accesses) {
    note_access(database, access, std::nullopt, std::nullopt);
  }
  for (const auto* table : {"run_block WHERE run", "run_use WHERE run", "run WHERE id"}) {
    database
        .use(fmt::format("DELETE FROM {} IN (SELECT id FROM run WHERE kept = 1 AND created < ?1)",
                         table))
        .bind(now - k_keep_runs)
        .run();
  }
  writing.commit();
}

std::vector<KeptRun> kept_runs(Store& store) {
  return read_runs(store.database(), std::nullopt);
}

Result<RunComparison> compare_with_run(Store& store, const Workspace& workspace, std::int64_t run,
                                       const std::string& who, Seconds now) {
  auto& database = store.database();
  auto runs = read_runs(database, run);
  if (runs.empty()) {
    return Error{ErrorCode::not_found,
                 fmt::format("there is no kept run {}: `mailfunnel runs` lists them", run)};
  }
  MF_TRY(person, Person::find(store, who));
  RunComparison out;
  out.run = std::move(runs.front());
  const auto as_of = out.run.as_of;
  auto query = database.use("SELECT rules, tags FROM run WHERE id = ?1");
  query.bind(run).step();
  out.then_rules = rules_of(query.text(0));
  const auto today = Worlds(store, workspace, workspace.config.rules).at(now);
  auto retagged = build_world(store, workspace, out.then_rules, as_of);
  retagged.crowds = today->crowds;
  auto then = retagged;
  put_tags(query.blob(1), then);
  for (auto& campaign : retagged.campaigns) {
    const auto* tagged = today->find(campaign.id);
    if (tagged == nullptr) {
      continue; // came in just now
    }
    campaign.stages = tagged->stages;
    for (auto& [number, link] : campaign.links) {
      const auto known = tagged->links.find(number);
      link.tag = known == tagged->links.end() ? link.tag : known->second.tag;
    }
  }
  out.stored = stored_of(database, run, Scorer(out.then_rules, then, as_of), person.id());
  out.then = person.at(as_of, out.then_rules, std::make_shared<const World>(std::move(then)));
  out.retagged =
      person.at(as_of, out.then_rules, std::make_shared<const World>(std::move(retagged)));
  out.ruled = person.at(as_of, workspace.config.rules, today);
  out.now = person.at(now, workspace.config.rules, today);
  return out;
}

} // namespace mailfunnel
