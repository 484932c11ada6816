#include "store/job_log.hpp"

#include "base/json_text.hpp"

#include <fmt/format.h>

namespace mailfunnel {

namespace {

constexpr std::int64_t k_kept = 300; // of each job
constexpr std::string_view k_columns =
    "id, job, due, started, ended, outcome, asked_by, title"; // as row_of() reads them

JobRun row_of(const Statement& row) {
  JobRun out;
  out.id = row.integer(0);
  out.job = row.text(1);
  out.due = row.integer(2);
  out.started = row.integer(3);
  if (!row.is_null(4)) {
    out.ended = row.integer(4);
  }
  out.outcome = row.text(5);
  out.by = row.text(6);
  out.title = row.text(7);
  return out;
}

} // namespace

std::string to_json(const JobRun& run) {
  auto json = fmt::format(
      "{{\"id\":{},\"job\":{},\"by\":{},\"due\":\"{}\",\"started\":\"{}\",\"ended\":{},\"outcome\":"
      "\"{}\"",
      run.id, json_text(run.job), json_text(run.by), format_time(run.due), format_time(run.started),
      run.ended ? json_text(format_time(*run.ended)) : "null", run.outcome);
  json += run.title.empty() ? "" : ",\"title\":" + json_text(run.title);
  json += run.log.empty() ? "" : ",\"log\":" + json_text(run.log);
  return json + "}";
}

std::int64_t JobLog::begin(std::string_view job, Seconds due, Seconds now) {
  m_database.use("INSERT INTO job_run (job, due, started, outcome) VALUES (?1, ?2, ?3, 'running')")
      .bind(job, due, now)
      .run();
  return m_database.last_row();
}

std::int64_t JobLog::ask(std::string_view job, std::string_view title, std::string_view by,
                         Seconds now) {
  m_database
      .use("INSERT INTO job_run (job, title, asked_by, due, started, outcome) VALUES (?1, ?2, ?3, "
           "?4, ?4, 'waiting')")
      .bind(job, title, by, now)
      .run();
  return m_database.last_row();
}

void JobLog::start(std::int64_t id, Seconds now) {
  m_database.use("UPDATE job_run SET outcome = 'running', started = ?2, ended = NULL WHERE id = ?1")
      .bind(id, now)
      .run();
}

void JobLog::end(std::int64_t id, std::string_view outcome, std::string_view log, Seconds now) {
  m_database.use("UPDATE job_run SET outcome = ?2, log = ?3, ended = ?4 WHERE id = ?1")
      .bind(id, outcome, log, now)
      .run();
  m_database
      .use("DELETE FROM job_run WHERE job = (SELECT job FROM job_run WHERE id = ?1) AND id <= ?1 - "
           "?2 AND id NOT IN (SELECT id FROM job_run WHERE job = (SELECT job FROM job_run WHERE id "
           "= ?1) ORDER BY id DESC LIMIT ?2)")
      .bind(id, k_kept)
      .run();
}

std::int64_t JobLog::close_left(Seconds now) {
  m_database
      .use("UPDATE job_run SET outcome = 'stopped', ended = ?1 WHERE outcome IN "
           "('running', 'waiting')")
      .bind(now)
      .run();
  return m_database.changes();
}

std::vector<JobRun> JobLog::list(std::string_view job, std::string_view where, std::size_t most) {
  std::vector<JobRun> out;
  auto query = m_database.use(
      fmt::format("SELECT {} FROM job_run WHERE (?1 = '' OR job = ?1){}{} ORDER BY id DESC LIMIT "
                  "?2",
                  k_columns, where.empty() ? "" : " AND ", where));
  query.bind(job, static_cast<std::int64_t>(most));
  while (query.step()) {
    out.push_back(row_of(query));
  }
  return out;
}

std::optional<JobRun> JobLog::run(std::int64_t id) {
  auto query = m_database.use(fmt::format("SELECT {}, log FROM job_run WHERE id = ?1", k_columns));
  query.bind(id);
  if (!query.step()) {
    return std::nullopt;
  }
  auto out = row_of(query);
  out.log = query.text(8);
  return out;
}

} // namespace mailfunnel
