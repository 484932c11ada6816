#pragma once
// Patterns over envelope senders, by which the mail of a server that sends for many is told apart,
// and which name what stands in a sender that is made for each mail (VERP):
//   *@news.example.com                                any text
//   bounce+{campaign}-{contact_id}@news.example.com   bounce+c12-4711@news.example.com
//   list+{address}@lists.example.com                  list+ann=example.com@lists.example.com
// Capitals of ASCII do not matter. A field is never empty and holds no '@'; where more than one
// division is possible, the earlier field is the longer one.

#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace mailfunnel {

/// What a sender tells of the mail; the names are those of EventView. Empty: nothing.
struct SenderFields {
  std::string campaign, send, contact_id;
  std::string address; // decoded: ann=example.com is ann@example.com
};

/// Copies share what was compiled; matching is safe from many threads.
class SenderPattern {
public:
  /// Error bad_syntax: the message says what is wrong with the pattern.
  static Result<SenderPattern> parse(std::string_view text);

  /// Does the sender match? Then its fields are put into `fields`, others in there stay.
  bool match(std::string_view sender, SenderFields& fields) const;

private:
  std::string m_glob;                                // without fields: this is all
  std::vector<std::string SenderFields::*> m_fields; // in the order of the pattern
  std::shared_ptr<const re2::RE2> m_regex;           // where there are fields
};

} // namespace mailfunnel
