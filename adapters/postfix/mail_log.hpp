#pragma once
// The lines of Postfix's log, and what hangs together in them: lines of one mail bear its queue id.

#include "adapter/adapter.hpp"
#include "adapter/bounded_table.hpp"
#include "adapter/syslog.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel::postfix {

/// Is the tag one of Postfix's: "postfix/smtp", "postfix-out/relay/smtp", "mta7/qmgr"?
bool is_postfix(std::string_view program);

/// The queue id that the text begins with, "" where it begins with none. `text` moves behind it.
/// Short ids are hex digits, long ones (enable_long_queue_ids) 52 letters and digits.
std::string_view take_queue_id(std::string_view& text);

/// Takes lines in the order of the log and gives their events to the sink, at least one call for
/// each. What it remembers of mails is bounded, whatever the log.
class MailLog {
public:
  /// `campaign`: of mails that name none.
  explicit MailLog(std::string_view campaign) : m_campaign(campaign) {}

  /// `record` is the line as it stands in the input.
  void read(const SyslogLine& line, std::string_view record, RecordSink& sink);

private:
  /// A recipient whose last try was put off.
  struct Waiting {
    std::string address;
    BounceClass klass;
  };

  /// A mail in the queue.
  struct Mail {
    std::string message_id, sender, campaign;
    std::vector<Waiting> waiting; // of the present run through the queue
    std::size_t held = 0;         // bytes of all these
    Seconds seen = 0;
    bool injected = false;     // it came from outside, by SMTP or the sendmail command
    bool null_sender = false;  // from=<>
    bool notification = false; // the bounce daemon made it
    bool tried = false;        // the queue manager had it
    std::size_t weight() const { return held; }
    /// Postfix made it itself, to tell the sender or the postmaster something.
    bool is_own() const { return notification || (null_sender && !injected); }
  };

  /// A line being read.
  struct Line {
    const SyslogLine& log;
    std::string_view record, id, text; // text: behind the id
    std::uint64_t key;
    RecordSink& sink;
  };

  void choose_queue(const SyslogLine& line);
  std::uint64_t key_of(std::string_view id) const;
  Mail& mail_of(const Line& line);
  Mail& fresh_mail_of(const Line& line);
  void remember(Mail& mail, std::string Mail::*place, std::string_view text);

  void take(const Line& line);
  void take_message_id(const Line& line);
  void take_from(const Line& line);
  void take_header(const Line& line);
  void take_notification(const Line& line);
  void take_delivery(const Line& line);
  void take_expiry(const Line& line, Mail& mail);
  bool went_on(const Line& line, std::string_view relay, std::string_view text) const;
  void wait(Mail& mail, std::string_view address, BounceClass klass);
  EventView event_of(const Line& line, const Mail& mail) const;

  // A server that gets through this many mails between two tries of one mail forgets of it what its
  // first lines said.
  static constexpr std::size_t k_mails = std::size_t{1} << 17, k_bytes = std::size_t{32} << 20;
  static constexpr std::size_t k_recent = std::size_t{1} << 13;

  std::string m_campaign;
  BoundedTable<Mail> m_mails{k_mails, k_bytes};
  std::vector<std::uint64_t> m_recent = std::vector<std::uint64_t>(k_recent); // queue ids begun
  std::string m_host, m_instance;                                             // of the last line
  std::uint64_t m_queue = 0;                                                  // hash of both
};

} // namespace mailfunnel::postfix
