#include "noting.hpp"

#include <iostream>

namespace mailfunnel::cli {

void note(const Invocation& call, const Workspace& workspace, std::string what, std::string person,
          std::uint64_t people, std::string detail) {
  const auto noted =
      note_access(workspace.store_path(), {call.now(), system_user(), std::move(what),
                                           std::move(person), people, std::move(detail)});
  if (!noted && !call.quiet) {
    std::cerr << "mailfunnel: the access log can't be written: " << noted.error().text() << '\n';
  }
}

} // namespace mailfunnel::cli
