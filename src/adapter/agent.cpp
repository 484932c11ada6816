#include "adapter/agent.hpp"

#include "adapter/pattern_list.hpp"
#include "base/text.hpp"
#include "model/event.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace mailfunnel {

using namespace std::string_view_literals;

namespace {

/// Apple's and others' privacy relays fetch with these words and nothing more.
constexpr std::array k_privacy_agents{"Mozilla/5.0"sv};

/// Mail providers' proxies, without case: Gmail, Yahoo, Seznam and whoever names theirs alike.
constexpr std::array k_image_proxies{
    "ggpht.com"sv, "imageproxy"sv, "mailproxy"sv, "mail-proxy"sv, "image-proxy"sv,
};
/// ... but these are proxies of search engines and chats.
constexpr std::array k_no_mail_proxies{"startpageprivateimageproxy"sv};

/// Robots, from the published list; RE2's syntax, with case.
constexpr std::string_view k_crawlers[] = {
#include "adapter/crawler_agents.inc"
};

/// Robots that the list lacks: old ones, and words that only robots use.
constexpr std::array k_more_crawlers{
    R"([a-z]Bot/)"sv,
    R"([a-z]bot/)"sv,
    R"(DBot/)"sv,
    R"((?i)\bcrawler)"sv,
    R"((?i)\bspider\b)"sv,
    R"((?i)web ?thumbnail)"sv,
    R"(Google Web Preview)"sv,
    R"(BingPreview/)"sv,
    R"((?i)msnbot)"sv,
    R"(PingdomTMS/)"sv,
    R"(\bReaper/\d)"sv,
    R"(Genieo/)"sv,
    R"(PagePeeker)"sv,
    R"(InternetArchive)"sv,
    R"(YahooCacheSystem)"sv,
    R"(\bYeti/)"sv,
    R"(\bDaum(oa)?/)"sv,
    R"(Xenu Link Sleuth)"sv,
    R"(wsr-agent/)"sv,
    R"(/Nutch-)"sv,
    R"(heritrix/)"sv,
    R"(PTST/)"sv,
    R"(\(StatusCake\))"sv,
};

const PatternList& crawlers() {
  static const PatternList k_list = [] {
    std::vector<std::string_view> all(std::begin(k_crawlers), std::end(k_crawlers));
    all.insert(all.end(), k_more_crawlers.begin(), k_more_crawlers.end());
    return PatternList(all);
  }();
  return k_list;
}

struct System {
  std::string_view word;
  std::uint8_t number;
};
/// The first word that stands in the agent decides: phones imitate each other and desktops.
constexpr std::array k_systems{
    System{"Windows Phone", 6}, System{"Windows CE", 6},  System{"Windows Mobile", 6},
    System{"IEMobile", 6},      System{"iPhone", 3},      System{"iPad", 3},
    System{"iPod", 3},          System{"iOS", 3},         System{"Android", 4},
    System{"Windows", 1},       System{"Mac OS X", 2},    System{"Macintosh", 2},
    System{"Mac_PowerPC", 2},   System{"Darwin/", 2},     System{"CrOS", 6},
    System{"Tizen", 6},         System{"webOS", 6},       System{"Linux", 5},
    System{"X11", 5},           System{"PlayStation", 6}, System{"Nintendo", 6},
    System{"BlackBerry", 6},    System{"SymbianOS", 6},   System{"J2ME", 6},
    System{"KAIOS", 6},
};

template<std::size_t N>
bool has_any(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(),
                     [text](std::string_view word) { return icontains(text, word); });
}

bool is_privacy_agent(std::string_view agent) {
  return std::find(k_privacy_agents.begin(), k_privacy_agents.end(), agent) !=
         k_privacy_agents.end();
}

bool is_image_proxy(std::string_view agent) {
  return has_any(agent, k_image_proxies) && !has_any(agent, k_no_mail_proxies);
}

constexpr std::size_t k_most = 2048; // bytes looked at; longer agents are nobody's

} // namespace

std::uint16_t agent_evidence(std::string_view user_agent) {
  const auto agent = trim(user_agent).substr(0, k_most);
  if (agent.empty()) {
    return evidence::empty_agent;
  }
  if (is_privacy_agent(agent)) {
    return evidence::privacy_proxy;
  }
  if (is_image_proxy(agent)) {
    return evidence::image_proxy;
  }
  return crawlers().match(agent) ? evidence::crawler_agent : std::uint16_t{0};
}

std::uint8_t agent_system(std::string_view user_agent) {
  const auto agent = user_agent.substr(0, k_most);
  const auto* const found =
      std::find_if(k_systems.begin(), k_systems.end(), [agent](const System& system) {
        return agent.find(system.word) != std::string_view::npos;
      });
  return found == k_systems.end() || is_image_proxy(agent) ? std::uint8_t{0} : found->number;
}

} // namespace mailfunnel
