// What the rows of Campaign Monitor's answers mean. What they are shows in their fields:
//   {"EmailAddress":"ann@example.com","URL":"https://www.example.com/","ListID":"512a3b…","Date":"2026-05-11
//   08:29:00",
//    "IPAddress":"192.0.2.87","Latitude":52.37,"Longitude":4.89,"City":"Amsterdam",…} a click
//   {"EmailAddress":"ann@example.com","ListID":"512a3b…","BounceType":"Soft","Date":"…","Reason":"Soft
//   Bounce - General"}
//   {"WebVersionURL":"https://…","CampaignID":"fc0ce7…","Subject":"May","Name":"News,
//   May","SentDate":"…"}   a campaign
//   {"EmailAddress":"ann@example.com","Name":"Ann","Date":"…","State":"Active","CustomFields":[{"Key":"…","Value":"…"}]}
//   {"Type":"Deactivate","Date":"…","State":"Unsubscribed","EmailAddress":"ann@example.com",…} a
//   webhook's event
// Complaints and unsubscribes have nothing of their own: there the file's name has to say it.
// https://www.campaignmonitor.com/api/v3-3/campaigns/ and …/lists/, …/webhooks/

#include "row_reader.hpp"

#include "adapter/smtp_status.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::campaignmonitor {

using namespace std::string_view_literals;

namespace {

// ---- words --------------------------------------------------------------------------------------

struct ShapeRow {
  std::string_view field; // a row that has it …
  Stream stream;          // … is of this stream; the first that fits
};
constexpr std::array k_shapes{
    ShapeRow{"CampaignID", Stream::campaign}, ShapeRow{"Type", Stream::hook},
    ShapeRow{"State", Stream::subscriber},    ShapeRow{"ListJoinedDate", Stream::subscriber},
    ShapeRow{"URL", Stream::click},           ShapeRow{"BounceType", Stream::bounce},
    ShapeRow{"SentDate", Stream::sent},       ShapeRow{"Latitude", Stream::open},
    ShapeRow{"CountryCode", Stream::open},
};

struct StreamRow {
  std::string_view word; // of the API's route
  Stream stream;
  EventKind kind;
};
constexpr std::array k_streams{
    StreamRow{"recipients", Stream::sent, EventKind::sent},
    StreamRow{"opens", Stream::open, EventKind::open},
    StreamRow{"clicks", Stream::click, EventKind::click},
    StreamRow{"bounces", Stream::bounce, EventKind::bounce},
    StreamRow{"unsubscribes", Stream::unsubscribe, EventKind::unsubscribe},
    StreamRow{"spam", Stream::complaint, EventKind::complaint},
};

struct FileWord {
  std::string_view word; // in a file's name
  Stream stream;
};
constexpr std::array k_file_words{
    FileWord{"recipients", Stream::sent},
    FileWord{"sent", Stream::sent},
    FileWord{"opens", Stream::open},
    FileWord{"opened", Stream::open},
    FileWord{"clicks", Stream::click},
    FileWord{"clicked", Stream::click},
    FileWord{"bounces", Stream::bounce},
    FileWord{"bounced", Stream::bounce},
    FileWord{"unsubscribes", Stream::unsubscribe},
    FileWord{"unsubscribed", Stream::unsubscribe},
    FileWord{"spam", Stream::complaint},
    FileWord{"complaints", Stream::complaint},
};

struct StateRow {
  std::string_view word; // of State
  Subscription subscription;
};
constexpr std::array k_states{
    StateRow{"Active", Subscription::subscribed},
    StateRow{"Unconfirmed", Subscription::pending},
    StateRow{"Unsubscribed", Subscription::unsubscribed},
    StateRow{"Bounced", Subscription::cleaned},
    StateRow{"Deleted", Subscription::archived},
};

struct BounceRow {
  std::string_view word; // of BounceType
  BounceClass klass;
};
constexpr std::array k_bounces{
    BounceRow{"Hard", BounceClass::hard},
    BounceRow{"Soft", BounceClass::soft},
};

struct TextRow {
  std::string_view name;
  std::string Campaign::*field;
};
constexpr std::array k_campaign_texts{
    TextRow{"Name", &Campaign::name},          TextRow{"Subject", &Campaign::subject},
    TextRow{"FromName", &Campaign::from_name}, TextRow{"FromEmail", &Campaign::from_address},
    TextRow{"ReplyTo", &Campaign::reply_to},
};

/// Fields of a subscriber that are attributes besides the custom ones.
constexpr std::array k_attributes{"Name"sv, "ReadsEmailWith"sv, "ConsentToTrack"sv,
                                  "ConsentToSendSms"sv};
/// Fields of an event that `decode` shows.
constexpr std::array k_metadata{"ListID"sv,      "City"sv,     "Region"sv,   "CountryCode"sv,
                                "CountryName"sv, "Latitude"sv, "Longitude"sv};

std::optional<Stream> stream_of(const Row& row) {
  if (row.has_actions) {
    return Stream::history;
  }
  for (const auto& shape : k_shapes) {
    if (row.has(shape.field)) {
      return shape.stream;
    }
  }
  return std::nullopt;
}

Bounce bounce_of(std::string_view type, std::string_view reason) {
  const auto verdict = judge_smtp("", reason);
  Bounce bounce{verdict.klass, verdict.reason, verdict.status, verdict.code, reason};
  for (const auto& row : k_bounces) {
    bounce.klass = iequals(row.word, type) ? row.klass : bounce.klass;
  }
  return bounce;
}

// ---- the file's name ----------------------------------------------------------------------------

bool is_hex(char c) {
  const char low = ascii_lower(c);
  return is_digit(c) || (low >= 'a' && low <= 'f');
}

/// 32 hexadecimal digits in a row.
std::string id_in(std::string_view name) {
  constexpr std::size_t k_id_size = 32;
  for (std::size_t begin = 0, end = 0; begin < name.size(); begin = end + 1) {
    end = begin;
    while (end < name.size() && is_alnum(name[end])) {
      ++end;
    }
    const auto part = name.substr(begin, end - begin);
    if (part.size() == k_id_size && std::all_of(part.begin(), part.end(), is_hex)) {
      return lower(part);
    }
  }
  return {};
}

std::optional<Stream> stream_in(std::string_view name) {
  std::optional<Stream> found;
  for (const auto& word : words(name)) { // of several the last one: "sent_campaign_opens.json"
    for (const auto& row : k_file_words) {
      found = row.word == word ? row.stream : found;
    }
  }
  return found;
}

/// "recipients-2026-05-11.json" -> the first moment of that day.
std::optional<Seconds> day_in(std::string_view name, TimeZone zone) {
  constexpr std::size_t k_date_size = 10;
  for (std::size_t i = 0; i + k_date_size <= name.size(); ++i) {
    const auto part = name.substr(i, k_date_size);
    if (is_digit(part[0]) && part[4] == '-' && part[7] == '-' &&
        (i == 0 || !is_alnum(name[i - 1]))) {
      if (const auto time = parse_time(part, zone)) {
        return time->seconds;
      }
    }
  }
  return std::nullopt;
}

} // namespace

