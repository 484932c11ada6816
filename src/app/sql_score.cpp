// The table `score`: a row a person, as `mailfunnel score` and the segments see it.

#include "app/export_column.hpp"
#include "app/sql_fields.hpp"
#include "app/sql_tables.hpp"

namespace mailfunnel {

namespace {

class ScoreCursor : public SqlCursor {
public:
  ScoreCursor(SqlSnapshot& snapshot, SqlPeopleRange range, bool times)
      : m_snapshot(snapshot), m_times(times), m_alone(range.first + 1 == range.end),
        m_next(range.first), m_end(range.end) {}

  bool next() override {
    while (m_next < m_end && m_snapshot.is_merged(m_next)) {
      ++m_next;
    }
    if (m_next >= m_end) {
      return false;
    }
    m_id = m_next++;
    if (m_alone) {
      m_row = m_snapshot.scores().of(m_id, m_times);
      return true;
    }
    if (m_row.columns == nullptr || chunk_of(m_id) != m_chunk) {
      m_chunk = chunk_of(m_id);
      m_row.columns = m_snapshot.scores().of_chunk(m_chunk, m_times);
    }
    m_row.place = offset_of(m_id);
    return true;
  }
  SqlValue value(std::size_t column) override;
  std::int64_t row_id() const override { return m_id; }

  SqlValue email() { return text_or_null(m_snapshot.addresses().of(m_id)); }
  SqlValue number() { return integer(m_id); }
  template<auto Column> SqlValue points() { return points_value(at(Column)); }
  template<auto Column> SqlValue count() { return integer(at(Column)); }
  template<auto Column> SqlValue time() {
    if (at(Column) == 0) {
      return {};
    }
    m_text = format_time(Seconds{at(Column)});
    return m_text;
  }
  template<auto Column> SqlValue status() { return m_snapshot.scorer().statuses()[at(Column)]; }
  SqlValue grade() {
    m_text = static_cast<char>('A' + at(&ChunkScores::grade));
    return m_text;
  }
  SqlValue phase() { return name_of(static_cast<Stage>(at(&ChunkScores::phase))); }
  SqlValue override_rule() {
    const auto rule = at(&ChunkScores::override_rule);
    return rule == 0 ? SqlValue()
                     : SqlValue(m_snapshot.scorer().rules().status.overrides.at(rule - 1U).name);
  }
  SqlValue suppressed() { return integer(at(&ChunkScores::suppressed) == 0 ? 0 : 1); }
  SqlValue suppressed_by() {
    m_text = suppression_words(at(&ChunkScores::suppressed));
    return text_or_null(m_text);
  }
  SqlValue reasons() {
    m_text = reasons_of(*m_row.columns, m_row.place);
    return m_text;
  }

private:
  template<typename Value> Value at(std::vector<Value> ChunkScores::*column) const {
    return ((*m_row.columns).*column)[m_row.place];
  }

  SqlSnapshot& m_snapshot;
  bool m_times, m_alone;
  RecipientId m_next, m_end, m_id = 0;
  std::uint32_t m_chunk = 0;
  SqlScores::Row m_row;
  std::string m_text;
};

const SqlFields<ScoreCursor>& fields() {
  using C = ScoreCursor;
  using S = ChunkScores;
  static const SqlFields<ScoreCursor> k_fields(
      "score", "what everybody has at the moment, by the rules of the config",
      {{k_email, &C::email},
       {k_recipient, &C::number},
       {{"score", SqlType::real, "engagement, in points"}, &C::points<&S::score>},
       {{"scale", SqlType::real, "0 to 100, engagement and fit together"}, &C::points<&S::scale>},
       {{"level", SqlType::integer, "engagement level, 1 is best"}, &C::count<&S::level>},
       {{"fit", SqlType::real, "in points"}, &C::points<&S::fit>},
       {{"grade", SqlType::word, "of the fit, A is best"}, &C::grade},
       {{"fit_known", SqlType::integer, "0: there is no attribute that a fit rule asks about"},
        &C::count<&S::fit_known>},
       {{"status", SqlType::word, "SQL, MQL, soft, or your own"}, &C::status<&S::status>},
       {{"scale_status", SqlType::word, "the status by the scale"}, &C::status<&S::scale_status>},
       {{"override", SqlType::text, "the [[status.override]] that decided"}, &C::override_rule},
       {{"phase", SqlType::word, "deepest stage clicked in 90 days; NONE: nothing"}, &C::phase},
       {{"opens", SqlType::integer, "mailings opened that counted"}, &C::count<&S::opens>},
       {{"non_opens", SqlType::integer, "mailings not opened"}, &C::count<&S::non_opens>},
       {{"non_opens_in_a_row", SqlType::integer, "of the newest mailings"},
        &C::count<&S::non_opens_in_a_row>},
       {{"clicks_tofu", SqlType::integer, "clicks that counted"}, &C::count<&S::clicks_tofu>},
       {{"clicks_mofu", SqlType::integer, "clicks that counted"}, &C::count<&S::clicks_mofu>},
       {{"clicks_bofu", SqlType::integer, "clicks that counted"}, &C::count<&S::clicks_bofu>},
       {{"mailings", SqlType::integer, "mailings received"}, &C::count<&S::received>},
       {{"last_open", SqlType::text, "by a person, or nobody knows whom"}, &C::time<&S::last_open>},
       {{"last_click", SqlType::text, "by a person"}, &C::time<&S::last_click>},
       {{"suppressed", SqlType::integer, "1: must not be mailed"}, &C::suppressed},
       {{"suppressed_by", SqlType::text, "why, in words"}, &C::suppressed_by},
       {{"reasons", SqlType::text, "what the score is made of, in words"}, &C::reasons}});
  return k_fields;
}

SqlValue ScoreCursor::value(std::size_t column) {
  return fields().value(*this, column);
}

class ScoreTable : public SqlTable {
public:
  explicit ScoreTable(SqlSnapshot& snapshot) : m_snapshot(snapshot) {}
  const SqlTableInfo& info() const override { return fields().info(); }

  SqlPlan plan(std::span<const SqlCondition> offered) override {
    if (const auto person = person_condition(offered)) {
      constexpr double k_person = 5;
      return {{*person}, 1, k_person, true};
    }
    const double all = m_snapshot.recipients();
    return {{}, all, all, false};
  }
  std::unique_ptr<SqlCursor> scan(const SqlScan& scan) override {
    return std::make_unique<ScoreCursor>(
        m_snapshot, people_of(m_snapshot, scan),
        reads_any(scan, info(), {"last_open", "last_click", "reasons"}));
  }

private:
  SqlSnapshot& m_snapshot;
};

} // namespace

const SqlTableInfo& score_info() {
  return fields().info();
}

std::unique_ptr<SqlTable> score_table(SqlSnapshot& snapshot) {
  return std::make_unique<ScoreTable>(snapshot);
}

} // namespace mailfunnel
