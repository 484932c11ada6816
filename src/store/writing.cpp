#include "store/writing.hpp"

namespace mailfunnel {

PastLog::PastLog(Store& store, std::uint64_t bytes) : m_store(store) {
  constexpr std::uint64_t k_least = std::uint64_t{2} << 20, k_most = std::uint64_t{512} << 20;
  m_past = bytes >= k_least && bytes <= k_most && store.database().leave_log();
}

PastLog::~PastLog() {
  if (m_past) {
    m_store.database().return_to_log();
  }
}

void Writing::commit() {
  constexpr int k_long = 64; // pages of 16 KiB
  const auto before = m_store.database().log_pages() / k_long;
  m_transaction.commit();
  if (m_store.database().log_pages() / k_long > before) { // not at each batch while somebody reads
    m_store.fold_at_once();
  }
}

} // namespace mailfunnel
