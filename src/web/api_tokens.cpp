// tokens: who may use the API.

#include "base/json.hpp"
#include "base/text.hpp"
#include "web/api_body.hpp"
#include "web/api_handlers.hpp"

#include <fmt/format.h>

namespace mailfunnel {

HttpResponse api_tokens(const ApiContext& context, const WebRequest&) {
  auto store = context.reading();
  return page_response(context, tokens(store),
                       [](const ApiToken& token) { return to_json(token); });
}

HttpResponse api_add_token(const ApiContext& context, const WebRequest& request) {
  const JsonBody body(request, {"name", "role", "read_only"});
  const auto role = parse_role(body.text("role"));
  if (!role) {
    bad_request("role: wants sales, reviewer, operator or admin");
  }
  const ApiToken token{body.text("name"), *role, body.flag("read_only"), context.now};
  auto store = context.writing();
  const auto text = value_of(add_token(store, token));
  return json_response(201, to_json(token, text) + "\n");
}

HttpResponse api_remove_token(const ApiContext& context, const WebRequest&) {
  auto store = context.writing();
  if (!remove_token(store, context.places[0])) {
    not_found(fmt::format("there is no token \"{}\"", printable(context.places[0], 80)));
  }
  HttpResponse out;
  out.status = 204;
  return out;
}

} // namespace mailfunnel
