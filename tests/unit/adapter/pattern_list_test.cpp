#include "adapter/pattern_list.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace mailfunnel {
namespace {

constexpr std::string_view k_crawlers[] = {
#include "adapter/crawler_agents.inc"
};

TEST_CASE("pattern list: the word that a pattern needs") {
  struct Row {
    const char *pattern, *word;
    bool plain;
  };
  for (const auto& row : {
           Row{"Googlebot/", "Googlebot/", true},
           Row{R"(\(StatusCake\))", "(StatusCake)", true},
           Row{"AdsBot-Google([^-]|$)", "AdsBot-Google", false},
           Row{"[wW]get", "get", false},
           Row{R"(\bDaum(oa)?/)", "Daum", false},
           Row{"abcd?efg*", "abc", false},
           Row{"ab+cde", "cde", false},
           Row{"abcd{2}e", "abc", false},
           Row{"^abc.defgh$", "defgh", false},
           Row{"([x)]abcdef)ghij", "ghij", false},
           Row{"[]abc]defg", "defg", false},
           Row{"abc|def", "", false},
           Row{"(?i)abcdef", "", false},
           Row{"ab", "", false},
           Row{R"(\x41bcdef)", "", false},
           Row{"[[:alpha:]]bcdef", "", false},
           Row{"abc(def", "", false},
           Row{"", "", false},
       }) {
    CAPTURE(row.pattern);
    bool plain = false;
    CHECK(needed_word(row.pattern, plain) == row.word);
    CHECK(plain == row.plain);
  }
}

TEST_CASE("pattern list: it says what one matcher of all patterns says") {
  std::string all;
  for (const auto pattern : k_crawlers) {
    all.append(all.empty() ? "(?:" : "|(?:").append(pattern) += ')';
  }
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(std::int64_t{64} << 20);
  const re2::RE2 matcher(all, options);
  const PatternList list(k_crawlers);
  std::mt19937 random(20261129); // NOLINT: the same every time
  int matched = 0;
  constexpr int k_rounds = 20'000;
  for (int round = 0; round < k_rounds; ++round) {
    // A robot as it may name itself, or nearly, in an agent.
    std::string agent = random() % 2 == 0 ? "Mozilla/5.0 (compatible; " : "";
    for (auto words = random() % 3; words != 0; --words) {
      std::string name(k_crawlers[random() % std::size(k_crawlers)]);
      std::erase(name, '\\');
      if (random() % 2 == 0) {
        name.erase(random() % name.size(), 1);
      }
      agent += name + (random() % 2 == 0 ? " " : "/1.0; +http://example.com)");
    }
    const bool wanted = re2::RE2::PartialMatch(agent, matcher);
    matched += wanted ? 1 : 0;
    REQUIRE_MESSAGE(list.match(agent) == wanted, agent);
  }
  CHECK(matched > k_rounds / 4);
  CHECK(matched < k_rounds * 3 / 4);
}

} // namespace
} // namespace mailfunnel
