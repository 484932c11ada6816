#pragma once
// Mailgun's API: https://documentation.mailgun.com/docs/mailgun/api-reference
//
// Pull. Events of a domain by windows of time, newest first, each page leading to the next until
// one is empty; who must get no mail any more; members of mailing lists. There are no mailings: the
// first tag of a mail stands for one.
//
// Push. A mailing list: 100 new members a call, which leaves those alone who are in it; removed one
// by one. Variables of members are read before they are written, as all of them are replaced. The
// list of unsubscribes, 1,000 a call.

#include "adapter/api_request.hpp"
#include "readers.hpp"

#include <string>

namespace mailfunnel::mailgun {

class MailgunApi : public Api {
public:
  MailgunApi(const ApiAccount& account, std::string base);

  // How much may be asked is not stated.
  ApiLimits limits() const override { return {.per_second = 5, .burst = 10, .connections = 4}; }
  std::vector<std::string> origins() const override { return {origin_of(m_base)}; }
  HttpRequest request(const ApiTask& task) const override;
  Result<void> read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const override;
  bool understands(const ApiTask& task, int status) const override;
  std::optional<ApiTask> restart(const ApiTask& task) const override;
  std::string problem(const HttpResponse& answer) const override;

  bool can_pull() const override { return true; }
  std::vector<ApiTask> pull(const PullRequest& request) const override;
  bool discovers(const ApiTask& task) const override { return task.step == "lists"; }

  std::vector<TargetInfo> targets() const override;
  Result<std::vector<ApiTask>> look(const PushTarget& target,
                                    std::span<const std::string> wanted) const override;
  Result<std::vector<ApiTask>> look_at_members(const PushTarget& target,
                                               std::span<const std::string> asked) const override;
  Result<std::vector<ApiTask>> create(const PushTarget& target) const override;
  Result<std::vector<PushStep>> change(const PushTarget& target, std::string_view id,
                                       std::span<const MemberChange> changes) const override;
  std::vector<ApiTask> check() const override;

private:
  struct Step { // a kind of task: how it is asked and read
    std::string_view name;
    HttpRequest (MailgunApi::*ask)(const ApiTask&) const;
    Result<void> (MailgunApi::*read)(const ApiTask&, const HttpResponse&, ApiSink&) const;
    int also = 0; // a status beside 2xx that tells something
  };
  static const Step* step_of(std::string_view name);
  /// "/v3/mg.example.com/events"
  std::string of_domain(std::string_view what) const;
  /// "/v3/lists/news@mg.example.com/members"
  static std::string of_list(std::string_view address, std::string_view what);
  /// The address of a list that the config names, by its whole address or the part before '@'.
  std::string list_address(std::string_view name) const;

  // api_pull.cpp
  HttpRequest ask_events(const ApiTask& task) const;
  HttpRequest ask_suppressed(const ApiTask& task) const;
  HttpRequest ask_lists(const ApiTask& task) const;
  HttpRequest ask_members(const ApiTask& task) const;
  Result<void> read_events(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_suppressed(const ApiTask& task, const HttpResponse& answer,
                               ApiSink& sink) const;
  Result<void> read_lists(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_members(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;

  // api_push.cpp
  HttpRequest ask_target(const ApiTask& task) const;
  HttpRequest ask_new_list(const ApiTask& task) const;
  HttpRequest ask_add(const ApiTask& task) const;
  HttpRequest ask_remove(const ApiTask& task) const;
  HttpRequest ask_member(const ApiTask& task) const;
  HttpRequest ask_set(const ApiTask& task) const;
  HttpRequest ask_suppress(const ApiTask& task) const;
  Result<void> read_target(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_target_members(const ApiTask& task, const HttpResponse& answer,
                                   ApiSink& sink) const;
  Result<void> read_people(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_barred(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_add(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_member(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;
  Result<void> read_done(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;

  // api.cpp
  HttpRequest ask_key(const ApiTask& task) const;
  Result<void> read_key(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const;

  std::string m_base, m_domain, m_list, m_key;
};

/// The page behind this one, by its URL; nothing behind a page with less than `enough` rows.
std::optional<ApiTask> next_url(const ApiTask& task, const JsonAnswer& answer, std::size_t enough);

/// Of an entry of "bounces", "unsubscribes" or "complaints": may mail still be sent? unknown: it
/// was one tag that was left, not all mail.
Subscription suppression_of(std::string_view list, const Json& entry);

} // namespace mailfunnel::mailgun
