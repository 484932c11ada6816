// man: the manual page in roff, written from the table of commands.
//
// man(7) of groff, which mandoc reads too. https://man7.org/linux/man-pages/man7/groff_man.7.html

#include "base/text.hpp"
#include "option_table.hpp"

#include <fmt/format.h>

#include <iostream>

namespace mailfunnel::cli {

namespace {

/// A text of roff: no backslash, hyphen or dot in it means anything else.
std::string roff(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    out += line_begins && (c == '.' || c == '\'') ? "\\&" : "";
    line_begins = c == '\n';
    out += c == '\\' ? std::string("\\e") : c == '-' ? std::string("\\-") : std::string(1, c);
  }
  return out;
}

/// An argument of a macro.
std::string argument(std::string_view text) {
  std::string out;
  for (const char c : roff(text)) {
    out += c == '"' ? std::string("\\(dq") : std::string(1, c);
  }
  return "\"" + out + "\"";
}

std::string option(const OptionText& text) {
  std::string out = ".TP\n";
  if (!text.letter.empty()) {
    out += fmt::format("\\fB\\-{}\\fR, ", text.letter);
  }
  out += fmt::format("\\fB{}\\fR", roff("--" + text.name));
  out += text.value.empty() ? "" : fmt::format(" \\fI{}\\fR", roff(text.value));
  return out + "\n" + roff(text.description) + "\n";
}

std::string command(const Command& it) {
  auto out = fmt::format(".SS {}\n{}.\n", argument(fmt::format("{} {}", it.name, it.arguments)),
                         roff(it.summary));
  for (const auto& text : options_of(it)) {
    out += option(text);
  }
  return out + fmt::format(".PP\nExample:\n.PP\n.EX\n{}\n.EE\n", roff(it.example));
}

/// What a thing is called and what it is.
struct Entry {
  std::string_view name, text;
};

constexpr Entry k_exit_codes[] = {
    {"0", "done"},
    {"1", "failed"},
    {"2", "wrong usage or config"},
    {"3", "done, but some input was rejected or a part of it is still to do"},
    {"4", "another run holds the lock: try again when it is over"},
    {"130", "stopped by Ctrl-C or SIGTERM"},
};

constexpr Entry k_files[] = {
    {"DIR/mailfunnel.toml", "the config of the workspace DIR"},
    {"DIR/mailfunnel.db", "its store, one SQLite file; [store] path names another"},
    {"DIR/mailfunnel.db.key", "a secret of 8 bytes that belongs to the store"},
    {"DIR/mailfunnel.db.hooks", "webhooks that came in and are not in the store yet"},
    {"DIR/rejects-*.ndjson", "rejected records, each with its line and the reason"},
    {"/etc/mailfunnel/mailfunnel.toml", "the config of the service mailfunnel.service"},
};

constexpr Entry k_environment[] = {
    {"NO_COLOR", "set to anything: no color"},
    {"HTTPS_PROXY, NO_PROXY", "the proxy on the way to the platforms, and who is reached without"},
    {"CREDENTIALS_DIRECTORY", "where systemd puts a { credential = \"NAME\" } of the config"},
    {"MAILFUNNEL_NOW", "a time such as 2026-03-31T12:00:00Z instead of the clock's"},
};

template<std::size_t N> std::string section(std::string_view name, const Entry (&entries)[N]) {
  auto out = fmt::format(".SH {}\n", name);
  for (const auto& [what, text] : entries) {
    out += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(what), roff(text));
  }
  return out;
}

int run_man(const Invocation&) {
  std::string out = ".\\\" Written by `mailfunnel man` from the table of commands.\n";
  out +=
      ".TH MAILFUNNEL 1 \"\" \"mailfunnel " MF_VERSION "\" \"User Commands\"\n"
      ".SH NAME\n"
      "mailfunnel \\- logs of e\\-mail platforms to funnel stages, scores and segments\n"
      ".SH SYNOPSIS\n"
      ".B mailfunnel\n"
      "[\\fB\\-C\\fR \\fIDIR\\fR] \\fICOMMAND\\fR [\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]\n"
      ".SH DESCRIPTION\n"
      "Reads the logs and exports of e\\-mail platforms, gives every link its stage in the sales "
      "funnel (TOFU, MOFU, BOFU), scores every recipient, and writes out the lists for sales and "
      "for the next mailing.\n"
      ".PP\n"
      "A workspace is a folder with mailfunnel.toml and its store: one organisation. Commands "
      "work on that of \\fB\\-C\\fR, or on the folder they are run in.\n"
      ".SH OPTIONS\n"
      "Of every command:\n";
  for (const auto& text : common_option_texts()) {
    out += option(text);
  }
  out += ".SH COMMANDS\n";
  for (const auto& it : commands()) {
    out += command(it);
  }
  out += section("EXIT STATUS", k_exit_codes) + section("FILES", k_files) +
         section("ENVIRONMENT", k_environment);
  out += ".SH SEE ALSO\n.BR systemd.timer (5),\n.BR sqlite3 (1)\n";
  std::cout << out;
  return k_done;
}

} // namespace

Command man_command() {
  return {
      "man",        "",     "this program's manual page, in roff", "  mailfunnel man | man -l -",
      [](auto&) {}, run_man};
}

} // namespace mailfunnel::cli
