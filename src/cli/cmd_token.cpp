// token: who may use the API of `serve`.

#include "app/api_token.hpp"
#include "command.hpp"
#include "table.hpp"

#include <iostream>

namespace mailfunnel::cli {

namespace {

int add(const Invocation& call, const std::string& name) {
  const auto role = parse_role(call.text("role"));
  if (!role) {
    wrong_usage("--role wants sales, reviewer, operator or admin, not \"" + call.text("role") +
                "\"");
  }
  auto store = call.open_writing(call.workspace());
  const ApiToken token{name, *role, call.flag("read-only"), call.now()};
  const auto text = add_token(store, token);
  if (!text) {
    throw Failure(text.error());
  }
  if (call.json) {
    std::cout << to_json(token, *text) << '\n';
    return k_done;
  }
  std::cout << *text << '\n';
  if (!call.quiet) {
    std::cout.flush();
    std::cerr << "mailfunnel: keep it now: it is not shown again\n";
  }
  return k_done;
}

int list(const Invocation& call) {
  auto store = call.open_reading(call.workspace());
  Table table({"token", "role", "", "made"});
  for (const auto& token : tokens(store)) {
    if (call.json) {
      std::cout << to_json(token) << '\n';
    } else {
      table.add({token.name, std::string(name_of(token.role)), token.read_only ? "reads only" : "",
                 format_time(token.created)});
    }
  }
  if (!call.json) {
    std::cout << (table.empty() ? "no token yet: `mailfunnel token add NAME --role ROLE`\n"
                                : table.text(call.color));
  }
  return k_done;
}

int remove(const Invocation& call, const std::string& name) {
  auto store = call.open_writing(call.workspace());
  if (!remove_token(store, name)) {
    throw Failure({ErrorCode::not_found,
                   "there is no token \"" + name + "\": `mailfunnel token list` shows them"});
  }
  return k_done;
}

int run_token(const Invocation& call) {
  const auto arguments = call.texts("arguments");
  const auto action = arguments.empty() ? std::string("list") : arguments.front();
  if (action == "list" && arguments.size() <= 1) {
    return list(call);
  }
  if (arguments.size() == 2 && action == "add") {
    return add(call, arguments[1]);
  }
  if (arguments.size() == 2 && action == "remove") {
    return remove(call, arguments[1]);
  }
  wrong_usage("`mailfunnel token add NAME --role ROLE`, `token list` or `token remove NAME`");
}

} // namespace

Command token_command() {
  return {"token",
          "[list | add NAME | remove NAME]",
          "who may use the API of `serve`: a token is shown once, when it is made",
          "  mailfunnel token add anna --role reviewer\n"
          "  mailfunnel token add dashboard --role reviewer --read-only",
          [](auto& options) {
            options.add_options()("role", text("ROLE"), "sales, reviewer, operator or admin")(
                "read-only", flag(), "for GET alone");
          },
          run_token};
}

} // namespace mailfunnel::cli
