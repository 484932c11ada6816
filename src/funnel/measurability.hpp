#pragma once
// Was a silent mail really not opened? Only then it costs points (docs/scoring.md, "Non-open"):
// privacy readers, blocked images, gaps in our data and the first mails of somebody are no silence.

#include "base/time.hpp"
#include "model/activity.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
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

/// What came back of a mail, up to the moment: an open of any sort but a machine's, a click, a
/// reply, a conversion.
enum class Reaction : std::uint8_t { none, late, in_time };

/// One mailing as one person got it.
class MailReceived {
public:
  MailReceived() = default;
  /// `reaction` in_time: the first one came within the window; `named`: the events say which
  /// mailing it was; `by_person`: the reaction.
  MailReceived(std::uint32_t delivered, std::uint32_t family, Reaction reaction, bool named,
               bool by_person)
      : m_bits(std::uint64_t{delivered} << 32 | std::uint64_t{family} << k_flags |
               (named ? 8U : 0U) | (by_person ? 4U : 0U) | static_cast<unsigned>(reaction)) {}

  std::uint32_t delivered() const { return static_cast<std::uint32_t>(m_bits >> 32); }
  /// Index in World::families, of which there are less than 2^28.
  std::uint32_t family() const { return static_cast<std::uint32_t>(m_bits) >> k_flags; }
  Reaction reaction() const { return static_cast<Reaction>(m_bits & 3); }
  bool reacted() const { return reaction() != Reaction::none; }
  bool by_person() const { return (m_bits & 4) != 0; }
  bool named() const { return (m_bits & 8) != 0; }
  /// By time, then family.
  friend bool operator<(const MailReceived& a, const MailReceived& b) {
    return a.m_bits < b.m_bits;
  }

private:
  static constexpr unsigned k_flags = 4; // bits
  std::uint64_t m_bits = 0;              // one word, as there are millions
};
constexpr std::uint32_t k_never = ~0U;

/// What the people of a chunk did, gathered in any order; judged all together. To be used for chunk
/// after chunk: it keeps its memory.
///
/// What people may have done is counted first: so each row has its place beside the others of its
/// recipient when it comes, and of those who got too few mails nothing is kept.
class Measurability {
public:
  /// `all`: all mails are judged, else not those that come too early to be measurable.
  void start(std::size_t recipients, bool all);

  /// A mail, open or click at most for every time that a recipient stands here.
  void expect_mails(std::span<const std::uint16_t> recipients) { m_mails.expect(recipients); }
  void expect_opens(std::span<const std::uint16_t> recipients) { m_opens.expect(recipients); }
  void expect_clicks(std::span<const std::uint16_t> recipients) { m_clicks.expect(recipients); }
  /// When all is expected, and before anything is added.
  void make_room();

  /// `there`: 0, as if it had not been called; 1.
  void add_mail(std::uint16_t recipient, const MailReceived& mail, std::uint8_t there = 1) {
    m_mails.add(recipient, mail, std::uint32_t{m_wanted[recipient]} & there);
  }
  /// By a reader, or through a privacy proxy. Opens by machines do not belong here.
  void add_open(std::uint16_t recipient, std::uint32_t time, bool proxy) {
    m_opens.add(recipient, {time, proxy}, m_wanted[recipient]);
    m_doubtful[recipient] |= proxy ? 1 : 0;
  }
  /// The first click by a person in a mailing, and that mailing's first open by a reader (k_never:
  /// none).
  void add_click(std::uint16_t recipient, std::uint32_t time, std::uint32_t opened) {
    m_clicks.add(recipient, {time, opened}, m_wanted[recipient]);
    m_doubtful[recipient] |= opened > time ? 1 : 0;
  }
  /// From `time` on mails should (not) go out. By recipient, then time.
  void add_suppression(std::uint16_t recipient, std::uint32_t time, bool suppressed) {
    m_suppressions.push_back({recipient, suppressed, time});
  }

  /// Calls put(recipient, mail, silence, end of its window) for every mail, by recipient, then
  /// time. `covered(family)` gives the times of its source. Each test looks only at what happened
  /// up to the end of the window: a later reaction leaves the verdict as it is and takes its points
  /// back.
  template<typename Covered, typename Put>
  void judge(Seconds window, Seconds as_of, Covered covered, Put put) {
    auto next = m_suppressions.begin();
    for (std::size_t r = 0; r < m_wanted.size(); ++r) {
      const auto first = next;
      while (next != m_suppressions.end() && next->recipient == r) {
        ++next;
      }
      if (m_wanted[r] != 0) {
        judge_mails_of(r, {first, next}, window, as_of, covered, put);
      }
    }
  }

private:
  struct Open {
    std::uint32_t time;
    bool proxy;
  };
  struct Click {
    std::uint32_t time, opened;
  };
  struct Suppression {
    std::uint16_t recipient;
    bool suppressed;
    std::uint32_t time;
  };

