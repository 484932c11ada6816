#pragma once
// Attributes of one contact, gathered from JSON: names made attribute names, values made text.

#include "adapter/json_value.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

class Attributes {
public:
  /// Left out when either is empty, and so is what comes after 500 of them: nobody has more.
  void add(std::string_view name, std::string_view value);
  /// Text of a string, number, true or false; of a list, its elements with ", " between. null and
  /// objects are left out.
  void add(std::string_view name, const Json& value);
  /// Each member of an object.
  void add_members(const Json& object);
  /// For RecipientView; valid until the next change.
  std::span<const std::pair<std::string_view, std::string_view>> all();

private:
  std::vector<std::pair<std::string, std::string>> m_owned;
  std::vector<std::pair<std::string_view, std::string_view>> m_views;
};

} // namespace mailfunnel
