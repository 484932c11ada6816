#pragma once
// A record of an API answer, the same whether it was XML or JSON.

#include "base/xml.hpp"

#include <simdjson.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel::campaignmonitor {

struct Row {
  std::string_view record;                                 // its text in the chunk
  std::vector<std::pair<std::string, std::string>> fields; // those with a plain value
  std::vector<std::pair<std::string, std::string>> custom; // CustomFields: Key, Value
  std::vector<std::string> tags;
  bool has_actions = false; // it is a subscriber's history

  void clear();
  /// Trimmed, and without the quotes that some answers have around addresses and dates; "" for
  /// none.
  std::string_view operator[](std::string_view name) const;
  bool has(std::string_view name) const;
};

/// Takes a row, and the list that its page is of ("" where it does not say).
using TakeRow = std::function<void(const Row& row, std::string_view list)>;
/// Takes what can't be read: why, and its text.
using Refuse = std::function<void(std::string_view why, std::string_view record)>;

/// The rows of one JSON value: a page ("Results"), a webhook's body ("Events"), or a row itself.
/// How many rows there were. k_padding bytes behind `value` are readable.
class JsonRows {
public:
  std::size_t read(std::string_view value, const TakeRow& take, const Refuse& refuse);

private:
  void read_row(std::string_view text, std::string_view list, const TakeRow& take,
                const Refuse& refuse);
  simdjson::dom::parser m_parser;
  Row m_row;
};

/// The rows of one XML document, whose text in the chunk is `text`.
std::size_t read_xml_rows(std::string_view text, const TakeRow& take, const Refuse& refuse);
/// The same of a document that is parsed already.
std::size_t read_xml_rows(const XmlDocument& xml, std::string_view text, const TakeRow& take);

} // namespace mailfunnel::campaignmonitor
