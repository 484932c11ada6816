#include "app/backtest.hpp"

#include "app/row_writer.hpp"
#include "base/csv.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "ingest/session.hpp"
#include "model/recipient.hpp"
#include "store/catalog.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <random>
#include <set>

namespace mailfunnel {

namespace {

constexpr std::size_t k_tenths = 10;
constexpr double k_95 = 1.96; // standard deviations
constexpr int k_resamples = 400;

/// Counts by value of one ranking; the higher the value the better.
using Counts = boost::unordered_flat_map<std::int64_t, std::pair<std::uint64_t, std::uint64_t>>;

enum RankingNumber : std::size_t {
  by_score,
  by_scale,
  by_fit,
  by_recency,
  by_clicks,
  by_attribute,
  k_rankings
};
constexpr std::array<std::string_view, k_rankings> k_names{
    "engagement score",          "scale (score and fit)", "fit alone",
    "days since the last click", "number of clicks",      ""};

/// Rules whose effect can be looked at without the ledger of everybody.
enum OddsNumber : std::size_t { bofu, mofu, tofu, open, non_open, k_event_rules };

struct Part {
  std::array<Counts, k_rankings> rankings; // of the date at hand
  std::vector<Cut> cuts;                   // by status, best last
  std::vector<RuleOdds> odds;
  std::vector<std::pair<RecipientId, Points>> converted; // of whom, with which score
  std::uint64_t observations = 0;
};

/// First days of months, UTC, from the first on or after `from` to the last on or before `to`.
std::vector<Seconds> months(Seconds from, Seconds to) {
  std::vector<Seconds> out;
  auto civil = civil_from_seconds(from);
  for (;;) {
    const auto first = days_from_civil(civil.year, civil.month, 1) * k_day;
    if (first > to) {
      return out;
    }
    if (first >= from) {
      out.push_back(first);
    }
    civil.month = civil.month == 12 ? 1 : civil.month + 1;
    civil.year += civil.month == 1 ? 1 : 0;
  }
}

/// When each recipient converted, in order.
class Converted {
public:
  Converted(Store& store, const std::vector<Conversion>& conversions) {
    Recipients recipients(store.database());
    std::vector<std::string> keys;
    std::vector<Seconds> times;
    for (const auto& one : conversions) {
      if (one.who.find('@') == std::string::npos) {
        m_domains[lower(one.who)].push_back(one.time);
        continue;
      }
      std::string scratch;
      keys.emplace_back(normalise_address(one.who, scratch));
      times.push_back(one.time);
    }
    const std::vector<std::string_view> views(keys.begin(), keys.end());
    const auto ids = recipients.find(views);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (ids[i]) {
        m_times[*ids[i]].push_back(times[i]);
      } else {
        ++unknown;
      }
    }
    if (!m_domains.empty()) {
      add_companies(recipients);
    }
    for (auto& [id, of_person] : m_times) {
      std::sort(of_person.begin(), of_person.end());
    }
  }

  /// nullopt: converted before `from` already; else whether between `from` (excluded) and `to`.
  std::optional<bool> between(RecipientId id, Seconds date, Seconds from, Seconds to) const {
    const auto known = m_times.find(id);
    if (known == m_times.end()) {
      return false;
    }
    if (known->second.front() <= date) {
      return std::nullopt;
    }
    return std::any_of(known->second.begin(), known->second.end(),
                       [&](Seconds time) { return time > from && time <= to; });
  }

  std::uint64_t unknown = 0;

private:
  void add_companies(Recipients& recipients) {
    std::set<std::string> found;
    const auto count = recipients.count();
    for (RecipientId first = 0; first < count; first += k_recipient_block) {
      const auto list =
          recipients.addresses(first, std::min<RecipientId>(count, first + k_recipient_block));
      for (std::size_t i = 0; i < list.addresses.size(); ++i) {
        const auto address = list.addresses[i];
        const auto domain = m_domains.find(std::string(address.substr(address.rfind('@') + 1)));
        if (!address.empty() && domain != m_domains.end()) {
          auto& times = m_times[first + static_cast<RecipientId>(i)];
          times.insert(times.end(), domain->second.begin(), domain->second.end());
          found.insert(domain->first);
        }
      }
    }
    for (const auto& [domain, times] : m_domains) {
      unknown += found.contains(domain) ? 0 : times.size();
    }
  }

