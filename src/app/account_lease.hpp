#pragma once
// Who may do what only one process at a time may do. A lease is a lock on a file beside the store:
// it goes with the process.

#include <string>

namespace mailfunnel {

class Lease {
public:
  /// Failure (locked), with these words, at once when another has it.
  Lease(const std::string& path, const std::string& taken);
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease();

private:
  int m_file = -1;
};

/// One sync or push of an account at a time.
struct AccountLease : Lease {
  AccountLease(const std::string& store_path, const std::string& account);
};

/// One process that receives webhooks for a store, or drains those that wait.
struct HookLease : Lease {
  explicit HookLease(const std::string& store_path);
};

} // namespace mailfunnel
