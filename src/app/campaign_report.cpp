#include "app/campaign_report.hpp"

#include "base/text.hpp"
#include "funnel/consent.hpp"
#include "funnel/mailing_judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace mailfunnel {

namespace {

constexpr std::size_t k_verdicts = 4;
constexpr Seconds k_hour = 3600;
constexpr std::array<Seconds, 7> k_within{k_hour,    4 * k_hour, 12 * k_hour, k_day,
                                          2 * k_day, 7 * k_day,  30 * k_day};
constexpr Seconds k_aftermath = 7 * k_day; // the statuses after it
constexpr std::size_t k_hours = 72;
constexpr std::uint32_t k_never = ~0U;

/// People of a chunk, by number.
class People {
public:
  void start(std::size_t size) { m_in.assign(size, false); }
  bool add(std::uint16_t r) { // is it new?
    const bool was = m_in[r];
    m_in[r] = true;
    return !was;
  }
  bool has(std::size_t r) const { return m_in[r]; }

private:
  std::vector<bool> m_in;
};

/// What is remembered of each person of a chunk, of one mailing or of all.
struct Seen {
  People sent, delivered, bounced, hard, other, dropped, unsubscribed, complained;
  std::array<People, k_verdicts> opens, clicks;
  bool told = false;

  void start(std::size_t size) {
    told = false;
    for (auto* people :
         {&sent, &delivered, &bounced, &hard, &other, &dropped, &unsubscribed, &complained}) {
      people->start(size);
    }
    for (std::size_t v = 0; v < k_verdicts; ++v) {
      opens.at(v).start(size);
      clicks.at(v).start(size);
    }
  }

  bool human_open(std::size_t r) const { return has(opens, Verdict::human, r); }
  bool clicked(std::size_t r) const {
    return has(clicks, Verdict::human, r) || has(clicks, Verdict::unknown, r);
  }
  /// Otherwise than by a proxy or machine.
  bool reacted(std::size_t r) const {
    return human_open(r) || has(opens, Verdict::unknown, r) || clicked(r);
  }
  bool proxy_open(std::size_t r) const { return has(opens, Verdict::proxy, r); }

  void add_to(MailingFigures& figures, std::size_t size) const {
    figures.told = figures.told || told;
    for (std::size_t r = 0; r < size; ++r) {
      figures.sent += sent.has(r) ? 1 : 0;
      figures.delivered += delivered.has(r) ? 1 : 0;
      figures.hard_bounces += hard.has(r) ? 1 : 0;
      figures.other_bounces += other.has(r) && !hard.has(r) ? 1 : 0;
      figures.dropped += dropped.has(r) ? 1 : 0;
      figures.unsubscribed += unsubscribed.has(r) ? 1 : 0;
      figures.complained += complained.has(r) ? 1 : 0;
      const bool opened = human_open(r) || has(clicks, Verdict::human, r);
      figures.openers += opened ? 1 : 0;
      figures.clickers += clicked(r) ? 1 : 0;
      figures.proxy_only += proxy_open(r) && !opened && !clicked(r) ? 1 : 0;
      for (std::size_t v = 0; v < k_verdicts; ++v) {
        figures.opens.at(v).people += opens.at(v).has(r) ? 1 : 0;
        figures.clicks.at(v).people += clicks.at(v).has(r) ? 1 : 0;
      }
    }
  }

private:
  static bool has(const std::array<People, k_verdicts>& by, Verdict verdict, std::size_t r) {
    return by.at(static_cast<std::size_t>(verdict)).has(r);
  }
};

void unite(Happened& into, const Happened& other) {
  into.events += other.events;
  into.people += other.people;
}

void unite(MailingFigures& into, const MailingFigures& other) {
  into.told = into.told || other.told;
  for (const auto figure :
       {&MailingFigures::sent, &MailingFigures::delivered, &MailingFigures::hard_bounces,
        &MailingFigures::other_bounces, &MailingFigures::dropped, &MailingFigures::unsubscribed,
        &MailingFigures::complained, &MailingFigures::openers, &MailingFigures::clickers,
        &MailingFigures::proxy_only}) {
    into.*figure += other.*figure;
  }
  for (std::size_t v = 0; v < k_verdicts; ++v) {
    unite(into.opens.at(v), other.opens.at(v));
    unite(into.clicks.at(v), other.clicks.at(v));
  }
}

void unite(Measured& into, const Measured& other) {
  into.opened += other.opened;
  into.proxy_only += other.proxy_only;
  for (std::size_t s = 0; s < k_silences; ++s) {
    into.silent.at(s) += other.silent.at(s);
  }
}

struct LinkClicks {
  Happened human, unknown, machine;
};
using LinkKey = std::pair<std::size_t, LinkNumber>; // member, link

/// One thread's share.
struct Part {
  std::vector<MailingFigures> apart;
  MailingFigures together;
  Measured measured;
  std::map<LinkKey, LinkClicks> links;
  std::array<std::uint64_t, k_within.size()> opens_within{}, clicks_within{};
  std::array<BusyHour, k_hours> hours{};
  std::vector<std::vector<std::uint64_t>> moves;
};

class Review {
public:
  Review(const Scorer& scorer, std::vector<std::uint32_t> members, std::uint32_t family)
      : m_scorer(scorer), m_world(scorer.world()), m_members(std::move(members)), m_family(family),
        m_rules(scorer.rules()), m_as_of(scorer.as_of()) {}

