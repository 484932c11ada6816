#include "base/utf16.hpp"

#include <algorithm>

namespace mailfunnel {

namespace {

constexpr unsigned k_replacement = 0xFFFD;
constexpr bool is_high(unsigned unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
constexpr bool is_low(unsigned unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

} // namespace

std::size_t Utf16Source::read(char* into, std::size_t most) {
  if (m_order == Order::unknown) {
    look();
  }
  if (m_order == Order::bytes) { // behind the first two, which look() took
    const auto part = give(into, most);
    return part == most ? part : part + m_bytes.read(into + part, most - part);
  }
  if (m_at < m_text.size()) {
    return give(into, most);
  }
  m_text.clear();
  m_at = 0;
  while (m_text.empty() && fill()) {
  }
  return give(into, most);
}

void Utf16Source::look() {
  char mark[2];
  std::size_t size = 0;
  for (std::size_t got;
       size < sizeof mark && (got = m_bytes.read(mark + size, sizeof mark - size)) != 0;) {
    size += got;
  }
  const std::string_view seen(mark, size);
  m_order = seen == "\xFF\xFE" ? Order::little : seen == "\xFE\xFF" ? Order::big : Order::bytes;
  if (m_order == Order::bytes) {
    m_text = seen;
  }
}

/// Recodes the next bytes; false at the end.
bool Utf16Source::fill() {
  constexpr std::size_t k_step = std::size_t{64} << 10;
  const auto left = m_raw.size();
  m_raw.resize(left + k_step);
  const auto got = m_bytes.read(m_raw.data() + left, k_step);
  m_raw.resize(left + got);
  if (got == 0) {
    if (!m_raw.empty() || m_high != 0) { // cut off in the middle of a character
      append_point(k_replacement);
    }
    m_raw.clear();
    m_high = 0;
    return false;
  }
  const auto byte = [this](std::size_t at) { return static_cast<unsigned char>(m_raw[at]); };
  const bool little = m_order == Order::little;
  std::size_t at = 0;
  for (; at + 1 < m_raw.size(); at += 2) {
    append(little ? byte(at) | byte(at + 1) << 8U : byte(at) << 8U | byte(at + 1));
  }
  m_raw.erase(0, at);
  return true;
}

void Utf16Source::append(unsigned unit) {
  if (m_high != 0) {
    const auto high = m_high;
    m_high = 0;
    if (is_low(unit)) {
      append_point(0x10000 + ((high - 0xD800) << 10U) + (unit - 0xDC00));
      return;
    }
    append_point(k_replacement);
  }
  if (is_high(unit)) {
    m_high = unit;
  } else {
    append_point(is_low(unit) ? k_replacement : unit);
  }
}

void Utf16Source::append_point(unsigned point) {
  const auto put = [this](unsigned byte) { m_text += static_cast<char>(byte); };
  const auto rest = [&](unsigned shift) { put(0x80 | ((point >> shift) & 0x3F)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6U);
    rest(0);
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12U);
    rest(6);
    rest(0);
  } else {
    put(0xF0 | point >> 18U);
    rest(12);
    rest(6);
    rest(0);
  }
}

std::size_t Utf16Source::give(char* into, std::size_t most) {
  const auto part = m_text.copy(into, most, m_at);
  m_at += part;
  return part;
}

} // namespace mailfunnel
