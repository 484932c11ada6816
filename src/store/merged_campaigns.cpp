#include "store/merged_campaigns.hpp"

#include "store/block.hpp"
#include "store/catalog.hpp"

#include <string>

namespace mailfunnel {

namespace {

constexpr std::uint64_t key_of(CampaignId campaign, LinkNumber number) {
  return std::uint64_t{campaign} << 16 | number;
}

} // namespace

MergedCampaigns::MergedCampaigns(Database& database) {
  auto query = database.use(
      "SELECT id, merged_into FROM campaign WHERE merged_into IS NOT NULL ORDER BY id");
  while (query.step()) {
    const auto part = static_cast<CampaignId>(query.integer(0)),
               whole = static_cast<CampaignId>(query.integer(1));
    m_whole.emplace(part, whole);
    m_parts[whole].push_back(part);
  }
  query.reset();
  for (const auto& [whole, parts] : m_parts) {
    number_links(database, whole, parts);
  }
}

void MergedCampaigns::number_links(Database& database, CampaignId whole,
                                   const std::vector<CampaignId>& parts) {
  Catalog catalog(database);
  std::unordered_map<std::string, LinkNumber> known;
  for (const auto& link : catalog.links(whole)) {
    known.emplace(link.identity, link.number);
  }
  LinkNumber first = k_most_links; // of the part: its links follow
  for (const auto part : parts) {
    for (const auto& link : catalog.links(part)) {
      const auto fresh =
          link.number == k_other_link ? k_other_link : static_cast<LinkNumber>(first + link.number);
      m_links[key_of(part, link.number)] = known.emplace(link.identity, fresh).first->second;
    }
    first = static_cast<LinkNumber>(first + k_most_links);
  }
}

CampaignId MergedCampaigns::whole(CampaignId campaign) const {
  const auto found = m_whole.find(campaign);
  return found == m_whole.end() ? campaign : found->second;
}

std::span<const CampaignId> MergedCampaigns::parts(CampaignId whole) const {
  const auto found = m_parts.find(whole);
  return found == m_parts.end() ? std::span<const CampaignId>() : found->second;
}

LinkNumber MergedCampaigns::link(CampaignId campaign, LinkNumber number) const {
  const auto found = m_links.find(key_of(campaign, number));
  return found == m_links.end() ? number : found->second;
}

void MergedCampaigns::add_part(CampaignId part, const EventColumns& columns,
                               std::vector<EventRow>& rows) const {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    rows.push_back(columns.row(i));
    rows.back().link = link(part, rows.back().link);
  }
}

void append_united(std::vector<EventRow>& rows, EventKind kind, EventColumns& columns) {
  normalise_rows(rows, kind);
  for (const auto& row : rows) {
    columns.append(row);
  }
}

} // namespace mailfunnel
