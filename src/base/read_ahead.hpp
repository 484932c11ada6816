#pragma once
// Takes what is slow to read (compressed input) in a thread of its own, a little ahead of its
// reader.

#include "base/source.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace mailfunnel {

class ReadAhead : public ByteSource {
public:
  /// `source` must outlive this, and nobody else may touch it meanwhile. `interrupt` makes a read()
  /// of it that waits (for a pipe) come back; it is called, once, when this goes before the end.
  explicit ReadAhead(ByteSource& source, std::function<void()> interrupt = {});
  ~ReadAhead() override;
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// As of the source: the same bytes, and what it threw once they are given out, then each time.
  std::size_t read(char* into, std::size_t most) override;
  std::uint64_t taken() const override { return m_taken; } // up to 1 MiB more than was given out
  std::uint64_t total() const override { return m_total; }

private:
  struct Buffer {
    std::unique_ptr<char[]> bytes; // made when it is first used
    std::size_t size = 0;
  };
  static constexpr std::size_t k_buffers = 4, k_buffer_size = std::size_t{256} << 10;

  void fill();
  bool fill_buffer(Buffer& buffer);

  ByteSource& m_source;
  std::function<void()> m_interrupt;
  std::uint64_t m_total;
  std::atomic<std::uint64_t> m_taken;

  std::array<Buffer, k_buffers> m_ring;
  std::mutex m_mutex; // of all below
  std::condition_variable m_changed;
  std::size_t m_filled = 0, m_emptied = 0; // buffers since the beginning
  bool m_ended = false;                    // nothing more is filled
  bool m_left = false;                     // nobody reads any more
  std::exception_ptr m_failure;            // behind the last buffer

  std::size_t m_at = 0; // the reader's: in the buffer it empties
  std::thread m_thread; // last: it uses all of the above
};

} // namespace mailfunnel
