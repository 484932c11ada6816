// CSV files. Opens and clicks of all campaigns, GET /api/maintenance/analytics/views/export and
// …/clicks/export, where subscribers stand only if they are tracked (privacy.individual_tracking,
// off by default):
//   campaign_id,campaign_uuid,campaign_name,subscriber_id,subscriber_uuid,email,subscriber_name,url,created_at
//   12,2f0c1f0a-…,Spring,77,8a2d3c11-…,ann@example.com,Ann,https://example.com/demo,2026-03-02T10:25:07.123456+01:00
//   12,2f0c1f0a-…,Spring,,,,,https://example.com/blog,2026-03-02T10:26:02.5+01:00
// and subscribers, GET /api/subscribers/export:
//   uuid,email,name,attributes,status,created_at,updated_at
//   8a2d3c11-…,ann@example.com,Ann,"{""city"":
//   ""Ghent""}",enabled,2025-11-03T09:12:44+01:00,2026-02-01T09:00:00+01:00
// https://github.com/knadh/listmonk, cmd/maintenance.go and cmd/subscribers.go

#include "readers.hpp"

#include "base/text.hpp"

#include <array>

namespace mailfunnel::listmonk {

namespace {

enum Column : std::size_t {
  campaign,
  campaign_uuid,
  campaign_name,
  subscriber,
  subscriber_uuid,
  email,
  at,
  url,
};
constexpr std::array k_view_columns{
    RowColumn{"campaign_id", true},   RowColumn{"campaign_uuid", true},
    RowColumn{"campaign_name", true}, RowColumn{"subscriber_id", true},
    RowColumn{"subscriber_uuid"},     RowColumn{"email", true},
    RowColumn{"created_at", true},
};
constexpr std::array k_click_columns{
    RowColumn{"campaign_id", true},   RowColumn{"campaign_uuid", true},
    RowColumn{"campaign_name", true}, RowColumn{"subscriber_id", true},
    RowColumn{"subscriber_uuid"},     RowColumn{"email", true},
    RowColumn{"created_at", true},    RowColumn{"url", true},
};

void read_event(const Row& row, EventView& view, RecordSink& sink) {
  view.record = row.text;
  view.address = row[email];
  view.contact_id = row[subscriber];
  if (view.address.empty() && view.contact_id.empty()) {
    sink.reject(k_nobody, row.text);
    return;
  }
  const auto when = row.time(at);
  if (!when) {
    sink.reject("\"" + printable(row[at], 40) + "\" in created_at is not a time (RFC 3339)",
                row.text);
    return;
  }
  view.time = *when;
  view.campaign = row[campaign];
  view.campaign_name = row[campaign_name];
  sink.accept(view);
}

void read_view(const Row& row, RecordSink& sink) {
  EventView view;
  view.kind = EventKind::open;
  view.native = "view";
  read_event(row, view, sink);
}

void read_click(const Row& row, RecordSink& sink) {
  EventView view;
  view.kind = EventKind::click;
  view.native = "click";
  view.link = row[url];
  read_event(row, view, sink);
}

enum SubscriberColumn : std::size_t { uuid, address, name, attributes, status, created, updated };
constexpr std::array k_subscriber_columns{
    RowColumn{"uuid", true},       RowColumn{"email", true},  RowColumn{"name", true},
    RowColumn{"attributes", true}, RowColumn{"status", true}, RowColumn{"created_at", true},
    RowColumn{"updated_at", true},
};

void read_subscriber(const Row& row, RecordSink& sink) {
  if (row[address].empty()) {
    sink.reject("no address in email", row.text);
    return;
  }
  Attributes all;
  all.add("name", row[name]);
  add_json(row[attributes], all);
  RecipientView view;
  view.record = row.text;
  view.address = row[address];
  view.contact_id = row[uuid];
  view.subscription = subscription_of(row[status]);
  if (const auto changed = row.time(updated)) {
    view.changed_at = changed->seconds;
  }
  view.attributes = all.all();
  sink.accept(view);
}

} // namespace

extern const RowFormat k_views{"export of views, CSV", k_view_columns, read_view};
extern const RowFormat k_clicks{"export of clicks, CSV", k_click_columns, read_click};
extern const RowFormat k_subscriber_table{"export of subscribers, CSV", k_subscriber_columns,
                                          read_subscriber};

} // namespace mailfunnel::listmonk
