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

} // namespace mailfunnel
