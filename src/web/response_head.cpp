#include "web/response_head.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace mailfunnel {

namespace {

struct Phrase {
  int status;
  std::string_view text;
};
constexpr std::array k_phrases{
    Phrase{200, "OK"},
    Phrase{201, "Created"},
    Phrase{202, "Accepted"},
    Phrase{204, "No Content"},
    Phrase{301, "Moved Permanently"},
    Phrase{303, "See Other"},
    Phrase{304, "Not Modified"},
    Phrase{400, "Bad Request"},
    Phrase{401, "Unauthorized"},
    Phrase{403, "Forbidden"},
    Phrase{404, "Not Found"},
    Phrase{405, "Method Not Allowed"},
    Phrase{408, "Request Timeout"},
    Phrase{409, "Conflict"},
    Phrase{413, "Content Too Large"},
    Phrase{415, "Unsupported Media Type"},
    Phrase{422, "Unprocessable Content"},
    Phrase{429, "Too Many Requests"},
    Phrase{431, "Request Header Fields Too Large"},
    Phrase{500, "Internal Server Error"},
    Phrase{503, "Service Unavailable"},
};

bool safe(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

bool has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

} // namespace

std::string_view reason_phrase(int status) {
  const auto* const found = std::find_if(k_phrases.begin(), k_phrases.end(),
                                         [status](const Phrase& p) { return p.status == status; });
  return found == k_phrases.end() ? std::string_view("Unknown") : found->text;
}

std::string response_head(const HttpResponse& response, bool keep_alive, bool head_only) {
  auto out =
      fmt::format("HTTP/1.1 {} {}\r\nDate: {:%a, %d %b %Y %H:%M:%S} GMT\r\n", response.status,
                  reason_phrase(response.status), fmt::gmtime(std::time(nullptr)));
  for (const auto& [name, value] : response.headers) {
    if (safe(name) && safe(value)) {
      out.append(name).append(": ").append(value).append("\r\n");
    }
  }
  if (has_body(response.status) || head_only) {
    out += fmt::format("Content-Length: {}\r\n", response.body.size());
  }
  out += keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
  return out;
}

} // namespace mailfunnel
