#include "adapter/agent.hpp"

#include "model/event.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mailfunnel;

namespace {

const char* const k_chrome =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Safari/537.36";
const char* const k_gmail =
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";

} // namespace

TEST_CASE("agent: what it gives away") {
  struct Row {
    const char* agent;
    std::uint16_t want;
  };
  for (const auto& row : {
           Row{"", evidence::empty_agent},
           Row{"  ", evidence::empty_agent},
           Row{"Mozilla/5.0", evidence::privacy_proxy},
           Row{k_gmail, evidence::image_proxy},
           Row{"YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
               evidence::image_proxy},
           Row{"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
               evidence::crawler_agent},
           Row{"python-requests/2.32.3", evidence::crawler_agent},
           Row{"curl/8.5.0", evidence::crawler_agent},
           Row{"Mozilla/5.0 (compatible; SomeNewBot/1.0)", evidence::crawler_agent},
           Row{k_chrome, 0},
           Row{"Mozilla/4.0 (compatible; ms-office; MSOffice 16)", 0},
           Row{"Mozilla/5.0 (iPhone; CPU iPhone OS 12_4 like Mac OS X) AppleWebKit/605.1.15 "
               "(KHTML, like Gecko) Mobile/15E148",
               0},
           Row{"Airmail 1.0 rv:148 (Macintosh; Mac OS X 10.8.3; en_BE)", 0},
       }) {
    CAPTURE(row.agent);
    CHECK(agent_evidence(row.agent) == row.want);
  }
  CHECK(agent_evidence(std::string(1 << 20, 'x')) == 0);
}

TEST_CASE("agent: the operating system") {
  struct Row {
    const char* agent;
    int want;
  };
  for (const auto& row : {
           Row{"", 0},
           Row{"Mozilla/5.0", 0},
           Row{k_gmail, 0},
           Row{k_chrome, 1},
           Row{"(Macintosh; Intel Mac OS X 10_14_6)", 2},
           Row{"(iPhone; CPU iPhone OS 12_4 like Mac OS X)", 3},
           Row{"(Linux; Android 9; Pixel 2 XL)", 4},
           Row{"(X11; Linux x86_64)", 5},
           Row{"(Mobile; Windows Phone 8.1; Android 4.0; like iPhone)", 6},
           Row{"(X11; CrOS x86_64 14541.0.0)", 6},
       }) {
    CAPTURE(row.agent);
    CHECK(int{agent_system(row.agent)} == row.want);
  }
}
