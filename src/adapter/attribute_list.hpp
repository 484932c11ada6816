#pragma once
// The attributes of a contact as JSON gives them: members of an object, with numbers and truths
// among the texts.

#include "adapter/json_value.hpp"

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

/// Owns what it shows; for RecipientView::attributes.
class AttributeList {
public:
  /// The name becomes attribute_name(). A value that is empty, null, a list or an object is left
  /// out.
  void add(std::string_view name, std::string_view value);
  void add(std::string_view name, const Json& value);
  /// Each member of an object.
  void add_members(const Json& object);
  std::span<const std::pair<std::string_view, std::string_view>> view() const { return m_pairs; }

private:
  std::deque<std::string> m_texts;
  std::vector<std::pair<std::string_view, std::string_view>> m_pairs;
};

} // namespace mailfunnel
