// Campaign Monitor (createsend, Marigold): saved answers of the API 3.3, in JSON or XML, and bodies
// of list webhooks.
//
//   {"Results":[{"EmailAddress":"ann@example.com","URL":"https://www.example.com/","ListID":"512a3bc577a58fdf689c654329b50fa0",
//     "Date":"2026-05-11 08:29:00","IPAddress":"192.0.2.87",…}],"ResultsOrderedBy":"date",…}
//
// Documented at https://www.campaignmonitor.com/api/v3-3/getting-started/

#include "api.hpp"
#include "row_reader.hpp"

#include "adapter/registry.hpp"
#include "adapter/shared_secret.hpp"
#include "adapter/webhook_sender.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace mailfunnel::campaignmonitor {

namespace {

using Names = std::vector<std::string_view>;

constexpr std::string_view k_bom = "\xEF\xBB\xBF";
constexpr std::size_t k_names = 256; // so many of a file's head are looked at

bool is_xml(std::string_view head) {
  return trim(head.substr(0, 256)).substr(0, 1) == "<";
}

/// Elements, without prefixes.
Names xml_names(std::string_view head) {
  Names names;
  for (auto at = head.find('<'); at != std::string_view::npos && names.size() < k_names;
       at = head.find('<', at + 1)) {
    if (head.substr(at, 4) == "<!--") {
      at = std::min(head.find("-->", at), head.size() - 1);
    } else if (at + 1 < head.size() && is_alnum(head[at + 1])) {
      const auto end = std::min(head.find_first_of(" \t\r\n/>", at), head.size());
      const auto name = head.substr(at + 1, end - at - 1);
      names.push_back(name.substr(name.rfind(':') + 1));
    }
  }
  return names;
}

/// Strings that a colon follows.
Names json_names(std::string_view head) {
  Names names;
  std::size_t at = 0;
  while (names.size() < k_names && (at = head.find('"', at)) != std::string_view::npos) {
    auto end = at + 1;
    while (end < head.size() && head[end] != '"') {
      end += head[end] == '\\' ? 2 : 1;
    }
    if (end >= head.size()) {
      break;
    }
    const auto next = head.find_first_not_of(" \t\r\n", end + 1);
    if (next != std::string_view::npos && head[next] == ':') {
      names.push_back(head.substr(at + 1, end - at - 1));
    }
    at = end + 1;
  }
  return names;
}

bool has(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool has_any(const Names& names, std::initializer_list<std::string_view> wanted) {
  return std::any_of(wanted.begin(), wanted.end(),
                     [&names](std::string_view name) { return has(names, name); });
}

/// Names that other platforms do not write like this, in either format.
bool is_ours(const Names& names, bool xml) {
  if (has(names, "SubscriberKey")) { // Salesforce has an EmailAddress and a ListID too
    return false;
  }
  const bool page = has_any(names, {"ResultsOrderedBy", "RecordsOnThisPage", "NumberOfPages"});
  const bool person = has(names, "EmailAddress") &&
                      has_any(names, {"ListID", "Date", "SentDate", "State", "IPAddress"});
  const bool campaign =
      has(names, "CampaignID") && has_any(names, {"WebVersionURL", "PreviewURL", "FromEmail"});
  const bool webhook = has(names, "Events") && has(names, "ListID");
  const bool history = has(names, "Actions") && has(names, "Event") && has(names, "Detail");
  const bool statistics = has(names, "TotalActiveSubscribers");
  const bool error = names.size() >= 2 && names[0] == "Code" && names[1] == "Message";
  const bool wrapped = xml ? page || person : has(names, "Results") && (page || person);
  return wrapped || campaign || webhook || history || statistics || error;
}

/// Do the rows belong to one campaign that they do not name?
bool is_of_one_campaign(const Names& names) {
  return has(names, "EmailAddress") && !has(names, "CampaignID") && !has(names, "State") &&
         !has(names, "ListJoinedDate") && !has(names, "Events") && !has(names, "Type");
}

class AnswerReader : public LogReader {
public:
  AnswerReader(const Settings& settings, bool xml, bool of_one_campaign)
      : m_settings(settings), m_rows(m_settings), m_xml(xml), m_of_one_campaign(of_one_campaign) {}
  std::string_view format() const override {
    return m_xml ? "answer of the API, XML" : "answer of the API, JSON";
  }
  Framing framing() const override { return m_xml ? Framing::document : Framing::json; }
  bool assumes_utc() const override { return !m_settings.zone_given; }
  bool needs_campaign() const override { return m_of_one_campaign && m_settings.campaign.empty(); }
  void read(const Chunk& chunk, RecordSink& sink) override;
  std::unique_ptr<LogReader> clone() const override {
    return std::make_unique<AnswerReader>(m_settings, m_xml, m_of_one_campaign);
  }

private:
  Settings m_settings;
  RowReader m_rows;
  JsonRows m_json;
  bool m_xml, m_of_one_campaign;
};

void AnswerReader::read(const Chunk& chunk, RecordSink& sink) {
  const auto take = [&](const Row& row, std::string_view list) { m_rows.read(row, list, sink); };
  const auto refuse = [&](std::string_view why, std::string_view record) {
    sink.reject(why, record);
  };
  auto text = chunk.text;
  if (chunk.first && text.substr(0, k_bom.size()) == k_bom) {
    text.remove_prefix(k_bom.size());
  }
  if (m_xml) {
    if (read_xml_rows(text, take, refuse) == 0) {
      sink.skip(text);
    }
    return;
  }
  JsonValues values(text);
  for (std::string_view value; values.next(value);) {
    if (m_json.read(value, take, refuse) == 0) {
      sink.skip(value);
    }
  }
}

class CampaignMonitorAdapter : public Adapter, public WebhookSender {
public:
  std::string_view title() const override { return "Campaign Monitor"; }
  Capabilities capabilities() const override { return {.networks = true}; }
  std::vector<FormatInfo> formats() const override {
    return {{"opens, clicks, bounces, unsubscribes and complaints of a campaign or journey, JSON "
             "or XML",
             "events"},
            {"bodies of list webhooks, JSON or XML", "events"},
            {"campaigns of a client, JSON or XML", "campaigns"},
            {"subscribers of a list, JSON or XML", "recipients"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    if (head.substr(0, k_bom.size()) == k_bom) {
      head.remove_prefix(k_bom.size());
    }
    const bool xml = is_xml(head);
    const auto start = trim(head.substr(0, 256)).substr(0, 1);
    if (!xml && start != "{" && start != "[") {
      return nullptr;
    }
    const auto names = xml ? xml_names(head) : json_names(head);
    return is_ours(names, xml)
               ? std::make_unique<AnswerReader>(Settings(context), xml, is_of_one_campaign(names))
               : nullptr;
  }
  bool has_pull() const override { return true; }
  bool has_push() const override { return true; }
  std::vector<AccountKey> account_keys() const override {
    return {{"api_key", "a key of the account or of a client: Account settings > API keys", true,
             false},
            {"access_token", "instead of it: OAuth's token", true, false},
            {"refresh_token", "what a new token is had for, where that one ends", true, false},
            {"client",
             "id of the client (API key page); all that the key sees where it is left out", false,
             false},
            {"journeys", "\"yes\": the mails of its journeys are pulled too", false, false}};
  }
  Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) const override {
    return campaignmonitor::open_api(account);
  }
  bool has_webhook() const override { return true; }
  Result<void> check_webhook(const HttpRequest& request, const Secrets& secrets,
                             Seconds /*now*/) const override {
    return check_shared_secrets(request, secrets, "campaignmonitor");
  }
  Result<void> sign_webhook(HttpRequest& request, const Secrets& secrets,
                            Seconds /*now*/) const override {
    return bring_shared_secrets(request, secrets, "campaignmonitor");
  }
  Result<void> read_webhook(const HttpRequest& request, const WebhookContext& context,
                            RecordSink& sink) const override {
    const std::string_view body = request.body;
    const bool xml = is_xml(body);
    if (!xml && !trim(body).starts_with('{')) {
      return Error{ErrorCode::bad_syntax, "the body is neither a JSON object nor XML"};
    }
    LogContext known;
    known.zone = context.zone;
    known.zone_given = context.zone_given;
    Settings settings(known);
    settings.stream = Stream::hook;
    settings.asked_for = true;
    AnswerReader(settings, xml, false).read({body}, sink);
    return {};
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("campaignmonitor", std::make_unique<CampaignMonitorAdapter>());
}

} // namespace mailfunnel::campaignmonitor
