#pragma once
// Pieces of a file that several threads make, put one after the other.

#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <utility>

namespace mailfunnel {

/// While one thread puts, the others go on; too far ahead of it they wait, so that a slow reader
/// does not fill the memory.
template<typename Piece> class PiecesInOrder {
public:
  /// Puts what is next, piece after piece from number 0 on, unless another thread does. What `put`
  /// throws comes to the thread that called it; then nothing more is put.
  template<typename Put> void add(std::size_t number, Piece piece, Put put) {
    std::unique_lock lock(m_mutex);
    if (m_failed) {
      return;
    }
    m_ready.emplace(number, std::move(piece));
    if (m_putting) {
      m_moved.wait(lock, [this] { return m_ready.size() <= k_most_ready || !m_putting; });
      return;
    }
    m_putting = true;
    try {
      for (auto next = m_ready.find(m_next); next != m_ready.end(); next = m_ready.find(++m_next)) {
        {
          const Piece piece_now = std::move(next->second);
          m_ready.erase(next);
          m_moved.notify_all();
          lock.unlock();
          put(piece_now);
        } // its memory goes while nobody waits
        lock.lock();
      }
    } catch (...) {
      lock.lock();
      m_failed = true;
      m_putting = false;
      m_moved.notify_all();
      throw;
    }
    m_putting = false; // the next piece is still in the making: nobody waits meanwhile
    m_moved.notify_all();
  }

private:
  static constexpr std::size_t k_most_ready = 64;
  std::mutex m_mutex;
  std::condition_variable m_moved;
  std::map<std::size_t, Piece> m_ready;
  std::size_t m_next = 0;
  bool m_putting = false, m_failed = false;
};

} // namespace mailfunnel
