#include "net/target.hpp"

#include "base/base64.hpp"
#include "base/text.hpp"
#include "net/secret_mask.hpp"
#include "net/settings.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <cstdlib>

namespace mailfunnel {

namespace {

namespace urls = boost::urls;
namespace ip = boost::asio::ip;

Error bad_url(std::string what) {
  return {ErrorCode::usage, std::move(what)};
}

bool is_host(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return is_alnum(c) || c == '.' || c == '-' || c == '_' || c == ':';
  });
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::string host_of(const urls::url_view& url) {
  auto host = lower(std::string(url.host()));
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  return host;
}

/// 0: it is none. (Boost 1.81 cuts a number that is too large.)
std::uint16_t port_of(const urls::url_view& url, std::uint16_t usual) {
  const auto text = url.port();
  const auto number = parse_int({text.data(), text.size()});
  if (text.empty()) {
    return usual;
  }
  return number && *number > 0 && *number <= 65535 ? static_cast<std::uint16_t>(*number) : 0;
}

std::string first_variable(std::initializer_list<const char*> names) {
  for (const auto* name : names) {
    if (const auto* value = std::getenv(name); value != nullptr && *value != '\0') {
      return value;
    }
  }
  return {};
}

} // namespace

std::string Target::origin() const {
  return (tls ? "https://" : "http://") + host_field();
}

std::string Target::host_field() const {
  return port == (tls ? 443 : 80) ? bracketed(host) : host_and_port();
}

std::string Target::host_and_port() const {
  return bracketed(host) + ":" + std::to_string(port);
}

Result<Target> parse_target(std::string_view text) {
  const auto parsed = urls::parse_uri({text.data(), text.size()});
  if (!parsed) {
    return bad_url("this is no URL (https://host/path, with everything else percent-encoded)");
  }
  const auto& url = *parsed;
  Target out;
  out.tls = iequals({url.scheme().data(), url.scheme().size()}, "https");
  if (!out.tls && !iequals({url.scheme().data(), url.scheme().size()}, "http")) {
    return bad_url("the URL must begin with https://");
  }
  if (url.has_userinfo()) {
    return bad_url("no user or password may stand in the URL");
  }
  out.host = host_of(url);
  if (!is_host(out.host)) {
    return bad_url("the URL names no host");
  }
  if (!out.tls && !is_loopback(out.host)) {
    return bad_url("http:// is for this machine only (127.0.0.1, ::1, localhost); use https://");
  }
  out.port = port_of(url, out.tls ? 443 : 80);
  if (out.port == 0) {
    return bad_url("the port in the URL is none");
  }
  const auto path = url.encoded_path();
  if (!path.empty() && path.front() != '/') { // Boost 1.81 ends a host at "127.0.0.1" in any name
    return bad_url("the URL's host begins like an address and is none");
  }
  out.path = path.empty() ? "/" : std::string(path.data(), path.size());
  if (url.has_query()) {
    const auto query = url.encoded_query();
    out.path += "?" + std::string(query.data(), query.size());
  }
  return out;
}

bool is_loopback_address(std::string_view address) {
  boost::system::error_code none;
  const auto parsed = ip::make_address(std::string(address), none);
  return !none && parsed.is_loopback();
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || is_loopback_address(host);
}

Result<std::optional<Proxy>> parse_proxy(std::string_view text) {
  if (text.empty()) {
    return std::optional<Proxy>();
  }
  const auto whole = text.find("://") == std::string_view::npos ? "http://" + std::string(text)
                                                                : std::string(text);
  const auto parsed = urls::parse_uri(whole);
  if (!parsed || !is_host(host_of(*parsed)) || parsed->scheme() != "http" ||
      port_of(*parsed, 80) == 0) {
    return bad_url("the proxy (HTTPS_PROXY) must be http://host:port or "
                   "http://user:password@host:port, percent-encoded");
  }
  Proxy out;
  out.host = host_of(*parsed);
  out.port = port_of(*parsed, 80);
  if (parsed->has_userinfo()) {
    out.secret = std::string(parsed->password());
    out.authorization = "Basic " + base64_encode(std::string(parsed->user()) + ":" + out.secret);
  }
  return std::optional<Proxy>(std::move(out));
}

bool bypasses_proxy(const Target& target, std::string_view no_proxy) {
  if (is_loopback(target.host)) {
    return true;
  }
  for (const auto entry : split(no_proxy, ',')) {
    auto name = lower(entry);
    if (const auto port = ":" + std::to_string(target.port); name.ends_with(port)) {
      name.resize(name.size() - port.size());
    }
    if (name.starts_with("[") && name.ends_with("]")) {
      name = name.substr(1, name.size() - 2);
    }
    if (name.starts_with("*.")) {
      name.erase(0, 1);
    }
    const auto below = name.starts_with('.') ? name : "." + name;
    if (name == "*" || (below.size() > 1 && ("." + target.host).ends_with(below))) {
      return true;
    }
  }
  return false;
}

NetworkSettings network_settings_from_environment() {
  NetworkSettings out;
  out.proxy = first_variable({"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"});
  out.no_proxy = first_variable({"no_proxy", "NO_PROXY"});
  return out;
}

} // namespace mailfunnel