  boost::unordered_flat_map<RecipientId, std::vector<Seconds>> m_times;
  std::map<std::string, std::vector<Seconds>> m_domains;
};

std::vector<RuleOdds> empty_odds(const Rules& rules) {
  std::vector<RuleOdds> odds(k_event_rules + rules.fit.rules.size());
  const auto set = [&](OddsNumber number, std::string name, Points points) {
    odds[number].rule = std::move(name);
    odds[number].points = points;
  };
  set(bofu, "click.BOFU", rules.scoring.click_bofu);
  set(mofu, "click.MOFU", rules.scoring.click_mofu);
  set(tofu, "click.TOFU", rules.scoring.click_tofu);
  set(open, "open", rules.scoring.open);
  set(non_open, "non_open", rules.scoring.non_open);
  for (std::size_t i = 0; i < rules.fit.rules.size(); ++i) {
    odds[k_event_rules + i].rule = "fit " + rules.fit.rules[i].name;
    odds[k_event_rules + i].points = rules.fit.rules[i].points;
  }
  return odds;
}

void count(RuleOdds& odds, bool speaks, bool converted) {
  ++(speaks ? odds.with : odds.without);
  (speaks ? odds.with_converted : odds.without_converted) += converted ? 1 : 0;
}

/// One date: everybody scored as of it, and what came of it.
class Date {
public:
  Date(const Rules& rules, const Scorer& scorer, const Converted& converted,
       const BacktestRequest& request, Seconds date)
      : m_rules(rules), m_scorer(scorer), m_converted(converted), m_request(request), m_date(date) {
  }

