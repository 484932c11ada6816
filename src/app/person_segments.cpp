#include "app/person_segments.hpp"

#include "app/earlier_moments.hpp"
#include "app/push_people.hpp"

namespace mailfunnel {

std::vector<std::string> segments_with(Store& store, const Workspace& workspace,
                                       const FoundPerson& who, Seconds as_of) {
  const auto& config = workspace.config;
  PersonSource source(store.database(), who.id, who.key);
  if (source.empty() || source.address(0).empty()) {
    return {};
  }
  Worlds worlds(store, workspace, config.rules);
  const auto world = worlds.at(as_of);
  const Scorer scorer(config.rules, *world, as_of);
  ManualSuppression manual;
  if (who.id) {
    if (const auto bits = ManualSuppressions(store.database(), as_of).of(*who.id); bits != 0) {
      manual.emplace(0, bits);
    }
  }
  ChunkScores scores;
  scorer.score(source, &manual, scores);
  scorer.judge_status(source, scores);

  EarlierMoments moments(store);
  if (config.exclude_expression) {
    moments.add(*config.exclude_expression, as_of, worlds);
  }
  for (const auto& segment : config.segments) {
    moments.add(*segment.expression, as_of, worlds);
  }
  const EarlierMoments::OfPerson earlier(moments, who.id);
  const EvaluationContext context{scorer, source, scores, &earlier};
  const auto holds = [&context](const Expression& expression) {
    return evaluate(expression, context).test(0);
  };
  const bool excluded = config.exclude_expression && holds(*config.exclude_expression);
  std::vector<std::string> out;
  for (const auto& segment : config.segments) {
    const bool barred = (scores.suppressed[0] & barring(segment.use)) != 0 ||
                        (excluded && segment.use != SegmentUse::suppression);
    if (!barred && holds(*segment.expression)) {
      out.push_back(segment.name);
    }
  }
  return out;
}

} // namespace mailfunnel
