#include "store/erasures.hpp"

#include "base/text.hpp"
#include "base/uri.hpp"
#include "model/address_scan.hpp"
#include "store/damage.hpp"
#include "store/key_file.hpp"

#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace mailfunnel {

namespace {

constexpr std::size_t k_key_size = 32;

struct FreeMac {
  void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeMac>;

[[noreturn]] void no_hash() {
  throw Failure({ErrorCode::io, "HMAC-SHA256 is not to be had from this OpenSSL"});
}

Failure key_failure(const std::string& path, const std::string& what) {
  return Failure({ErrorCode::io, what, path});
}

} // namespace

// ---- the key
// -----------------------------------------------------------------------------------------------------------

struct HashKey::State {
  MacContext context; // with the key; copied for each hash
};

HashKey::HashKey(std::string_view key) : m_state(std::make_unique<State>()) {
  const std::unique_ptr<EVP_MAC, FreeMac> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  m_state->context.reset(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, static_cast<char*>(digest), 0),
      OSSL_PARAM_construct_end()};
  if (!m_state->context ||
      EVP_MAC_init(m_state->context.get(), reinterpret_cast<const unsigned char*>(key.data()),
                   key.size(), static_cast<const OSSL_PARAM*>(params)) != 1) {
    no_hash();
  }
}

HashKey::~HashKey() = default;

std::string HashKey::path_of(const std::string& store_path) {
  return store_path + ".erased.key";
}

std::unique_ptr<const HashKey> HashKey::read(const std::string& store_path) {
  const auto path = path_of(store_path);
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    if (errno == ENOENT) {
      return nullptr;
    }
    throw key_failure(path, std::string("can't read the key file: ") + std::strerror(errno));
  }
  char key[k_key_size];
  const auto size = ::read(file, static_cast<char*>(key), sizeof key);
  close(file);
  if (size != static_cast<ssize_t>(sizeof key)) {
    throw key_failure(path, "the key file is cut short: restore it from where you keep it");
  }
  return std::unique_ptr<const HashKey>(new HashKey({static_cast<char*>(key), sizeof key}));
}

std::unique_ptr<const HashKey> HashKey::make(const std::string& store_path) {
  if (auto there = read(store_path)) {
    return there;
  }
  const auto path = path_of(store_path);
  char key[k_key_size];
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key), sizeof key) != 1) {
    throw key_failure(path, "no random numbers to make a key from");
  }
  write_key_file(path, {static_cast<char*>(key), sizeof key});
  return read(store_path);
}

KeyedHash HashKey::of(std::string_view text) const {
  const MacContext context(EVP_MAC_CTX_dup(m_state->context.get()));
  unsigned char full[EVP_MAX_MD_SIZE];
  std::size_t size = 0;
  KeyedHash out;
  if (!context ||
      EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size()) != 1 ||
      EVP_MAC_final(context.get(), static_cast<unsigned char*>(full), &size, sizeof full) != 1 ||
      size < out.size()) {
    no_hash();
  }
  std::memcpy(out.data(), static_cast<unsigned char*>(full), out.size());
  return out;
}

// ---- the tombstones
// ----------------------------------------------------------------------------------------------------

std::size_t Erasures::BytesHash::operator()(const KeyedHash& hash) const {
  std::size_t out = 0; // it is one already
  std::memcpy(&out, hash.data(), sizeof out);
  return out;
}

Erasures::Erasures(Store& store) {
  auto rows = store.database().use("SELECT hash, recipient, at FROM erased");
  while (rows.step()) {
    KeyedHash hash{};
    const auto bytes = rows.blob(0);
    if (bytes.size() != hash.size()) {
      damaged("the table erased"); // somebody would be known again
    }
    std::memcpy(hash.data(), bytes.data(), hash.size());
    Erasure erasure;
    if (!rows.is_null(1)) {
      erasure.recipient = static_cast<std::uint32_t>(rows.integer(1));
    }
    erasure.at = rows.integer(2);
    m_by_hash.emplace(hash, erasure);
  }
  if (m_by_hash.empty()) {
    return;
  }
  m_key = HashKey::read(store.path());
  if (!m_key) {
    throw key_failure(HashKey::path_of(store.path()),
                      "people were erased, and the key by which they are known again is not "
                      "there: put it back from where you keep it");
  }
}

const Erasure* Erasures::find(std::string_view key) const {
  if (m_by_hash.empty() || key.empty()) {
    return nullptr;
  }
  const auto found = m_by_hash.find(m_key->of(key));
  return found == m_by_hash.end() ? nullptr : &found->second;
}

bool Erasures::mentioned_in(std::string_view text) const {
  if (m_by_hash.empty()) {
    return false;
  }
  const auto erased = [this](std::string_view address, std::string_view) { return has(address); };
  if (any_address(text, erased)) {
    return true;
  }
  return text.find('%') != std::string_view::npos && any_address(percent_decode(text), erased);
}

std::int64_t Erasures::version(Store& store) {
  return parse_int(store.meta("erasures").value_or("0")).value_or(0);
}

void Erasures::add(Store& store, const HashKey& key, std::string_view text,
                   const Erasure& erasure) {
  const auto hash = key.of(text);
  const Blob blob{{hash.data(), hash.size()}};
  auto insert = store.database().use("INSERT OR IGNORE INTO erased VALUES (?1, ?2, ?3)");
  if (erasure.recipient) {
    insert.bind(blob, *erasure.recipient, erasure.at).run();
  } else {
    insert.bind(blob, nullptr, erasure.at).run();
  }
  if (store.database().changes() != 0) {
    store.set_meta("erasures", std::to_string(version(store) + 1));
  }
}

bool Erasures::lift(Store& store, const HashKey& key, std::string_view text) {
  const auto hash = key.of(text);
  // The numbers stay nobody's: their rows get hashes that no text has.
  store.database()
      .use("UPDATE erased SET hash = randomblob(16) WHERE hash = ?1 OR recipient = (SELECT "
           "recipient "
           "FROM erased WHERE hash = ?1)")
      .bind(Blob{{hash.data(), hash.size()}})
      .run();
  const bool lifted = store.database().changes() != 0;
  if (lifted) {
    store.set_meta("erasures", std::to_string(version(store) + 1));
  }
  return lifted;
}

std::vector<std::uint32_t> Erasures::numbers(Database& database) {
  std::vector<std::uint32_t> out;
  auto rows = database.use(
      "SELECT DISTINCT recipient FROM erased WHERE recipient IS NOT NULL ORDER BY recipient");
  while (rows.step()) {
    out.push_back(static_cast<std::uint32_t>(rows.integer(0)));
  }
  return out;
}

} // namespace mailfunnel
