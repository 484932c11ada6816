// audit

#include "app/audit.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <iostream>

namespace mailfunnel::cli {

namespace {

constexpr std::size_t k_shown = 20;

int run_audit(const Invocation& call) {
  const auto workspace = call.workspace();
  auto store = call.open_reading(workspace);
  const auto result = audit(store, workspace, k_shown);
  if (!result) {
    throw Failure(result.error());
  }
  if (call.json) {
    std::string out = fmt::format(
        "{{\"result\":\"audit\",\"as_of\":\"{}\",\"recipients\":{},\"different\":{},\"first\":[",
        format_time(result->as_of), result->recipients, result->different);
    for (const auto& one : result->first) {
      out += out.back() == '[' ? "{\"address\":" : ",{\"address\":";
      append_json_string(out, one.address);
      out += ",\"what\":";
      append_json_string(out, one.what);
      out += ",\"stored\":";
      append_json_string(out, one.stored);
      out += ",\"ledger\":";
      append_json_string(out, one.ledger);
      out += '}';
    }
    std::cout << out << "]}\n";
  } else if (result->different == 0) {
    std::cout << fmt::format("{} ledgers as of {} add up to the stored scores\n",
                             grouped(result->recipients), format_time(result->as_of));
  } else {
    Table table({"recipient", "what", "stored>", "by the ledger>"});
    for (const auto& one : result->first) {
      table.add({shortened(one.address, 50), one.what, one.stored, one.ledger});
    }
    std::cout << table.text(call.color)
              << fmt::format("\n{} of {} people differ, as of {}: please report it\n",
                             grouped(result->different), grouped(result->recipients),
                             format_time(result->as_of));
  }
  return result->different == 0 ? k_done : k_failed;
}

} // namespace

Command audit_command() {
  return {"audit",
          "",
          "makes every ledger again and compares what it adds up to with the stored scores; exit "
          "code 1 "
          "where they differ",
          "  mailfunnel score && mailfunnel audit",
          [](auto&) {},
          run_audit};
}

} // namespace mailfunnel::cli
