#include "app/earlier_moments.hpp"

namespace mailfunnel {

void EarlierMoments::add(const Expression& expression, Seconds as_of, Worlds& worlds) {
  for (const auto& part : expression.parts) {
    add(part, as_of, worlds);
  }
  if (expression.ago) {
    const auto moment = as_of - *expression.ago;
    if (!m_moments.contains(moment)) {
      m_moments.emplace(moment, Moment{worlds.at(moment), {m_store.database(), moment}});
    }
  }
}

const World& EarlierMoments::OfChunk::world(Seconds as_of) const {
  return *m_moments.m_moments.at(as_of).world;
}

const ManualSuppression* EarlierMoments::OfChunk::suppressed(Seconds as_of) const {
  return m_moments.m_moments.at(as_of).suppressed.of_chunk(m_chunk);
}

EarlierMoments::OfPerson::OfPerson(const EarlierMoments& moments, std::optional<RecipientId> id)
    : m_moments(moments) {
  for (const auto& [time, moment] : moments.m_moments) {
    if (const auto bits = id ? moment.suppressed.of(*id) : std::uint8_t{0}; bits != 0) {
      m_suppressed[time].emplace(0, bits);
    }
  }
}

const World& EarlierMoments::OfPerson::world(Seconds as_of) const {
  return *m_moments.m_moments.at(as_of).world;
}

const ManualSuppression* EarlierMoments::OfPerson::suppressed(Seconds as_of) const {
  const auto found = m_suppressed.find(as_of);
  return found == m_suppressed.end() ? nullptr : &found->second;
}

} // namespace mailfunnel