Subscription subscription_of(std::string_view state) {
  for (const auto& row : k_states) {
    if (iequals(row.word, state)) {
      return row.subscription;
    }
  }
  return Subscription::unknown;
}

Settings::Settings(const LogContext& context)
    : campaign(context.campaign), list(id_in(context.file_name)),
      stream(stream_in(context.file_name)), sent_day(day_in(context.file_name, context.zone)),
      zone(context.zone), zone_given(context.zone_given) {
  campaign = campaign.empty() ? list : campaign;
}

// ---- one row ------------------------------------------------------------------------------------

std::optional<Instant> RowReader::time_of(const Row& row, Stream stream) {
  const auto text = row[stream == Stream::sent && row.has("SentDate") ? "SentDate" : "Date"];
  if (text.empty() && stream == Stream::sent && m_settings.sent_day) {
    return Instant{.seconds = *m_settings.sent_day};
  }
  return text.empty() ? std::nullopt : m_times.read(text);
}

std::string_view RowReader::metadata_of(const Row& row, const RecordSink& sink) {
  m_metadata.clear();
  for (const auto name : k_metadata) {
    const auto value = row[name];
    if (sink.wants().details && !value.empty()) {
      m_metadata += m_metadata.empty() ? '{' : ',';
      append_json_string(m_metadata, name);
      m_metadata += ':';
      append_json_string(m_metadata, value);
    }
  }
  m_metadata += m_metadata.empty() ? "" : "}";
  return m_metadata;
}

void RowReader::read_event(const Row& row, Stream stream, RecordSink& sink) {
  const auto& word = *std::find_if(k_streams.begin(), k_streams.end() - 1,
                                   [stream](const StreamRow& r) { return r.stream == stream; });
  const auto time = time_of(row, stream);
  if (!time) {
    sink.reject(stream == Stream::sent && row["Date"].empty()
                    ? "no time: put the date of sending, as 2026-05-11, into the file's name"
                    : "no time in Date",
                row.record);
    return;
  }
  EventView view;
  view.record = row.record;
  view.kind = word.kind;
  view.native = word.word;
  view.time = *time;
  view.address = row["EmailAddress"];
  view.campaign = m_settings.campaign;
  view.ip = row["IPAddress"];
  view.link = stream == Stream::click ? row["URL"] : ""sv;
  view.scope = stream == Stream::unsubscribe ? row["ListID"] : ""sv;
  if (stream == Stream::bounce) {
    const auto type = row["BounceType"];
    view.bounce = bounce_of(type, row["Reason"]);
    view.native = type.empty() ? view.native : type;
  }
  view.metadata = metadata_of(row, sink);
  sink.accept(view);
}

void RowReader::read_campaign(const Row& row, RecordSink& sink) const {
  Campaign campaign;
  campaign.id = row["CampaignID"];
  if (campaign.id.empty()) {
    sink.reject("no CampaignID", row.record);
    return;
  }
  for (const auto& [name, field] : k_campaign_texts) {
    campaign.*field = row[name];
  }
  campaign.tags = row.tags;
  const auto time = parse_time(row["SentDate"], m_settings.zone);
  if (!time && !row["SentDate"].empty()) {
    sink.reject("no time in SentDate", row.record);
    return;
  }
  if (time) {
    campaign.sent_at = time->seconds;
    campaign.status = "sent";
  } else if (row.has("DateCreated") || row.has("PreviewURL")) {
    campaign.status = "draft";
  }
  sink.accept(campaign, row.record);
}

