// Answers of the SOAP API's Retrieve, a page a document, whose rows are told apart by xsi:type:
//   <RetrieveResponseMsg xmlns="http://exacttarget.com/wsdl/partnerAPI">
//     <OverallStatus>OK</OverallStatus><RequestID>r-1</RequestID>
//     <Results xsi:type="ClickEvent"><Client><ID>7210001</ID></Client><SendID>81234</SendID>
//       <SubscriberKey>K-1001</SubscriberKey><EventDate>2026-05-11T02:29:41</EventDate><EventType>Click</EventType>
//       <URLID>77</URLID><URL>https://www.example.com/pricing</URL></Results>
//     <Results xsi:type="Send"><ID>81234</ID><Email><ID>5501</ID></Email><FromName>Shop</FromName>
//       <FromAddress>info@example.com</FromAddress><Subject>May</Subject><SentDate>2026-05-11T00:00:08</SentDate>
//       <EmailName>May newsletter</EmailName><Status>Complete</Status></Results>
//     <Results
//     xsi:type="LinkSend"><SendID>81234</SendID><Link><ID>77</ID><Alias>Prices</Alias><URL>…</URL></Link></Results>
//     <Results
//     xsi:type="Email"><ID>5501</ID><Name>…</Name><Subject>…</Subject><HTMLBody>…</HTMLBody></Results>
//   </RetrieveResponseMsg>
// in an <Envelope><Body> or not. Sends, links and e-mails of one document are put together; an
// e-mail alone belongs to the campaign that the user names.
// https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/retrieve.html

#include "readers.hpp"

#include "adapter/attributes.hpp"
#include "adapter/word_table.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::sfmc {

namespace {

using namespace std::string_view_literals;
using pugi::xml_node;

constexpr auto k_namespace = "exacttarget.com/wsdl/partnerAPI"sv;
constexpr DateOrder k_iso = DateOrder::unknown; // SOAP writes ISO 8601 only

constexpr std::array k_event_types{"SentEvent"sv,           "OpenEvent"sv,  "ClickEvent"sv,
                                   "BounceEvent"sv,         "UnsubEvent"sv, "NotSentEvent"sv,
                                   "ForwardedEmailEvent"sv, "SurveyEvent"sv};

struct TextRow {
  std::string_view name;
  std::string Campaign::*field;
};
constexpr std::array k_send_texts{
    TextRow{"EmailName", &Campaign::name},
    TextRow{"Subject", &Campaign::subject},
    TextRow{"FromName", &Campaign::from_name},
    TextRow{"FromAddress", &Campaign::from_address},
};
constexpr std::array k_email_texts{
    TextRow{"Name", &Campaign::name},           TextRow{"Subject", &Campaign::subject},
    TextRow{"PreHeader", &Campaign::preheader}, TextRow{"HTMLBody", &Campaign::html},
    TextRow{"TextBody", &Campaign::text},
};

std::string_view type_of(xml_node row) {
  auto type = attribute(row, "type");
  return type.substr(type.rfind(':') + 1);
}

/// Fills in what is not known yet.
template<typename Rows> void take_texts(xml_node node, const Rows& rows, Campaign& campaign) {
  for (const auto& [name, field] : rows) {
    if (auto value = child_text(node, name); (campaign.*field).empty() && !trim(value).empty()) {
      campaign.*field = std::move(value);
    }
  }
}

void take_link(xml_node link, Campaign& campaign) {
  LinkPlacement placement;
  placement.url = trimmed_text(link, "URL");
  placement.alias = trimmed_text(link, "Alias");
  if (!placement.url.empty()) {
    campaign.links.push_back(std::move(placement));
  }
}

class Answer {
public:
  Answer(const XmlInput& document, RecordSink& sink) : m_document(document), m_sink(sink) {}
  void read();

private:
  struct Send {
    Campaign campaign;
    std::string email; // its id
    xml_node node;     // that it was first told by
  };

  void read_row_of(xml_node row);
  void read_send(xml_node row);
  void read_link(xml_node row);
  void read_subscriber(xml_node row);
  Send& send(const std::string& id, xml_node row);
  void put_sends();
  void put_email(xml_node row);

