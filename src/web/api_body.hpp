#pragma once
// The JSON object that a request of the API brings.

#include "web/api_context.hpp"

#include <boost/json/object.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// Failure (usage) from all: no object, a member that is not among `names`, of another type, or
/// missing.
class JsonBody {
public:
  JsonBody(const WebRequest& request, std::initializer_list<std::string_view> names);
  std::string text(std::string_view name) const;
  std::string text_or(std::string_view name, std::string otherwise) const;
  std::vector<std::string> texts(std::string_view name) const; // none where it is missing
  bool flag(std::string_view name) const;                      // false where it is missing

private:
  boost::json::object m_object;
};

} // namespace mailfunnel
