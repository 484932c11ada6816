#include "funnel/tagger.hpp"

#include "base/text.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

using namespace mailfunnel;

namespace {

struct Case {
  std::string stage, evidence, url, text, place, note;
  int line = 0;
};

std::vector<Case> cases() {
  std::vector<Case> out;
  std::ifstream file(MF_SOURCE_DIR "/tests/unit/funnel/tagger_cases.tsv");
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.empty() || line[0] == '#') {
      continue;
    }
    const auto fields = split(line, '\t');
    REQUIRE(fields.size() == 6);
    const auto field = [&](std::size_t i) {
      return fields[i] == "-" ? std::string{} : std::string(fields[i]);
    };
    out.push_back({field(0), field(1), field(2), field(3), field(4), field(5), number});
  }
  return out;
}

std::string_view name_of(TagSource source) {
  constexpr std::string_view k_names[] = {"by_hand",      "rule",    "explicit_mark", "parameter",
                                          "housekeeping", "section", "path_word",     "text_word",
                                          "file_type",    "nothing"};
  return k_names[static_cast<int>(source)];
}

StageRule rule_of(Stage stage, std::string StageRule::*field, std::string pattern) {
  StageRule rule;
  rule.stage = stage;
  rule.*field = std::move(pattern);
  return rule;
}

Tag tag_of(const Tagger& tagger, std::string_view url, std::vector<Placement> placements = {}) {
  return tagger.tag({.url = url, .placements = placements});
}

} // namespace

TEST_CASE("tagger: the table of cases") {
  const Tagger tagger{TaggingRules{}};
  const auto all = cases();
  CHECK(all.size() >= 400);
  std::size_t right = 0;
  for (const auto& one : all) {
    const auto placements =
        std::vector<Placement>{{.text = one.text, .footer = one.place == "footer"}};
    const auto tag = tag_of(tagger, one.url, placements);
    INFO("tagger_cases.tsv:" << one.line << ": " << one.url << " " << one.text << " (" << one.note
                             << "): " << tag.why);
    CHECK(std::string(mailfunnel::name_of(tag.stage)) == one.stage);
    CHECK((one.evidence.empty() || name_of(tag.source) == one.evidence));
    CHECK((tag.source == TagSource::nothing) == tag.why.empty());
    right += mailfunnel::name_of(tag.stage) == one.stage ? 1 : 0;
  }
  MESSAGE(right << " of " << all.size() << " as wanted");
}

TEST_CASE("tagger: stronger evidence goes first") {
  TaggingRules rules;
  rules.rules = {rule_of(Stage::mofu, &StageRule::url, "*/prijzen*")};
  const Tagger tagger(rules);
  const std::string url = "https://www.example.com/prijzen?utm_content=tofu-x";
  const std::vector<Placement> marked{{.stage = Stage::bofu}};
  const auto by_hand = tagger.tag({.url = url, .by_hand = Stage::none, .placements = marked});
  CHECK(by_hand.stage == Stage::none);
  CHECK(by_hand.source == TagSource::by_hand);
  const auto by_rule = tag_of(tagger, url, marked);
  CHECK(by_rule.stage == Stage::mofu);
  CHECK(by_rule.source == TagSource::rule);
  CHECK(by_rule.why == "rule url */prijzen*");

  const Tagger plain{TaggingRules{}};
  CHECK(tag_of(plain, url, marked).source == TagSource::explicit_mark);
  CHECK(tag_of(plain, url).stage == Stage::tofu);
  CHECK(tag_of(plain, url).why == "utm_content \"tofu-x\"");
  CHECK(tag_of(plain, "https://www.example.com/prijzen").why == "section \"prijzen\"");
  CHECK(tag_of(plain, "https://www.example.com/x/offerte").why == "word \"offerte\" in the path");
}

