#pragma once
// Mailings that count as one (`mailfunnel campaigns merge`): a mailing that came by file under one
// id and over the API under another. Nothing is moved: the parts stay rows of their own, which
// imports go on filling, and are united whenever they are read. So it can be undone.

#include "model/activity.hpp"
#include "store/database.hpp"

#include <span>
#include <unordered_map>
#include <vector>

namespace mailfunnel {

/// Into one mailing: more would not leave their links numbers of their own.
constexpr std::size_t k_most_parts = 5;

class MergedCampaigns {
public:
  explicit MergedCampaigns(Database& database);

  bool empty() const { return m_whole.empty(); }
  /// What the mailing counts as; itself where it was not merged into another.
  CampaignId whole(CampaignId campaign) const;
  /// What was merged into it, without itself.
  std::span<const CampaignId> parts(CampaignId whole) const;
  /// The number that a part's link has in the whole: that of the same link, else one beyond those
  /// of the whole's own.
  LinkNumber link(CampaignId campaign, LinkNumber number) const;
  /// Adds the events of a part to those of the whole, with the whole's links.
  void add_part(CampaignId part, const EventColumns& columns, std::vector<EventRow>& rows) const;

private:
  void number_links(Database& database, CampaignId whole, const std::vector<CampaignId>& parts);
  std::unordered_map<CampaignId, CampaignId> m_whole;              // of parts
  std::unordered_map<CampaignId, std::vector<CampaignId>> m_parts; // by id
  std::unordered_map<std::uint64_t, LinkNumber> m_links;           // part << 16 | number
};

/// Adds the rows to a set, each event once.
void append_united(std::vector<EventRow>& rows, EventKind kind, EventColumns& columns);

} // namespace mailfunnel
