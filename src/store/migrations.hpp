#pragma once
// The SQL of schema/db, in order, built in (store/CMake step).

#include <array>
#include <string_view>

namespace mailfunnel {

constexpr int k_store_format = 1;
extern const std::array<std::string_view, k_store_format> k_migrations;

} // namespace mailfunnel
