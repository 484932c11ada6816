// From one input to the next: what the session knows stays, and what it wrote goes to the disk
// meanwhile.

#include "ingest/session.hpp"
#include "store/writing.hpp"

#include <chrono>
#include <system_error>
#include <utility>

namespace mailfunnel {

void Session::finish(std::unique_ptr<Writing> writing, Commit commit) {
  auto to_disk = [this, kept = std::move(writing)]() mutable {
    const auto of_batch = std::move(kept); // back to the log, and the lock, at the end
    of_batch->commit();
  };
  ++m_flushes;
  m_commit = {};
  if (commit == Commit::now) {
    to_disk();
    return;
  }
  try {
    m_commit = std::async(std::launch::async, std::move(to_disk)).share();
  } catch (const std::system_error&) { // nothing of the batch is written
    throw Failure({ErrorCode::io, "the system has no thread left: end other programs, then run "
                                  "the same command again"});
  }
}

void Session::settle() const {
  if (m_commit.valid()) {
    m_commit.get();
  }
}

bool Session::committing() const {
  return m_commit.valid() &&
         m_commit.wait_for(std::chrono::seconds(0)) != std::future_status::ready;
}

bool Session::go_on_with(SessionOptions options) {
  constexpr std::size_t k_most_mailings = 1000; // each is looked at in each flush
  const auto others_wrote = [this] {
    return m_beside || (!committing() && // meanwhile nobody else can
                        (Erasures::version(m_store) != m_erasures_seen ||
                         m_store.database().version() != m_version));
  };
  if (m_options.small || options.small || m_united || m_erased ||
      m_campaigns.size() > k_most_mailings || others_wrote()) {
    return false;
  }
  m_options = std::move(options);
  m_spans.clear();
  m_book->give_added();
  return true;
}

} // namespace mailfunnel
