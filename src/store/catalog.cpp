#include "store/catalog.hpp"

#include "base/text.hpp"
#include "store/damage.hpp"
#include "store/merged_campaigns.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace mailfunnel {

namespace {

std::string audience_lines(const std::vector<Audience>& audience) {
  std::string out;
  for (const auto& part : audience) {
    out += part.kind + "\t" + part.id + "\t" + part.name + "\t" +
           (part.exclude ? "exclude" : "include") + "\n";
  }
  return out;
}

std::vector<Audience> parse_audience(std::string_view lines) {
  std::vector<Audience> out;
  for (const auto line : split(lines, '\n')) {
    const auto fields = split(line, '\t');
    if (fields.size() == 4) {
      out.push_back({std::string(fields[0]), std::string(fields[1]), std::string(fields[2]),
                     fields[3] == "exclude"});
    }
  }
  return out;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  for (const auto line : split(text, '\n')) {
    if (!line.empty()) {
      out.emplace_back(line);
    }
  }
  return out;
}

} // namespace

std::vector<StoredAccount> Catalog::accounts() {
  std::vector<StoredAccount> rows;
  auto query = m_database->use("SELECT id, name, adapter FROM account ORDER BY id");
  while (query.step()) {
    rows.push_back({static_cast<std::uint32_t>(query.integer(0)), std::string(query.text(1)),
                    std::string(query.text(2))});
  }
  return rows;
}

std::uint32_t Catalog::account_id(const std::string& name, const std::string& adapter) {
  m_database->use("INSERT OR IGNORE INTO account(name, adapter) VALUES (?1, ?2)")
      .bind(name, adapter)
      .run();
  auto query = m_database->use("SELECT id FROM account WHERE name = ?1");
  query.bind(name).step();
  return static_cast<std::uint32_t>(query.integer(0));
}

std::vector<StoredCampaign> Catalog::stored_campaigns() {
  std::vector<StoredCampaign> rows;
  auto count = m_database->use("SELECT count(*) FROM campaign");
  rows.reserve(count.step() ? static_cast<std::size_t>(count.integer(0)) : 0);
  auto query =
      m_database->use("SELECT id, account, external_id, send, kind, family, parent, name, "
                      "subject, preheader, from_name, from_address,"
                      " reply_to, status, sent_at, tags, audience, described, "
                      "first_event, last_event, sources, merged_into FROM campaign ORDER BY id");
  while (query.step()) {
    auto& row = rows.emplace_back();
    row.id = static_cast<CampaignId>(query.integer(0));
    row.account = static_cast<std::uint32_t>(query.integer(1));
    auto& c = row.campaign;
    c.id = query.text(2);
    c.send = query.text(3);
    c.kind = enumerated(query.integer(4), CampaignKind::test, "campaign");
    std::string* const texts[] = {&c.family,       &c.parent,    &c.name,
                                  &c.subject,      &c.preheader, &c.from_name,
                                  &c.from_address, &c.reply_to,  &c.status};
    for (int i = 0; i < 9; ++i) {
      *texts[i] = query.text(5 + i);
    }
    if (!query.is_null(14)) {
      c.sent_at = query.integer(14);
    }
    c.tags = lines_of(query.text(15));
    c.audience = parse_audience(query.text(16));
    row.described = query.integer(17) != 0;
    if (!query.is_null(18)) {
      row.first_event = query.integer(18);
      row.last_event = query.integer(19);
    }
    row.sources = static_cast<unsigned>(query.integer(20));
    if (!query.is_null(21)) {
      row.merged_into = static_cast<CampaignId>(query.integer(21));
    }
  }
  return rows;
}

namespace {

void add_part(StoredCampaign& whole, const StoredCampaign& part) {
  whole.described = whole.described || part.described;
  whole.sources |= part.sources;
  whole.others.push_back(part.campaign.id);
  if (part.first_event) {
    whole.first_event = std::min(whole.first_event.value_or(*part.first_event), *part.first_event);
    whole.last_event = std::max(whole.last_event.value_or(*part.last_event), *part.last_event);
  }
  auto& c = whole.campaign;
  const auto& more = part.campaign;
  for (const auto text : {&Campaign::family, &Campaign::parent, &Campaign::name, &Campaign::subject,
                          &Campaign::preheader, &Campaign::from_name, &Campaign::from_address,
                          &Campaign::reply_to, &Campaign::status}) {
    c.*text = (c.*text).empty() ? more.*text : c.*text;
  }
  c.kind = c.kind.value_or(CampaignKind::campaign) == CampaignKind::campaign ? more.kind : c.kind;
  c.sent_at = c.sent_at ? c.sent_at : more.sent_at;
  c.tags = c.tags.empty() ? more.tags : c.tags;
  c.audience = c.audience.empty() ? more.audience : c.audience;
}

} // namespace