  /// Reads a chunk; says who read the mail.
  std::vector<bool> take(ChunkSource& source, Part& part) {
    part.apart.resize(m_members.size());
    Seen all, one;
    all.start(source.size());
    std::vector<std::uint32_t> first_open(source.size(), k_never),
        first_click(source.size(), k_never);
    m_refused = tracking_refused(m_rules.tracking, source, m_as_of);
    MailingJudge judge(m_rules.robots, m_world, source.size(), m_as_of);
    for (std::size_t m = 0; m < m_members.size(); ++m) {
      one.start(source.size());
      const auto& campaign = m_world.campaigns[m_members[m]];
      read_delivery(campaign, source, one, all);
      judge.begin(campaign, source);
      read_opens(m, source, judge, {one, all}, part, first_open);
      read_clicks(m, source, judge, {one, all}, part, first_click);
      one.add_to(part.apart[m], source.size());
    }
    all.add_to(part.together, source.size());
    measure(source, all, part.measured);
    std::vector<bool> readers(source.size());
    for (std::size_t r = 0; r < readers.size(); ++r) {
      readers[r] = all.human_open(r) || all.clicked(r);
      for (std::size_t w = 0; w < k_within.size(); ++w) {
        part.opens_within.at(w) += first_open[r] <= k_within.at(w) ? 1 : 0;
        part.clicks_within.at(w) += first_click[r] <= k_within.at(w) ? 1 : 0;
      }
    }
    return readers;
  }

private:
  struct Both {
    Seen &one, &all;
    bool add(std::array<People, k_verdicts> Seen::*which, Verdict verdict, std::uint16_t r) const {
      const auto v = static_cast<std::size_t>(verdict);
      (all.*which).at(v).add(r);
      return (one.*which).at(v).add(r);
    }
  };

  template<typename Take>
  void each(const WorldCampaign& campaign, EventKind kind, ChunkSource& source, Take take) {
    if (source.events(campaign.id, kind, m_columns)) {
      for (std::size_t i = 0; i < m_columns.size(); ++i) {
        if (Seconds{m_columns.time[i]} <= m_as_of) {
          take(m_columns.row(i));
        }
      }
    }
  }

  void read_delivery(const WorldCampaign& campaign, ChunkSource& source, Seen& one, Seen& all) {
    const auto mark = [&](People Seen::*which, std::uint32_t r) {
      (one.*which).add(static_cast<std::uint16_t>(r));
      (all.*which).add(static_cast<std::uint16_t>(r));
    };
    each(campaign, EventKind::bounce, source, [&](const EventRow& row) {
      mark(&Seen::sent, row.recipient);
      mark(&Seen::bounced, row.recipient);
      mark(bounce_class_of(row.evidence) == BounceClass::hard ? &Seen::hard : &Seen::other,
           row.recipient);
    });
    each(campaign, EventKind::dropped, source,
         [&](const EventRow& row) { mark(&Seen::dropped, row.recipient); });
    each(campaign, EventKind::sent, source, [&](const EventRow& row) {
      one.told = all.told = true;
      mark(&Seen::sent, row.recipient);
      const bool failed = one.bounced.has(row.recipient) || one.dropped.has(row.recipient);
      if (!campaign.delivery_events && !failed) {
        mark(&Seen::delivered, row.recipient);
      }
    });
    each(campaign, EventKind::delivered, source, [&](const EventRow& row) {
      one.told = all.told = true;
      mark(&Seen::sent, row.recipient);
      mark(&Seen::delivered, row.recipient);
    });
    each(campaign, EventKind::unsubscribe, source,
         [&](const EventRow& row) { mark(&Seen::unsubscribed, row.recipient); });
    each(campaign, EventKind::complaint, source,
         [&](const EventRow& row) { mark(&Seen::complained, row.recipient); });
  }

