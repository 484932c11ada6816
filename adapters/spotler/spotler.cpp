// Spotler Mail+, once MailPlus: answers of the REST API, whose items stand in a list beside the
// paging, or are an answer each. What the list is called is not looked at.
//   {"paging":{"next":"…"},"clicks":[{"contactIdentifier":{…},"clickDate":"2026-05-11T08:29:41","linkId":4711}]}
// Several answers may follow one another in a file: an item knows the mailing that was told before
// it, so the chunks of a file are read in their order.

#include "rows.hpp"

#include "adapter/json_reader.hpp"
#include "adapter/registry.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace mailfunnel::spotler {

namespace {

class AnswerReader : public LogReader {
public:
  AnswerReader(const LogContext& context, bool of_one_mailing)
      : m_items(InputFacts(context)), m_of_one_mailing(of_one_mailing) {}
  std::string_view format() const override { return "answers of the API, JSON"; }
  Framing framing() const override { return Framing::json; }
  bool assumes_utc() const override { return !m_items.input().zone_given; }
  bool needs_campaign() const override {
    return m_of_one_mailing && m_items.input().campaign.empty();
  }
  void read(const Chunk& chunk, RecordSink& sink) override {
    JsonValues values(chunk.first ? without_bom(chunk.text) : chunk.text);
    for (std::string_view value; values.next(value);) {
      read_answer(value, sink);
    }
  }

private:
  void read_answer(std::string_view text, RecordSink& sink) {
    const Json root = m_parser.parse(text.data(), text.size(), false);
    if (!root.is_object()) {
      sink.reject("not a JSON object", text);
      return;
    }
    if (is_item(root)) {
      m_items.read(root, text, sink);
      return;
    }
    std::size_t items = 0;
    each_member(root, text, [&](std::string_view, const Json& value, std::string_view list) {
      each_element(value, list, [&](const Json& item, std::string_view item_text) {
        m_items.read(item, item_text, sink);
        ++items;
      });
    });
    if (items == 0) {
      sink.skip(text); // a page behind the last one
    }
  }

  ItemReader m_items;
  bool m_of_one_mailing;
  simdjson::dom::parser m_parser;
};

// ---- whose is it? -------------------------------------------------------------------------------

/// An item, or an answer with a list of them.
template<bool (*is_wanted)(const Json&)> bool holds(const Json& root) {
  bool found = is_wanted(root);
  each_member(root, [&found](std::string_view /*name*/, const Json& value) {
    found = found || (value.is_array() && is_wanted(value.at(0)));
  });
  return found;
}

bool is_detail(const Json& item) {
  return is_there(item["contactIdentifier"]);
}
bool is_mailing(const Json& item) {
  return is_there(item["scheduledStartDate"]);
}
void read_nothing(const JsonRecord& /*record*/, RecordSink& /*sink*/) {}

// Asked for recognising only.
constexpr JsonFormat k_any{"", "", holds<is_item>, read_nothing};
constexpr JsonFormat k_details{"", "", holds<is_detail>, read_nothing};
constexpr JsonFormat k_mailings{"", "", holds<is_mailing>, read_nothing};

class SpotlerAdapter : public Adapter {
public:
  std::string_view title() const override { return "Spotler Mail+ (MailPlus)"; }
  Capabilities capabilities() const override { return {}; }
  std::vector<FormatInfo> formats() const override {
    return {{"recipients, opens, clicks and bounces of a mailing, JSON", "events"},
            {"feeds of mailing-interaction, JSON", "events"},
            {"mailings, JSON", "campaigns"},
            {"contacts, JSON", "recipients"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    if (!open_json_log(head, k_any, context)) {
      return nullptr;
    }
    const bool alone = open_json_log(head, k_details, context) != nullptr &&
                       open_json_log(head, k_mailings, context) == nullptr;
    return std::make_unique<AnswerReader>(context, alone);
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("spotler", std::make_unique<SpotlerAdapter>());
}

} // namespace mailfunnel::spotler