TEST_CASE("tagger: the user's rules") {
  struct Row {
    const char* name;
    std::string StageRule::*field;
    const char* pattern;
    bool wanted;
  };
  const std::string url = "https://www.example.com/Offerte/stap-1?utm_content=knop&x=1";
  const std::vector<Placement> placements{{.text = "Vraag aan"}, {.text = "Prijs"}};
  for (const auto& row : {
           Row{"URL", &StageRule::url, "*/offerte*", true},
           Row{"URL, whole", &StageRule::url, "offerte", false},
           Row{"path", &StageRule::url, "/offerte/*", true},
           Row{"other path", &StageRule::url, "/prijs*", false},
           Row{"host", &StageRule::host, "*.example.com", true},
           Row{"other host", &StageRule::host, "example.com", false},
           Row{"text of one placement", &StageRule::text, "prijs", true},
           Row{"no such text", &StageRule::text, "koop", false},
           Row{"utm_content", &StageRule::utm_content, "kn?p", true},
           Row{"regular expression", &StageRule::regex, "stap-\\d", true},
           Row{"other regular expression", &StageRule::regex, "stap-\\d\\d", false},
           Row{"broken regular expression", &StageRule::regex, "(", false},
           Row{"campaign's id", &StageRule::campaign, "c-1", true},
           Row{"campaign's name", &StageRule::campaign, "mei*", true},
           Row{"other campaign", &StageRule::campaign, "juni*", false},
           Row{"an empty rule matches nothing", &StageRule::url, "", false},
       }) {
    CAPTURE(std::string(row.name));
    auto rule = rule_of(Stage::mofu, row.field, row.pattern);
    rule.name = "mine";
    TaggingRules rules;
    rules.builtin = false;
    rules.rules = {rule};
    const auto tag = Tagger(rules).tag(
        {.url = url, .campaign_id = "c-1", .campaign_name = "Mei 2026", .placements = placements});
    CHECK((tag.source == TagSource::rule) == row.wanted);
    CHECK(tag.why == (row.wanted ? "rule mine" : ""));
  }
  TaggingRules both;
  both.builtin = false;
  both.rules = {rule_of(Stage::mofu, &StageRule::url, "*/offerte*")};
  both.rules[0].host = "example.org";
  CHECK(tag_of(Tagger(both), url).source == TagSource::nothing); // all that is given must match
}

TEST_CASE("tagger: the first rule that matches decides, also behind a wrapper") {
  TaggingRules rules;
  rules.rules = {rule_of(Stage::none, &StageRule::url, "/x*"),
                 rule_of(Stage::mofu, &StageRule::host, "www.example.com"),
                 rule_of(Stage::tofu, &StageRule::url, "*")};
  const Tagger tagger(rules);
  CHECK(tag_of(tagger, "https://www.example.com/x").stage == Stage::none);
  CHECK(tag_of(tagger, "https://www.google.com/url?q=https://www.example.com/prijzen").stage ==
        Stage::mofu);
  CHECK(tag_of(tagger, "https://example.org/prijzen").stage == Stage::tofu);
}

TEST_CASE("tagger: a merge tag begins within the first four characters") {
  const Tagger tagger{TaggingRules{}};
  for (const std::string url : {"{{unsubscribe_url}}", "go/{{unsubscribe_url}}"}) {
    CHECK(tag_of(tagger, url).why == "merge tag \"" + url + "\"");
  }
  CHECK_FALSE(tag_of(tagger, "goto{{unsubscribe_url}}").why.starts_with("merge tag"));
}

TEST_CASE("tagger: marks of the ESP") {
  const Tagger tagger{TaggingRules{}};
  struct Row {
    const char *name, *alias;
    Stage stage;
    TagSource source;
  };
  for (const auto& row : {
           Row{"stage as the alias", "BOFU", Stage::bofu, TagSource::explicit_mark},
           Row{"stage in the alias", "MOFU - case", Stage::mofu, TagSource::explicit_mark},
           Row{"none", "none", Stage::none, TagSource::explicit_mark},
           Row{"no whole word", "tofurky", Stage::untagged, TagSource::nothing},
           Row{"a word of the alias is weaker", "knop offerte", Stage::bofu, TagSource::text_word},
       }) {
    CAPTURE(std::string(row.name));
    const auto tag = tag_of(tagger, "https://www.example.com/x1", {{.alias = row.alias}});
    CHECK(tag.stage == row.stage);
    CHECK(tag.source == row.source);
  }
}

