// The normalised event and what goes with it, as `export events` and `decode` write it:
//   {"kind":"open","address":"ann@example.com","time":"2026-03-02T09:25:07Z","campaign":"1001",
//    "evidence":["privacy_proxy"]}
//   {"recipient":{"address":"ann@example.com","attributes":{"job_title":"CTO"}}}
//   {"campaign":{"id":"1001","kind":"campaign","links":[{"url":"https://example.com/"}]}}
//   {"rejected":"no time","source":{"adapter":"sendgrid","line":3},"raw":"{}"}
// Documented in README.md and schema/event.schema.json.

#include "json_record.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "words.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::mailfunnel {

using namespace std::string_view_literals;

namespace {

using simdjson::SUCCESS;

struct EventText {
  std::string_view name;
  std::string_view EventView::*place;
};
constexpr std::array k_event_texts{
    EventText{"address", &EventView::address},
    EventText{"campaign", &EventView::campaign},
    EventText{"link", &EventView::link},
    EventText{"account", &EventView::account},
    EventText{"contact_id", &EventView::contact_id},
    EventText{"new_address", &EventView::new_address},
    EventText{"campaign_name", &EventView::campaign_name},
    EventText{"send", &EventView::send},
    EventText{"link_tag", &EventView::link_tag},
    EventText{"message_id", &EventView::message_id},
    EventText{"event_id", &EventView::event_id},
    EventText{"scope", &EventView::scope},
    EventText{"proof", &EventView::proof},
    EventText{"ip", &EventView::ip},
    EventText{"native", &EventView::native},
};

struct CampaignText {
  std::string_view name;
  std::string Campaign::*place;
};
constexpr std::array k_campaign_texts{
    CampaignText{"account", &Campaign::account},
    CampaignText{"id", &Campaign::id},
    CampaignText{"send", &Campaign::send},
    CampaignText{"parent", &Campaign::parent},
    CampaignText{"family", &Campaign::family},
    CampaignText{"name", &Campaign::name},
    CampaignText{"subject", &Campaign::subject},
    CampaignText{"preheader", &Campaign::preheader},
    CampaignText{"from_name", &Campaign::from_name},
    CampaignText{"from_address", &Campaign::from_address},
    CampaignText{"reply_to", &Campaign::reply_to},
    CampaignText{"status", &Campaign::status},
    CampaignText{"html", &Campaign::html},
    CampaignText{"text", &Campaign::text},
};

template<typename Table> const auto* find_row(const Table& table, std::string_view name) {
  const auto row =
      std::find_if(table.begin(), table.end(), [name](const auto& r) { return r.name == name; });
  return row == table.end() ? nullptr : &*row;
}

bool is_a(simdjson::ondemand::value value, simdjson::ondemand::json_type wanted) {
  simdjson::ondemand::json_type type{};
  return value.type().get(type) == SUCCESS && type == wanted;
}

constexpr auto k_broken = "broken JSON"sv;
constexpr std::size_t k_smallest_room = std::size_t{16} << 10;

} // namespace

// ---- values -------------------------------------------------------------------------------------

bool RecordParser::fail(std::string why) {
  m_why = std::move(why);
  return false;
}

template<typename Visit> bool RecordParser::each_field(Object object, Visit visit) {
  for (auto result : object) {
    simdjson::ondemand::field one;
    std::string_view name;
    if (std::move(result).get(one) != SUCCESS || one.unescaped_key().get(name) != SUCCESS) {
      return fail(std::string(k_broken));
    }
    if (!visit(name, one.value())) {
      return false;
    }
  }
  return true;
}

template<typename Visit>
bool RecordParser::each_field_of(Value value, std::string_view name, Visit visit) {
  Object object;
  if (value.get_object().get(object) != SUCCESS) {
    return fail(quoted(name) + " is not an object");
  }
  return each_field(object, visit);
}

template<typename Visit>
bool RecordParser::each_element(Value value, std::string_view name, Visit visit) {
  simdjson::ondemand::array list;
  if (value.get_array().get(list) != SUCCESS) {
    return fail(quoted(name) + " is not a list");
  }
  for (auto result : list) {
    Value element;
    if (result.get(element) != SUCCESS) {
      return fail(std::string(k_broken));
    }
    if (!visit(element)) {
      return false;
    }
  }
  return true;
}

