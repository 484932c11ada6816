#include "net/lookup.hpp"

#include "net/coroutine.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <netdb.h>

#include <cstring>
#include <memory>
#include <mutex>
#include <thread>

namespace mailfunnel {

namespace {

namespace ip = boost::asio::ip;
using Resolve = std::function<std::vector<std::string>(const std::string&)>;

Addresses ask_system(const std::string& host) {
  Addresses out;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int fault = getaddrinfo(host.c_str(), nullptr, &hints, &found); fault != 0) {
    out.fault = gai_strerror(fault);
    return out;
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  for (const auto* info = found; info != nullptr; info = info->ai_next) {
    boost::asio::ip::tcp::endpoint endpoint;
    if (info->ai_addrlen <= endpoint.capacity()) {
      endpoint.resize(info->ai_addrlen);
      std::memcpy(endpoint.data(), info->ai_addr, info->ai_addrlen);
      out.list.push_back(endpoint.address());
    }
  }
  return out;
}

Addresses ask(const std::string& host, const Resolve& resolve) {
  if (!resolve) {
    return ask_system(host);
  }
  Addresses out;
  for (const auto& text : resolve(host)) {
    out.list.push_back(ip::make_address(text));
  }
  return out;
}

/// Shared by the thread that asks and the coroutine that waits.
struct Question {
  std::mutex mutex;
  Addresses addresses;
  bool answered = false;
  boost::asio::io_context* io; // nullptr once nobody waits any more
  boost::asio::steady_timer* timer;
};

void start_asking(const std::shared_ptr<Question>& question, std::string host, Resolve resolve) {
  std::thread([question, host = std::move(host), resolve = std::move(resolve)] {
    auto addresses = ask(host, resolve);
    const std::lock_guard lock(question->mutex);
    question->addresses = std::move(addresses);
    question->answered = true;
    if (question->io != nullptr) {
      boost::asio::post(*question->io, [question] {
        const std::lock_guard again(question->mutex);
        if (question->io != nullptr) {
          question->timer->cancel();
        }
      });
    }
  }).detach();
}

Addresses take_answer(Question& question) {
  const std::lock_guard lock(question.mutex);
  question.io = nullptr;
  if (!question.answered) {
    Addresses none;
    none.fault = "no answer in time";
    return none;
  }
  return std::move(question.addresses);
}

} // namespace

boost::asio::awaitable<Addresses> look_up(boost::asio::io_context* io,
                                          boost::asio::steady_timer* timer, std::string host,
                                          Milliseconds limit, Resolve resolve) {
  Addresses known;
  boost::system::error_code no_address;
  const auto literal = ip::make_address(host, no_address);
  if (!no_address) {
    known.list.push_back(literal);
    co_return known;
  }
  auto question = std::make_shared<Question>();
  question->io = io;
  question->timer = timer;
  timer->expires_after(limit);
  start_asking(question, std::move(host), std::move(resolve));
  co_await timer->async_wait(k_tuple);
  known = take_answer(*question);
  if (known.list.empty() && known.fault.empty()) {
    known.fault = "it has no address";
  }
  co_return known;
}

} // namespace mailfunnel
