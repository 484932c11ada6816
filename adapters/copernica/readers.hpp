#pragma once
// The formats of Copernica; what each looks like stands at the top of its file.

#include "adapter/api.hpp"
#include "adapter/form.hpp"
#include "adapter/http_message.hpp"
#include "adapter/json_reader.hpp"
#include "base/result.hpp"

#include <memory>
#include <string_view>

namespace mailfunnel::copernica {

/// A log file, CSV with or without a header, JSON or XML; nullptr: it is none.
std::unique_ptr<LogReader> open_log_file(std::string_view head, const LogContext& context);

extern const JsonFormat k_statistics; // events of mailings
extern const JsonFormat k_emailings;
extern const JsonFormat k_profiles;
extern const FormFormat k_webhooks;

/// The API of an account. Error usage: it has no key.
Result<std::unique_ptr<Api>> open_api(const ApiAccount& account);

/// Is the request signed by the public key (base64, as it stands in DNS), fresh, and of this
/// account
/// ("account-1234", or its number)? unauthorized: it is not.
Result<void> check_request(const HttpRequest& request, std::string_view public_key,
                           std::string_view account, Seconds now);

} // namespace mailfunnel::copernica
