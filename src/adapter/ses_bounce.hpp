#pragma once
// The bounce types of Amazon SES, which ESPs that send through it pass on.
// https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types

#include "model/event.hpp"

#include <string_view>

namespace mailfunnel {

struct SesBounce {
  BounceClass klass;
  BounceReason reason;    // other: the server's answer decides
  bool not_tried = false; // the address is on a suppression list
};

/// ("Permanent", "NoEmail"). What is new is soft.
SesBounce judge_ses_bounce(std::string_view type, std::string_view subtype);

} // namespace mailfunnel
