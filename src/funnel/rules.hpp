#pragma once
// The rules by which people are scored, as values. app/config reads them from TOML; every default
// and its source is in docs/scoring.md ("seed" marks what the seed texts say).

#include "base/time.hpp"
#include "funnel/kind_rules.hpp"
#include "funnel/robots.hpp"
#include "funnel/tagger.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mailfunnel {

using Points = std::int64_t; // thousandths of a point
constexpr Points k_point = 1000;

/// What an event counts to; each may have a cap on its sum. `other` is leaving and conversions.
enum class PointGroup : std::uint8_t { tofu, mofu, bofu, opens, pages, actions, other };
constexpr std::size_t k_capped_groups = 6;  // those before `other`
std::string_view name_of(PointGroup group); // as in the config: "TOFU", "opens"

/// When a silent mail counts as not opened: in measurability.hpp, or simply when its window is
/// over.
enum class Measurable : std::uint8_t { fair, simple };

enum class Repeat : std::uint8_t { once_per_link, once_per_mailing, every };

/// The values that stand here are those of profile "seed".
struct ScoringRules {
  std::string profile = "seed";
  Points click_tofu = 2 * k_point, click_mofu = 4 * k_point, click_bofu = 20 * k_point; // seed
  Points open = 0;
  bool implied_open = false; // a click gives the open's points of that mailing too
  Points non_open = -1 * k_point;
  Seconds non_open_after = 7 * k_day;
  std::optional<Points> non_open_floor =
      -10 * k_point; // what non-opens may cost in all; nullopt: no floor
  Points unsubscribe = -20 * k_point, complaint = -50 * k_point;
  Points hard_bounce = 0, soft_bounce = 0;
  Points page = 1 * k_point, download = 8 * k_point, webinar = 10 * k_point, form = 10 * k_point,
         contact_form = 20 * k_point, // behind a BOFU link: contact, demo, quote
      signup = 5 * k_point, conversion = 0;
  Repeat repeat = Repeat::once_per_link;
  Measurable measurable = Measurable::fair;
  std::uint32_t half_life = 0; // in days; 0: points do not fade
  /// Caps on the faded sums, by PointGroup.
  std::array<std::optional<Points>, k_capped_groups> caps{};

  Points click(Stage stage) const {
    return stage == Stage::bofu   ? click_bofu
           : stage == Stage::mofu ? click_mofu
           : stage == Stage::tofu ? click_tofu
                                  : 0;
  }
};

/// The rules of a profile, "seed" or "standard"; nullopt: there is none of that name.
std::optional<ScoringRules> profile_rules(std::string_view name);

/// One [[fit]] of the config. Exactly one of the conditions is set.
struct FitRule {
  std::string name,
      group;             // within a group the first match counts; an empty group is the rule's own
  std::string attribute; // or "domain", "email"
  std::vector<std::string> words, contains, equals; // folded
  std::optional<double> min, max;
  bool otherwise =
      false; // `else`: the attribute has a value, and no rule of the group before matched
  Points points = 0;
};

struct FitRules {
  std::vector<FitRule> rules;
  Points cap = 30 * k_point, floor = -50 * k_point;
};

struct Levels {
  std::vector<Points> engagement = {
      80 * k_point, 20 * k_point}; // 1 above the first, 2 from the second on, 3 below
  std::vector<Points> fit = {20 * k_point,
                             5 * k_point}; // A from the first, B from the second, C below
  /// 1 is best. The first cut is exclusive, the others inclusive, as the seed says: above 80, 20 to
  /// 80, below 20.
  void levels_of(const std::vector<Points>& scores, std::vector<std::uint8_t>& levels) const;
  /// 0 is A.
  void grades_of(const std::vector<Points>& fits, std::vector<std::uint8_t>& grades) const;
  std::size_t grades() const { return fit.size() + 1; }
  std::size_t levels() const { return engagement.size() + 1; }
};

/// The cuts of engagement in profile "standard": more than one fresh click on a BOFU link (20, and
/// 1 for the open), so that a second sign is needed. docs/scoring.md says how they were measured.
inline constexpr std::array k_standard_cuts{22 * k_point, 10 * k_point};

struct Expression; // funnel/expression.hpp
using ExpressionPtr = std::shared_ptr<const Expression>;

struct StatusRule {
  std::string name;
  ExpressionPtr when; // nullptr: always
  std::string status;
};

enum class StatusModel : std::uint8_t { matrix, scale, rules };

struct StatusRules {
  StatusModel model = StatusModel::matrix;
  std::map<std::string, std::string> matrix; // "A1" -> "SQL"
  std::vector<StatusRule> overrides;         // before the model, first that holds
  std::vector<StatusRule> rules;             // model = rules; what none matches is "soft"
};

/// Whose opens, and of which mailings, may be measured. Consent to tracking is another thing than
/// consent to mail.
struct TrackingRules {
  std::vector<std::string> off;  // globs on id or name of mailings without an open pixel
  std::string consent;           // attribute that says yes or no; empty: nobody is asked
  bool consent_required = false; // who said nothing has refused
  ExpressionPtr consent_where;   // whom it does not hold for has refused; nullptr: everybody may
};

struct Rules {
  std::vector<KindRule> kinds;
  TaggingRules tagging;
  TrackingRules tracking;
  RobotRules robots;
  ScoringRules scoring;
  FitRules fit;
  Levels levels;
  StatusRules status;
  std::string fingerprint;        // of all of the above, as hex
  std::vector<std::string> texts; // the TOML that said so, a text a file
};

/// The rules as `init` writes them: profile seed, the example fit rules off, the matrix of
/// docs/scoring.md.
Rules default_rules();

/// "12.5", "-3", "0.125": the shortest text of a number of points.
std::string format_points(Points points);
/// "+20", "-1"
std::string format_signed_points(Points points);

} // namespace mailfunnel
