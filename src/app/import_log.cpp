#include "app/import_log.hpp"

#include "app/rejects_file.hpp"
#include "base/json.hpp"
#include "base/large_memory.hpp"
#include "base/text.hpp"
#include "ingest/chunk_feeder.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

namespace mailfunnel {

namespace {

constexpr std::uint64_t k_small_input = std::uint64_t{1} << 20; // bytes

/// --account must be one of the config's, if that has any.
void check_account(const Workspace& workspace, const std::string& asked) {
  const auto& accounts = workspace.config.accounts;
  if (asked.empty() || accounts.empty() || workspace.config.account(asked) != nullptr) {
    return;
  }
  std::vector<std::string> known;
  for (const auto& one : accounts) {
    known.push_back(one.name);
  }
  throw Failure(
      {ErrorCode::usage, fmt::format("--account: the config has no account \"{}\": it has {}",
                                     asked, join(known, ", "))});
}

/// Whose the records of an adapter are that name no account: `name`'s, after those of which the
/// envelope sender or the job says it.
struct Owner {
  std::string name; // empty: nobody's but those
  std::vector<AccountRoute> routes;
  bool skip_others = false;
};

Owner routes_of(const Workspace& workspace, std::string_view adapter, bool any_adapter) {
  Owner owner;
  for (const auto& account : workspace.config.accounts) {
    const bool shares = !account.senders.empty() || !account.jobs.empty();
    if (shares && (any_adapter || account.esp == adapter)) {
      owner.routes.push_back({account.name, account.senders, account.jobs});
      owner.skip_others = owner.skip_others || account.skip_others;
    }
  }
  return owner;
}

Result<Owner> owner_of(const Workspace& workspace, const std::string& adapter,
                       const std::string& asked, const std::string& input) {
  std::vector<std::string> mine;
  for (const auto& account : workspace.config.accounts) {
    if (account.esp == adapter) {
      mine.push_back(account.name);
    }
  }
  // Bounces by mail and the like tell senders too: those of every server's mail.
  auto owner = routes_of(workspace, adapter, mine.empty());
  owner.name = asked;
  owner.skip_others = owner.skip_others && asked.empty(); // who names an account means it
  if (!asked.empty() || (!mine.empty() && !owner.routes.empty())) {
    return owner;
  }
  if (mine.size() > 1) {
    return Error{ErrorCode::usage,
                 fmt::format("several accounts are of {}: say which with --account {}", adapter,
                             join(mine, " or --account ")),
                 input};
  }
  owner.name = mine.empty() ? adapter : mine.front();
  return owner;
}

/// The first line that holds something, without a byte order mark.
std::string first_line(std::string_view head) {
  constexpr std::size_t k_shown = 120;
  head = head.substr(head.starts_with("\xEF\xBB\xBF") ? 3 : 0);
  head = head.substr(std::min(head.find_first_not_of("\r\n\t "), head.size()));
  return printable(head.substr(0, head.find_first_of("\r\n")), k_shown);
}

class Importer {
public:
  Importer(Store& store, const Workspace& workspace, const ImportRequest& request,
           const ImportHooks& hooks)
      : m_store(store), m_workspace(workspace), m_request(request), m_hooks(hooks),
        m_rejects(request.rejects.empty() ? rejects_path(workspace.folder, request.now)
                                          : request.rejects) {
    constexpr std::uint64_t k_plenty = std::uint64_t{1} << 30; // of which what is kept is little
    if (workspace.memory >= k_plenty) {
      m_reuse.emplace();
    }
  }

  ImportSummary run() {
    check_account(m_workspace, m_request.account);
    for (const auto& path : m_request.paths) {
      const auto files = expand_path(path);
      if (!files) {
        fail(path, files.error());
        continue;
      }
      for (const auto& file : *files) {
        if (m_hooks.stopped && m_hooks.stopped()) {
          break;
        }
        const auto visited = visit_inputs(file, [&](Input& input) { import_one(input); });
        if (!visited) {
          fail(file, visited.error());
        }
      }
    }
    m_reuse.reset(); // while the last batch goes to the disk
    end_session();
    for (const auto& file : m_summary.files) {
      m_summary.total.add(file.counts);
    }
    m_summary.rejects = m_rejects.written();
    m_summary.told = m_rejects.records();
    return std::move(m_summary);
  }

private:
  void fail(const std::string& name, Error error, const std::string& adapter = {},
            const std::string& account = {}) {
    error.source = error.source.empty() ? name : error.source;
    m_summary.files.push_back({name, adapter, account, "", {}, std::move(error)});
    ++m_summary.failed;
  }