  void take(std::uint32_t chunk, const ChunkScores& s, const RuleHits& hits,
            const std::optional<AttributeTable>& imported, Part& part) const {
    std::vector<std::vector<bool>> fit(m_rules.fit.rules.size()); // by rule: who has points from it
    for (std::size_t rule = 0; rule < fit.size(); ++rule) {
      fit[rule].resize(s.size());
      for (const auto r : hits.fit_people[rule]) {
        fit[rule][r] = true;
      }
    }
    part.cuts.resize(m_scorer.statuses().size());
    for (std::size_t r = 0; r < s.size(); ++r) {
      const auto id = chunk << k_chunk_bits | static_cast<RecipientId>(r);
      const auto outcome = m_converted.between(id, m_date, m_date + m_request.gap,
                                               m_date + m_request.gap + m_request.window);
      if (!s.known(r) || !outcome) {
        continue;
      }
      ++part.observations;
      const auto add = [&](RankingNumber ranking, std::int64_t value) {
        auto& counts = part.rankings[ranking][value];
        ++(*outcome ? counts.first : counts.second);
      };
      add(by_score, s.score[r]);
      add(by_scale, s.scale[r]);
      add(by_fit, s.fit[r]);
      add(by_recency,
          s.last_click[r] == 0 ? INT64_MIN : -((m_date - Seconds{s.last_click[r]}) / k_day));
      add(by_clicks, std::int64_t{s.clicks_tofu[r]} + s.clicks_mofu[r] + s.clicks_bofu[r]);
      if (imported) {
        const auto value = parse_double(trim((*imported)[r]));
        add(by_attribute, value ? std::llround(std::clamp(*value, -1e12, 1e12) * 1000) : INT64_MIN);
      }
      const bool ordered = m_rules.status.model != StatusModel::rules; // worst to best
      for (std::size_t status = 0; status < part.cuts.size(); ++status) {
        const bool in = ordered ? s.status[r] >= status : s.status[r] == status;
        part.cuts[status].people += in ? 1 : 0;
        part.cuts[status].converted += in && *outcome ? 1 : 0;
      }
      const bool speaks[k_event_rules] = {s.clicks_bofu[r] != 0, s.clicks_mofu[r] != 0,
                                          s.clicks_tofu[r] != 0, s.opens[r] != 0,
                                          s.non_opens[r] != 0};
      for (std::size_t rule = 0; rule < k_event_rules; ++rule) {
        count(part.odds[rule], speaks[rule], *outcome);
      }
      for (std::size_t rule = 0; rule < fit.size(); ++rule) {
        count(part.odds[k_event_rules + rule], fit[rule][r], *outcome);
      }
      if (*outcome) {
        part.converted.emplace_back(id, s.score[r]);
      }
    }
  }

private:
  const Rules& m_rules;
  const Scorer& m_scorer;
  const Converted& m_converted;
  const BacktestRequest& m_request;
  Seconds m_date;
};

std::vector<RankedCount> rows_of(const Counts& counts) {
  std::vector<RankedCount> rows;
  rows.reserve(counts.size());
  for (const auto& [value, of_value] : counts) {
    rows.push_back({value, of_value.first, of_value.second});
  }
  std::sort(rows.begin(), rows.end(),
            [](const RankedCount& a, const RankedCount& b) { return a.value > b.value; });
  return rows;
}

/// Rates by tenth of all, best first, as times the average; people of one value are spread evenly.
std::vector<double> lift_of(const std::vector<RankedCount>& rows, double converted, double all) {
  std::vector<double> in_tenth(k_tenths);
  double before = 0;
  for (const auto& row : rows) {
    const auto people = static_cast<double>(row.converted + row.others);
    for (std::size_t tenth = 0; tenth < k_tenths; ++tenth) {
      const auto from = all * static_cast<double>(tenth) / k_tenths,
                 to = all * static_cast<double>(tenth + 1) / k_tenths;
      const auto shared = std::min(to, before + people) - std::max(from, before);
      if (shared > 0) {
        in_tenth[tenth] += static_cast<double>(row.converted) * shared / people;
      }
    }
    before += people;
  }
  for (auto& lift : in_tenth) {
    lift = converted == 0 ? 0 : lift * k_tenths / converted;
  }
  return in_tenth;
}

/// A ranking over all dates. Each date is looked at by itself, as scores drift over time, and
/// counts by its conversions.
class RankingSum {
public:
  void add(const Counts& counts) {
    const auto rows = rows_of(counts);
    double converted = 0, others = 0;
    for (const auto& row : rows) {
      converted += static_cast<double>(row.converted);
      others += static_cast<double>(row.others);
    }
    if (converted == 0 || others == 0) {
      return;
    }
    const auto a = area_under_curve(rows);
    const auto lift = lift_of(rows, converted, converted + others);
    for (std::size_t tenth = 0; tenth < k_tenths; ++tenth) {
      m_lift[tenth] += lift[tenth] * converted;
    }
    // Hanley and McNeil, Radiology 143 (1982)
    const auto q1 = a / (2 - a), q2 = 2 * a * a / (1 + a);
    const auto variance =
        (a * (1 - a) + (converted - 1) * (q1 - a * a) + (others - 1) * (q2 - a * a)) /
        (converted * others);
    m_area += a * converted;
    m_variance += std::max(variance, 0.0) * converted * converted;
    m_converted += converted;
  }

