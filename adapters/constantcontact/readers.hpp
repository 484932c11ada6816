#pragma once
// The formats of Constant Contact; what each looks like stands at the top of its file.

#include "adapter/json_reader.hpp"

namespace mailfunnel::constantcontact {

extern const JsonFormat k_tracking;   // reports: what happened to one mail of one person
extern const JsonFormat k_activities; // mails, with their content or links; campaigns
extern const JsonFormat k_history;    // when a mail was sent, which it does not name
extern const JsonFormat k_contacts;

} // namespace mailfunnel::constantcontact