std::vector<StoredCampaign> Catalog::campaigns() {
  auto rows = stored_campaigns();
  const auto is_part = [](const StoredCampaign& row) { return row.merged_into.has_value(); };
  std::set<std::pair<std::uint32_t, std::string>> parents;
  for (const auto& row : rows) {
    parents.emplace(row.account, row.campaign.parent);
  }
  for (const auto& part : rows) {
    if (is_part(part)) {
      const auto whole =
          std::lower_bound(rows.begin(), rows.end(), *part.merged_into,
                           [](const StoredCampaign& row, CampaignId id) { return row.id < id; });
      if (whole == rows.end() || whole->id != *part.merged_into) {
        damaged("the table campaign");
      }
      add_part(*whole, part);
    }
  }
  std::erase_if(rows, [&](const StoredCampaign& row) {
    const bool only_groups = !row.first_event && row.described && !row.campaign.id.empty() &&
                             row.others.empty() && parents.contains({row.account, row.campaign.id});
    return is_part(row) || only_groups;
  });
  return rows;
}

void Catalog::merge_campaign(CampaignId part, std::optional<CampaignId> whole) {
  const auto into = whole ? std::optional(std::int64_t{*whole}) : std::nullopt;
  m_database->use("UPDATE campaign SET merged_into = ?2 WHERE id = ?1").bind(part, into).run();
}

void Catalog::note_source(CampaignId id, unsigned source) {
  m_database->use("UPDATE campaign SET sources = sources | ?2 WHERE id = ?1")
      .bind(id, source)
      .run();
}

void Catalog::each_identity(const std::function<void(std::uint32_t, std::string_view,
                                                     std::string_view, FoundCampaign)>& see) {
  auto query = m_database->use("SELECT account, external_id, send, id, sources FROM campaign");
  while (query.step()) {
    see(static_cast<std::uint32_t>(query.integer(0)), query.text(1), query.text(2),
        {static_cast<CampaignId>(query.integer(3)), static_cast<unsigned>(query.integer(4))});
  }
}

std::optional<Catalog::FoundCampaign>
Catalog::find_campaign(std::uint32_t account, std::string_view external_id, std::string_view send) {
  auto query = m_database->use("SELECT id, sources FROM campaign WHERE account = ?1 AND "
                               "external_id = ?2 AND send = ?3");
  if (!query.bind(account, external_id, send).step()) {
    return std::nullopt;
  }
  return FoundCampaign{static_cast<CampaignId>(query.integer(0)),
                       static_cast<unsigned>(query.integer(1))};
}

CampaignId Catalog::add_campaign(std::uint32_t account, const std::string& external_id,
                                 const std::string& send) {
  m_database->use("INSERT INTO campaign(account, external_id, send) VALUES (?1, ?2, ?3)")
      .bind(account, external_id, send)
      .run();
  return static_cast<CampaignId>(m_database->last_row());
}

void Catalog::describe_campaign(CampaignId id, const Campaign& c) {
  auto update = m_database->use(
      "UPDATE campaign SET kind = coalesce(?2, kind), family = coalesce(nullif(?3, ''), family), "
      "parent = "
      "coalesce(nullif(?4, ''), parent),"
      " name = coalesce(nullif(?5, ''), name), subject = coalesce(nullif(?6, ''), subject),"
      " preheader = coalesce(nullif(?7, ''), preheader), from_name = coalesce(nullif(?8, ''), "
      "from_name),"
      " from_address = coalesce(nullif(?9, ''), from_address), reply_to = coalesce(nullif(?10, "
      "''), reply_to),"
      " status = coalesce(nullif(?11, ''), status), sent_at = coalesce(?12, sent_at),"
      " tags = coalesce(nullif(?13, ''), tags), audience = coalesce(nullif(?14, ''), audience), "
      "described = 1 WHERE id = ?1");
  const auto tags = join(c.tags, "\n"), audience = audience_lines(c.audience);
  const auto kind = c.kind ? std::optional(static_cast<std::int64_t>(*c.kind)) : std::nullopt;
  update
      .bind(id, kind, c.family, c.parent, c.name, c.subject, c.preheader, c.from_name,
            c.from_address, c.reply_to, c.status, c.sent_at, tags, audience)
      .run();
}