  Ranking ranking(std::string_view name) const {
    Ranking out;
    out.name = name;
    out.auc = 0.5;
    out.high = 1;
    out.lift.assign(k_tenths, 0);
    if (m_converted > 0) {
      const auto width = k_95 * std::sqrt(m_variance) / m_converted;
      out.auc = m_area / m_converted;
      out.low = std::max(0.0, out.auc - width);
      out.high = std::min(1.0, out.auc + width);
      for (std::size_t tenth = 0; tenth < k_tenths; ++tenth) {
        out.lift[tenth] = m_lift[tenth] / m_converted;
      }
    }
    return out;
  }

private:
  double m_area = 0, m_variance = 0, m_converted = 0;
  std::array<double, k_tenths> m_lift{};
};

void add(Counts& into, const Counts& from) {
  for (const auto& [value, counts] : from) {
    auto& sum = into[value];
    sum.first += counts.first;
    sum.second += counts.second;
  }
}

/// The score from which on precision and recall together are best (F1).
struct BestCut {
  Points score = 0;
  std::uint64_t people = 0, converted = 0;
};
BestCut best_cut(const std::vector<RankedCount>& rows) {
  double all = 0;
  for (const auto& row : rows) {
    all += static_cast<double>(row.converted);
  }
  BestCut best, now;
  double most = -1;
  for (const auto& row : rows) {
    now.score = row.value;
    now.people += row.converted + row.others;
    now.converted += row.converted;
    const auto f1 =
        2 * static_cast<double>(now.converted) / (static_cast<double>(now.people) + all);
    if (f1 > most) {
      most = f1;
      best = now;
    }
  }
  return best;
}

/// 95 % of the best scores when the people who converted are drawn anew, with putting back.
std::pair<Points, Points> resampled(const std::vector<RankedCount>& rows,
                                    const std::vector<std::pair<RecipientId, Points>>& converted) {
  std::map<RecipientId, std::vector<Points>> by_person;
  for (const auto& [id, score] : converted) {
    by_person[id].push_back(score);
  }
  std::vector<const std::vector<Points>*> people;
  for (const auto& [id, scores] : by_person) {
    people.push_back(&scores);
  }
  std::mt19937_64 random(1); // NOLINT: the same interval every time
  std::vector<Points> bests;
  for (int i = 0; i < k_resamples && !people.empty(); ++i) {
    auto drawn = rows;
    for (auto& row : drawn) {
      row.converted = 0;
    }
    for (std::size_t n = 0; n < people.size(); ++n) {
      for (const auto score : *people[random() % people.size()]) {
        const auto row = std::lower_bound(
            drawn.begin(), drawn.end(), score,
            [](const RankedCount& one, Points value) { return one.value > value; });
        ++row->converted;
      }
    }
    bests.push_back(best_cut(drawn).score);
  }
  if (bests.empty()) {
    return {};
  }
  std::sort(bests.begin(), bests.end());
  return {bests[bests.size() * 25 / 1000], bests[bests.size() * 975 / 1000]};
}

Backtest put_together(std::vector<Part>& parts, const Scorer& scorer,
                      const std::array<RankingSum, k_rankings>& rankings, const Counts& scores,
                      const std::string& imported) {
  Backtest out;
  auto& all = parts.front();
  for (std::size_t p = 1; p < parts.size(); ++p) {
    auto& part = parts[p];
    all.observations += part.observations;
    all.converted.insert(all.converted.end(), part.converted.begin(), part.converted.end());
    all.cuts.resize(std::max(all.cuts.size(), part.cuts.size()));
    for (std::size_t i = 0; i < part.cuts.size(); ++i) {
      all.cuts[i].people += part.cuts[i].people;
      all.cuts[i].converted += part.cuts[i].converted;
    }
    for (std::size_t i = 0; i < part.odds.size(); ++i) {
      all.odds[i].with += part.odds[i].with;
      all.odds[i].with_converted += part.odds[i].with_converted;
      all.odds[i].without += part.odds[i].without;
      all.odds[i].without_converted += part.odds[i].without_converted;
    }
  }
  out.observations = all.observations;
  out.converted = all.converted.size();
  std::set<RecipientId> people;
  for (const auto& [id, score] : all.converted) {
    people.insert(id);
  }
  out.people_converted = people.size();
  for (std::size_t k = 0; k < k_rankings; ++k) {
    if (k == by_attribute && imported.empty()) {
      continue;
    }
    out.rankings.push_back(rankings[k].ranking(
        k == by_attribute ? fmt::format("attribute \"{}\"", imported) : std::string(k_names[k])));
  }
  // The best status first. Where they have an order each holds those above it too, so the lowest
  // says nothing.
  const bool ordered = scorer.rules().status.model != StatusModel::rules;
  for (auto i = all.cuts.size(); i-- > (ordered ? 1U : 0U);) {
    all.cuts[i].name = fmt::format("status {}{}", scorer.statuses()[i],
                                   ordered && i + 1 < all.cuts.size() ? " or better" : "");
    out.cuts.push_back(all.cuts[i]);
  }
  const auto rows = rows_of(scores);
  const auto best = best_cut(rows);
  out.best = best.score;
  out.at_best = {fmt::format("score from {} on", format_points(best.score)), best.people,
                 best.converted};
  std::sort(all.converted.begin(), all.converted.end()); // threads do not matter
  std::tie(out.best_low, out.best_high) = resampled(rows, all.converted);
  out.odds = std::move(all.odds);
  return out;
}

} // namespace

