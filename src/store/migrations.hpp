#pragma once
// The SQL of schema/db, in order, built in (store/CMake step). The first makes a store of the
// oldest format that we know, each of the others one of the next.

#include <array>
#include <cstddef>
#include <string_view>

namespace mailfunnel {

/// Of tables and blobs. 2: chunks of 16,384 recipients, where 1 had 65,536. 3: plans of pushes.
/// 4: the index of keys has a seed. 5: blocks of keys are not compressed. 6: small sets of events
/// stand together. 7: few new keys do.
constexpr int k_store_format = 7, k_oldest_format = 2;
extern const std::array<std::string_view, std::size_t{k_store_format - k_oldest_format + 1}>
    k_migrations;

} // namespace mailfunnel
