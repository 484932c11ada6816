#pragma once
// A TOML table being read: knows which keys were asked for, and collects what is wrong with their
// values.

#include "app/config.hpp"

#include <toml++/toml.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

class Section {
public:
  Section(const toml::table& table, std::string name, const std::string& file,
          std::vector<Problem>& problems)
      : m_table(table), m_name(std::move(name)), m_file(file), m_problems(problems) {}

  bool has(std::string_view key) const { return m_table.contains(key); }
  const toml::table& table() const { return m_table; }
  const std::string& name() const { return m_name; }

  std::optional<std::string> text(std::string_view key);
  std::optional<bool> flag(std::string_view key);
  std::optional<double> number(std::string_view key);
  std::optional<Points> points(std::string_view key);
  /// A number of points, or "off".
  std::optional<std::optional<Points>> points_or_off(std::string_view key);
  std::optional<Seconds> duration(std::string_view key);
  std::vector<std::string> texts(std::string_view key); // also a single text
  /// One of the names, by its index.
  std::optional<std::size_t> choice(std::string_view key, const std::vector<std::string>& names);
  std::optional<TimeZone> zone(std::string_view key);
  /// { env = … }, { file = … }, { command = … } or { credential = … }; a text as it is.
  std::optional<SecretSource> secret(std::string_view key);
  /// Keys that nobody asked for so far.
  std::vector<std::string> others() const;
  /// nullptr: it is not there, or can't be parsed.
  ExpressionPtr expression(std::string_view key);
  const toml::table* inner(std::string_view key); // a table whose keys are the user's own
  /// A table within this one, and a list of them; messages call it `name`.
  std::optional<Section> section(std::string_view key, std::string name);
  std::vector<Section> sections(std::string_view key, std::string_view name);
  void allow(std::string_view key) { m_known.emplace(key); } // known, read elsewhere or later
  void allow(std::initializer_list<std::string_view> keys);

  void error(std::string_view key, std::string message); // at the key's value
  void warning(std::string_view key, std::string message);
  void error_here(std::string message); // at the table
  void error_at(const toml::source_region& where, std::string message);
  std::pair<std::uint32_t, std::uint32_t> place_of(std::string_view key) const; // line, column
  /// Every key that nobody asked for is a mistake.
  void finish();

private:
  const toml::node* find(std::string_view key);
  void add(const toml::source_region& where, std::string message, bool warning);
  void wrong_type(std::string_view key, std::string_view wanted);

  const toml::table& m_table;
  std::string m_name;
  const std::string& m_file;
  std::vector<Problem>& m_problems;
  std::set<std::string, std::less<>> m_known;
};

} // namespace mailfunnel
