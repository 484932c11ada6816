#pragma once
// A workspace in a folder of its own, for tests of what stands above the store.

#include "app/export_all.hpp"
#include "app/import_log.hpp"
#include "base/source.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace mailfunnel {

inline constexpr Seconds k_now = 1'774'958'400; // 2026-03-31T12:00:00Z

/// A workspace in a folder of its own.
struct TestWorkspace {
  TestWorkspace(std::string_view config = {}) {
    static int s_number = 0; // NOLINT
    folder = std::filesystem::temp_directory_path() /
             fmt::format("mailfunnel-test-{}-{}", getpid(), ++s_number);
    std::filesystem::create_directories(folder);
    workspace.folder = folder.string();
    workspace.registry = builtin_adapters();
    workspace.threads = 2;
    auto loaded = parse_config(config, "test.toml");
    for (const auto& problem : loaded.problems) {
      FAIL(problem.text());
    }
    workspace.config = std::move(loaded.config);
    std::ofstream(folder / "mailfunnel.db.key", std::ios::binary)
        << "12345678"; // network hashes are the same in all
    Store::create(workspace.store_path());
  }
  ~TestWorkspace() { std::filesystem::remove_all(folder); }
  TestWorkspace(const TestWorkspace&) = delete;
  TestWorkspace& operator=(const TestWorkspace&) = delete;

  Store store() const { return Store::open_writing(workspace.store_path()); }
  ImportSummary import(const std::string& name, std::string_view text, bool contacts = false) {
    const auto path = (folder / name).string();
    REQUIRE(write_file(path, text).has_value());
    auto opened = store();
    ImportRequest request;
    request.paths = {path};
    request.contacts = contacts;
    request.rejects = (folder / "rejects").string();
    request.now = k_now;
    request.valid_from = 0;
    return import_paths(opened, workspace, request, {});
  }
  std::string exported() const {
    auto opened = store();
    std::string out;
    export_events(opened, workspace, [&](std::string_view text) { out += text; });
    return out;
  }

  std::filesystem::path folder;
  Workspace workspace;
};

} // namespace mailfunnel
