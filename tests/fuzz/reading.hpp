#pragma once
// One adapter reads one text as an import does: what fuzz targets and `mutate` have in common. Ends
// the program (abort) where a reader breaks its contract.

#include "adapter/registry.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel::fuzz {

constexpr std::size_t k_head = std::size_t{64} << 10; // what open_log() gets to see
constexpr Seconds k_now = 1'782'864'000;              // 2026-07-01

const AdapterRegistry& registry();

/// As of a config that makes readers take more: tables and NDJSON by a profile, logs of a web
/// server.
LogContext context_of(std::string_view file_name);
/// Texts for those profiles.
std::vector<std::string> profile_examples();

/// What a reader gave.
struct Reading {
  std::uint64_t records = 0; // handed over or rejected
  std::uint64_t lines = 0;   // a hash over what `decode` prints
  friend bool operator==(const Reading&, const Reading&) = default;
};

/// Reads the text in chunks of about `chunk_size` bytes (0: whole) with a reader that the adapter
/// opens anew, and with a clone of it for each chunk, where there are clones. k_padding bytes
/// behind both texts must be readable.
Reading read_with(const AdapterRegistry::Entry& entry, const LogContext& context,
                  std::string_view head, std::string_view text, std::size_t chunk_size);

[[noreturn]] void broken(const std::string& adapter, const char* what);

} // namespace mailfunnel::fuzz
