#pragma once

#include <string>

namespace mailfunnel {

/// One sync or push of an account at a time; goes with the process.
class AccountLease {
public:
  /// Failure (locked) at once when another has it.
  AccountLease(const std::string& store_path, const std::string& account);
  AccountLease(const AccountLease&) = delete;
  AccountLease& operator=(const AccountLease&) = delete;
  ~AccountLease();

private:
  int m_file = -1;
};

} // namespace mailfunnel
