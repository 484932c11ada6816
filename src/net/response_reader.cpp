#include "net/response_reader.hpp"

#include "base/json.hpp" // k_padding
#include "base/text.hpp"
#include "net/inflater.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace mailfunnel {

namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

constexpr unsigned k_most_interim = 10;
constexpr std::size_t k_most_reserved = std::size_t{16} << 20; // of what an answer announces

/// Where Beast's parser puts a body: through the Inflater into a string.
struct DecodedBody {
  struct value_type {
    AnswerLimits limits;
    std::optional<Inflater> inflater;
    Inflater::Status status = Inflater::Status::fine;
    bool known_coding = true;
    std::string text;
  };

  class reader {
  public:
    template<bool is_request, class Fields>
    reader(http::header<is_request, Fields>& head, value_type& body)
        : m_fields(head), m_body(body) {}

    void init(const boost::optional<std::uint64_t>& announced, error_code& ec) {
      const auto header = m_fields[http::field::content_encoding];
      const auto coding = content_coding({header.data(), header.size()});
      m_body.known_coding = coding.has_value();
      if (!coding) {
        ec = http::error::bad_value;
        return;
      }
      if (*coding == ContentCoding::identity) {
        const auto size = std::min<std::uint64_t>(announced.value_or(0), k_most_reserved);
        m_body.text.reserve(size + k_padding);
      }
      m_body.inflater.emplace(*coding, m_body.limits);
    }

    template<class Buffers> std::size_t put(const Buffers& buffers, error_code& ec) {
      std::size_t taken = 0;
      for (auto at = boost::asio::buffer_sequence_begin(buffers);
           at != boost::asio::buffer_sequence_end(buffers); ++at) {
        const boost::asio::const_buffer piece(*at);
        m_body.status = m_body.inflater->add({static_cast<const char*>(piece.data()), piece.size()},
                                             m_body.text);
        if (m_body.status != Inflater::Status::fine) {
          ec = http::error::bad_value;
          return taken;
        }
        taken += piece.size();
      }
      return taken;
    }

    void finish(error_code&) {}

  private:
    http::fields& m_fields;
    value_type& m_body;
  };
};

} // namespace

struct ResponseReader::Parser : http::response_parser<DecodedBody> {
  Parser(bool head_only, const AnswerLimits& limits) {
    get().body().limits = limits;
    eager(true);
    skip(head_only);
    header_limit(static_cast<std::uint32_t>(limits.head));
    body_limit(limits.body);
  }
};

ResponseReader::ResponseReader(bool head_only, const AnswerLimits& limits)
    : m_head_only(head_only), m_limits(limits),
      m_parser(std::make_unique<Parser>(head_only, limits)) {}
ResponseReader::~ResponseReader() = default;

ResponseReader::State ResponseReader::feed(std::string_view bytes) {
  m_started = true;
  m_pending.append(bytes);
  State state = State::more;
  while (state == State::more && !m_pending.empty()) {
    const auto before = m_pending.size();
    state = step();
    if (m_pending.size() == before) {
      break; // it needs more
    }
  }
  return state;
}

/// Hands the parser what is there.
ResponseReader::State ResponseReader::step() {
  error_code ec;
  const auto taken = m_parser->put(boost::asio::buffer(m_pending), ec);
  m_pending.erase(0, taken);
  const auto& body = m_parser->get().body();
  if (!body.known_coding) {
    const auto header = m_parser->get()[http::field::content_encoding];
    return fail(Attempt::Fate::refused, ErrorCode::unsupported,
                "the answer's Content-Encoding is not ours: " +
                    printable({header.data(), header.size()}));
  }
  if (body.status == Inflater::Status::damaged) {
    return fail(Attempt::Fate::lost, ErrorCode::unanswered, "the answer's compression is damaged");
  }
  if (body.status == Inflater::Status::too_large || ec == http::error::body_limit) {
    return fail(Attempt::Fate::refused, ErrorCode::unsupported,
                fmt::format("the answer is larger than {} MiB, or compressed more than {} times",
                            m_limits.body >> 20, m_limits.ratio));
  }
  if (ec == http::error::header_limit || m_pending.size() > m_limits.head) {
    return fail(Attempt::Fate::refused, ErrorCode::unsupported,
                fmt::format("the answer's headers are larger than {} KiB", m_limits.head >> 10));
  }
  if (ec && ec != http::error::need_more) {
    return fail(Attempt::Fate::lost, ErrorCode::unanswered,
                "the answer is not HTTP: " + ec.message());
  }
  return m_parser->is_done() ? finish() : State::more;
}

ResponseReader::State ResponseReader::finish() {
  const auto status = m_parser->get().result_int();
  if (status / 100 == 1) { // "100 Continue", "103 Early Hints": the answer is still to come
    if (status == 101 || ++m_interim > k_most_interim) {
      return fail(Attempt::Fate::refused, ErrorCode::unsupported,
                  fmt::format("an answer of status {} that was not asked for", status));
    }
    m_parser = std::make_unique<Parser>(m_head_only, m_limits);
    return State::more;
  }
  const auto& inflater = m_parser->get().body().inflater;
  if (inflater && !inflater->complete()) {
    return fail(Attempt::Fate::lost, ErrorCode::unanswered,
                "the answer's compressed body is cut off");
  }
  return State::done;
}

ResponseReader::State ResponseReader::end() {
  error_code ec;
  if (m_started) {
    m_parser->put_eof(ec);
  }
  if (!m_started || ec || !m_parser->is_done()) {
    return fail(Attempt::Fate::lost, ErrorCode::unanswered,
                m_started ? "the connection was closed within the answer"
                          : "the connection was closed without an answer");
  }
  return finish();
}

bool ResponseReader::head_done() const {
  return m_parser->is_header_done();
}

bool ResponseReader::keeps_alive() const {
  return m_pending.empty() && m_parser->keep_alive() && !m_parser->need_eof();
}

HttpResponse ResponseReader::take() {
  auto message = m_parser->release();
  HttpResponse out;
  out.status = static_cast<int>(message.result_int());
  for (const auto& field : message) {
    out.headers.emplace_back(field.name_string(), field.value());
  }
  out.body = std::move(message.body().text);
  out.body.reserve(out.body.size() + k_padding);
  return out;
}

Attempt ResponseReader::failure() && {
  return std::move(m_failure);
}

ResponseReader::State ResponseReader::fail(Attempt::Fate fate, ErrorCode code,
                                           std::string message) {
  m_failure.fate = fate;
  m_failure.error = {code, std::move(message)};
  return State::failed;
}

} // namespace mailfunnel
