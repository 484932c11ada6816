#include "ingest/chunk_buffer.hpp"

#include <sys/mman.h>

#include <cstring>
#include <new>

namespace mailfunnel {

namespace {

void* new_pages(std::size_t size) {
  return mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void* more_pages(void* bytes, std::size_t from, std::size_t to) {
#ifdef MREMAP_MAYMOVE
  return mremap(bytes, from, to, MREMAP_MAYMOVE);
#else
  auto* const larger = new_pages(to);
  if (larger != MAP_FAILED) {
    std::memcpy(larger, bytes, from);
    munmap(bytes, from);
  }
  return larger;
#endif
}

} // namespace

void ChunkBuffer::grow(std::size_t size) {
  if (size <= m_size) {
    return;
  }
  auto* const bytes = m_bytes == nullptr ? new_pages(size) : more_pages(m_bytes, m_size, size);
  if (bytes == MAP_FAILED) {
    throw std::bad_alloc();
  }
  m_bytes = static_cast<char*>(bytes);
  m_size = size;
}

ChunkBuffer::~ChunkBuffer() {
  if (m_bytes != nullptr) {
    munmap(m_bytes, m_size);
  }
}

} // namespace mailfunnel