namespace {

/// -1: none is given.
std::optional<Stage> stage_of(std::int64_t number, std::string_view table) {
  return number == -1 ? std::nullopt : std::optional(enumerated(number, Stage::bofu, table));
}

LinkPlacement placement_of(Statement& query, int column) {
  LinkPlacement placement;
  placement.text = query.text(column);
  placement.alias = query.text(column + 1);
  placement.stage = stage_of(query.integer(column + 2), "placement");
  placement.footer = query.integer(column + 3) != 0;
  return placement;
}

/// Gives the links of mailings that were merged to what they were merged into.
void unite_links(const MergedCampaigns& merged, StoredLinks& links) {
  std::map<CampaignId, std::map<LinkNumber, StoredLink>> united;
  for (auto& [campaign, own] : links) {
    const auto whole = merged.whole(campaign);
    if (merged.parts(whole).empty()) {
      continue;
    }
    for (auto& link : own) {
      link.number = merged.link(campaign, link.number);
      auto& into = united[whole].try_emplace(link.number, link).first->second;
      into.url = std::min(into.url, link.url);
      for (auto& placement : link.placements) {
        const auto known = std::find(into.placements.begin(), into.placements.end(), placement);
        if (known == into.placements.end()) {
          into.placements.push_back(std::move(placement));
        }
      }
    }
    own.clear();
  }
  for (auto& [whole, by_number] : united) {
    for (auto& [number, link] : by_number) {
      links[whole].push_back(std::move(link));
    }
  }
}

} // namespace

/// Of the mailings from one to another, as they are stored.
void Catalog::read_links(CampaignId first, CampaignId last, StoredLinks& links) {
  auto query = m_database->use("SELECT campaign, number, identity, url FROM link WHERE campaign "
                               "BETWEEN ?1 AND ?2 ORDER BY campaign, number");
  query.bind(first, last);
  while (query.step()) {
    links[static_cast<CampaignId>(query.integer(0))].push_back(
        {static_cast<LinkNumber>(query.integer(1)),
         std::string(query.text(2)),
         std::string(query.text(3)),
         {}});
  }
  auto places = m_database->use("SELECT campaign, number, text, alias, stage, footer FROM "
                                "placement WHERE campaign BETWEEN ?1 AND ?2 ORDER BY campaign, "
                                "number, text, alias, stage, footer");
  places.bind(first, last);
  while (places.step()) {
    auto& of_campaign = links[static_cast<CampaignId>(places.integer(0))]; // by number
    const auto number = static_cast<LinkNumber>(places.integer(1));
    const auto link =
        std::lower_bound(of_campaign.begin(), of_campaign.end(), number,
                         [](const StoredLink& l, LinkNumber n) { return l.number < n; });
    if (link != of_campaign.end() && link->number == number) {
      link->placements.push_back(placement_of(places, 2));
    }
  }
}

StoredLinks Catalog::all_links() {
  StoredLinks links;
  read_links(0, std::numeric_limits<CampaignId>::max(), links);
  unite_links(MergedCampaigns(*m_database), links);
  return links;
}

StoredLinks Catalog::links_of(std::span<const CampaignId> campaigns) {
  const MergedCampaigns merged(*m_database);
  StoredLinks links;
  for (const auto campaign : campaigns) {
    read_links(campaign, campaign, links);
    for (const auto part : merged.parts(campaign)) {
      read_links(part, part, links);
    }
  }
  unite_links(merged, links);
  return links;
}

