#include "noting.hpp"

#include "app/explain.hpp"
#include "base/parallel.hpp"
#include "memory.hpp"

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

Noting::Noting(const Invocation& call, const Workspace& workspace, Store& store, std::string what,
               std::string person)
    : m_call(call), m_workspace(workspace), m_what(std::move(what)), m_person(std::move(person)) {
  share_memory();
  m_thread = std::thread([this, found = m_found.get_future()]() mutable {
    try {
      auto own = Store::open_writing(m_workspace.store_path()); // while it is found
      if (const auto id = found.get()) {
        m_noted.set_value(note_access(own, access(), *id)); // then the store may close
      }
    } catch (const Failure& failure) {
      m_noted.set_value(failure.error);
    }
  });
  send_off(m_thread, 1);
  std::optional<RecipientId> id;
  try {
    id = find_person(store, m_person).id;
  } catch (...) {
    m_found.set_value(std::nullopt);
    m_thread.join();
    throw;
  }
  m_beside = id.has_value(); // not who waits in the inbox, which is not folded meanwhile
  m_found.set_value(id);
}

Noting::~Noting() {
  m_thread.join();
}

Access Noting::access() const {
  return {m_call.now(), system_user(), m_what, m_person, 1, {}};
}

void Noting::done() {
  say(m_call,
      m_beside ? m_noted.get_future().get() : note_access(m_workspace.store_path(), access()));
}

} // namespace mailfunnel::cli
