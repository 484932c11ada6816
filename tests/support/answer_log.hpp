#pragma once
// Reads answers of an API in tests, and keeps what came of them: records as the lines of `decode`,
// tasks, marks, totals, members.

#include "adapter/api.hpp"
#include "adapter/decode_sink.hpp"
#include "base/json.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
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

class AnswerLog : public ApiSink {
public:
  explicit AnswerLog(const Api& api)
      : m_api(api), m_records("esp", "answer", [this](std::string_view line) {
          lines.emplace_back(line.substr(0, line.size() - 1)); // without its line end
        }) {}

  /// What came of the answer before is forgotten, but for marks and notes.
  Result<void> read(ApiTask task, std::string body, int status = 200) {
    lines.clear();
    tasks.clear();
    all_totals.clear();
    members.clear();
    outcomes.clear();
    facts.clear();
    target_id.clear();
    is_unsure = false;
    HttpResponse answer{status, {}, std::move(body)};
    answer.body.reserve(answer.body.size() + k_padding);
    REQUIRE((answer.ok() || m_api.understands(task, status)));
    m_records.begin_chunk(answer.body);
    auto result = m_api.read(task, answer, *this);
    m_records.end_chunk();
    return result;
  }

  /// The task of that step that the last answer led to.
  ApiTask task(std::string_view step) const {
    const auto found = std::find_if(tasks.begin(), tasks.end(),
                                    [step](const ApiTask& one) { return one.step == step; });
    REQUIRE_MESSAGE(found != tasks.end(), "no task " << step);
    return *found;
  }
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

  RecordSink& records() override { return m_records; }
  void next(ApiTask task) override { tasks.push_back(std::move(task)); }
  void mark(std::string_view stream, std::string_view value) override {
    marks[std::string(stream)] = value;
  }
  std::string_view marked(std::string_view stream) const override {
    const auto found = marks.find(stream);
    return found == marks.end() ? std::string_view() : std::string_view(found->second);
  }
  void totals(const MailingTotals& totals) override { all_totals.push_back(totals); }
  void note(std::string_view text) override { notes.emplace_back(text); }
  void target(std::string_view id) override { target_id = id; }
  void member(const TargetMember& member) override { members.push_back(member); }
  void outcome(std::string_view who, const PushOutcome& outcome) override {
    outcomes.emplace_back(who, outcome.words);
  }
  void unsure() override { is_unsure = true; }
  void fact(std::string_view name, std::string_view value, bool good) override {
    facts.push_back(std::string(name) + ": " + std::string(value) + (good ? "" : " (bad)"));
  }
  void secret(std::string_view, std::string_view) override {}

  std::vector<std::string> lines, notes, facts;
  std::vector<ApiTask> tasks;
  ApiMarks marks;
  std::vector<MailingTotals> all_totals;
  std::vector<TargetMember> members;
  std::vector<std::pair<std::string, std::string>> outcomes;
  std::string target_id;
  bool is_unsure = false;

private:
  const Api& m_api;
  DecodeSink m_records;
};

} // namespace mailfunnel
