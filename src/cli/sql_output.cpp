#include "sql_output.hpp"

#include "base/csv.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>

namespace mailfunnel::cli {

namespace {

constexpr std::size_t k_page = 1000; // rows whose widths make up those of a table
constexpr std::size_t k_widest = 90; // columns of a cell on the terminal

/// The name of a column, which without AS is the text of its expression.
std::string one_line(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (!is_space(c)) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

/// A query can put other texts into a column of JSON (UNION): those are none.
bool looks_like_json(std::string_view text) {
  return text.size() >= 2 && ((text.front() == '{' && text.back() == '}') ||
                              (text.front() == '[' && text.back() == ']'));
}

/// To the thousandth, as points are given.
std::string short_number(double number) {
  constexpr double k_plain = 1e15;
  if (!(std::abs(number) < k_plain)) {
    return fmt::format("{}", number);
  }
  auto text = fmt::format("{:.3f}", number);
  text.erase(text.find_last_not_of('0') + 1);
  text.erase(text.find_last_not_of('.') + 1);
  return text == "-0" ? "0" : text;
}

struct CellText {
  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(std::int64_t number) const { return std::to_string(number); }
  std::string operator()(double number) const { return short_number(number); }
  std::string operator()(std::string_view text) const { return shortened(text, k_widest); }
};

struct CsvText {
  std::string& out;
  void operator()(std::monostate) const {}
  void operator()(std::int64_t number) const { out += std::to_string(number); }
  void operator()(double number) const { out += fmt::format("{}", number); }
  void operator()(std::string_view text) const { append_csv_field(out, text); }
};

struct JsonText {
  std::string& out;
  bool json; // a text is JSON
  void operator()(std::monostate) const { out += "null"; }
  void operator()(std::int64_t number) const { out += std::to_string(number); }
  void operator()(double number) const {
    out += std::isfinite(number) ? fmt::format("{}", number) : "null";
  }
  void operator()(std::string_view text) const {
    if (json && looks_like_json(text)) {
      out += text;
    } else {
      append_json_string(out, text);
    }
  }
};

} // namespace

SqlOutput::SqlOutput(const SqlStatement& statement, SqlFormat format, bool color)
    : m_statement(statement), m_format(format), m_color(color) {
  const auto columns = statement.columns();
  m_text.resize(columns);
  for (std::size_t c = 0; c < columns; ++c) {
    auto name = one_line(statement.name(c));
    if (format == SqlFormat::csv) {
      m_line += c == 0 ? "" : ",";
      append_csv_field(m_line, name);
    } else if (format == SqlFormat::ndjson) {
      // An object has each name once.
      const auto wanted = name;
      std::string key;
      for (int n = 2; append_json_string(key = c == 0 ? "{" : ",", name),
               std::any_of(m_names.begin(), m_names.end(),
                           [&](const std::string& other) {
                             return std::string_view(other).substr(1) == key.substr(1) + ":";
                           });
           ++n) {
        name = wanted + "_" + std::to_string(n);
      }
      name = key + ":";
    }
    m_names.push_back(std::move(name));
    m_json.push_back(statement.is_json(c));
  }
  if (format == SqlFormat::csv) {
    std::cout << m_line << '\n';
  }
}

void SqlOutput::row() {
  switch (m_format) {
  case SqlFormat::table:
    table_row();
    break;
  case SqlFormat::csv:
    csv_row();
    break;
  case SqlFormat::ndjson:
    json_row();
    break;
  }
}

void SqlOutput::table_row() {
  auto& cells = m_page.emplace_back();
  for (std::size_t c = 0; c < m_names.size(); ++c) {
    const auto value = m_statement.value(c);
    m_text[c] = m_text[c] || std::holds_alternative<std::string_view>(value);
    cells.push_back(std::visit(CellText(), value));
  }
  if (m_page.size() == k_page) {
    show_page();
  }
}

void SqlOutput::show_page() {
  if (!m_table) {
    auto names = m_names;
    for (std::size_t c = 0; c < names.size(); ++c) {
      names[c] += m_text[c] ? "" : ">";
    }
    m_table.emplace(std::move(names));
  }
  for (auto& cells : m_page) {
    m_table->add(std::move(cells));
  }
  m_page.clear();
  std::cout << m_table->take(m_color);
}

void SqlOutput::csv_row() {
  m_line.clear();
  for (std::size_t c = 0; c < m_names.size(); ++c) {
    m_line += c == 0 ? "" : ",";
    std::visit(CsvText{m_line}, m_statement.value(c));
  }
  m_line += '\n';
  std::cout << m_line;
}

void SqlOutput::json_row() {
  m_line.clear();
  for (std::size_t c = 0; c < m_names.size(); ++c) {
    m_line += m_names[c];
    std::visit(JsonText{m_line, m_json[c]}, m_statement.value(c));
  }
  m_line += "}\n";
  std::cout << m_line;
}

void SqlOutput::end() {
  if (m_format == SqlFormat::table && !m_table) {
    show_page();
  }
  stop();
}

void SqlOutput::stop() {
  if (!m_page.empty()) {
    show_page();
  }
  std::cout.flush();
}

} // namespace mailfunnel::cli
