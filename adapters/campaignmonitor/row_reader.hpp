#pragma once
// From a row to an event, a recipient or a campaign.

#include "row.hpp"

#include "adapter/adapter.hpp"

#include <optional>
#include <string>

namespace mailfunnel::campaignmonitor {

/// What the rows of an answer are.
enum class Stream {
  sent,
  open,
  click,
  bounce,
  unsubscribe,
  complaint,
  campaign,
  subscriber,
  hook,
  history
};

/// What is known of a file besides its rows.
struct Settings {
  explicit Settings(const LogContext& context);
  std::string campaign;            // of the context, or the id in the file's name
  std::string list;                // the id in the file's name, for lists of subscribers
  std::optional<Stream> stream;    // by a word in the file's name
  bool asked_for = false;          // `stream` is what was asked for: no need to look at the rows
  std::optional<Seconds> sent_day; // a date in the file's name
  TimeZone zone = nullptr;
  bool zone_given = false;
};

/// State of a subscriber: "Active".
Subscription subscription_of(std::string_view state);

class RowReader {
public:
  explicit RowReader(const Settings& settings) : m_settings(settings), m_times(settings.zone) {}
  void read(const Row& row, std::string_view list, RecordSink& sink);

private:
  void read_event(const Row& row, Stream stream, RecordSink& sink);
  void read_campaign(const Row& row, RecordSink& sink) const;
  void read_recipient(const Row& row, std::string_view list, std::string_view state,
                      RecordSink& sink);
  void read_hook(const Row& row, std::string_view list, RecordSink& sink);
  bool hook_event(const Row& row, std::string_view list, RecordSink& sink);
  std::optional<Instant> time_of(const Row& row, Stream stream);
  std::string_view metadata_of(const Row& row, const RecordSink& sink);

  Settings m_settings;
  TimeReader m_times;
  std::string m_metadata;
  std::vector<std::pair<std::string, std::string>> m_attributes;
};

} // namespace mailfunnel::campaignmonitor
