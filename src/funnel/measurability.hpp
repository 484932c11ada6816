#pragma once
// Was a silent mail really not opened? Only then it costs points (docs/scoring.md, "Non-open"):
// privacy readers, blocked images, gaps in our data and the first mails of somebody are no silence.

#include "base/time.hpp"
#include "model/activity.hpp"

#include <algorithm>
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
    for (std::size_t slice = 0; slice < m_mails.slices(); ++slice) {
      sort(slice, all);
      for (auto r = slice * k_slice; r < std::min((slice + 1) * k_slice, m_mails.recipients());
           ++r) {
        judge_mails_of(r, window, as_of, all, covered, put);
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

  /// Recipients are looked at a slice at a time: what is known of so many stays in the cache.
  static constexpr std::size_t k_slice = 4096;

  /// Rows of all recipients as they come; then, of one slice at a time, by recipient.
  template<typename Row> class Rows {
  public:
    void start(std::size_t recipients) {
      m_slices.resize((recipients + k_slice - 1) / k_slice);
      for (auto& rows : m_slices) {
        rows.clear();
      }
      m_counts.assign(recipients, 0);
    }
    void add(const Row& row) {
      ++m_counts[row.recipient];
      m_slices[row.recipient / k_slice].push_back(row);
    }
    std::size_t slices() const { return m_slices.size(); }
    std::size_t recipients() const { return m_counts.size(); }
    std::uint32_t count(std::size_t r) const { return m_counts[r]; }
    /// Puts the rows of each recipient of the slice together, in the order of `before`; drops those
    /// of whom `wanted[recipient in the slice]` is 0.
    template<typename Before>
    void sort(std::size_t slice, const std::vector<std::uint8_t>& wanted, Before before);
    /// Of a recipient of the slice that was sorted last.
    std::span<const Row> of(std::size_t r) const {
      const auto in_slice = r % k_slice;
      const auto first = in_slice == 0 ? 0U : m_ends[in_slice - 1];
      return std::span(m_sorted).subspan(first, m_ends[in_slice] - first);
    }

  private:
    std::vector<std::vector<Row>> m_slices;
    std::vector<std::uint32_t> m_counts; // by recipient
    std::vector<Row> m_sorted;           // of a slice; what stands behind the last end is old
    std::vector<std::uint32_t> m_ends;   // by recipient in the slice
  };
  /// What is known of one recipient besides the mails.
  struct Person {
    std::span<const Open> opens;
    std::span<const Click> clicks;
    std::span<const Suppression> suppressions;
  };

  template<typename Covered, typename Put>
  void judge_mails_of(std::size_t r, Seconds window, Seconds as_of, bool all,
                      const Covered& covered, const Put& put) const {
    const auto mails = m_mails.of(r);
    const auto early = mails_too_early(mails);
    if (early == mails.size() && !all) {
      return;
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
  void sort(std::size_t slice, bool all);
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
  std::vector<std::uint8_t> m_wanted; // by recipient in the slice
};

} // namespace mailfunnel
