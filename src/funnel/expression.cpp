#include "funnel/expression.hpp"

#include "base/text.hpp"
#include "funnel/consent.hpp"
#include "funnel/mailing_judge.hpp"
#include "funnel/silence.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <functional>

namespace mailfunnel {

void Bits::set_all() {
  std::fill(m_words.begin(), m_words.end(), ~std::uint64_t{0});
  if (m_size % 64 != 0) {
    m_words.back() = (std::uint64_t{1} << (m_size % 64)) - 1;
  }
}
void Bits::flip() {
  Bits all(m_size);
  all.set_all();
  all.and_not(*this);
  *this = std::move(all);
}
void Bits::and_with(const Bits& other) {
  for (std::size_t w = 0; w < m_words.size(); ++w) {
    m_words[w] &= other.m_words[w];
  }
}
void Bits::or_with(const Bits& other) {
  for (std::size_t w = 0; w < m_words.size(); ++w) {
    m_words[w] |= other.m_words[w];
  }
}
void Bits::and_not(const Bits& other) {
  for (std::size_t w = 0; w < m_words.size(); ++w) {
    m_words[w] &= ~other.m_words[w];
  }
}
std::size_t Bits::count() const {
  std::size_t count = 0;
  for (const auto word : m_words) {
    count += static_cast<std::size_t>(std::popcount(word));
  }
  return count;
}

namespace {

template<typename Number> bool compares(Compare op, Number left, Number right) {
  switch (op) {
  case Compare::equal:
    return left == right;
  case Compare::unequal:
    return left != right;
  case Compare::less:
    return left < right;
  case Compare::less_equal:
    return left <= right;
  case Compare::greater:
    return left > right;
  case Compare::greater_equal:
    return left >= right;
  default:
    return false;
  }
}

/// The column that compare() looks at for a field.
struct FieldColumn {
  Field field;
  ScoreColumns::Column column;
};
constexpr std::array k_field_columns{
    FieldColumn{Field::score, ScoreColumns::score},
    FieldColumn{Field::scale, ScoreColumns::scale},
    FieldColumn{Field::level, ScoreColumns::level},
    FieldColumn{Field::fit, ScoreColumns::fit},
    FieldColumn{Field::grade, ScoreColumns::grade},
    FieldColumn{Field::status, ScoreColumns::status},
    FieldColumn{Field::phase, ScoreColumns::phase},
    FieldColumn{Field::opens, ScoreColumns::opens},
    FieldColumn{Field::non_opens, ScoreColumns::non_opens},
    FieldColumn{Field::clicks_tofu, ScoreColumns::clicks_tofu},
    FieldColumn{Field::clicks_mofu, ScoreColumns::clicks_mofu},
    FieldColumn{Field::clicks_bofu, ScoreColumns::clicks_bofu},
    FieldColumn{Field::received, ScoreColumns::received},
    FieldColumn{Field::non_opens_in_a_row, ScoreColumns::non_opens_in_a_row},
    FieldColumn{Field::suppressed, ScoreColumns::suppressed},
};
/// Fields that look at no column.
constexpr std::array k_other_fields{Field::proxy_reader, Field::email, Field::domain,
                                    Field::attribute, Field::subscribed};

ScoreColumns columns_of(Field field) {
  if (std::find(k_other_fields.begin(), k_other_fields.end(), field) != k_other_fields.end()) {
    return {};
  }
  const auto* const row =
      std::find_if(k_field_columns.begin(), k_field_columns.end(),
                   [field](const FieldColumn& one) { return one.field == field; });
  return row == k_field_columns.end() ? ScoreColumns::all() : ScoreColumns{row->column};
}

class Evaluator {
public:
  explicit Evaluator(const EvaluationContext& context)
      : m_context(context), m_scores(context.scores) {}

  Bits run(const Expression& e) {
    Bits bits(m_scores.size());
    switch (e.type) {
    case Expression::Type::truth:
      bits.set_all();
      return bits;
    case Expression::Type::negation:
      bits = run(e.parts[0]);
      bits.flip();
      return bits;
    case Expression::Type::all:
      bits.set_all();
      for (const auto& part : e.parts) {
        bits.and_with(run(part));
      }
      return bits;
    case Expression::Type::any:
      for (const auto& part : e.parts) {
        bits.or_with(run(part));
      }
      return bits;
    case Expression::Type::compare:
      return e.ago ? compare_past(e) : compare(e);
    case Expression::Type::event:
      return events(e.query);
    }
    return bits;
  }

private:
  template<typename Test> Bits each(Test test) const {
    Bits bits(m_scores.size());
    bits.fill(test);
    return bits;
  }

