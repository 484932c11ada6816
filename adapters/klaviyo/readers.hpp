#pragma once
// The formats of Klaviyo; what each looks like stands at the top of its file.

#include "adapter/json_reader.hpp"
#include "adapter/row.hpp"

namespace mailfunnel::klaviyo {

extern const JsonFormat k_events;    // bodies of system webhooks, answers of /api/events
extern const JsonFormat k_campaigns; // answers of /api/campaigns and what is below
extern const JsonFormat k_templates; // a mail's content, without the mail's id
extern const RowFormat k_overview;   // the table of all campaigns
extern const JsonFormat k_profiles;  // answers of /api/profiles
extern const RowFormat k_members;    // members of a list or segment

} // namespace mailfunnel::klaviyo
