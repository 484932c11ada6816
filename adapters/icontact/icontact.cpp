// iContact's answers: a list that its name tells, and where in all of it this page stands.
//   <response><clicks><click>…</click></clicks><limit>100</limit><offset>0</offset><total>1</total></response>
//   {"clicks":[{"contactId":"456",…}],"limit":100,"offset":0,"total":1}
// The records are described in rows.cpp.

#include "rows.hpp"

#include "adapter/json_reader.hpp"
#include "adapter/registry.hpp"
#include "adapter/xml_reader.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace mailfunnel::icontact {

namespace {

// ---- XML ----------------------------------------------------------------------------------------

void read_document(const XmlInput& document, RecordSink& sink) {
  std::size_t records = 0;
  for (const auto& list : k_lists) {
    for (const auto element : elements_of(child(document.root(), list.name))) {
      read_row(list.rows, element, document.record(element), document.input(), sink);
      ++records;
    }
  }
  if (records == 0) {
    sink.skip(document.whole()); // the page behind the last one
  }
}

/// A list in an answer is known by its element and by a field of its records, or by its totals
/// where it is empty.
template<bool of_one_mailing> bool is_document(std::string_view root, std::string_view head) {
  if (root != "response") {
    return false;
  }
  const bool page = head.find("<limit>") != std::string_view::npos &&
                    head.find("<offset>") != std::string_view::npos;
  return std::any_of(k_lists.begin(), k_lists.end(), [&](const List& list) {
    const auto begin = head.find("<" + std::string(list.name));
    return list.of_one_mailing == of_one_mailing && begin != std::string_view::npos &&
           (head.find("<" + std::string(list.mark) + ">", begin) != std::string_view::npos || page);
  });
}

constexpr XmlFormat k_details_xml{"details of a message, XML", is_document<true>, read_document,
                                  false, true};
constexpr XmlFormat k_lists_xml{"contacts, messages, sends, XML", is_document<false>,
                                read_document};

// ---- JSON ---------------------------------------------------------------------------------------

void read_page(const JsonRecord& page, RecordSink& sink) {
  std::size_t records = 0;
  for (const auto& list : k_lists) {
    each_element(page.root[list.name], json_member(page.text, list.name),
                 [&](const Json& element, std::string_view text) {
                   read_row(list.rows, element, text, page.input, sink);
                   ++records;
                 });
  }
  if (records == 0) {
    sink.skip(page.text);
  }
}

template<bool of_one_mailing> bool is_page(const Json& page) {
  const bool counted = is_there(page["limit"]) && is_there(page["offset"]);
  return counted && std::any_of(k_lists.begin(), k_lists.end(), [&](const List& list) {
           const auto records = page[list.name];
           return list.of_one_mailing == of_one_mailing && records.is_array() &&
                  (is_there(records.at(0)[list.mark]) || is_there(page["total"]));
         });
}

constexpr JsonFormat k_details_json{
    "details of a message, JSON", "", is_page<true>, read_page, false, true};
constexpr JsonFormat k_lists_json{"contacts, messages, sends, JSON", "", is_page<false>, read_page};

class IContactAdapter : public Adapter {
public:
  std::string_view title() const override { return "iContact"; }
  Capabilities capabilities() const override { return {}; }
  std::vector<FormatInfo> formats() const override {
    return {{"opens, clicks, bounces and unsubscribes of a message, XML or JSON", "events"},
            {"messages and sends, XML or JSON", "campaigns"},
            {"contacts, XML or JSON", "recipients"}};
  }
  std::unique_ptr<LogReader> open_log(std::string_view head,
                                      const LogContext& context) const override {
    for (const auto* const format : {&k_details_xml, &k_lists_xml}) {
      if (auto reader = open_xml_log(head, *format, context)) {
        return reader;
      }
    }
    for (const auto* const format : {&k_details_json, &k_lists_json}) {
      if (auto reader = open_json_log(head, *format, context)) {
        return reader;
      }
    }
    return nullptr;
  }
};

} // namespace

void register_adapter(AdapterRegistry& registry) {
  registry.add("icontact", std::make_unique<IContactAdapter>());
}

} // namespace mailfunnel::icontact
