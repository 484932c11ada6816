// notify: tells people what they should hear of.

#include "app/notices.hpp"
#include "base/json.hpp"
#include "command.hpp"

#include <fmt/format.h>

#include <iostream>

namespace mailfunnel::cli {

namespace {

int run_notify(const Invocation& call) {
  auto workspace = call.workspace();
  auto store = call.open_writing(workspace);
  const bool dry_run = call.flag("dry-run");
  const auto report = notify(store, workspace, call.now(), dry_run);
  for (const auto& notice : report.told) {
    if (call.json) {
      std::string line = "{\"kind\":";
      append_json_string(line, notice.kind);
      line += ",\"text\":";
      append_json_string(line, notice.text);
      std::cout << line << "}\n";
    } else {
      std::cout << notice.text << '\n';
    }
  }
  if (!call.json) {
    std::cout << fmt::format("{} new of {} that hold; {}\n", report.fresh, report.found,
                             dry_run ? std::string("nothing was sent or kept")
                                     : fmt::format("{} messages sent", report.sent));
  }
  for (const auto& error : report.errors) {
    std::cerr << "mailfunnel: " << error.text() << ": tried again the next time\n";
  }
  return report.errors.empty() ? k_done : k_partly;
}

} // namespace

Command notify_command() {
  return {"notify",
          "",
          "tell people of new SQL, failed jobs, silence, complaints: what [[notify]] says",
          "  mailfunnel notify --dry-run",
          [](auto& options) { options.add_options()("dry-run", flag(), "only show what is new"); },
          run_notify};
}

} // namespace mailfunnel::cli
