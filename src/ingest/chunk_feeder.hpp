#pragma once
// Cuts an input into chunks of whole records and hands them, in their order, to any number of
// threads. One of them reads at a time; where that is unpacking, it reads some for the others too,
// so that nobody waits for its turn.

#include "adapter/framing.hpp"
#include "base/source.hpp"
#include "ingest/chunk_buffer.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
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
    std::uint64_t taken = 0;  // bytes of the file that were read up to its end
  };

  static constexpr std::size_t k_chunk_size = std::size_t{1} << 20;

  /// `head` was read from the input already (for detection) and comes first. Chunks of so many
  /// bytes in all are read ahead of who takes them.
  ChunkFeeder(ByteSource& bytes, std::string head, const LogReader& reader, std::size_t ahead = 0,
              std::size_t chunk_size = k_chunk_size);

  /// False at the end. Throws Failure when a record is longer than largest_record(), a document
  /// is a bomb, or the input can't be read on; the whole records before that place are handed out
  /// first.
  bool next(Piece& piece);

private:
  bool is_usual(const ChunkBuffer& buffer) const { return buffer.size() < 2 * m_chunk_size; }
  ChunkBuffer spare_buffer();
  void read_one(std::unique_lock<std::mutex>& lock, ChunkBuffer buffer);
  bool read(Piece& piece);
  /// Throws Failure where a record of which so many bytes were read is too large, or a bomb.
  void check_size(std::size_t size) const;
  std::size_t fill(ChunkBuffer& buffer, std::size_t size, std::size_t wanted);

  // Of who reads, which is one thread at a time:
  ByteSource& m_bytes;
  std::string m_tail; // read, not handed out
  const LogReader& m_reader;
  std::size_t m_chunk_size, m_ahead;
  std::uint64_t m_packed_before; // bytes of the file, in front of the input
  std::uint64_t m_number = 0, m_offset = 0;
  bool m_end = false;           // of the input; m_tail may hold a rest
  std::exception_ptr m_failure; // the input can't be read beyond m_tail

  std::mutex m_mutex; // of all below
  std::condition_variable m_changed;
  bool m_reading = false, m_done = false;
  bool m_usual = true; // the last chunk: where records are large, none is read ahead
  std::deque<Piece> m_ready;
  std::size_t m_ready_bytes = 0;     // in their buffers
  std::vector<ChunkBuffer> m_spare;  // of the usual size
  std::exception_ptr m_last_failure; // comes behind the last chunk
};

/// Reads up to 64 KiB for detection.
std::string read_head(ByteSource& bytes);

} // namespace mailfunnel
