// Pages of the tracking reports, GET
// /reports/email_reports/{campaign_activity_id}/tracking/{sends,opens,unique_opens,
// clicks,bounces,optouts,forwards,didnotopens}:
//   {"tracking_activities":[{"contact_id":"9b5de1e0-0000-11eb-8000-000000000001",
//     "campaign_activity_id":"5d2f9a10-0000-4000-8000-000000000002","tracking_activity_type":"em_clicks",
//     "email_address":"ann@example.com","first_name":"Ann","last_name":"Lee","device_type":"computer","url_id":"107",
//     "link_url":"https://www.example.com/demo","created_time":"2026-05-11T06:29:41.000Z"}],"_links":{…}}
// https://developer.constantcontact.com/api_reference/index.html

#include "readers.hpp"

#include "adapter/word_table.hpp"

#include <array>

namespace mailfunnel::constantcontact {

namespace {

using enum BounceClass;
using Reason = BounceReason;

struct TypeRow {
  std::string_view word; // tracking_activity_type
  EventKind kind;
};
constexpr std::array k_types{
    TypeRow{"em_sends", EventKind::sent},
    TypeRow{"em_didnotopens", EventKind::sent}, // its time is that of the sending
    TypeRow{"em_opens", EventKind::open},
    TypeRow{"em_clicks", EventKind::click},
    TypeRow{"em_bounces", EventKind::bounce},
    TypeRow{"em_optouts", EventKind::unsubscribe},
};

struct BounceRow {
  std::string_view word; // bounce_code
  EventKind kind;
  BounceClass klass;
  BounceReason reason;
};
constexpr std::array k_bounces{
    BounceRow{"B", EventKind::bounce, hard, Reason::user_unknown},
    BounceRow{"D", EventKind::bounce, soft, Reason::expired},
    BounceRow{"F", EventKind::bounce, soft, Reason::mailbox_full},
    BounceRow{"S", EventKind::dropped, hard, Reason::suppressed}, // not tried again
    BounceRow{"V", EventKind::unknown, none, Reason::other},      // an auto-reply: it arrived
    BounceRow{"X", EventKind::bounce, soft, Reason::other},
    BounceRow{"Z", EventKind::bounce, block, Reason::policy},
};
constexpr BounceRow k_other_bounce{"", EventKind::bounce, soft, Reason::other};

void judge_bounce(std::string_view code, EventView& view) {
  const auto* const row = find_word(k_bounces, code);
  const auto& known = row == nullptr ? k_other_bounce : *row;
  view.kind = known.kind;
  if (view.kind == EventKind::unknown) {
    view.native = "auto_reply";
  } else {
    view.bounce = {known.klass, known.reason, {}, 0, code};
  }
}

void read_activity(const JsonRecord& record, RecordSink& sink) {
  const auto& activity = record.root;
  EventView view;
  if (!fill_event(view, record, {"tracking_activity_type", activity["tracking_activity_type"]},
                  {"email_address", activity["email_address"]},
                  {"created_time", activity["created_time"]}, sink)) {
    return;
  }
  view.kind = kind_of(k_types, view.native);
  view.contact_id = text_of(activity["contact_id"]);
  view.campaign = text_of(activity["campaign_activity_id"]);
  if (view.kind == EventKind::click) {
    view.link = text_of(activity["link_url"]);
  } else if (view.kind == EventKind::bounce) {
    judge_bounce(text_of(activity["bounce_code"]), view);
  }
  sink.accept(view);
}

bool is_activity(const Json& activity) {
  return is_there(activity["tracking_activity_type"]) && is_there(activity["campaign_activity_id"]);
}

} // namespace

const JsonFormat k_tracking{"tracking reports of the API, JSON", "tracking_activities", is_activity,
                            read_activity};

} // namespace mailfunnel::constantcontact
