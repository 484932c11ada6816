#pragma once
// Compressed texts for tests.

#include <zlib.h>

#include <string>
#include <string_view>

namespace mailfunnel {

enum class Packing { gzip, zlib, raw };

inline std::string packed(std::string_view text, Packing packing = Packing::gzip) {
  const int bits = packing == Packing::gzip   ? 16 + MAX_WBITS
                   : packing == Packing::zlib ? MAX_WBITS
                                              : -MAX_WBITS;
  z_stream z{};
  deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, text.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

} // namespace mailfunnel
