#pragma once
// What was known at the earlier moments that `was … ago` asks for: looked up before a pass over the
// store, read by all its threads.

#include "app/workspace.hpp"
#include "funnel/expression.hpp"

#include <map>
#include <memory>
#include <optional>

namespace mailfunnel {

class EarlierMoments {
public:
  /// The store must live as long as this, `worlds` need not.
  explicit EarlierMoments(Store& store) : m_store(store) {}

  /// Makes the moments ready that the expression asks for, looked at from `as_of`.
  void add(const Expression& expression, Seconds as_of, Worlds& worlds);

  /// For the people of one chunk. Holds no longer than this.
  class OfChunk : public Earlier {
  public:
    OfChunk(const EarlierMoments& moments, std::uint32_t chunk)
        : m_moments(moments), m_chunk(chunk) {}
    const World& world(Seconds as_of) const override;
    const ManualSuppression* suppressed(Seconds as_of) const override;

  private:
    const EarlierMoments& m_moments;
    std::uint32_t m_chunk;
  };

  /// For one person alone, who is number 0. Holds no longer than this.
  class OfPerson : public Earlier {
  public:
    OfPerson(const EarlierMoments& moments, std::optional<RecipientId> id);
    const World& world(Seconds as_of) const override;
    const ManualSuppression* suppressed(Seconds as_of) const override;

  private:
    const EarlierMoments& m_moments;
    std::map<Seconds, ManualSuppression> m_suppressed;
  };

private:
  struct Moment {
    std::shared_ptr<const World> world;
    ManualSuppressions suppressed;
  };
  Store& m_store;
  std::map<Seconds, Moment> m_moments;
};

} // namespace mailfunnel
