// The table `event`: a row an event. Read set after set (all of one mailing and kind in one chunk),
// so that any number of them passes through; or, where a query says whom it means, the sets of that
// person alone.

#include "app/sql_fields.hpp"
#include "app/sql_tables.hpp"
#include "base/text.hpp"
#include "funnel/mailing_judge.hpp"
#include "store/catalog.hpp"

#include <algorithm>

namespace mailfunnel {

namespace {

/// Which events a scan asks for. `from` <= time < `to`.
struct EventFilter {
  SqlPeopleRange people;
  std::optional<EventKind> kind;
  std::optional<std::vector<bool>> campaigns; // by CampaignId
  Seconds from = 0, to = 0;

  bool wants(const StoredSet& set, const WorldCampaign* campaign) const {
    return (!kind || set.kind == *kind) &&
           (!campaigns || (set.campaign < campaigns->size() && (*campaigns)[set.campaign])) &&
           (campaign == nullptr || (campaign->first_event < to && campaign->last_event >= from));
  }
  bool wants(std::uint32_t time) const { return time >= from && time < to; }
};

/// Times as ISO text are in the order of times: the first second whose text does not stand before
/// `text`; with `behind`, whose text stands behind it.
Seconds first_second(std::string_view text, bool behind) {
  Seconds low = 0, high = Seconds{1} << 32;
  while (low < high) {
    const auto middle = (low + high) / 2;
    const auto order = format_time(middle).compare(text);
    if (behind ? order > 0 : order >= 0) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

void narrow(EventFilter& filter, SqlCompare compare, std::string_view text) {
  switch (compare) {
  case SqlCompare::equal:
    filter.from = std::max(filter.from, first_second(text, false));
    filter.to = std::min(filter.to, first_second(text, true));
    break;
  case SqlCompare::less:
    filter.to = std::min(filter.to, first_second(text, false));
    break;
  case SqlCompare::less_equal:
    filter.to = std::min(filter.to, first_second(text, true));
    break;
  case SqlCompare::greater:
    filter.from = std::max(filter.from, first_second(text, true));
    break;
  case SqlCompare::greater_equal:
    filter.from = std::max(filter.from, first_second(text, false));
    break;
  }
}

class EventCursor : public SqlCursor {
public:
  EventCursor(SqlSnapshot& snapshot, EventFilter filter, bool judged)
      : m_snapshot(snapshot), m_world(snapshot.world()), m_filter(std::move(filter)),
        m_judged(judged), m_catalog(snapshot.database()) {
    const auto& sets = snapshot.sets();
    const auto& people = m_filter.people;
    if (people.empty()) {
      return;
    }
    const auto before = [](const StoredSet& set, std::uint32_t chunk) { return set.chunk < chunk; };
    const auto first = std::lower_bound(sets.begin(), sets.end(), chunk_of(people.first), before);
    const auto end = std::lower_bound(first, sets.end(), chunk_of(people.end - 1) + 1, before);
    m_set = static_cast<std::size_t>(first - sets.begin());
    m_sets_end = static_cast<std::size_t>(end - sets.begin());
    if (people.end - people.first == 1) {
      m_person = people.first;
    }
  }

  bool next() override {
    do {
      while (++m_row < m_columns.size()) {
        const auto recipient = m_columns.recipient[m_row];
        m_nth = m_row != 0 && m_columns.recipient[m_row - 1] == recipient ? m_nth + 1 : 0;
        if (m_filter.wants(m_columns.time[m_row])) {
          return true;
        }
      }
    } while (next_set());
    return false;
  }
  SqlValue value(std::size_t column) override;

  /// The set's place in the store, the person's in the chunk, and the how manieth of the person's
  /// events in the set it is.
  std::int64_t row_id() const override {
    constexpr unsigned k_nth_bits = 24;
    return static_cast<std::int64_t>((m_set - 1) << (k_chunk_bits + k_nth_bits) |
                                     std::uint64_t{offset_of(recipient())} << k_nth_bits |
                                     std::min<std::uint64_t>(m_nth, (1U << k_nth_bits) - 1));
  }

  SqlValue email() { return text_or_null(m_source->address(m_columns.recipient[m_row])); }
  SqlValue recipient_number() { return integer(recipient()); }
  SqlValue kind() { return name_of(m_kind); }
  SqlValue time() { return m_time.write(m_columns.time[m_row]); }
  SqlValue account() {
    return m_campaign == nullptr ? SqlValue() : text_or_null(m_campaign->account);
  }
  SqlValue campaign() {
    return m_campaign == nullptr ? SqlValue() : text_or_null(m_campaign->external_id);
  }
  SqlValue send() { return m_campaign == nullptr ? SqlValue() : text_or_null(m_campaign->send); }
  SqlValue campaign_number() { return integer(m_campaign_id); }
  SqlValue link() {
    if (m_campaign == nullptr || link_number() == 0) {
      return {};
    }
    const auto found = m_campaign->links.find(link_number());
    return found == m_campaign->links.end() ? SqlValue() : SqlValue(found->second.url);
  }
  SqlValue stage() {
    return m_campaign == nullptr || link_number() == 0
               ? SqlValue()
               : SqlValue(name_of(m_campaign->stage(link_number())));
  }
  SqlValue verdict() {
    return has_verdict() ? SqlValue(name_of(m_verdicts[m_row].verdict)) : SqlValue();
  }
  SqlValue signs() {
    const auto timing = has_verdict() ? m_verdicts[m_row].signs & ~sign::record : 0;
    m_text = sign_words(static_cast<std::uint16_t>(timing));
    return text_or_null(m_text);
  }
  SqlValue evidence_names() {
    m_text.clear();
    for (const auto& [bit, name] : k_evidence_names) {
      if (!is_bounce_like(m_kind) && (row().evidence & bit) != 0) {
        m_text += (m_text.empty() ? "" : " ") + std::string(name);
      }
    }
    return text_or_null(m_text);
  }
  SqlValue bounce_class() {
    const auto klass = bounce_class_of(row().evidence);
    return is_bounce_like(m_kind) && klass != BounceClass::none ? SqlValue(name_of(klass))
                                                                : SqlValue();
  }
  SqlValue bounce_reason() {
    return is_bounce_like(m_kind) ? SqlValue(name_of(bounce_reason_of(row().evidence)))
                                  : SqlValue();
  }
  SqlValue bounce_status() {
    m_text = is_bounce_like(m_kind) ? unpack_status(row().extra) : std::string();
    return text_or_null(m_text);
  }
  SqlValue scope() { return word(EventKind::unsubscribe); }
  SqlValue proof() { return word(EventKind::resubscribe); }

private:
  RecipientId recipient() const {
    return m_person.value_or(m_chunk << k_chunk_bits | m_columns.recipient[m_row]);
  }
  EventRow row() const { return m_columns.row(m_row); }
  LinkNumber link_number() const { return row().link; }
  /// Of a mail server's doing nobody asks whether it is a person's.
  bool has_verdict() const {
    return m_kind != EventKind::sent && m_kind != EventKind::delivered && !is_bounce_like(m_kind);
  }
  SqlValue word(EventKind kind) {
    if (m_kind != kind || row().extra == 0) {
      return {};
    }
    m_text = m_catalog.word(row().extra);
    return text_or_null(m_text);
  }

  bool next_set() {
    const auto& sets = m_snapshot.sets();
    while (m_set < m_sets_end) {
      m_snapshot.check_stopped();
      const auto& set = sets[m_set++];
      const auto* campaign = m_world.find(set.campaign);
      if (!m_filter.wants(set, campaign)) {
        continue;
      }
      open_chunk(set.chunk);
      if (!m_source->events(set.campaign, set.kind, m_columns)) {
        continue;
      }
      m_kind = set.kind;
      m_campaign_id = set.campaign;
      m_row = SIZE_MAX; // before the first
      m_campaign = campaign;
      if (m_judged && has_verdict()) {
        judge();
      }
      return true;
    }
    return false;
  }

  void open_chunk(std::uint32_t chunk) {
    if (m_source != nullptr && m_chunk == chunk) {
      return;
    }
    m_chunk = chunk;
    if (m_person) {
      m_source = std::make_unique<PersonSource>(m_snapshot.people().person(*m_person));
    } else {
      m_source =
          std::make_unique<StoreChunk>(m_snapshot.database(), chunk, m_snapshot.recipients());
    }
    if (m_judged) {
      m_judge.emplace(m_snapshot.robots(), m_world, m_source->size(), m_snapshot.as_of());
      m_judged_campaign = nullptr;
    }
  }

  void judge() {
    if (m_campaign == nullptr) {
      m_verdicts.assign(m_columns.size(), {});
      return;
    }
    if (m_campaign != m_judged_campaign) {
      m_judge->begin(*m_campaign, *m_source);
      m_judged_campaign = m_campaign;
    }
    m_judge->rows(m_kind, m_columns, m_verdicts);
  }

  SqlSnapshot& m_snapshot;
  const World& m_world;
  EventFilter m_filter;
  bool m_judged;
  Catalog m_catalog;
  std::size_t m_set = 0, m_sets_end = 0; // in the snapshot's sets; m_set is behind the present one
  std::optional<RecipientId> m_person;   // the only one
  std::uint32_t m_chunk = 0;
  std::unique_ptr<ChunkSource> m_source;
  std::optional<MailingJudge> m_judge;
  const WorldCampaign* m_judged_campaign = nullptr;
  // The set at hand.
  EventKind m_kind = EventKind::unknown;
  CampaignId m_campaign_id = 0;
  const WorldCampaign* m_campaign = nullptr;
  EventColumns m_columns;
  std::vector<ClickVerdict> m_verdicts;
  std::size_t m_row = SIZE_MAX;
  std::uint64_t m_nth = 0;
  TimeWriter m_time;
  std::string m_text;
};

const SqlFields<EventCursor>& fields() {
  static const SqlFields<EventCursor> k_fields(
      "event", "everything that happened up to the moment, a row each",
      {{k_email, &EventCursor::email},
       {k_recipient, &EventCursor::recipient_number},
       {{"kind", SqlType::word, "sent, delivered, open, click, bounce, unsubscribe, ..."},
        &EventCursor::kind},
       {{"time", SqlType::text, "2026-03-02T09:10:00Z, always UTC"}, &EventCursor::time},
       {{"account", SqlType::word, "of the config"}, &EventCursor::account},
       {{"campaign", SqlType::text, "the platform's id of the mailing; NULL: the event names none"},
        &EventCursor::campaign},
       {{"send", SqlType::text, "one sending of a mailing that recurs"}, &EventCursor::send},
       {{"campaign_number", SqlType::integer, "which mailing, in this store only: for joins", true},
        &EventCursor::campaign_number},
       {{"link", SqlType::text, "the URL"}, &EventCursor::link},
       {{"stage", SqlType::word, "of the link: TOFU, MOFU, BOFU, NONE or UNTAGGED"},
        &EventCursor::stage},
       {{"verdict", SqlType::word, "who did it: HUMAN, UNKNOWN, PROXY or MACHINE"},
        &EventCursor::verdict},
       {{"signs", SqlType::text, "of a machine, by the timing"}, &EventCursor::signs},
       {{"evidence", SqlType::text, "what the record gave away, in words"},
        &EventCursor::evidence_names},
       {{"bounce_class", SqlType::word, "hard, soft or block"}, &EventCursor::bounce_class},
       {{"bounce_reason", SqlType::word, "user_unknown, mailbox_full, ..."},
        &EventCursor::bounce_reason},
       {{"bounce_status", SqlType::text, "enhanced status code: 5.1.1"},
        &EventCursor::bounce_status},
       {{"scope", SqlType::text, "of an unsubscribe: the list or topic left"}, &EventCursor::scope},
       {{"proof", SqlType::text, "of a resubscribe: how the opt-in was proven"},
        &EventCursor::proof}});
  return k_fields;
}

SqlValue EventCursor::value(std::size_t column) {
  return fields().value(*this, column);
}

class EventTable : public SqlTable {
public:
  explicit EventTable(SqlSnapshot& snapshot) : m_snapshot(snapshot) {}
  const SqlTableInfo& info() const override { return fields().info(); }

  SqlPlan plan(std::span<const SqlCondition> offered) override {
    SqlPlan plan;
    plan.rows = std::max(1.0, m_snapshot.events());
    if (const auto person = person_condition(offered)) {
      constexpr double k_set = 20; // to look into one for one person
      const auto chunks = 1 + static_cast<double>(m_snapshot.recipients()) / k_chunk_size;
      plan.used.push_back(*person);
      plan.cost = 100 + k_set * static_cast<double>(m_snapshot.sets().size()) / chunks;
      plan.rows = std::max(1.0, plan.rows / std::max(1U, m_snapshot.recipients()));
    }
    for (std::size_t i = 0; i < offered.size(); ++i) {
      if (const auto share = share_left(offered[i])) {
        plan.used.push_back(i);
        plan.rows = std::max(1.0, plan.rows * *share);
      }
    }
    plan.cost = std::max(plan.cost, plan.rows);
    return plan;
  }

  std::unique_ptr<SqlCursor> scan(const SqlScan& scan) override {
    EventFilter filter;
    filter.people = people_of(m_snapshot, scan);
    filter.to = std::min<Seconds>(m_snapshot.as_of() + 1, Seconds{1} << 32);
    for (const auto& condition : scan.conditions) {
      add(filter, condition);
    }
    return std::make_unique<EventCursor>(m_snapshot, std::move(filter),
                                         reads_any(scan, info(), {"verdict", "signs"}));
  }

private:
  bool is(std::size_t column, std::string_view name) const {
    return info().columns[column].name == name;
  }

  /// The share of events that a condition leaves, about; nullopt: it is none that helps.
  std::optional<double> share_left(const SqlCondition& condition) const {
    if (is(condition.column, "time")) {
      return 0.3;
    }
    if (condition.compare != SqlCompare::equal) {
      return std::nullopt;
    }
    constexpr std::pair<std::string_view, double> k_shares[] = {
        {"kind", 0.2}, {"campaign_number", 0.05}, {"campaign", 0.05}, {"account", 0.5}};
    for (const auto& [name, share] : k_shares) {
      if (is(condition.column, name)) {
        return share;
      }
    }
    return std::nullopt;
  }

  void add(EventFilter& filter, const SqlScan::Condition& condition) {
    const auto column = condition.asked.column;
    if (is(column, "time")) {
      if (std::holds_alternative<std::string_view>(condition.value)) {
        narrow(filter, condition.asked.compare, text_of(condition.value));
      }
      return;
    }
    if (is(column, "campaign_number")) {
      keep(filter, [number = whole_number(condition.value)](const WorldCampaign& c) {
        return number == c.id;
      });
      return;
    }
    const auto text = compared_text(condition.value);
    if (!text) {
      return;
    }
    if (is(column, "kind")) {
      filter.kind = event_kind(lower(*text));
      filter.people.end = filter.kind ? filter.people.end : filter.people.first; // else nobody's
    } else if (is(column, "campaign")) {
      keep(filter, [&](const WorldCampaign& c) { return c.external_id == *text; });
    } else if (is(column, "account")) {
      keep(filter, [&](const WorldCampaign& c) { return iequals(c.account, *text); });
    }
  }

  template<typename Wanted> void keep(EventFilter& filter, Wanted wanted) {
    std::vector<bool> kept;
    for (const auto& campaign : m_snapshot.world().campaigns) {
      const auto before = !filter.campaigns || (campaign.id < filter.campaigns->size() &&
                                                (*filter.campaigns)[campaign.id]);
      kept.resize(std::max<std::size_t>(kept.size(), campaign.id + 1));
      kept[campaign.id] = before && wanted(campaign);
    }
    filter.campaigns = std::move(kept);
  }

  SqlSnapshot& m_snapshot;
};

} // namespace

const SqlTableInfo& event_info() {
  return fields().info();
}

std::unique_ptr<SqlTable> event_table(SqlSnapshot& snapshot) {
  return std::make_unique<EventTable>(snapshot);
}

} // namespace mailfunnel
