#include "noting.hpp"

#include "app/explain.hpp"
#include "base/parallel.hpp"
#include "store/writing.hpp"

#include <future>
#include <iostream>

namespace mailfunnel::cli {

namespace {

void say(const Invocation& call, const Result<void>& noted) {
  if (!noted && !call.quiet) {
    std::cerr << "mailfunnel: the access log can't be written: " << noted.error().text() << '\n';
  }
}

} // namespace

void note(const Invocation& call, const Workspace& workspace, std::string what, std::string person,
          std::uint64_t people, std::string detail) {
  say(call, note_access(workspace.store_path(), {call.now(), system_user(), std::move(what),
                                                 std::move(person), people, std::move(detail)}));
}

Noting::Noting(const Invocation& call, const Workspace& workspace, Store& store,
               const std::string& what, const std::string& person)
    : m_call(call) {
  const Access access{call.now(), system_user(), what, person, 1, {}};
  const auto id = find_person(store, person).id;
  if (!id) { // waits in the inbox, which is not folded while the command reads, or is nobody
    m_rest = [access, path = workspace.store_path()] { return note_access(path, access); };
    return;
  }
  if (auto noted = note_reading(store, access, *id); !noted) {
    m_rest = [noted = std::move(noted)] { return noted; };
    return;
  }
  std::packaged_task<Result<void>()> sync([path = workspace.store_path()]() -> Result<void> {
    try {
      sync_log(path);
      return {};
    } catch (const Failure& failure) {
      return failure.error;
    }
  });
  m_rest = [on_disk = sync.get_future().share()] { return on_disk.get(); };
  m_disk = std::jthread(std::move(sync));
  send_off(m_disk.native_handle(), 1);
}

void Noting::done() {
  say(m_call, m_rest());
}

} // namespace mailfunnel::cli
