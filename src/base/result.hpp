#pragma once
// How a function says that it failed. A bad *input* is a Result with an Error; a bad *record* goes
// to the sink's reject(); what the program cannot go on with is an exception (Failure, caught in
// main).

#include <boost/system/result.hpp>

#include <cstdint>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <utility>

namespace mailfunnel {

enum class ErrorCode {
  bad_syntax,
  not_found,
  unauthorized,
  unsupported,
  io,
  conflict,
  usage,
  locked,
  unreachable, // no connection: nothing was done
  untrusted,   // the other side's certificate or protocol
  unanswered,  // sent, and no answer came: it may have been done
  throttled,   // the other side asks to wait longer than we do
  stopped,     // by the user
};

/// What happened, where, and what to do. `source` is a file or URL, `line` counts from 1 (0: none).
struct Error {
  ErrorCode code; // first and an enum: an Error must not be made from a T by accident
  std::string message;
  std::string source{};
  std::uint64_t line = 0;

  /// "campaigns.xml:17: no id in <campaign>"
  std::string text() const;
};

std::ostream& operator<<(std::ostream& out, const Error& error);

/// An Error on its way to main, for what nobody in between can mend.
struct Failure : std::runtime_error {
  explicit Failure(Error why) : std::runtime_error(why.text()), error(std::move(why)) {}
  Error error;
};

[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location&);

template<typename T> using Result = boost::system::result<T, Error>;

#define MF_TRY(var, expr)                                                                          \
  auto var##_result = (expr);                                                                      \
  if (!var##_result) {                                                                             \
    return std::move(var##_result).error();                                                        \
  }                                                                                                \
  auto var = *std::move(var##_result)

#define MF_CHECK(expr)                                                                             \
  if (auto mf_check_result = (expr); !mf_check_result) {                                           \
    return std::move(mf_check_result).error();                                                     \
  }

} // namespace mailfunnel
