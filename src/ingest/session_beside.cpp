// What others wrote since a session looked at the store: an import beside this one, webhooks, the
// folding of the inbox. Numbers are given in order, so one that they gave to somebody, or to a
// link, may be one that this session gave to another. Before a batch is written theirs stay, and
// those of the session move.

#include "ingest/session.hpp"

#include <utility>

namespace mailfunnel {

/// Tells it once.
bool Session::others_wrote() {
  return std::exchange(m_version, m_store.database().version()) != m_version;
}

void Session::take_over_mailings(std::span<Harvest> harvests) {
  m_stored.reset(); // is as it was before
  m_asked = 0;
  for (auto& slot : m_campaigns) {
    const auto stored = stored_campaign(slot.account, slot.external_id, slot.send);
    if (!stored) {
      continue;
    }
    slot.id = stored->id;
    slot.sources |= stored->sources;
    if (slot.links_loaded) {
      choose_links(slot, harvests);
    }
  }
}

/// The numbers that the session knows may by now be another's.
void Session::follow_merged(std::span<Harvest> harvests) {
  if (const auto merged = m_recipients.merged(); !merged.empty()) {
    const auto followed = [&merged](std::uint32_t number) {
      const auto place = merged.find(number);
      return place == merged.end() ? number : place->second;
    };
    for (auto& harvest : harvests) {
      harvest.rows->renumber(followed);
      for (auto& person : harvest.attributes->people()) {
        person.recipient = followed(person.recipient);
      }
    }
  }
}

} // namespace mailfunnel