  void measure(ChunkSource& source, const Seen& all, Measured& measured) const {
    const auto outcomes = m_scorer.outcomes(source, m_family);
    for (std::size_t r = 0; r < outcomes.size(); ++r) {
      if (!all.delivered.has(r) || !outcomes[r]) { // reached by another of the family only
        continue;
      }
      const auto [silence, by_person] = *outcomes[r];
      if (silence != Silence::reacted) {
        ++measured.silent.at(static_cast<std::size_t>(silence));
      } else if (by_person || all.reacted(r)) {
        ++measured.opened;
      } else {
        ++measured.proxy_only;
      }
    }
  }

  static std::uint32_t since(const WorldCampaign& campaign, std::uint32_t time) {
    return Seconds{time} < campaign.time
               ? 0
               : static_cast<std::uint32_t>(Seconds{time} - campaign.time);
  }

  /// Counts one that a person did, or nobody knows who, in its hour.
  void count_hour(std::size_t member, std::uint32_t time, Verdict verdict, Part& part,
                  std::uint64_t BusyHour::*which) const {
    const auto hour = since(m_world.campaigns[m_members[member]], time) / k_hour;
    if (hour < static_cast<Seconds>(k_hours) &&
        (verdict == Verdict::human || verdict == Verdict::unknown)) {
      ++(part.hours.at(static_cast<std::size_t>(hour)).*which);
    }
  }

  void read_opens(std::size_t member, ChunkSource& source, const MailingJudge& judge,
                  const Both& seen, Part& part, std::vector<std::uint32_t>& first_open) {
    const auto& campaign = m_world.campaigns[m_members[member]];
    auto& figures = part.apart[member];
    each(campaign, EventKind::open, source, [&](const EventRow& row) {
      const auto r = static_cast<std::uint16_t>(row.recipient);
      if (!m_refused.empty() && m_refused[r]) {
        return;
      }
      const auto verdict = judge.open(r, row.time, row.evidence).verdict;
      ++figures.opens.at(static_cast<std::size_t>(verdict)).events;
      ++part.together.opens.at(static_cast<std::size_t>(verdict)).events;
      count_hour(member, row.time, verdict, part, &BusyHour::opens);
      seen.add(&Seen::opens, verdict, r);
      if (verdict == Verdict::human) {
        first_open[r] = std::min(first_open[r], since(campaign, row.time));
      }
    });
  }

  void read_clicks(std::size_t member, ChunkSource& source, MailingJudge& judge, const Both& seen,
                   Part& part, std::vector<std::uint32_t>& first_click) {
    const auto& campaign = m_world.campaigns[m_members[member]];
    if (!source.events(campaign.id, EventKind::click, m_columns)) {
      return;
    }
    judge.clicks(m_columns, m_verdicts);
    std::set<std::pair<Verdict, LinkNumber>> counted; // of the person at hand
    for (std::size_t i = 0; i < m_columns.size(); ++i) {
      const auto row = m_columns.row(i);
      if (Seconds{row.time} > m_as_of) {
        continue;
      }
      const auto r = m_columns.recipient[i];
      if (i == 0 || m_columns.recipient[i - 1] != r) {
        counted.clear();
      }
      const auto verdict = m_verdicts[i].verdict;
      ++part.apart[member].clicks.at(static_cast<std::size_t>(verdict)).events;
      ++part.together.clicks.at(static_cast<std::size_t>(verdict)).events;
      count_hour(member, row.time, verdict, part, &BusyHour::clicks);
      seen.add(&Seen::clicks, verdict, r);
      auto& link = part.links[{member, row.link}];
      auto& happened = verdict == Verdict::human     ? link.human
                       : verdict == Verdict::unknown ? link.unknown
                                                     : link.machine;
      ++happened.events;
      happened.people += counted.emplace(verdict, row.link).second ? 1 : 0;
      if (verdict == Verdict::human || verdict == Verdict::unknown) {
        first_click[r] = std::min(first_click[r], since(campaign, row.time));
      }
    }
  }