namespace {
/// A count with half an event added, so that nothing is divided by 0 (Haldane and Anscombe).
double filled(std::uint64_t count) {
  constexpr double k_half = 0.5;
  return static_cast<double>(count) + k_half;
}
} // namespace

double RuleOdds::odds() const {
  return filled(with_converted) / filled(with - with_converted) /
         (filled(without_converted) / filled(without - without_converted));
}

std::pair<double, double> RuleOdds::interval() const {
  const auto deviation =
      std::sqrt(1 / filled(with_converted) + 1 / filled(with - with_converted) +
                1 / filled(without_converted) + 1 / filled(without - without_converted));
  const auto width = std::exp(k_95 * deviation);
  return {odds() / width, odds() * width};
}

bool RuleOdds::contradicts() const {
  const auto [low, high] = interval();
  return known() && ((points > 0 && high < 1) || (points < 0 && low > 1));
}

double area_under_curve(std::vector<RankedCount> rows) {
  std::sort(rows.begin(), rows.end(),
            [](const RankedCount& a, const RankedCount& b) { return a.value > b.value; });
  double others_below = 0, converted = 0, others = 0, area = 0;
  for (const auto& row : rows) {
    others += static_cast<double>(row.others);
    converted += static_cast<double>(row.converted);
  }
  others_below = others;
  for (const auto& row : rows) {
    others_below -= static_cast<double>(row.others);
    area +=
        static_cast<double>(row.converted) * (others_below + static_cast<double>(row.others) / 2);
  }
  return converted == 0 || others == 0 ? 0.5 : area / (converted * others);
}

Result<ReadConversions> read_conversions(std::string_view csv, TimeZone zone) {
  ReadConversions out;
  const auto dialect = sniff_csv(csv);
  CsvReader reader(dialect);
  std::string text(csv);
  text.resize(text.size() + k_padding);
  reader.start(std::string_view(text).substr(0, csv.size()));
  CsvRow row;
  std::optional<std::size_t> who, when;
  std::uint64_t line = 0;
  TimeReader times(zone);
  while (reader.next(row)) {
    ++line;
    if (line == 1) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        auto name = attribute_name(row[i]);
        std::erase(name, '_');
        constexpr std::string_view k_who[] = {"email",    "address", "emailaddress", "emailadres",
                                              "courriel", "domain",  "companydomain"},
                                   k_when[] = {"time", "date", "datum", "convertedat", "created"};
        const auto is_in = [&name](const auto& names) {
          return std::find(std::begin(names), std::end(names), name) != std::end(names);
        };
        if (!who && is_in(k_who)) {
          who = i;
        } else if (!when && is_in(k_when)) {
          when = i;
        }
      }
      if (!who || !when) {
        break;
      }
      continue;
    }
    if (row.size() <= std::max(*who, *when)) {
      out.problems.push_back(fmt::format("line {}: too few columns", line));
      continue;
    }
    const auto time = times.read(row[*when]);
    const auto name = trim(row[*who]);
    if (!time || name.empty()) {
      out.problems.push_back(fmt::format(
          "line {}: {}", line,
          name.empty() ? "nobody is named"
                       : fmt::format("\"{}\" is not a time", printable(row[*when], 40))));
      continue;
    }
    out.conversions.push_back({std::string(name), time->seconds});
  }
  if (!who || !when) {
    return Error{
        ErrorCode::bad_syntax,
        "a CSV with the columns email (or domain) and time is expected; the first line is: " +
            printable(csv.substr(0, csv.find('\n')), 120)};
  }
  return out;
}

