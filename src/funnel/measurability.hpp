#pragma once
// Was a silent mail really not opened? Only then it costs points (docs/scoring.md, "Non-open"):
// privacy readers, blocked images, gaps in our data and the first mails of somebody are no silence.

#include "base/time.hpp"
#include "model/activity.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

enum class Silence : std::uint8_t {
  not_opened,     // the only one that costs points
  reacted,        // an open of any sort by a reader or proxy, a click, a reply, a conversion
  window_open,    // it may still be opened
  few_mails,      // fewer than three before it
  privacy_reader, // the last opens all came through a privacy proxy
  images_blocked, // clicks without opening
  not_covered,    // our log does not reach over the whole window
  suppressed,     // it should not have been sent at all
  not_named,      // the events do not say which mailing it was
  untracked,      // the mailing has no open pixel
  refused,        // the person has not allowed that opens are measured
};
/// Why there are no points, for people; "" for not_opened.
std::string_view reason_of(Silence silence);

/// Moments within which the log of a source is complete: sorted, apart from each other, ends
/// inside.
using CoveredTimes = std::vector<std::pair<Seconds, Seconds>>;

/// One mailing as one person got it.
struct MailReceived {
  std::uint32_t delivered;
  std::uint32_t reacted; // when first: an open of any sort but a machine's, a click, a reply, a
                         // conversion; k_never
  std::uint32_t family;  // index in World::families
  std::uint16_t recipient;
  bool named;     // the events say which mailing it was
  bool by_person; // the reaction
};
static_assert(sizeof(MailReceived) == 16); // there are millions
constexpr std::uint32_t k_never = ~0U;

/// What the people of a chunk did, gathered in any order; judged all together.
class Measurability {
public:
  explicit Measurability(std::size_t recipients) : m_recipients(recipients) {}

  void add_mail(const MailReceived& mail) { m_mails.push_back(mail); }
  /// By a reader, or through a privacy proxy. Opens by machines do not belong here.
  void add_open(std::uint16_t recipient, std::uint32_t time, bool proxy) {
    m_opens.push_back({recipient, proxy, time});
  }
  /// The first click by a person in a mailing, and that mailing's first open by a reader (k_never:
  /// none).
  void add_click(std::uint16_t recipient, std::uint32_t time, std::uint32_t opened) {
    m_clicks.push_back({recipient, time, opened});
  }
  /// From `time` on mails should (not) go out. Of one recipient in order of time.
  void add_suppression(std::uint16_t recipient, std::uint32_t time, bool suppressed) {
    m_suppressions.push_back({recipient, suppressed, time});
  }

  /// Calls put(mail, silence, end of its window) for every mail, by recipient, then time.
  /// `covered(family)` gives the times of its source. Each test looks only at what happened up to
  /// the end of the window: a later reaction leaves the verdict as it is and takes its points back.
  template<typename Covered, typename Put>
  void judge(Seconds window, Seconds as_of, Covered covered, Put put) {
    sort_all();
    Cursor at;
    for (std::size_t i = 0; i < m_mails.size(); ++i) {
      const auto& mail = m_mails[i];
      const auto end = Seconds{mail.delivered} + window;
      auto silence = Silence::reacted;
      if (at.recipient != mail.recipient) {
        at.first_mail = i;
        begin(at, mail.recipient);
      }
      if (Seconds{mail.reacted} > end) {
        silence = !mail.named   ? Silence::not_named
                  : end > as_of ? Silence::window_open
                                : verdict(at, i, end, covered(mail.family));
      }
      put(mail, silence, end);
    }
  }

private:
  struct Open {
    std::uint16_t recipient;
    bool proxy;
    std::uint32_t time;
  };
  struct Click {
    std::uint16_t recipient;
    std::uint32_t time, opened;
  };
  struct Suppression {
    std::uint16_t recipient;
    bool suppressed;
    std::uint32_t time;
  };
  /// Where the things of one recipient stand.
  struct Cursor {
    std::uint32_t recipient = ~0U;
    std::size_t first_mail = 0;
    std::span<const Open> opens;
    std::span<const Click> clicks;
    std::span<const Suppression> suppressions;
  };
  void sort_all();
  void begin(Cursor& at, std::uint16_t recipient) const;
  Silence verdict(const Cursor& at, std::size_t mail, Seconds end,
                  const CoveredTimes& covered) const;

  std::size_t m_recipients;
  std::vector<MailReceived> m_mails;
  std::vector<Open> m_opens;
  std::vector<Click> m_clicks;
  std::vector<Suppression> m_suppressions;
  std::vector<std::uint32_t> m_open_ends, m_click_ends, m_suppression_ends; // by recipient
};

} // namespace mailfunnel