  const Scorer& m_scorer;
  const World& m_world;
  std::vector<std::uint32_t> m_members;
  std::uint32_t m_family; // of the members
  const Rules& m_rules;
  Seconds m_as_of;
  std::vector<bool> m_refused; // opens of whom are not looked at; empty: of nobody
  EventColumns m_columns;
  std::vector<ClickVerdict> m_verdicts;
};

std::uint32_t family_of(const World& world, std::uint32_t member) {
  const auto place =
      std::find_if(world.families.begin(), world.families.end(), [member](const Family& family) {
        return std::find(family.begin(), family.end(), member) != family.end();
      });
  return static_cast<std::uint32_t>(place - world.families.begin());
}

std::vector<std::uint32_t> members_of(const World& world, const std::string& account,
                                      const std::string& campaign, bool alone, Seconds as_of) {
  std::optional<std::uint32_t> found;
  for (std::uint32_t i = 0; i < world.campaigns.size(); ++i) { // by time: the newest is last
    const auto& c = world.campaigns[i];
    const bool asked = campaign.empty() ? c.named && c.time <= as_of : c.is_called(campaign);
    found = asked && (account.empty() || c.account == account) ? std::optional(i) : found;
  }
  if (!found) {
    return {};
  }
  return alone ? std::vector{*found} : world.families[family_of(world, *found)];
}

void add_links(CampaignReport& report, const World& world,
               const std::vector<std::uint32_t>& members,
               const std::map<LinkKey, LinkClicks>& clicks) {
  std::uint64_t untagged = 0, content = 0;
  std::set<std::string> goals;
  for (std::size_t m = 0; m < members.size(); ++m) {
    const auto& campaign = world.campaigns[members[m]];
    for (const auto& [number, link] : campaign.links) {
      const auto found = clicks.find({m, number});
      const auto happened = found == clicks.end() ? LinkClicks{} : found->second;
      const auto stage = static_cast<std::size_t>(link.tag.stage);
      report.links.push_back({link.url, link.text, link.tag.why,
                              members.size() > 1 ? campaign.title() : "", m, link.tag.stage,
                              link.tag.stage == Stage::none, happened.human, happened.unknown,
                              happened.machine});
      report.clicks_by_stage.at(stage) += happened.human.people + happened.unknown.people;
      if (!link.honeypot) {
        ++report.content_links.at(stage);
        content += link.tag.stage != Stage::none ? 1 : 0;
        untagged += link.tag.stage == Stage::untagged ? 1 : 0;
      }
      if (link.tag.stage == Stage::bofu) {
        const auto& name = link.text.empty() ? link.identity : link.text;
        goals.emplace(link.tag.idea.empty() ? "\"" + printable(name, 40) + "\""
                                            : std::string(link.tag.idea));
      }
    }
  }
  std::sort(report.links.begin(), report.links.end(), [](const auto& a, const auto& b) {
    const auto clicked = [](const ReviewedLink& link) {
      return link.human.people + link.unknown.people;
    };
    return std::tuple(clicked(b), b.machine.people, a.url, a.mailing) <
           std::tuple(clicked(a), a.machine.people, b.url, b.mailing);
  });
  const auto links = [&](Stage stage) {
    return report.content_links.at(static_cast<std::size_t>(stage));
  };
  const auto warn = [&report](Imbalance what, std::string first = {}, std::string second = {}) {
    report.warnings.push_back({what, {std::move(first), std::move(second)}});
  };
  if (content == 0) {
    warn(Imbalance::unknown_links);
    return;
  }
  if (links(Stage::bofu) == 0) {
    warn(Imbalance::no_bofu);
  }
  if (goals.size() > 1) {
    std::string names;
    for (const auto& goal : goals) {
      names += (names.empty() ? "" : ", ") + goal;
    }
    warn(Imbalance::several_goals, std::to_string(goals.size()), std::move(names));
  }
  if (links(Stage::tofu) < links(Stage::bofu)) {
    warn(Imbalance::few_tofu, std::to_string(links(Stage::tofu)),
         std::to_string(links(Stage::bofu)));
  }
  constexpr std::uint64_t k_untagged_percent = 10;
  if (untagged * 100 > content * k_untagged_percent) {
    warn(Imbalance::untagged, std::to_string(untagged), std::to_string(content));
  }
}

struct ImbalanceWords {
  std::string_view name, text;
};
constexpr std::array<ImbalanceWords, k_imbalances> k_imbalance_words{{
    {"unknown_links", "its links are not known: import the campaign's XML or content"},
    {"no_bofu", "no BOFU link: whoever is ready to buy finds nothing to click on"},
    {"several_goals", "{} kinds of BOFU goal ({}): one of them would be clearer"},
    {"few_tofu", "fewer TOFU links ({}) than BOFU links ({}): most readers are at the top"},
    {"untagged", "{} of {} content links are untagged: `mailfunnel links` shows them, `links set` "
                 "tags them"},
}};

} // namespace

