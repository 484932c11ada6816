#include "mail_log.hpp"

#include "base/hash.hpp"

namespace mailfunnel::exim {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t k_most_text = 1000; // bytes of an id or address that are remembered

std::string_view bounded(std::string_view text) {
  return text.size() <= k_most_text ? text : ""sv;
}

/// Where mail goes to be forgotten.
bool is_nowhere(std::string_view address) {
  return address == ":blackhole:"sv || address == "/dev/null"sv;
}

/// Into a filter on this host, which hands it to a queue again: it is told of there.
bool went_on(const LogLine& line) {
  const bool own_host = line.host.find("[127."sv) != std::string_view::npos ||
                        line.host.find("[::1]"sv) != std::string_view::npos;
  return own_host && (line.answer.find("queued as "sv) != std::string_view::npos ||
                      line.answer.find(" id="sv) != std::string_view::npos);
}

/// Exim looked at the mail, but it was too early to try.
bool was_no_try(std::string_view text) {
  return text.find("retry time not reached"sv) != std::string_view::npos;
}

} // namespace

void MailLog::read(std::string_view host, const Instant& time, std::string_view text,
                   std::string_view record, RecordSink& sink) {
  const auto id = take_id(text);
  if (id.empty()) {
    sink.skip(record);
    return;
  }
  const auto key = hash64(id, hash64(host));
  read_line(text, m_line);
  auto* const mail = m_mails.find(key);
  switch (m_line.flag) {
  case Flag::arrival:
    take_arrival(key, event_of(mail, time, record), sink);
    break;
  case Flag::delivery:
  case Flag::failure:
  case Flag::deferral:
    take_outcome(mail, event_of(mail, time, record), sink);
    break;
  case Flag::completed:
    m_mails.erase(key);
    sink.skip(record);
    break;
  case Flag::none:
    sink.skip(record);
    break;
  }
}

EventView MailLog::event_of(const Mail* mail, const Instant& time, std::string_view record) const {
  EventView event;
  event.record = record;
  event.time = time;
  event.campaign = m_campaign;
  event.native = m_line.word;
  if (mail != nullptr) {
    event.message_id = mail->message_id;
    event.sender = mail->sender;
  }
  return event;
}

void MailLog::take_arrival(std::uint64_t key, EventView event, RecordSink& sink) {
  const auto wants = sink.wants();
  auto& mail = m_mails.get(key);
  m_mails.alter(mail, [&](Mail& m) {
    m.message_id = wants.details ? bounded(m_line.message_id) : ""sv;
    m.sender = wants.sender ? bounded(m_line.address) : ""sv;
    m.notification = m_line.address.empty() && !m_line.bounced.empty();
  });
  if (mail.notification || m_line.recipients.empty()) {
    sink.skip(event.record);
    return;
  }
  event.kind = EventKind::sent;
  event.message_id = mail.message_id;
  event.sender = mail.sender;
  for (const auto recipient : m_line.recipients) {
    event.address = recipient;
    sink.accept(event);
  }
}

void MailLog::take_outcome(const Mail* mail, EventView event, RecordSink& sink) const {
  const bool notification = mail != nullptr && mail->notification;
  event.address = recipient_of(m_line);
  if (event.address.empty()) {
    sink.reject("the line is cut off: an address was expected behind \"" +
                    std::string(m_line.word) + "\"",
                event.record);
    return;
  }
  const bool nobody = event.address.find('@') == std::string_view::npos; // Exim qualifies names
  if (notification || nobody || (m_line.flag == Flag::delivery && went_on(m_line)) ||
      (m_line.flag == Flag::deferral && was_no_try(m_line.text))) {
    sink.skip(event.record);
    return;
  }
  if (m_line.flag == Flag::delivery) {
    event.kind = is_nowhere(m_line.address) ? EventKind::dropped : EventKind::delivered;
  } else {
    event.kind = m_line.flag == Flag::failure ? EventKind::bounce : EventKind::deferred;
    event.bounce = judge(m_line.text);
  }
  if (event.kind == EventKind::deferred && event.bounce.klass == BounceClass::hard) {
    event.bounce.klass = BounceClass::soft; // it is tried again
  }
  sink.accept(event);
}

} // namespace mailfunnel::exim
