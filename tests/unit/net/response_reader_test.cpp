#include "net/response_reader.hpp"

#include "base/json.hpp"
#include "net/inflater.hpp"
#include "support/deflated.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mailfunnel;

namespace {

using State = ResponseReader::State;

AnswerLimits small_limits() {
  AnswerLimits out;
  out.body = 1 << 20;
  out.head = 4 << 10;
  return out;
}

std::string with_length(std::string_view body, std::string_view headers = {}) {
  return fmt::format("HTTP/1.1 200 OK\r\n{}Content-Length: {}\r\n\r\n{}", headers, body.size(),
                     body);
}

/// "200 body", "more", or the failure.
std::string outcome(ResponseReader& reader, State state) {
  if (state == State::more) {
    return "more";
  }
  if (state == State::failed) {
    const auto failure = std::move(reader).failure();
    return (failure.fate == Attempt::Fate::refused ? "refused: " : "lost: ") +
           failure.error.message;
  }
  const auto answer = reader.take();
  CHECK(answer.body.capacity() >= answer.body.size() + k_padding);
  return fmt::format("{} {}", answer.status, answer.body);
}

/// What comes of a text that is read in pieces; `closed`: then the other side closes.
std::string read(std::string_view text, std::size_t piece = 1 << 16, bool closed = false,
                 bool head_only = false) {
  ResponseReader reader(head_only, small_limits());
  auto state = State::more;
  while (!text.empty() && state == State::more) {
    state = reader.feed(text.substr(0, piece));
    text.remove_prefix(std::min(piece, text.size()));
  }
  if (state == State::more && closed) {
    state = reader.end();
  }
  return outcome(reader, state);
}

} // namespace

TEST_CASE("answers: every framing, in one piece and byte by byte") {
  struct Row {
    const char* name;
    std::string text, expected;
    bool closed = false;
  };
  const auto gzip = packed("a long text, a long text, a long text");
  for (const auto& row : {
           Row{"length", with_length("hello"), "200 hello"},
           Row{"no body", "HTTP/1.1 204 No Content\r\n\r\n", "204 "},
           Row{"chunked",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0"
               "\r\nX-Trailer: 1\r\n\r\n",
               "200 hello"},
           Row{"until closed", "HTTP/1.0 200 OK\r\n\r\nhello", "200 hello", true},
           Row{"after 100 and 103",
               "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" +
                   with_length("hello"),
               "200 hello"},
           Row{"no reason", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200 "},
           Row{"gzip", with_length(gzip, "Content-Encoding: gzip\r\n"),
               "200 a long text, a long text, a long text"},
           Row{"gzip chunked",
               fmt::format("HTTP/1.1 200 OK\r\nContent-Encoding: x-gzip\r\nTransfer-Encoding: "
                           "chunked\r\n\r\n{:x}\r\n{}\r\n0\r\n\r\n",
                           gzip.size(), gzip),
               "200 a long text, a long text, a long text"},
           Row{"gzip in two members",
               with_length(packed("one, ") + packed("two"), "Content-Encoding: GZIP\r\n"),
               "200 one, two"},
           Row{"deflate as zlib",
               with_length(packed("abc", Packing::zlib), "Content-Encoding: deflate\r\n"),
               "200 abc"},
           Row{"deflate, bare",
               with_length(packed("abc", Packing::raw), "Content-Encoding: deflate\r\n"),
               "200 abc"},
           Row{"identity", with_length("abc", "Content-Encoding: identity\r\n"), "200 abc"},
           Row{"gzip of nothing", with_length("", "Content-Encoding: gzip\r\n"), "200 "},
       }) {
    CAPTURE(row.name);
    CHECK(read(row.text, 1 << 16, row.closed) == row.expected);
    CHECK(read(row.text, 1, row.closed) == row.expected);
  }
}

TEST_CASE("answers: HEAD has no body, whatever it says") {
  CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\n\r\n", 7, false,
             true) == "200 ");
}

TEST_CASE("answers: cut off anywhere they are lost") {
  const auto gzip = packed("a long text, a long text, a long text");
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  for (const auto& text :
       {with_length("hello"), chunked, with_length(gzip, "Content-Encoding: gzip\r\n")}) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      CAPTURE(size);
      CHECK(read(text.substr(0, size), 1 << 16, true).starts_with("lost: "));
    }
  }
  // The framing is whole, the compressed text in it is not.
  CHECK(read(with_length(gzip.substr(0, gzip.size() - 9), "Content-Encoding: gzip\r\n")) ==
        "lost: the answer's compressed body is cut off");
}

