#include "option_table.hpp"

#include <algorithm>

namespace mailfunnel::cli {

namespace {

/// Options that want one of a few words, by name and by what --help calls their value.
struct Choice {
  std::string_view option, value;
  std::vector<std::string_view> words;
};

const std::vector<Choice>& choices() {
  static const std::vector<Choice> k_choices{
      {"color", "WHEN", {"auto", "always", "never"}},
      {"progress", "WHEN", {"auto", "json", "never"}},
      {"stage", "STAGE", {"TOFU", "MOFU", "BOFU", "NONE"}},
      {"format", "F", {"people", "csv", "ndjson"}},
      {"use", "USE", {"mailing", "sales", "suppression"}},
      {"verdict", "V", {"HUMAN", "UNKNOWN", "PROXY", "MACHINE"}},
      {"reason", "R", {"manual", "objection", "unsubscribed", "complained", "hard bounce"}},
  };
  return k_choices;
}

} // namespace

std::vector<std::string_view> OptionText::words() const {
  for (const auto& choice : choices()) {
    if (choice.option == name && choice.value == value) {
      return choice.words;
    }
  }
  return {};
}

std::vector<OptionText> options_of(const po::options_description& options) {
  std::vector<OptionText> out;
  for (const auto& option : options.options()) {
    OptionText text;
    text.name = option->long_name();
    const auto dashed =
        option->canonical_display_name(po::command_line_style::allow_dash_for_short);
    text.letter = dashed.starts_with('-') ? dashed.substr(1) : "";
    text.value = option->format_parameter();
    text.description = option->description();
    out.push_back(std::move(text));
  }
  return out;
}

std::vector<OptionText> options_of(const Command& command) {
  po::options_description own;
  command.options(own);
  return options_of(own);
}

std::vector<OptionText> common_option_texts() {
  return options_of(common_options());
}

std::vector<std::string> words_of(const Command& command) {
  std::vector<std::string> out;
  std::string word;
  bool plain = true; // all of it in small letters
  const auto end_word = [&] {
    if (plain && !word.empty()) {
      out.push_back(word);
    }
    word.clear();
    plain = true;
  };
  for (const char c : command.arguments) {
    if (c == ' ' || c == '|' || c == '[' || c == ']') {
      end_word();
    } else {
      plain = plain && c >= 'a' && c <= 'z';
      word += c;
    }
  }
  end_word();
  return out;
}

bool takes_paths(const Command& command) {
  constexpr std::string_view k_paths[] = {"FILE", "PATH", "DIR"};
  return std::any_of(std::begin(k_paths), std::end(k_paths), [&](std::string_view what) {
    return command.arguments.find(what) != std::string_view::npos;
  });
}

} // namespace mailfunnel::cli
