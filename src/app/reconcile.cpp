#include "app/reconcile.hpp"

#include "store/catalog.hpp"
#include "store/sync_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

namespace mailfunnel {

namespace {

/// Why two counts of one mailing differ.
struct Reason {
  std::string_view name, text;
};
constexpr Reason k_no_names{"no_names", "the platform does not say to whom it was sent"};
constexpr Reason k_deleted{"deleted",
                           "people who were deleted at the platform are not told by name"};
constexpr Reason k_opens{
    "opens", "the platform leaves out machines, or counts opens of one second as several"};
constexpr Reason k_unique_opens{
    "unique_opens",
    "the platform counts readers who clicked without an open, or leaves out machines"};
constexpr Reason k_open_of_whom{"open_of_whom",
                                "the platform does not say of every open whose it was"};
constexpr Reason k_clicks{"clicks", "the platform counts clicks of one second as several"};
constexpr Reason k_machines{"machines", "the platform leaves out machines"};
constexpr Reason k_hard_bounces{"hard_bounces", "the platform sorts bounces otherwise"};
constexpr Reason k_soft_bounces{
    "soft_bounces", "the platform sorts bounces otherwise, or counts one that turned hard"};
constexpr Reason k_unsubscribes{"unsubscribes",
                                "the platform counts who left in another way after this mailing"};
constexpr Reason k_complaints{"complaints", "the platform does not name everybody who complained"};
constexpr Reason k_unread{"unread", "not all pages of the mailing were read yet: sync again"};
constexpr Reason k_erased{"erased", "people who were erased are not counted any more"};
constexpr Reason k_not_pulled{
    "not_pulled", "it was not pulled: the key may not see it, or it is older than the sync"};
constexpr Reason k_ours_more{
    "ours_more", "the platform took some out after they were pulled, or another source told them"};

/// What a mailing's events add up to.
struct Counted {
  std::uint64_t events = 0;
  std::set<RecipientId> people;
};

class Mailing {
public:
  Mailing(Database& database, CampaignId campaign) : m_activity(database), m_campaign(campaign) {
    m_chunks = (std::uint64_t{Recipients(database).count()} + k_chunk_size - 1) >> k_chunk_bits;
  }

  Counted of(EventKind kind, const std::function<bool(std::uint16_t evidence)>& takes = {}) {
    Counted out;
    for (std::uint32_t chunk = 0; chunk < m_chunks; ++chunk) {
      EventColumns columns;
      if (!m_activity.load_set(chunk, m_campaign, kind, columns)) {
        continue;
      }
      for (std::size_t i = 0; i < columns.recipient.size(); ++i) {
        if (!takes || takes(columns.evidence.empty() ? std::uint16_t{0} : columns.evidence[i])) {
          ++out.events;
          out.people.insert(chunk << k_chunk_bits | columns.recipient[i]);
        }
      }
    }
    return out;
  }

  Counted bounces(BounceClass least, BounceClass most) {
    return of(EventKind::bounce, [=](std::uint16_t evidence) {
      const auto klass = bounce_class_of(evidence);
      return klass >= least && klass <= most;
    });
  }

private:
  Activity m_activity;
  CampaignId m_campaign;
  std::uint64_t m_chunks;
};

bool by_machine(std::uint16_t bits) {
  return (bits & (evidence::esp_machine_flag | evidence::privacy_proxy)) != 0;
}

class Reconciler {
public:
  Reconciler(Database& database, const StoredCampaign& campaign, const EspTotals& totals,
             const Capabilities& can, bool asked, ReconciledMailing& out)
      : m_mailing(database, campaign.id), m_totals(totals), m_can(can), m_asked(asked), m_out(out) {
    auto erased = database.use("SELECT coalesce(max(events), 0) FROM erased_activity WHERE "
                               "campaign = ?1");
    erased.bind(campaign.id).step();
    m_erased = static_cast<std::uint64_t>(erased.integer(0));
  }

