#pragma once
// The formats of Dotdigital; what each looks like stands at the top of its file.

#include "adapter/json_reader.hpp"

namespace mailfunnel::dotdigital {

extern const JsonFormat k_details;   // what happened to a campaign, which the rows do not name
extern const JsonFormat k_campaigns; // campaigns with or without content, metrics
extern const JsonFormat k_contacts;
extern const JsonFormat k_suppressions; // who left or was taken out, since when and why

} // namespace mailfunnel::dotdigital
