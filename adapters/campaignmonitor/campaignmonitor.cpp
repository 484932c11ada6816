// Campaign Monitor (createsend.com): answers of its API and bodies of its list webhooks, as they were
// saved, in JSON or XML. What the rows look like stands at the top of row.cpp and row_reader.cpp, the
// oddities in README.md. https://www.campaignmonitor.com/api/v3-3/getting-started/

#include "row_reader.hpp"

#include "adapter/adapter.hpp"
#include "adapter/registry.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace mailfunnel::campaignmonitor {

namespace {

using namespace std::string_view_literals;

std::string_view without_bom(std::string_view text) {
  constexpr auto k_bom = "\xEF\xBB\xBF"sv;
  return text.substr(0, k_bom.size()) == k_bom ? text.substr(k_bom.size()) : text;
}

// ---- readers ------------------------------------------------------------------------------------

class Reader : public LogReader {
public:
  Reader(Settings settings, bool needs_campaign)
      : m_settings(std::move(settings)), m_needs_campaign(needs_campaign), m_rows(m_settings) {}
  bool assumes_utc() const override { return !m_settings.zone_given; }
  bool needs_campaign() const override { return m_needs_campaign; }

protected:
  TakeRow take(RecordSink& sink) {
    return [this, &sink](const Row& row, std::string_view list) { m_rows.read(row, list, sink); };
  }
  static Refuse refuse(RecordSink& sink) {
    return [&sink](std::string_view why, std::string_view record) { sink.reject(why, record); };
  }
  Settings m_settings;
  bool m_needs_campaign;

private:
  RowReader m_rows;
};

class JsonReader : public Reader {
public:
  using Reader::Reader;
  std::string_view format() const override { return "API answers and webhook bodies, JSON"; }
  Framing framing() const override { return Framing::json; }
  void read(const Chunk& chunk, RecordSink& sink) override {
    JsonValues values(chunk.first ? without_bom(chunk.text) : chunk.text);
    for (std::string_view value; values.next(value);) {
      if (m_json.read(value, take(sink), refuse(sink)) == 0) {
        sink.skip(value); // a page without rows
      }
    }
  }
  std::unique_ptr<LogReader> clone() const override {
    return std::make_unique<JsonReader>(m_settings, m_needs_campaign);
  }

private:
  JsonRows m_json;
};

class XmlReader : public Reader {
public:
  using Reader::Reader;
  std::string_view format() const override { return "API answers and webhook bodies, XML"; }
  Framing framing() const override { return Framing::document; }
  void read(const Chunk& chunk, RecordSink& sink) override {
    if (read_xml_rows(chunk.text, take(sink), refuse(sink)) == 0) {
      sink.skip(chunk.text);
    }
  }
};

// ---- whose is it? -------------------------------------------------------------------------------

/// The start of a file, asked for names and words, whichever form it has.
class Head {
public:
  explicit Head(std::string_view text) : m_text(trim(without_bom(text))) {}
  bool json() const { return front() == '{' || front() == '['; }
  bool xml() const { return front() == '<'; }
  char front() const { return m_text.empty() ? '\0' : m_text.front(); }
  bool has(std::string_view name) const { return json() ? quoted(name) : element(name); }
  bool has_any(std::initializer_list<std::string_view> names) const {
    return std::any_of(names.begin(), names.end(), [this](auto name) { return has(name); });
  }
  bool says(std::string_view word) const {
    return json() ? quoted(word) : m_text.find('>' + std::string(word) + '<') != m_text.npos;
  }

private:
  bool quoted(std::string_view word) const {
    return m_text.find('"' + std::string(word) + '"') != m_text.npos;
  }
  /// <Name>, <x:Name …> or <Name/>
  bool element(std::string_view name) const {
    for (auto at = m_text.find(name); at != m_text.npos && at > 0; at = m_text.find(name, at + 1)) {
      const char before = m_text[at - 1];
      const auto end = at + name.size();
      if ((before == '<' || before == ':') && end < m_text.size() &&
          (is_space(m_text[end]) || m_text[end] == '>' || m_text[end] == '/')) {
        return true;
      }
    }
    return false;
  }
  std::string_view m_text;
};

bool is_hook(const Head& head) {
  return head.has("Type") && head.has("EmailAddress") &&
         (head.says("Subscribe") || head.says("Update") || head.says("Deactivate"));
}

bool is_campaigns(const Head& head) {
  return head.has("CampaignID") && head.has_any({"WebVersionURL", "PreviewURL"});
}

bool is_history(const Head& head) {
  return head.has("Actions") && head.has("Event") && head.has("Detail") && head.has("ID");
}

bool is_page(const Head& head) {
  return head.has_any({"ResultsOrderedBy", "ListJoinedDate"}) ||
         (head.has("EmailAddress") && head.has_any({"Date", "SentDate", "ListID"}));
}

bool ours(const Head& head) {
  if (!head.json() && !head.xml()) {
    return false;
  }
  if (head.has_any({"SubscriberKey", "Envelope"})) {
    return false; // Salesforce's names are alike
  }
  if (head.front() == '[') {
    return is_campaigns(head) || is_history(head);
  }
  if (head.json()) {
    return (head.has("Results") && (is_page(head) || is_campaigns(head))) ||
           (head.has("Events") && is_hook(head));
  }
  return is_campaigns(head) || is_history(head) || is_hook(head) || is_page(head);
}

class CampaignMonitorAdapter : public Adapter {
public:
  std::string_view title() const override { return "Campaign Monitor"; }
  Capabilities capabilities() const override { return {.networks = true}; }
  std::vector<FormatInfo> formats() const override {
    return {{"campaigns of the API, JSON and XML", "campaigns"},
            {"recipients, opens, clicks, bounces, unsubscribes, spam of the API, JSON and XML",
             "events"},
            {"subscribers of the API, JSON and XML", "recipients"},
            {"list webhook bodies, JSON and XML", "events, recipients"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view text,
                                      const LogContext& context) const override;
};

std::unique_ptr<LogReader> CampaignMonitorAdapter::open_log(std::string_view text,
                                                            const LogContext& context) const {
  const Head head(text);
  if (!ours(head)) {
    return nullptr;
  }
  Settings settings(context);
  const bool events = head.has("EmailAddress") && !is_hook(head) &&
                      !head.has_any({"State", "ListJoinedDate", "CampaignID"});
  const bool needs_campaign = events && settings.campaign.empty();
  if (head.xml()) {
    return std::make_unique<XmlReader>(std::move(settings), needs_campaign);
  }
  return std::make_unique<JsonReader>(std::move(settings), needs_campaign);
}

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("campaignmonitor", std::make_unique<CampaignMonitorAdapter>());
}

} // namespace mailfunnel::campaignmonitor
