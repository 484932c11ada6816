#pragma once
// UTF-16 with a byte order mark, as Excel and some platforms export tables, recoded to UTF-8 on the
// way in: what stands behind reads UTF-8 only. Lines and offsets are those of the recoded text.

#include "base/source.hpp"

#include <string>

namespace mailfunnel {

/// Passes another source on as it is, unless its first two bytes are the mark.
class Utf16Source : public ByteSource {
public:
  explicit Utf16Source(ByteSource& bytes) : m_bytes(bytes) {}
  std::size_t read(char* into, std::size_t most) override;
  std::uint64_t taken() const override { return m_bytes.taken(); }
  std::uint64_t total() const override { return m_bytes.total(); }
  bool unpacks() const override { return m_bytes.unpacks(); }
  void read_ahead() override { m_bytes.read_ahead(); }

private:
  enum class Order { unknown, bytes, little, big };

  void look();
  bool fill();
  void append(unsigned unit);
  void append_point(unsigned point);
  std::size_t give(char* into, std::size_t most);

  ByteSource& m_bytes;
  Order m_order = Order::unknown;
  std::string m_raw;   // not recoded yet: half a unit at most
  unsigned m_high = 0; // the first half of a pair of surrogates
  std::string m_text;  // not given yet
  std::size_t m_at = 0;
};

} // namespace mailfunnel
