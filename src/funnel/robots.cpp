#include "funnel/robots.hpp"

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

namespace mailfunnel {

namespace {

constexpr std::uint32_t k_minute = 60, k_two = 2, k_five = 5, k_quarter = 15 * 60, k_honeypot = 10;
constexpr std::uint32_t k_links_of_a_mail = 4, k_links_at_once = 3;

constexpr std::array k_signs{
    RobotSign{sign::record, "record", "by its own record", &RobotRules::record},
    RobotSign{sign::honeypot, "honeypot", "a link that no person sees", &RobotRules::honeypot},
    RobotSign{sign::all_links, "all_links", "all links of the mail within a minute",
              &RobotRules::all_links},
    RobotSign{sign::three_links, "three_links", "3 links in less than 2 seconds",
              &RobotRules::three_links},
    RobotSign{sign::same_second, "same_second", "two links in one second",
              &RobotRules::same_second},
    RobotSign{sign::elsewhere, "elsewhere", "the same link at once from another network and system",
              &RobotRules::elsewhere},
    RobotSign{sign::crowd, "crowd", "one network for 5 people within 10 seconds",
              &RobotRules::crowd},
    RobotSign{sign::before_delivery, "before_delivery", "before the delivery",
              &RobotRules::before_delivery},
    RobotSign{sign::two_seconds, "two_seconds", "less than 2 seconds after the delivery",
              &RobotRules::two_seconds},
    RobotSign{sign::five_seconds, "five_seconds", "less than 5 seconds after the delivery",
              &RobotRules::five_seconds},
    RobotSign{sign::filter_people, "filter_people",
              "from a network of mail filters, just after the delivery",
              &RobotRules::filter_people},
};

Verdict verdict_by(std::uint16_t signs, const RobotRules& rules) {
  std::uint32_t weight = 0;
  for (std::size_t i = 0; signs != 0 && i < k_signs.size(); ++i) { // nearly all have none
    weight += (signs & k_signs[i].bit) != 0 ? rules.*k_signs[i].weight : 0;
  }
  return weight >= rules.machine_from   ? Verdict::machine
         : weight >= rules.unknown_from ? Verdict::unknown
                                        : Verdict::human;
}

/// Of the signs about seconds after the delivery only the strongest counts.
std::uint16_t delivery_signs(std::uint32_t time, std::uint16_t evidence, const MailFacts& mail) {
  if (mail.delivered == ~0U || !mail.seconds) {
    return 0;
  }
  if (time < mail.delivered) {
    return mail.delivered - time > k_minute ? sign::before_delivery : std::uint16_t{0};
  }
  const auto after = time - mail.delivered;
  std::uint16_t signs = after < k_two    ? sign::two_seconds
                        : after < k_five ? sign::five_seconds
                                         : std::uint16_t{0};
  if ((evidence & evidence::probable_filter_network) != 0 && after <= k_quarter) {
    signs |= sign::filter_people;
  }
  return signs;
}

/// The links of a window of clicks, counted: in a short list, as nearly all windows are short.
class FewLinks {
public:
  void add(std::uint32_t link) {
    const auto place = find(link);
    if (place != m_links.end()) {
      ++place->second;
    } else {
      m_links.emplace_back(link, 1U);
    }
  }
  void drop(std::uint32_t link) {
    const auto place = find(link);
    if (--place->second == 0) {
      *place = m_links.back();
      m_links.pop_back();
    }
  }
  std::size_t size() const { return m_links.size(); }

private:
  using Links = boost::container::small_vector<std::pair<std::uint32_t, std::uint32_t>, 32>;
  Links::iterator find(std::uint32_t link) {
    return std::find_if(m_links.begin(), m_links.end(),
                        [link](const auto& one) { return one.first == link; });
  }
  Links m_links;
};

class ManyLinks {
public:
  void add(std::uint32_t link) { ++m_links[link]; }
  void drop(std::uint32_t link) {
    const auto place = m_links.find(link);
    if (--place->second == 0) {
      m_links.erase(place);
    }
  }
  std::size_t size() const { return m_links.size(); }

private:
  std::unordered_map<std::uint32_t, std::uint32_t> m_links;
};

/// Sets `bit` for all clicks of every window [first, last] with last - first < `length` in which
/// there are at least `wanted` different links.
template<typename Links>
void mark_windows(std::span<const SeenClick> clicks, std::uint32_t length, std::size_t wanted,
                  std::uint16_t bit, std::vector<ClickVerdict>& verdicts) {
  Links links;
  std::size_t first = 0, marked = 0;
  for (std::size_t last = 0; last < clicks.size(); ++last) {
    links.add(clicks[last].link);
    while (clicks[last].time - clicks[first].time >= length) {
      links.drop(clicks[first++].link);
    }
    if (links.size() >= wanted) {
      for (marked = std::max(marked, first); marked <= last; ++marked) {
        verdicts[marked].signs |= bit;
      }
    }
  }
}

void mark_bursts(std::span<const SeenClick> clicks, std::uint32_t length, std::size_t wanted,
                 std::uint16_t bit, std::vector<ClickVerdict>& verdicts) {
  constexpr std::size_t k_few = 64;
  if (clicks.size() < wanted) {
    return;
  }
  if (clicks.size() <= k_few) {
    mark_windows<FewLinks>(clicks, length, wanted, bit, verdicts);
  } else {
    mark_windows<ManyLinks>(clicks, length, wanted, bit, verdicts);
  }
}

/// The same link again within a minute, from another network and another system.
void mark_elsewhere(std::span<const SeenClick> clicks, std::vector<ClickVerdict>& verdicts) {
  for (std::size_t i = 0; i < clicks.size(); ++i) {
    const auto& one = clicks[i];
    for (auto j = i + 1; j < clicks.size() && clicks[j].time - one.time <= k_minute; ++j) {
      const auto& other = clicks[j];
      if (other.link == one.link && one.network != 0 && other.network != 0 && one.system != 0 &&
          other.system != 0 && other.network != one.network && other.system != one.system) {
        verdicts[i].signs |= sign::elsewhere;
        verdicts[j].signs |= sign::elsewhere;
      }
    }
  }
}

/// Clicks on a honeypot; with `around` all within 10 s of one, before or after.
void mark_honeypots(std::span<const SeenClick> clicks, bool around,
                    std::vector<ClickVerdict>& verdicts) {
  std::size_t next = 0; // all before it are decided
  for (std::size_t i = 0; i < clicks.size(); ++i) {
    if (!clicks[i].honeypot) {
      continue;
    }
    verdicts[i].signs |= sign::honeypot;
    while (next < i && clicks[i].time - clicks[next].time > k_honeypot) {
      ++next;
    }
    for (; around && next < clicks.size() &&
           (next <= i || clicks[next].time - clicks[i].time <= k_honeypot);
         ++next) {
      verdicts[next].signs |= sign::honeypot;
    }
  }
}

} // namespace

std::span<const RobotSign> robot_signs() {
  return k_signs;
}

std::string sign_words(std::uint16_t signs) {
  std::string out;
  for (const auto& one : k_signs) {
    if ((signs & one.bit) != 0) {
      out.append(out.empty() ? "" : ", ").append(one.words);
    }
  }
  return out;
}

void judge_clicks(std::span<const SeenClick> clicks, const MailFacts& mail, const RobotRules& rules,
                  std::vector<ClickVerdict>& verdicts) {
  verdicts.assign(clicks.size(), {});
  for (std::size_t i = 0; i < clicks.size(); ++i) {
    if (judge(EventKind::click, clicks[i].evidence) == Verdict::machine) {
      verdicts[i].signs |= sign::record;
    }
    if (rules.timing) {
      verdicts[i].signs |= delivery_signs(clicks[i].time, clicks[i].evidence, mail);
      verdicts[i].signs |= clicks[i].crowd && mail.seconds ? sign::crowd : std::uint16_t{0};
    }
  }
  mark_honeypots(clicks, rules.timing && mail.seconds, verdicts);
  if (rules.timing && mail.seconds && clicks.size() > 1) {
    constexpr std::size_t k_few =
        2'000; // more clicks of one person on one mail are one burst anyway
    mark_bursts(clicks, 1, 2, sign::same_second, verdicts);
    mark_bursts(clicks, k_two, k_links_at_once, sign::three_links, verdicts);
    if (mail.content_links >= k_links_of_a_mail) {
      mark_bursts(clicks, k_minute + 1, mail.content_links, sign::all_links, verdicts);
    }
    if (clicks.size() <= k_few) {
      mark_elsewhere(clicks, verdicts);
    }
  }
  for (auto& one : verdicts) {
    one.verdict = verdict_by(one.signs, rules);
  }
}

ClickVerdict judge_open(std::uint32_t time, std::uint16_t bits, const MailFacts& mail,
                        const RobotRules& rules) {
  auto out = open_by_record(judge(EventKind::open, bits));
  if (out.verdict == Verdict::human && rules.timing) {
    out.signs = delivery_signs(time, bits, mail);
    out.verdict = verdict_by(out.signs, rules);
  }
  return out;
}

} // namespace mailfunnel
