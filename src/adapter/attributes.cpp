#include "adapter/attributes.hpp"

#include "model/recipient.hpp"

namespace mailfunnel {

namespace {

constexpr std::size_t k_most = 500, k_longest_name = 100;

} // namespace

void Attributes::add(std::string_view name, std::string_view value) {
  if (value.empty() || m_owned.size() == k_most) {
    return;
  }
  if (auto ours = attribute_name(name.substr(0, k_longest_name)); !ours.empty()) {
    m_owned.emplace_back(std::move(ours), value);
  }
}

void Attributes::add(std::string_view name, const Json& value) {
  if (const JsonScalar text(value); !std::string_view(text).empty()) {
    add(name, std::string_view(text));
    return;
  }
  std::string joined;
  each_element(value, [&joined](const Json& element) {
    if (const JsonScalar text(element); !std::string_view(text).empty()) {
      joined.append(joined.empty() ? "" : ", ").append(std::string_view(text));
    }
  });
  add(name, joined);
}

void Attributes::add_members(const Json& object) {
  each_member(object, [this](std::string_view name, const Json& value) { add(name, value); });
}

std::span<const std::pair<std::string_view, std::string_view>> Attributes::all() {
  m_views.assign(m_owned.begin(), m_owned.end());
  return m_views;
}

} // namespace mailfunnel
