#pragma once
// Tokens of the API: who calls, and what he or she may do (docs/api.md). A token is shown once,
// when it is made; the store has its SHA-256, which is enough as nobody guesses 256 random bits.

#include "base/result.hpp"
#include "store/api_tokens.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// Each may what stands before it too, but for `sales`, who sees lists for sales alone.
enum class Role : std::uint8_t { sales, reviewer, operations, admin };
std::string_view name_of(Role role); // "sales", "reviewer", "operator", "admin"
std::optional<Role> parse_role(std::string_view name);

struct ApiToken {
  std::string name;
  Role role = Role::sales;
  bool read_only = false; // GET alone
  Seconds created = 0;
};

/// One object; with the token itself where it is given.
std::string to_json(const ApiToken& token, std::string_view text = {});

constexpr std::size_t k_most_tokens = 1000; // of a store

/// 256 random bits as 43 letters, digits, - and _. Failure: the system gives none.
std::string random_secret();

/// Makes one and returns it as text, "mf_…": there is no other moment to see it. Errors: usage (the
/// name is empty, too long, or not of letters, digits, - _ . and @), conflict (it is taken, or
/// there are too many).
Result<std::string> add_token(Store& store, const ApiToken& token);
std::vector<ApiToken> tokens(Store& store);             // by name
bool remove_token(Store& store, std::string_view name); // false: there is none

/// Whose it is; nothing: nobody's. Takes as long for a wrong one as for a right one.
std::optional<ApiToken> find_token(Store& store, std::string_view token);

} // namespace mailfunnel
