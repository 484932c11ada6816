#include "command.hpp"

namespace mailfunnel::cli {

const std::vector<Command>& commands() {
  static const std::vector<Command> k_commands{
      try_command(),      init_command(),       check_command(),    adapters_command(),
      import_command(),   recipients_command(), decode_command(),   campaigns_command(),
      links_command(),    score_command(),      explain_command(),  events_command(),
      segments_command(), export_command(),     suppress_command(), status_command(),
  };
  return k_commands;
}

po::typed_value<bool>* flag() {
  return po::bool_switch();
}

po::typed_value<std::string>* text(const char* name) {
  return po::value<std::string>()->value_name(name);
}

void wrong_usage(const std::string& message) {
  throw Failure({ErrorCode::usage, message});
}

} // namespace mailfunnel::cli
