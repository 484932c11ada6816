#include "app/verdicts.hpp"

#include "funnel/consent.hpp"
#include "funnel/mailing_judge.hpp"
#include "model/event.hpp"

#include <fmt/format.h>

#include <tuple>

namespace mailfunnel {

namespace {

/// The people of a chunk that were counted already.
class People {
public:
  void start(std::size_t size) { m_seen.assign(size, false); }
  bool fresh(std::uint16_t recipient) {
    const bool was = m_seen[recipient];
    m_seen[recipient] = true;
    return !was;
  }

private:
  std::vector<bool> m_seen;
};

bool newer(const JudgedEvent& a, const JudgedEvent& b) {
  return std::tie(a.time, b.recipient, b.campaign) > std::tie(b.time, a.recipient, a.campaign);
}

/// One thread's counts.
class Count {
public:
  Count() {
    counts.signs.resize(robot_signs().size());
    counts.evidence.resize(k_evidence_names.size());
    m_by_reason.resize(counts.signs.size() + counts.evidence.size());
  }

  void start_chunk(std::size_t size) {
    for (auto& people : m_by_reason) {
      people.start(size);
    }
    for (auto& people : m_by_verdict) {
      people.start(size);
    }
  }

  void add(const JudgedEvent& event, std::uint16_t recipient) {
    const auto verdict = static_cast<std::size_t>(event.judged.verdict);
    const bool click = event.kind == EventKind::click;
    auto& tally = (click ? counts.clicks : counts.opens).at(verdict);
    ++tally.events;
    tally.people += m_by_verdict.at(verdict + (click ? 4 : 0)).fresh(recipient) ? 1 : 0;
    const auto signs = robot_signs();
    for (std::size_t i = 0; i < signs.size(); ++i) {
      if ((event.judged.signs & signs[i].bit) != 0) {
        add(counts.signs[i], m_by_reason[i], event, recipient);
      }
    }
    const bool by_record =
        (event.judged.signs & sign::record) != 0 || event.judged.verdict == Verdict::proxy;
    for (std::size_t i = 0; by_record && i < k_evidence_names.size(); ++i) {
      if ((event.evidence & k_evidence_names[i].first & ~evidence::agent_seen) != 0) {
        add(counts.evidence[i], m_by_reason[signs.size() + i], event, recipient);
      }
    }
  }

  VerdictCounts counts;

private:
  static void add(ReasonTally& reason, People& people, const JudgedEvent& event,
                  std::uint16_t recipient) {
    ++reason.all.events;
    reason.all.people += people.fresh(recipient) ? 1 : 0;
    ++reason.verdicts.at(static_cast<std::size_t>(event.judged.verdict));
    if (!reason.example || newer(event, *reason.example)) {
      reason.example = event;
    }
  }

  std::vector<People> m_by_reason;
  std::array<People, 8> m_by_verdict;
};

void unite(Tally& into, const Tally& other) {
  into.events += other.events;
  into.people += other.people; // of other chunks: other people
}

void unite(std::vector<ReasonTally>& into, const std::vector<ReasonTally>& other) {
  for (std::size_t i = 0; i < into.size(); ++i) {
    unite(into[i].all, other[i].all);
    for (std::size_t v = 0; v < into[i].verdicts.size(); ++v) {
      into[i].verdicts[v] += other[i].verdicts[v];
    }
    if (other[i].example && (!into[i].example || newer(*other[i].example, *into[i].example))) {
      into[i].example = other[i].example;
    }
  }
}

} // namespace

VerdictCounts count_verdicts(Store& store, const Workspace& workspace, const World& world,
                             Seconds as_of, const std::string& campaign,
                             const std::function<void(const JudgedEvent&)>& take) {
  const auto& rules = workspace.config.rules.robots;
  const auto threads = take ? 1 : std::max(workspace.threads, 1U);
  prepare_crowds(world, rules, workspace.threads);
  std::vector<Count> parts(threads);
  each_chunk(
      store, threads, [&](std::uint32_t chunk, StoreChunk& source, Database&, unsigned thread) {
        auto& part = parts[thread];
        part.start_chunk(source.size());
        const auto refused = tracking_refused(workspace.config.rules.tracking, source, as_of);
        MailingJudge judge(rules, world, source.size(), as_of);
        EventColumns columns;
        std::vector<ClickVerdict> verdicts;
        for (const auto& c : world.campaigns) {
          if (!campaign.empty() && !c.is_called(campaign)) {
            continue;
          }
          judge.begin(c, source);
          for (const auto kind : {EventKind::open, EventKind::click}) {
            if (!source.events(c.id, kind, columns)) {
              continue;
            }
            judge.rows(kind, columns, verdicts);
            for (std::size_t i = 0; i < columns.size(); ++i) {
              const auto row = columns.row(i);
              const bool unseen =
                  kind == EventKind::open && !refused.empty() && refused[columns.recipient[i]];
              if (unseen || Seconds{row.time} > as_of) {
                continue;
              }
              const JudgedEvent event{chunk << k_chunk_bits | row.recipient,
                                      c.id,
                                      kind,
                                      row.time,
                                      row.link,
                                      row.evidence,
                                      verdicts[i]};
              part.add(event, columns.recipient[i]);
              if (take) {
                take(event);
              }
            }
          }
        }
      });
  auto out = std::move(parts[0].counts);
  for (std::size_t p = 1; p < parts.size(); ++p) {
    const auto& other = parts[p].counts;
    for (std::size_t v = 0; v < out.opens.size(); ++v) {
      unite(out.opens.at(v), other.opens.at(v));
      unite(out.clicks.at(v), other.clicks.at(v));
    }
    unite(out.signs, other.signs);
    unite(out.evidence, other.evidence);
  }
  return out;
}

std::string signs_that_are_off(const Capabilities& can, bool delivery_events) {
  struct Lack {
    std::string_view what;
    std::uint16_t signs;
    bool lacking;
  };
  using namespace sign;
  const Lack lacks[] = {
      {"times to the second",
       static_cast<std::uint16_t>(all_links | three_links | same_second | elsewhere | crowd |
                                  before_delivery | two_seconds | five_seconds | filter_people),
       can.time_resolution > 1},
      {"times of delivery", before_delivery | two_seconds | five_seconds | filter_people,
       !delivery_events || !can.delivery_times},
      {"networks", elsewhere | crowd | filter_people, !can.networks},
      {"user agents", elsewhere, !can.agents}};
  std::string out;
  std::uint16_t said = 0;
  for (const auto& lack : lacks) {
    std::string keys;
    for (const auto& one : robot_signs()) {
      if (lack.lacking && (lack.signs & one.bit & ~said) != 0) {
        keys += fmt::format("{}{}", keys.empty() ? "" : ", ", one.key);
      }
    }
    said |= lack.lacking ? lack.signs : std::uint16_t{0};
    if (!keys.empty()) {
      out += fmt::format("{}{} (no {})", out.empty() ? "" : "; ", keys, lack.what);
    }
  }
  return out;
}

} // namespace mailfunnel
