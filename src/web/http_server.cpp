// A connection is a coroutine (`serve`) on the one thread of the server, from its first byte to its
// last. A request leaves it for a handler's thread and comes back as an answer: then the coroutine,
// which waited on a timer, goes on.
#include "web/http_server.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"
#include "net/coroutine.hpp"
#include "web/response_head.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

namespace mailfunnel {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using Milliseconds = std::chrono::milliseconds;
using Parser = http::request_parser<http::string_body>;
using TlsContext = std::shared_ptr<asio::ssl::context>;

constexpr std::size_t k_first_read = 8 << 10;
constexpr std::size_t k_body_limit = 1 << 20; // where the settings name none
constexpr std::size_t k_piece = 64 << 10;     // written within one write_time
constexpr Milliseconds k_goodbye{2'000};      // for the end of TLS
constexpr Milliseconds k_out_of_files{100};
constexpr unsigned k_come_again = 5; // seconds
constexpr Milliseconds k_look_again{10};

struct Session {
  explicit Session(asio::ip::tcp::socket socket)
      : tcp(std::move(socket)), answer(tcp.get_executor()) {}

  beast::tcp_stream tcp;
  TlsContext context; // of `tls`
  std::optional<asio::ssl::stream<beast::tcp_stream&>> tls;
  beast::flat_buffer buffer;
  asio::steady_timer answer; // what waits for an answer waits on it
  std::optional<HttpResponse> answered;
  std::uint64_t number = 0; // of the request that is answered
  bool idle = true;
  bool closing = false; // the server stops

  void limit(Milliseconds span) { tcp.expires_after(span); }
};
using SessionPtr = std::shared_ptr<Session>;

Result<TlsContext> server_context(const TlsFiles& files) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                       asio::ssl::context::no_tlsv1_1 | asio::ssl::context::single_dh_use);
  error_code ec;
  context->use_certificate_chain_file(files.certificate, ec);
  if (ec) {
    return Error{ErrorCode::usage, "no certificate in PEM form: " + ec.message(),
                 files.certificate};
  }
  context->use_private_key_file(files.key, asio::ssl::context::pem, ec);
  if (ec) {
    return Error{ErrorCode::usage, "no private key of that certificate: " + ec.message(),
                 files.key};
  }
  return context;
}

} // namespace

struct HttpServer::Engine : std::enable_shared_from_this<HttpServer::Engine> {
  Engine(ServerSettings given, Handler serves)
      : settings(std::move(given)), handler(std::move(serves)), handlers(settings.threads) {}

  ServerSettings settings;
  Handler handler;
  std::atomic<std::uint64_t> connections{0}, requests{0}, refused{0};
  std::atomic<std::size_t> open{0}, body_bytes{0};

  // What follows belongs to the thread.
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
  asio::ip::tcp::acceptor acceptor{io};
  TlsContext tls;
  std::set<SessionPtr> sessions;
  std::uint64_t next_number = 0;
  bool stopping = false; // nothing new is taken
  bool ended = false;    // nothing is answered any more

  asio::thread_pool handlers;
  std::thread thread;
  std::uint16_t port = 0;

  Result<void> listen();
  int busy_status(std::string_view path) const {
    return settings.busy_status ? settings.busy_status(path) : 503;
  }
  std::size_t body_limit(std::string_view path) const {
    return settings.body_limit ? settings.body_limit(path) : k_body_limit;
  }
  void say(const std::string& line) const {
    if (settings.log) {
      settings.log(line);
    }
  }
};

