#include "app/toml_section.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <cmath>

namespace mailfunnel {

const toml::node* Section::find(std::string_view key) {
  m_known.emplace(key);
  return m_table.get(key);
}

void Section::allow(std::initializer_list<std::string_view> keys) {
  for (const auto key : keys) {
    m_known.emplace(key);
  }
}

void Section::add(const toml::source_region& where, std::string message, bool warning) {
  m_problems.push_back({m_file, static_cast<std::uint32_t>(where.begin.line),
                        static_cast<std::uint32_t>(where.begin.column), std::move(message),
                        warning});
}

void Section::error(std::string_view key, std::string message) {
  const auto* node = m_table.get(key);
  add(node != nullptr ? node->source() : m_table.source(), std::move(message), false);
}
void Section::warning(std::string_view key, std::string message) {
  const auto* node = m_table.get(key);
  add(node != nullptr ? node->source() : m_table.source(), std::move(message), true);
}
void Section::error_here(std::string message) {
  add(m_table.source(), std::move(message), false);
}
void Section::error_at(const toml::source_region& where, std::string message) {
  add(where, std::move(message), false);
}

void Section::wrong_type(std::string_view key, std::string_view wanted) {
  error(key, fmt::format("`{}` in {} should be {}", key, m_name, wanted));
}

std::optional<std::string> Section::text(std::string_view key) {
  const auto* node = find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (const auto* value = node->as_string()) {
    return value->get();
  }
  wrong_type(key, "a text in quotes");
  return std::nullopt;
}

std::optional<bool> Section::flag(std::string_view key) {
  const auto* node = find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (const auto* value = node->as_boolean()) {
    return value->get();
  }
  wrong_type(key, "true or false");
  return std::nullopt;
}

std::optional<double> Section::number(std::string_view key) {
  const auto* node = find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (const auto value = node->value_exact<std::int64_t>()) {
    return static_cast<double>(*value);
  }
  if (const auto value = node->value_exact<double>(); value && std::isfinite(*value)) {
    return *value;
  }
  wrong_type(key, "a number");
  return std::nullopt;
}

std::optional<Points> Section::points(std::string_view key) {
  const auto value = number(key);
  if (!value) {
    return std::nullopt;
  }
  if (std::abs(*value) > 1'000'000) {
    error(key, fmt::format("`{}` in {} is beyond a million points", key, m_name));
    return std::nullopt;
  }
  return static_cast<Points>(std::llround(*value * static_cast<double>(k_point)));
}

std::optional<std::optional<Points>> Section::points_or_off(std::string_view key) {
  const auto* node = find(key);
  if (node != nullptr && node->is_string() && node->as_string()->get() == "off") {
    return std::optional<Points>();
  }
  const auto value = points(key);
  return value ? std::optional(std::optional(*value)) : std::nullopt;
}

std::optional<Seconds> Section::duration(std::string_view key) {
  const auto value = text(key);
  if (!value) {
    return std::nullopt;
  }
  const auto seconds = parse_duration(*value);
  if (!seconds) {
    error(key,
          fmt::format("`{}` in {} should be a time such as \"7d\", \"24h\" or \"13mo\", not \"{}\"",
                      key, m_name, *value));
  }
  return seconds;
}

std::vector<std::string> Section::texts(std::string_view key) {
  std::vector<std::string> out;
  const auto* node = find(key);
  if (node == nullptr) {
    return out;
  }
  if (const auto* value = node->as_string()) {
    out.push_back(value->get());
    return out;
  }
  const auto* list = node->as_array();
  if (list == nullptr) {
    wrong_type(key, "a list of texts");
    return out;
  }
  for (const auto& item : *list) {
    if (const auto* value = item.as_string()) {
      out.push_back(value->get());
    } else {
      add(item.source(), fmt::format("`{}` in {} should hold texts only", key, m_name), false);
    }
  }
  return out;
}

std::optional<std::size_t> Section::choice(std::string_view key,
                                           const std::vector<std::string>& names) {
  const auto value = text(key);
  if (!value) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == *value) {
      return i;
    }
  }
  const auto near = nearest(*value, names);
  error(key, fmt::format("`{}` in {} can't be \"{}\": one of {}{}", key, m_name, *value,
                         join(names, ", "), near ? "; did you mean \"" + *near + "\"?" : ""));
  return std::nullopt;
}