  template<typename Column>
  Bits number(const Expression& e, const Column& column, Points unit) const {
    const auto value = [&](std::size_t r) { return static_cast<Points>(column[r]) * unit; };
    const auto by = [&](auto compare) {
      return each(
          [&, right = e.numbers.front()](std::size_t r) { return compare(value(r), right); });
    };
    switch (e.op) { // once, not for each
    case Compare::equal:
      return by(std::equal_to());
    case Compare::unequal:
      return by(std::not_equal_to());
    case Compare::less:
      return by(std::less());
    case Compare::less_equal:
      return by(std::less_equal());
    case Compare::greater:
      return by(std::greater());
    case Compare::greater_equal:
      return by(std::greater_equal());
    case Compare::in:
      return each([&](std::size_t r) {
        return std::find(e.numbers.begin(), e.numbers.end(), value(r)) != e.numbers.end();
      });
    default:
      return Bits(m_scores.size());
    }
  }

  /// Text comparison by e.op, without case.
  static bool text_matches(const Expression& e, std::string_view text) {
    const auto same = [&](const std::string& value) { return iequals(value, text); };
    switch (e.op) {
    case Compare::equal:
      return same(e.values.front());
    case Compare::unequal:
      return !same(e.values.front());
    case Compare::in:
      return std::any_of(e.values.begin(), e.values.end(), same);
    case Compare::contains:
      return icontains(text, e.values.front());
    case Compare::like:
      return glob_match(e.values.front(), text);
    default: {
      const auto left = parse_double(trim(text)), right = parse_double(e.values.front());
      return left && right ? compares(e.op, *left, *right)
                           : compares(e.op, lower(text).compare(lower(e.values.front())), 0);
    }
    }
  }

  Bits moment(const Expression& e, const std::vector<std::uint32_t>& column) const {
    if (e.age) {
      const auto after = m_context.scorer.as_of() - *e.age;
      return each([&](std::size_t r) { return column[r] != 0 && Seconds{column[r]} > after; });
    }
    return each([&](std::size_t r) {
      return column[r] != 0 && compares(e.op, Seconds{column[r]}, *e.moment);
    });
  }

  /// As everybody was some time ago, with what was known then.
  Bits compare_past(const Expression& e) {
    const auto moment = m_context.scorer.as_of() - *e.ago;
    const auto* earlier = m_context.earlier;
    const Scorer scorer(m_context.scorer.rules(),
                        earlier == nullptr ? m_context.scorer.world() : earlier->world(moment),
                        moment);
    ChunkScores scores;
    scorer.score(m_context.source, earlier == nullptr ? nullptr : earlier->suppressed(moment),
                 scores);
    scorer.judge_status(m_context.source, scores);
    auto then = e;
    then.ago.reset();
    const EvaluationContext past{scorer, m_context.source, scores};
    return Evaluator(past).run(then);
  }

  /// Whose opens must not be looked at.
  const std::vector<bool>& refused() {
    if (!m_refused) {
      m_refused = tracking_refused(m_context.scorer.rules().tracking, m_context.source,
                                   m_context.scorer.as_of());
    }
    return *m_refused;
  }

  const SilenceColumns& silence() {
    if (!m_silence) {
      m_silence = silence_of(m_context.scorer.world(), m_context.source, m_scores,
                             m_context.scorer.as_of());
    }
    return *m_silence;
  }

