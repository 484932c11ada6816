// gzip is RFC 1952, several members in a row are one text. "deflate" is the zlib format of RFC 1950
// by the book, and bare RFC 1951 by some servers: the first byte tells.
#include "net/inflater.hpp"

#include "base/text.hpp"

#include <zlib.h>

#include <algorithm>

namespace mailfunnel {

namespace {

constexpr std::size_t k_free_of_ratio = std::size_t{16} << 20;
constexpr std::size_t k_step = 64 << 10;

int window_bits(ContentCoding coding, char first) {
  if (coding == ContentCoding::gzip) {
    return 16 + MAX_WBITS;
  }
  const bool zlib = (first & 0x0f) == Z_DEFLATED && static_cast<unsigned char>(first) < 0x80;
  return zlib ? MAX_WBITS : -MAX_WBITS;
}

} // namespace

struct Inflater::Stream {
  explicit Stream(int bits) { good = inflateInit2(&z, bits) == Z_OK; }
  ~Stream() { inflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream z{};
  bool good = false;
  bool ended = false; // a member ended, and no other began
};

std::optional<ContentCoding> content_coding(std::string_view header) {
  header = trim(header);
  if (header.empty() || iequals(header, "identity")) {
    return ContentCoding::identity;
  }
  if (iequals(header, "gzip") || iequals(header, "x-gzip")) {
    return ContentCoding::gzip;
  }
  if (iequals(header, "deflate")) {
    return ContentCoding::deflate;
  }
  return std::nullopt;
}

Inflater::Inflater(ContentCoding coding, const AnswerLimits& limits)
    : m_coding(coding), m_limits(limits) {}
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

Inflater::Status Inflater::add(std::string_view bytes, std::string& out) {
  if (bytes.empty()) {
    return Status::fine;
  }
  m_in += bytes.size();
  if (m_coding == ContentCoding::identity) {
    if (bytes.size() > m_limits.body - std::min(out.size(), m_limits.body)) {
      return Status::too_large;
    }
    out.append(bytes);
    return Status::fine;
  }
  if (!m_stream) {
    m_stream = std::make_unique<Stream>(window_bits(m_coding, bytes.front()));
  }
  return m_stream->good ? inflate(bytes, out) : Status::damaged;
}

Inflater::Status Inflater::inflate(std::string_view bytes, std::string& out) {
  auto& z = m_stream->z;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  bool full = false; // the output ended before the input did
  while (z.avail_in > 0 || full) {
    if (m_stream->ended) {
      if (m_coding != ContentCoding::gzip || inflateReset(&z) != Z_OK) {
        return Status::damaged;
      }
      m_stream->ended = false;
    }
    const auto before = out.size();
    out.resize(before + k_step);
    z.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    z.avail_out = k_step;
    const auto came = ::inflate(&z, Z_NO_FLUSH);
    out.resize(out.size() - z.avail_out);
    full = z.avail_out == 0;
    if (came == Z_STREAM_END) {
      m_stream->ended = true;
      full = false;
    } else if (came == Z_BUF_ERROR) {
      full = false; // nothing was left to do
    } else if (came != Z_OK) {
      return Status::damaged;
    }
    if (out.size() > m_limits.body ||
        (out.size() > k_free_of_ratio && out.size() / m_limits.ratio > m_in)) {
      return Status::too_large;
    }
  }
  return Status::fine;
}

bool Inflater::complete() const {
  return !m_stream || m_stream->ended;
}

} // namespace mailfunnel
