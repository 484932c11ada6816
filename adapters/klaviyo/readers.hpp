#pragma once
// The formats of Klaviyo; what each looks like stands at the top of its file.

#include "adapter/json_reader.hpp"
#include "adapter/row.hpp"

namespace mailfunnel::klaviyo {

extern const JsonFormat k_events;    // bodies of system webhooks, answers of /api/events
extern const JsonFormat k_campaigns; // answers of /api/campaigns and what is below
extern const JsonFormat k_templates; // a mail's content, without the mail's id
extern const RowFormat k_overview;   // the table of all campaigns
extern const JsonFormat k_profiles;  // answers of /api/profiles
extern const RowFormat k_members;    // members of a list or segment

// Parts of them, for answers that the API gives to us.

/// What a metric counts, by its name; unknown: nothing of mails.
EventKind kind_of_metric(std::string_view name);
/// The events of a page of /api/events that are all of one metric.
void read_events(const Json& page, std::string_view text, std::string_view metric,
                 RecordSink& sink);
/// An item of /api/campaigns; its id is empty where it has none.
Campaign campaign_of(const Json& item, const Json& included);
/// Subject and sender of a campaign's mail.
void take_message(const Json& message, Campaign& campaign);
/// Of attributes.subscriptions.email.marketing of a profile.
Subscription subscription_of(const Json& marketing);
void read_profile(const JsonRecord& record, RecordSink& sink);

/// Calls visit(object) for each of the page's included objects that an item is related to under
/// that name.
template<typename Visit>
void each_related(const Json& item, std::string_view relation, const Json& included, Visit visit) {
  each_element(item["relationships"][relation]["data"], [&](const Json& wanted) {
    each_element(included, [&](const Json& one) {
      if (text_of(one["type"]) == text_of(wanted["type"]) &&
          text_of(one["id"]) == text_of(wanted["id"])) {
        visit(one);
      }
    });
  });
}

} // namespace mailfunnel::klaviyo
