#pragma once
// Mailings that are probably one, under two ids: one came by file, the other over the platform's
// API. `campaigns` lists them, `campaigns merge` makes them one, and `sync` asks before it doubles
// one.

#include "adapter/adapter.hpp"
#include "store/catalog.hpp"
#include "store/store.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace mailfunnel {

struct Twins {
  std::string account, by_file, by_api; // ids of the mailings
  std::string why;                      // "same name, same day"
};

/// Those in the store: the same account and within a day of each other; and an id, name or subject
/// in common, or nearly all recipients.
std::vector<Twins> probable_twins(Store& store);

/// "mailfunnel campaigns merge …": what makes them one.
std::string merge_command(const Twins& twins);

/// In front of a sync's records: finds mailings that a file brought under another id, and lets no
/// event of them through. One that has events from the API already is let through: it is there.
class TwinGuard : public RecordSink {
public:
  TwinGuard(RecordSink& to, Store& store, const std::string& account, bool allowed);

  Wants wants() const override { return m_to.wants(); }
  void accept(const EventView& event) override;
  void accept(const RecipientView& recipient) override { m_to.accept(recipient); }
  void accept(const Campaign& campaign, std::string_view record) override;
  void reject(std::string_view why, std::string_view record) override { m_to.reject(why, record); }
  void skip(std::string_view record) override { m_to.skip(record); }

  bool holds(std::string_view campaign) const { return m_held.contains(campaign); }
  /// Was an event held back since this was asked last?
  bool met() { return std::exchange(m_met, false); }
  std::vector<Twins> found() const;

private:
  void look(const StoredCampaign& campaign);
  RecordSink& m_to;
  std::string m_account;
  std::vector<StoredCampaign> m_by_file;            // of the account, with events
  std::set<std::string, std::less<>> m_known;       // have events from the API, or are merged
  std::map<std::string, Twins, std::less<>> m_held; // by the API's id
  bool m_allowed, m_met = false;
};

} // namespace mailfunnel