  LogContext context_for(const std::string& adapter, const Input& input) const {
    LogContext context;
    context.file_name = input.file_name;
    context.campaign = m_request.campaign;
    context.written = input.written.value_or(m_request.now);
    context.profiles = &m_workspace.config.profiles;
    context.trackers = &m_workspace.config.trackers;
    context.contacts = m_request.contacts;
    // The zone is the account's; which account it is hangs on the adapter, which hangs on the
    // input.
    for (const auto& account : m_workspace.config.accounts) {
      const bool meant = m_request.account.empty() ? adapter.empty() || account.esp == adapter
                                                   : account.name == m_request.account;
      if (meant && account.zone_given) {
        context.zone = account.zone;
        context.zone_given = true;
        break;
      }
    }
    return context;
  }

  /// As it was asked for: a log, a list of contacts, or what of the two it is. Of an adapter that
  /// is named (or was found out, and opens it again) a log goes first too.
  Result<OpenedInput> open(const std::string& adapter, std::string_view head,
                           const Input& input) const {
    auto context = context_for(adapter, input);
    if (m_request.contacts && m_request.logs_too) {
      context.contacts = false;
      if (auto log = open_input(m_workspace.registry, adapter, head, context, input.name)) {
        return log;
      }
      context.contacts = true;
    }
    return open_input(m_workspace.registry, adapter, head, context, input.name);
  }

  void import_one(Input& input) {
    try {
      auto head = read_head(input.bytes);
      if (head.empty()) {
        m_summary.files.push_back({input.name, "", "", "empty", {}, std::nullopt});
        return;
      }
      const auto size = head.size();
      head.resize(size + k_padding);
      const std::string_view view(head.data(), size);
      auto opened = open(m_request.adapter, view, input);
      if (!opened) {
        fail(input.name, opened.error());
        return;
      }
      const auto adapter = opened->adapter;
      auto owner = owner_of(m_workspace, adapter, m_request.account, input.name);
      if (!owner) {
        fail(input.name, owner.error(), adapter);
        return;
      }
      // Again with the zone of the account it really belongs to.
      opened = open(adapter, view, input);
      if (!opened) {
        fail(input.name, opened.error(), adapter, owner->name);
        return;
      }
      if (const auto why = refusal(*opened->reader, *owner)) {
        fail(input.name, *why, adapter, owner->name);
        return;
      }
      head.resize(size);
      stream(input, std::move(head), *opened, std::move(*owner));
    } catch (const Failure& failure) {
      if (ends_all(failure)) {
        end_session();
        throw;
      }
      fail(input.name, failure.error);
    }
  }

  /// No other input would fare better.
  static bool ends_all(const Failure& failure) {
    return failure.error.code == ErrorCode::usage || failure.error.code == ErrorCode::locked;
  }

  static std::optional<Error> refusal(const LogReader& reader, const Owner& owner) {
    if (reader.assumes_utc()) {
      return Error{ErrorCode::usage,
                   fmt::format("its times carry no zone ({}): give account \"{}\" a `zone` in the "
                               "config, such as zone = \"Europe/Brussels\"",
                               reader.format(),
                               owner.name.empty() ? owner.routes.front().account : owner.name)};
    }
    if (reader.needs_campaign()) {
      return Error{
          ErrorCode::usage,
          fmt::format("it does not say which mailing it is about ({}): name it with --campaign ID",
                      reader.format())};
    }
    return std::nullopt;
  }

  void stream(Input& input, std::string head, OpenedInput& opened, Owner owner) {
    SessionOptions options;
    options.account = owner.name;
    options.routes = std::move(owner.routes);
    options.skip_others = owner.skip_others;
    options.adapter = opened.adapter;
    options.only_account = !m_request.account.empty();
    for (const auto& known : m_workspace.config.accounts) {
      options.accounts.emplace_back(known.name, known.esp);
    }
    options.threads = m_workspace.threads;
    options.memory = m_workspace.memory;
    options.now = m_request.now;
    options.strip = m_workspace.config.strip;
    options.filters = m_workspace.config.filters;
    options.complete = m_request.complete;
    options.valid_from = m_request.valid_from;
    const auto total = input.bytes.total();
    options.small = total != 0 && total <= k_small_input && is_large_store();
    auto& session = session_for(std::move(options));
    StreamHooks hooks;
    hooks.rejected = [&](const Rejected& rejected) {
      m_rejects.write(rejected, opened.adapter, input.name);
    };
    hooks.progress = [&](std::uint64_t taken, std::uint64_t of) {
      if (m_hooks.progress) {
        m_hooks.progress(input.name, taken, of);
      }
    };
    hooks.stopped = m_hooks.stopped;
    StreamReport report;
    try {
      report = import_stream(session, input, std::move(head), *opened.reader, hooks);
    } catch (const Failure& failure) {
      const bool own = m_session->flushes() != m_uncommitted.flushes || settle();
      m_session.reset(); // it knows what was not written
      if (!own) {
        throw Failure(
            {failure.error.code,
             "it is not read, as what stands before it could not be written: see to that, "
             "then run the same command again",
             input.name});
      }
      throw;
    }
    m_uncommitted = {m_summary.files.size(), session.flushes()};
    m_summary.failed += report.error ? 1 : 0;
    m_summary.files.push_back({input.name, opened.adapter,
                               report.accounts.empty() ? owner.name : join(report.accounts, ", "),
                               std::string(opened.reader->format()), report.counts, report.error,
                               std::string(opened.reader->remark())});
  }

