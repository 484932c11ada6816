#include "base/read_ahead.hpp"

#include <algorithm>
#include <cstring>

namespace mailfunnel {

ReadAhead::ReadAhead(ByteSource& source, std::function<void()> interrupt)
    : m_source(source), m_interrupt(std::move(interrupt)), m_total(source.total()) {}

void ReadAhead::read_ahead() {
  if (!m_ahead) {
    m_taken = m_source.taken();
    m_thread = std::thread([this] { fill(); });
    m_ahead = true;
  }
}

ReadAhead::~ReadAhead() {
  if (!m_ahead) {
    return;
  }
  {
    const std::lock_guard lock(m_mutex);
    m_left = true;
    if (!m_ended && m_interrupt) {
      m_interrupt();
    }
  }
  m_changed.notify_all();
  m_thread.join();
}

std::size_t ReadAhead::read(char* into, std::size_t most) {
  if (!m_ahead) {
    return m_source.read(into, most);
  }
  {
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [this] { return m_filled != m_emptied || m_ended; });
    if (m_filled == m_emptied) {
      if (m_failure) {
        std::rethrow_exception(m_failure);
      }
      return 0;
    }
  }
  const auto& buffer = m_ring[m_emptied % k_buffers]; // the reader's until it is counted as emptied
  m_taken = buffer.taken;
  const auto size = std::min(most, buffer.size - m_at);
  std::memcpy(into, buffer.bytes.get() + m_at, size);
  m_at += size;
  if (m_at == buffer.size) {
    m_at = 0;
    {
      const std::lock_guard lock(m_mutex);
      ++m_emptied;
    }
    m_changed.notify_all();
  }
  return size;
}

/// The thread: buffer after buffer, until the source ends or throws, or nobody reads any more.
void ReadAhead::fill() {
  for (bool more = true; more;) {
    {
      std::unique_lock lock(m_mutex);
      m_changed.wait(lock, [this] { return m_filled - m_emptied < k_buffers || m_left; });
      if (m_left) {
        return;
      }
    }
    auto& buffer = m_ring[m_filled % k_buffers]; // only this thread counts it up
    std::exception_ptr failure;
    try {
      more = fill_buffer(buffer);
    } catch (...) {
      failure = std::current_exception();
      more = false;
    }
    buffer.taken = m_source.taken();
    {
      const std::lock_guard lock(m_mutex);
      m_filled += buffer.size != 0 ? 1 : 0;
      m_ended = !more;
      m_failure = failure;
    }
    m_changed.notify_all();
  }
}

/// False when the source has ended. What stands before an exception is kept.
bool ReadAhead::fill_buffer(Buffer& buffer) {
  buffer.size = 0;
  if (!buffer.bytes) {
    buffer.bytes = std::make_unique_for_overwrite<char[]>(k_buffer_size);
  }
  while (buffer.size < k_buffer_size) {
    const auto got = m_source.read(buffer.bytes.get() + buffer.size, k_buffer_size - buffer.size);
    if (got == 0) {
      return false;
    }
    buffer.size += got;
  }
  return true;
}

} // namespace mailfunnel