std::string_view name_of(Imbalance what) {
  return k_imbalance_words.at(static_cast<std::size_t>(what)).name;
}

std::string BalanceWarning::text() const {
  return fmt::format(fmt::runtime(k_imbalance_words.at(static_cast<std::size_t>(what)).text),
                     values[0], values[1]);
}

std::uint64_t Measured::all() const {
  return std::accumulate(silent.begin(), silent.end(), opened + proxy_only);
}

Result<CampaignReport> report_campaign(Store& store, const Workspace& workspace,
                                       const std::string& campaign, bool alone, Seconds as_of,
                                       const std::string& account) {
  const auto& rules = workspace.config.rules;
  Worlds worlds(store, workspace, rules);
  const auto world = worlds.at(as_of);
  const auto members = members_of(*world, account, campaign, alone, as_of);
  if (members.empty()) {
    return Error{ErrorCode::not_found, campaign.empty()
                                           ? "there is no mailing yet"
                                           : "there is no mailing \"" + printable(campaign, 80) +
                                                 "\": `mailfunnel campaigns` lists them"};
  }
  CampaignReport out;
  out.as_of = as_of;
  Seconds first = INT64_MAX, last = 0;
  for (const auto member : members) {
    first = std::min(first, world->campaigns[member].time);
    last = std::max(last, world->campaigns[member].time);
  }
  out.before = first - 1;
  out.after = std::min(as_of, last + k_aftermath);
  const auto world_before = worlds.at(out.before);
  const Scorer before(rules, *world_before, out.before), after(rules, *world, out.after),
      scorer(rules, *world, as_of);
  const ManualSuppressions manual_before(store.database(), out.before),
      manual_after(store.database(), out.after);
  const auto family = family_of(*world, members.front());
  prepare_crowds(*world, rules.robots, workspace.threads);
  out.statuses = after.statuses();
  std::vector<Part> parts(std::max(workspace.threads, 1U));
  for (auto& part : parts) {
    part.apart.resize(members.size());
    part.moves.assign(out.statuses.size(), std::vector<std::uint64_t>(out.statuses.size()));
  }
  each_chunk(store, workspace.threads,
             [&](std::uint32_t chunk, StoreChunk& source, Database&, unsigned thread) {
               auto& part = parts[thread];
               const auto readers = Review(scorer, members, family).take(source, part);
               if (std::none_of(readers.begin(), readers.end(), [](bool one) { return one; })) {
                 return;
               }
               ChunkScores then, now;
               before.score(source, manual_before.of_chunk(chunk), then);
               before.judge_status(source, then);
               after.score(source, manual_after.of_chunk(chunk), now);
               after.judge_status(source, now);
               for (std::size_t r = 0; r < readers.size(); ++r) {
                 part.moves[then.status[r]][now.status[r]] += readers[r] ? 1 : 0;
               }
             });
  std::map<LinkKey, LinkClicks> links;
  std::vector<MailingFigures> apart(members.size());
  out.moves.assign(out.statuses.size(), std::vector<std::uint64_t>(out.statuses.size()));
  for (const auto within : k_within) {
    out.read_by.push_back({within, 0, 0});
  }
  out.hours.resize(k_hours);
  for (const auto& part : parts) {
    unite(out.together, part.together);
    unite(out.measured, part.measured);
    for (std::size_t m = 0; m < members.size(); ++m) {
      unite(apart[m], part.apart[m]);
    }
    for (const auto& [key, clicks] : part.links) {
      auto& into = links[key];
      unite(into.human, clicks.human);
      unite(into.unknown, clicks.unknown);
      unite(into.machine, clicks.machine);
    }
    for (std::size_t w = 0; w < k_within.size(); ++w) {
      out.read_by[w].opens += part.opens_within.at(w);
      out.read_by[w].clicks += part.clicks_within.at(w);
    }
    for (std::size_t h = 0; h < k_hours; ++h) {
      out.hours[h].opens += part.hours.at(h).opens;
      out.hours[h].clicks += part.hours.at(h).clicks;
    }
    for (std::size_t a = 0; a < out.moves.size(); ++a) {
      for (std::size_t b = 0; b < out.moves.size(); ++b) {
        out.moves[a][b] += part.moves[a][b];
      }
    }
  }
  for (std::size_t m = 0; m < members.size(); ++m) {
    const auto& one = world->campaigns[members[m]];
    out.mailings.push_back(
        {one.title(), one.account, one.external_id, one.subject, one.time, apart[m]});
  }
  add_links(out, *world, members, links);
  return out;
}

} // namespace mailfunnel
