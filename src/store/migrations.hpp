#pragma once
// The SQL of schema/db, in order, built in (store/CMake step).

#include <array>
#include <string_view>

namespace mailfunnel {

/// Of tables and blobs. 2: chunks of 16,384 recipients, where 1 had 65,536.
constexpr int k_store_format = 2, k_oldest_format = 2;
extern const std::array<std::string_view, 1> k_migrations;

} // namespace mailfunnel
