#pragma once
// The formats of Deployteq; what each looks like stands at the top of its file.

#include "adapter/json_reader.hpp"
#include "adapter/row.hpp"
#include "adapter/xml_reader.hpp"

namespace mailfunnel::deployteq {

extern const JsonFormat k_events;    // answers of Analytics Events
extern const RowFormat k_event_rows; // their rows, in JSON and as a table
extern const XmlFormat k_soap;       // mailings, opens, clicks, bounces of the SOAP API

/// Class and reason by the code and the words that a bounce is told with; soft in doubt.
Bounce judge_bounce(std::string_view code, std::string_view words);

} // namespace mailfunnel::deployteq
