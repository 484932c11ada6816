// The mapping profiles that adapters ship for exports whose header is not confirmed
// (adapters/<id>/profile.toml): each is a config without faults, and reads the tables in
// testdata/profile as X.expected.jsonl says. MF_GOLDEN=write in the environment writes those anew.

#include "adapter/decode_sink.hpp"
#include "adapter/framing.hpp"
#include "adapter/registry.hpp"
#include "app/config.hpp"
#include "base/json.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace mailfunnel;

namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  auto text = out.str();
  text.reserve(text.size() + k_padding);
  return text;
}

bool writing() {
  const char* const mode = std::getenv("MF_GOLDEN");
  return mode != nullptr && std::string_view(mode) == "write";
}

std::vector<fs::path> tables_of(const fs::path& adapter) {
  std::vector<fs::path> tables;
  for (const auto& file : fs::directory_iterator(adapter / "testdata" / "profile")) {
    if (file.path().extension() != ".jsonl") {
      tables.push_back(file.path());
    }
  }
  return tables;
}

/// What `decode` prints of the table; the name of the profile that reads it.
std::string decode(const std::vector<MappingProfile>& profiles, const fs::path& table,
                   std::string& profile) {
  static const auto k_adapters = builtin_adapters();
  const auto name = table.filename().string();
  LogContext context;
  context.file_name = name;
  context.profiles = &profiles;
  const auto text = read_file(table);
  const auto reader = k_adapters.find("generic")->open_log(text, context);
  REQUIRE(reader);
  profile = reader->format();
  std::string out;
  DecodeSink sink("generic", name, [&out](std::string_view line) { out += line; });
  sink.begin_chunk(text);
  read_text(*reader, text, sink);
  sink.end_chunk();
  return out;
}

} // namespace

TEST_CASE("profiles that adapters ship: a config without faults, each with a table that it reads") {
  int files = 0;
  for (const auto& adapter : fs::directory_iterator(MF_SOURCE_DIR "/adapters")) {
    const auto config_file = adapter.path() / "profile.toml";
    if (!fs::exists(config_file)) {
      continue;
    }
    ++files;
    CAPTURE(config_file.string());
    const auto loaded = load_config(config_file.string());
    REQUIRE(loaded.problems.empty());
    std::set<std::string> unread;
    for (const auto& profile : loaded.config.profiles) {
      CHECK(unread.insert(profile.name).second);
    }
    for (const auto& table : tables_of(adapter.path())) {
      CAPTURE(table.string());
      std::string profile;
      const auto got = decode(loaded.config.profiles, table, profile);
      unread.erase(profile);
      auto expected = table;
      expected.replace_extension(".expected.jsonl");
      if (writing()) {
        std::ofstream(expected, std::ios::binary) << got;
      }
      CHECK_FALSE(got.empty());
      CHECK(got == read_file(expected));
    }
    CHECK(unread.empty());
  }
  CHECK(files > 0);
}
