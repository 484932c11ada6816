#pragma once
// The formats of Postmark, all of them JSON.

#include "adapter/json_reader.hpp"

#include <span>

namespace mailfunnel::postmark {

/// records.cpp: the bodies of webhooks, one record each, which its RecordType names.
extern const JsonFormat k_webhooks;
/// A record of which another thing than its RecordType tells what it is.
void read_open(const JsonRecord& record, RecordSink& sink);
void read_click(const JsonRecord& record, RecordSink& sink);
void read_bounce(const JsonRecord& record, RecordSink& sink);
/// Puts in kind and bounce by the reason why an address gets no more mail; unknown where it is new.
void fill_suppression(EventView& view, std::string_view reason);

/// pages.cpp: answers of the API, a list of records under a name of its own each.
extern const std::span<const JsonFormat> k_pages;

} // namespace mailfunnel::postmark
