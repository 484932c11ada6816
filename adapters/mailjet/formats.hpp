#pragma once
// The formats of Mailjet, both of them JSON.

#include "adapter/json_reader.hpp"

namespace mailfunnel::mailjet {

/// events.cpp: what the Event API posts.
extern const JsonFormat k_events;
/// api_rows.cpp: answers of the REST API: opens, bounces, contacts, members of lists.
extern const JsonFormat k_api_rows;

} // namespace mailfunnel::mailjet
