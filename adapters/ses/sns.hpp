#pragma once
// SNS over HTTPS: who sent a request, and what has to be fetched for it. A request is an envelope
// that AWS signs, or, with "raw message delivery", the event alone, which nobody signs.

#include "adapter/adapter.hpp"

namespace mailfunnel::ses {

/// Why none is taken by these secrets; "": some are. Anybody can have SNS sign what he sends: the
/// topic, or a secret that the request brings, tells whose it is.
std::string gap_of_sns(const Secrets& secrets);
/// An envelope: its signature by the certificate (secret "certificate", PEM), its headers and its
/// topic (`webhook_topic`, where it is set). A bare event: the shared secrets, of which one has to
/// be set. Where one is set, an envelope has to bring it as well, and needs no topic.
Result<void> check_sns(const HttpRequest& request, const Secrets& secrets);

/// The certificate of an envelope, and the confirmation of a subscription: only at servers of SNS,
/// or, where it is set, at the origin `webhook_host` ("http://127.0.0.1:9123"). A bare event needs
/// nothing.
Result<WebhookNeeds> needs_of_sns(const HttpRequest& request, const Secrets& secrets);

} // namespace mailfunnel::ses
