// Blocks of activity as they stand in the store. The checksum is made right first, so that what
// lies behind it is reached.

#include "fuzz/target.hpp"

#include "base/hash.hpp"
#include "base/result.hpp"
#include "store/block.hpp"

#include <cstring>
#include <string>
#include <vector>

bool mailfunnel::fuzz::run(std::string_view text) {
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
