#pragma once
// Where in the tables of blocks a recipient stands.

#include "model/activity.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mailfunnel {

inline std::uint32_t block_of(RecipientId id) {
  return id >> k_recipient_block_bits;
}
inline std::uint32_t index_of(RecipientId id) {
  return id & (k_recipient_block - 1);
}
/// For errors.
inline std::string block_name(std::string_view what, std::uint32_t block) {
  return std::string(what) + " block " + std::to_string(block);
}

} // namespace mailfunnel
