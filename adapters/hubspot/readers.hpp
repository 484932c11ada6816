#pragma once
// The formats of HubSpot; what each looks like stands at the top of its file.

#include "adapter/api.hpp"
#include "adapter/json_reader.hpp"

#include <memory>
#include <string_view>

namespace mailfunnel::hubspot {

extern const JsonFormat k_events;    // e-mail events
extern const JsonFormat k_timeline;  // changes of subscriptions
extern const JsonFormat k_contacts;  // contacts with their properties
extern const JsonFormat k_changes;   // webhooks of an app: a contact's property changed
extern const JsonFormat k_emails;    // marketing e-mails
extern const JsonFormat k_campaigns; // what e-mail events call a campaign

/// A value of the property hs_email_optout; that it is not set says nothing.
Subscription subscription_of(std::string_view optout);

/// The API of an account. Error usage: it has no key.
Result<std::unique_ptr<Api>> open_api(const ApiAccount& account);

} // namespace mailfunnel::hubspot
