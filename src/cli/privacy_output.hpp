#pragma once
// What the commands about people's rights print.

#include "app/access.hpp"
#include "app/forget.hpp"
#include "app/retention.hpp"

#include <string>

namespace mailfunnel::cli {

std::string forget_text(const ForgetResult& result, bool dry_run, bool color);
std::string forget_json(const ForgetResult& result, bool dry_run);
/// account, platform, address, contact id, what to do there.
std::string platforms_csv(const ForgetResult& result);

std::string accesses_text(const std::vector<Access>& log, bool color);
std::string accesses_json(const std::vector<Access>& log); // NDJSON

std::string retain_text(const RetentionResult& result, bool dry_run, bool color);
std::string retain_json(const RetentionResult& result, bool dry_run); // NDJSON

/// One object (docs/privacy.md).
std::string access_json(const AccessReport& report, const Workspace& workspace);

} // namespace mailfunnel::cli
