#pragma once
// The templates of templates/, in mustache: {{name}} is escaped, {{>part}} is another template,
// {{t.word}} is a word of the page's language (words.hpp).

#include "web/pages/words.hpp"

#include <kainjow/mustache.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

/// What a template is filled with: texts, truths, objects and lists. An empty text is not true.
using View = kainjow::mustache::data;

inline View list_of(const std::vector<View>& items = {}) {
  View out(View::type::list);
  for (const auto& item : items) {
    out.push_back(item);
  }
  return out;
}

/// std::logic_error: there is no such template, or it is none.
std::string render(std::string_view name, const View& view, const Words& words);

/// With what HTML wants escaped.
std::string html_text(std::string_view text);

} // namespace mailfunnel
