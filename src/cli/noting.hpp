#pragma once
// The commands' way into the access log (app/access_log.hpp).

#include "app/access_log.hpp"
#include "command.hpp"

#include <functional>
#include <string>
#include <thread>

namespace mailfunnel::cli {

/// Notes that the user of the system saw or took out what `what` shows, before it is shown.
/// `person` as in Access; `people`: how many. Where the store can't be written the command goes on,
/// and says so (not with -q): who can read its file needs no command for it.
void note(const Invocation& call, const Workspace& workspace, std::string what, std::string person,
          std::uint64_t people = 1, std::string detail = {});

/// The same about one person, through the store that the command reads: the line waits for the disk
/// beside what is read of that person meanwhile. The store holds no moment when this is made, and
/// done() comes before anything is shown.
class Noting {
public:
  Noting(const Invocation& call, const Workspace& workspace, Store& store, const std::string& what,
         const std::string& person);
  void done();

private:
  const Invocation& m_call;
  std::function<Result<void>()> m_rest; // what done() waits for
  std::jthread m_disk;
};

} // namespace mailfunnel::cli
