// Rules turned one by one, and the file that says so.

#include "app/rule_knobs.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

namespace mailfunnel {
namespace {

constexpr std::string_view k_config = R"toml(
[[stage]]
stage = "BOFU"
url = "*/offerte*"
[scoring]
profile = "standard"
click = { TOFU = 3 }
[[fit]]
name = "decides"
group = "title"
attribute = "job_title"
words = ["ceo"]
points = 12
[levels]
engagement = [22, 10]
[status]
matrix = { A1 = "SQL", B1 = "SQL", C1 = "MQL", A2 = "MQL", B2 = "MQL", C2 = "MQL", A3 = "MQL", B3 = "soft", C3 = "soft" }
)toml";

Rules rules_from(std::string_view text) {
  auto loaded = parse_config(text, "test.toml");
  for (const auto& problem : loaded.problems) {
    FAIL(problem.text());
  }
  return loaded.config.rules;
}

std::map<std::string, std::string> values_of(const Rules& rules) {
  std::map<std::string, std::string> out;
  for (const auto& knob : knobs_of(rules)) {
    CHECK(out.emplace(knob.key, knob.value).second);
  }
  return out;
}

TEST_CASE("what is not turned says the same rules") {
  const auto rules = rules_from(k_config);
  const auto file = rules_file(rules, {}, "");
  REQUIRE(file.has_value());
  const auto again = rules_from(*file);
  CHECK(values_of(again) == values_of(rules));
  CHECK(again.tagging.rules.size() == 1);
  CHECK(again.fit.rules.at(0).words == rules.fit.rules.at(0).words);
}

TEST_CASE("each knob can be turned, and nothing else turns with it") {
  const auto rules = rules_from(k_config);
  for (const auto& knob : knobs_of(rules)) {
    CAPTURE(knob.key);
    std::string to = "1";
    if (knob.kind == KnobKind::days || knob.kind == KnobKind::fading) {
      to = "13d";
    } else if (knob.kind == KnobKind::choice) {
      to = knob.choices.front() == knob.value ? knob.choices.back() : knob.choices.front();
    } else if (knob.key == "levels.engagement.0") {
      to = "30.5"; // cuts fall
    } else if (knob.key == "levels.fit.0") {
      to = "44";
    } else if (knob.high <= 0) {
      to = "-3.5";
    }
    if (knob.key.starts_with("status.matrix") || knob.key == "status.model") {
      continue; // below, as not every matrix is good
    }
    const auto file = rules_file(rules, {{knob.key, to}}, "");
    REQUIRE(file.has_value());
    auto loaded = parse_config(*file, "rules", false);
    REQUIRE(loaded.good());
    auto wanted = values_of(rules);
    wanted[knob.key] = to;
    CHECK(values_of(loaded.config.rules) == wanted);
  }
}

TEST_CASE("a cell of the matrix, a cap off, a half-life off, and what stands over it all") {
  const auto rules = rules_from(k_config);
  const auto file = rules_file(rules,
                               {{"status.matrix.B3", "MQL"},
                                {"scoring.caps.BOFU", "off"},
                                {"scoring.half_life", "0"},
                                {"scoring.click.MOFU", "4,5"},
                                {"no.such", "1"}},
                               "[[stage]]\nstage = \"NONE\"\nurl = \"*\"\n"
                               "[scoring]\nclick = { BOFU = 33 }\n");
  REQUIRE(file.has_value());
  const auto turned = rules_from(*file);
  auto wanted = values_of(rules);
  wanted["status.matrix.B3"] = "MQL";
  wanted["scoring.caps.BOFU"] = "off";
  wanted["scoring.half_life"] = "off";
  wanted["scoring.click.MOFU"] = "4.5";
  wanted["scoring.click.BOFU"] = "33";
  CHECK(values_of(turned) == wanted);
  REQUIRE(turned.tagging.rules.size() == 2);
  CHECK(turned.tagging.rules[0].stage == Stage::none); // before what was there
}

TEST_CASE("mistakes are told") {
  const auto rules = rules_from(k_config);
  const auto value = rules_file(rules, {{"scoring.open", "lots"}}, "");
  REQUIRE(!value.has_value());
  CHECK(value.error().message == "open: \"lots\" is no value for it");
  const auto toml = rules_file(rules, {}, "[scoring]\nclick = {");
  REQUIRE(!toml.has_value());
  CHECK(toml.error().line == 2);
}

TEST_CASE("the rules that init writes, and those of none, can be turned") {
  for (const auto text : {starter_config(), std::string_view()}) {
    const auto rules = rules_from(text);
    const auto file = rules_file(rules, {{"scoring.caps.opens", "7"}}, "");
    REQUIRE(file.has_value());
    auto wanted = values_of(rules);
    wanted["scoring.caps.opens"] = "7";
    CHECK(values_of(rules_from(*file)) == wanted);
  }
}

} // namespace
} // namespace mailfunnel
