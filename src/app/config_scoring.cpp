// [scoring]: the points, how they fade, and their caps.

#include "app/config_sections.hpp"

#include <fmt/format.h>

namespace mailfunnel {

namespace {

void caps_of_groups(Section section, ScoringRules& rules) {
  if (const auto floor = section.points_or_off("non_opens")) {
    rules.non_open_floor = *floor;
    if (*floor && **floor > 0) {
      section.error("non_opens", "the floor of non-opens should be negative, or \"off\"");
    }
  }
  const Points once[] = {rules.click_tofu, rules.click_mofu, rules.click_bofu,
                         rules.open,       rules.page,       rules.download};
  for (std::size_t g = 0; g < k_capped_groups; ++g) {
    const auto name = name_of(static_cast<PointGroup>(g));
    const auto cap = section.points_or_off(name);
    if (!cap) {
      continue;
    }
    rules.caps[g] = *cap;
    if (*cap && **cap < 0) {
      section.error(name, "a cap is 0 or more, or \"off\"");
    } else if (*cap && **cap < once[g]) {
      section.warning(name, fmt::format("this cap is below the {} points of one event: is that "
                                        "meant?",
                                        format_points(once[g])));
    }
  }
  section.finish();
}

void profile(Section& section, Rules& rules) {
  const auto name = section.text("profile");
  if (!name) {
    return;
  }
  auto of_profile = profile_rules(*name);
  if (!of_profile) {
    section.error("profile",
                  fmt::format("there is no profile \"{}\", but \"standard\" and \"seed\"", *name));
    return;
  }
  rules.scoring = std::move(*of_profile);
  if (rules.scoring.profile == "standard") {
    rules.levels.engagement = {k_standard_cuts.begin(), k_standard_cuts.end()};
  }
}

void clicks(Section& section, ScoringRules& rules) {
  auto click = section.section("click", "`click`");
  if (!click) {
    return;
  }
  rules.click_tofu = click->points("TOFU").value_or(rules.click_tofu);
  rules.click_mofu = click->points("MOFU").value_or(rules.click_mofu);
  rules.click_bofu = click->points("BOFU").value_or(rules.click_bofu);
  click->finish();
  if (rules.click_tofu > rules.click_mofu || rules.click_mofu > rules.click_bofu) {
    section.warning("click",
                    "a click deeper in the funnel is worth less than one above it: is that meant?");
  }
}

void points(Section& section, ScoringRules& rules) {
  struct Key {
    std::string_view name;
    Points ScoringRules::*into;
  };
  constexpr Key k_keys[] = {{"open", &ScoringRules::open},
                            {"non_open", &ScoringRules::non_open},
                            {"unsubscribe", &ScoringRules::unsubscribe},
                            {"complaint", &ScoringRules::complaint},
                            {"hard_bounce", &ScoringRules::hard_bounce},
                            {"soft_bounce", &ScoringRules::soft_bounce},
                            {"page", &ScoringRules::page},
                            {"download", &ScoringRules::download},
                            {"webinar", &ScoringRules::webinar},
                            {"form", &ScoringRules::form},
                            {"contact_form", &ScoringRules::contact_form},
                            {"signup", &ScoringRules::signup},
                            {"conversion", &ScoringRules::conversion}};
  for (const auto& [name, into] : k_keys) {
    rules.*into = section.points(name).value_or(rules.*into);
  }
}

void half_life(Section& section, ScoringRules& rules) {
  if (const auto text = section.text("half_life"); text && *text == "off") {
    rules.half_life = 0;
  } else if (const auto length = section.duration("half_life")) {
    if (*length < k_day || *length % k_day != 0 || *length > 3650 * k_day) {
      section.error("half_life", "a half-life is a number of whole days from 1 to 3650, such as "
                                 "\"90d\", or \"off\"");
    } else {
      rules.half_life = static_cast<std::uint32_t>(*length / k_day);
    }
  }
}

void caps(Section& section, ScoringRules& rules) {
  const auto* node = section.table().get("caps");
  if (node != nullptr && node->is_string()) {
    if (section.choice("caps", {"off"})) {
      rules.caps = {};
      rules.non_open_floor.reset();
    }
  } else if (auto table = section.section("caps", "`caps`")) {
    caps_of_groups(std::move(*table), rules);
  }
}

} // namespace

void read_scoring(Section& top, Config& config) {
  auto section = top.section("scoring", "[scoring]");
  if (!section) {
    return;
  }
  auto& rules = config.rules.scoring;
  profile(*section, config.rules);
  clicks(*section, rules);
  points(*section, rules);
  rules.implied_open = section->flag("implied_open").value_or(rules.implied_open);
  rules.non_open_after = section->duration("non_open_after").value_or(rules.non_open_after);
  if (const auto measurable = section->choice("measurable", {"fair", "simple"})) {
    rules.measurable = static_cast<Measurable>(*measurable);
  }
  if (const auto repeat =
          section->choice("repeat", {"once-per-link", "once-per-mailing", "every"})) {
    rules.repeat = static_cast<Repeat>(*repeat);
  }
  half_life(*section, rules);
  if (rules.non_open > 0 || rules.unsubscribe > 0 || rules.complaint > 0) {
    section->warning("non_open", "not opening, or leaving, gives points: is that meant?");
  }
  caps(*section, rules);
  section->finish();
}

} // namespace mailfunnel
