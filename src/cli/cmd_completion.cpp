// completion: the program's words for bash, zsh and fish, written from the table of commands.

#include "base/text.hpp"
#include "option_table.hpp"

#include <fmt/format.h>

#include <iostream>

namespace mailfunnel::cli {

namespace {

/// A backslash before each of these characters.
std::string escaped(std::string_view text, std::string_view characters) {
  std::string out;
  for (const char c : text) {
    out += characters.find(c) != std::string_view::npos ? "\\" : "";
    out += c;
  }
  return out;
}

/// bash and zsh know no escape inside of single quotes.
std::string shell_quoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return "'" + out + "'";
}

std::string fish_quoted(std::string_view text) {
  return "'" + escaped(text, "'\\") + "'";
}

std::string command_names() {
  std::vector<std::string> names;
  for (const auto& command : commands()) {
    names.emplace_back(command.name);
  }
  return join(names, " ");
}

// --- bash ---

std::string dashed(const std::vector<OptionText>& options) {
  std::vector<std::string> out;
  for (const auto& option : options) {
    out.push_back("--" + option.name);
  }
  return join(out, " ");
}

/// "  score:--rules) _mailfunnel_files ;;": what stands behind an option.
std::string bash_value(std::string_view command, const OptionText& option) {
  if (option.value.empty()) {
    return {};
  }
  std::string words;
  for (const auto word : option.words()) {
    words += (words.empty() ? "" : "\\n") + std::string(word);
  }
  const auto pattern =
      fmt::format("{}:--{}{}", command, option.name,
                  option.letter.empty() ? "" : fmt::format(" | {}:-{}", command, option.letter));
  const auto give = option.takes_file()     ? "compgen -f -- \"$cur\""
                    : option.takes_folder() ? "compgen -d -- \"$cur\""
                    : words.empty()         ? ":"
                                            : fmt::format("compgen -W $'{}' -- \"$cur\"", words);
  return fmt::format("    {}) {} ;;\n", pattern, give);
}

/// "-C | --directory | --config": options of every command that a value follows.
std::string before_values() {
  std::vector<std::string> out;
  for (const auto& option : common_option_texts()) {
    if (!option.value.empty()) {
      out.push_back("--" + option.name);
      if (!option.letter.empty()) {
        out.push_back("-" + option.letter);
      }
    }
  }
  return join(out, " | ");
}

void print_bash() {
  std::string cases, values;
  for (const auto& command : commands()) {
    const auto own = options_of(command);
    cases += fmt::format("    {}) options={} words={} paths={} ;;\n", command.name,
                         shell_quoted(dashed(own)), shell_quoted(join(words_of(command), " ")),
                         takes_paths(command) ? "yes" : "no");
    for (const auto& option : own) {
      values += bash_value(command.name, option);
    }
  }
  for (const auto& option : common_option_texts()) {
    values += bash_value("*", option);
  }
  std::cout << R"(# Completion of mailfunnel for bash; written by `mailfunnel completion bash`.

# What stands behind an option; fails where it wants nothing.
_mailfunnel_value() { # command option
  local IFS=$'\n'
  case $1:$2 in
)" << values << R"(    *) return 1 ;;
  esac
  return 0
}

_mailfunnel() {
  local cur=${COMP_WORDS[COMP_CWORD]} command= options= words= paths=no i found
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      )" << before_values()
            << R"() ((i++)) ;;
      -*) ;;
      *) command=${COMP_WORDS[i]} && break ;;
    esac
  done
  case $command in
    '') words=')"
            << command_names() << R"(' ;;
)" << cases << R"(  esac
  if found=$(_mailfunnel_value "$command" "${COMP_WORDS[COMP_CWORD - 1]}"); then
    :
  elif [[ $cur == -* ]]; then
    found=$(compgen -W "$options )"
            << dashed(common_option_texts()) << R"(" -- "$cur")
  else
    found=$(compgen -W "$words" -- "$cur"; [[ $paths == no ]] || compgen -f -- "$cur")
  fi
  mapfile -t COMPREPLY <<< "$found"
  [[ -n $found ]] || COMPREPLY=()
}

complete -o filenames -F _mailfunnel mailfunnel
)";
}

// --- zsh ---

