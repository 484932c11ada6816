#pragma once
// Reads what Spotler's API answers, item by item. What is told by one answer and needed by the next
// is remembered: which mailing it is, when it went out, where its links lead.

#include "adapter/adapter.hpp"
#include "adapter/input_facts.hpp"
#include "adapter/json_value.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mailfunnel::spotler {

/// What the rows of the account-wide feed are; only the call that gave them told it.
std::optional<EventKind> feed_kind(std::string_view file_name);

/// Is this object one of the items below?
bool is_item(const Json& item);

class ItemReader {
public:
  explicit ItemReader(InputFacts input)
      : m_input(std::move(input)), m_feed(feed_kind(m_input.file_name)) {}
  const InputFacts& input() const { return m_input; }
  /// Ends in a call of the sink.
  void read(const Json& item, std::string_view text, RecordSink& sink);

private:
  struct Link {
    std::string url, name;
  };

  void read_mailing(const Json& mailing, std::string_view text, RecordSink& sink);
  void read_contact(const Json& contact, std::string_view text, RecordSink& sink) const;
  void read_feed(const Json& row, std::string_view text, RecordSink& sink) const;
  void read_detail(const Json& row, std::string_view text, RecordSink& sink) const;
  void take_links(const Json& links, Campaign& campaign);

  InputFacts m_input;
  std::optional<EventKind> m_feed;
  std::string m_mailing;         // the last one that was read
  std::optional<Instant> m_sent; // and when it went out
  std::map<std::string, Link, std::less<>> m_links;
};

} // namespace mailfunnel::spotler