  Bits compare(const Expression& e) {
    const auto& s = m_scores;
    switch (e.field) {
    case Field::score:
      return number(e, s.score, 1);
    case Field::scale:
      return number(e, s.scale, 1);
    case Field::fit:
      return number(e, s.fit, 1);
    case Field::level:
      return number(e, s.level, k_point);
    case Field::opens:
      return number(e, s.opens, k_point);
    case Field::non_opens:
      return number(e, s.non_opens, k_point);
    case Field::clicks_tofu:
      return number(e, s.clicks_tofu, k_point);
    case Field::clicks_mofu:
      return number(e, s.clicks_mofu, k_point);
    case Field::clicks_bofu:
      return number(e, s.clicks_bofu, k_point);
    case Field::received:
      return number(e, s.received, k_point);
    case Field::non_opens_in_a_row:
      return number(e, s.non_opens_in_a_row, k_point);
    case Field::silent_days:
      return number(e, silence().days, k_point);
    case Field::silent_mails:
      return number(e, silence().mails, k_point);
    case Field::proxy_reader: {
      const auto readers = proxy_readers(m_context.scorer.world(), m_context.source,
                                         m_context.scorer.rules().robots, m_context.scorer.as_of());
      return each([&](std::size_t r) { return readers[r]; });
    }
    case Field::grade:
      return by_name(
          e, s.grade, m_context.scorer.rules().levels.grades(),
          [](std::size_t grade) { return std::string(1, static_cast<char>('A' + grade)); }, true);
    case Field::status:
      return by_name(
          e, s.status, m_context.scorer.statuses().size(),
          [&](std::size_t status) { return m_context.scorer.statuses()[status]; }, false);
    case Field::phase:
      return by_name(
          e, s.phase, std::size_t{static_cast<std::uint8_t>(Stage::bofu)} + 1,
          [](std::size_t phase) { return std::string(name_of(static_cast<Stage>(phase))); }, false);
    case Field::last_open:
      return moment(e, s.last_open);
    case Field::last_click:
      return moment(e, s.last_click);
    case Field::suppressed:
      return each([&](std::size_t r) { return s.suppressed[r] != 0; });
    case Field::email:
    case Field::domain:
      return each([&](std::size_t r) {
        auto address = m_context.source.address(static_cast<std::uint32_t>(r));
        return text_matches(e, e.field == Field::domain ? address.substr(address.rfind('@') + 1)
                                                        : address);
      });
    case Field::attribute:
      return attribute(e, e.name, [&](std::string_view value) { return text_matches(e, value); });
    case Field::subscribed:
      return subscribed(e);
    }
    return Bits(s.size());
  }

  /// Compares the names of `count` values; `ordered`: A is better than B, so `grade >= B` means A
  /// or B.
  template<typename Name>
  Bits by_name(const Expression& e, const std::vector<std::uint8_t>& column, std::size_t count,
               Name name, bool ordered) const {
    const bool order = ordered && (e.op == Compare::less || e.op == Compare::less_equal ||
                                   e.op == Compare::greater || e.op == Compare::greater_equal);
    std::array<bool, 256> passes{}; // by value
    for (std::size_t value = 0; value < std::min(count, passes.size()); ++value) {
      const auto text = name(value);
      passes[value] =
          order ? compares(e.op, e.values.front().compare(text), 0) : text_matches(e, text);
    }
    return each([&](std::size_t r) { return passes[column[r]]; });
  }

  /// Recipients for whom the value that holds at the moment passes; nobody without a value (but !=
  /// is true for them).
  template<typename Test> Bits attribute(const Expression& e, const std::string& name, Test test) {
    Bits bits(m_scores.size());
    if (e.op == Compare::unequal) {
      bits.set_all();
    }
    const auto limit =
        static_cast<std::uint32_t>(std::clamp<Seconds>(m_context.scorer.as_of(), 0, 0xFFFFFFFF));
    AttributeColumn column;
    for (std::uint32_t block = 0; block * k_recipient_block < m_scores.size(); ++block) {
      if (!m_context.source.attribute(block, name, column)) {
        continue;
      }
      std::vector<bool> passes(column.values.size());
      for (std::size_t v = 0; v < passes.size(); ++v) {
        passes[v] = test(column.values[v]);
      }
      for (std::size_t i = 0; i < column.recipient.size();
           ++i) { // later statements overwrite earlier ones
        if (column.valid_from[i] <= limit) {
          const auto r = block * k_recipient_block + column.recipient[i];
          passes[column.value[i]] ? bits.set(r) : bits.reset(r);
        }
      }
    }
    return bits;
  }

  /// subscribed: at any list of any account, or subscribed("account/list").
  Bits subscribed(const Expression& e) {
    Expression plain;
    Bits bits(m_scores.size());
    for (const auto& name : m_context.source.attribute_names()) {
      if (name.starts_with("subscription:") &&
          (e.name.empty() || name == "subscription:" + e.name ||
           name.starts_with("subscription:" + e.name + "/"))) {
        bits.or_with(
            attribute(plain, name, [](std::string_view value) { return value == "subscribed"; }));
      }
    }
    return bits;
  }

  /// One event's worth of conditions on a campaign: which links pass.
  struct LinkFilter {
    bool all = true;
    std::vector<bool> passes; // by number
    bool other = false;       // links without a number, or unknown
    bool operator()(LinkNumber number) const {
      return all || (number < passes.size() ? passes[number] : other);
    }
  };

