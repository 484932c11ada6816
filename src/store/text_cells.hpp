#pragma once
// Every text of the store, whatever table it stands in: for what must not stand anywhere.

#include "store/database.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mailfunnel {

/// Calls `visit` for each text in each table; what it returns is put in its place. A row whose key
/// would then be that of another is removed. Returns how many texts were changed. The caller holds
/// the transaction.
std::uint64_t rewrite_texts(
    Database& database,
    const std::function<std::optional<std::string>(std::string_view table, std::string_view column,
                                                   std::string_view text)>& visit);

} // namespace mailfunnel
