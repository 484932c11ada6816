#pragma once
// The formats of Mautic; what each looks like stands at the top of its file.

#include "adapter/api.hpp"
#include "adapter/attributes.hpp"
#include "adapter/json_reader.hpp"
#include "adapter/row.hpp"
#include "model/recipient.hpp"

#include <functional>
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

/// Calls visit(object, its text) for each object of an answer: of a list, or by their numbers
/// ({"contacts":{"77":{…}}}), or the one alone.
void each_object(const Json& root, std::string_view text, std::string_view many,
                 std::string_view one,
                 const std::function<void(const Json& object, std::string_view text)>& visit);

/// The API of an account. Error usage: it lacks base_url or how to sign in.
Result<std::unique_ptr<Api>> open_api(const ApiAccount& account);

/// What doNotContact says of e-mail: the worst of its blocks.
Subscription subscription_of(const Json& blocks);
/// The address of a contact, as webhooks and answers have it.
std::string_view address_of(const Json& contact);
/// A contact: of webhooks, answers. `id` and `attributes` must live as long as the view.
RecipientView view_of(const Json& contact, std::string_view id, std::string_view record,
                      Attributes& attributes);

} // namespace mailfunnel::mautic
