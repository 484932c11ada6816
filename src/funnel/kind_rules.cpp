#include "funnel/kind_rules.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <initializer_list>

namespace mailfunnel {

namespace {

bool any_matches(const std::vector<std::string>& globs,
                 std::initializer_list<std::string_view> texts) {
  return globs.empty() || std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
           return std::any_of(texts.begin(), texts.end(),
                              [&glob](std::string_view text) { return glob_match(glob, text); });
         });
}

} // namespace

std::optional<CampaignKind> kind_by_rule(std::span<const KindRule> rules,
                                         const KindInput& mailing) {
  const auto rule = std::find_if(rules.begin(), rules.end(), [&mailing](const KindRule& r) {
    return any_matches(r.campaign, {mailing.id, mailing.name}) &&
           any_matches(r.subject, {mailing.subject}) && any_matches(r.account, {mailing.account});
  });
  return rule == rules.end() ? std::nullopt : std::optional(rule->kind);
}

} // namespace mailfunnel
