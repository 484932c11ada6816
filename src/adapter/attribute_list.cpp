#include "adapter/attribute_list.hpp"

#include "model/recipient.hpp"

namespace mailfunnel {

void AttributeList::add(std::string_view name, std::string_view value) {
  if (value.empty()) {
    return;
  }
  const std::string_view key = m_texts.emplace_back(attribute_name(name));
  m_pairs.emplace_back(key, m_texts.emplace_back(value));
}

void AttributeList::add(std::string_view name, const Json& value) {
  const JsonScalar text(value);
  add(name, std::string_view(text));
}

void AttributeList::add_members(const Json& object) {
  each_member(object, [this](std::string_view name, const Json& value) { add(name, value); });
}

} // namespace mailfunnel
