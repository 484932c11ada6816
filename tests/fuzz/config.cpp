// mailfunnel.toml, without files that it includes.

#include "fuzz/target.hpp"

#include "app/config.hpp"

bool mailfunnel::fuzz::run(std::string_view text) {
  const auto loaded = parse_config(text, "fuzz.toml", false);
  for (const auto& problem : loaded.problems) {
    static_cast<void>(problem.text());
  }
  return loaded.problems.empty();
}
