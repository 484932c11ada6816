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

} // namespace mailfunnel
