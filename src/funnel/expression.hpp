#pragma once
// The language of segments and status rules (docs/segments.md): booleans over fields and events.
//
//   status = MQL and clicked(stage = BOFU, within 30d) and not suppressed
//   attribute("country") in ("BE", "NL") and (score >= 20 or opened(campaign = "mei*", at least 2))
//
// Parsed once; evaluated a chunk at a time into a set of bits.

#include "base/time.hpp"
#include "funnel/scorer.hpp"
#include "model/activity.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// A set of the recipients of one chunk.
class Bits {
public:
  explicit Bits(std::size_t size = 0) : m_size(size), m_words((size + 63) / 64) {}
  std::size_t size() const { return m_size; }
  void set(std::size_t i) { m_words[i / 64] |= std::uint64_t{1} << (i % 64); }
  void reset(std::size_t i) { m_words[i / 64] &= ~(std::uint64_t{1} << (i % 64)); }
  bool test(std::size_t i) const { return (m_words[i / 64] >> (i % 64) & 1) != 0; }
  void set_all();
  /// Each by test(i).
  template<typename Test> void fill(Test test) {
    std::array<std::uint8_t, 64> passes{}; // a byte each: the compiler does several at once
    for (std::size_t w = 0; w < m_words.size(); ++w) {
      const auto end = std::min<std::size_t>(64, m_size - w * 64);
      for (std::size_t i = 0; i < end; ++i) {
        passes[i] = static_cast<std::uint8_t>(static_cast<bool>(test(w * 64 + i)));
      }
      std::fill(passes.begin() + static_cast<std::ptrdiff_t>(end), passes.end(), std::uint8_t{0});
      m_words[w] = packed(passes);
    }
  }
  void flip();
  void and_with(const Bits& other);
  void or_with(const Bits& other);
  void and_not(const Bits& other);
  std::size_t count() const;
  template<typename Body> void each(Body body) const {
    for (std::size_t w = 0; w < m_words.size(); ++w) {
      for (auto word = m_words[w]; word != 0; word &= word - 1) {
        body(w * 64 + static_cast<std::size_t>(__builtin_ctzll(word)));
      }
    }
  }

private:
  /// The lowest bit of each byte, the first lowest. The product puts those of eight bytes into its
  /// highest one.
  static std::uint64_t packed(const std::array<std::uint8_t, 64>& bytes) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
      std::uint64_t eight;
      std::memcpy(&eight, bytes.data() + i, sizeof eight);
      word |= (eight * 0x0102'0408'1020'4080 >> 56) << i;
    }
    return word;
  }

  std::size_t m_size;
  std::vector<std::uint64_t> m_words;
};

/// What an event call asks for: clicked(stage = BOFU, within 90d, at least 2).
struct EventQuery {
  std::vector<EventKind> kinds;
  std::optional<std::string> campaign, link, form_kind; // globs
  std::optional<Stage> stage;
  std::optional<BounceClass> bounce;
  std::optional<Verdict> by; // who did it; without it people
  std::optional<Seconds> within;
  std::optional<Seconds> after, before; // moments: after <= t < before
  std::uint32_t at_least = 1;
};

enum class Field : std::uint8_t {
  score,
  scale,
  level,
  fit,
  grade,
  status,
  phase,
  last_open,
  last_click,
  opens,
  non_opens,
  clicks_tofu,
  clicks_mofu,
  clicks_bofu,
  received,
  non_opens_in_a_row,
  silent_days,
  silent_mails,
  suppressed,
  proxy_reader,
  email,
  domain,
  attribute,
  subscribed,
};

enum class Compare : std::uint8_t {
  equal,
  unequal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  contains,
  like
};

struct Expression {
  enum class Type : std::uint8_t { all, any, negation, compare, event, truth } type = Type::truth;
  std::vector<Expression> parts;
  Field field = Field::score;
  Compare op = Compare::equal;
  std::string name;                // attribute or list
  std::vector<std::string> values; // right side, as written
  std::vector<Points> numbers;     // right side as thousandths, where the field is a number
  std::optional<Seconds> age;      // last_click within 30d
  std::optional<Seconds> moment;   // last_click before 2026-01-01
  std::optional<Seconds> ago;      // status was SQL 30d ago
  EventQuery query;
  bool truth = true;
};

/// What is wrong with an expression, and where: `column` counts from 0 in the text.
struct ExpressionError {
  std::string message;
  std::size_t column = 0;
  std::string suggestion; // "did you mean `score`?"
  /// The message, the text, and a caret under the column.
  std::string text(std::string_view expression) const;
};

struct ParsedExpression {
  ExpressionPtr expression; // nullptr: see error
  ExpressionError error;
};
ParsedExpression parse_expression(std::string_view text);
/// The names of fields and events, as they are written.
std::vector<std::string> expression_names();

/// Does any part ask for it?
bool any_part(const Expression& expression, bool (*asks)(const Expression& part));

/// The columns of scores that it looks at.
ScoreColumns columns_asked(const Expression& expression);

/// What was known at moments before the one asked for, for `was … ago`: links and people that were
/// set by hand since then were not.
class Earlier {
public:
  virtual ~Earlier() = default;
  virtual const World& world(Seconds as_of) const = 0;
  /// Of the chunk's people; nullptr: nobody.
  virtual const ManualSuppression* suppressed(Seconds as_of) const = 0;
};

struct EvaluationContext {
  const Scorer& scorer;
  ChunkSource& source;
  const ChunkScores& scores;
  const Earlier* earlier = nullptr; // nullptr: nothing was set by hand
};
Bits evaluate(const Expression& expression, const EvaluationContext& context);

} // namespace mailfunnel