namespace {

using Engine = HttpServer::Engine;
using EnginePtr = std::shared_ptr<Engine>;

/// Bytes of bodies, given back when it goes.
class Budget {
public:
  explicit Budget(std::atomic<std::size_t>& used) : m_used(used) {}
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;
  ~Budget() { m_used -= m_bytes; }
  bool take(std::size_t bytes, std::size_t most) {
    if (m_used + bytes > most) {
      return false;
    }
    m_used += bytes;
    m_bytes += bytes;
    return true;
  }
  void keep(std::size_t bytes) { // of what was taken
    m_used -= m_bytes - std::min(bytes, m_bytes);
    m_bytes = std::min(bytes, m_bytes);
  }

private:
  std::atomic<std::size_t>& m_used;
  std::size_t m_bytes = 0;
};

/// The way back of one request. Goes with the last copy of its Reply.
class Answer {
public:
  Answer(EnginePtr engine, SessionPtr session, std::uint64_t number)
      : m_engine(std::move(engine)), m_session(std::move(session)), m_number(number) {}
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() {
    if (!m_called) {
      give(error_response(500, "no answer: see the log"));
    }
  }
  void give(HttpResponse response) {
    if (m_called.exchange(true)) {
      return;
    }
    asio::post(m_engine->io,
               [session = m_session, number = m_number, response = std::move(response)]() mutable {
                 if (session->number == number) { // else it came too late
                   session->answered = std::move(response);
                   session->answer.cancel();
                 }
               });
  }

private:
  EnginePtr m_engine;
  SessionPtr m_session;
  std::uint64_t m_number;
  std::atomic<bool> m_called{false};
};

// ---- one request

asio::awaitable<bool> write_all(SessionPtr session, std::string text, Milliseconds limit) {
  std::size_t done = 0;
  while (done < text.size()) {
    const auto piece = asio::buffer(text.data() + done, std::min(k_piece, text.size() - done));
    session->limit(limit);
    error_code fault;
    if (session->tls) {
      auto [ec, bytes] = co_await session->tls->async_write_some(piece, k_tuple);
      fault = ec;
      done += bytes;
    } else {
      auto [ec, bytes] = co_await session->tcp.async_write_some(piece, k_tuple);
      fault = ec;
      done += bytes;
    }
    if (fault) {
      co_return false;
    }
  }
  co_return true;
}

/// Until a byte of the next request is there.
asio::awaitable<bool> wait_for_request(Engine* engine, SessionPtr session) {
  if (engine->stopping) {
    co_return false;
  }
  if (session->buffer.size() != 0) {
    co_return true;
  }
  session->idle = true;
  session->limit(engine->settings.limits.idle);
  const auto into = session->buffer.prepare(k_first_read);
  std::size_t got = 0;
  if (session->tls) {
    auto [ec, bytes] = co_await session->tls->async_read_some(into, k_tuple);
    got = ec ? 0 : bytes;
  } else {
    auto [ec, bytes] = co_await session->tcp.async_read_some(into, k_tuple);
    got = ec ? 0 : bytes;
  }
  session->buffer.commit(got);
  session->idle = false;
  co_return got != 0;
}

asio::awaitable<error_code> read_head(Engine* engine, SessionPtr session, Parser* parser) {
  session->limit(engine->settings.limits.head_time);
  if (session->tls) {
    auto [ec, bytes] =
        co_await http::async_read_header(*session->tls, session->buffer, *parser, k_tuple);
    co_return ec;
  }
  auto [ec, bytes] =
      co_await http::async_read_header(session->tcp, session->buffer, *parser, k_tuple);
  co_return ec;
}

asio::awaitable<error_code> read_body(Engine* engine, SessionPtr session, Parser* parser) {
  session->limit(engine->settings.limits.body_time);
  if (session->tls) {
    auto [ec, bytes] = co_await http::async_read(*session->tls, session->buffer, *parser, k_tuple);
    co_return ec;
  }
  auto [ec, bytes] = co_await http::async_read(session->tcp, session->buffer, *parser, k_tuple);
  co_return ec;
}

/// Why a head is refused; a status of 0: it is not.
struct Refusal {
  int status = 0;
  std::string why;
};

Refusal refusal(const error_code& ec, std::size_t body_limit) {
  if (ec == http::error::header_limit) {
    return {431, "the head of the request is too long"};
  }
  if (ec == http::error::body_limit) {
    return {413,
            fmt::format("the body is larger than {} bytes, which is the most here", body_limit)};
  }
  if (ec.category() == http::make_error_code(http::error::bad_method).category() &&
      ec != http::error::end_of_stream && ec != http::error::partial_message) {
    return {400, "this is no request of HTTP/1.1: " + ec.message()};
  }
  return {}; // the connection is gone, or was closed as it was too slow
}

Refusal check_head(const Parser& parser) {
  const auto& head = parser.get();
  const std::string_view target(head.target().data(), head.target().size());
  if (!target.starts_with('/') || target.size() > (8U << 10)) {
    return {400, "the target of the request is no path"};
  }
  if (head.version() >= 11 && head.count(http::field::host) != 1) {
    return {400, "a request names its Host once"};
  }
  // RFC 9112, 6.1: with both, what is behind a proxy may see another request than the proxy.
  if (head.count(http::field::transfer_encoding) != 0 &&
      head.count(http::field::content_length) != 0) {
    return {400, "both Transfer-Encoding and Content-Length"};
  }
  return {};
}

bool trusts(const Engine& engine, const std::string& peer) {
  const auto& proxies = engine.settings.proxies;
  return std::find(proxies.begin(), proxies.end(), peer) != proxies.end();
}

WebRequest web_request(const Engine& engine, const Session& session, Parser& parser) {
  WebRequest out;
  auto& head = parser.get();
  for (const auto& field : head) {
    out.http.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  error_code ec;
  const auto endpoint = beast::get_lowest_layer(session.tcp).socket().remote_endpoint(ec);
  out.peer = ec ? std::string() : endpoint.address().to_string();
  out.secure = session.tls.has_value();
  std::string host(out.http.header("Host"));
  if (trusts(engine, out.peer)) {
    const auto chain = out.http.header("X-Forwarded-For");
    const auto last = trim(chain.substr(chain.rfind(',') + 1)); // what the proxy itself saw
    out.peer = last.empty() ? out.peer : printable(last, 64);
    out.secure = iequals(out.http.header("X-Forwarded-Proto"), "https") || out.secure;
    const auto named = out.http.header("X-Forwarded-Host");
    host = named.empty() ? host : std::string(named);
  }
  const std::string target(head.target());
  const auto question = target.find('?');
  out.path = percent_decode(target.substr(0, question));
  out.query = question == std::string::npos ? std::string() : target.substr(question + 1);
  out.http.method = std::string(head.method_string());
  out.http.url = (out.secure ? "https://" : "http://") + host + target;
  out.http.body = std::move(head.body());
  out.http.body.reserve(out.http.body.size() + k_padding);
  return out;
}

/// On a thread of the handlers.
void handle(const EnginePtr& engine, WebRequest request, const std::shared_ptr<Answer>& answer) {
  const auto what = request.http.method + " " + request.path;
  try {
    engine->handler(std::move(request),
                    [answer](HttpResponse response) { answer->give(std::move(response)); });
  } catch (const std::exception& fault) {
    engine->say(fmt::format("{}: {}", printable(what, 200), fault.what()));
    answer->give(error_response(500, "internal error: see the log"));
  }
}

asio::awaitable<HttpResponse> answer_of(Engine* engine, SessionPtr session, WebRequest request) {
  const auto path = request.path; // the request goes to a thread of its own
  if (engine->ended) { // it was read when all were cut off: the handlers' threads are gone
    co_return error_response(engine->busy_status(path), "stopping", k_come_again);
  }
  session->number = ++engine->next_number;
  session->answered.reset();
  auto answer = std::make_shared<Answer>(engine->shared_from_this(), session, session->number);
  auto holder = std::make_shared<WebRequest>(std::move(request));
  auto work = [self = engine->shared_from_this(), holder, answer = std::move(answer)] {
    handle(self, std::move(*holder), answer);
  };
  holder.reset();
  session->tcp.expires_never();
  session->answer.expires_after(engine->settings.limits.answer_time);
  asio::post(engine->handlers, std::move(work));
  co_await session->answer.async_wait(k_tuple);
  session->number = 0;
  if (!session->answered) {
    co_return error_response(engine->busy_status(path), "no answer in time", k_come_again);
  }
  co_return std::move(*session->answered);
}

asio::awaitable<bool> refuse(Engine* engine, SessionPtr session, int status, std::string why,
                             unsigned seconds) {
  ++engine->refused;
  const auto response = error_response(status, why, seconds);
  auto text = response_head(response, false, false) + response.body;
  co_await write_all(session, std::move(text), engine->settings.limits.write_time);
  co_return false;
}

/// Reads a body within the budget. False: the connection is to be closed.
asio::awaitable<bool> take_body(Engine* engine, SessionPtr session, Parser* parser,
                                Budget* budget) {
  const std::string target(parser->get().target());
  const auto path = percent_decode(target.substr(0, target.find('?')));
  const auto limit = engine->body_limit(path);
  const auto told = parser->content_length();
  if (told && *told > limit) {
    auto why = fmt::format("the body is larger than {} bytes, which is the most here", limit);
    co_return co_await refuse(engine, session, 413, std::move(why), 0);
  }
  const auto bytes = told ? static_cast<std::size_t>(*told) : parser->chunked() ? limit : 0;
  if (!budget->take(bytes, engine->settings.limits.bodies)) {
    const auto busy = engine->busy_status(path);
    co_return co_await refuse(engine, session, busy, "too much at once", k_come_again);
  }
  parser->body_limit(limit);
  parser->get().body().reserve((told ? bytes : 0) + k_padding);
  if (beast::iequals(parser->get()[http::field::expect], "100-continue")) {
    std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    const bool said =
        co_await write_all(session, std::move(go_on), engine->settings.limits.write_time);
    if (!said) {
      co_return false;
    }
  }
  const auto fault = co_await read_body(engine, session, parser);
  if (fault) {
    auto [status, why] = refusal(fault, limit);
    if (status != 0) {
      co_await refuse(engine, session, status, std::move(why), 0);
    }
    co_return false;
  }
  budget->keep(parser->get().body().size());
  co_return true;
}

/// One request and its answer. False: the connection is to be closed.
asio::awaitable<bool> serve_one(Engine* engine, SessionPtr session) {
  const bool there = co_await wait_for_request(engine, session);
  if (!there) {
    co_return false;
  }
  Parser parser;
  parser.header_limit(engine->settings.limits.head);
  parser.body_limit(boost::none);
  const auto fault = co_await read_head(engine, session, &parser);
  auto [status, why] = fault ? refusal(fault, 0) : check_head(parser);
  if (fault && status == 0) {
    co_return false;
  }
  if (status != 0) {
    co_return co_await refuse(engine, session, status, std::move(why), 0);
  }
  Budget budget(engine->body_bytes);
  const bool whole = co_await take_body(engine, session, &parser, &budget);
  if (!whole) {
    co_return false;
  }
  ++engine->requests;
  const bool head_only = parser.get().method() == http::verb::head;
  const bool wants_more = parser.get().keep_alive();
  auto request = web_request(*engine, *session, parser);
  auto response = co_await answer_of(engine, session, std::move(request));
  const bool stays = wants_more && !session->closing && !engine->stopping;
  auto text = response_head(response, stays, head_only);
  if (!head_only) {
    text += response.body;
  }
  const bool written =
      co_await write_all(session, std::move(text), engine->settings.limits.write_time);
  co_return written&& stays;
}

asio::awaitable<void> talk(Engine* engine, SessionPtr session) {
  if (engine->tls) {
    session->context = engine->tls;
    session->tls.emplace(session->tcp, *session->context);
    session->limit(engine->settings.limits.head_time);
    auto [ec] = co_await session->tls->async_handshake(asio::ssl::stream_base::server, k_tuple);
    if (ec) {
      co_return;
    }
  }
  for (bool again = true; again;) {
    again = co_await serve_one(engine, session);
  }
  if (session->tls) {
    session->limit(k_goodbye);
    co_await session->tls->async_shutdown(k_tuple);
  }
}

asio::awaitable<void> serve(EnginePtr engine, SessionPtr session) {
  try {
    co_await talk(engine.get(), session);
  } catch (const std::exception& fault) {
    engine->say(std::string("a connection broke off: ") + fault.what());
  }
  error_code ignored;
  session->tcp.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  session->tcp.close();
  engine->sessions.erase(session);
  --engine->open;
}

// ---- connections

asio::awaitable<void> turn_away(EnginePtr engine, SessionPtr session) {
  std::string why = "too many connections";
  co_await refuse(engine.get(), session, 503, std::move(why), k_come_again);
  session->tcp.close();
}

asio::awaitable<void> accept(EnginePtr engine) {
  while (!engine->stopping) {
    asio::ip::tcp::socket socket(engine->io);
    auto [ec] = co_await engine->acceptor.async_accept(socket, k_tuple);
    if (ec == asio::error::operation_aborted || engine->stopping) {
      co_return;
    }
    if (ec) { // out of files, say: those that are open go on
      asio::steady_timer pause(engine->io, k_out_of_files);
      co_await pause.async_wait(k_tuple);
      continue;
    }
    ++engine->connections;
    error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    auto session = std::make_shared<Session>(std::move(socket));
    if (engine->sessions.size() >= engine->settings.limits.connections) {
      if (!engine->tls) { // else not worth a handshake
        asio::co_spawn(engine->io, turn_away(engine, std::move(session)), asio::detached);
      }
      continue;
    }
    engine->sessions.insert(session);
    ++engine->open;
    asio::co_spawn(engine->io, serve(engine, std::move(session)), asio::detached);
  }
}

} // namespace

Result<void> HttpServer::Engine::listen() {
  const auto where = fmt::format("{}:{}", settings.address, settings.port);
  error_code ec;
  const auto address = asio::ip::make_address(settings.address, ec);
  if (ec) {
    return Error{ErrorCode::usage,
                 "no address to listen on: write it in numbers, such as "
                 "127.0.0.1:8765 or [::1]:8765",
                 where};
  }
  if (settings.tls) {
    MF_TRY(context, server_context(*settings.tls));
    tls = std::move(context);
  }
  const asio::ip::tcp::endpoint endpoint(address, settings.port);
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) {
    acceptor.set_option(asio::socket_base::reuse_address(true), ec);
    acceptor.bind(endpoint, ec);
  }
  if (!ec) {
    acceptor.listen(asio::socket_base::max_listen_connections, ec);
  }
  if (ec) {
    return Error{ErrorCode::usage,
                 "can't listen there: " + ec.message() + "; is another one running?", where};
  }
  port = acceptor.local_endpoint(ec).port();
  return {};
}