/// '(-C --directory)'{-C,--directory}'[the workspace]:DIR:_files -/'
std::string zsh_option(const OptionText& option) {
  std::vector<std::string> words;
  for (const auto word : option.words()) {
    words.push_back(escaped(word, " "));
  }
  const auto give = !words.empty()          ? "(" + join(words, " ") + ")"
                    : option.takes_file()   ? "_files"
                    : option.takes_folder() ? "_files -/"
                                            : " ";
  const auto value =
      option.value.empty() ? "" : fmt::format(":{}:{}", escaped(option.value, ":\\"), give);
  const auto told =
      shell_quoted(fmt::format("[{}]{}", escaped(option.description, "[]:\\"), value));
  return option.letter.empty()
             ? fmt::format("--{}{}", option.name, told)
             : fmt::format("'(-{0} --{1})'{{-{0},--{1}}}{2}", option.letter, option.name, told);
}

void print_zsh() {
  std::string common, names, cases;
  for (const auto& option : common_option_texts()) {
    common += "    " + zsh_option(option) + "\n";
  }
  for (const auto& command : commands()) {
    names += fmt::format("        {}\n",
                         shell_quoted(fmt::format("{}:{}", command.name, command.summary)));
    cases += fmt::format("        {})\n          _arguments $common", command.name);
    for (const auto& option : options_of(command)) {
      cases += " \\\n            " + zsh_option(option);
    }
    if (const auto words = words_of(command); !words.empty()) {
      cases += fmt::format(" \\\n            '1:what:({})'", join(words, " "));
    }
    cases += takes_paths(command) ? " \\\n            '*:file:_files' ;;\n" : " ;;\n";
  }
  std::cout << R"(#compdef mailfunnel
# Completion of mailfunnel for zsh; written by `mailfunnel completion zsh`.

_mailfunnel() {
  local context state state_descr line
  typeset -A opt_args
  local -a common names
  common=(
)" << common << R"(  )
  _arguments -C $common '1:command:->command' '*::argument:->argument'
  case $state in
    command)
      names=(
)" << names << R"(      )
      _describe command names
      ;;
    argument)
      case $words[1] in
)" << cases << R"(      esac
      ;;
  esac
}

# Found by its name in $fpath, or read by `source`.
if [[ $funcstack[1] == _mailfunnel ]]; then
  _mailfunnel "$@"
else
  compdef _mailfunnel mailfunnel
fi
)";
}

// --- fish ---

void print_fish_option(const OptionText& option, std::string_view when) {
  std::vector<std::string> words;
  for (const auto word : option.words()) {
    words.push_back(word.find(' ') == std::string_view::npos ? std::string(word)
                                                             : fish_quoted(word));
  }
  std::cout << "complete -c mailfunnel" << when;
  std::cout << (option.letter.empty() ? "" : " -s " + option.letter) << " -l " << option.name;
  std::cout << (option.value.empty()     ? ""
                : option.takes_file()    ? " -r -F"
                : option.takes_folder()  ? " -x -a '(__fish_complete_directories)'"
                : option.words().empty() ? " -x"
                                         : " -x -a " + fish_quoted(join(words, " ")));
  std::cout << " -d " << fish_quoted(option.description) << '\n';
}

void print_fish() {
  std::cout << "# Completion of mailfunnel for fish; written by `mailfunnel completion fish`.\n\n"
               "complete -c mailfunnel -f\n";
  for (const auto& option : common_option_texts()) {
    print_fish_option(option, "");
  }
  for (const auto& command : commands()) {
    std::cout << fmt::format("\ncomplete -c mailfunnel -n __fish_use_subcommand -a {} -d {}\n",
                             command.name, fish_quoted(command.summary));
    const auto when = fmt::format(" -n '__fish_seen_subcommand_from {}'", command.name);
    for (const auto& option : options_of(command)) {
      print_fish_option(option, when);
    }
    if (const auto words = words_of(command); !words.empty()) {
      std::cout << fmt::format("complete -c mailfunnel{} -a {}\n", when,
                               fish_quoted(join(words, " ")));
    }
    if (takes_paths(command)) {
      std::cout << fmt::format("complete -c mailfunnel{} -F\n", when);
    }
  }
}

int run_completion(const Invocation& call) {
  const auto arguments = call.texts("arguments");
  const auto shell = arguments.size() == 1 ? arguments.front() : std::string();
  if (shell == "bash") {
    print_bash();
  } else if (shell == "zsh") {
    print_zsh();
  } else if (shell == "fish") {
    print_fish();
  } else {
    wrong_usage("`mailfunnel completion bash|zsh|fish` wants the name of a shell");
  }
  return k_done;
}

} // namespace

Command completion_command() {
  return {"completion",
          "bash|zsh|fish",
          "what a shell needs to complete commands and options",
          "  mailfunnel completion bash > ~/.local/share/bash-completion/completions/mailfunnel",
          [](auto&) {},
          run_completion};
}

} // namespace mailfunnel::cli
