#include "tracker_hit.hpp"

#include "base/text.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::weblog {

namespace {

using namespace std::string_view_literals;

/// Methods by which each kind happens. HEAD is how scanners look: it says so in the event.
struct KindMethods {
  EventKind kind;
  bool post; // also by POST
};
constexpr std::array k_methods{
    KindMethods{EventKind::form, true},
    KindMethods{EventKind::signup, true},
    KindMethods{EventKind::conversion, true},
};

bool fits_method(EventKind kind, std::string_view method) {
  if (method == "GET"sv || method == "HEAD"sv) {
    return true;
  }
  return method == "POST"sv &&
         std::any_of(k_methods.begin(), k_methods.end(),
                     [kind](const KindMethods& m) { return m.kind == kind && m.post; });
}

std::string_view without_port(std::string_view host) {
  const auto colon = host.rfind(':');
  return colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos
             ? host.substr(0, colon)
             : host;
}

bool tells_somebody(const UrlFields& fields) {
  return !fields[UrlField::contact_id].empty() || !fields[UrlField::address].empty();
}

/// Fields that the pattern does not tell, from their parameters.
void add_parameters(const WebTracker& tracker, std::string_view query, UrlFields& fields) {
  for (std::size_t i = 0; i < k_url_fields && !query.empty(); ++i) {
    auto& text = fields[static_cast<UrlField>(i)];
    if (text.empty() && !tracker.parameters[i].empty()) {
      text = raw_parameter(query, tracker.parameters[i]);
    }
  }
}

/// Does `part` stand where one of the fields was found?
bool is_field(const UrlFields& fields, std::string_view part) {
  return !part.empty() && std::any_of(fields.begin(), fields.end(), [part](std::string_view field) {
    return field.data() == part.data() && field.size() == part.size();
  });
}

/// The path with the names of the fields in the place of what was found there.
std::string without_fields(std::string_view path, const UrlFields& fields) {
  std::string out;
  for (std::size_t at = 0; at < path.size();) {
    std::size_t i = 0;
    for (; i < k_url_fields; ++i) {
      const auto field = fields[static_cast<UrlField>(i)];
      if (!field.empty() && field.data() == path.data() + at) {
        out.append("{").append(name_of(static_cast<UrlField>(i))).append("}");
        at += field.size();
        break;
      }
    }
    if (i == k_url_fields) {
      out += path[at++];
    }
  }
  return out;
}

/// The parameters but for those that are fields.
std::string other_parameters(std::string_view query, const UrlFields& fields) {
  std::string out;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto one = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto value = one.substr(std::min(one.find('=') + 1, one.size()));
    if (!is_field(fields, value) && !one.empty()) {
      out.append(out.empty() ? "?" : "&").append(one);
    }
  }
  return out;
}

} // namespace

TrackerHit find_hit(const std::vector<WebTracker>& trackers, const AccessLine& line) {
  TrackerHit hit;
  if (line.status < 200 || line.status >= 400 || line.target.empty()) {
    return hit;
  }
  hit.host = without_port(line.vhost);
  hit.path = line.target;
  if (!hit.path.starts_with('/')) { // "GET http://www.example.com/prices" of a proxy's client
    const auto uri = parse_uri(line.target);
    hit.host = uri.host.empty() ? hit.host : uri.host;
    hit.path = uri.host.empty()
                   ? hit.path
                   : line.target.substr(std::min(line.target.find(uri.host) + uri.host.size() +
                                                     (uri.port.empty() ? 0 : uri.port.size() + 1),
                                                 line.target.size()));
  }
  const auto question = std::min(hit.path.find('?'), hit.path.size());
  hit.query = hit.path.substr(std::min(question + 1, hit.path.size()));
  hit.path = hit.path.substr(0, question);
  for (const auto& tracker : trackers) {
    if (!tracker.host.empty() && !hit.host.empty() && !glob_match(tracker.host, hit.host)) {
      continue;
    }
    for (const auto& rule : tracker.rules) {
      UrlFields fields;
      if (!fits_method(rule.kind, line.method) ||
          !rule.pattern.match(hit.path, hit.query, fields)) {
        continue;
      }
      add_parameters(tracker, hit.query, fields);
      if (tells_somebody(fields)) {
        hit.tracker = &tracker;
        hit.kind = rule.kind;
        hit.fields = fields;
        return hit;
      }
    }
  }
  return hit;
}

std::string link_of(const TrackerHit& hit) {
  auto host = hit.host;
  if (host.empty() && hit.tracker->host.find_first_of("*?") == std::string::npos) {
    host = hit.tracker->host;
  }
  const auto site = host.empty() ? std::string() : "https://" + std::string(host);
  if (const auto target = hit.fields[UrlField::link]; !target.empty()) {
    auto link = percent_decode(target);
    return link.starts_with('/') && !link.starts_with("//") ? site + link : link;
  }
  return site + without_fields(hit.path, hit.fields) + other_parameters(hit.query, hit.fields);
}

} // namespace mailfunnel::weblog
