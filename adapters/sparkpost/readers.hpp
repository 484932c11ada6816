#pragma once
// The formats of SparkPost, a file each.

#include "adapter/json_reader.hpp"

#include <memory>
#include <string_view>

namespace mailfunnel::sparkpost {

/// events.cpp: batches of webhooks, pages of the Events API.
extern const JsonFormat k_events;
/// lists_csv.cpp: recipient lists and the suppression list, as they go up and down.
std::unique_ptr<LogReader> open_lists_csv(std::string_view head);

} // namespace mailfunnel::sparkpost
