#include "web/exchange.hpp"

#include "base/json.hpp"

namespace mailfunnel {

namespace {

HttpResponse response(int status, const char* type, std::string body) {
  HttpResponse out;
  out.status = status;
  out.headers.emplace_back("Content-Type", type);
  out.body = std::move(body);
  return out;
}

} // namespace

HttpResponse text_response(int status, std::string text) {
  return response(status, "text/plain; charset=utf-8", std::move(text));
}

HttpResponse json_response(int status, std::string json) {
  return response(status, "application/json", std::move(json));
}

HttpResponse error_response(int status, std::string_view why, unsigned seconds) {
  std::string json = "{\"error\":";
  append_json_string(json, why);
  auto out = json_response(status, json + "}\n");
  if (seconds != 0) {
    out.headers.emplace_back("Retry-After", std::to_string(seconds));
  }
  return out;
}

} // namespace mailfunnel
