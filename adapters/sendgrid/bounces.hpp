#pragma once
// What bounces and drops of SendGrid mean, whoever tells of them: the event webhook or the Email
// Activity API.

#include "model/event.hpp"

#include <string_view>

namespace mailfunnel::sendgrid {

struct BounceWords {
  std::string_view status, answer; // enhanced code, and what the server said
  std::string_view type;           // "bounce", "blocked"
  std::string_view classification; // of the webhook
};
Bounce judge_bounce(const BounceWords& words, EventKind kind);
/// Of a mail that was not even tried, by SendGrid's reason.
Bounce judge_drop(std::string_view status, std::string_view reason);

} // namespace mailfunnel::sendgrid
