#pragma once
// The formats of Marketing Cloud; what each looks like stands at the top of its file.

#include "words.hpp"

#include "adapter/json_reader.hpp"
#include "adapter/row.hpp"
#include "adapter/xml_reader.hpp"

#include <memory>
#include <string_view>

namespace mailfunnel::sfmc {

// Rows, in files and in SOAP (rows.cpp); dates are in one order in a whole file.
const RowFormat& event_rows(DateOrder order);
const RowFormat& job_rows(DateOrder order);
const RowFormat& subscriber_rows(DateOrder order);

/// Files of the tracking extract; nullptr: none of them.
std::unique_ptr<LogReader> open_extract(std::string_view head, const LogContext& context);

extern const XmlFormat k_answers; // of SOAP: events, sends with their links, subscribers
extern const XmlFormat k_emails;  // of SOAP, about e-mails alone, which do not name their send
extern const JsonFormat k_notifications;

} // namespace mailfunnel::sfmc
