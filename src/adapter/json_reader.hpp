#pragma once
// Events as JSON, as webhooks post them and as they are saved: one object a body, a list of them,
// one a line, many bodies one after the other, or an envelope around a list ({"events":[…]}). An
// adapter says in a JsonFormat what its records look like; cutting, parsing and recognising is done
// here.

#include "adapter/adapter.hpp"
#include "adapter/input_facts.hpp"
#include "adapter/json_value.hpp"

#include <memory>
#include <string_view>

namespace mailfunnel {

struct JsonRecord {
  Json root;             // an object
  std::string_view text; // it, as it stands in the chunk: for its place, rejects and json_member()
  const InputFacts& input; // what is known of the file or request besides its bytes
};

/// A member and what it is called in a message: {"data.type", record.root["data"]["type"]}.
struct JsonField {
  std::string_view name;
  Json value;
};
/// Puts in what every event has: its record, native word, recipient and time. Where one of these is
/// missing or of another type it rejects the record and returns false.
bool fill_event(EventView& view, const JsonRecord& record, const JsonField& word,
                const JsonField& address, const JsonField& time, RecordSink& sink);

/// The records of one ESP: a constant, which outlives its readers.
struct JsonFormat {
  std::string_view name; // "webhook events, JSON": for people
  /// Where the list of records is in an envelope: "events", or, through lists in lists,
  /// "events_by_user.events". An object without that member is a record itself. "": no envelope.
  std::string_view list;
  /// Is this object what only this ESP writes? Asked for the first objects of a file.
  bool (*is_ours)(const Json& record);
  /// Ends in a call of the sink, as every record does. Reads nothing but the record.
  void (*read)(const JsonRecord& record, RecordSink& sink);
  bool zoneless = false;     // times name no zone: the account's is asked for
  bool one_campaign = false; // records do not name their mailing: it is asked for
};

/// A reader for a file that starts like this; nullptr where its first objects are not ours.
std::unique_ptr<LogReader> open_json_log(std::string_view head, const JsonFormat& format,
                                         const LogContext& context = {});

/// Reads the body of a webhook request that was verified; k_padding bytes behind it must be
/// readable. bad_syntax: it is no JSON at all.
Result<void> read_json_body(std::string_view body, const JsonFormat& format, RecordSink& sink,
                            const InputFacts& input = {});

} // namespace mailfunnel
