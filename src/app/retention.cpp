#include "app/retention.hpp"

#include "app/saved_plans.hpp"
#include "ingest/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace mailfunnel {

namespace fs = std::filesystem;

namespace {

/// What must be known for as long as somebody could be mailed; and who is who.
constexpr EventKinds k_kept_kinds = only(EventKind::unsubscribe) | only(EventKind::resubscribe) |
                                    only(EventKind::complaint) | only(EventKind::bounce) |
                                    only(EventKind::dropped) | only(EventKind::address_change);

/// When a file of rejected records was begun, by its name: "rejects-20260301T120000.ndjson".
std::optional<Seconds> begun(const fs::path& path) {
  constexpr std::string_view k_prefix = "rejects-", k_ending = ".ndjson";
  constexpr std::size_t k_stamp = 15;
  const auto name = path.filename().string();
  if (!name.starts_with(k_prefix) || !name.ends_with(k_ending) ||
      name.size() != k_prefix.size() + k_stamp + k_ending.size()) {
    return std::nullopt;
  }
  const auto s = name.substr(k_prefix.size(), k_stamp);
  const auto time =
      parse_time(fmt::format("{}-{}-{}T{}:{}:{}Z", s.substr(0, 4), s.substr(4, 2), s.substr(6, 2),
                             s.substr(9, 2), s.substr(11, 2), s.substr(13, 2)));
  return time ? std::optional(time->seconds) : std::nullopt;
}

class Retention {
public:
  Retention(Store& store, const Workspace& workspace, bool dry_run, Seconds now)
      : m_store(store), m_workspace(workspace), m_dry_run(dry_run), m_now(now) {}

  RetentionResult run() {
    if (!m_dry_run) {
      fold_inbox(m_store, m_workspace.threads);
    }
    const WriterLock lock(m_store.path());
    {
      Transaction transaction(m_store.database());
      events();
      runs();
      pushes();
      plans();
      access_log();
      if (m_removed && !m_dry_run) {
        m_store.count_change();
        m_store.want_scrub();
        transaction.commit();
      }
    }
    rejects();
    if (m_removed && !m_dry_run) {
      m_result.scrubbed = m_store.scrub();
    }
    return std::move(m_result);
  }

private:
  /// nullopt: it is kept for ever.
  std::optional<Seconds> before(const std::optional<Seconds>& keep) const {
    return keep ? std::optional(m_now - *keep) : std::nullopt;
  }

  void tell(std::string kind, std::string what, const std::optional<Seconds>& keep,
            std::uint64_t count) {
    m_result.kinds.push_back({std::move(kind), std::move(what), keep, before(keep), count});
  }

  void events() {
    const auto& keep = m_workspace.config.retention.events;
    const auto limit = before(keep);
    if (!limit || *limit <= 0) {
      tell("events", "", keep, 0);
      return;
    }
    const auto removed =
        Activity(m_store.database())
            .remove_before(static_cast<std::uint32_t>(*limit), ~k_kept_kinds, m_dry_run);
    for (const auto& [kind, count] : removed) {
      tell("events", std::string(name_of(kind)), keep, count);
      m_removed = true;
    }
    const auto unknown = remove("unknown_event", "time", *limit);
    if (unknown != 0) {
      tell("events", "of unknown kind", keep, unknown);
    }
    if (removed.empty() && unknown == 0) {
      tell("events", "", keep, 0);
    }
  }

  /// Rows of a table by their time. In a dry run they are counted alone.
  std::uint64_t remove(std::string_view table, std::string_view time, Seconds limit) {
    auto count =
        m_store.database().use(fmt::format("SELECT count(*) FROM {} WHERE {} < ?1", table, time));
    count.bind(limit).step();
    const auto rows = static_cast<std::uint64_t>(count.integer(0));
    if (rows != 0 && !m_dry_run) {
      m_store.database()
          .use(fmt::format("DELETE FROM {} WHERE {} < ?1", table, time))
          .bind(limit)
          .run();
    }
    m_removed = m_removed || rows != 0;
    return rows;
  }

  void runs() {
    const auto& keep = m_workspace.config.retention.runs;
    std::uint64_t count = 0;
    if (const auto limit = before(keep)) {
      if (!m_dry_run) {
        for (const auto* table : {"run_block", "run_use"}) {
          m_store.database()
              .use(fmt::format(
                  "DELETE FROM {} WHERE run IN (SELECT id FROM run WHERE created < ?1)", table))
              .bind(*limit)
              .run();
        }
      }
      count = remove("run", "created", *limit);
    }
    tell("runs", "", keep, count);
  }

  /// Those that are over.
  void pushes() {
    const auto& keep = m_workspace.config.retention.pushes;
    std::uint64_t count = 0;
    if (const auto limit = before(keep)) {
      if (!m_dry_run) {
        for (const auto* table : {"push_member", "push_task"}) {
          m_store.database()
              .use(fmt::format("DELETE FROM {} WHERE run IN (SELECT id FROM push_run WHERE created "
                               "< ?1 AND state <> 'running')",
                               table))
              .bind(*limit)
              .run();
        }
      }
      count = remove("push_run", "state <> 'running' AND created", *limit);
    }
    tell("pushes", "", keep, count);
  }

  /// Of pushes that wait for somebody, or did.
  void plans() {
    const auto count = SavedPlans::drop_old(m_store.database(), m_now, m_dry_run);
    m_removed = m_removed || count != 0;
    tell("plans", "", SavedPlans::k_kept_for, count);
  }

  void access_log() {
    const auto& keep = m_workspace.config.retention.access_log;
    const auto limit = before(keep);
    tell("access_log", "", keep, limit ? remove("access_log", "at", *limit) : 0);
  }

  void rejects() {
    const auto& keep = m_workspace.config.retention.rejects;
    std::uint64_t count = 0;
    if (const auto limit = before(keep)) {
      std::vector<fs::path> old;
      for (const auto& entry : fs::directory_iterator(m_workspace.folder)) {
        const auto time = entry.is_regular_file() ? begun(entry.path()) : std::nullopt;
        if (time && *time < *limit) {
          old.push_back(entry.path());
        }
      }
      for (const auto& path : old) {
        std::error_code error;
        if (m_dry_run || fs::remove(path, error)) {
          ++count;
        } else {
          throw Failure({ErrorCode::io, "can't be removed: " + error.message(), path.string()});
        }
      }
    }
    tell("rejects", "files", keep, count);
  }

  Store& m_store;
  const Workspace& m_workspace;
  bool m_dry_run;
  Seconds m_now;
  bool m_removed = false;
  RetentionResult m_result;
};

} // namespace

RetentionResult retain(Store& store, const Workspace& workspace, bool dry_run, Seconds now) {
  return Retention(store, workspace, dry_run, now).run();
}

} // namespace mailfunnel
