#pragma once
// The formats of Mautic; what each looks like stands at the top of its file.

#include "adapter/attributes.hpp"
#include "adapter/json_reader.hpp"
#include "adapter/row.hpp"
#include "model/recipient.hpp"

#include <memory>
#include <string_view>

namespace mailfunnel::mautic {

extern const JsonFormat k_webhooks;
extern const JsonFormat k_stats; // rows of the database's tables
extern const JsonFormat k_emails;
extern const JsonFormat k_contacts;
/// One of the tables that k_stats knows, as CSV or TSV; nullptr: it is none of them.
std::unique_ptr<LogReader> open_database_table(std::string_view head, const LogContext& context);
constexpr std::string_view k_tables = "tables of the database, CSV and TSV";

/// The address of a contact, as webhooks and answers have it.
std::string_view address_of(const Json& contact);
/// A contact: of webhooks, answers. `id` and `attributes` must live as long as the view.
RecipientView view_of(const Json& contact, std::string_view id, std::string_view record,
                      Attributes& attributes);

} // namespace mailfunnel::mautic
