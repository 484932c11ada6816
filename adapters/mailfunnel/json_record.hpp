#pragma once
// One record of our own NDJSON (schema/event.schema.json): an event, a recipient, a campaign, or
// a reject of an earlier run. One pass over its text; what is handed on are views into the text or
// into the parser's buffer. The text must have k_padding readable bytes behind it.

#include "adapter/adapter.hpp"

#include <simdjson.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel::mailfunnel {

class RecordParser {
public:
  /// Ends in one call to the sink, and one more for each bad link of a campaign.
  void read(std::string_view record, RecordSink& sink);
  /// Is this a record that only we write?
  bool is_ours(std::string_view record);

private:
  using Value = simdjson::ondemand::value;
  using Object = simdjson::ondemand::object;
  enum class Type { event, recipient, campaign, rejected };
  struct BadLink {
    std::string why;
    std::string_view raw;
  };

  bool parse(std::string_view record);
  void put(std::string_view record, RecordSink& sink);
  bool complete();

  bool field(std::string_view name, Value value);
  bool read_bounce(Value value);
  bool read_evidence(Value value);
  bool read_tags(Value value);
  bool read_raw(Value value, std::string_view& out);
  bool recipient_field(std::string_view name, Value value);
  bool read_attributes(Value value);
  bool campaign_field(std::string_view name, Value value);
  bool read_audience(Value value);
  bool read_campaign_tags(Value value);
  bool read_links(Value value);
  bool read_link(Value value);

  // Values; false: fail() was called.
  template<typename Visit> bool each_field(Object object, Visit visit);
  template<typename Visit> bool each_field_of(Value value, std::string_view name, Visit visit);
  template<typename Visit> bool each_element(Value value, std::string_view name, Visit visit);
  bool text(Value value, std::string_view name, std::string_view& out);
  bool text(Value value, std::string_view name, std::string& out);
  bool flag(Value value, std::string_view name, bool& out);
  template<typename Number>
  bool number(Value value, std::string_view name, Number& out, std::uint64_t most);
  bool time(Value value, std::string_view name, Instant& out);
  bool fail(std::string why);

  simdjson::ondemand::parser m_parser;
  TimeReader m_times;
  std::string m_why;
  bool m_details = false;
  bool m_has_kind = false, m_has_time = false, m_has_source = false, m_strange = false;
  Type m_type = Type::event;
  EventView m_event;
  std::vector<std::string_view> m_tags;
  RecipientView m_recipient;
  std::vector<std::pair<std::string_view, std::string_view>> m_attributes;
  Campaign m_campaign;
  bool m_campaign_kind = false;
  std::vector<BadLink> m_bad_links;
};

} // namespace mailfunnel::mailfunnel