  void run() {
    const auto sent = m_mailing.of(EventKind::sent).people;
    const auto delivered = m_mailing.of(EventKind::delivered).people;
    const auto hard = m_mailing.bounces(BounceClass::hard, BounceClass::hard).people;
    auto soft = m_mailing.bounces(BounceClass::none, BounceClass::block).people;
    for (const auto person : hard) {
      soft.erase(person);
    }
    auto everybody = sent;
    everybody.insert(delivered.begin(), delivered.end());
    everybody.insert(hard.begin(), hard.end());
    everybody.insert(soft.begin(), soft.end());
    const auto lost = sent.empty() && delivered.empty() ? k_no_names : k_deleted;
    compare("sent", everybody.size(), lost);
    std::uint64_t arrived = delivered.size();
    if (!m_can.delivery_events) {
      arrived = static_cast<std::uint64_t>(
          std::count_if(everybody.begin(), everybody.end(), [&](RecipientId person) {
            return !hard.contains(person) && !soft.contains(person);
          }));
    }
    compare("delivered", arrived, lost);
    const auto opens = m_mailing.of(EventKind::open);
    compare("opens", opens.events, k_opens);
    compare("unique_opens", opens.people.size(), k_unique_opens);
    compare(
        "unique_opens_by_people",
        m_mailing.of(EventKind::open, [](auto bits) { return !by_machine(bits); }).people.size(),
        k_open_of_whom);
    const auto clicks = m_mailing.of(EventKind::click);
    const auto folded = m_totals.find(k_folded_clicks);
    compare("clicks",
            clicks.events +
                (folded == m_totals.end() ? 0 : static_cast<std::uint64_t>(folded->second)),
            k_clicks);
    compare("unique_clicks", clicks.people.size(), k_machines);
    compare("hard_bounces", hard.size(), k_hard_bounces);
    compare("soft_bounces", soft.size(), k_soft_bounces);
    compare("unsubscribes", m_mailing.of(EventKind::unsubscribe).people.size(), k_unsubscribes);
    compare("complaints", m_mailing.of(EventKind::complaint).people.size(), k_complaints);
  }

private:
  void compare(const std::string& name, std::uint64_t ours, const Reason& usual) {
    const auto found = m_totals.find(name);
    if (found == m_totals.end()) {
      return;
    }
    ReconciledFigure figure{name, ours, static_cast<std::uint64_t>(found->second), {}, {}};
    if (figure.ours != figure.theirs) {
      const auto& reason = m_asked                                                    ? k_unread
                           : ours < figure.theirs && figure.theirs - ours <= m_erased ? k_erased
                           : ours == 0                                                ? k_not_pulled
                           : ours > figure.theirs                                     ? k_ours_more
                                                                                      : usual;
      figure.why = reason.text;
      figure.reason = reason.name;
    }
    m_out.figures.push_back(std::move(figure));
  }

  Mailing m_mailing;
  const EspTotals& m_totals;
  const Capabilities& m_can;
  bool m_asked;               // requests of the mailing are left
  std::uint64_t m_erased = 0; // events of one kind at most of people who were erased
  ReconciledMailing& m_out;
};

} // namespace

double ReconciledFigure::off() const {
  const auto difference = std::abs(static_cast<double>(ours) - static_cast<double>(theirs));
  return theirs == 0 ? (ours == 0 ? 0 : 1) : difference / static_cast<double>(theirs);
}

Result<std::vector<ReconciledMailing>> reconcile(Store& store, const Workspace& workspace,
                                                 const std::string& campaign) {
  auto& database = store.database();
  Catalog catalog(database);
  std::vector<ReconciledMailing> out;
  for (const auto& account : catalog.accounts()) {
    SyncState state(database, account.id);
    const auto totals = state.totals();
    const auto* adapter = workspace.registry.find(account.adapter);
    const auto can = adapter == nullptr ? Capabilities{} : adapter->capabilities();
    std::string left;
    for (const auto& [id, task] : state.tasks()) {
      left += task;
    }
    for (const auto& stored : catalog.campaigns()) {
      const auto& one = stored.campaign;
      auto ids = stored.others; // any of them may be the platform's
      ids.insert(ids.begin(), one.id);
      const auto told =
          std::find_if(ids.begin(), ids.end(), [&](const auto& id) { return totals.contains(id); });
      if (stored.account != account.id || told == ids.end() ||
          (!campaign.empty() && campaign != one.name &&
           std::find(ids.begin(), ids.end(), campaign) == ids.end())) {
        continue;
      }
      ReconciledMailing mailing{account.name,
                                one.id,
                                one.name.empty() ? one.subject : one.name,
                                one.sent_at.value_or(stored.first_event.value_or(0)),
                                state.totals_at(*told),
                                {}};
      const bool asked = left.find('"' + *told + '"') != std::string::npos;
      Reconciler(database, stored, totals.at(*told), can, asked, mailing).run();
      out.push_back(std::move(mailing));
    }
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.sent_at > b.sent_at; });
  if (out.empty()) {
    return Error{ErrorCode::not_found,
                 campaign.empty() ? "no platform told totals yet: `mailfunnel sync` asks for them"
                                  : "of no mailing \"" + campaign + "\" the platform told totals"};
  }
  return out;
}

} // namespace mailfunnel
