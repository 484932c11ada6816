#pragma once
// The bytes of an answer made an HttpResponse, piece by piece, bounded and decoded. Knows no
// socket.

#include "net/retry.hpp"

#include <memory>
#include <string_view>

namespace mailfunnel {

class ResponseReader {
public:
  enum class State { more, done, failed };

  /// `head_only`: the answer to HEAD or CONNECT has no body, whatever its headers say.
  ResponseReader(bool head_only, const AnswerLimits& limits);
  ~ResponseReader();

  State feed(std::string_view bytes); // not empty
  /// The other side closed. That is the end of an answer that does not say how long it is.
  State end();

  bool started() const { return m_started; } // a byte came
  bool head_done() const;
  /// Once done: may another request follow on the same connection?
  bool keeps_alive() const;
  HttpResponse take();  // once done
  Attempt failure() &&; // once failed: `lost`, or `refused` where it is not to be had

private:
  struct Parser;
  State step();
  State finish();
  State fail(Attempt::Fate fate, ErrorCode code, std::string message);

  bool m_head_only;
  AnswerLimits m_limits;
  std::unique_ptr<Parser> m_parser;
  std::string m_pending; // what the parser needs more to go on with
  bool m_started = false;
  unsigned m_interim = 0; // answers of 1xx
  Attempt m_failure;
};

} // namespace mailfunnel