HttpServer::HttpServer(std::shared_ptr<Engine> engine) : m_engine(std::move(engine)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::start(ServerSettings settings, Handler handler) {
  auto engine = std::make_shared<Engine>(std::move(settings), std::move(handler));
  MF_CHECK(engine->listen());
  asio::co_spawn(engine->io, accept(engine), asio::detached);
  engine->thread = std::thread([raw = engine.get()] { raw->io.run(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(engine)));
}

HttpServer::~HttpServer() {
  stop(Milliseconds(0));
}

std::uint16_t HttpServer::port() const {
  return m_engine->port;
}

ServerCounts HttpServer::counts() const {
  const auto& e = *m_engine;
  return {e.connections, e.requests, e.refused, e.open, e.body_bytes};
}

Result<void> HttpServer::reload_tls() {
  if (!m_engine->settings.tls) {
    return {};
  }
  MF_TRY(context, server_context(*m_engine->settings.tls));
  asio::post(m_engine->io,
             [engine = m_engine, context = std::move(context)] { engine->tls = context; });
  return {};
}

void HttpServer::stop(Milliseconds grace) {
  if (!m_engine->thread.joinable()) {
    return;
  }
  const auto close = [engine = m_engine](bool all) {
    error_code ignored;
    engine->stopping = true;
    engine->ended = all;
    engine->acceptor.close(ignored);
    for (const auto& session : engine->sessions) {
      session->closing = true;
      if (all || session->idle) {
        session->answer.cancel();
        session->tcp.close();
      }
    }
  };
  asio::post(m_engine->io, [close] { close(false); });
  const auto end = std::chrono::steady_clock::now() + grace;
  while (m_engine->open != 0 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(k_look_again);
  }
  asio::post(m_engine->io, [engine = m_engine, close] {
    close(true);
    engine->work.reset();
  });
  m_engine->handlers.join(); // what they still answer goes nowhere
  m_engine->thread.join();
}

} // namespace mailfunnel
