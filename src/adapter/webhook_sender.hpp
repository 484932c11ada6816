#pragma once
// What a platform is as a sender of webhooks, besides how it is known (Adapter::check_webhook). An
// adapter that has something to say of it is one of these too; the others are as the defaults.

#include "adapter/adapter.hpp"

#include <string>
#include <string_view>

namespace mailfunnel {

class WebhookSender {
public:
  virtual ~WebhookSender() = default;

  /// Makes of a request one that check_webhook() takes, as the platform would: for trying a
  /// receiver out (`webhook send`). Its method, URL, Content-Type and body are there. Errors:
  /// unauthorized, no secret is set; bad_syntax, the body lacks what is signed; unsupported, nobody
  /// but the platform can sign.
  virtual Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                                    Seconds now) const;
  /// The status by which it is told to come again later.
  virtual int busy_status() const;
  /// Why all its webhooks are refused as the account is configured; "": they are not. For `check`
  /// and the log of `serve`.
  virtual std::string webhook_gap(const Secrets& secrets) const;
};

/// What check_body_hmac() takes.
void sign_body_hmac(HttpRequest& request, std::string_view header, std::string_view secret);
/// What check_standard_webhook() takes. Error unauthorized: the secret is no base64.
Result<void> sign_standard_webhook(HttpRequest& request, std::string_view prefix,
                                   std::string_view secret, Seconds now);

/// The adapter as one; the defaults where it has nothing to say.
const WebhookSender& webhook_sender(const Adapter& adapter);

} // namespace mailfunnel
