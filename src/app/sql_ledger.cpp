// The table `ledger`: a row for every point, as `mailfunnel explain` gives them. Made when it is
// read, person after person, by the same scorer.

#include "app/sql_fields.hpp"
#include "app/sql_tables.hpp"

namespace mailfunnel {

namespace {

class LedgerCursor : public SqlCursor {
public:
  LedgerCursor(SqlSnapshot& snapshot, SqlPeopleRange range)
      : m_snapshot(snapshot), m_next(range.first), m_end(range.end) {
    if (m_end > m_next + 1) {
      snapshot.world_of_everybody();
    }
  }

  bool next() override {
    ++m_line;
    while (m_line >= static_cast<std::int64_t>(m_ledger.lines.size() + m_ledger.fit.size())) {
      while (m_next < m_end && m_snapshot.is_merged(m_next)) {
        ++m_next;
      }
      if (m_next >= m_end) {
        return false;
      }
      m_snapshot.check_stopped();
      explain(m_next++);
    }
    const auto place = static_cast<std::size_t>(m_line);
    const auto lines = m_ledger.lines.size();
    m_points = place < lines ? &m_ledger.lines[place] : nullptr;
    m_fit = place < lines ? nullptr : &m_ledger.fit[place - lines];
    m_campaign = m_points == nullptr ? nullptr : m_snapshot.world().find(m_points->campaign);
    return true;
  }
  SqlValue value(std::size_t column) override;
  std::int64_t row_id() const override { return std::int64_t{m_id} << 32 | m_line; }

  SqlValue email() { return text_or_null(m_snapshot.addresses().of(m_id)); }
  SqlValue number() { return integer(m_id); }
  SqlValue part() { return m_fit != nullptr ? std::string_view("fit") : "engagement"; }
  SqlValue rule() { return m_fit != nullptr ? m_fit->rule : m_points->rule; }
  SqlValue points() { return points_value(m_fit != nullptr ? m_fit->points : m_points->points); }
  SqlValue given() { return points_value(m_fit != nullptr ? m_fit->points : m_points->given); }
  SqlValue time() {
    m_text = m_fit != nullptr ? std::string() : format_time(m_points->time);
    return text_or_null(m_text);
  }
  SqlValue kind() {
    // What no event stands behind, such as a cap, has no kind.
    return m_fit != nullptr || m_points->kind == EventKind::unknown ? SqlValue()
                                                                    : name_of(m_points->kind);
  }
  SqlValue account() { return of_campaign(&WorldCampaign::account); }
  SqlValue campaign() { return of_campaign(&WorldCampaign::external_id); }
  SqlValue send() { return of_campaign(&WorldCampaign::send); }
  SqlValue campaign_number() {
    return m_campaign == nullptr ? SqlValue() : integer(m_campaign->id);
  }
  SqlValue link() {
    if (m_campaign == nullptr) {
      return {};
    }
    const auto found = m_campaign->links.find(m_points->link);
    return found == m_campaign->links.end() ? SqlValue() : SqlValue(found->second.url);
  }
  SqlValue stage() {
    return m_campaign == nullptr || m_points->link == 0 ? SqlValue() : name_of(m_points->stage);
  }
  SqlValue note() { return text_or_null(m_fit != nullptr ? std::string_view() : m_points->note); }
  SqlValue attribute() { return m_fit == nullptr ? SqlValue() : text_or_null(m_fit->attribute); }
  SqlValue attribute_value() { return m_fit == nullptr ? SqlValue() : text_or_null(m_fit->value); }

private:
  SqlValue of_campaign(std::string WorldCampaign::*text) const {
    return m_campaign == nullptr ? SqlValue() : text_or_null(m_campaign->*text);
  }

  void explain(RecipientId id) {
    m_id = id;
    m_line = 0;
    m_ledger.lines.clear();
    m_ledger.fit.clear();
    auto person = m_snapshot.people().person(id);
    const ManualSuppression manual{{0, m_snapshot.manual().of(id)}};
    m_snapshot.scorer().score(person, &manual, m_scores, &m_ledger);
  }

  SqlSnapshot& m_snapshot;
  RecipientId m_next, m_end, m_id = 0;
  Ledger m_ledger; // of m_id
  ChunkScores m_scores;
  std::int64_t m_line = -1; // of the ledger, then of its fit
  const Contribution* m_points = nullptr;
  const FitContribution* m_fit = nullptr;
  const WorldCampaign* m_campaign = nullptr;
  std::string m_text;
};

const SqlFields<LedgerCursor>& fields() {
  using C = LedgerCursor;
  static const SqlFields<LedgerCursor> k_fields(
      "ledger", "why somebody has these points; they add up to score and fit",
      {{k_email, &C::email},
       {k_recipient, &C::number},
       {{"part", SqlType::word, "engagement or fit"}, &C::part},
       {{"rule", SqlType::word, "click.BOFU, non_open, ...; the name of a fit rule"}, &C::rule},
       {{"points", SqlType::real, "at the moment"}, &C::points},
       {{"given", SqlType::real, "when it happened: more where points fade"}, &C::given},
       {{"time", SqlType::text, "of the event"}, &C::time},
       {{"kind", SqlType::word, "of the event"}, &C::kind},
       {{"account", SqlType::word, "of the mailing"}, &C::account},
       {{"campaign", SqlType::text, "the platform's id of the mailing"}, &C::campaign},
       {{"send", SqlType::text, "one sending of a mailing that recurs"}, &C::send},
       {{"campaign_number", SqlType::integer, "which mailing, in this store only: for joins", true},
        &C::campaign_number},
       {{"link", SqlType::text, "the URL"}, &C::link},
       {{"stage", SqlType::word, "that the link counted as"}, &C::stage},
       {{"note", SqlType::text, "why it gave nothing, or less"}, &C::note},
       {{"attribute", SqlType::text, "of the fit"}, &C::attribute},
       {{"value", SqlType::text, "of the attribute"}, &C::attribute_value}});
  return k_fields;
}

SqlValue LedgerCursor::value(std::size_t column) {
  return fields().value(*this, column);
}

class LedgerTable : public SqlTable {
public:
  explicit LedgerTable(SqlSnapshot& snapshot) : m_snapshot(snapshot) {}
  const SqlTableInfo& info() const override { return fields().info(); }

  SqlPlan plan(std::span<const SqlCondition> offered) override {
    constexpr double k_lines = 10, k_person = 1000;
    if (const auto person = person_condition(offered)) {
      return {{*person}, k_lines, k_person, false};
    }
    const double all = m_snapshot.recipients();
    return {{}, all * k_lines, all * k_person, false};
  }
  std::unique_ptr<SqlCursor> scan(const SqlScan& scan) override {
    return std::make_unique<LedgerCursor>(m_snapshot, people_of(m_snapshot, scan));
  }

private:
  SqlSnapshot& m_snapshot;
};

} // namespace

const SqlTableInfo& ledger_info() {
  return fields().info();
}

std::unique_ptr<SqlTable> ledger_table(SqlSnapshot& snapshot) {
  return std::make_unique<LedgerTable>(snapshot);
}

} // namespace mailfunnel
