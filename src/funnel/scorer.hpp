#pragma once
// Scores people: activity + rules + moment -> points, levels, status. A pure function; the same
// code scores a whole chunk and explains one person.

#include "funnel/decay.hpp"
#include "funnel/fit.hpp"
#include "funnel/rules.hpp"
#include "funnel/verdict.hpp"
#include "funnel/world.hpp"
#include "model/activity.hpp"

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mailfunnel {

/// Goes up when the same rules give other points than before: older runs are then not used again.
constexpr int k_scoring_version = 2;

/// Why somebody must not be mailed. Bits.
namespace suppressed_by {
constexpr std::uint8_t unsubscribed = 1, complaint = 2, hard_bounce = 4, manual = 8,
                       objection = 16, // to direct marketing
    erased = 32,
                       profiling = 64; // an objection: no score, and in no segment
constexpr std::uint8_t from_sales = erased | profiling | objection;
} // namespace suppressed_by
std::string suppression_words(std::uint8_t bits); // "unsubscribed, hard bounce"

/// The people of one chunk, a column a figure.
struct ChunkScores {
  std::vector<Points> score;                         // engagement, unclamped
  std::vector<Points> fit;                           // within cap and floor
  std::vector<Points> scale;                         // 0 to 100 points, engagement and fit together
  std::vector<std::uint8_t> fit_known, level, grade; // level from 1, grade from 0 = A
  std::vector<std::uint8_t> status;                  // index in Scorer::statuses()
  std::vector<std::uint8_t> scale_status;            // the status by the scale, for comparison
  std::vector<std::uint8_t> override_rule; // 1 + index of the override that decided; 0: none
  std::vector<std::uint8_t> suppressed;    // suppressed_by bits
  std::vector<std::uint8_t>
      phase; // deepest stage clicked in the last 90 days, as Stage; none: nothing
  std::vector<std::uint16_t> clicks_tofu, clicks_mofu,
      clicks_bofu;                                       // (mailing, link) pairs that scored
  std::vector<std::uint16_t> opens, non_opens, received; // mailings
  std::vector<std::uint16_t> non_opens_in_a_row;         // newest mailings
  std::vector<std::uint32_t> last_open, last_click;      // 0: never

  std::size_t size() const { return score.size(); }
  void resize(std::size_t n);
  /// As of somebody of whom nothing is known; who suppressed him or her stays.
  void forget(std::size_t r);
  /// Did a mailing reach the person by then, or anything show that it did?
  bool known(std::size_t r) const {
    return received[r] != 0 || opens[r] != 0 || last_click[r] != 0;
  }
};

/// Some of the columns of ChunkScores.
class ScoreColumns {
public:
  enum Column : std::uint8_t {
    score,
    fit,
    fit_known,
    status,
    override_rule,
    suppressed,
    phase,
    clicks_tofu,
    clicks_mofu,
    clicks_bofu,
    opens,
    non_opens,
    received,
    non_opens_in_a_row,
    level,
    grade,
    scale,
    scale_status
  };
  constexpr ScoreColumns(std::initializer_list<Column> columns) {
    for (const auto column : columns) {
      m_bits |= 1U << column;
    }
  }
  static constexpr ScoreColumns all() {
    ScoreColumns out{};
    out.m_bits = ~0U;
    return out;
  }
  constexpr bool has(Column column) const { return (m_bits >> column & 1) != 0; }
  constexpr bool has_all() const { return m_bits == ~0U; }
  constexpr ScoreColumns& operator|=(ScoreColumns more) {
    m_bits |= more.m_bits;
    return *this;
  }

private:
  std::uint32_t m_bits = 0;
};

/// One line of an explanation.
struct Contribution {
  Seconds time = 0;
  EventKind kind = EventKind::unknown;
  CampaignId campaign = 0;
  LinkNumber link = 0;
  Stage stage = Stage::none;
  std::string rule;  // "click.BOFU", "non_open", "non_open floor"
  std::string note;  // why a silent or machine event gave nothing, "assumed TOFU"
  Points points = 0; // at the moment asked for
  Points given = 0;  // when it happened: more where points fade

  /// What a cap or a floor takes back: of no single event.
  bool is_cut() const { return rule.ends_with(" cap") || rule.ends_with(" floor"); }
};

struct FitContribution {
  std::string attribute, value, rule;
  Points points = 0;
};

/// What one person made of a mailing, up to the moment.
struct MailOutcome {
  Silence silence = Silence::reacted; // reacted: also when it came late
  bool by_person = false;             // the reaction: an open, a click or an answer by a person
};

/// A mailing that reached the person, and what was made of it.
struct JudgedMail {
  Seconds delivered = 0;    // 0: not known
  std::uint32_t family = 0; // index in World::families
  MailOutcome outcome;
};

/// Collects the lines of one person; or, for an audit, what the lines of everybody in a chunk add
/// up to.
struct Ledger {
  std::vector<Contribution> lines;
  std::vector<FitContribution> fit;
  std::vector<JudgedMail> mails; // that reached the person
  bool only_sums = false;
  std::vector<Points> sums, fit_sums; // by recipient, where only they are asked for
};

/// How many people each rule gave points to, or decided on; by index in the rules.
struct RuleHits {
  std::vector<std::uint64_t> fit, overrides, status;
  std::vector<std::vector<std::uint16_t>> fit_people; // of the chunk, by fit rule; not summed up
  void add(const RuleHits& other);
};

/// Suppressions by hand and by law of the chunk's people (bits by recipient), as of the moment.
using ManualSuppression = std::unordered_map<std::uint32_t, std::uint8_t>;

class Scorer {
public:
  /// `fit`: of scorers by the same rules at other moments, which know the same values; else one of
  /// its own.
  Scorer(const Rules& rules, const World& world, Seconds as_of,
         std::shared_ptr<FitMemories> fit = std::make_shared<FitMemories>());

  /// Everything but the status, which may hang on expressions (see judge_status).
  void score(ChunkSource& source, const ManualSuppression* manual, ChunkScores& scores,
             Ledger* ledger = nullptr, RuleHits* hits = nullptr) const;
  /// What each of the chunk's people made of the mailing that these campaigns are (an index in
  /// World::families), as the scorer sees it; absent: it did not reach them, or does not score.
  std::vector<std::optional<MailOutcome>> outcomes(ChunkSource& source, std::uint32_t family) const;
  /// What follows from points and fit: level, grade, scale and the status by scale.
  void derive(ChunkScores& scores, ScoreColumns wanted = ScoreColumns::all()) const;
  /// Status by overrides, then the model. `scores` must be scored.
  void judge_status(ChunkSource& source, ChunkScores& scores, RuleHits* hits = nullptr) const;

  const std::vector<std::string>& statuses() const {
    return m_statuses;
  } // worst to best where the model is the matrix or scale
  const Rules& rules() const { return m_rules; }
  const World& world() const { return m_world; }
  Seconds as_of() const { return m_as_of; }

private:
  const Rules& m_rules;
  const World& m_world;
  Seconds m_as_of;
  Decay m_decay;
  std::vector<std::string> m_statuses;
  std::vector<std::uint8_t> m_matrix; // level * grades + grade -> status
  std::shared_ptr<FitMemories> m_fit_memories;
  std::uint8_t status_index(const std::string& name) const;
};

} // namespace mailfunnel