Result<Backtest> backtest(Store& store, const Workspace& workspace, const Rules& rules,
                          const BacktestRequest& request) {
  fold_inbox(store, workspace.threads);
  std::optional<Seconds> first, last;
  for (const auto& campaign : Catalog(store.database()).campaigns()) {
    if (campaign.first_event) {
      first = std::min(first.value_or(*campaign.first_event), *campaign.first_event);
      last = std::max(last.value_or(0), campaign.last_event.value_or(0));
    }
  }
  for (const auto& one : request.conversions) {
    last = std::max(last.value_or(0), one.time);
  }
  constexpr Seconds k_history = 28 * k_day; // a score needs some
  const auto from = request.from.value_or(first.value_or(0) + k_history);
  const auto to = request.to.value_or(last.value_or(0)) - request.gap - request.window;
  const auto dates = first ? months(from, to) : std::vector<Seconds>();
  if (dates.empty()) {
    return Error{
        ErrorCode::usage,
        fmt::format("no first of a month has {} days of log before it and {} days after it: "
                    "import more, or ask for a shorter --window",
                    k_history / k_day, (request.gap + request.window) / k_day)};
  }
  const Converted converted(store, request.conversions);
  std::vector<Part> parts(std::max(workspace.threads, 1U));
  for (auto& part : parts) {
    part.odds = empty_odds(rules);
  }
  std::vector<ChunkScores> of_thread(parts.size());
  std::array<RankingSum, k_rankings> rankings;
  Counts scores; // of all dates
  Backtest out;
  Worlds worlds(store, workspace, rules);
  prepare_crowds(*worlds.at(dates.back()), rules.robots, workspace.threads);
  for (const auto date : dates) {
    const auto world = worlds.at(date);
    const Scorer scorer(rules, *world, date);
    const Date at(rules, scorer, converted, request, date);
    const ManualSuppressions manual(store.database(), date);
    each_chunk(store, workspace.threads,
               [&](std::uint32_t chunk, StoreChunk& source, Database&, unsigned thread) {
                 auto& of_chunk = of_thread[thread];
                 RuleHits hits;
                 hits.fit_people.resize(rules.fit.rules.size());
                 scorer.score(source, manual.of_chunk(chunk), of_chunk, nullptr, &hits);
                 scorer.judge_status(source, of_chunk);
                 std::optional<AttributeTable> imported;
                 if (!request.score_attribute.empty()) {
                   imported.emplace(source, request.score_attribute, date);
                 }
                 at.take(chunk, of_chunk, hits, imported, parts[thread]);
               });
    for (std::size_t k = 0; k < k_rankings; ++k) {
      Counts of_date;
      for (auto& part : parts) {
        add(of_date, part.rankings[k]);
        part.rankings[k].clear();
      }
      rankings[k].add(of_date);
      if (k == by_score) {
        add(scores, of_date);
      }
    }
    if (date == dates.back()) {
      out = put_together(parts, scorer, rankings, scores, request.score_attribute);
    }
  }
  out.dates = dates;
  out.unknown = converted.unknown;
  return out;
}

} // namespace mailfunnel