std::vector<StoredLink> Catalog::links(CampaignId campaign) {
  std::vector<StoredLink> links;
  auto query =
      m_database->use("SELECT number, identity, url FROM link WHERE campaign = ?1 ORDER BY number");
  query.bind(campaign);
  while (query.step()) {
    links.push_back({static_cast<LinkNumber>(query.integer(0)),
                     std::string(query.text(1)),
                     std::string(query.text(2)),
                     {}});
  }
  return links;
}

void Catalog::add_link(CampaignId campaign, LinkNumber number, std::string_view identity,
                       std::string_view url) {
  m_database
      ->use("INSERT INTO link VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET url = min(url, "
            "excluded.url)")
      .bind(campaign, static_cast<int>(number), identity, url)
      .run();
}

void Catalog::note_event_times(CampaignId id, Seconds first, Seconds last) {
  m_database
      ->use("UPDATE campaign SET first_event = min(coalesce(first_event, ?2), ?2), last_event = "
            "max(coalesce(last_event, ?3), ?3) WHERE id = ?1")
      .bind(id, first, last)
      .run();
}

void Catalog::add_placement(CampaignId campaign, LinkNumber number, const LinkPlacement& p) {
  const int stage = p.stage ? static_cast<int>(*p.stage) : -1;
  m_database->use("INSERT OR IGNORE INTO placement VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
      .bind(campaign, static_cast<int>(number), p.text, p.alias, stage, static_cast<int>(p.footer))
      .run();
}

std::vector<LinkByHand> Catalog::links_by_hand() {
  std::vector<LinkByHand> rows;
  auto query = m_database->use(
      "SELECT id, pattern, campaign, stage, valid_from FROM link_by_hand ORDER BY id");
  while (query.step()) {
    auto& row = rows.emplace_back();
    row.id = query.integer(0);
    row.pattern = query.text(1);
    row.campaign = query.text(2);
    row.stage = stage_of(query.integer(3), "link_by_hand");
    row.valid_from = query.integer(4);
  }
  return rows;
}

void Catalog::set_link_by_hand(const LinkByHand& entry) {
  const int stage = entry.stage ? static_cast<int>(*entry.stage) : -1;
  m_database
      ->use(
          "INSERT INTO link_by_hand(pattern, campaign, stage, valid_from) VALUES (?1, ?2, ?3, ?4)")
      .bind(entry.pattern, entry.campaign, stage, entry.valid_from)
      .run();
}

void Catalog::add_coverage(const Coverage& c) {
  m_database->use("INSERT OR IGNORE INTO coverage VALUES (?1, ?2, ?3, ?4)")
      .bind(c.account, c.starts, c.ends, c.source)
      .run();
}

void Catalog::extend_coverage(std::uint32_t account, std::string_view source, Seconds now,
                              Seconds gap) {
  auto grow = m_database->use("UPDATE coverage SET ends = max(ends, ?3) WHERE account = ?1 AND "
                              "source = ?2 AND ends >= ?3 - ?4");
  grow.bind(account, source, now, gap).run();
  if (m_database->changes() == 0) {
    add_coverage({account, now, now, std::string(source)});
  }
}

std::vector<Coverage> Catalog::coverage() {
  std::vector<Coverage> rows;
  auto query = m_database->use(
      "SELECT account, starts, ends, source FROM coverage ORDER BY account, starts, ends");
  while (query.step()) {
    rows.push_back({static_cast<std::uint32_t>(query.integer(0)), query.integer(1),
                    query.integer(2), std::string(query.text(3))});
  }
  return rows;
}

std::uint16_t Catalog::word_id(std::string_view text) {
  constexpr std::int64_t k_most = std::numeric_limits<std::uint16_t>::max(); // in an event
  m_database
      ->use("INSERT OR IGNORE INTO word(text) SELECT ?1 WHERE (SELECT coalesce(max(id), 0) FROM "
            "word) < ?2")
      .bind(text, k_most)
      .run();
  auto query = m_database->use("SELECT id FROM word WHERE text = ?1 AND id <= ?2");
  return query.bind(text, k_most).step() ? static_cast<std::uint16_t>(query.integer(0))
                                         : std::uint16_t{0};
}

std::string Catalog::word(std::uint32_t id) {
  auto query = m_database->use("SELECT text FROM word WHERE id = ?1");
  query.bind(id);
  return query.step() ? std::string(query.text(0)) : std::string();
}

} // namespace mailfunnel
