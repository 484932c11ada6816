#pragma once
// What was judged why: who opened and clicked, by the signs of docs/scoring.md, "Machines".

#include "app/workspace.hpp"
#include "funnel/robots.hpp"

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mailfunnel {

/// One open or click and what was made of it.
struct JudgedEvent {
  RecipientId recipient = 0;
  CampaignId campaign = 0;
  EventKind kind = EventKind::open;
  Seconds time = 0;
  LinkNumber link = 0;
  std::uint16_t evidence = 0;
  ClickVerdict judged;
};

struct Tally {
  std::uint64_t events = 0, people = 0;
};

/// What one reason did: a sign of robots.hpp, or a bit of evidence that the record gave.
struct ReasonTally {
  Tally all;
  std::array<std::uint64_t, 4> verdicts{}; // events, by Verdict
  std::optional<JudgedEvent> example;      // the newest
};

struct VerdictCounts {
  std::array<Tally, 4> opens, clicks; // by Verdict
  std::vector<ReasonTally> signs;     // as robot_signs()
  std::vector<ReasonTally> evidence;  // as k_evidence_names; of what the record alone decided
};

/// Opens and clicks up to the moment; of one campaign (id or name), or of all with "". `take`, if
/// given, is called for each, by chunk of recipients, mailing and kind, from one thread.
VerdictCounts count_verdicts(Store& store, const Workspace& workspace, const World& world,
                             Seconds as_of, const std::string& campaign,
                             const std::function<void(const JudgedEvent&)>& take = {});

/// The signs that can't be seen in what an account's source tells, with what is lacking; "" where
/// nothing is.
std::string signs_that_are_off(const Capabilities& can, bool delivery_events);

} // namespace mailfunnel
