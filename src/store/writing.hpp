#pragma once
// A batch that is written: the writer lock, and within it a transaction.

#include "store/store.hpp"

namespace mailfunnel {

class Writing {
public:
  /// Failure (locked): another run writes.
  explicit Writing(Store& store) : m_lock(store.path()), m_transaction(store.database()) {}
  /// Without it nothing was written.
  void commit() { m_transaction.commit(); }

private:
  WriterLock m_lock;
  Transaction m_transaction;
};

} // namespace mailfunnel
