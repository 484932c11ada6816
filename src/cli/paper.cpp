#include "paper.hpp"

#include "base/source.hpp"

#include <iostream>

namespace mailfunnel::cli {

void check_paper(const Invocation& call) {
  if (call.has("html") && call.text("html").empty()) {
    wrong_usage("--html wants a file, or - for the output");
  }
  if (call.has("html") && call.json) {
    wrong_usage("--html and --json are two forms of one report: give one of them");
  }
  if (call.has("lang") && !call.has("html")) {
    wrong_usage("--lang is the language of --html FILE");
  }
  if (call.has("lang") && !find_language(call.text("lang"))) {
    wrong_usage("--lang wants en, nl or fr, not \"" + call.text("lang") + "\"");
  }
}

Words words_of(const Invocation& call, const Config& config) {
  const auto asked =
      call.has("lang") ? find_language(call.text("lang")) : find_language(config.locale.name);
  return {asked.value_or(Language::en), config.report_zone};
}

void write_paper(const Invocation& call, const std::string& html) {
  const auto path = call.text("html");
  if (path == "-") {
    std::cout << html;
  } else if (const auto written = write_file(path, html); !written) {
    throw Failure(written.error());
  }
}

} // namespace mailfunnel::cli
