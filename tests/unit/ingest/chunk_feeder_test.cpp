#include "ingest/chunk_feeder.hpp"

#include "base/parallel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <latch>
#include <string>
#include <thread>

namespace mailfunnel {
namespace {

class LineReader : public LogReader {
public:
  std::string_view format() const override { return "lines"; }
  Framing framing() const override { return Framing::lines; }
  void read(const Chunk&, RecordSink&) override {}
};

/// Gives a text in portions; where it ends, it is broken.
class BrokenSource : public ByteSource {
public:
  explicit BrokenSource(std::string text) : m_text(std::move(text)) {}
  std::size_t read(char* into, std::size_t most) override {
    if (m_at == m_text.size()) {
      throw Failure({ErrorCode::io, "broken", "log.gz"});
    }
    const auto part = m_text.copy(into, std::min<std::size_t>(most, 7), m_at);
    m_at += part;
    return part;
  }
  std::uint64_t taken() const override { return m_at; }
  std::uint64_t total() const override { return 0; }

private:
  std::string m_text;
  std::size_t m_at = 0;
};

TEST_CASE("whole records before a failure are handed out, then it is thrown, once") {
  struct Row {
    const char *name, *text, *expected;
  };
  for (const auto& row :
       {Row{"in the first chunk", "one\ntwo\nthr", "one\ntwo\n"},
        Row{"at the end of a record", "one\ntwo\n", "one\ntwo\n"},
        Row{"in a later chunk", "one two three four five six\nseven\neight\nnine\nte",
            "one two three four five six\nseven\neight\nnine\n"},
        Row{"in the first record", "on", ""}, Row{"at once", "", ""}}) {
    for (const auto& [head, read_ahead] :
         {std::pair<std::size_t, std::size_t>{0, 0}, {2, 0}, {0, 100}, {2, 1000}}) {
      CAPTURE(row.name);
      CAPTURE(head);
      CAPTURE(read_ahead);
      const std::string text = row.text;
      const auto in_head = std::min(head, text.size());
      BrokenSource source(text.substr(in_head));
      const LineReader reader;
      ChunkFeeder feeder(source, text.substr(0, in_head), reader, read_ahead, 16);
      ChunkFeeder::Piece piece;
      std::string got;
      CHECK_THROWS_AS(
          [&] {
            while (feeder.next(piece)) {
              got += piece.chunk.text;
            }
          }(),
          Failure);
      CHECK(got == row.expected);
      CHECK_FALSE(feeder.next(piece));
    }
  }
}

TEST_CASE("threads get each chunk once, in the order of the input, however far is read ahead") {
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    text += "line " + std::to_string(i) + '\n';
  }
  for (const std::size_t read_ahead : {0U, 3'000U, 100'000U}) {
    CAPTURE(read_ahead);
    const auto source = memory_source(text);
    const LineReader reader;
    ChunkFeeder feeder(*source, {}, reader, read_ahead, 1'000);
    struct Got {
      std::uint64_t number, offset, taken;
      std::string text;
      bool first, last;
    };
    std::array<std::vector<Got>, 4> by_thread;
    on_threads(by_thread.size(), [&](unsigned thread) {
      ChunkFeeder::Piece piece;
      while (feeder.next(piece)) {
        by_thread[thread].push_back({piece.number, piece.offset, piece.taken,
                                     std::string(piece.chunk.text), piece.chunk.first,
                                     piece.chunk.last});
      }
    });
    std::vector<Got> all;
    for (const auto& got : by_thread) {
      CHECK(std::is_sorted(got.begin(), got.end(),
                           [](const Got& a, const Got& b) { return a.number < b.number; }));
      all.insert(all.end(), got.begin(), got.end());
    }
    std::sort(all.begin(), all.end(),
              [](const Got& a, const Got& b) { return a.number < b.number; });
    std::string joined;
    for (const auto& got : all) {
      CHECK_EQ(got.number, static_cast<std::uint64_t>(&got - all.data()));
      CHECK_EQ(got.offset, joined.size());
      CHECK_EQ(got.first, got.number == 0);
      CHECK_EQ(got.last, &got == &all.back());
      joined += got.text;
      CHECK_GE(got.taken, joined.size());
      CHECK_LE(got.taken, joined.size() + 1'000);
    }
    CHECK(joined == text);
  }
}

/// Lines without end; asked for more than so many bytes, it waits until it may go on.
class WaitingSource : public ByteSource {
public:
  explicit WaitingSource(std::size_t waits_at) : m_waits_at(waits_at) {}
  std::size_t read(char* into, std::size_t most) override {
    if (given >= m_waits_at) {
      if (!waits.try_wait()) { // only the first time
        waits.count_down();
      }
      may_go_on.wait();
    }
    const auto part = std::min(most, m_waits_at > given ? m_waits_at - given : most);
    for (std::size_t i = 0; i < part; ++i, ++given) {
      into[i] = given % 10 == 9 ? '\n' : 'x';
    }
    return part;
  }
  std::uint64_t taken() const override { return given; }
  std::uint64_t total() const override { return 0; }
  bool unpacks() const override { return true; }

  std::latch waits{1}, may_go_on{1};
  std::size_t given = 0;

private:
  std::size_t m_waits_at;
};

TEST_CASE("what is read ahead can be taken while another thread reads on") {
  WaitingSource source(2'000);
  const LineReader reader;
  ChunkFeeder feeder(source, {}, reader, 3'000, 1'000);
  std::uint64_t number_of_other = 0;
  std::thread other([&] {
    ChunkFeeder::Piece piece;
    feeder.next(piece);
    number_of_other = piece.number;
  });
  source.waits.wait();
  ChunkFeeder::Piece piece;
  for (std::uint64_t number = 0; number < 2; ++number) {
    CHECK(feeder.next(piece));
    CHECK_EQ(piece.number, number);
  }
  source.may_go_on.count_down();
  other.join();
  CHECK_EQ(number_of_other, 2);
}

TEST_CASE("no more is read ahead than was said") {
  for (const auto& [read_ahead, most_given] :
       {std::pair<std::size_t, std::size_t>{0, 1'000}, {1'000, 1'000}, {3'000, 3'000}}) {
    WaitingSource source(1'000'000);
    const LineReader reader;
    ChunkFeeder feeder(source, {}, reader, read_ahead, 1'000);
    ChunkFeeder::Piece piece;
    for (int i = 0; i < 5; ++i) {
      CHECK(feeder.next(piece));
      CHECK_EQ(source.given, most_given + static_cast<std::size_t>(i) * 1'000);
    }
  }
}

class MailReader : public LineReader {
public:
  explicit MailReader(Framing framing) : m_framing(framing) {}
  Framing framing() const override { return m_framing; }

private:
  Framing m_framing;
};

/// One sign without an end, or so many, that were packed so many times smaller.
class PackedSource : public ByteSource {
public:
  PackedSource(std::uint64_t ratio, std::uint64_t size) : m_ratio(ratio), m_size(size) {}
  std::size_t read(char* into, std::size_t most) override {
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(most, m_size - m_given));
    std::fill_n(into, part, '{'); // of JSON, objects that never end
    m_given += part;
    return part;
  }
  std::uint64_t taken() const override { return 1'000'000 + m_given / m_ratio; }
  std::uint64_t total() const override { return 0; }
  std::uint64_t given() const { return m_given; }

private:
  std::uint64_t m_ratio, m_size, m_given = 0;
};

TEST_CASE("what never ends is read as far as the largest record, a bomb much less far") {
  constexpr std::uint64_t k_mib = 1 << 20, k_endless = std::uint64_t{1} << 40;
  struct Row {
    const char* name;
    Framing framing;
    std::uint64_t ratio, size, most_read; // 0: it is handed out whole
  };
  for (const auto& row : {Row{"a line", Framing::lines, 1000, k_endless, 12 * k_mib},
                          Row{"a row", Framing::csv, 1000, k_endless, 12 * k_mib},
                          Row{"a value", Framing::json, 1, k_endless, 12 * k_mib},
                          Row{"a mail", Framing::mbox, 1, k_endless, 64 * k_mib},
                          Row{"a mail, packed", Framing::mbox, 1000, k_endless, 4 * k_mib},
                          Row{"a document", Framing::document, 100, k_endless, 256 * k_mib},
                          Row{"a document, packed", Framing::document, 1000, k_endless, 4 * k_mib},
                          Row{"a bomb that ends", Framing::document, 1000, 5 * k_mib, 4 * k_mib},
                          Row{"a small one", Framing::document, 1000, 3 * k_mib, 0},
                          Row{"a long field", Framing::csv, 1000, 11 * k_mib, 0}}) {
    CAPTURE(std::string(row.name));
    PackedSource source(row.ratio, row.size);
    const MailReader reader(row.framing);
    ChunkFeeder feeder(source, {}, reader);
    ChunkFeeder::Piece piece;
    if (row.most_read == 0) {
      CHECK(feeder.next(piece));
      CHECK_EQ(piece.chunk.text.size(), row.size);
    } else {
      CHECK_THROWS_AS(feeder.next(piece), Failure);
      CHECK_EQ(source.given(), row.most_read);
      CHECK_LE(piece.buffer.size(), 2 * row.most_read + k_mib);
    }
    CHECK_FALSE(feeder.next(piece));
  }
}

} // namespace
} // namespace mailfunnel
