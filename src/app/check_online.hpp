#pragma once
// `mailfunnel check --online`: is an account's key good, has it the rights, is the list there, do
// the clocks agree.

#include "app/api_connection.hpp"

#include <string>
#include <vector>

namespace mailfunnel {

struct OnlineFact {
  std::string name, value;
  bool good = true;
};

/// What the platform answers; a request that fails is a fact that is not good. Failure (usage): see
/// ApiConnection.
std::vector<OnlineFact> check_online(const Workspace& workspace, const std::string& account,
                                     const ConnectionSettings& settings, Seconds now);

} // namespace mailfunnel
