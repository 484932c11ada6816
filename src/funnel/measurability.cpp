#include "funnel/measurability.hpp"

#include <algorithm>
#include <functional>

namespace mailfunnel {

namespace {

constexpr std::size_t k_mails_before = 3;      // practice elsewhere; docs/scoring.md
constexpr std::size_t k_proxy_opens = 3;       // the last ones
constexpr Seconds k_pixels_seen = 180 * k_day; // so long an open proves that images are shown

/// The rows with time <= end.
template<typename Row> std::span<const Row> until(std::span<const Row> rows, Seconds end) {
  auto size = rows.size();
  while (size != 0 && Seconds{rows[size - 1].time} > end) {
    --size;
  }
  return rows.first(size);
}

} // namespace

std::string_view name_of(Silence silence) {
  constexpr std::string_view k_names[k_silences] = {
      "not_opened",  "reacted",    "window_open", "few_mails", "privacy_reader", "images_blocked",
      "not_covered", "suppressed", "not_named",   "untracked", "refused"};
  return k_names[static_cast<std::size_t>(silence)];
}

std::string_view reason_of(Silence silence) {
  switch (silence) {
  case Silence::not_opened:
    return "";
  case Silence::reacted:
    return "opened, clicked or answered";
  case Silence::window_open:
    return "it may still be opened";
  case Silence::few_mails:
    return "not measurable: fewer than 3 mails before it";
  case Silence::privacy_reader:
    return "not measurable: the last opens came through a privacy proxy";
  case Silence::images_blocked:
    return "not measurable: clicks without opening, so images are blocked";
  case Silence::not_covered:
    return "not measurable: our log has a gap in its window";
  case Silence::suppressed:
    return "not measurable: suppressed when it was sent";
  case Silence::not_named:
    return "not measurable: its events name no mailing";
  case Silence::untracked:
    return "not measurable: the mailing has no open tracking";
  case Silence::refused:
    return "not measurable: no consent to open tracking";
  }
  return "";
}

void Measurability::start(std::size_t recipients, bool all) {
  m_mails.start(recipients);
  m_opens.start(recipients);
  m_clicks.start(recipients);
  m_suppressions.clear();
  m_wanted.resize(recipients);
  m_doubtful.assign(recipients, 0);
  m_all = all;
}

void Measurability::make_room() {
  for (std::size_t r = 0; r < m_wanted.size(); ++r) {
    m_wanted[r] = m_all || m_mails.expected(r) > k_mails_before ? 1 : 0;
  }
  m_mails.make_room(m_wanted);
  m_opens.make_room(m_wanted);
  m_clicks.make_room(m_wanted);
}

std::span<const MailReceived> Measurability::mails_of(std::size_t r) {
  return m_mails.sorted(r, std::less<>());
}

Measurability::Person Measurability::person_of(std::size_t r, Suppressions suppressions) {
  const auto opens = m_opens.sorted(r, [](const Open& a, const Open& b) {
    return a.time != b.time ? a.time < b.time : a.proxy < b.proxy;
  });
  const auto clicks =
      m_clicks.sorted(r, [](const Click& a, const Click& b) { return a.time < b.time; });
  return {opens, clicks, suppressions};
}

std::size_t Measurability::mails_too_early(std::span<const MailReceived> mails) {
  auto early = k_mails_before;
  // Those delivered in the same second are not before it.
  while (early < mails.size() &&
         mails[early].delivered() == mails[k_mails_before - 1].delivered()) {
    ++early;
  }
  return std::min(early, mails.size());
}

Silence Measurability::verdict(const Person& person, const MailReceived& mail, Seconds end,
                               const CoveredTimes& covered) {
  const auto left = until(person.suppressions, mail.delivered());
  if (!left.empty() && left.back().suppressed) {
    return Silence::suppressed;
  }
  const auto opens = until(person.opens, end);
  const auto last = opens.last(std::min(opens.size(), k_proxy_opens));
  if (!last.empty() &&
      std::all_of(last.begin(), last.end(), [](const Open& open) { return open.proxy; })) {
    return Silence::privacy_reader;
  }
  const auto clicks = until(person.clicks, end);
  const bool blind = std::any_of(clicks.begin(), clicks.end(),
                                 [end](const Click& click) { return Seconds{click.opened} > end; });
  const auto shows = [end](const Open& open) {
    return !open.proxy && Seconds{open.time} > end - k_pixels_seen;
  };
  if (blind && std::none_of(opens.begin(), opens.end(), shows)) {
    return Silence::images_blocked;
  }
  return covers(covered, mail.delivered(), end) ? Silence::not_opened : Silence::not_covered;
}

} // namespace mailfunnel
