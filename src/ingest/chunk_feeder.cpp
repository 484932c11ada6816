#include "ingest/chunk_feeder.hpp"

#include "base/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace mailfunnel {

namespace {
constexpr std::size_t k_head = 65'536;

/// A document as large as this that was packed this small is a bomb: what is made of one takes many
/// times its size.
constexpr std::size_t k_surely_no_bomb = std::size_t{4} << 20;
constexpr std::uint64_t k_most_ratio = 500;
} // namespace

std::string read_head(ByteSource& bytes) {
  std::string head(k_head, '\0');
  std::size_t size = 0;
  for (std::size_t got;
       size < k_head && (got = bytes.read(head.data() + size, k_head - size)) != 0;) {
    size += got;
  }
  head.resize(size);
  return head;
}

ChunkFeeder::ChunkFeeder(ByteSource& bytes, std::string head, const LogReader& reader,
                         std::size_t ahead, std::size_t chunk_size)
    : m_bytes(bytes), m_tail(std::move(head)), m_reader(reader), m_chunk_size(chunk_size),
      m_ahead(ahead), m_packed_before(bytes.taken()) {}

void ChunkFeeder::check_size(std::size_t size) const {
  const auto framing = m_reader.framing();
  const auto* const what = framing == Framing::document ? "a document" : "a record";
  const auto most = largest_record(framing);
  if (size >= most) {
    throw Failure({ErrorCode::bad_syntax,
                   fmt::format("{} longer than {} MiB at byte {}: is this the right format?", what,
                               most >> 20, m_offset)});
  }
  const bool made_whole = framing == Framing::document || framing == Framing::mbox;
  if (made_whole && size >= k_surely_no_bomb &&
      (m_offset + size) / k_most_ratio > m_bytes.taken() - m_packed_before) {
    throw Failure(
        {ErrorCode::bad_syntax,
         fmt::format("{} that is compressed more than {} times: unpack it yourself if it is right",
                     what, k_most_ratio)});
  }
}

/// Reads until the buffer holds `wanted` bytes, or the input ends or fails; returns how many it
/// holds.
std::size_t ChunkFeeder::fill(ChunkBuffer& buffer, std::size_t size, std::size_t wanted) {
  buffer.grow(wanted + k_padding);
  try {
    while (size < wanted && !m_end && !m_failure) {
      const auto got = m_bytes.read(buffer.data() + size, wanted - size);
      m_end = got == 0;
      size += got;
    }
  } catch (const Failure&) {
    m_failure = std::current_exception();
  }
  return size;
}

bool ChunkFeeder::next(Piece& piece) {
  std::unique_lock lock(m_mutex);
  auto buffer = std::move(piece.buffer);
  m_changed.wait(lock, [this] { return !m_ready.empty() || !m_reading; });
  while (!m_reading && !m_done && (m_ready.empty() || (m_usual && m_ready_bytes < m_ahead))) {
    read_one(lock, buffer.size() != 0 ? std::move(buffer) : spare_buffer());
  }
  if (buffer.size() != 0 && is_usual(buffer)) {
    m_spare.push_back(std::move(buffer));
  }
  if (m_ready.empty()) {
    if (m_last_failure) {
      std::rethrow_exception(std::exchange(m_last_failure, nullptr));
    }
    return false;
  }
  piece = std::move(m_ready.front());
  m_ready.pop_front();
  m_ready_bytes -= piece.buffer.size();
  return true;
}

ChunkBuffer ChunkFeeder::spare_buffer() {
  if (m_spare.empty()) {
    return {};
  }
  auto buffer = std::move(m_spare.back());
  m_spare.pop_back();
  return buffer;
}

/// Reads a chunk and puts it to those that are ready; the lock is open meanwhile.
void ChunkFeeder::read_one(std::unique_lock<std::mutex>& lock, ChunkBuffer buffer) {
  Piece piece{std::move(buffer), {}};
  m_reading = true;
  lock.unlock();
  bool any = false;
  std::exception_ptr failure;
  try {
    any = read(piece);
  } catch (...) {
    failure = std::current_exception();
  }
  lock.lock();
  m_reading = false;
  m_done = !any || piece.chunk.last;
  m_last_failure = failure;
  if (any) {
    m_usual = is_usual(piece.buffer);
    m_ready_bytes += piece.buffer.size();
    m_ready.push_back(std::move(piece));
  }
  m_changed.notify_all();
}

/// The next chunk of the input, or false at its end. Throws as next() does.
bool ChunkFeeder::read(Piece& piece) {
  const bool whole = m_reader.framing() == Framing::document;
  const auto most = largest_record(m_reader.framing());
  auto size = m_tail.size();
  piece.buffer.grow(size + k_padding);
  std::copy(m_tail.begin(), m_tail.end(), piece.buffer.data());
  std::size_t records = 0;
  for (auto wanted = std::max(m_chunk_size, size);; wanted = std::min(wanted * 2, most)) {
    size = fill(piece.buffer, size, wanted);
    if (!whole) {
      records = m_end ? size : whole_records(m_reader, {piece.buffer.data(), size});
      if (m_end || records != 0) {
        break;
      }
    }
    if (m_failure) {
      std::rethrow_exception(m_failure);
    }
    check_size(size);
    if (m_end) {
      records = size;
      break;
    }
  }
  m_tail.assign(piece.buffer.data() + records, size - records);
  piece.chunk = {{piece.buffer.data(), records}, m_number == 0, m_end && m_tail.empty()};
  piece.number = m_number++;
  piece.offset = m_offset;
  piece.taken = m_bytes.taken();
  m_offset += records;
  std::memset(piece.buffer.data() + size, 0, k_padding);
  return records != 0 || piece.number == 0;
}

} // namespace mailfunnel
