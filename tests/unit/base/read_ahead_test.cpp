#include "base/read_ahead.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>

namespace mailfunnel {
namespace {

constexpr std::size_t k_buffer = 1'048'576, k_most_ahead = 4 * k_buffer;
constexpr std::size_t k_endless = std::numeric_limits<std::size_t>::max();

char byte_at(std::size_t place) {
  return static_cast<char>(place * 7 + place / 251);
}

/// Bytes that tell their place, in small portions; then the end, or a failure.
class TestSource : public ByteSource {
public:
  explicit TestSource(std::size_t size) : m_size(size) {}
  std::size_t read(char* into, std::size_t most) override {
    if (given == m_size && fails) {
      throw Failure({ErrorCode::io, "broken", "log.gz"});
    }
    const auto part = std::min({most, m_size - given, std::size_t{10'007}});
    for (std::size_t i = 0; i < part; ++i) {
      into[i] = byte_at(given + i);
    }
    given += part;
    return part;
  }
  std::uint64_t taken() const override { return given / 3; }
  std::uint64_t total() const override { return m_size / 3; }

  bool fails = false;
  std::atomic<std::size_t> given{0};

private:
  std::size_t m_size;
};

/// Reads in portions of `most` bytes up to the end; false: a byte is wrong.
bool read_all(ReadAhead& ahead, std::size_t most, std::size_t& size) {
  std::string part(most, '\0');
  for (std::size_t got; (got = ahead.read(part.data(), most)) != 0; size += got) {
    for (std::size_t i = 0; i < got; ++i) {
      if (part[i] != byte_at(size + i)) {
        return false;
      }
    }
  }
  return true;
}

TEST_CASE("what is read ahead is what the source gives") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, k_buffer - 1, k_buffer,
                                 k_buffer + 1, 4 * k_buffer, 6 * k_buffer + 77}) {
    for (const std::size_t most : {std::size_t{1000}, k_buffer, std::size_t{1} << 20}) {
      CAPTURE(size);
      CAPTURE(most);
      TestSource source(size);
      ReadAhead ahead(source);
      ahead.read_ahead();
      std::size_t got = 0;
      CHECK(read_all(ahead, most, got));
      CHECK(got == size);
      char byte = 0;
      CHECK(ahead.read(&byte, 1) == 0); // and it stays at the end
      CHECK(ahead.taken() == size / 3);
      CHECK(ahead.total() == size / 3);
    }
  }
}

TEST_CASE("before it is asked to read ahead it reads what is asked for; nothing is lost then") {
  TestSource source(3 * k_buffer);
  ReadAhead ahead(source);
  std::string part(5000, '\0');
  CHECK(ahead.read(part.data(), part.size()) == part.size());
  CHECK(source.given.load() == part.size());
  CHECK(ahead.taken() == part.size() / 3);
  ahead.read_ahead();
  auto got = part.size();
  CHECK(read_all(ahead, 100'000, got));
  CHECK(got == 3 * k_buffer);
}

TEST_CASE("without a reader four buffers are filled and no more") {
  TestSource source(k_endless);
  {
    ReadAhead ahead(source);
    ahead.read_ahead();
    while (source.given < k_most_ahead) {
      std::this_thread::yield();
    }
  }
  CHECK(source.given.load() == k_most_ahead);
}

TEST_CASE("what waits is not counted as taken") {
  TestSource source(k_endless);
  ReadAhead ahead(source);
  ahead.read_ahead();
  while (source.given < k_most_ahead) {
    std::this_thread::yield();
  }
  CHECK(ahead.taken() == 0);
  for (std::size_t buffer = 1; buffer < 9; ++buffer) {
    std::string part(k_buffer, '\0');
    CHECK(ahead.read(part.data(), part.size()) == k_buffer);
    CHECK(ahead.taken() == buffer * k_buffer / 3);
  }
}

TEST_CASE("a failure comes to the reader behind the bytes before it, and each time") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, k_buffer, 6 * k_buffer + 5}) {
    CAPTURE(size);
    TestSource source(size);
    source.fails = true;
    ReadAhead ahead(source);
    ahead.read_ahead();
    std::size_t got = 0;
    for (int again = 0; again < 2; ++again) {
      try {
        read_all(ahead, 100'000, got);
        FAIL("no failure");
      } catch (const Failure& failure) {
        CHECK(failure.error.code == ErrorCode::io);
        CHECK(failure.error.message == "broken");
        CHECK(failure.error.source == "log.gz");
      }
    }
    CHECK(got == size);
  }
}

TEST_CASE("a reader may go before the end") {
  SUBCASE("at once, or in the middle of a source without end") {
    for (const std::size_t most : {std::size_t{0}, std::size_t{1}, 3 * k_buffer}) {
      TestSource source(k_endless);
      ReadAhead ahead(source);
      ahead.read_ahead();
      std::string part(std::max(most, std::size_t{1}), '\0');
      for (std::size_t size = 0; size < most;) {
        size += ahead.read(part.data(), most - size);
      }
    }
  }
  SUBCASE("while a failure waits for it") {
    TestSource source(5);
    source.fails = true;
    ReadAhead ahead(source);
    ahead.read_ahead();
  }
}

/// Gives nothing until it is interrupted, as a pipe that nobody writes to.
class WaitingSource : public ByteSource {
public:
  std::size_t read(char*, std::size_t) override {
    std::unique_lock lock(m_mutex);
    m_reads = true;
    m_changed.notify_all();
    m_changed.wait(lock, [this] { return interrupts != 0; });
    return 0;
  }
  std::uint64_t taken() const override { return 0; }
  std::uint64_t total() const override { return 0; }
  void await_reading() {
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [this] { return m_reads; });
  }
  void interrupt() {
    const std::lock_guard lock(m_mutex);
    ++interrupts;
    m_changed.notify_all();
  }
  int interrupts = 0;

private:
  std::mutex m_mutex;
  std::condition_variable m_changed;
  bool m_reads = false;
};

TEST_CASE("a source that waits is interrupted when the reader goes, one that has ended is not") {
  WaitingSource waiting;
  {
    ReadAhead ahead(waiting, [&] { waiting.interrupt(); });
    ahead.read_ahead();
    waiting.await_reading();
  }
  CHECK(waiting.interrupts == 1);

  TestSource source(10);
  int interrupts = 0;
  {
    ReadAhead ahead(source, [&] { ++interrupts; });
    ahead.read_ahead();
    std::size_t got = 0;
    CHECK(read_all(ahead, 100, got));
  }
  CHECK(interrupts == 0);
}

} // namespace
} // namespace mailfunnel