/// Strings, and numbers as they are written: ids are often given so.
bool RecordParser::text(Value value, std::string_view name, std::string_view& out) {
  using simdjson::ondemand::json_type;
  json_type type{};
  if (value.type().get(type) != SUCCESS) {
    return fail(std::string(k_broken));
  }
  switch (type) {
  case json_type::string:
    return value.get_string().get(out) == SUCCESS || fail(std::string(k_broken));
  case json_type::number:
    out = trim(value.raw_json_token());
    return parse_double(out).has_value() || fail(std::string(k_broken));
  case json_type::null:
    out = {};
    return trim(value.raw_json_token()) == "null"sv || fail(std::string(k_broken));
  default:
    return fail(quoted(name) + " is not a text");
  }
}

bool RecordParser::text(Value value, std::string_view name, std::string& out) {
  std::string_view view;
  if (!text(value, name, view)) {
    return false;
  }
  out = view;
  return true;
}

bool RecordParser::flag(Value value, std::string_view name, bool& out) {
  return value.get_bool().get(out) == SUCCESS || fail(quoted(name) + " is not true or false");
}

template<typename Number>
bool RecordParser::number(Value value, std::string_view name, Number& out, std::uint64_t most) {
  std::uint64_t wide = 0;
  if (value.get_uint64().get(wide) != SUCCESS || wide > most) {
    return fail(quoted(name) + " is not a number from 0 to " + std::to_string(most));
  }
  out = static_cast<Number>(wide);
  return true;
}

bool RecordParser::time(Value value, std::string_view name, Instant& out) {
  std::string_view given;
  if (!text(value, name, given)) {
    return false;
  }
  auto why = read_time(m_times, given, out);
  return why.empty() || fail(quoted(name) + ": " + why);
}

/// An object as it stands.
bool RecordParser::read_raw(Value value, std::string_view& out) {
  Object object;
  if (value.get_object().get(object) != SUCCESS || object.raw_json().get(out) != SUCCESS) {
    return fail("\"metadata\" is not an object");
  }
  out = trim(out);
  return true;
}

// ---- events -------------------------------------------------------------------------------------

bool RecordParser::read_bounce(Value value) {
  auto& bounce = m_event.bounce;
  return each_field_of(value, "bounce", [&](std::string_view name, Value part) {
    constexpr std::uint64_t k_most_code = 999;
    std::string_view word;
    if (name == "code"sv) {
      return number(part, name, bounce.code, k_most_code);
    }
    if (!text(part, name, word)) {
      return false;
    }
    if (name == "class"sv) {
      const auto klass = bounce_class(word);
      bounce.klass = klass.value_or(BounceClass::none);
      return klass || fail("not a class of bounces: " + quoted(word));
    }
    if (name == "reason"sv) {
      const auto reason = bounce_reason(word);
      bounce.reason = reason.value_or(BounceReason::other);
      return reason || fail("not a reason of bounces: " + quoted(word));
    }
    if (name == "status"sv) {
      bounce.status = word;
    } else if (name == "diagnostic"sv) {
      bounce.diagnostic = word;
    }
    return true;
  });
}

bool RecordParser::read_evidence(Value value) {
  return each_element(value, "evidence", [this](Value element) {
    std::string_view name;
    if (!text(element, "evidence", name)) {
      return false;
    }
    for (const auto& [bit, word] : k_evidence_names) {
      if (word == name) {
        m_event.evidence |= bit;
        return true;
      }
    }
    return fail("not a word for evidence: " + quoted(name));
  });
}

bool RecordParser::read_tags(Value value) {
  return each_element(value, "tags", [this](Value element) {
    return text(element, "tags", m_tags.emplace_back());
  });
}

