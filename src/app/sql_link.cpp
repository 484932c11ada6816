// The table `link`: a row a link of a mailing, with its stage and why, and its clicks.

#include "app/sql_fields.hpp"
#include "app/sql_tables.hpp"
#include "funnel/mailing_judge.hpp"

#include <algorithm>
#include <unordered_map>

namespace mailfunnel {

namespace {

struct Clicks {
  std::int64_t others = 0, machine = 0;
};

std::uint64_t key_of(CampaignId campaign, LinkNumber link) {
  return std::uint64_t{campaign} << 16 | link;
}

/// The clicks of every link up to the moment: one pass over all of them.
using ClickCounts = std::unordered_map<std::uint64_t, Clicks>;
ClickCounts count_clicks(SqlSnapshot& snapshot) {
  ClickCounts counts;
  const auto& world = snapshot.world_of_everybody();
  EventColumns columns;
  std::vector<ClickVerdict> verdicts;
  for (std::uint32_t chunk = 0; std::uint64_t{chunk} << k_chunk_bits < snapshot.recipients();
       ++chunk) {
    StoreChunk source(snapshot.database(), chunk, snapshot.recipients());
    MailingJudge judge(snapshot.robots(), world, source.size(), snapshot.as_of());
    for (const auto& campaign : world.campaigns) {
      snapshot.check_stopped();
      if (!source.events(campaign.id, EventKind::click, columns)) {
        continue;
      }
      judge.begin(campaign, source);
      judge.clicks(columns, verdicts);
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (columns.time[i] <= snapshot.as_of()) {
          auto& of_link = counts[key_of(campaign.id, columns.row(i).link)];
          ++(verdicts[i].verdict == Verdict::machine ? of_link.machine : of_link.others);
        }
      }
    }
  }
  return counts;
}

struct Link {
  const WorldCampaign* campaign;
  LinkNumber number;
  const WorldLink* link;
};

class LinkCursor : public SqlCursor {
public:
  LinkCursor(const std::vector<Link>& links, const ClickCounts& clicks)
      : m_links(links), m_clicks(clicks) {}

  bool next() override { return ++m_place < m_links.size(); }
  SqlValue value(std::size_t column) override;
  std::int64_t row_id() const override {
    return static_cast<std::int64_t>(key_of(row().campaign->id, row().number));
  }

  SqlValue link() { return row().link->url; }
  SqlValue account() { return text_or_null(row().campaign->account); }
  SqlValue campaign() { return text_or_null(row().campaign->external_id); }
  SqlValue send() { return text_or_null(row().campaign->send); }
  SqlValue campaign_number() { return integer(row().campaign->id); }
  SqlValue stage() { return name_of(row().link->tag.stage); }
  SqlValue why() { return text_or_null(row().link->tag.why); }
  SqlValue text() { return text_or_null(row().link->text); }
  SqlValue honeypot() { return integer(row().link->honeypot ? 1 : 0); }
  SqlValue identity() { return row().link->identity; }
  SqlValue clicks() { return integer(counted().others); }
  SqlValue machine_clicks() { return integer(counted().machine); }

private:
  const Link& row() const { return m_links[m_place]; }
  Clicks counted() const {
    const auto found = m_clicks.find(key_of(row().campaign->id, row().number));
    return found == m_clicks.end() ? Clicks() : found->second;
  }

  const std::vector<Link>& m_links;
  const ClickCounts& m_clicks;
  std::size_t m_place = SIZE_MAX;
};

const SqlFields<LinkCursor>& fields() {
  using C = LinkCursor;
  static const SqlFields<LinkCursor> k_fields(
      "link", "the links of each mailing, with stage and clicks",
      {{{"link", SqlType::text, "the URL: event.link"}, &C::link},
       {{"account", SqlType::word, "of the mailing"}, &C::account},
       {{"campaign", SqlType::text, "the platform's id of the mailing"}, &C::campaign},
       {{"send", SqlType::text, "one sending of a mailing that recurs"}, &C::send},
       {{"campaign_number", SqlType::integer, "which mailing, in this store only: for joins", true},
        &C::campaign_number},
       {{"stage", SqlType::word, "TOFU, MOFU, BOFU, NONE or UNTAGGED"}, &C::stage},
       {{"why", SqlType::text, "the evidence for the stage"}, &C::why},
       {{"text", SqlType::text, "what readers see of it"}, &C::text},
       {{"identity", SqlType::text, "the same for one link in all mailings"}, &C::identity},
       {{"honeypot", SqlType::integer, "1: no person sees it, by [robots] honeypot_links"},
        &C::honeypot},
       {{"clicks", SqlType::integer, "up to the moment, without those of machines"}, &C::clicks},
       {{"machine_clicks", SqlType::integer, "up to the moment"}, &C::machine_clicks}});
  return k_fields;
}

SqlValue LinkCursor::value(std::size_t column) {
  return fields().value(*this, column);
}

class LinkTable : public SqlTable {
public:
  explicit LinkTable(SqlSnapshot& snapshot) : m_snapshot(snapshot) {}
  const SqlTableInfo& info() const override { return fields().info(); }

  SqlPlan plan(std::span<const SqlCondition>) override {
    constexpr double k_about = 1000; // few enough to be looked through each time
    return {{}, k_about, k_about, false};
  }
  std::unique_ptr<SqlCursor> scan(const SqlScan& scan) override {
    if (m_links.empty()) {
      for (const auto& campaign : m_snapshot.world().campaigns) {
        for (const auto& [number, link] : campaign.links) {
          m_links.push_back({&campaign, number, &link});
        }
      }
      std::sort(m_links.begin(), m_links.end(), [](const Link& a, const Link& b) {
        return a.campaign != b.campaign ? a.campaign < b.campaign : a.number < b.number;
      });
    }
    if (!m_clicks && reads_any(scan, info(), {"clicks", "machine_clicks"})) {
      m_clicks = count_clicks(m_snapshot);
    }
    static const ClickCounts k_none;
    return std::make_unique<LinkCursor>(m_links, m_clicks ? *m_clicks : k_none);
  }

private:
  SqlSnapshot& m_snapshot;
  std::vector<Link> m_links; // by time of the mailing
  std::optional<ClickCounts> m_clicks;
};

} // namespace

const SqlTableInfo& link_info() {
  return fields().info();
}

std::unique_ptr<SqlTable> link_table(SqlSnapshot& snapshot) {
  return std::make_unique<LinkTable>(snapshot);
}

} // namespace mailfunnel
