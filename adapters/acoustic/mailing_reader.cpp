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

#include "base/text.hpp"
#include "base/xml.hpp"

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

std::string trimmed(xml_node node, std::string_view name) {
  return std::string(trim(child_text(node, name)));
}

std::string id_of(xml_node node) {
  auto id = trimmed(node, "MailingId");
  const auto report = trimmed(node, "ReportId");
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
    Audience audience{std::string(row.kind), trimmed(node, row.id), trimmed(node, row.name)};
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
  link.url = trimmed(node, url);
  link.alias = trimmed(node, alias);
  if (!link.url.empty()) {
    campaign.links.push_back(std::move(link));
  }
}

/// The first element of that name below `node`, itself included.
xml_node descendant(xml_node node, std::string_view name) {
  return is_named(node, name)
             ? node
             : node.find_node([name](xml_node one) { return is_named(one, name); });
}

// ---- the reader ---------------------------------------------------------------------------------

struct Settings {
  std::string campaign;
  TimeZone zone = nullptr;
  bool assumes_utc = false, needs_campaign = false;
};

/// Walks over one document; `text` is its text in the chunk.
class MailingDocument {
public:
  MailingDocument(const XmlDocument& xml, const Settings& settings, std::string_view text,
                  RecordSink& sink)
      : m_xml(xml), m_settings(settings), m_text(text), m_same(xml.text() == text), m_sink(sink) {}
  void read();

private:
  struct Found {
    Campaign campaign;
    std::string_view record;
  };
  std::string_view record_of(xml_node node) const;
  void read_message(xml_node message);
  void read_result(xml_node result);
  void read_mailing(xml_node mailing);
  void read_click(xml_node click, xml_node mailing);
  Found& found(const std::string& id, xml_node node);

  const XmlDocument& m_xml;
  const Settings& m_settings;
  std::string_view m_text;
  bool m_same; // the document was not recoded: places in it are places in the chunk
  RecordSink& m_sink;
  std::vector<Found> m_found;
};

std::string_view MailingDocument::record_of(xml_node node) const {
  const auto raw = m_xml.raw(node);
  return m_same && !raw.empty()
             ? m_text.substr(static_cast<std::size_t>(raw.data() - m_xml.text().data()), raw.size())
             : m_text;
}

MailingDocument::Found& MailingDocument::found(const std::string& id, xml_node node) {
  const auto at = std::find_if(m_found.begin(), m_found.end(),
                               [&id](const Found& one) { return one.campaign.id == id; });
  if (at != m_found.end()) {
    return *at;
  }
  auto& added = m_found.emplace_back();
  added.campaign.id = id;
  added.record = record_of(node);
  return added;
}

/// SaveMailing, or the RESULT of PreviewMailing.
void MailingDocument::read_message(xml_node message) {
  Campaign campaign;
  const auto header = child(message, "Header");
  campaign.id = m_settings.campaign.empty() ? id_of(header) : m_settings.campaign;
  if (campaign.id.empty()) {
    m_sink.reject("no MailingID: name the campaign", record_of(message));
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
  m_sink.accept(campaign, record_of(message));
}

void MailingDocument::read_mailing(xml_node mailing) {
  const auto id = id_of(mailing);
  if (id.empty()) {
    m_sink.reject("no MailingId", record_of(mailing));
    return;
  }
  const auto sent = trimmed(mailing, "SentTS");
  const auto time = parse_time(sent, m_settings.zone);
  if (!time && !sent.empty()) {
    m_sink.reject("no time in SentTS", record_of(mailing));
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
    m_sink.reject("no MailingId", record_of(click));
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
    m_sink.skip(m_text); // counts only, or no mailing in the time that was asked for
  }
}

void MailingDocument::read() {
  const auto root = m_xml.root();
  const auto result = descendant(root, "RESULT");
  if (const auto saved = descendant(root, "SaveMailing")) {
    read_message(saved);
  } else if (iequals(trimmed(result, "SUCCESS"), "false")) {
    const auto why = trimmed(descendant(root, "Fault"), "FaultString");
    m_sink.reject("Acoustic answered with a fault: " + printable(why), m_text);
  } else if (child(result, "HTMLBody")) {
    read_message(result);
  } else {
    read_result(result);
  }
}

class MailingReader : public LogReader {
public:
  explicit MailingReader(Settings settings) : m_settings(std::move(settings)) {}
  std::string_view format() const override { return "mailings, XML"; }
  Framing framing() const override { return Framing::document; }
  bool assumes_utc() const override { return m_settings.assumes_utc; }
  bool needs_campaign() const override { return m_settings.needs_campaign; }
  void read(const Chunk& chunk, RecordSink& sink) override {
    const auto xml = XmlDocument::parse(chunk.text);
    if (!xml) {
      sink.reject(xml.error().text(), chunk.text);
      return;
    }
    MailingDocument(*xml, m_settings, chunk.text, sink).read();
  }

private:
  Settings m_settings;
};

// ---- whose is it? -------------------------------------------------------------------------------

/// The local name of the first element, or "".
std::string_view root_name(std::string_view head) {
  for (auto at = head.find('<'); at + 1 < head.size(); at = head.find('<', at + 1)) {
    if (head[at + 1] != '?' && head[at + 1] != '!') {
      const auto name = head.substr(at + 1, head.find_first_of(" \t\r\n/>", at) - at - 1);
      return name.substr(name.rfind(':') + 1);
    }
  }
  return {};
}

bool ours(std::string_view head) {
  const auto front = trim(head.substr(0, 3) == "\xEF\xBB\xBF"sv ? head.substr(3) : head);
  return !front.empty() && front.front() == '<' &&
         (iequals(root_name(front), "SaveMailing") ||
          (iequals(root_name(front), "Envelope") &&
           ((icontains(head, "<RESULT") && icontains(head, "<SUCCESS>")) ||
            icontains(head, "<SaveMailing"))));
}

} // namespace

std::unique_ptr<LogReader> open_mailings(std::string_view head, const LogContext& context) {
  if (!ours(head)) {
    return nullptr;
  }
  Settings settings;
  settings.campaign = context.campaign;
  settings.zone = context.zone;
  const bool message = icontains(head, "<SaveMailing") || icontains(head, "<HTMLBody");
  settings.assumes_utc = !context.zone_given && !message;
  settings.needs_campaign = message && settings.campaign.empty() && !icontains(head, "<MailingID>");
  return std::make_unique<MailingReader>(std::move(settings));
}

} // namespace mailfunnel::acoustic
