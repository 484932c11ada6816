#pragma once
// URLs as they stand in mails: with spaces, merge tags and broken escapes. Nothing here is strict
// and nothing ever fetches anything. Link identity follows the table in docs/links.md.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

/// The parts, as views into the text. "mailto:x" has a scheme and a path.
struct Uri {
  std::string_view scheme, host, port, path, query,
      fragment; // query without '?', fragment without '#'
};
Uri parse_uri(std::string_view text);

std::string percent_decode(std::string_view text, bool plus_is_space = false);
std::string percent_encode(std::string_view text);
/// Parameters in their order, decoded; separators are & and &amp; and ;
std::vector<std::pair<std::string, std::string>> query_parameters(std::string_view query);
std::optional<std::string> query_parameter(std::string_view query, std::string_view name);

/// The target of a redirect wrapper of a mail gateway or ESP that carries it in clear or encoded
/// (Outlook Safe Links, Proofpoint URL Defense 1 to 3, Google's /url?q=, Mimecast where in clear
/// …); the text itself where it is none. Wrappers in wrappers are undone, five deep at most.
std::string unwrap(std::string_view url);

/// What to leave out of a link's identity besides the built-in names (utm_*, gclid, mc_eid …).
struct LinkStripping {
  std::vector<std::string> parameters; // names, or globs such as "trk_*"
};

/// One link over HTML, click rows and web logs: tracking names, personal values, merge tags,
/// default ports, the fragment and a final slash gone, the host in lower case, the parameters
/// sorted. "https://www.Example.com/Prijzen/?utm_source=n&b=2&a=1#top" ->
/// "//www.example.com/Prijzen?a=1&b=2"
std::string link_identity(std::string_view url, const LinkStripping& more = {});

/// "de.blog.example.co.uk" -> itself in lower case as punycode; empty when it is no host name.
std::string host_to_ascii(std::string_view host);

} // namespace mailfunnel
