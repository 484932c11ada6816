#include "web/pages/template.hpp"

#include "web/pages/assets.hpp"

#include <map>
#include <stdexcept>

namespace mailfunnel {

namespace {

std::string text_of(std::string_view name) {
  const auto text = find_asset("templates/" + std::string(name) + ".html");
  if (!text) {
    throw std::logic_error("no template is called " + std::string(name));
  }
  return std::string(*text);
}

/// Finds words and other templates beside what the view has.
class Context : public kainjow::mustache::context<std::string> {
public:
  Context(const View& view, const Words& words)
      : kainjow::mustache::context<std::string>(&view), m_words(words) {}

  const View* get(const std::string& name) const override {
    constexpr std::string_view k_word = "t.";
    if (!name.starts_with(k_word)) {
      const auto* found = kainjow::mustache::context<std::string>::get(name);
      return found != nullptr && found->is_string() && found->string_value().empty() ? &m_nothing
                                                                                     : found;
    }
    const auto found = m_known.find(name);
    if (found != m_known.end()) {
      return &found->second;
    }
    const auto& word = m_words[std::string_view(name).substr(k_word.size())];
    return &m_known.emplace(name, View(word)).first->second;
  }

  const View* get_partial(const std::string& name) const override {
    const auto found = m_partials.find(name);
    return found != m_partials.end() ? &found->second
                                     : &m_partials.emplace(name, View(text_of(name))).first->second;
  }

private:
  const Words& m_words;
  const View m_nothing{false}; // {{#name}} of an empty text is left out
  mutable std::map<std::string, View> m_known, m_partials;
};

} // namespace

std::string render(std::string_view name, const View& view, const Words& words) {
  kainjow::mustache::mustache made(text_of(name));
  Context context(view, words);
  auto out = made.is_valid() ? made.render(context) : std::string();
  if (!made.is_valid()) {
    throw std::logic_error("template " + std::string(name) + ": " + made.error_message());
  }
  return out;
}

std::string html_text(std::string_view text) {
  return kainjow::mustache::html_escape(std::string(text));
}

} // namespace mailfunnel