TEST_CASE("tagger: two placements that disagree") {
  const Tagger tagger{TaggingRules{}};
  const std::string url = "https://click.example.com/r/1";
  CHECK(tag_of(tagger, url, {{.text = "Lees het artikel"}, {.text = "Vraag een demo aan"}}).stage ==
        Stage::bofu);
  CHECK(tag_of(tagger, url, {{.text = "Vraag een demo aan"}, {.stage = Stage::tofu}}).stage ==
        Stage::tofu);
  CHECK(tag_of(tagger, url, {{.stage = Stage::tofu}, {.stage = Stage::mofu}}).stage == Stage::mofu);
  CHECK(tag_of(tagger, url, {{.stage = Stage::mofu}, {.alias = "MOFU"}}).why ==
        "stage given in the mailing"); // the first that says so
  CHECK(tag_of(tagger, "https://www.example.com/contact",
               {{.text = "Contact", .footer = true}, {.text = "Praat met ons"}})
            .stage == Stage::bofu);
}

TEST_CASE("tagger: own parameters, and nothing built in") {
  TaggingRules rules;
  rules.builtin = false;
  rules.parameters = {"fase"};
  const Tagger tagger(rules);
  CHECK(tag_of(tagger, "https://www.example.com/prijzen").stage == Stage::untagged);
  CHECK(tag_of(tagger, "https://www.example.com/unsubscribe").stage == Stage::untagged);
  CHECK(tag_of(tagger, "https://www.example.com/x?fase=mofu").stage == Stage::mofu);
  CHECK(tag_of(tagger, "https://www.example.com/x?phase=mofu").stage == Stage::untagged);
  CHECK(tag_of(tagger, "https://www.example.com/x?utm_term=bofu-x&fase=mofu").stage == Stage::bofu);
  CHECK(tag_of(tagger, "https://www.example.com/x?utm_term=bofu-x&utm_content=tofu").stage ==
        Stage::tofu);
}

TEST_CASE("tagger: regular expressions are checked") {
  CHECK(!check_regex("^https?://[^/]+/offerte"));
  CHECK(check_regex("(") != std::nullopt);
  CHECK(!check_regex("(")->empty());
  CHECK(check_regex("a(?=b)") != std::nullopt); // RE2 has no look-ahead
}

TEST_CASE("tagger: what is no URL is survived") {
  const Tagger tagger{TaggingRules{}};
  for (const std::string url : {"", " ", "/", "?", "#", "%", "://", "https://", "\xff\xfe",
                                "https://www.example.com/%ff%fe", "a b c", "{{", "https://./", "=",
                                "https://www.example.com/\xE2\x80\x93"}) {
    CAPTURE(url);
    CHECK(tag_of(tagger, url, {{.text = url, .alias = url}}).stage == Stage::untagged);
  }
  CHECK(tag_of(tagger, "https://www.example.com/" + std::string(1'000'000, '-') + "demo").stage ==
        Stage::untagged);
}

TEST_CASE("tagger: 10,000 links") {
  const Tagger tagger{TaggingRules{}};
  const auto all = cases();
  std::size_t tagged = 0;
  for (std::size_t i = 0; i < 10'000; ++i) {
    const auto& one = all[i % all.size()];
    const std::vector<Placement> placements{{.text = one.text}};
    tagged += tag_of(tagger, one.url, placements).stage == Stage::untagged ? 0 : 1;
  }
  CHECK(tagged > 5'000);
}
