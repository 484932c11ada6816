#include "app/secret.hpp"

#include "base/text.hpp"

#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

namespace mailfunnel {

namespace {

constexpr std::size_t k_longest = 64 << 10;

Error missing(const std::string& what) {
  return {ErrorCode::not_found, what};
}

Result<std::string> from_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return missing("the file " + path.string() + " with a secret can't be read");
  }
  struct stat facts {};
  if (stat(path.c_str(), &facts) == 0 && (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return missing("the file " + path.string() + " with a secret is open to others: chmod 600 it");
  }
  std::string text(k_longest, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

Result<std::string> from_command(const std::string& command) {
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::array<char, 4096> buffer{};
  std::string text;
  while (pipe != nullptr && text.size() < k_longest) {
    const auto got = fread(buffer.data(), 1, buffer.size(), pipe.get());
    if (got == 0) {
      break;
    }
    text.append(buffer.data(), got);
  }
  if (pipe == nullptr || pclose(pipe.release()) != 0) {
    return missing("the command for a secret failed");
  }
  return text.substr(0, text.find('\n'));
}

std::string from_environment(const char* name) {
  const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nobody sets any
  return value == nullptr ? std::string() : std::string(value);
}

} // namespace

Result<std::string> read_secret(const SecretSource& source, const std::string& folder) {
  std::string text, where;
  switch (source.from) {
  case SecretSource::From::env:
    where = "the environment variable " + source.value;
    text = from_environment(source.value.c_str());
    break;
  case SecretSource::From::file: {
    const std::filesystem::path path(source.value);
    where = "the file " + source.value;
    MF_TRY(read, from_file(path.is_absolute() ? path : std::filesystem::path(folder) / path));
    text = std::move(read);
    break;
  }
  case SecretSource::From::command: {
    where = "what the command prints";
    MF_TRY(read, from_command(source.value));
    text = std::move(read);
    break;
  }
  case SecretSource::From::credential: {
    const auto directory = from_environment("CREDENTIALS_DIRECTORY");
    where = "the credential " + source.value;
    if (directory.empty()) {
      return missing("there are no credentials of systemd ($CREDENTIALS_DIRECTORY is not set)");
    }
    MF_TRY(read, from_file(std::filesystem::path(directory) / source.value));
    text = std::move(read);
    break;
  }
  case SecretSource::From::text:
    where = "it";
    text = source.value;
    break;
  }
  std::string out(trim(text));
  if (out.empty()) {
    return missing(where + " is empty");
  }
  return out;
}

} // namespace mailfunnel
