#include "noting.hpp"

#include "app/explain.hpp"
#include "base/parallel.hpp"
#include "memory.hpp"

#include <iostream>

namespace mailfunnel::cli {

namespace {

Result<void> write_note(const Invocation& call, const Workspace& workspace, std::string what,
                        std::string person, std::uint64_t people, std::string detail) {
  return note_access(workspace.store_path(), {call.now(), system_user(), std::move(what),
                                              std::move(person), people, std::move(detail)});
}

void say(const Invocation& call, const Result<void>& noted) {
  if (!noted && !call.quiet) {
    std::cerr << "mailfunnel: the access log can't be written: " << noted.error().text() << '\n';
  }
}

} // namespace

void note(const Invocation& call, const Workspace& workspace, std::string what, std::string person,
          std::uint64_t people, std::string detail) {
  say(call,
      write_note(call, workspace, std::move(what), std::move(person), people, std::move(detail)));
}

Noting::Noting(const Invocation& call, const Workspace& workspace, Store& store, std::string what,
               std::string person)
    : m_call(call), m_workspace(workspace), m_what(std::move(what)), m_person(std::move(person)) {
  if (!find_person(store, m_person).id) {
    return; // nobody; or who waits in the inbox, which is not folded while the command reads
  }
  share_memory();
  m_thread = std::thread([this] { m_noted = write(); });
  send_off(m_thread, 1);
}

Noting::~Noting() {
  if (m_thread.joinable()) {
    m_thread.join();
  }
}

Result<void> Noting::write() const {
  return write_note(m_call, m_workspace, m_what, m_person, 1, {});
}

void Noting::done() {
  if (m_thread.joinable()) {
    m_thread.join();
  } else {
    m_noted = write();
  }
  say(m_call, m_noted);
}

} // namespace mailfunnel::cli
