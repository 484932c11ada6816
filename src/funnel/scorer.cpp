#include "funnel/scorer.hpp"

#include "funnel/expression.hpp"
#include "funnel/scan.hpp"

#include <algorithm>

namespace mailfunnel {

void ChunkScores::resize(std::size_t n) {
  const auto zero = [n](auto&... columns) { (columns.assign(n, {}), ...); };
  zero(score, fit, scale, fit_known, level, grade, status, scale_status, override_rule, suppressed,
       phase, clicks_tofu, clicks_mofu, clicks_bofu, opens, non_opens, received, non_opens_in_a_row,
       last_open, last_click);
}

void ChunkScores::forget(std::size_t r) {
  const auto zero = [r](auto&... columns) { ((columns[r] = {}), ...); };
  zero(score, fit, fit_known, override_rule, phase, clicks_tofu, clicks_mofu, clicks_bofu, opens,
       non_opens, received, non_opens_in_a_row, last_open, last_click);
}

std::string suppression_words(std::uint8_t bits) {
  constexpr const char* k_words[] = {"unsubscribed",          "complained", "hard bounce",
                                     "suppressed by hand",    "objection",  "erased",
                                     "objection to profiling"};
  std::string out;
  for (std::size_t i = 0; i < std::size(k_words); ++i) {
    if ((bits >> i & 1) != 0) {
      out += (out.empty() ? "" : ", ") + std::string(k_words[i]);
    }
  }
  return out;
}

namespace {

constexpr Points k_scale_top = 100 * k_point, k_scale_mql = 20 * k_point,
                 k_scale_sql = 80 * k_point; // seed: below 20, 20 to 80, above 80

std::uint8_t status_by_scale(Points scale) {
  return scale > k_scale_sql ? 2 : scale >= k_scale_mql ? 1 : 0;
}

} // namespace

Scorer::Scorer(const Rules& rules, const World& world, Seconds as_of,
               std::shared_ptr<FitMemories> fit)
    : m_rules(rules), m_world(world), m_as_of(as_of), m_decay(rules.scoring.half_life, as_of),
      m_fit_memories(std::move(fit)) {
  m_statuses = {rules.status.model == StatusModel::scale ? "prospect" : "soft", "MQL", "SQL"};
  const auto add = [&](const std::string& name) {
    if (std::find(m_statuses.begin(), m_statuses.end(), name) == m_statuses.end()) {
      m_statuses.push_back(name);
    }
  };
  if (rules.status.model == StatusModel::rules) {
    m_statuses = {"soft"}; // what no rule matches
  }
  if (rules.status.model == StatusModel::matrix) {
    for (const auto& [cell, status] : rules.status.matrix) {
      add(status);
    }
  }
  for (const auto* list : {&rules.status.overrides, &rules.status.rules}) {
    for (const auto& rule : *list) {
      add(rule.status);
    }
  }
  const auto grades = rules.levels.grades(), levels = rules.levels.levels();
  m_matrix.resize((levels + 1) * grades);
  for (std::size_t level = 1; level <= levels; ++level) {
    for (std::size_t grade = 0; grade < grades; ++grade) {
      const auto cell = rules.status.matrix.find(std::string(1, static_cast<char>('A' + grade)) +
                                                 std::to_string(level));
      m_matrix[level * grades + grade] =
          cell == rules.status.matrix.end() ? std::uint8_t{0} : status_index(cell->second);
    }
  }
}

std::uint8_t Scorer::status_index(const std::string& name) const {
  const auto place = std::find(m_statuses.begin(), m_statuses.end(), name);
  return place == m_statuses.end() ? std::uint8_t{0}
                                   : static_cast<std::uint8_t>(place - m_statuses.begin());
}

void RuleHits::add(const RuleHits& other) {
  const auto sum = [](std::vector<std::uint64_t>& into, const std::vector<std::uint64_t>& from) {
    into.resize(std::max(into.size(), from.size()));
    for (std::size_t i = 0; i < from.size(); ++i) {
      into[i] += from[i];
    }
  };
  sum(fit, other.fit);
  sum(overrides, other.overrides);
  sum(status, other.status);
}

void Scorer::score(ChunkSource& source, const ManualSuppression* manual, ChunkScores& scores,
                   Ledger* ledger, RuleHits* hits) const {
  scores.resize(source.size());
  thread_local Measurability t_measurability; // keeps its memory from chunk to chunk
  Scan(m_rules, m_world, m_as_of, m_decay, source, t_measurability, scores, ledger).run();
  auto fit_memory = m_fit_memories->take();
  score_fit(m_rules.fit, source, m_as_of, scores, *fit_memory, ledger, hits);
  m_fit_memories->give_back(std::move(fit_memory));
  if (manual != nullptr) {
    for (const auto& [recipient, bits] : *manual) {
      scores.suppressed.at(recipient) |= bits;
      if ((bits & suppressed_by::profiling) != 0) {
        scores.forget(recipient);
        if (ledger != nullptr && !ledger->only_sums) { // of one person
          *ledger = {};
        } else if (ledger != nullptr) {
          ledger->sums.at(recipient) = ledger->fit_sums.at(recipient) = 0;
        }
      }
    }
  }
  derive(scores);
  if (ledger != nullptr) {
    std::stable_sort(ledger->lines.begin(), ledger->lines.end(),
                     [](const Contribution& a, const Contribution& b) { return a.time < b.time; });
  }
}

std::vector<std::optional<MailOutcome>> Scorer::outcomes(ChunkSource& source,
                                                         std::uint32_t family) const {
  ChunkScores scores;
  scores.resize(source.size());
  Measurability measurability;
  Scan scan(m_rules, m_world, m_as_of, m_decay, source, measurability, scores, nullptr);
  return scan.outcomes(family);
}

void Scorer::derive(ChunkScores& scores, ScoreColumns wanted) const {
  if (wanted.has(ScoreColumns::level)) {
    m_rules.levels.levels_of(scores.score, scores.level);
  }
  if (wanted.has(ScoreColumns::grade)) {
    m_rules.levels.grades_of(scores.fit, scores.grade);
  }
  if (!wanted.has(ScoreColumns::scale) && !wanted.has(ScoreColumns::scale_status)) {
    return;
  }
  const std::uint8_t scale_statuses[] = {0, status_index("MQL"), status_index("SQL")};
  scores.scale.resize(scores.size());
  scores.scale_status.resize(scores.size());
  for (std::size_t r = 0; r < scores.size(); ++r) {
    scores.scale[r] = std::clamp<Points>(
        std::clamp<Points>(scores.score[r], 0, k_scale_top) + scores.fit[r], 0, k_scale_top);
    scores.scale_status[r] = scale_statuses[status_by_scale(scores.scale[r])];
  }
}

void Scorer::judge_status(ChunkSource& source, ChunkScores& scores, RuleHits* hits) const {
  const auto grades = m_rules.levels.grades();
  switch (m_rules.status.model) {
  case StatusModel::matrix:
    for (std::size_t r = 0; r < scores.size(); ++r) {
      scores.status[r] = m_matrix[scores.level[r] * grades + scores.grade[r]];
    }
    break;
  case StatusModel::scale:
    scores.status = scores.scale_status;
    break;
  case StatusModel::rules:
    break; // below
  }
  const EvaluationContext context{*this, source, scores};
  const auto apply = [&](const std::vector<StatusRule>& rules, bool tell,
                         std::vector<std::uint64_t>* counts) {
    if (counts != nullptr) {
      counts->resize(rules.size());
    }
    Bits open(scores.size());
    open.set_all();
    for (std::size_t i = 0; i < rules.size(); ++i) {
      auto hit = open;
      if (rules[i].when) {
        hit.and_with(evaluate(*rules[i].when, context));
      }
      open.and_not(hit);
      if (counts != nullptr) {
        (*counts)[i] += hit.count();
      }
      hit.each([&, status = status_index(rules[i].status)](std::size_t r) {
        scores.status[r] = status;
        if (tell) {
          scores.override_rule[r] = static_cast<std::uint8_t>(std::min<std::size_t>(i + 1, 255));
        }
      });
    }
  };
  if (m_rules.status.model == StatusModel::rules) {
    apply(m_rules.status.rules, false, hits == nullptr ? nullptr : &hits->status);
  }
  apply(m_rules.status.overrides, true, hits == nullptr ? nullptr : &hits->overrides);
  for (std::size_t r = 0; r < scores.size(); ++r) {
    if ((scores.suppressed[r] & suppressed_by::profiling) != 0) {
      scores.status[r] = scores.scale_status[r] = scores.override_rule[r] = 0;
    }
  }
}

} // namespace mailfunnel
