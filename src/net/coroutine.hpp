#pragma once
// How coroutines wait: auto [ec, n] = co_await stream.async_read_some(buffer, k_tuple).
//
// GCC 12 gets some shapes of co_await wrong (double destruction of temporaries). A coroutine is a
// free function that takes its arguments by value, and within an expression with co_await there is
// no lambda with captures, no ?: and no braced list: give it a name in a statement before. The
// test `coroutines` looks for them.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace mailfunnel {

constexpr auto k_tuple = boost::asio::as_tuple(boost::asio::use_awaitable);

} // namespace mailfunnel