  LinkFilter link_filter(const EventQuery& query, const WorldCampaign& campaign) const {
    LinkFilter filter;
    if (!query.stage && !query.link && !query.form_kind) {
      return filter;
    }
    filter.all = false;
    const auto url_passes = [&](const WorldLink& link) {
      return (!query.link || glob_match(*query.link, link.url) ||
              glob_match(*query.link, link.identity)) &&
             (!query.form_kind || icontains(link.url, *query.form_kind));
    };
    const bool tofu = m_context.scorer.rules().tagging.untagged_is_tofu;
    const auto stage_passes = [&](Stage stage) {
      return !query.stage || (stage == Stage::untagged ? tofu && *query.stage == Stage::tofu
                                                       : stage == *query.stage);
    };
    filter.other = !query.link && !query.form_kind && stage_passes(Stage::untagged);
    filter.passes.assign(campaign.stages.size(), filter.other);
    for (const auto& [number, link] : campaign.links) {
      if (number < filter.passes.size()) {
        filter.passes[number] = stage_passes(link.tag.stage) && url_passes(link);
      }
    }
    return filter;
  }

  bool campaign_passes(const EventQuery& query, const WorldCampaign& campaign) const {
    return !query.campaign || glob_match(*query.campaign, campaign.external_id) ||
           glob_match(*query.campaign, campaign.name) ||
           glob_match(*query.campaign, campaign.subject) ||
           std::any_of(campaign.others.begin(), campaign.others.end(),
                       [&](const auto& id) { return glob_match(*query.campaign, id); });
  }

  Bits events(const EventQuery& query) {
    std::vector<std::uint32_t> counts(query.at_least > 1 ? m_scores.size() : 0);
    Bits bits(m_scores.size());
    const auto as_of = m_context.scorer.as_of();
    const auto from =
        std::max(query.within ? as_of - *query.within + 1 : Seconds{0}, query.after.value_or(0));
    const auto until = std::min(as_of, query.before ? *query.before - 1 : as_of);
    EventColumns columns;
    std::vector<ClickVerdict> verdicts;
    MailingJudge judge(m_context.scorer.rules().robots, m_context.scorer.world(), m_scores.size(),
                       as_of);
    for (auto kind : query.kinds) {
      for (const auto& campaign : m_context.scorer.world().campaigns) {
        if (campaign.last_event < from || campaign.first_event > until ||
            !campaign_passes(query, campaign)) {
          continue;
        }
        const auto stored =
            kind == EventKind::delivered && !campaign.delivery_events ? EventKind::sent : kind;
        if (!m_context.source.events(campaign.id, stored, columns)) {
          continue;
        }
        const auto filter = link_filter(query, campaign);
        const bool by_reader = kind == EventKind::open || kind == EventKind::click;
        if (by_reader) {
          judge.begin(campaign, m_context.source);
        } else {
          judge.begin(campaign);
        }
        judge.rows(kind, columns, verdicts);
        const auto& refused = kind == EventKind::open ? this->refused() : m_nobody;
        for (std::size_t i = 0; i < columns.size(); ++i) {
          if (!refused.empty() && refused[columns.recipient[i]]) {
            continue;
          }
          const auto evidence = columns.evidence.empty() ? std::uint16_t{0} : columns.evidence[i];
          const auto verdict = verdicts[i].verdict;
          const bool person = query.by
                                  ? verdict == *query.by
                                  : is_bounce_like(kind) || kind == EventKind::unsubscribe ||
                                        verdict == Verdict::human ||
                                        (verdict == Verdict::unknown && kind == EventKind::open);
          if (Seconds{columns.time[i]} < from || Seconds{columns.time[i]} > until ||
              !filter(columns.link.empty() ? LinkNumber{0} : columns.link[i]) ||
              (query.bounce && bounce_class_of(evidence) != *query.bounce) || !person) {
            continue;
          }
          const auto r = columns.recipient[i];
          if (counts.empty() || ++counts[r] >= query.at_least) {
            bits.set(r);
          }
        }
      }
    }
    return bits;
  }

  const EvaluationContext& m_context;
  const ChunkScores& m_scores;
  std::optional<SilenceColumns> m_silence;
  std::optional<std::vector<bool>> m_refused;
  std::vector<bool> m_nobody;
};

} // namespace

Bits evaluate(const Expression& expression, const EvaluationContext& context) {
  return Evaluator(context).run(expression);
}

ScoreColumns columns_asked(const Expression& expression) {
  ScoreColumns out{};
  if (expression.type == Expression::Type::compare && !expression.ago) { // the past is scored anew
    out |= columns_of(expression.field);
  }
  for (const auto& part : expression.parts) {
    out |= columns_asked(part);
  }
  return out;
}

} // namespace mailfunnel
