// [links], [[kind]], [[stage]], [tagging]: what a mailing and a link in it are.

#include "app/config_sections.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace mailfunnel {

namespace {

/// Does `rule` match every link that `later` does? By equal patterns, and fewer of them.
bool takes_all_of(const StageRule& rule, const StageRule& later) {
  constexpr std::string StageRule::*k_patterns[] = {&StageRule::url,   &StageRule::host,
                                                    &StageRule::text,  &StageRule::utm_content,
                                                    &StageRule::regex, &StageRule::campaign};
  return std::all_of(std::begin(k_patterns), std::end(k_patterns), [&](auto pattern) {
    return (rule.*pattern).empty() || iequals(rule.*pattern, later.*pattern);
  });
}

void read_kind(Section section, Config& config) {
  KindRule rule;
  const auto name = section.text("kind");
  const auto kind = name ? campaign_kind(*name) : std::nullopt;
  if (!kind) {
    section.error("kind", "`kind` in [[kind]] should be \"campaign\", \"automation\", "
                          "\"transactional\" or \"test\"");
  }
  rule.kind = kind.value_or(CampaignKind::campaign);
  rule.campaign = section.texts("campaign");
  rule.subject = section.texts("subject");
  rule.account = section.texts("account");
  if (rule.campaign.empty() && rule.subject.empty() && rule.account.empty()) {
    section.error_here("a [[kind]] needs at least one of campaign, subject, account");
  }
  section.finish();
  config.rules.kinds.push_back(std::move(rule));
}

void read_stage(Section section, Config& config) {
  StageRule rule;
  const auto name = section.text("stage");
  const auto stage = name ? parse_stage(*name) : std::nullopt;
  if (!stage) {
    section.error("stage",
                  "`stage` in [[stage]] should be \"TOFU\", \"MOFU\", \"BOFU\" or \"NONE\"");
  }
  rule.stage = stage.value_or(Stage::none);
  rule.url = section.text("url").value_or("");
  rule.host = section.text("host").value_or("");
  rule.text = section.text("text").value_or("");
  rule.utm_content = section.text("utm_content").value_or("");
  rule.regex = section.text("regex").value_or("");
  rule.campaign = section.text("campaign").value_or("");
  rule.name = section.text("name").value_or("");
  if (!rule.regex.empty()) {
    if (const auto complaint = check_regex(rule.regex)) {
      section.error("regex", "this regex does not compile: " + *complaint);
      rule.regex.clear();
    }
  } else if (rule.url.empty() && rule.host.empty() && rule.text.empty() &&
             rule.utm_content.empty()) {
    section.error_here("a [[stage]] needs at least one of url, host, text, utm_content, regex");
  }
  section.finish();
  auto& rules = config.rules.tagging.rules;
  const auto before = std::find_if(rules.begin(), rules.end(), [&rule](const StageRule& other) {
    return takes_all_of(other, rule);
  });
  if (before != rules.end()) {
    section.warning("stage", fmt::format("this rule can never match: rule \"{}\" before it takes "
                                         "every link that it could",
                                         name_of(*before)));
  }
  rules.push_back(std::move(rule));
}

} // namespace

void read_links(Section& top, Config& config) {
  if (auto section = top.section("links", "[links]")) {
    const auto strip = section->texts("strip");
    config.strip.parameters.insert(config.strip.parameters.end(), strip.begin(), strip.end());
    section->finish();
  }
}

void read_kinds(Section& top, Config& config) {
  for (auto& section : top.sections("kind", "[[kind]]")) {
    read_kind(std::move(section), config);
  }
}

void read_stages(Section& top, Config& config) {
  for (auto& section : top.sections("stage", "[[stage]]")) {
    read_stage(std::move(section), config);
  }
}

void read_tagging(Section& top, Config& config) {
  if (auto section = top.section("tagging", "[tagging]")) {
    auto& rules = config.rules.tagging;
    rules.builtin = section->flag("builtin").value_or(rules.builtin);
    if (const auto untagged = section->choice("untagged", {"TOFU", "none"})) {
      rules.untagged_is_tofu = *untagged == 0;
    }
    rules.parameters = section->texts("parameters");
    section->finish();
  }
}

} // namespace mailfunnel
