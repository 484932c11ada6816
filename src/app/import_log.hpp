#pragma once
// `mailfunnel import` and `recipients import`: paths -> adapter and account -> store.

#include "app/workspace.hpp"
#include "ingest/import.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mailfunnel {

struct ImportRequest {
  std::vector<std::string> paths;
  std::string adapter, account, campaign; // as asked for; empty: found out
  std::vector<std::pair<Seconds, Seconds>> complete;
  std::optional<Seconds> valid_from;
  bool contacts = false; // a table of addresses is a list of contacts
  bool logs_too = false; // but not where it is a log
  std::string
      rejects; // file for rejected records; empty: one in the workspace, named by the moment
  Seconds now = 0;
};

/// What became of one file. `adapter` is empty where nobody knows it. `account` is whose events
/// came in (several: by ", "), or the account it belongs to where none did.
struct FileResult {
  std::string name, adapter, account, format;
  ImportCounts counts;
  std::optional<Error> error; // it could not be read (to its end), or nobody knows it
  std::string remark{};       // what keeps its records from being of use
};

struct ImportSummary {
  std::vector<FileResult> files;
  ImportCounts total;
  std::string rejects;    // the file, when there are any
  std::uint64_t told = 0; // rejected records that stand in it: of very many not all
  std::uint64_t failed = 0;
};

struct ImportHooks {
  std::function<void(const std::string& file, std::uint64_t taken, std::uint64_t total)> progress;
  std::function<bool()> stopped;
};

/// Throws Failure (usage) when the account asked for is none of the config's; what is wrong with
/// one file is told in its result, and the others are read.
ImportSummary import_paths(Store& store, const Workspace& workspace, const ImportRequest& request,
                           const ImportHooks& hooks);

/// The reader for an input: the adapter asked for, or the one that knows it. Error: nobody, or
/// several; the message says what was expected and shows how the input begins.
struct OpenedInput {
  std::string adapter;
  std::unique_ptr<LogReader> reader;
};
Result<OpenedInput> open_input(const AdapterRegistry& registry, const std::string& adapter,
                               std::string_view head, const LogContext& context,
                               const std::string& name);

} // namespace mailfunnel
