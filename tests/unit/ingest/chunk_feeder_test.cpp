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

} // namespace
} // namespace mailfunnel
