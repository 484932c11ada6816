#include "app/hook_drain.hpp"

#include "adapter/webhook.hpp"
#include "app/account_lease.hpp"
#include "app/rejects_file.hpp"
#include "base/json.hpp"
#include "ingest/worker.hpp"

#include <fmt/format.h>

#include <map>

namespace mailfunnel {

namespace {

constexpr std::size_t k_batch = std::size_t{8} << 20;       // bytes of requests at a time
constexpr std::size_t k_small_batch = std::size_t{1} << 20; // likewise: events stay in the inbox
constexpr std::uint64_t k_full_inbox = 50'000;              // events, before they are folded
/// Platforms try a webhook again for so long at least, most of them for hours.
constexpr Seconds k_tried_again = 3'600;
constexpr std::uint64_t k_row_memory = std::uint64_t{64} << 20;

/// Requests of one account, read into one session.
class AccountDrain {
public:
  AccountDrain(Store& store, const Workspace& workspace, unsigned threads,
               const AccountConfig& account, bool small, Seconds now)
      : m_account(account), m_adapter(*workspace.registry.find(account.esp)),
        m_session(store, options(workspace, threads, account, small, now)), m_worker(m_session) {}

  void read(SpooledHook hook, RejectsFile& rejects) {
    HttpRequest request;
    request.url = std::move(hook.url);
    request.headers = std::move(hook.headers);
    request.body = std::move(hook.body);
    request.body.reserve(request.body.size() + k_padding);
    m_worker.begin_chunk(request.body, m_requests++, 0);
    const auto read = m_adapter.read_webhook(
        request, {hook.received, m_account.zone, m_account.zone_given}, m_worker);
    m_worker.end_chunk();
    if (!read) {
      m_worker.reject(read.error().message, request.body);
    }
    for (const auto& rejected : m_worker.take_rejected()) {
      rejects.write(rejected, m_account.esp,
                    fmt::format("webhook of {}, {}", m_account.name, format_time(hook.received)));
    }
  }

  ImportCounts write() {
    ImportCounts written;
    std::vector<Session::Harvest> harvests{m_worker.harvest()};
    m_session.flush(harvests, written, "webhook", true);
    m_worker.clear();
    auto counts = m_worker.counts();
    counts.records = counts.events + counts.recipients + counts.campaigns;
    counts.fresh = written.fresh;
    counts.duplicate = written.duplicate;
    counts.new_recipients = written.new_recipients;
    counts.changed_attributes = written.changed_attributes;
    counts.erased += written.erased;
    return counts;
  }

private:
  static SessionOptions options(const Workspace& workspace, unsigned threads,
                                const AccountConfig& account, bool small, Seconds now) {
    SessionOptions options;
    options.account = account.name;
    options.adapter = account.esp;
    options.only_account = true;
    options.threads = threads;
    options.memory = std::min(workspace.memory, k_row_memory);
    options.now = now;
    options.strip = workspace.config.strip;
    options.filters = workspace.config.filters;
    options.covers = false; // cover_hooks() tells
    options.small = small;
    return options;
  }

  const AccountConfig& m_account;
  const Adapter& m_adapter;
  Session m_session;
  Worker m_worker;
  std::uint64_t m_requests = 0;
};

void drain_batch(Store& store, const Workspace& workspace, unsigned threads,
                 std::vector<SpooledHook> hooks, Seconds now, RejectsFile& rejects,
                 DrainReport& report) {
  std::size_t bytes = 0;
  std::map<std::string, std::vector<SpooledHook>> by_account;
  for (auto& hook : hooks) {
    bytes += hook.bytes();
    by_account[hook.account].push_back(std::move(hook));
  }
  const bool small =
      bytes <= k_small_batch && Recipients(store.database()).count() >= k_large_store;
  if (!small || Activity(store.database()).inbox_size() >= k_full_inbox) {
    fold_inbox(store, threads);
  }
  for (auto& [name, of_account] : by_account) {
    report.requests += of_account.size();
    const auto* account = workspace.config.account(name);
    if (account == nullptr || workspace.registry.find(account->esp) == nullptr) {
      const Erasures erasures(store);
      for (const auto& hook : of_account) {
        if (erasures.mentioned_in(hook.body)) {
          ++report.counts.erased;
          continue;
        }
        rejects.write({0, 1, 0, "the config has no account of that name any more", hook.body}, "",
                      "webhook of " + name);
      }
      report.remarks.push_back(
          fmt::format("{} webhooks of \"{}\": the config has no account of that name any more",
                      of_account.size(), name));
      continue;
    }
    AccountDrain drain(store, workspace, threads, *account, small, now);
    for (auto& hook : of_account) {
      drain.read(std::move(hook), rejects);
    }
    report.counts.add(drain.write());
    cover_hooks(store, *account, now);
  }
}

} // namespace

DrainReport drain_hooks(Store& store, const Workspace& workspace, unsigned threads,
                        HookSpool& spool, Seconds now, const std::function<bool()>& stopped) {
  DrainReport report;
  RejectsFile rejects(rejects_path(workspace.folder, now));
  while (!stopped || !stopped()) {
    auto batch = spool.read(k_batch);
    if (batch.last == 0) {
      break;
    }
    for (auto& damaged : batch.damaged) {
      report.remarks.push_back(std::move(damaged));
    }
    drain_batch(store, workspace, threads, std::move(batch.hooks), now, rejects, report);
    spool.drop(batch.last);
  }
  report.rejects = rejects.written();
  return report;
}

void drain_left_hooks(Store& store, const Workspace& workspace, Seconds now) {
  if (!HookSpool::waiting(store.path())) {
    return;
  }
  std::optional<HookLease> lease;
  try {
    lease.emplace(store.path());
  } catch (const Failure& failure) {
    if (failure.error.code == ErrorCode::locked) {
      return; // `serve` has it
    }
    throw;
  }
  HookSpool spool(store.path());
  drain_hooks(store, workspace, workspace.threads, spool, now);
}

void cover_hooks(Store& store, const AccountConfig& account, Seconds now) {
  const WriterLock lock(store.path());
  Transaction transaction(store.database());
  Catalog catalog(store.database());
  catalog.extend_coverage(catalog.account_id(account.name, account.esp), "webhook", now,
                          k_tried_again);
  transaction.commit();
}

} // namespace mailfunnel
