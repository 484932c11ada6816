// GET /v3/messages/{msg_id} of the Email Activity API:
//   {"from_email":"news@example.net","msg_id":"abc.recvd-1-2.0","subject":"New in May",
//    "to_email":"ann@example.com","status":"delivered","categories":["news"],
//    "unique_args":"{\"singlesend_id\":\"2f6dec81-…\"}",
//    "events":[{"event_name":"processed","processed":"2026-05-11T06:00:02Z"},
//      {"event_name":"clicked","processed":"2026-05-11T07:12:44Z",
//       "url":"https://www.example.com/demo","http_user_agent":"Mozilla/5.0"},
//      {"event_name":"bounced","processed":"…","bounce_type":"hard","reason":"550 5.1.1 unknown"}]}
// https://www.twilio.com/docs/sendgrid/api-reference/email-activity. Its words are not the
// webhook's; the times are to the second and the same.

#include "activity.hpp"

#include "bounces.hpp"

#include "adapter/word_table.hpp"
#include "base/text.hpp"

#include <array>

namespace mailfunnel::sendgrid {

namespace {

using namespace std::string_view_literals;

struct ActivityWord {
  std::string_view word;
  EventKind kind;
};
constexpr std::array k_words{
    ActivityWord{"processed", EventKind::sent},
    ActivityWord{"delivered", EventKind::delivered},
    ActivityWord{"opened", EventKind::open},
    ActivityWord{"clicked", EventKind::click},
    ActivityWord{"bounced", EventKind::bounce},
    ActivityWord{"blocked", EventKind::bounce},
    ActivityWord{"deferred", EventKind::deferred},
    ActivityWord{"dropped", EventKind::dropped},
    ActivityWord{"spam_report", EventKind::complaint},
    ActivityWord{"unsubscribe", EventKind::unsubscribe},
    ActivityWord{"group_unsubscribe", EventKind::unsubscribe},
    ActivityWord{"group_resubscribe", EventKind::resubscribe},
};

void fill_bounce(const Json& given, EventView& view) {
  const auto reason = text_of(given["reason"]);
  if (view.kind == EventKind::dropped) {
    view.bounce = judge_drop({}, reason);
    return;
  }
  view.bounce = judge_bounce({{}, reason, view.native, {}}, view.kind);
  const bool told = !view.bounce.status.empty() || view.bounce.code != 0;
  if (!told && text_of(given["bounce_type"]) == "soft") {
    view.bounce.klass = BounceClass::soft;
  }
}

} // namespace

std::string_view campaign_of_message(const Json& message, std::string& scratch) {
  const auto text = text_of(message["unique_args"]);
  if (!text.starts_with('{')) {
    return {};
  }
  simdjson::dom::parser parser;
  const Json args = parser.parse(simdjson::padded_string(text));
  for (const auto name : {"marketing_campaign_id"sv, "singlesend_id"sv}) { // as of the webhook
    const JsonScalar id(args[name]);
    if (const std::string_view value = id; !value.empty()) {
      scratch = value;
      return scratch;
    }
  }
  return {};
}

std::optional<Seconds> processed_at(const Json& message) {
  std::optional<Seconds> first;
  each_element(message["events"], [&first](const Json& event) {
    if (const auto time = time_of(event["processed"])) {
      first = first ? std::min(*first, time->seconds) : time->seconds;
    }
  });
  return first;
}

void read_message(const Json& message, std::string_view campaign, std::string_view record,
                  RecordSink& sink) {
  const auto address = text_of(message["to_email"]);
  if (address.empty()) {
    sink.reject(mismatch("to_email", message["to_email"], "an address"), record);
    return;
  }
  const JsonScalar group(message["asm_group_id"]);
  const auto tags = texts_of(message["categories"]);
  each_element(message["events"], [&](const Json& given) {
    EventView view;
    view.record = record;
    view.address = address;
    view.campaign = campaign;
    view.native = text_of(given["event_name"]);
    const auto time = time_of(given["processed"]);
    if (!time || view.native.empty()) {
      sink.reject(time ? mismatch("event_name", given["event_name"], "a word")
                       : mismatch("processed", given["processed"], "a time"),
                  record);
      return;
    }
    view.time = *time;
    view.kind = kind_of(k_words, view.native);
    view.message_id = text_of(message["msg_id"]);
    view.tags = tags;
    switch (view.kind) {
    case EventKind::click:
      view.link = text_of(given["url"]);
      [[fallthrough]];
    case EventKind::open:
      view.user_agent = text_of(given["http_user_agent"]);
      view.agent_given = !view.user_agent.empty(); // the field stands in every event
      break;
    case EventKind::bounce:
    case EventKind::deferred:
    case EventKind::dropped:
      fill_bounce(given, view);
      break;
    case EventKind::unsubscribe:
    case EventKind::resubscribe:
      view.scope = view.native.starts_with("group_") ? std::string_view(group) : ""sv;
      break;
    default:
      break;
    }
    sink.accept(view);
  });
}

} // namespace mailfunnel::sendgrid
