#pragma once
// One account's API with somebody who sends: what sync, push, reconcile and check --online ask
// through.

#include "adapter/api.hpp"
#include "app/workspace.hpp"
#include "net/http_sender.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mailfunnel {

/// Makes the sender of an account. Tests give one that answers from a table.
using SenderFactory = std::function<std::unique_ptr<HttpSender>(
    const Api& api, const ApiAccount& account, double quota_share)>;

struct ConnectionSettings {
  std::function<bool()> stopped; // Ctrl-C
  std::function<void(std::string_view line)>
      log;                                     // one line a request, without secrets; may be empty
  std::string record;                          // a file for a transcript of it all; empty: none
  SenderFactory sender;                        // empty: over the network
  std::function<void(unsigned seconds)> sleep; // instead of waiting; empty: waits
};

/// Does the account say what the API of its platform needs? What its webhooks are checked by is
/// none of that.
bool has_api_keys(const AccountConfig& account, const Adapter& adapter);

/// Those that `sync` pulls where none is named, by the config's order.
std::vector<std::string> pulled_accounts(const Workspace& workspace);

class ApiConnection {
public:
  /// Failure (usage): the config has no such account, it is archived, its ESP has no API that we
  /// talk to, or a secret can't be had.
  ApiConnection(const Workspace& workspace, const std::string& account,
                const ConnectionSettings& settings);

  const std::string& name() const { return m_name; }
  const std::string& adapter_id() const { return m_config->esp; }
  const AccountConfig& config() const { return *m_config; }
  const Adapter& adapter() const { return *m_adapter; }
  const Api& api() const { return *m_api; }
  const ApiAccount& account() const { return m_account; }
  HttpSender& sender() { return m_recorder ? *m_recorder : *m_sender; }
  bool stopped() const { return m_settings.stopped && m_settings.stopped(); }
  /// Waits so long, or until it is stopped.
  void sleep(unsigned seconds);
  std::chrono::steady_clock::time_point now() const {
    return std::chrono::steady_clock::now() + m_skipped;
  }
  /// A new access token, where the ESP has such. False: there is none to be had.
  bool refresh();

private:
  void open();
  std::string m_name;
  const AccountConfig* m_config;
  const Adapter* m_adapter;
  ConnectionSettings m_settings;
  std::chrono::seconds m_skipped{0}; // by settings.sleep
  ApiAccount m_account;
  std::unique_ptr<Api> m_api;
  std::unique_ptr<HttpSender> m_sender;
  std::unique_ptr<HttpSender> m_recorder; // writes what goes over m_sender
};

/// Takes what answers hold; those who use a part of it override that part.
class AnswerSink : public ApiSink {
public:
  RecordSink& records() override;
  void next(ApiTask task) final { m_next.push_back(std::move(task)); }
  void mark(std::string_view, std::string_view) override {}
  std::string_view marked(std::string_view) const override { return {}; }
  void totals(const MailingTotals&) override {}
  void note(std::string_view) override {}
  void target(std::string_view) override {}
  void member(const TargetMember&) override {}
  void outcome(std::string_view, const PushOutcome&) override {}
  void unsure() override {}
  void fact(std::string_view, std::string_view, bool) override {}
  void secret(std::string_view, std::string_view) override {}

  /// Around the reading of each answer. `end`: its task is done and led to `next`, or it could not
  /// be read and will be asked again: then what came of it is to be thrown away.
  virtual void begin(const ApiTask&, const HttpResponse&) {}
  virtual void end(const ApiTask&, bool /*read*/, const std::vector<ApiTask>& /*next*/) {}

  /// After `end`: the answer is not kept, its task is left for the next time, and the run ends.
  virtual std::optional<Error> stop() { return std::nullopt; }

private:
  friend class TaskRun;
  std::vector<ApiTask> m_next;
};

/// Of an error: what to do where a key is refused.
inline constexpr std::string_view k_is_key_good =
    ": the platform refuses the account's key: give the account one that is good";
/// Is the platform, or the way to it, what failed? Then the same may be done another time.
bool may_pass(ErrorCode code);

/// A task that could not be answered.
struct TaskError {
  ApiTask task;
  Error error;
};

/// Asks tasks, and what they lead to, until none is left: those of the highest rank first, as many
/// at a time as the ESP allows, and fewer where answers are large: they wait in memory. Answers are
/// read one after the other, on this thread.
class TaskRun {
public:
  TaskRun(ApiConnection& connection, AnswerSink& sink) : m_connection(connection), m_sink(sink) {}

  void add(ApiTask task);
  /// Tasks for which this is false are left where they are (--estimate).
  std::function<bool(const ApiTask&)> wanted;
  /// After each answer: how many are still to be asked, as far as is known.
  std::function<void(std::size_t left)> progress;

  /// Returns when nothing is left that can be done. Absent: all is done but what failed(). Else
  /// why it goes on no further: the key is refused, the ESP is not there, or it was stopped.
  std::optional<Error> run();

  /// Is there anything left to ask of this mailing?
  bool asks_of(std::string_view campaign) const;
  const std::vector<TaskError>& failed() const { return m_failed; }
  std::vector<ApiTask> left() const; // not asked, or without an answer
  std::uint64_t requests() const { return m_requests; }
  bool answered() const { return m_answered; } // was anything, with a status of success?

private:
  struct Waiting {
    ApiTask task;
    std::uint64_t order = 0; // as they came
    unsigned tries = 0;
    unsigned tokens = 0;        // how many had been fetched when it was asked
    bool had_new_token = false; // was asked again with one
    std::chrono::steady_clock::time_point due{};
  };
  struct Asked {
    Waiting waiting;
    std::future<Result<HttpResponse>> answer;
  };
  bool before(const Waiting& a, const Waiting& b) const;
  bool take_next(Waiting& out);
  /// Is there room in memory for one more answer, going by the largest ones to the same steps?
  bool has_room() const;
  void ask(Waiting waiting);
  std::optional<Error> read(Asked& asked);
  std::optional<Error> refused(Waiting& waiting, const HttpResponse& answer);
  /// The token is no longer good: the task is asked again with a new one, once.
  bool again_with_new_token(Waiting& waiting);
  std::optional<Error> fail(Waiting& waiting, Error error, bool all = false);
  void again(Waiting waiting, unsigned seconds);
  /// A job is not told of: it is asked about again, then started anew. False: neither helped.
  bool ask_about_job(Waiting& waiting, const HttpResponse& answer);
  /// A page's token is not known any more (a sync that goes on after days): its list is read from
  /// the beginning, once a run.
  bool begin_list_anew(const Waiting& waiting, const HttpResponse& answer);
  /// The task is done, by one that takes its place.
  bool restart(const Waiting& waiting, const HttpResponse& answer);

  ApiConnection& m_connection;
  AnswerSink& m_sink;
  std::vector<Waiting> m_waiting;
  std::deque<Asked> m_asked;
  std::vector<TaskError> m_failed;
  std::uint64_t m_order = 0, m_requests = 0;
  unsigned m_tokens = 0;                        // fetched during the run
  std::set<std::string> m_restarted;            // tasks that took another's place
  std::map<std::string, std::size_t> m_largest; // bytes of an answer, by step
  bool m_answered = false;
};

} // namespace mailfunnel
