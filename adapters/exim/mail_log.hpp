#pragma once
// The lines of Exim's main log, and what hangs together in them: lines of one mail bear its id.

#include "log_line.hpp"

#include "adapter/adapter.hpp"
#include "adapter/bounded_table.hpp"

#include <string>
#include <string_view>

namespace mailfunnel::exim {

/// Takes lines in the order of the log and gives their events to the sink, at least one call for
/// each. What it remembers of mails is bounded.
class MailLog {
public:
  /// `campaign`: of all mails; "": not known.
  explicit MailLog(std::string_view campaign) : m_campaign(campaign) {}

  /// `text`: the line behind its time. `host`: the server, where the log tells it.
  void read(std::string_view host, const Instant& time, std::string_view text,
            std::string_view record, RecordSink& sink);

private:
  struct Mail {
    std::string message_id, sender;
    bool notification = false; // a bounce or warning that Exim made itself
    std::size_t weight() const { return message_id.size() + sender.size(); }
  };

  EventView event_of(const Mail* mail, const Instant& time, std::string_view record) const;
  void take_arrival(std::uint64_t key, EventView event, RecordSink& sink);
  void take_outcome(const Mail* mail, EventView event, RecordSink& sink) const;

  static constexpr std::size_t k_mails = std::size_t{1} << 17, k_bytes = std::size_t{32} << 20;

  std::string m_campaign;
  BoundedTable<Mail> m_mails{k_mails, k_bytes};
  LogLine m_line;
};

} // namespace mailfunnel::exim