bool RecordParser::field(std::string_view name, Value value) {
  constexpr std::uint64_t k_most_network = 0xFFFF, k_most_system = 15;
  if (const auto* const row = find_row(k_event_texts, name)) {
    if (name != "campaign"sv || !is_a(value, simdjson::ondemand::json_type::object)) {
      return text(value, name, m_event.*row->place);
    }
  }
  if (name == "kind"sv) {
    std::string_view word;
    if (!text(value, name, word)) {
      return false;
    }
    const auto kind = event_kind(word);
    m_has_kind = kind.has_value();
    m_event.kind = kind.value_or(EventKind::unknown);
    return kind || fail("not a kind of events: " + quoted(word));
  }
  if (name == "time"sv) {
    return m_has_time = time(value, name, m_event.time);
  }
  if (name == "user_agent"sv) {
    m_event.agent_given = true;
    return text(value, name, m_event.user_agent);
  }
  if (name == "bounce"sv) {
    return read_bounce(value);
  }
  if (name == "evidence"sv) {
    return read_evidence(value);
  }
  if (name == "network"sv) {
    return number(value, name, m_event.network, k_most_network);
  }
  if (name == "system"sv) {
    return number(value, name, m_event.system, k_most_system);
  }
  if (name == "tags"sv) {
    return !m_details || read_tags(value);
  }
  if (name == "metadata"sv) {
    return !m_details || read_raw(value, m_event.metadata);
  }
  if (name == "recipient"sv) {
    m_type = Type::recipient;
    return each_field_of(value, name, [this](auto n, auto v) { return recipient_field(n, v); });
  }
  if (name == "campaign"sv) {
    m_type = Type::campaign;
    return each_field_of(value, name, [this](auto n, auto v) { return campaign_field(n, v); });
  }
  if (name == "rejected"sv) {
    m_type = Type::rejected;
  } else if (name == "source"sv) {
    m_has_source = true;
  } else if (name != "raw"sv) {
    m_strange = true;
  }
  return true;
}

// ---- recipients ---------------------------------------------------------------------------------

bool RecordParser::recipient_field(std::string_view name, Value value) {
  if (name == "attributes"sv) {
    return read_attributes(value);
  }
  if (name == "changed_at"sv) {
    Instant instant;
    if (!time(value, name, instant)) {
      return false;
    }
    m_recipient.changed_at = instant.seconds;
    return true;
  }
  std::string_view given;
  if (!text(value, name, given)) {
    return false;
  }
  if (name == "account"sv) {
    m_recipient.account = given;
  } else if (name == "address"sv) {
    m_recipient.address = given;
  } else if (name == "contact_id"sv) {
    m_recipient.contact_id = given;
  } else if (name == "list"sv) {
    m_recipient.list = given;
  } else if (name == "subscription"sv) {
    const auto read = subscription(given);
    m_recipient.subscription = read.value_or(Subscription::unknown);
    return read || fail("not a state of subscription: " + quoted(given));
  }
  return true;
}

bool RecordParser::read_attributes(Value value) {
  return each_field_of(value, "attributes", [this](std::string_view name, Value one) {
    auto& attribute = m_attributes.emplace_back(name, std::string_view{});
    if (is_a(one, simdjson::ondemand::json_type::boolean)) {
      attribute.second = trim(one.raw_json_token());
      return true;
    }
    return text(one, name, attribute.second);
  });
}

// ---- campaigns ----------------------------------------------------------------------------------

bool RecordParser::campaign_field(std::string_view name, Value value) {
  if (const auto* const row = find_row(k_campaign_texts, name)) {
    return text(value, name, m_campaign.*row->place);
  }
  if (name == "kind"sv) {
    std::string_view word;
    if (!text(value, name, word)) {
      return false;
    }
    auto why = read_kind(word, m_campaign.kind);
    m_campaign_kind = why.empty();
    return why.empty() || fail("\"kind\": " + why);
  }
  if (name == "sent_at"sv) {
    Instant instant;
    if (!time(value, name, instant)) {
      return false;
    }
    m_campaign.sent_at = instant.seconds;
    return true;
  }
  if (name == "audience"sv) {
    return read_audience(value);
  }
  if (name == "tags"sv) {
    return read_campaign_tags(value);
  }
  return name != "links"sv || read_links(value);
}

bool RecordParser::read_audience(Value value) {
  return each_element(value, "audience", [this](Value element) {
    auto& part = m_campaign.audience.emplace_back();
    return each_field_of(element, "audience", [&](std::string_view name, Value one) {
      return name == "kind"sv      ? text(one, name, part.kind)
             : name == "id"sv      ? text(one, name, part.id)
             : name == "name"sv    ? text(one, name, part.name)
             : name == "exclude"sv ? flag(one, name, part.exclude)
                                   : true;
    });
  });
}

bool RecordParser::read_campaign_tags(Value value) {
  return each_element(value, "tags", [this](Value element) {
    return text(element, "tags", m_campaign.tags.emplace_back());
  });
}

bool RecordParser::read_links(Value value) {
  return each_element(value, "links", [this](Value element) { return read_link(element); });
}

