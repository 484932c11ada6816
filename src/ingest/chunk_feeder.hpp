#pragma once
// Cuts an input into chunks of whole records and hands them to any number of threads.

#include "adapter/framing.hpp"
#include "base/source.hpp"
#include "ingest/chunk_buffer.hpp"

#include <cstdint>
#include <exception>
#include <mutex>
#include <string>
#include <vector>

namespace mailfunnel {

class ChunkFeeder {
public:
  /// A chunk with its place in the input. The buffer is the thread's own and reused.
  struct Piece {
    ChunkBuffer buffer;
    Chunk chunk;
    std::uint64_t number = 0; // from 0, in the order of the input
    std::uint64_t offset = 0; // of its first byte
  };

  /// `head` was read from the input already (for detection) and comes first.
  ChunkFeeder(ByteSource& bytes, std::string head, const LogReader& reader,
              std::size_t chunk_size = std::size_t{1} << 20);

  /// False at the end. Throws Failure when a record is longer than largest_record(), a document
  /// is a bomb, or the input can't be read on; the whole records before that place are handed out
  /// first.
  bool next(Piece& piece);

private:
  /// Throws Failure where a record of which so many bytes were read is too large, or a bomb.
  void check_size(std::size_t size) const;
  std::size_t fill(ChunkBuffer& buffer, std::size_t size, std::size_t wanted);

  std::mutex m_mutex;
  ByteSource& m_bytes;
  std::string m_tail; // read, not handed out
  const LogReader& m_reader;
  std::size_t m_chunk_size;
  std::uint64_t m_packed_before; // bytes of the file, in front of the input
  std::uint64_t m_number = 0, m_offset = 0;
  bool m_end = false, m_done = false;
  std::exception_ptr m_failure; // the input can't be read beyond m_tail
};

/// Reads up to 64 KiB for detection.
std::string read_head(ByteSource& bytes);

} // namespace mailfunnel
