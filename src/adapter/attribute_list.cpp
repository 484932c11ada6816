#include "adapter/attribute_list.hpp"

#include "model/recipient.hpp"

namespace mailfunnel {

void AttributeList::add(std::string_view name, const Json& value) {
  const JsonScalar scalar(value);
  const std::string_view text = scalar;
  if (text.empty()) {
    return;
  }
  const std::string_view key = m_texts.emplace_back(attribute_name(name));
  m_pairs.emplace_back(key, m_texts.emplace_back(text));
}

void AttributeList::add_members(const Json& object) {
  each_member(object, [this](std::string_view name, const Json& value) { add(name, value); });
}

} // namespace mailfunnel
