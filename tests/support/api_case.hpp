#pragma once
// An ESP's API alone, for the tests of its adapter: tasks and answers in; requests, the lines of
// `decode` and whatever else came of an answer out.

#include "adapter/api.hpp"
#include "adapter/decode_sink.hpp"
#include "adapter/registry.hpp"
#include "base/json.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

inline PushTarget push_target(TargetKind kind, std::string name = {},
                              std::vector<std::string> fields = {}) {
  PushTarget target;
  target.kind = kind;
  target.name = std::move(name);
  target.fields = std::move(fields);
  return target;
}

inline PullRequest pull_request(Seconds now, Seconds since, ApiMarks marks = {}) {
  PullRequest request;
  request.now = now;
  request.since = since;
  request.marks = std::move(marks);
  return request;
}

/// The one of that step.
inline ApiTask task_of(const std::vector<ApiTask>& tasks, std::string_view step) {
  const auto found = std::find_if(tasks.begin(), tasks.end(),
                                  [step](const ApiTask& one) { return one.step == step; });
  REQUIRE_MESSAGE(found != tasks.end(), "no task " << step);
  return *found;
}

/// Keeps what answers hold. Marks stay from one answer to the next, as between two syncs.
class ApiNotes : public ApiSink {
public:
  explicit ApiNotes(const std::string& adapter)
      : m_records(adapter, "x", [this](std::string_view line) {
          lines.emplace_back(line.substr(0, line.size() - 1)); // without its line end
        }) {}

  RecordSink& records() override { return m_records; }
  void next(ApiTask task) override { tasks.push_back(std::move(task)); }
  void mark(std::string_view stream, std::string_view value) override {
    marks[std::string(stream)] = value;
  }
  std::string_view marked(std::string_view stream) const override {
    const auto found = marks.find(stream);
    return found == marks.end() ? std::string_view() : std::string_view(found->second);
  }
  void totals(const MailingTotals& given) override { all_totals.push_back(given); }
  void note(std::string_view text) override { notes.emplace_back(text); }
  void target(std::string_view id) override { targets.emplace_back(id); }
  void member(const TargetMember& member) override { members.push_back(member); }
  void outcome(std::string_view who, const PushOutcome& outcome) override {
    outcomes.emplace_back(std::string(who) + ": " + outcome.words);
  }
  void unsure() override { is_unsure = true; }
  void fact(std::string_view name, std::string_view value, bool good) override {
    facts.push_back(std::string(name) + (good ? ": " : " (bad): ") + std::string(value));
  }
  void secret(std::string_view name, std::string_view value) override {
    secrets[std::string(name)] = value;
  }

  void begin(std::string_view body) { m_records.begin_chunk(body); }
  void end() { m_records.end_chunk(); }
  /// As before the next answer; marks stay.
  void clear() {
    lines.clear();
    tasks.clear();
    all_totals.clear();
    notes.clear();
    targets.clear();
    members.clear();
    outcomes.clear();
    facts.clear();
    secrets.clear();
    is_unsure = false;
  }

  /// The task of that step that the last answer led to.
  ApiTask task(std::string_view step) const { return task_of(tasks, step); }
  bool has_task(std::string_view step) const {
    return std::any_of(tasks.begin(), tasks.end(),
                       [step](const ApiTask& one) { return one.step == step; });
  }
  /// Is there a record with this in it?
  bool has(std::string_view part) const {
    return std::any_of(lines.begin(), lines.end(), [part](const std::string& line) {
      return line.find(part) != std::string::npos;
    });
  }

  std::vector<std::string> lines, notes, targets, outcomes, facts;
  std::vector<ApiTask> tasks;
  std::vector<MailingTotals> all_totals;
  std::vector<TargetMember> members;
  Secrets secrets;
  ApiMarks marks;
  bool is_unsure = false;

private:
  DecodeSink m_records;
};

class ApiCase {
public:
  ApiCase(const std::string& id, void (*register_adapter)(AdapterRegistry&),
          const ApiAccount& account)
      : notes(id) {
    register_adapter(m_registry);
    auto api = m_registry.find(id)->open_api(account);
    REQUIRE(api.has_value());
    m_api = *std::move(api);
  }

  const Api& api() const { return *m_api; }
  /// "GET https://… body", and whether it may be repeated, as " (repeatable)".
  std::string asked(const ApiTask& task) const {
    const auto request = m_api->request(task);
    return request.method + " " + request.url + (request.body.empty() ? "" : " ") + request.body +
           (request.repeatable ? " (repeatable)" : "");
  }
  /// What the answer to a task holds; notes of the last one are gone, but for marks. The task may
  /// be one of these notes.
  Result<void> read(ApiTask task, std::string body, int status = 200, HttpHeaders headers = {}) {
    notes.clear();
    m_answer = {status, std::move(headers), std::move(body)};
    m_answer.body.reserve(m_answer.body.size() + k_padding);
    REQUIRE((m_answer.ok() || m_api->understands(task, status)));
    notes.begin(m_answer.body);
    auto result = m_api->read(task, m_answer, notes);
    notes.end();
    return result;
  }
  /// Reads an answer that can be read.
  void take(ApiTask task, std::string body, int status = 200) {
    const auto result = read(std::move(task), std::move(body), status);
    CHECK_MESSAGE(result.has_value(), (result ? "" : result.error().message));
  }
  /// An answer that can't be read leaves nothing behind.
  void check_refuses(ApiTask task, const std::string& body) {
    const auto marks = notes.marks;
    const auto result = read(task, body);
    CAPTURE(body);
    CHECK_FALSE(result.has_value());
    if (!result) {
      CHECK(result.error().code == ErrorCode::bad_syntax);
    }
    CHECK(notes.tasks.empty());
    CHECK(notes.lines.empty());
    CHECK(notes.members.empty());
    CHECK(notes.marks == marks);
  }
  /// Whatever is cut off an answer, it is refused.
  void check_refuses_cut(ApiTask task, const std::string& body) {
    for (std::size_t size = 0; size < body.size(); ++size) {
      check_refuses(task, body.substr(0, size));
    }
  }

  ApiNotes notes;

private:
  AdapterRegistry m_registry;
  std::unique_ptr<Api> m_api;
  HttpResponse m_answer;
};

} // namespace mailfunnel
