// The table `campaign`: a row a mailing (or one sending of it), with what happened to it.

#include "app/sql_fields.hpp"
#include "app/sql_tables.hpp"
#include "base/json.hpp"
#include "store/catalog.hpp"

#include <algorithm>
#include <map>

namespace mailfunnel {

namespace {

/// Events up to the moment by mailing and kind.
using Counts = std::map<std::pair<CampaignId, EventKind>, std::uint64_t>;

/// Of most mailings all events are counted already, by set; those that go on after the moment are
/// read.
Counts count_events(SqlSnapshot& snapshot) {
  Activity activity(snapshot.database());
  auto counts = activity.counts();
  EventColumns columns;
  for (const auto& set : snapshot.sets()) {
    const auto* campaign = snapshot.world().find(set.campaign);
    if (campaign == nullptr || campaign->last_event <= snapshot.as_of()) {
      continue;
    }
    snapshot.check_stopped();
    columns.clear();
    activity.load_set(set.chunk, set.campaign, set.kind, columns);
    counts[{set.campaign, set.kind}] -= static_cast<std::uint64_t>(
        std::count_if(columns.time.begin(), columns.time.end(),
                      [&](Seconds time) { return time > snapshot.as_of(); }));
  }
  return counts;
}

/// What all cursors read.
struct Mailings {
  std::vector<StoredCampaign> campaigns; // by id
  Counts counts;
};

class CampaignCursor : public SqlCursor {
public:
  CampaignCursor(SqlSnapshot& snapshot, const Mailings& mailings)
      : m_snapshot(snapshot), m_mailings(mailings) {}

  bool next() override { return ++m_place < m_mailings.campaigns.size(); }
  SqlValue value(std::size_t column) override;
  std::int64_t row_id() const override { return row().id; }

  SqlValue number() { return integer(row().id); }
  SqlValue account() { return text_or_null(of_world().account); }
  SqlValue kind() { return name_of(of_world().kind); }
  SqlValue sent_at() { return time(of_world().time == 0 ? nullptr : &of_world().time); }
  SqlValue first_event() { return time(row().first_event ? &*row().first_event : nullptr); }
  SqlValue last_event() { return time(row().last_event ? &*row().last_event : nullptr); }
  SqlValue links() { return integer(static_cast<std::int64_t>(of_world().links.size())); }
  template<std::string Campaign::*Text> SqlValue text() {
    return text_or_null(row().campaign.*Text);
  }
  template<EventKind Kind> SqlValue count() {
    const auto found = m_mailings.counts.find({row().id, Kind});
    return integer(found == m_mailings.counts.end() ? 0 : static_cast<std::int64_t>(found->second));
  }
  SqlValue tags() {
    m_text = "[";
    for (const auto& tag : row().campaign.tags) {
      m_text += m_text.size() == 1 ? "" : ",";
      append_json_string(m_text, tag);
    }
    m_text += ']';
    return m_text;
  }

private:
  const StoredCampaign& row() const { return m_mailings.campaigns[m_place]; }
  const WorldCampaign& of_world() { return *m_snapshot.world().find(row().id); }
  SqlValue time(const Seconds* seconds) {
    if (seconds == nullptr) {
      return {};
    }
    m_text = format_time(*seconds);
    return m_text;
  }

  SqlSnapshot& m_snapshot;
  const Mailings& m_mailings;
  std::size_t m_place = SIZE_MAX;
  std::string m_text;
};

const SqlFields<CampaignCursor>& fields() {
  using C = CampaignCursor;
  static const SqlFields<CampaignCursor> k_fields(
      "campaign", "the mailings, with what happened to them; machines are counted in",
      {{{"id", SqlType::text, "at the platform: event.campaign; NULL: events that name no mailing"},
        &C::text<&Campaign::id>},
       {{"campaign_number", SqlType::integer, "which mailing, in this store only: for joins", true},
        &C::number},
       {{"account", SqlType::word, "of the config"}, &C::account},
       {{"send", SqlType::text, "one sending of it; the day, where events name no mailing"},
        &C::text<&Campaign::send>},
       {{"name", SqlType::text, "for people"}, &C::text<&Campaign::name>},
       {{"subject", SqlType::text, "of the mail"}, &C::text<&Campaign::subject>},
       {{"kind", SqlType::word, "campaign, automation, transactional or test"}, &C::kind},
       {{"family", SqlType::text, "what A/B halves, resends and languages share"},
        &C::text<&Campaign::family>},
       {{"tags", SqlType::json, "a list"}, &C::tags},
       {{"from_name", SqlType::text, "of the sender"}, &C::text<&Campaign::from_name>},
       {{"from_address", SqlType::word, "of the sender"}, &C::text<&Campaign::from_address>},
       {{"sent_at", SqlType::text, "or the first event, where nobody tells"}, &C::sent_at},
       {{"first_event", SqlType::text, "when"}, &C::first_event},
       {{"last_event", SqlType::text, "when, also after the moment"}, &C::last_event},
       {{"links", SqlType::integer, "different ones"}, &C::links},
       {{"sent", SqlType::integer, "events up to the moment"}, &C::count<EventKind::sent>},
       {{"delivered", SqlType::integer, "likewise"}, &C::count<EventKind::delivered>},
       {{"opens", SqlType::integer, "likewise"}, &C::count<EventKind::open>},
       {{"clicks", SqlType::integer, "likewise"}, &C::count<EventKind::click>},
       {{"bounces", SqlType::integer, "likewise"}, &C::count<EventKind::bounce>},
       {{"unsubscribes", SqlType::integer, "likewise"}, &C::count<EventKind::unsubscribe>},
       {{"complaints", SqlType::integer, "likewise"}, &C::count<EventKind::complaint>}});
  return k_fields;
}

SqlValue CampaignCursor::value(std::size_t column) {
  return fields().value(*this, column);
}

class CampaignTable : public SqlTable {
public:
  explicit CampaignTable(SqlSnapshot& snapshot) : m_snapshot(snapshot) {}
  const SqlTableInfo& info() const override { return fields().info(); }

  SqlPlan plan(std::span<const SqlCondition>) override {
    constexpr double k_about = 100; // few enough to be looked through each time
    return {{}, k_about, k_about, false};
  }
  std::unique_ptr<SqlCursor> scan(const SqlScan& scan) override {
    if (m_mailings.campaigns.empty()) {
      m_mailings.campaigns = Catalog(m_snapshot.database()).campaigns();
    }
    if (m_mailings.counts.empty() && reads_any(scan, info(),
                                               {"sent", "delivered", "opens", "clicks", "bounces",
                                                "unsubscribes", "complaints"})) {
      m_mailings.counts = count_events(m_snapshot);
    }
    return std::make_unique<CampaignCursor>(m_snapshot, m_mailings);
  }

private:
  SqlSnapshot& m_snapshot;
  Mailings m_mailings;
};

} // namespace

const SqlTableInfo& campaign_info() {
  return fields().info();
}

std::unique_ptr<SqlTable> campaign_table(SqlSnapshot& snapshot) {
  return std::make_unique<CampaignTable>(snapshot);
}

} // namespace mailfunnel
