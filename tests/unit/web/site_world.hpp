#pragma once
// The pages of a small workspace, and a visitor who is logged in, without a socket or a browser.

#include "../app/test_workspace.hpp"
#include "app/tasks.hpp"
#include "base/uri.hpp"
#include "web/pages/site.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mailfunnel {

struct SiteWorld : TestWorkspace {
  explicit SiteWorld(std::string_view config = {}) : TestWorkspace(config) {
    auto opened = store();
    for (const auto role : {Role::sales, Role::reviewer, Role::operations, Role::admin}) {
      token[role] = *add_token(opened, {std::string(name_of(role)), role, false, k_now});
    }
  }

  WebRequest request(const std::string& method, const std::string& path) const {
    WebRequest out;
    out.http.method = method;
    out.http.url = "http://127.0.0.1:8765" + base + path;
    out.http.headers = {{"Host", "127.0.0.1:8765"}};
    const auto question = path.find('?');
    out.path = percent_decode(base + path.substr(0, question));
    out.query = question == std::string::npos ? std::string() : path.substr(question + 1);
    return out;
  }
  HttpResponse send(const WebRequest& request) {
    return site.handle(request, workspace, base, k_now, nullptr);
  }
  /// As somebody with that role, who logs in where he or she is not yet.
  HttpResponse get(const std::string& path, Role role = Role::admin, bool part = false) {
    auto asked = request("GET", path);
    asked.http.headers.emplace_back("Cookie", "mailfunnel=" + cookie_of_role(role));
    if (part) {
      asked.http.headers.emplace_back("X-Fragment", "1");
    }
    return send(asked);
  }
  HttpResponse post(const std::string& path,
                    const std::vector<std::pair<std::string, std::string>>& fields,
                    Role role = Role::admin, bool part = false) {
    auto asked = request("POST", path);
    asked.http.headers.emplace_back("Cookie", "mailfunnel=" + cookie_of_role(role));
    asked.http.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    asked.http.body = "csrf=" + percent_encode(csrf_of(role));
    for (const auto& [name, value] : fields) {
      asked.http.body += "&" + percent_encode(name) + "=" + percent_encode(value);
    }
    if (part) {
      asked.http.headers.emplace_back("X-Fragment", "1");
    }
    return send(asked);
  }
  HttpResponse log_in(const std::string& text) {
    auto asked = request("POST", "/login");
    asked.http.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    asked.http.body = "token=" + percent_encode(text);
    return send(asked);
  }
  std::string cookie_of_role(Role role) {
    auto& cookie = cookies[role];
    if (cookie.empty()) {
      const auto answer = log_in(token[role]);
      REQUIRE(answer.status == 303);
      const auto set = answer.header("Set-Cookie");
      cookie = set.substr(set.find('=') + 1, set.find(';') - set.find('=') - 1);
    }
    return cookie;
  }
  /// The number that forms bring back, out of a page.
  std::string csrf_of(Role role) {
    const auto page = get(role == Role::sales ? "/segments" : "/", role).body;
    constexpr std::string_view k_field = "name=\"csrf\" value=\"";
    const auto place = page.find(k_field);
    REQUIRE(place != std::string::npos);
    return page.substr(place + k_field.size(),
                       page.find('"', place + k_field.size()) - place - k_field.size());
  }

  std::string base; // "/w/NAME"
  std::map<Role, std::string> token, cookies;
  std::string said; // to the log of the server
  EventLog log{EventLog::Form::json, [this](std::string_view line) { said += line; },
               [] { return k_now; }};
  Site site{log};
};

} // namespace mailfunnel
