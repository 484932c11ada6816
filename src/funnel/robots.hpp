#pragma once
// Machines among the clicks of one person on one mailing: mail filters follow every link, in
// seconds. Weighted signs over evidence and timing; weights add up (docs/scoring.md, "Who did it").

#include "funnel/verdict.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// Weights of the signs, and from which sum on an event counts as what.
struct RobotRules {
  bool timing = true; // false: only what an event's own record gives away
  std::uint32_t machine_from = 100, unknown_from = 60;
  std::uint32_t record = 100;     // the record itself says so: crawler, filter network, HEAD, …
  std::uint32_t all_links = 100;  // all links of a mail with at least 4, within 60 s
  std::uint32_t three_links = 90; // 3 different links in less than 2 s
  std::uint32_t same_second = 70; // two different links in one second
  std::uint32_t elsewhere = 70;   // the same link within 60 s from another network and system
  std::uint32_t before_delivery = 100; // more than 60 s before it
  std::uint32_t two_seconds = 60;      // less than 2 s after the delivery
  std::uint32_t five_seconds = 40;     // less than 5 s after it
  std::uint32_t filter_people = 100; // a filter network that carries people too, within 15 minutes
  std::uint32_t crowd = 80;          // one network for 5 people of the mailing within 10 s
  std::uint32_t honeypot = 100;      // a link that no person sees, and all within 10 s of it
  std::vector<std::string> honeypot_links; // globs on URLs

  bool looks_for_crowds() const { return timing && crowd != 0; }
};

/// Signs, as bits: why an event got its weight.
namespace sign {
constexpr std::uint16_t record = 1, all_links = 2, three_links = 4, same_second = 8, elsewhere = 16,
                        before_delivery = 32, two_seconds = 64, five_seconds = 128,
                        filter_people = 256, crowd = 512, honeypot = 1024;
}

/// What is known of a sign: its key in the config, its words for people, where its weight stands.
struct RobotSign {
  std::uint16_t bit;
  std::string_view key, words;
  std::uint32_t RobotRules::*weight;
};
std::span<const RobotSign> robot_signs();

/// "all links of the mail within a minute, 3 links in 2 seconds"
std::string sign_words(std::uint16_t signs);

/// One click as its record tells it.
struct SeenClick {
  std::uint32_t time;
  std::uint32_t link; // WorldCampaign::link_id
  std::uint16_t evidence, network;
  std::uint8_t system;
  bool crowd = false, honeypot = false; // one of a crowd (crowds.hpp); its link is a honeypot
};

/// What is known of the mail besides.
struct MailFacts {
  std::uint32_t delivered = ~0U;   // when first, where the source tells it; ~0: not known
  std::uint32_t content_links = 0; // links in its content; 0: not known
  bool seconds = true;             // the source tells times to the second
};

struct ClickVerdict {
  Verdict verdict = Verdict::human;
  std::uint16_t signs = 0;
};

/// All clicks of one person on one mailing, by time. Only what stands in `clicks` is looked at:
/// later events never lower a weight.
void judge_clicks(std::span<const SeenClick> clicks, const MailFacts& mail, const RobotRules& rules,
                  std::vector<ClickVerdict>& verdicts);

/// An open of which the record alone decides, as `verdict`.
inline ClickVerdict open_by_record(Verdict verdict) {
  return {verdict, verdict == Verdict::machine ? sign::record : std::uint16_t{0}};
}
/// An open: by its record, and by its time after the delivery.
ClickVerdict judge_open(std::uint32_t time, std::uint16_t evidence, const MailFacts& mail,
                        const RobotRules& rules);

} // namespace mailfunnel
