#pragma once
// `webhook send`: a request as a platform would send it, to a receiver that runs.

#include "web/hook_receiver.hpp"

#include <string>

namespace mailfunnel {

/// Signs the request as the endpoint's platform would, and posts it to its URL, once. Errors: as
/// WebhookSender::sign_webhook(); unauthorized where the receiver would not take it, with the
/// reason, which the receiver itself tells its log alone; those of HttpClient.
Result<HttpResponse> try_hook(const HookEndpoint& endpoint, HttpRequest request,
                              const std::string& ca_file, Seconds now);

} // namespace mailfunnel