  const XmlInput& m_document;
  RecordSink& m_sink;
  std::vector<Send> m_sends;
  std::vector<xml_node> m_emails;
};

Answer::Send& Answer::send(const std::string& id, xml_node row) {
  const auto known = std::find_if(m_sends.begin(), m_sends.end(),
                                  [&id](const Send& one) { return one.campaign.id == id; });
  if (known != m_sends.end()) {
    return *known;
  }
  auto& added = m_sends.emplace_back();
  added.campaign.id = id;
  added.node = row;
  return added;
}

void Answer::read_send(xml_node row) {
  const auto id = trimmed_text(row, "ID"), sent = trimmed_text(row, "SentDate");
  const auto time = read_time(sent, k_iso, m_document.input());
  if (id.empty() || (!time && !sent.empty())) {
    m_sink.reject(id.empty() ? "a Send without ID"
                             : "SentDate is \"" + printable(sent, 40) + "\", no time of ISO 8601",
                  m_document.record(row));
    return;
  }
  auto& [campaign, email, node] = send(id, row);
  take_texts(row, k_send_texts, campaign);
  campaign.status = lower(trimmed_text(row, "Status"));
  if (time) {
    campaign.sent_at = time->seconds;
  }
  email = trimmed_text(child(row, "Email"), "ID");
  for (const auto part : elements_of(row)) {
    if (is_named(part, "Links")) {
      take_link(part, campaign);
    } else if (is_named(part, "List") && !trimmed_text(part, "ID").empty()) {
      campaign.audience.push_back(
          {"list", trimmed_text(part, "ID"), trimmed_text(part, "ListName")});
    }
  }
}

void Answer::read_link(xml_node row) {
  const auto id = trimmed_text(row, "SendID");
  if (id.empty()) {
    m_sink.reject("a LinkSend without SendID", m_document.record(row));
    return;
  }
  take_link(child(row, "Link"), send(id, row).campaign);
}

void Answer::read_subscriber(xml_node row) {
  Row cells; // as of the file of that name, with the profile's attributes
  Attributes attributes;
  for (const auto part : elements_of(row)) {
    if (is_named(part, "Attributes")) {
      attributes.add(trimmed_text(part, "Name"), std::string_view(trimmed_text(part, "Value")));
    }
  }
  const std::array texts{trimmed_text(row, "SubscriberKey"), trimmed_text(row, "EmailAddress"),
                         trimmed_text(row, "ID"), trimmed_text(row, "Status"),
                         trimmed_text(row, "UnsubscribedDate")};
  constexpr std::array k_names{"SubscriberKey", "EmailAddress", "SubscriberID", "Status",
                               "DateUnsubscribed"};
  const auto& format = subscriber_rows(k_iso);
  cells.fields.resize(format.columns.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    cells.fields[*column_named(format, k_names[i])] = texts[i];
  }
  const auto all = attributes.all();
  cells.others.assign(all.begin(), all.end());
  cells.text = m_document.record(row);
  cells.input = &m_document.input();
  format.read(cells, m_sink);
}

void Answer::read_row_of(xml_node row) {
  const auto type = type_of(row);
  const bool event =
      std::find(k_event_types.begin(), k_event_types.end(), type) != k_event_types.end();
  if (event) {
    read_row(event_rows(k_iso), row, m_document.record(row), m_document.input(), m_sink);
  } else if (type == "Send") {
    read_send(row);
  } else if (type == "LinkSend") {
    read_link(row);
  } else if (type == "Email") {
    m_emails.push_back(row);
  } else if (type == "Subscriber") {
    read_subscriber(row);
  } else {
    m_sink.reject("rows of type \"" + printable(type, 40) +
                      "\" are not read: events, Send, LinkSend, Email, Subscriber",
                  m_document.record(row));
  }
}

void Answer::put_sends() {
  for (auto& [campaign, email, node] : m_sends) {
    for (const auto one : m_emails) {
      if (!email.empty() && trimmed_text(one, "ID") == email) {
        take_texts(one, k_email_texts, campaign);
      }
    }
    m_sink.accept(campaign, m_document.record(node));
  }
}

/// An e-mail that none of the sends here has.
void Answer::put_email(xml_node row) {
  const auto id = trimmed_text(row, "ID");
  const bool used = std::any_of(m_sends.begin(), m_sends.end(),
                                [&id](const Send& one) { return one.email == id; });
  if (used && !id.empty()) {
    return;
  }
  Campaign campaign;
  campaign.id = m_document.input().campaign;
  take_texts(row, k_email_texts, campaign);
  if (campaign.id.empty() || m_emails.size() > 1) {
    m_sink.reject(m_emails.size() > 1
                      ? "several e-mails, and no Send that tells which of them went out"
                      : "an e-mail does not tell its send: name the campaign (its SendID)",
                  m_document.record(row));
    return;
  }
  m_sink.accept(campaign, m_document.record(row));
}

void Answer::read() {
  const auto message = find_element(m_document.root(), "RetrieveResponseMsg");
  const auto status = trimmed_text(message, "OverallStatus");
  const auto rows = elements_of(message);
  const auto is_row = [](xml_node node) { return is_named(node, "Results"); };
  if (std::none_of(rows.begin(), rows.end(), is_row)) {
    if (istarts_with(status, "Error")) {
      m_sink.reject("Marketing Cloud answered " + printable(status), m_document.whole());
    } else {
      m_sink.skip(m_document.whole());
    }
    return;
  }
  for (const auto row : rows) {
    if (is_row(row)) {
      read_row_of(row);
    }
  }
  put_sends();
  for (const auto row : m_emails) {
    put_email(row);
  }
}

void read_answer(const XmlInput& document, RecordSink& sink) {
  Answer(document, sink).read();
}

bool is_answer(std::string_view root, std::string_view head) {
  return (root == "RetrieveResponseMsg" || root == "Envelope") &&
         head.find("RetrieveResponseMsg") != std::string_view::npos &&
         head.find(k_namespace) != std::string_view::npos;
}

bool is_email(std::string_view root, std::string_view head) {
  return is_answer(root, head) && head.find("type=\"Email\"") != std::string_view::npos &&
         head.find("type=\"Send\"") == std::string_view::npos;
}

} // namespace

extern const XmlFormat k_answers{"answers of SOAP, XML", is_answer, read_answer};
extern const XmlFormat k_emails{"e-mails of SOAP, XML", is_email, read_answer, false, true};

} // namespace mailfunnel::sfmc
