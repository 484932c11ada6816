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
constexpr std::size_t k_silences = 11;
std::string_view name_of(Silence silence); // "few_mails"
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

/// What the people of a chunk did, gathered in any order; judged all together. To be used for chunk
/// after chunk: it keeps its memory.
class Measurability {
public:
  void start(std::size_t recipients);

  void add_mail(const MailReceived& mail) { m_mails.add(mail); }
  /// By a reader, or through a privacy proxy. Opens by machines do not belong here.
  void add_open(std::uint16_t recipient, std::uint32_t time, bool proxy) {
    m_opens.add({recipient, proxy, time});
  }
  /// The first click by a person in a mailing, and that mailing's first open by a reader (k_never:
  /// none).
  void add_click(std::uint16_t recipient, std::uint32_t time, std::uint32_t opened) {
    m_clicks.add({recipient, time, opened});
  }
  /// From `time` on mails should (not) go out. Of one recipient in order of time.
  void add_suppression(std::uint16_t recipient, std::uint32_t time, bool suppressed) {
    m_suppressions.add({recipient, suppressed, time});
  }

  /// Calls put(mail, silence, end of its window) for every mail, by recipient, then time; `all`
  /// false: not for those that come too early to be measurable. `covered(family)` gives the times
  /// of its source. Each test looks only at what happened up to the end of the window: a later
  /// reaction leaves the verdict as it is and takes its points back.
  template<typename Covered, typename Put>
  void judge(Seconds window, Seconds as_of, bool all, Covered covered, Put put) {
    sort(all);
    for (std::size_t r = 0; r < m_mails.recipients(); ++r) {
      const auto mails = m_mails.of(r);
      const auto early = mails_too_early(mails);
      if (early == mails.size() && !all) {
        continue;
      }
      const auto person = person_of(r);
      for (auto i = all ? 0 : early; i < mails.size(); ++i) {
        const auto& mail = mails[i];
        const auto end = Seconds{mail.delivered} + window;
        const auto silence = Seconds{mail.reacted} <= end ? Silence::reacted
                             : !mail.named                ? Silence::not_named
                             : end > as_of                ? Silence::window_open
                             : i < early                  ? Silence::few_mails
                                         : verdict(person, mail, end, covered(mail.family));
        put(mail, silence, end);
      }
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

  /// Rows of all recipients as they come, then by recipient.
  template<typename Row> class Rows {
  public:
    void start(std::size_t recipients) {
      m_rows.clear();
      m_ends.assign(recipients + 1, 0);
    }
    void add(const Row& row) {
      ++m_ends[row.recipient + 1U];
      m_rows.push_back(row);
    }
    std::size_t recipients() const { return m_ends.size() - 1; }
    std::uint32_t count(std::size_t r) const { return m_ends[r + 1]; } // before sort()
    /// Puts the rows of each recipient together, in the order of `before`; drops those of whom
    /// `wanted[recipient]` is 0.
    template<typename Before> void sort(const std::vector<std::uint8_t>& wanted, Before before);
    std::span<const Row> of(std::size_t r) const { // after sort()
      const auto first = r == 0 ? 0U : m_ends[r - 1];
      return std::span(m_sorted).subspan(first, m_ends[r] - first);
    }

  private:
    std::vector<Row> m_rows, m_sorted; // what stands behind the last end of m_sorted is old
    std::vector<std::uint32_t> m_ends; // counts, one place on; after sort() where each ends
  };
  /// What is known of one recipient besides the mails.
  struct Person {
    std::span<const Open> opens;
    std::span<const Click> clicks;
    std::span<const Suppression> suppressions;
  };

  void sort(bool all);
  /// How many have fewer than three before them: the first ones.
  static std::size_t mails_too_early(std::span<const MailReceived> mails);
  Person person_of(std::size_t recipient) const {
    return {m_opens.of(recipient), m_clicks.of(recipient), m_suppressions.of(recipient)};
  }
  static Silence verdict(const Person& person, const MailReceived& mail, Seconds end,
                         const CoveredTimes& covered);

  Rows<MailReceived> m_mails;
  Rows<Open> m_opens;
  Rows<Click> m_clicks;
  Rows<Suppression> m_suppressions;
};

} // namespace mailfunnel
