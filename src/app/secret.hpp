#pragma once
// Where a secret of the config comes from. It is read when it is needed, and never shown.
//
//   api_key = { env = "ESP_API_KEY" }
//   api_key = { file = "secrets/esp" }       of the workspace; readable by its owner only
//   api_key = { command = "pass show esp" }  run by /bin/sh; the first line of what it prints
//   api_key = { credential = "esp" }         of systemd: LoadCredential=esp:…
//   api_key = "…"                            as it is: `check` warns

#include "base/result.hpp"

#include <cstdint>
#include <string>

namespace mailfunnel {

struct SecretSource {
  enum class From : std::uint8_t { env, file, command, credential, text };
  From from = From::text;
  std::string value; // name, path, command, name, or the secret itself
};

/// White space at the ends is not part of it. Error not_found: there is none, or it is empty; the
/// message names the place, not what is in it.
Result<std::string> read_secret(const SecretSource& source, const std::string& folder);

} // namespace mailfunnel
