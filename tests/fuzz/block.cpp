// Blocks of activity and of keys as they stand in the store: the input is tried as either. The
// checksum is made right first, so that what lies behind it is reached.

#include "fuzz/target.hpp"

#include "base/hash.hpp"
#include "base/result.hpp"
#include "store/block.hpp"
#include "store/recipient_block.hpp"

#include <cstring>
#include <string>
#include <vector>

namespace mailfunnel::fuzz {

namespace {

bool run_keys(std::string_view body) {
  constexpr char k_version = 2;
  const auto checksum = static_cast<std::uint32_t>(hash64(body));
  std::string blob(1, k_version);
  blob.append(reinterpret_cast<const char*>(&checksum), sizeof checksum).append(body);
  try {
    decode_keys(blob, "the block");
    return true;
  } catch (const Failure&) {
    return false;
  }
}

bool run_activity(std::string_view text) {
  constexpr std::size_t k_checksum = 12, k_header = 20;
  std::string blob(text);
  if (blob.size() >= k_header) {
    const auto checksum = hash64(text.substr(k_header));
    std::memcpy(blob.data() + k_checksum, &checksum, sizeof checksum);
  }
  try {
    const BlockReader reader(blob, key_of(1, 2, EventKind::click));
    EventColumns columns;
    reader.read_all(columns);
    std::vector<std::uint16_t> recipients;
    reader.read_recipients(recipients);
    reader.read_recipients(3, 9'000, columns);
    return true;
  } catch (const Failure&) {
    return false;
  }
}

} // namespace

bool run(std::string_view text) {
  const bool keys = run_keys(text);
  return run_activity(text) || keys;
}

} // namespace mailfunnel::fuzz
