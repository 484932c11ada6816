#pragma once
// Single Sends, as the Marketing Campaigns API describes them.

#include "adapter/json_reader.hpp"

namespace mailfunnel::sendgrid {

extern const JsonFormat k_single_sends;
extern const JsonFormat k_link_stats; // of one Single Send, which it does not name

} // namespace mailfunnel::sendgrid
