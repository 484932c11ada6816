#include "app/check_online.hpp"

#include "base/text.hpp"
#include "net/http_date.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace mailfunnel {

namespace {

constexpr Seconds k_most_skew = 60; // beyond it signatures and windows of time go wrong

/// What is left of a window of time, where the answers tell it
/// (draft-ietf-httpapi-ratelimit-headers, and what was in use before).
std::string quota_of(const HttpResponse& answer) {
  for (const std::string prefix : {"RateLimit-", "X-RateLimit-"}) {
    const auto left = answer.header(prefix + "Remaining"), of = answer.header(prefix + "Limit");
    if (!left.empty()) {
      return printable(left, 20) + (of.empty() ? "" : " of " + printable(of, 20)) +
             " requests left for now";
    }
  }
  return {};
}

struct FactSink : AnswerSink {
  std::vector<OnlineFact> facts;
  std::optional<Seconds> their_clock;
  std::string quota; // by the last answer
  Seconds now = 0;

  void begin(const ApiTask&, const HttpResponse& answer) override {
    their_clock = parse_http_date(answer.header("Date"), now);
    auto told = quota_of(answer);
    quota = told.empty() ? std::move(quota) : std::move(told);
  }
  void fact(std::string_view name, std::string_view value, bool good) override {
    facts.push_back({std::string(name), std::string(value), good});
  }
  void note(std::string_view text) override { facts.push_back({"note", std::string(text), true}); }
};

} // namespace

std::vector<OnlineFact> check_online(const Workspace& workspace, const std::string& account,
                                     const ConnectionSettings& settings, Seconds now) {
  ApiConnection connection(workspace, account, settings);
  FactSink sink;
  sink.now = now;
  TaskRun run(connection, sink);
  for (auto& task : connection.api().check()) {
    run.add(std::move(task));
  }
  if (const auto error = run.run()) {
    sink.facts.push_back({"access", error->message, false});
  }
  for (const auto& [task, error] : run.failed()) {
    sink.facts.push_back({task.step, error.message, false});
  }
  if (!sink.quota.empty()) {
    sink.facts.push_back({"quota", sink.quota, true});
  }
  if (sink.their_clock) {
    const auto skew = now - *sink.their_clock;
    sink.facts.push_back({"clock",
                          skew == 0 ? "the same as theirs"
                                    : fmt::format("{} {} theirs", format_duration(std::abs(skew)),
                                                  skew > 0 ? "before" : "behind"),
                          std::abs(skew) <= k_most_skew});
  }
  return std::move(sink.facts);
}

} // namespace mailfunnel
