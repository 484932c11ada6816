#include "funnel/measurability.hpp"

#include <algorithm>
#include <numeric>

namespace mailfunnel {

namespace {

constexpr std::ptrdiff_t k_mails_before = 3;   // practice elsewhere; docs/scoring.md
constexpr std::size_t k_proxy_opens = 3;       // the last ones
constexpr Seconds k_pixels_seen = 180 * k_day; // so long an open proves that images are shown

/// Sorts by recipient without comparing, by time only where they did not come so. Returns where the
/// rows of each recipient end.
template<typename Row, typename Time>
std::vector<std::uint32_t> sort_rows(std::vector<Row>& rows, std::size_t recipients, Time time) {
  std::vector<std::uint32_t> ends(recipients + 1);
  for (const auto& row : rows) {
    ++ends[row.recipient + 1U];
  }
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  std::vector<Row> sorted(rows.size());
  for (const auto& row : rows) {
    sorted[ends[row.recipient]++] = row;
  }
  rows.swap(sorted);
  const auto before = [&](const Row& a, const Row& b) { return time(a) < time(b); };
  std::size_t first = 0;
  for (std::size_t r = 0; r < recipients; first = ends[r++]) {
    const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(first),
               end = rows.begin() + static_cast<std::ptrdiff_t>(ends[r]);
    if (!std::is_sorted(begin, end, before)) {
      std::stable_sort(begin, end, before);
    }
  }
  return ends;
}

template<typename Row>
std::span<const Row> rows_of(const std::vector<Row>& rows, const std::vector<std::uint32_t>& ends,
                             std::uint16_t recipient) {
  const auto first = recipient == 0 ? 0U : ends[recipient - 1U];
  return std::span(rows).subspan(first, ends[recipient] - first);
}

/// The rows with time <= end.
template<typename Row> std::span<const Row> until(std::span<const Row> rows, Seconds end) {
  auto size = rows.size();
  while (size != 0 && Seconds{rows[size - 1].time} > end) {
    --size;
  }
  return rows.first(size);
}

bool covers(const CoveredTimes& covered, Seconds from, Seconds to) {
  const auto after = std::upper_bound(
      covered.begin(), covered.end(), from,
      [](Seconds moment, const auto& interval) { return moment < interval.first; });
  return after != covered.begin() && std::prev(after)->second >= to;
}

} // namespace

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

void Measurability::sort_all() {
  const auto by_time = [](const auto& row) { return row.time; };
  sort_rows(m_mails, m_recipients,
            [](const MailReceived& mail) { return std::pair(mail.delivered, mail.family); });
  m_open_ends = sort_rows(m_opens, m_recipients,
                          [](const Open& open) { return std::pair(open.time, open.proxy); });
  m_click_ends = sort_rows(m_clicks, m_recipients, by_time);
  m_suppression_ends = sort_rows(m_suppressions, m_recipients, by_time);
}

void Measurability::begin(Cursor& at, std::uint16_t recipient) const {
  at.recipient = recipient;
  at.opens = rows_of(m_opens, m_open_ends, recipient);
  at.clicks = rows_of(m_clicks, m_click_ends, recipient);
  at.suppressions = rows_of(m_suppressions, m_suppression_ends, recipient);
}

Silence Measurability::verdict(const Cursor& at, std::size_t index, Seconds end,
                               const CoveredTimes& covered) const {
  const auto& mail = m_mails[index];
  // Those delivered in the same second are not before it.
  const auto before = std::lower_bound(
      m_mails.begin() + static_cast<std::ptrdiff_t>(at.first_mail),
      m_mails.begin() + static_cast<std::ptrdiff_t>(index), mail.delivered,
      [](const MailReceived& other, std::uint32_t time) { return other.delivered < time; });
  if (before - m_mails.begin() - static_cast<std::ptrdiff_t>(at.first_mail) < k_mails_before) {
    return Silence::few_mails;
  }
  const auto left = until(at.suppressions, mail.delivered);
  if (!left.empty() && left.back().suppressed) {
    return Silence::suppressed;
  }
  const auto opens = until(at.opens, end);
  const auto last = opens.last(std::min(opens.size(), k_proxy_opens));
  if (!last.empty() &&
      std::all_of(last.begin(), last.end(), [](const Open& open) { return open.proxy; })) {
    return Silence::privacy_reader;
  }
  const auto clicks = until(at.clicks, end);
  const bool blind = std::any_of(clicks.begin(), clicks.end(),
                                 [end](const Click& click) { return Seconds{click.opened} > end; });
  const bool pixels = std::any_of(opens.begin(), opens.end(), [end](const Open& open) {
    return !open.proxy && Seconds{open.time} > end - k_pixels_seen;
  });
  if (blind && !pixels) {
    return Silence::images_blocked;
  }
  return covers(covered, mail.delivered, end) ? Silence::not_opened : Silence::not_covered;
}

} // namespace mailfunnel
