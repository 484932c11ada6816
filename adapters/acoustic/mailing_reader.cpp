// Acoustic's XML about mailings. Answers of GetSentMailingsForOrg (…ForList, …ForUser), and of
// GetAggregateTrackingForOrg (…ForUser, …ForMailing) with PER_CLICK:
//   <Envelope><Body><RESULT><SUCCESS>TRUE</SUCCESS>
//     <Mailing><MailingId>9876543</MailingId><ReportId>503612902</ReportId><MailingName>May</MailingName>
//       <ListName>Customers</ListName><ListId>77</ListId><SentTS>2026-05-11
//       08:01:39.0</SentTS><Subject>Hello</Subject></Mailing>
//     <Clicks><Click><MailingId>9876543</MailingId><ReportId>503612902</ReportId><LinkName>Prices</LinkName>
//       <LinkURL>https://www.example.com/pricing</LinkURL></Click></Clicks></RESULT></Body></Envelope>
// a SaveMailing request, which ExportMailingTemplate's answer has inside, too:
//   <Envelope><Body><SaveMailing><Header><MailingName>May</MailingName><Subject>Hello</Subject><MailingID>9876543</MailingID>
//     </Header><MessageBodies><HTMLBody><![CDATA[…]]></HTMLBody></MessageBodies><ClickThroughs><ClickThrough>
//     <ClickThroughName>Prices</ClickThroughName><ClickThroughURL>https://www.example.com/pricing</ClickThroughURL>
//     </ClickThrough></ClickThroughs></SaveMailing></Body></Envelope>
// and the answer of PreviewMailing: <RESULT><SUCCESS>…</SUCCESS><HTMLBody>…</HTMLBody></RESULT>.
// https://developer.goacoustic.com/acoustic-campaign/reference/getsentmailingsfororg
// The case of names is mixed, so it is not looked at.

#include "readers.hpp"

#include "adapter/xml_reader.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::acoustic {

namespace {

using namespace std::string_view_literals;
using pugi::xml_node;

// ---- words --------------------------------------------------------------------------------------

struct TextRow {
  std::string_view name;
  std::string Campaign::*field;
};
/// Elements of <Mailing>, and of SaveMailing's <Header> and <MessageBodies>.
constexpr std::array k_texts{
    TextRow{"MailingName", &Campaign::name},   TextRow{"Subject", &Campaign::subject},
    TextRow{"FromName", &Campaign::from_name}, TextRow{"FromAddress", &Campaign::from_address},
    TextRow{"ReplyTo", &Campaign::reply_to},   TextRow{"HTMLBody", &Campaign::html},
    TextRow{"TextBody", &Campaign::text},
};

struct AudienceRow {
  std::string_view kind, id, name;
};
constexpr std::array k_audiences{
    AudienceRow{"list", "ListId", "ListName"},
    AudienceRow{"query", "QueryId", "QueryName"},
    AudienceRow{"contact_list", "ContactListId", "ContactListName"},
};

// ---- one mailing --------------------------------------------------------------------------------

std::string id_of(xml_node node) {
  auto id = trimmed_text(node, "MailingId");
  const auto report = trimmed_text(node, "ReportId");
  return id.empty() || report.empty() ? id : id + '/' + report;
}

void take_texts(xml_node node, Campaign& campaign) {
  for (const auto& [name, field] : k_texts) {
    if (auto value = child_text(node, name); !trim(value).empty()) {
      campaign.*field = std::move(value);
    }
  }
}

void take_audience(xml_node node, Campaign& campaign) {
  for (const auto& row : k_audiences) {
    Audience audience{std::string(row.kind), trimmed_text(node, row.id),
                      trimmed_text(node, row.name)};
    if (!audience.id.empty() || !audience.name.empty()) {
      campaign.audience.push_back(std::move(audience));
    }
  }
}

/// <Tags><Tag>a</Tag></Tags>, or <Tags>a,b</Tags>
void take_tags(xml_node node, Campaign& campaign) {
  const auto tags = child(node, "Tags");
  for (const auto tag : tags.children()) {
    if (tag.type() == pugi::node_element) {
      campaign.tags.emplace_back(trim(text_of(tag)));
    }
  }
  const auto plain = text_of(tags);
  for (const auto tag : split(plain, ',')) {
    if (!tag.empty()) {
      campaign.tags.emplace_back(tag);
    }
  }
}

void take_link(xml_node node, std::string_view url, std::string_view alias, Campaign& campaign) {
  LinkPlacement link;
  link.url = trimmed_text(node, url);
  link.alias = trimmed_text(node, alias);
  if (!link.url.empty()) {
    campaign.links.push_back(std::move(link));
  }
}

// ---- the reader ---------------------------------------------------------------------------------

/// Walks over one document.
class MailingDocument {
public:
  MailingDocument(const XmlInput& xml, RecordSink& sink) : m_xml(xml), m_sink(sink) {}
  void read();

private:
  struct Found {
    Campaign campaign;
    std::string_view record;
  };
  void read_message(xml_node message);
  void read_result(xml_node result);
  void read_mailing(xml_node mailing);
  void read_click(xml_node click, xml_node mailing);
  Found& found(const std::string& id, xml_node node);

