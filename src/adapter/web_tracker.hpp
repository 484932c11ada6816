#pragma once
// A [[web]] section of the config: which requests to one's own web server are clicks, opens, pages
// and so on of a mailing's readers, and where in them stands who and which mailing.

#include "adapter/url_pattern.hpp"
#include "model/event.hpp"

#include <array>
#include <string>
#include <vector>

namespace mailfunnel {

struct WebRule {
  EventKind kind;
  UrlPattern pattern;
};

struct WebTracker {
  std::string account;        // whose recipients they are; empty: the import's
  std::string host;           // glob over the virtual host, where the log tells it; empty: any
  std::vector<WebRule> rules; // the first that matches and tells somebody holds
  std::array<std::string, k_url_fields>
      parameters; // by UrlField: in which parameter a field stands
                  // that the pattern does not tell; empty: none
};

} // namespace mailfunnel