  /// That of the input before, which knows everybody already, where it can go on.
  Session& session_for(SessionOptions options) {
    if (m_session && !m_session->committing()) {
      settle(); // who failed goes on with nothing
    }
    if (!m_session || !m_session->go_on_with(options)) {
      end_session(); // first: two would take twice the memory
      if (!options.small) {
        fold_inbox(m_store, m_workspace.threads); // what comes now need not look there
      }
      m_session.emplace(m_store, std::move(options));
      m_uncommitted = {};
    }
    return *m_session;
  }

  /// What was read before is on the disk after this; or it is not, and its file tells so, as if
  /// nothing of it had been read.
  bool settle() {
    try {
      if (m_session) {
        m_session->settle();
      }
      return true;
    } catch (const Failure& failure) {
      m_session.reset();
      auto& file = m_summary.files[m_uncommitted.file];
      m_summary.failed += file.error ? 0 : 1;
      file.error = file.error.value_or(failure.error);
      file.counts = {};
      file.format.clear();
      return false;
    }
  }

  void end_session() {
    settle();
    m_session.reset();
  }

  bool is_large_store() {
    settle(); // it can't be asked before
    return Recipients(m_store.database()).count() >= k_large_store;
  }

  std::optional<LargeReuse> m_reuse; // one input's memory is the next one's
  Store& m_store;
  std::optional<Session> m_session; // of the last input
  struct {
    std::size_t file = 0;      // of the summary, whose last batch may not be on the disk yet
    std::uint64_t flushes = 0; // of the session, with that
  } m_uncommitted;
  const Workspace& m_workspace;
  const ImportRequest& m_request;
  const ImportHooks& m_hooks;
  RejectsFile m_rejects;
  ImportSummary m_summary;
};

} // namespace

ImportSummary import_paths(Store& store, const Workspace& workspace, const ImportRequest& request,
                           const ImportHooks& hooks) {
  return Importer(store, workspace, request, hooks).run();
}

Result<OpenedInput> open_input(const AdapterRegistry& registry, const std::string& adapter,
                               std::string_view head, const LogContext& context,
                               const std::string& name) {
  if (!adapter.empty()) {
    const auto* chosen = registry.find(adapter);
    if (chosen == nullptr) {
      std::vector<std::string> known;
      for (const auto& entry : registry.all()) {
        known.push_back(entry.id);
      }
      return Error{ErrorCode::usage,
                   fmt::format("unknown adapter \"{}\": there are {}", adapter, join(known, ", "))};
    }
    auto reader = chosen->open_log(head, context);
    if (!reader) {
      std::string expected;
      for (const auto& format : chosen->formats()) {
        expected += (expected.empty() ? "" : "; ") + std::string(format.name);
      }
      return Error{ErrorCode::bad_syntax,
                   fmt::format("is not a file of {} (expected: {}); it begins: {}", adapter,
                               expected, first_line(head)),
                   name};
    }
    return OpenedInput{adapter, std::move(reader)};
  }
  // A list of contacts is first of all what an ESP writes; only what nobody knows is any table of
  // addresses.
  auto plain = context;
  plain.contacts = false;
  auto matches = registry.detect(head, plain);
  if (matches.empty() && context.contacts) {
    matches = registry.detect(head, context);
  }
  // A profile of the user's own goes first; else it is for what nobody knows.
  for (auto& match : matches) {
    if (matches.size() > 1 && match.entry->id == "generic") {
      return OpenedInput{match.entry->id, std::move(match.reader)};
    }
  }
  if (matches.empty()) {
    plain.contacts = true;
    const bool contacts = !context.contacts && !registry.detect(head, plain).empty();
    return Error{ErrorCode::bad_syntax,
                 fmt::format("{}; it begins: {}",
                             contacts ? "no log, but perhaps a list of contacts: `mailfunnel "
                                        "recipients import` reads it, and `import --contacts`"
                                      : "no adapter knows this format: see `mailfunnel adapters`, "
                                        "or describe it with a [[profile]]",
                             first_line(head)),
                 name};
  }
  if (matches.size() > 1) {
    return Error{ErrorCode::usage,
                 fmt::format("{} and {} both know this format: say which with --adapter",
                             matches[0].entry->id, matches[1].entry->id),
                 name};
  }
  return OpenedInput{matches[0].entry->id, std::move(matches[0].reader)};
}

} // namespace mailfunnel