  const XmlInput& m_xml;
  RecordSink& m_sink;
  std::vector<Found> m_found;
};

MailingDocument::Found& MailingDocument::found(const std::string& id, xml_node node) {
  const auto at = std::find_if(m_found.begin(), m_found.end(),
                               [&id](const Found& one) { return one.campaign.id == id; });
  if (at != m_found.end()) {
    return *at;
  }
  auto& added = m_found.emplace_back();
  added.campaign.id = id;
  added.record = m_xml.record(node);
  return added;
}

/// SaveMailing, or the RESULT of PreviewMailing.
void MailingDocument::read_message(xml_node message) {
  Campaign campaign;
  const auto header = child(message, "Header");
  campaign.id = m_xml.input().campaign.empty() ? id_of(header) : m_xml.input().campaign;
  if (campaign.id.empty()) {
    m_sink.reject("no MailingID: name the campaign", m_xml.record(message));
    return;
  }
  for (const auto node : {message, header, child(message, "MessageBodies")}) {
    take_texts(node, campaign);
  }
  take_audience(header, campaign);
  take_tags(header, campaign);
  for (const auto link : child(message, "ClickThroughs").children()) {
    take_link(link, "ClickThroughURL", "ClickThroughName", campaign);
  }
  m_sink.accept(campaign, m_xml.record(message));
}

void MailingDocument::read_mailing(xml_node mailing) {
  const auto id = id_of(mailing);
  if (id.empty()) {
    m_sink.reject("no MailingId", m_xml.record(mailing));
    return;
  }
  const auto sent = trimmed_text(mailing, "SentTS");
  const auto time = parse_time(sent, m_xml.input().zone);
  if (!time && !sent.empty()) {
    m_sink.reject("no time in SentTS", m_xml.record(mailing));
    return;
  }
  auto& campaign = found(id, mailing).campaign;
  take_texts(mailing, campaign);
  take_audience(mailing, campaign);
  take_tags(mailing, campaign);
  if (time) {
    campaign.sent_at = time->seconds;
  }
  for (const auto click : child(mailing, "Clicks").children()) {
    read_click(click, mailing);
  }
}

void MailingDocument::read_click(xml_node click, xml_node mailing) {
  if (!is_named(click, "Click")) {
    return;
  }
  auto id = id_of(click);
  id = id.empty() ? id_of(mailing) : id;
  if (id.empty()) {
    m_sink.reject("no MailingId", m_xml.record(click));
    return;
  }
  take_link(click, "LinkURL", "LinkName", found(id, click).campaign);
}

void MailingDocument::read_result(xml_node result) {
  for (const auto node : result.children()) {
    if (is_named(node, "Mailing")) {
      read_mailing(node);
    }
    for (const auto click : is_named(node, "Clicks") ? node.children() : xml_node{}.children()) {
      read_click(click, {});
    }
  }
  for (const auto& [campaign, record] : m_found) {
    m_sink.accept(campaign, record);
  }
  if (m_found.empty()) {
    m_sink.skip(m_xml.whole()); // counts only, or no mailing in the time that was asked for
  }
}

void MailingDocument::read() {
  const auto root = m_xml.root();
  const auto result = find_element(root, "RESULT");
  if (const auto saved = find_element(root, "SaveMailing")) {
    read_message(saved);
  } else if (iequals(trimmed_text(result, "SUCCESS"), "false")) {
    const auto why = trimmed_text(find_element(root, "Fault"), "FaultString");
    m_sink.reject("Acoustic answered with a fault: " + printable(why), m_xml.whole());
  } else if (child(result, "HTMLBody")) {
    read_message(result);
  } else {
    read_result(result);
  }
}

void read_document(const XmlInput& document, RecordSink& sink) {
  MailingDocument(document, sink).read();
}

// ---- whose is it? -------------------------------------------------------------------------------

bool is_answer(std::string_view root, std::string_view head) {
  return iequals(root, "Envelope") && icontains(head, "<RESULT") && icontains(head, "<SUCCESS>");
}

/// One mailing as it is written: without times.
bool is_message(std::string_view root, std::string_view head) {
  return iequals(root, "SaveMailing") ||
         (iequals(root, "Envelope") && icontains(head, "<SaveMailing")) ||
         (is_answer(root, head) && icontains(head, "<HTMLBody"));
}

bool is_named_message(std::string_view root, std::string_view head) {
  return is_message(root, head) && icontains(head, "<MailingID>");
}

constexpr std::string_view k_name = "mailings, XML";
constexpr XmlFormat k_named_message{k_name, is_named_message, read_document};
constexpr XmlFormat k_message{
    .name = k_name, .is_ours = is_message, .read = read_document, .one_campaign = true};
constexpr XmlFormat k_answer{
    .name = k_name, .is_ours = is_answer, .read = read_document, .zoneless = true};

} // namespace

std::unique_ptr<LogReader> open_mailings(std::string_view head, const LogContext& context) {
  for (const auto* const format : {&k_named_message, &k_message, &k_answer}) {
    if (auto reader = open_xml_log(head, *format, context)) {
      return reader;
    }
  }
  return nullptr;
}

} // namespace mailfunnel::acoustic
