#include "app/folded_clicks.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"

namespace mailfunnel {

namespace {
constexpr std::size_t k_most = 2'000'000; // clicks of one sync: some 50 MB
} // namespace

void FoldedClicks::accept(const EventView& event) {
  m_to.accept(event);
  if (event.kind != EventKind::click || event.time.seconds <= m_after || m_full) {
    return;
  }
  m_key = event.campaign;
  m_key += '\x1f';
  m_key += lower(event.address.empty() ? event.contact_id : event.address);
  m_key += '\x1f';
  m_key += std::to_string(event.time.seconds);
  m_key += '\x1f';
  const auto person = m_key.size();
  m_key += event.link;
  if (!m_clicks.insert(hash64(m_key)).second) {
    return; // told twice
  }
  m_key.resize(person);
  m_key += link_identity(unwrap(event.link), m_strip);
  if (!m_folded.insert(hash64(m_key)).second) {
    ++m_counts[std::string(event.campaign)];
  }
  if (m_clicks.size() > k_most) {
    m_full = true;
    m_counts.clear();
    m_clicks = {};
    m_folded = {};
  }
}

} // namespace mailfunnel
