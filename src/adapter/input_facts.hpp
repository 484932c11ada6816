#pragma once
// What is known of an input besides its bytes: a LogContext whose texts a reader can keep, or what
// is known of a webhook request.

#include "adapter/adapter.hpp"

#include <string>

namespace mailfunnel {

struct InputFacts {
  InputFacts() = default; // nothing is said
  explicit InputFacts(const WebhookContext& context)
      : zone(context.zone), zone_given(context.zone_given), received(context.received) {}
  explicit InputFacts(const LogContext& context)
      : file_name(context.file_name), campaign(context.campaign), zone(context.zone),
        zone_given(context.zone_given), contacts(context.contacts) {}

  std::string file_name, campaign;
  TimeZone zone = nullptr;
  bool zone_given = false, contacts = false;
  std::optional<Seconds> received; // the time of what names none itself
};

} // namespace mailfunnel
