#pragma once
// Names to addresses. getaddrinfo can neither be stopped nor given a time-out, so it runs in a
// thread of its own that is left behind where it takes too long.

#include "net/settings.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>

#include <string>
#include <vector>

namespace mailfunnel {

struct Addresses {
  std::vector<boost::asio::ip::address> list; // in the order in which to try them
  std::string fault;                          // why there are none
};

/// `timer` is waited on: whoever cancels it ends the look-up. `resolve` is
/// NetworkSettings::resolve.
boost::asio::awaitable<Addresses>
look_up(boost::asio::io_context* io, boost::asio::steady_timer* timer, std::string host,
        Milliseconds limit, std::function<std::vector<std::string>(const std::string&)> resolve);

} // namespace mailfunnel
