#pragma once
// JSON values as ESPs send them, read without asking first: a member that is missing, null or of
// another type gives "", false or nothing. Members of none are none too, so that a path can be
// followed: text_of(event["delivery_info"]["ip"]).

#include "base/json.hpp"
#include "base/time.hpp"

#include <simdjson.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// A value or none. Valid until its parser reads the next text.
using Json = simdjson::simdjson_result<simdjson::dom::element>;

/// Also true for null.
bool is_there(const Json& value);
/// A string; "" for everything else.
std::string_view text_of(const Json& value);
bool is_true(const Json& value);

/// Text of a string, a number, true or false: ids that are numbers at some ESPs. It owns the digits
/// of a number and must live as long as its text is used.
class JsonScalar {
public:
  explicit JsonScalar(const Json& value);
  JsonScalar(const JsonScalar&) = delete;
  JsonScalar& operator=(const JsonScalar&) = delete;
  operator std::string_view() const { return m_text; }

private:
  std::string_view m_text;
  std::array<char, 40> m_digits;
};

/// Seconds since 1970 (milliseconds where it has 13 digits), as a number or a string, with their
/// fraction; or a text of ISO 8601, in `zone` where it has none of its own, or of RFC 5322.
std::optional<Instant> time_of(const Json& value, TimeZone zone = nullptr);

/// The reply code of an SMTP answer, as a number or a string; 0 for everything else.
int reply_code_of(const Json& value);

/// The strings of a list, or a string alone: tags. Everything else in it is passed over.
std::vector<std::string_view> texts_of(const Json& value);

/// What is wrong with a member, for reject(): `no "ts" (a time in seconds)`, or
/// `"ts" is {"a":1}, not a time in seconds`.
std::string mismatch(std::string_view name, const Json& value, std::string_view expected);

/// Calls visit(value) for each element of a list; never for what is none.
template<typename Visit> void each_element(const Json& value, Visit visit) {
  simdjson::dom::array list;
  if (value.get_array().get(list) == simdjson::SUCCESS) {
    for (const auto element : list) {
      visit(Json(simdjson::dom::element(element)));
    }
  }
}

/// Calls visit(name, value) for each member of an object; never for what is none.
template<typename Visit> void each_member(const Json& value, Visit visit) {
  simdjson::dom::object members;
  if (value.get_object().get(members) == simdjson::SUCCESS) {
    for (const auto member : members) {
      visit(std::string_view(member.key), Json(simdjson::dom::element(member.value)));
    }
  }
}

/// As each_element(), with the text of each element: visit(value, text). `list` is the list's text.
/// For lists whose elements are records.
template<typename Visit> void each_element(const Json& value, std::string_view list, Visit visit) {
  JsonValues texts(list);
  each_element(value, [&](const Json& element) {
    std::string_view text;
    texts.next(text);
    visit(element, text);
  });
}

/// As each_member(), with the text of each value: visit(name, value, text).
template<typename Visit> void each_member(const Json& value, std::string_view object, Visit visit) {
  JsonMembers texts(object);
  each_member(value, [&](std::string_view name, const Json& member) {
    std::string_view written, text;
    texts.next(written, text);
    visit(name, member, text);
  });
}

} // namespace mailfunnel
