#include "app/sql_snapshot.hpp"

#include "store/sql_table.hpp"

namespace mailfunnel {

namespace {

/// Begins what the snapshot is made of, before anything is read.
Database& at_one_moment(Database& database) {
  database.execute("BEGIN");
  return database;
}

} // namespace

SqlSnapshot::SqlSnapshot(Store& store, const Workspace& workspace, Seconds as_of,
                         std::function<bool()> stopped)
    : m_store(store), m_workspace(workspace), m_as_of(as_of), m_stopped(std::move(stopped)),
      m_recipients(Recipients(at_one_moment(store.database())).count()),
      m_merged(Recipients(store.database()).merged()),
      m_addresses(store.database(), m_recipients, m_merged), m_people(store.database()),
      m_scores(*this) {}

const World& SqlSnapshot::world() {
  if (!m_world) {
    m_world = build_world(m_store, m_workspace, m_workspace.config.rules, m_as_of);
  }
  return *m_world;
}

const World& SqlSnapshot::world_of_everybody() {
  prepare_crowds(world(), robots(), m_workspace.threads);
  return *m_world;
}

const Scorer& SqlSnapshot::scorer() {
  if (!m_scorer) {
    m_scorer.emplace(m_workspace.config.rules, world(), m_as_of);
  }
  return *m_scorer;
}

const ManualSuppressions& SqlSnapshot::manual() {
  if (!m_manual) {
    m_manual.emplace(database(), m_as_of);
  }
  return *m_manual;
}

const std::optional<StoredRun>& SqlSnapshot::run() {
  if (!m_run) {
    m_run = run_of(m_store, m_workspace, m_as_of);
  }
  return *m_run;
}

const std::vector<StoredSet>& SqlSnapshot::sets() {
  if (!m_sets) {
    m_sets = Activity(database()).sets();
  }
  return *m_sets;
}

double SqlSnapshot::events() {
  constexpr double k_bytes_an_event = 4;
  double bytes = 0;
  for (const auto& set : sets()) {
    bytes += static_cast<double>(set.bytes);
  }
  return bytes / k_bytes_an_event;
}

void SqlSnapshot::check_stopped() const {
  if (m_stopped && m_stopped()) {
    throw SqlStopped();
  }
}

} // namespace mailfunnel
