#pragma once
// The formats of ActiveCampaign; what each looks like stands at the top of its file.

#include "adapter/api.hpp"
#include "adapter/form.hpp"
#include "adapter/json_reader.hpp"
#include "adapter/row.hpp"

#include <memory>
#include <string_view>

namespace mailfunnel::activecampaign {

extern const FormFormat k_webhooks;
extern const JsonFormat k_campaigns, k_links, k_subjects; // of campaigns
extern const JsonFormat k_message, k_messages;            // one mail's content, many
extern const JsonFormat k_bounces;
extern const JsonFormat k_contacts, k_subscriptions; // people; on which lists they are
extern const RowFormat k_contact_export;

/// Status, class and reason of a bounce; `type` is "hard", "soft" or "".
Bounce judge_bounce(std::string_view type, std::string_view code, std::string_view description);

/// The API of an account. Error usage: it has no URL or key.
Result<std::unique_ptr<Api>> open_api(const ApiAccount& account);

} // namespace mailfunnel::activecampaign