/// A link that breaks a rule is put aside, and its campaign goes on.
bool RecordParser::read_link(Value value) {
  LinkPlacement link;
  std::string why;
  Object object;
  if (value.get_object().get(object) != SUCCESS) {
    return fail("a link is not an object");
  }
  const bool read = each_field(object, [&](std::string_view name, Value one) {
    if (name == "stage"sv) {
      std::string_view word;
      if (!text(one, name, word)) {
        return false;
      }
      why = read_stage(word, link.stage);
      return true;
    }
    return name == "url"sv      ? text(one, name, link.url)
           : name == "text"sv   ? text(one, name, link.text)
           : name == "alias"sv  ? text(one, name, link.alias)
           : name == "footer"sv ? flag(one, name, link.footer)
                                : true;
  });
  if (!read) {
    return false;
  }
  why = why.empty() ? why : "\"stage\": " + why;
  why = trim(link.url).empty() ? "no url in a link" : why;
  if (why.empty()) {
    m_campaign.links.push_back(std::move(link));
    return true;
  }
  std::string_view raw;
  if (object.reset().error() != SUCCESS || object.raw_json().get(raw) != SUCCESS) {
    return fail(std::string(k_broken));
  }
  m_bad_links.push_back({std::move(why), trim(raw)});
  return true;
}

// ---- the record ---------------------------------------------------------------------------------

bool RecordParser::parse(std::string_view record) {
  m_why.clear();
  m_type = Type::event;
  m_has_kind = m_has_time = m_has_source = m_strange = m_campaign_kind = false;
  m_event = {};
  m_recipient = {};
  m_campaign = {};
  m_tags.clear();
  m_attributes.clear();
  m_bad_links.clear();
  if (record.empty() || record.front() != '{') {
    return fail("not a JSON object");
  }
  if (record.size() > m_parser.capacity() && // in big steps: records grow in small ones
      m_parser.allocate(std::max(record.size() * 2, k_smallest_room)) != SUCCESS) {
    throw std::bad_alloc();
  }
  simdjson::ondemand::document document;
  Object object;
  if (m_parser.iterate(record.data(), record.size(), record.size() + k_padding).get(document) !=
          SUCCESS ||
      document.get_object().get(object) != SUCCESS) {
    return fail(std::string(k_broken));
  }
  if (!each_field(object, [this](auto name, auto value) { return field(name, value); })) {
    return false;
  }
  const bool at_end = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  return at_end || fail("more than one JSON value");
}

/// Is there what must be there?
bool RecordParser::complete() {
  switch (m_type) {
  case Type::event:
    if (!m_has_kind || !m_has_time) {
      return fail(m_has_kind ? "no time" : "no kind");
    }
    if (m_event.address.empty() && m_event.contact_id.empty() &&
        m_event.kind != EventKind::unknown) {
      return fail("no address and no contact_id");
    }
    return m_event.kind != EventKind::address_change || !m_event.new_address.empty() ||
           fail("no new_address");
  case Type::recipient:
    return !m_recipient.address.empty() || !m_recipient.contact_id.empty() ||
           fail("no address and no contact_id");
  case Type::campaign:
    return !m_campaign.id.empty() || fail("no id in \"campaign\"");
  case Type::rejected:
    break;
  }
  return true;
}

void RecordParser::put(std::string_view record, RecordSink& sink) {
  switch (m_type) {
  case Type::event:
    m_event.record = record;
    m_event.tags = m_tags;
    sink.accept(m_event);
    break;
  case Type::recipient:
    m_recipient.record = record;
    m_recipient.attributes = m_attributes;
    sink.accept(m_recipient);
    break;
  case Type::campaign:
    for (const auto& link : m_bad_links) {
      sink.reject(link.why, link.raw);
    }
    sink.accept(m_campaign, record);
    break;
  case Type::rejected:
    sink.skip(record);
    break;
  }
}

void RecordParser::read(std::string_view record, RecordSink& sink) {
  m_details = sink.wants().details;
  if (parse(record) && complete()) {
    put(record, sink);
  } else {
    sink.reject(m_why, record);
  }
}

bool RecordParser::is_ours(std::string_view record) {
  m_details = false;
  if (!parse(record) || !complete()) {
    return false;
  }
  switch (m_type) {
  case Type::event: // an event of no one is known by its native word
    return !m_event.address.empty() || !m_event.contact_id.empty() || !m_event.native.empty();
  case Type::recipient:
    return !m_strange;
  case Type::campaign:
    return !m_strange && (m_has_source || m_campaign_kind);
  case Type::rejected:
    return !m_strange && m_has_source;
  }
  return false;
}

} // namespace mailfunnel::mailfunnel
