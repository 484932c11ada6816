#pragma once
// What a process that runs for months has to say: one line each, with fields. For people as text,
// for machines as JSON; control characters and quotes in values never make another line or field.

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace mailfunnel {

class EventLog {
public:
  enum class Level : std::uint8_t { info, warning, error };
  enum class Form : std::uint8_t { text, json };
  using Field = std::pair<std::string_view, std::string_view>;
  using Fields = std::initializer_list<Field>;

  /// `write` gets whole lines with their end, one at a time. `clock`: seconds since 1970.
  EventLog(Form form, std::function<void(std::string_view)> write,
           std::function<std::int64_t()> clock)
      : m_form(form), m_write(std::move(write)), m_clock(std::move(clock)) {}

  void info(std::string_view what, Fields fields = {}) { write(Level::info, what, fields); }
  void warning(std::string_view what, Fields fields = {}) { write(Level::warning, what, fields); }
  void error(std::string_view what, Fields fields = {}) { write(Level::error, what, fields); }

private:
  void write(Level level, std::string_view what, Fields fields);

  Form m_form;
  std::function<void(std::string_view)> m_write;
  std::function<std::int64_t()> m_clock;
  std::mutex m_mutex;
};

} // namespace mailfunnel
