#include "ingest/chunk_feeder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

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
    for (const std::size_t head : {0U, 2U}) {
      CAPTURE(row.name);
      CAPTURE(head);
      const std::string text = row.text;
      const auto in_head = std::min(head, text.size());
      BrokenSource source(text.substr(in_head));
      const LineReader reader;
      ChunkFeeder feeder(source, text.substr(0, in_head), reader, 16);
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
