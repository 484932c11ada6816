#pragma once
// The commands' way into the access log (app/access_log.hpp).

#include "app/access_log.hpp"
#include "command.hpp"

#include <future>
#include <optional>
#include <string>
#include <thread>

namespace mailfunnel::cli {

/// Notes that the user of the system saw or took out what `what` shows, before it is shown.
/// `person` as in Access; `people`: how many. Where the store can't be written the command goes on,
/// and says so (not with -q): who can read its file needs no command for it.
void note(const Invocation& call, const Workspace& workspace, std::string what, std::string person,
          std::uint64_t people = 1, std::string detail = {});

/// The same about one person, beside what the command reads of that person meanwhile: a line waits
/// for the disk. done() before anything is shown.
class Noting {
public:
  Noting(const Invocation& call, const Workspace& workspace, Store& store, std::string what,
         std::string person);
  ~Noting();
  Noting(const Noting&) = delete;
  Noting& operator=(const Noting&) = delete;
  void done();

private:
  Access access() const;
  const Invocation& m_call;
  const Workspace& m_workspace;
  std::string m_what, m_person;
  bool m_beside = false; // the thread writes, else done()
  std::promise<std::optional<RecipientId>> m_found;
  std::promise<Result<void>> m_noted;
  std::thread m_thread; // last: it uses all of the above
};

} // namespace mailfunnel::cli
