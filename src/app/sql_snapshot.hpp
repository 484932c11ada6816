#pragma once
// What the tables of one `sql` command read together: one store, as it was at the first look, as of
// one moment. The parts are made when they are first asked for: a look at one address needs no
// mailings.

#include "app/score_run.hpp"
#include "app/sql_addresses.hpp"
#include "app/sql_people.hpp"
#include "app/sql_scores.hpp"
#include "app/workspace.hpp"

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace mailfunnel {

class SqlSnapshot {
public:
  /// Of the store's own connection: what others write from now on is not seen. All arguments must
  /// live longer.
  SqlSnapshot(Store& store, const Workspace& workspace, Seconds as_of,
              std::function<bool()> stopped);

  Database& database() { return m_store.database(); }
  Seconds as_of() const { return m_as_of; }
  const RobotRules& robots() const { return m_workspace.config.rules.robots; }
  RecipientId recipients() const { return m_recipients; } // numbers are below it
  /// The number of somebody who turned out to be somebody else: nobody has it any more.
  bool is_merged(RecipientId id) const { return m_merged.contains(id); }
  const std::unordered_map<RecipientId, RecipientId>& merged() const { return m_merged; }

  const World& world();
  /// Before verdicts on many people: the signs that need everybody's clicks are looked for at once.
  const World& world_of_everybody();
  const Scorer& scorer();
  const ManualSuppressions& manual();
  const std::optional<StoredRun>& run(); // of this moment, where its scores still hold
  const std::vector<StoredSet>& sets();
  double events(); // how many there are, about

  SqlAddresses& addresses() { return m_addresses; }
  SqlPeople& people() { return m_people; }
  SqlScores& scores() { return m_scores; }

  /// Throws SqlStopped when the query is to end. For loops that give no row for long.
  void check_stopped() const;

private:
  Store& m_store;
  const Workspace& m_workspace;
  Seconds m_as_of;
  std::function<bool()> m_stopped;
  RecipientId m_recipients;
  std::unordered_map<RecipientId, RecipientId> m_merged;
  SqlAddresses m_addresses;
  SqlPeople m_people;
  SqlScores m_scores;
  std::optional<World> m_world;
  std::optional<Scorer> m_scorer;
  std::optional<ManualSuppressions> m_manual;
  std::optional<std::optional<StoredRun>> m_run;
  std::optional<std::vector<StoredSet>> m_sets;
};

} // namespace mailfunnel
