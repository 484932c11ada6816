#pragma once
// The options of a command as plain values, for what is written about them: completions and the
// manual page. They come from the table that the parser reads.

#include "command.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel::cli {

struct OptionText {
  std::string name;        // "directory", without dashes
  std::string letter;      // "C", or "" where it has none
  std::string value;       // "DIR"; "" of a flag
  std::string description; // one sentence

  /// What stands behind it, where that is one of a few words.
  std::vector<std::string_view> words() const;
  bool takes_file() const { return value.starts_with("FILE"); } // FILE, FILE|DIR
  bool takes_folder() const { return value.starts_with("DIR"); }
};

std::vector<OptionText> options_of(const po::options_description& options);
std::vector<OptionText> options_of(const Command& command); // its own
std::vector<OptionText> common_option_texts();

/// Words that a command's synopsis names: of "[show|count|export NAME…]" show, count and export.
std::vector<std::string> words_of(const Command& command);
/// Does it take files or folders?
bool takes_paths(const Command& command);

} // namespace mailfunnel::cli
