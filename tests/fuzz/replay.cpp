// Runs a fuzz target over files instead of libFuzzer. The folder of the adapters is searched for
// X.ext with X.expected.jsonl beside it, before which the name of its adapter is put; a file that
// is named is taken as it is (a crash that a fuzzer found). Each also cut in half and with bytes
// changed, from a fixed seed. Fails when nothing was of use.

#include "fuzz/target.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>

namespace {

namespace fs = std::filesystem;
using mailfunnel::fuzz::run;

std::string read_file(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

/// Is the file of use to the target, as it is?
bool replay(const std::string& text) {
  constexpr unsigned k_seed = 20260302;
  constexpr int k_rounds = 200;
  const bool of_use = run(text);
  if (of_use && !text.empty()) {
    run(text.substr(0, text.size() / 2));
    std::mt19937 random(k_seed);
    for (int round = 0; round < k_rounds; ++round) {
      auto changed = text;
      for (auto changes = random() % 8 + 1; changes > 0; --changes) {
        changed[random() % changed.size()] = static_cast<char>(random() % 256);
      }
      run(changed);
    }
  }
  return of_use;
}

} // namespace

int main(int count, char** arguments) {
  std::size_t files = 0, of_use = 0;
  const auto take = [&](const std::string& text) {
    ++files;
    of_use += replay(text) ? 1 : 0;
  };
  for (int i = 1; i < count; ++i) {
    const fs::path path = arguments[i];
    if (!fs::is_directory(path)) {
      take(read_file(path));
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      auto expected = entry.path();
      expected.replace_extension(".expected.jsonl");
      if (entry.path() != expected && fs::exists(expected)) {
        const auto adapter = entry.path().lexically_relative(path).begin()->string();
        take(adapter + "\n" + read_file(entry.path()));
      }
    }
  }
  std::printf("%zu files, %zu of use\n", files, of_use);
  return of_use == 0 ? 1 : 0;
}
