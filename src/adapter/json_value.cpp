#include "adapter/json_value.hpp"

#include "base/text.hpp"

#include <charconv>

namespace mailfunnel {

using simdjson::SUCCESS;

namespace {
constexpr std::string_view k_mail_date = "%a, %d %b %Y %H:%M:%S %z";
} // namespace

bool is_there(const Json& value) {
  return value.error() == SUCCESS;
}

std::string_view text_of(const Json& value) {
  std::string_view out;
  return value.get_string().get(out) == SUCCESS ? out : std::string_view{};
}

bool is_true(const Json& value) {
  bool out = false;
  return value.get_bool().get(out) == SUCCESS && out;
}

JsonScalar::JsonScalar(const Json& value) : m_text(text_of(value)) {
  const auto put = [this](auto number, auto... format) {
    auto* const begin = m_digits.data();
    const auto done = std::to_chars(begin, begin + m_digits.size(), number, format...);
    if (done.ec == std::errc()) { // else it is a number of more digits than an id or time has
      m_text = {begin, static_cast<std::size_t>(done.ptr - begin)};
    }
  };
  std::int64_t whole = 0;
  std::uint64_t large = 0;
  double real = 0;
  bool truth = false;
  if (value.get_int64().get(whole) == SUCCESS) {
    put(whole);
  } else if (value.get_uint64().get(large) == SUCCESS) {
    put(large);
  } else if (value.get_double().get(real) == SUCCESS) {
    put(real, std::chars_format::fixed); // the shortest that is this number again
  } else if (value.get_bool().get(truth) == SUCCESS) {
    m_text = truth ? "true" : "false";
  }
}

std::optional<Instant> time_of(const Json& value, TimeZone zone) {
  const JsonScalar text(value);
  if (const auto time = parse_unix_time(text)) {
    return time;
  }
  if (const auto time = parse_time(text, zone)) {
    return time;
  }
  return parse_time_as(text, k_mail_date, zone);
}

int reply_code_of(const Json& value) {
  const auto code = parse_int(JsonScalar(value));
  return code && *code >= 200 && *code < 600 ? static_cast<int>(*code) : 0;
}

std::vector<std::string_view> texts_of(const Json& value) {
  std::vector<std::string_view> out;
  const auto take = [&out](const Json& item) {
    if (const auto text = text_of(item); !text.empty()) {
      out.push_back(text);
    }
  };
  take(value);
  each_element(value, take);
  return out;
}

std::string mismatch(std::string_view name, const Json& value, std::string_view expected) {
  constexpr std::size_t k_most = 40;
  std::string out;
  if (is_there(value)) {
    const auto found = simdjson::minify(value.value_unsafe());
    out.append("\"").append(name).append("\" is ").append(printable(found, k_most));
    return out.append(", not ").append(expected);
  }
  return out.append("no \"").append(name).append("\" (").append(expected).append(")");
}

} // namespace mailfunnel
