#pragma once
// Content-Encoding of an answer undone, piece by piece and bounded (RFC 9110, 8.4.1).

#include "net/settings.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mailfunnel {

enum class ContentCoding { identity, gzip, deflate };

/// Nothing for one that we do not read, or more than one.
std::optional<ContentCoding> content_coding(std::string_view header);

class Inflater {
public:
  enum class Status { fine, damaged, too_large };

  /// No more than limits.body comes out, and no more than limits.ratio times of what went in.
  Inflater(ContentCoding coding, const AnswerLimits& limits);
  ~Inflater();
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;

  Status add(std::string_view bytes, std::string& out);
  /// Did it end where a stream ends?
  bool complete() const;

private:
  struct Stream;
  Status inflate(std::string_view bytes, std::string& out);

  ContentCoding m_coding;
  AnswerLimits m_limits;
  std::unique_ptr<Stream> m_stream; // none: identity, or nothing came yet
  std::size_t m_in = 0;
};

} // namespace mailfunnel
