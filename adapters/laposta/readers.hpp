#pragma once
// The formats of Laposta; what each looks like stands at the top of its file.

#include "adapter/api.hpp"
#include "adapter/attributes.hpp"
#include "adapter/json_reader.hpp"
#include "model/recipient.hpp"

#include <string_view>

namespace mailfunnel::laposta {

extern const JsonFormat k_webhooks;
extern const JsonFormat k_history; // events, of a campaign or of a member
extern const JsonFormat k_members;
extern const JsonFormat k_campaigns; // and their contents

/// Why an event of a history is rejected that does not tell whose it is.
constexpr std::string_view k_nobody =
    "the event does not tell whose it is: save /member/{id}/history, and name the file after the "
    "member's address";

/// The API of an account. Error usage: it has no key.
Result<std::unique_ptr<Api>> open_api(const ApiAccount& account);

/// "active" -> subscribed; other words: unknown.
Subscription subscription_of(std::string_view state);
/// The view of a member, as webhooks and answers have it. `attributes` must live as long as it.
RecipientView view_of(const Json& member, std::string_view record, Attributes& attributes);

} // namespace mailfunnel::laposta