std::optional<TimeZone> Section::zone(std::string_view key) {
  const auto name = text(key);
  if (!name) {
    return std::nullopt;
  }
  const auto found = find_zone(*name);
  if (!found) {
    error(key, found.error().message);
    return std::nullopt;
  }
  return *found;
}

std::optional<SecretSource> Section::secret(std::string_view key) {
  const auto* node = find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  using From = SecretSource::From;
  constexpr std::pair<std::string_view, From> k_from[] = {{"env", From::env},
                                                          {"file", From::file},
                                                          {"command", From::command},
                                                          {"credential", From::credential}};
  if (const auto* value = node->as_string()) {
    return SecretSource{From::text, value->get()};
  }
  if (const auto* table = node->as_table(); table != nullptr && table->size() == 1) {
    for (const auto& [name, from] : k_from) {
      if (const auto* value = table->get_as<std::string>(name)) {
        return SecretSource{from, value->get()};
      }
    }
  }
  wrong_type(key, "{ env = \"NAME\" }, { file = \"PATH\" }, { command = \"…\" } or "
                  "{ credential = \"NAME\" }");
  return std::nullopt;
}

std::vector<std::string> Section::others() const {
  std::vector<std::string> out;
  for (const auto& [key, node] : m_table) {
    if (!m_known.contains(key.str())) {
      out.emplace_back(key.str());
    }
  }
  return out;
}

std::pair<std::uint32_t, std::uint32_t> Section::place_of(std::string_view key) const {
  for (const auto& [name, node] : m_table) {
    if (name.str() == key) {
      return {static_cast<std::uint32_t>(name.source().begin.line),
              static_cast<std::uint32_t>(name.source().begin.column)};
    }
  }
  return {0, 0};
}

ExpressionPtr Section::expression(std::string_view key) {
  const auto source = text(key);
  if (!source) {
    return nullptr;
  }
  auto parsed = parse_expression(*source);
  if (!parsed.expression) {
    error(key, parsed.error.text(*source));
  }
  return parsed.expression;
}

const toml::table* Section::inner(std::string_view key) {
  const auto* node = find(key);
  if (node == nullptr) {
    return nullptr;
  }
  if (const auto* table = node->as_table()) {
    return table;
  }
  wrong_type(key, "a table");
  return nullptr;
}

std::optional<Section> Section::section(std::string_view key, std::string name) {
  const auto* table = inner(key);
  return table == nullptr ? std::nullopt
                          : std::optional(Section(*table, std::move(name), m_file, m_problems));
}

std::vector<Section> Section::sections(std::string_view key, std::string_view name) {
  std::vector<Section> out;
  const auto* node = find(key);
  if (node == nullptr) {
    return out;
  }
  const auto* list = node->as_array();
  if (list == nullptr) {
    wrong_type(key, fmt::format("a list: write [[{}]]", key));
    return out;
  }
  for (const auto& item : *list) {
    if (const auto* table = item.as_table()) {
      out.emplace_back(*table, std::string(name), m_file, m_problems);
    }
  }
  return out;
}

void Section::finish() {
  for (const auto& [key, node] : m_table) {
    if (m_known.contains(key.str())) {
      continue;
    }
    const auto near = nearest(key.str(), {m_known.begin(), m_known.end()});
    m_problems.push_back({m_file, static_cast<std::uint32_t>(key.source().begin.line),
                          static_cast<std::uint32_t>(key.source().begin.column),
                          fmt::format("{} has no key `{}`{}", m_name, key.str(),
                                      near ? "; did you mean `" + *near + "`?" : ""),
                          false});
  }
}

} // namespace mailfunnel