  /// Rows by recipient.
  template<typename Row> class Rows {
  public:
    void start(std::size_t recipients) { m_ends.assign(recipients, 0); }
    void expect(std::span<const std::uint16_t> recipients) {
      for (const auto r : recipients) {
        ++m_ends[r];
      }
    }
    std::uint32_t expected(std::size_t r) const { return m_ends[r]; }
    void make_room(const std::vector<std::uint8_t>& wanted) {
      m_first.resize(m_ends.size());
      std::uint32_t total = 1; // the first place is of what nobody wants
      for (std::size_t r = 0; r < wanted.size(); ++r) {
        m_first[r] = wanted[r] * total;
        total += wanted[r] * std::exchange(m_ends[r], m_first[r]);
      }
      m_rows.resize(std::max<std::size_t>(m_rows.size(), total));
    }
    /// Without a branch on `wanted`, 0 or 1: it could not be foreseen.
    void add(std::size_t r, const Row& row, std::uint32_t wanted) {
      m_rows[m_ends[r] * wanted] = row;
      m_ends[r] += wanted;
    }
    std::span<Row> of(std::size_t r) {
      return std::span(m_rows).subspan(m_first[r], m_ends[r] - m_first[r]);
    }
    /// As of(); in the order of `before`, in which they nearly always come.
    template<typename Before> std::span<Row> sorted(std::size_t r, Before before) {
      const auto rows = of(r);
      if (!std::is_sorted(rows.begin(), rows.end(), before)) {
        std::stable_sort(rows.begin(), rows.end(), before);
      }
      return rows;
    }

  private:
    std::vector<Row> m_rows;            // what stands behind an end is old
    std::vector<std::uint32_t> m_first; // by recipient
    std::vector<std::uint32_t> m_ends;  // likewise; before there is room: how many are expected
  };
  /// What is known of one recipient besides the mails.
  struct Person {
    std::span<const Open> opens;
    std::span<const Click> clicks;
    std::span<const Suppression> suppressions;
  };

  using Suppressions = std::span<const Suppression>;
  template<typename Covered, typename Put>
  void judge_mails_of(std::size_t r, Suppressions suppressions, Seconds window, Seconds as_of,
                      const Covered& covered, const Put& put) {
    const auto mails = mails_of(r);
    const auto early = mails_too_early(mails);
    if (early == mails.size() && !m_all) {
      return;
    }
    // Of most nothing is known that could excuse their silence, so that only the log's gaps count.
    const bool plain = m_doubtful[r] == 0 && suppressions.empty();
    const auto person = plain ? Person{} : person_of(r, suppressions);
    for (auto i = m_all ? 0 : early; i < mails.size(); ++i) {
      const auto& mail = mails[i];
      const auto end = Seconds{mail.delivered()} + window;
      const bool in_time = mail.reaction() == Reaction::in_time;
      const auto silence = in_time         ? Silence::reacted
                           : !mail.named() ? Silence::not_named
                           : end > as_of   ? Silence::window_open
                           : i < early     ? Silence::few_mails
                                           : verdict(person, mail, end, covered(mail.family()));
      put(static_cast<std::uint16_t>(r), mail, silence, end);
    }
  }
  std::span<const MailReceived> mails_of(std::size_t r); // by time
  Person person_of(std::size_t r, Suppressions suppressions);
  /// How many have fewer than three before them: the first ones.
  static std::size_t mails_too_early(std::span<const MailReceived> mails);
  static bool covers(const CoveredTimes& covered, Seconds from, Seconds to) {
    const auto after = std::upper_bound(
        covered.begin(), covered.end(), from,
        [](Seconds moment, const auto& interval) { return moment < interval.first; });
    return after != covered.begin() && std::prev(after)->second >= to;
  }
  static Silence verdict(const Person& person, const MailReceived& mail, Seconds end,
                         const CoveredTimes& covered);

  Rows<MailReceived> m_mails;
  Rows<Open> m_opens;
  Rows<Click> m_clicks;
  std::vector<Suppression> m_suppressions;
  std::vector<std::uint8_t> m_wanted; // by recipient: may have a mail that is judged
  /// Likewise: opened through a proxy, or clicked before opening. Of all others verdict() need not
  /// see opens and clicks: opens by readers alone, and each click after one, excuse nothing.
  std::vector<std::uint8_t> m_doubtful;
  bool m_all = false;
};

} // namespace mailfunnel
