#include "web/pages/assets.hpp"

#include "web/pages/asset_table.hpp"

#include <openssl/sha.h>
#include <zlib.h>

#include <array>
#include <map>
#include <stdexcept>
#include <utility>

namespace mailfunnel {

namespace {

constexpr std::array k_types{
    std::pair{std::string_view(".css"), "text/css; charset=utf-8"},
    std::pair{std::string_view(".js"), "text/javascript; charset=utf-8"},
    std::pair{std::string_view(".svg"), "image/svg+xml"},
};

std::string hash_of(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  std::string out;
  constexpr std::size_t k_bytes = 6; // enough to tell versions of one file apart
  for (std::size_t i = 0; i < k_bytes; ++i) {
    constexpr std::string_view k_digits = "0123456789abcdef";
    out += k_digits[digest.at(i) >> 4U];
    out += k_digits[digest.at(i) & 15U];
  }
  return out;
}

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  constexpr int k_gzip = 16 + MAX_WBITS;
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, k_gzip, MAX_MEM_LEVEL,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  // NOLINTNEXTLINE: zlib reads there only
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) {
    throw std::runtime_error("a file of static/ can't be packed");
  }
  return out;
}

std::map<std::string, StaticFile, std::less<>> all_static() {
  constexpr std::string_view k_folder = "static/";
  std::map<std::string, StaticFile, std::less<>> out;
  for (const auto& asset : asset_table()) {
    if (!asset.name.starts_with(k_folder)) {
      continue;
    }
    StaticFile file;
    file.name = asset.name.substr(k_folder.size());
    for (const auto& [end, type] : k_types) {
      file.type = asset.name.ends_with(end) ? type : file.type;
    }
    file.hash = hash_of(asset.bytes);
    file.plain = asset.bytes;
    file.packed = gzip(asset.bytes);
    out.emplace(file.name, std::move(file));
  }
  return out;
}

} // namespace

std::optional<std::string_view> find_asset(std::string_view name) {
  for (const auto& asset : asset_table()) {
    if (asset.name == name) {
      return asset.bytes;
    }
  }
  return std::nullopt;
}

const StaticFile* find_static(std::string_view name) {
  static const auto k_files = all_static();
  const auto found = k_files.find(name);
  return found == k_files.end() ? nullptr : &found->second;
}

std::string static_path(std::string_view name) {
  const auto* file = find_static(name);
  if (file == nullptr) {
    throw std::logic_error("no file of static/ is called " + std::string(name));
  }
  return "/static/" + file->hash + "/" + file->name;
}

} // namespace mailfunnel
