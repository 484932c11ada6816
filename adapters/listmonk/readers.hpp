#pragma once
// The formats of listmonk; what each looks like stands at the top of its file.

#include "adapter/api.hpp"
#include "adapter/attributes.hpp"
#include "adapter/json_reader.hpp"
#include "adapter/row.hpp"
#include "model/campaign.hpp"
#include "model/recipient.hpp"

#include <memory>
#include <string_view>

namespace mailfunnel::listmonk {

// ---- formats ------------------------------------------------------------------------------------

extern const RowFormat k_clicks;
extern const RowFormat k_views;
extern const RowFormat k_subscriber_table;
extern const JsonFormat k_bounces; // and bodies of POST /webhooks/bounce
extern const JsonFormat k_campaigns;
extern const JsonFormat k_subscribers;
/// A dump of the database by pg_dump; nullptr: it is none.
std::unique_ptr<LogReader> open_dump(std::string_view head, const LogContext& context);
constexpr std::string_view k_dump = "pg_dump of the database, SQL";

/// The API of an account. Error usage: it lacks base_url, user or api_key.
Result<std::unique_ptr<Api>> open_api(const ApiAccount& account);

// ---- what they have in common -------------------------------------------------------------------

/// Why an open or click of nobody is rejected.
constexpr std::string_view k_nobody =
    "no subscriber: individual tracking was off (Settings, Privacy), or the subscriber is deleted";

/// subscribers.status: "blocklisted" -> unsubscribed. "enabled" tells nothing: lists do.
Subscription subscription_of(std::string_view status);
/// subscriber_lists.status, in a list whose optin is single, double, or "": not known.
Subscription subscription_in_list(std::string_view status, std::string_view optin);

/// type of a bounce: hard, soft, complaint; anything else is unknown.
void fill_bounce(EventView& view, std::string_view type);

/// Members of a text that is a JSON object; of another text nothing.
void add_json(std::string_view json, Attributes& attributes);

/// The columns of a campaign that every format has.
struct CampaignTexts {
  std::string_view id, name, subject, from, body, alternative, content, status, type;
};
Campaign make_campaign(const CampaignTexts& texts);

} // namespace mailfunnel::listmonk
