#pragma once
// The formats of Mailgun, a file each.

#include "adapter/api.hpp"
#include "adapter/json_reader.hpp"

#include <memory>
#include <string_view>

namespace mailfunnel::mailgun {

/// events.cpp: webhook bodies, pages of the API, events one a line; and the lists of the API.
extern const JsonFormat k_events;

/// forms.cpp: legacy webhooks, a form post each. A file has one body a line.
std::unique_ptr<LogReader> open_forms(std::string_view head);
/// The fields of a form post by which it is signed; "" where it has none of that name.
struct FormSignature {
  std::string timestamp, token, signature;
};
FormSignature form_signature(std::string_view content_type, std::string_view body);
void read_form(std::string_view content_type, std::string_view body, RecordSink& sink);

/// lists.cpp: bounces, unsubscribes, complaints: CSV, or the records of the API; members of mailing
/// lists.
std::unique_ptr<LogReader> open_lists(std::string_view head);
bool is_list_entry(const Json& record);
void read_list_entry(const JsonRecord& record, RecordSink& sink);
/// A member of the mailing list of that address; "": it is not known which.
void put_member(const Json& member, std::string_view record, std::string_view list,
                RecordSink& sink);

/// The API of an account. Error usage: it has no key or domain.
Result<std::unique_ptr<Api>> open_api(const ApiAccount& account);

} // namespace mailfunnel::mailgun
