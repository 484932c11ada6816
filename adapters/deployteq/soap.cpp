// The SOAP API, https://secure.myclang.com/app/api/soap/public/index.php?wsdl. Answers of
// mailing_getById, mailing_getByDate, mailing_getAll hold mailings; those of mailing_getOpenSet,
// mailing_getBounceSet and mailingLink_getClickSet, paged by *_getX, what happened:
//   <Mailing><id>9001</id><campaignId>41</campaignId><campaignName>May</campaignName><contentName>May
//   newsletter</contentName>
//     <sourceType>group</sourceType><sourceName>Customers</sourceName><status>finished</status>
//     <plannedFor>2026-05-11T08:00:00</plannedFor><startedAt>2026-05-11T08:00:08</startedAt>
//     <links><MailingLink><id>12</id><url>https://www.example.com/demo</url><description>demo</description>
//       <tags><tag><id>1</id><name>bofu</name><weight>10</weight></tag></tags></MailingLink></links></Mailing>
//   <Click><id>1</id><customerId>77</customerId><mailingId>9001</mailingId><clickedAt>2026-05-11T08:29:41</clickedAt>
//     <link><url>https://www.example.com/demo</url></link></Click>
// The names of the fields are those of the WSDL. What the elements around a record are called is
// not looked at.

#include "readers.hpp"

#include "base/text.hpp"

#include <array>

namespace mailfunnel::deployteq {

namespace {

using pugi::xml_node;

// ---- events -------------------------------------------------------------------------------------

enum Column : std::size_t {
  mailing,
  customer,
  opened,
  clicked,
  bounced,
  url,
  description,
  agent,
  rule,
  category
};
constexpr std::array k_columns{
    RowColumn{"mailingId", true},
    RowColumn{"customerId", true},
    RowColumn{"openedAt"},
    RowColumn{"clickedAt"},
    RowColumn{"bouncedAt"},
    RowColumn{"link.url|link"},
    RowColumn{"link.description"},
    RowColumn{"browserInformation.httpUserAgent"},
    RowColumn{"rule"},
    RowColumn{"category"},
};

struct TimeRow {
  Column column;
  EventKind kind;
  std::string_view native;
};
constexpr std::array k_times{
    TimeRow{opened, EventKind::open, "Open"},
    TimeRow{clicked, EventKind::click, "Click"},
    TimeRow{bounced, EventKind::bounce, "Bounce"},
};

void read_event(const Row& row, RecordSink& sink) {
  EventView view;
  view.record = row.text;
  std::string_view when;
  std::optional<Instant> time;
  for (const auto& one : k_times) {
    if (when.empty() && !row[one.column].empty()) {
      when = row[one.column];
      time = row.time(one.column);
      view.kind = one.kind;
      view.native = one.native;
    }
  }
  view.contact_id = row[customer];
  view.campaign = row[mailing];
  if (!time || view.contact_id.empty()) {
    sink.reject(!time
                    ? "the time is \"" + printable(when, 40) + "\", not such as 2026-05-11T08:29:41"
                    : std::string("no customerId"),
                row.text);
    return;
  }
  view.time = *time;
  view.agent_given = !row[agent].empty();
  view.user_agent = row[agent];
  if (view.kind == EventKind::click) {
    view.link = row[url];
    view.link_tag = row[description];
  } else if (view.kind == EventKind::bounce) {
    view.bounce = judge_bounce({}, row[category].empty() ? row[rule] : row[category]);
  }
  sink.accept(view);
}

constexpr RowFormat k_rows{"events of SOAP", k_columns, read_event};

// ---- mailings -----------------------------------------------------------------------------------

/// What the link is called, and its tags.
std::string alias_of(xml_node link) {
  std::vector<std::string> names;
  if (auto description = trimmed_text(link, "description"); !description.empty()) {
    names.push_back(std::move(description));
  }
  for (const auto tag : elements_of(child(link, "tags"))) {
    if (auto name = trimmed_text(tag, "name"); !name.empty()) {
      names.push_back(std::move(name));
    }
  }
  return join(names, ", ");
}

void read_mailing(const XmlInput& document, xml_node mailing_node, RecordSink& sink) {
  const auto text = [mailing_node](std::string_view name) {
    return trimmed_text(mailing_node, name);
  };
  const auto started = text("startedAt");
  const auto time = started.empty() ? std::nullopt : parse_time(started, document.input().zone);
  Campaign campaign;
  campaign.id = text("id");
  if (campaign.id.empty() || (!time && !started.empty())) {
    sink.reject(campaign.id.empty() ? "a mailing without id"
                                    : "startedAt is \"" + printable(started, 40) +
                                          "\", not such as 2026-05-11T08:00:08",
                document.record(mailing_node));
    return;
  }
  campaign.parent = text("campaignId");
  campaign.name = text("contentName").empty() ? text("campaignName") : text("contentName");
  campaign.status = lower(text("status"));
  if (time) {
    campaign.sent_at = time->seconds;
  }
  if (auto name = text("sourceName"); !name.empty()) {
    campaign.audience.push_back({lower(text("sourceType")), {}, std::move(name)});
  }
  for (const auto link : elements_of(child(mailing_node, "links"))) {
    if (auto link_url = trimmed_text(link, "url"); !link_url.empty()) {
      campaign.links.push_back({std::move(link_url), {}, alias_of(link)});
    }
  }
  sink.accept(campaign, document.record(mailing_node));
}

// ---- the document -------------------------------------------------------------------------------

bool is_mailing(xml_node node) {
  return child(node, "campaignId") && child(node, "contentName") && child(node, "id");
}
bool is_event(xml_node node) {
  return child(node, "mailingId") && child(node, "customerId");
}

/// Finds the records, wherever they stand; there are none in a record.
std::size_t read_records(const XmlInput& document, xml_node node, int depth, RecordSink& sink) {
  constexpr int k_deepest = 20;
  if (is_mailing(node)) {
    read_mailing(document, node, sink);
    return 1;
  }
  if (is_event(node)) {
    read_row(k_rows, node, document.record(node), document.input(), sink);
    return 1;
  }
  std::size_t records = 0;
  for (const auto inner : depth < k_deepest ? elements_of(node) : std::vector<xml_node>()) {
    records += read_records(document, inner, depth + 1, sink);
  }
  return records;
}

void read_document(const XmlInput& document, RecordSink& sink) {
  if (read_records(document, document.root(), 0, sink) == 0) {
    sink.skip(document.whole());
  }
}

bool has(std::string_view head, std::string_view name) {
  return head.find("<" + std::string(name)) != std::string_view::npos ||
         head.find(":" + std::string(name) + ">") != std::string_view::npos;
}

bool is_ours(std::string_view root, std::string_view head) {
  const bool mailing_answer =
      has(head, "campaignId") && has(head, "contentName") && has(head, "plannedFor");
  const bool event_answer =
      has(head, "mailingId") && has(head, "customerId") &&
      (has(head, "openedAt") || has(head, "clickedAt") || has(head, "bouncedAt"));
  return root == "Envelope" && (mailing_answer || event_answer);
}

} // namespace

extern const XmlFormat k_soap{"answers of SOAP, XML", is_ours, read_document, true};

} // namespace mailfunnel::deployteq
