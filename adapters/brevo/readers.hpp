#pragma once
// The formats of Brevo, a file each.

#include "adapter/json_reader.hpp"

#include <memory>
#include <string_view>

namespace mailfunnel::brevo {

/// events.cpp: webhook bodies of transactional mail and of campaigns; events of the API.
extern const JsonFormat k_events;
/// campaigns.cpp: campaigns of the API, with their links.
extern const JsonFormat k_campaigns;
/// contact_lists.cpp: contacts of the API, and the blocked ones.
extern const JsonFormat k_contacts;
/// log_csv.cpp: the log of transactional mail, as the web page exports it.
std::unique_ptr<LogReader> open_log_csv(std::string_view head, const LogContext& context);
/// contacts_csv.cpp: contacts, as the web page exports them.
std::unique_ptr<LogReader> open_contacts_csv(std::string_view head, const LogContext& context);

} // namespace mailfunnel::brevo
