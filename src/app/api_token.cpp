#include "app/api_token.hpp"

#include "adapter/signature.hpp"
#include "base/base64.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "store/job_log.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace mailfunnel {

namespace {

constexpr std::string_view k_roles[] = {"sales", "reviewer", "operator", "admin"};
constexpr std::string_view k_prefix = "mf_"; // so that scanners for leaked secrets know it
constexpr std::size_t k_random = 32;         // bytes
constexpr std::size_t k_longest_token = 100;
constexpr std::size_t k_longest_name = 64;

std::string hash_of(std::string_view token) {
  return hex_encode(digest_of(Digest::sha256, token));
}

bool good_name(std::string_view name) {
  return !name.empty() && name.size() <= k_longest_name &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return is_alnum(c) || std::string_view("-_.@").find(c) != std::string_view::npos;
         });
}

ApiToken token_of(const StoredToken& stored) {
  return {stored.name, parse_role(stored.role).value_or(Role::sales), stored.read_only,
          stored.created};
}

} // namespace

std::string_view name_of(Role role) {
  return k_roles[static_cast<std::size_t>(role)];
}

std::optional<Role> parse_role(std::string_view name) {
  const auto found = std::find(std::begin(k_roles), std::end(k_roles), name);
  return found == std::end(k_roles) ? std::nullopt
                                    : std::optional(static_cast<Role>(found - std::begin(k_roles)));
}

std::string random_secret() {
  std::array<char, k_random> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw Failure({ErrorCode::io, "the system gives no random bytes"});
  }
  auto text = base64_encode({bytes.data(), bytes.size()});
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  text.erase(text.find_last_not_of('=') + 1);
  return text;
}

std::string to_json(const ApiToken& token, std::string_view text) {
  auto json = fmt::format("{{\"name\":{},\"role\":\"{}\",\"read_only\":{},\"created\":\"{}\"",
                          json_text(token.name), name_of(token.role), token.read_only,
                          format_time(token.created));
  json += text.empty() ? "" : ",\"token\":" + json_text(text);
  return json + "}";
}

Result<std::string> add_token(Store& store, const ApiToken& token) {
  if (!good_name(token.name)) {
    return Error{ErrorCode::usage,
                 fmt::format("the name of a token is 1 to {} letters, digits, -, _, . or @, not "
                             "\"{}\"",
                             k_longest_name, printable(token.name, 100))};
  }
  if (token.name == k_schedule) {
    return Error{ErrorCode::usage, "\"schedule\" is the timetable's name: take another"};
  }
  auto text = std::string(k_prefix) + random_secret();
  const WriterLock lock(store.path());
  Transaction transaction(store.database());
  ApiTokens table(store.database());
  if (table.all().size() >= k_most_tokens) {
    return Error{ErrorCode::conflict, fmt::format("there are {} tokens already", k_most_tokens)};
  }
  if (!table.add({token.name, hash_of(text), std::string(name_of(token.role)), token.read_only,
                  token.created})) {
    return Error{ErrorCode::conflict,
                 fmt::format("there is a token \"{}\" already: `mailfunnel token remove {}` first",
                             token.name, token.name)};
  }
  transaction.commit();
  return text;
}

std::vector<ApiToken> tokens(Store& store) {
  std::vector<ApiToken> out;
  for (const auto& stored : ApiTokens(store.database()).all()) {
    out.push_back(token_of(stored));
  }
  return out;
}

bool remove_token(Store& store, std::string_view name) {
  const WriterLock lock(store.path());
  Transaction transaction(store.database());
  const bool there = ApiTokens(store.database()).remove(name);
  transaction.commit();
  return there;
}

std::optional<ApiToken> find_token(Store& store, std::string_view token) {
  const auto hash = hash_of(token.substr(0, k_longest_token + 1));
  std::optional<ApiToken> found;
  for (const auto& stored : ApiTokens(store.database()).all()) {
    if (same_secret(stored.hash, hash)) {
      found = token_of(stored);
    }
  }
  return found;
}

} // namespace mailfunnel
