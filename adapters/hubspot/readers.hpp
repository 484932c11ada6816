#pragma once
// The formats of HubSpot; what each looks like stands at the top of its file.

#include "adapter/json_reader.hpp"

namespace mailfunnel::hubspot {

extern const JsonFormat k_events;    // e-mail events
extern const JsonFormat k_timeline;  // changes of subscriptions
extern const JsonFormat k_contacts;  // contacts with their properties
extern const JsonFormat k_changes;   // webhooks of an app: a contact's property changed
extern const JsonFormat k_emails;    // marketing e-mails
extern const JsonFormat k_campaigns; // what e-mail events call a campaign

} // namespace mailfunnel::hubspot