TEST_CASE("answers: what is not to be had") {
  struct Row {
    const char* name;
    std::string text, part;
  };
  const std::string endless_chunk =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;" + std::string(10'000, 'x');
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 2000; ++i) {
    many += "a: b\r\n";
  }
  std::string interim;
  for (int i = 0; i < 20; ++i) {
    interim += "HTTP/1.1 102 Processing\r\n\r\n";
  }
  std::string broken = packed("a long text, a long text");
  broken[15] = static_cast<char>(~broken[15]);
  for (const auto& row : {
           Row{"another protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "lost: the answer is not HTTP"},
           Row{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
               "lost: the answer is not HTTP"},
           Row{"length and chunks",
               "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
               "lost: the answer is not HTTP"},
           Row{"a long header", "HTTP/1.1 200 OK\r\nX: " + std::string(10'000, 'x'),
               "refused: the answer's headers are larger than 4 KiB"},
           Row{"many headers", many, "refused: the answer's headers are larger than 4 KiB"},
           Row{"a long first line", "HTTP/1.1 200 " + std::string(10'000, 'x'),
               "refused: the answer's headers are larger than 4 KiB"},
           Row{"a long chunk extension", endless_chunk, "refused: "},
           Row{"announced too long", "HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n",
               "refused: the answer is larger than 1 MiB"},
           Row{"too long", "HTTP/1.1 200 OK\r\n\r\n" + std::string((1 << 20) + 1, 'x'),
               "refused: the answer is larger than 1 MiB"},
           Row{"unpacks to too much",
               with_length(packed(std::string(2 << 20, 'x')), "Content-Encoding: gzip\r\n"),
               "refused: the answer is larger than 1 MiB"},
           Row{"another coding", with_length("x", "Content-Encoding: br\r\n"),
               "refused: the answer's Content-Encoding is not ours: br"},
           Row{"two codings", with_length("x", "Content-Encoding: gzip, gzip\r\n"),
               "refused: the answer's Content-Encoding is not ours: gzip, gzip"},
           Row{"damaged", with_length(broken, "Content-Encoding: gzip\r\n"),
               "lost: the answer's compress"},
           Row{"no gzip", with_length("hello", "Content-Encoding: gzip\r\n"),
               "lost: the answer's compression is damaged"},
           Row{"endless interim answers", interim, "refused: an answer of status 102"},
           Row{"another protocol from here on", "HTTP/1.1 101 Switching Protocols\r\n\r\n",
               "refused: an answer of status 101"},
       }) {
    CAPTURE(row.name);
    const auto whole = read(row.text, 1 << 16, true);
    CHECK_MESSAGE(whole.starts_with(row.part), whole);
    const auto pieces = read(row.text, 1000, true);
    CHECK_MESSAGE(pieces.starts_with(row.part), pieces);
  }
}

TEST_CASE("inflater: more than 200 times beyond 16 MiB is refused") {
  AnswerLimits limits;
  const auto bomb = packed(std::string(std::size_t{40} << 20, '\0'));
  std::string out;
  CHECK(Inflater(ContentCoding::gzip, limits).add(bomb, out) == Inflater::Status::too_large);
  CHECK(out.size() < (std::size_t{17} << 20));
  limits.ratio = 5000;
  out.clear();
  CHECK(Inflater(ContentCoding::gzip, limits).add(bomb, out) == Inflater::Status::fine);
  CHECK(out.size() == std::size_t{40} << 20);
}

TEST_CASE("answers: when another request may follow") {
  struct Row {
    const char* name;
    std::string text;
    bool expected;
  };
  for (const auto& row : {
           Row{"as usual", with_length("x"), true},
           Row{"close", with_length("x", "Connection: close\r\n"), false},
           Row{"1.0", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false},
           Row{"bytes that nobody asked for", with_length("x") + "HTTP/1.1 200", false},
       }) {
    CAPTURE(row.name);
    ResponseReader reader(false, small_limits());
    CHECK(reader.feed(row.text) == State::done);
    CHECK(reader.keeps_alive() == row.expected);
  }
}
