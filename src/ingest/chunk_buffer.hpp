#pragma once
// Bytes that grow where they stand: a large block gets more pages from the system instead of a copy
// twice its size, and pages that are never written take no memory.

#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

namespace mailfunnel {

class ChunkBuffer {
public:
  char* data() { return m_bytes.get(); }
  std::size_t size() const { return m_size; }
  /// What stands in it stays; what is new is not set.
  void grow(std::size_t size) {
    if (size <= m_size) {
      return;
    }
    auto* const bytes = std::realloc(m_bytes.get(), size);
    if (bytes == nullptr) {
      throw std::bad_alloc();
    }
    static_cast<void>(m_bytes.release()); // realloc() has it
    m_bytes.reset(static_cast<char*>(bytes));
    m_size = size;
  }

private:
  struct Free {
    void operator()(char* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<char, Free> m_bytes;
  std::size_t m_size = 0;
};

} // namespace mailfunnel
