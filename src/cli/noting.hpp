#pragma once
// The commands' way into the access log (app/access_log.hpp).

#include "app/access_log.hpp"
#include "command.hpp"

namespace mailfunnel::cli {

/// Notes that the user of the system saw or took out what `what` shows, before it is shown.
/// `person` as in Access; `people`: how many. Where the store can't be written the command goes on,
/// and says so (not with -q): who can read its file needs no command for it.
void note(const Invocation& call, const Workspace& workspace, std::string what, std::string person,
          std::uint64_t people = 1, std::string detail = {});

} // namespace mailfunnel::cli
