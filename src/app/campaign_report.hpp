#pragma once
// The review of one mailing, or of a family of them (A/B halves, resends, language versions)
// together and apart: what happened, by whom, its links and their balance, and what became of the
// readers. docs/numbers.md defines every figure.

#include "app/workspace.hpp"
#include "funnel/measurability.hpp"

#include <array>
#include <string>
#include <vector>

namespace mailfunnel {

/// How often, and by how many people.
struct Happened {
  std::uint64_t events = 0, people = 0;
};

struct MailingFigures {
  bool told = false; // the source tells to whom it was sent, or delivered; else both are 0
  std::uint64_t sent = 0, delivered = 0; // people
  std::uint64_t hard_bounces = 0, other_bounces = 0, dropped = 0, unsubscribed = 0, complained = 0;
  std::array<Happened, 4> opens, clicks; // by Verdict
  std::uint64_t openers = 0;             // people with a HUMAN open, or a click that implies one
  std::uint64_t clickers = 0;            // people with a HUMAN or UNKNOWN click
  std::uint64_t proxy_only = 0;          // people of whom nothing but a proxy's open is known
};

/// What those to whom the mailing was delivered made of it, and of whom that can't be told. Each is
/// in one of the figures.
struct Measured {
  std::uint64_t opened = 0;     // or clicked, or answered: by a person, or by nobody knows whom
  std::uint64_t proxy_only = 0; // not measurable: a privacy proxy's open is all there is
  std::array<std::uint64_t, k_silences> silent{}; // by Silence; of `reacted` nobody

  std::uint64_t all() const;
};

struct ReviewedLink {
  std::string url, text, why, mailing;
  std::size_t of = 0; // index in CampaignReport::mailings
  Stage stage = Stage::untagged;
  bool housekeeping = false;
  Happened human, unknown, machine;
};

/// Clicks by people within so long after the mail was sent.
struct ReadBy {
  Seconds within = 0;
  std::uint64_t opens = 0, clicks = 0; // first ones of each person
};

/// All that was not done by machines and proxies in one hour after the sending.
struct BusyHour {
  std::uint64_t opens = 0, clicks = 0;
};

/// What is wrong with the balance of a mailing's links.
enum class Imbalance : std::uint8_t { unknown_links, no_bofu, several_goals, few_tofu, untagged };
constexpr std::size_t k_imbalances = 5;
std::string_view name_of(Imbalance what); // "no_bofu"
struct BalanceWarning {
  Imbalance what = Imbalance::unknown_links;
  std::array<std::string, 2> values{}; // that its sentence tells, in order
  std::string text() const;            // in English
};

struct ReviewedMailing {
  std::string title, account, id, subject;
  Seconds sent_at = 0;
  MailingFigures figures;
};

struct CampaignReport {
  Seconds as_of = 0;
  std::vector<ReviewedMailing> mailings; // by time; of a family several
  MailingFigures together;               // people of several mailings counted once
  Measured measured;                     // of `together`; empty where the mailing does not score
  std::vector<ReviewedLink> links;       // most clicked first
  std::array<std::uint64_t, 5> content_links{}, clicks_by_stage{}; // by Stage; clicks by people
  std::vector<BalanceWarning> warnings;
  std::vector<ReadBy> read_by;
  std::vector<BusyHour> hours;   // the first days
  Seconds before = 0, after = 0; // the moments of the statuses below
  std::vector<std::string> statuses;
  std::vector<std::vector<std::uint64_t>> moves; // of the readers: [before][after]
};

/// `campaign`: id or name; "" is the newest that was sent. `alone`: without its family. `account`:
/// whose mailing it is, "": of any. Without what waits in the inbox. Error not_found: there is no
/// such mailing.
Result<CampaignReport> report_campaign(Store& store, const Workspace& workspace,
                                       const std::string& campaign, bool alone, Seconds as_of,
                                       const std::string& account = {});

} // namespace mailfunnel
