// Analytics Events, GET https://api.canopydeploy.net/analytics-events/events with filter[metric]:
//   {"total_count":1,"_links":{…},"data":[{"uuid":"5f6c2d1e-0000-4000-8000-000000000001","metric":"clicks",
//     "metric_timestamp":"2026-05-11T08:29:41+0200","campaign_id":"41","campaign_name":"May
//     newsletter","content_id":"7", "subject":"New in
//     May","broadcast_id":"9001","customer_id":"77","email_address":"ann@example.com","link_id":"12",
//     "link_description":"bofu-demo","url":"https://www.example.com/demo?c=77","url_unrendered":"https://www.example.com/demo?c={id}",
//     "ip_address":"203.0.113.7","machine_generated":false,"test_mailing":false}]}
// or those rows as a table, with the same names.
// https://docs.deployteq.net/dug/getting-started-with-deployteq/deployteq-store/analytics-events-api-app

#include "readers.hpp"

#include "adapter/smtp_status.hpp"
#include "adapter/word_table.hpp"

#include <array>

namespace mailfunnel::deployteq {

namespace {

struct MetricRow {
  std::string_view word;
  EventKind kind;
};
/// The words of bounces, complaints and unsubscribes are documented nowhere.
constexpr std::array k_metrics{
    MetricRow{"sends", EventKind::sent},
    MetricRow{"opens", EventKind::open},
    MetricRow{"clicks", EventKind::click},
};

enum Column : std::size_t {
  uuid,
  metric,
  when,
  campaign,
  campaign_name,
  content,
  customer,
  address,
  customer_address,
  overridden,
  link_description,
  url,
  unrendered,
  ip,
  machine,
  test,
  bounce_category,
  bounce_code,
  bounce_type
};
constexpr std::array k_columns{
    RowColumn{"uuid", true},
    RowColumn{"metric", true},
    RowColumn{"metric_timestamp", true},
    RowColumn{"campaign_id", true},
    RowColumn{"campaign_name"},
    RowColumn{"content_id"},
    RowColumn{"customer_id"},
    RowColumn{"email_address"},
    RowColumn{"customer_email_address"},
    RowColumn{"email_address_override"},
    RowColumn{"link_description"},
    RowColumn{"url"},
    RowColumn{"url_unrendered"},
    RowColumn{"ip_address"},
    RowColumn{"machine_generated"},
    RowColumn{"test_mailing"},
    RowColumn{"bounce_category"},
    RowColumn{"bounce_code"},
    RowColumn{"bounce_type"},
};

bool is_yes(std::string_view text) {
  return iequals(text, "true") || text == "1";
}

/// The link as it stands in the mail, before it was made personal.
std::string_view link_of(const Row& row) {
  return istarts_with(row[unrendered], "http") ? row[unrendered] : row[url];
}

void fill_kind(const Row& row, EventView& view) {
  view.kind = kind_of(k_metrics, view.native);
  const bool bounced =
      !row[bounce_category].empty() || !row[bounce_code].empty() || !row[bounce_type].empty();
  if (view.kind == EventKind::unknown && bounced) {
    view.kind = EventKind::bounce;
  }
  if (view.kind == EventKind::click) {
    view.link = link_of(row);
    view.link_tag = row[link_description];
  } else if (view.kind == EventKind::bounce) {
    view.bounce = judge_bounce(row[bounce_code], row[bounce_category]);
  }
}

void read_row(const Row& row, RecordSink& sink) {
  if (is_yes(row[test])) {
    sink.skip(row.text);
    return;
  }
  const auto time = row[when].empty() ? std::nullopt : row.time(when);
  EventView view;
  view.record = row.text;
  view.native = row[metric];
  if (row[overridden].empty()) {
    view.address = row[address].empty() ? row[customer_address] : row[address];
    view.contact_id = row[customer];
  } else { // the mail went to another than the customer
    const bool named = row[overridden].find('@') != std::string_view::npos;
    view.address = named ? row[overridden] : row[address];
  }
  if (!time || (view.address.empty() && view.contact_id.empty())) {
    sink.reject(!time ? "metric_timestamp is \"" + printable(row[when], 40) +
                            "\", not such as 2026-05-11T08:29:41+0200"
                      : std::string("neither email_address nor customer_id"),
                row.text);
    return;
  }
  view.time = *time;
  std::string id(row[campaign]); // of which a campaign may have several mails
  if (!id.empty() && !row[content].empty()) {
    id.append(1, '/').append(row[content]);
  }
  view.campaign = id;
  view.campaign_name = row[campaign_name];
  view.event_id = row[uuid];
  view.ip = row[ip];
  view.evidence = is_yes(row[machine]) ? evidence::esp_machine_flag : std::uint16_t{0};
  fill_kind(row, view);
  sink.accept(view);
}

void read_event(const JsonRecord& record, RecordSink& sink) {
  mailfunnel::read_row(k_event_rows, record.root, record.text, record.input, sink);
}

bool is_event(const Json& event) {
  return is_there(event["metric"]) && is_there(event["metric_timestamp"]) &&
         is_there(event["campaign_id"]);
}

} // namespace

Bounce judge_bounce(std::string_view code, std::string_view words) {
  const bool enhanced = code.find('.') != std::string_view::npos;
  const auto answer =
      enhanced || code.empty() ? std::string(words) : std::string(code).append(" ").append(words);
  const auto verdict = judge_smtp(enhanced ? code : std::string_view{}, answer);
  const auto klass = verdict.klass == BounceClass::none ? BounceClass::soft : verdict.klass;
  return {klass, verdict.reason, enhanced ? code : std::string_view{}, verdict.code, words};
}

extern const RowFormat k_event_rows{"rows of Analytics Events, CSV", k_columns, read_row};
extern const JsonFormat k_events{"answers of Analytics Events, JSON", "data", is_event, read_event};

} // namespace mailfunnel::deployteq
