#pragma once
// Bytes that grow where they stand: the system puts more pages behind those that are there, however
// the heap is used meanwhile, and pages that are never written take no memory.

#include <cstddef>
#include <utility>

namespace mailfunnel {

class ChunkBuffer {
public:
  ChunkBuffer() = default;
  ChunkBuffer(ChunkBuffer&& other) noexcept
      : m_bytes(std::exchange(other.m_bytes, nullptr)), m_size(std::exchange(other.m_size, 0)) {}
  ChunkBuffer& operator=(ChunkBuffer&& other) noexcept {
    std::swap(m_bytes, other.m_bytes);
    std::swap(m_size, other.m_size);
    return *this;
  }
  ~ChunkBuffer();

  char* data() { return m_bytes; }
  std::size_t size() const { return m_size; }
  /// What stands in it stays; what is new is not set. Throws std::bad_alloc.
  void grow(std::size_t size);

private:
  char* m_bytes = nullptr;
  std::size_t m_size = 0;
};

} // namespace mailfunnel
