#pragma once
// What a delivery agent of Postfix logs of one try to reach one recipient.

#include "model/event.hpp"

#include <string_view>

namespace mailfunnel::postfix {

/// Views into the line; empty where it does not say.
struct DeliveryLine {
  std::string_view to, orig_to; // without <>
  std::string_view relay;       // "mail.example.com[192.0.2.25]:25", "none", the name of a service
  std::string_view dsn;         // "5.1.1"
  std::string_view status;      // "sent"
  std::string_view text;        // what stands behind it in brackets
};

/// Reads what begins with "to=": "" and the parts, or what is wrong with it.
std::string_view read_delivery(std::string_view line, DeliveryLine& into);

/// Whom it is about: the address that the mail was sent to, before aliases were expanded.
std::string_view recipient_of(const DeliveryLine& line);

/// The other server's words alone: "host mx[192.0.2.25] said: 550 no (in reply to RCPT TO command)"
/// -> "550 no".
std::string_view answer_of(std::string_view text);

/// Class and reason of a try that failed, never of none.
Bounce judge(const DeliveryLine& line);

} // namespace mailfunnel::postfix