/// Custom fields of many choices come as the same key again and again: the values are joined.
void add_attribute(std::vector<std::pair<std::string, std::string>>& attributes, std::string name,
                   std::string_view value) {
  if (name.empty() || value.empty()) {
    return;
  }
  const auto at = std::find_if(attributes.begin(), attributes.end(),
                               [&name](const auto& one) { return one.first == name; });
  if (at == attributes.end()) {
    attributes.emplace_back(std::move(name), value);
  } else {
    at->second.append(", ").append(value);
  }
}

void RowReader::read_recipient(const Row& row, std::string_view list, std::string_view state,
                               RecordSink& sink) {
  m_attributes.clear();
  for (const auto name : k_attributes) {
    add_attribute(m_attributes, name == "Name"sv ? "name" : lower(name), row[name]);
  }
  for (const auto& [key, value] : row.custom) { // "[website]" in some answers
    auto name = trim(key);
    const bool brackets = name.size() > 2 && name.front() == '[' && name.back() == ']';
    name = brackets ? name.substr(1, name.size() - 2) : name;
    add_attribute(m_attributes, attribute_name(name), trim(value));
  }
  const std::vector<std::pair<std::string_view, std::string_view>> attributes(m_attributes.begin(),
                                                                              m_attributes.end());
  RecipientView view;
  view.record = row.record;
  view.address = row["EmailAddress"];
  view.list = list;
  view.subscription = subscription_of(state);
  view.attributes = attributes;
  if (const auto time = m_times.read(row["Date"]); time && !row["Date"].empty()) {
    view.changed_at = time->seconds;
  }
  sink.accept(view);
}

/// What a webhook tells besides the state of the recipient; false: rejected.
bool RowReader::hook_event(const Row& row, std::string_view list, RecordSink& sink) {
  const auto type = row["Type"], state = row["State"], old = row["OldEmailAddress"];
  EventView view;
  view.record = row.record;
  view.address = row["EmailAddress"];
  view.native = type;
  if (iequals(type, "Subscribe")) {
    view.kind = EventKind::resubscribe;
  } else if (iequals(type, "Deactivate") && iequals(state, "Unsubscribed")) {
    view.kind = EventKind::unsubscribe;
  } else if (iequals(type, "Deactivate") && iequals(state, "Bounced")) {
    view.kind = EventKind::bounce;
    view.bounce.klass = BounceClass::hard;
  } else if (iequals(type, "Update") && !old.empty() && !iequals(old, view.address)) {
    view.kind = EventKind::address_change;
    view.new_address = view.address;
    view.address = old;
  } else if (iequals(type, "Update") || iequals(state, "Deleted")) {
    return true; // the recipient's row says it all
  }
  const auto time = m_times.read(row["Date"]);
  if (row["Date"].empty() || !time) {
    sink.reject("no time in Date", row.record);
    return false;
  }
  view.time = *time;
  const bool of_list = view.kind == EventKind::resubscribe || view.kind == EventKind::unsubscribe;
  view.scope = of_list ? list : ""sv;
  sink.accept(view);
  return true;
}

void RowReader::read_hook(const Row& row, std::string_view list, RecordSink& sink) {
  const auto own = row["ListID"];
  const auto id = own.empty() ? list : own;
  if (hook_event(row, id, sink)) {
    const bool subscribe = iequals(row["Type"], "Subscribe");
    read_recipient(row, id, subscribe ? "Active"sv : row["State"], sink);
  }
}

void RowReader::read(const Row& row, std::string_view list, RecordSink& sink) {
  auto stream = m_settings.asked_for ? std::nullopt : stream_of(row);
  stream = stream ? stream : m_settings.stream;
  if (stream == Stream::campaign) {
    read_campaign(row, sink);
  } else if (stream == Stream::history) {
    sink.reject("a subscriber's history does not say whose it is", row.record);
  } else if (row.has("TotalActiveSubscribers")) {
    sink.skip(row.record); // a list's statistics
  } else if (row["EmailAddress"].empty()) {
    const auto message = row["Message"];
    const auto why = message.empty() ? std::string("no EmailAddress")
                                     : "the answer is an error: " + printable(message);
    sink.reject(why, row.record);
  } else if (!stream) {
    sink.reject("these fields are those of several answers: put recipients, opens, unsubscribes or "
                "spam into the file's name",
                row.record);
  } else if (stream == Stream::subscriber) {
    const auto own = row["ListID"];
    const auto page = list.empty() ? std::string_view(m_settings.list) : list;
    read_recipient(row, own.empty() ? page : own, row["State"], sink);
  } else if (stream == Stream::hook) {
    read_hook(row, list, sink);
  } else {
    read_event(row, *stream, sink);
  }
}

} // namespace mailfunnel::campaignmonitor
