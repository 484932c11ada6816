#pragma once
// Reads a source that is slow (compressed input) in a thread of its own, a little ahead of its
// reader, from the moment that read_ahead() is called; before that it is the source and no more.

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

  void read_ahead() override;
  /// The same bytes; what the source threw comes behind those before it, and then each time.
  std::size_t read(char* into, std::size_t most) override;
  /// Of what is given out, up to a MiB more: not of what waits.
  std::uint64_t taken() const override { return m_ahead ? m_taken.load() : m_source.taken(); }
  std::uint64_t total() const override { return m_total; }
  bool unpacks() const override { return m_source.unpacks(); }

private:
  struct Buffer {
    std::unique_ptr<char[]> bytes; // made when it is first used
    std::size_t size = 0;
    std::uint64_t taken = 0; // bytes of the file, at its end
  };
  static constexpr std::size_t k_buffers = 4, k_buffer_size = std::size_t{1} << 20;

  void fill();
  bool fill_buffer(Buffer& buffer);

  ByteSource& m_source;
  std::function<void()> m_interrupt;
  std::uint64_t m_total;
  bool m_ahead = false;
  std::atomic<std::uint64_t> m_taken{0}; // as of the buffer that is given out

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
