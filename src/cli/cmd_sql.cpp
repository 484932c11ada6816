// sql

#include "app/segment_export.hpp"
#include "app/sql_mistake.hpp"
#include "app/sql_session.hpp"
#include "app/sql_tables.hpp"
#include "base/json.hpp"
#include "base/source.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "noting.hpp"
#include "sql_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iostream>

namespace mailfunnel::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t k_longest_query = 1 << 20;

int list_tables(const Invocation& call) {
  for (const auto* info : sql_table_infos()) {
    if (!call.json) {
      std::cout << (info == sql_table_infos().front() ? "" : "\n") << info->name << ": "
                << info->about << "\n\n";
    }
    Table table({"column", "type", "is"});
    for (const auto& column : info->columns) {
      if (call.json) {
        std::string line = "{\"table\":";
        append_json_string(line, info->name);
        line += ",\"column\":";
        append_json_string(line, column.name);
        line += fmt::format(",\"type\":\"{}\",\"hidden\":{},\"about\":", name_of(column.type),
                            column.hidden);
        append_json_string(line, column.about);
        std::cout << line << "}\n";
      }
      table.add({std::string(column.name), std::string(name_of(column.type)),
                 std::string(column.about) + (column.hidden ? "; not in SELECT *" : "")});
    }
    if (!call.json) {
      std::cout << table.text(call.color);
    }
  }
  return k_done;
}

/// The query: the argument, --file FILE, or standard input where either is "-".
std::string query_of(const Invocation& call) {
  const auto arguments = call.texts("arguments");
  const auto file = call.text("file");
  if (arguments.size() + (file.empty() ? 0 : 1) != 1) {
    wrong_usage("`mailfunnel sql \"SELECT …\"`, `sql --file FILE` or `sql -` wants one query; "
                "`sql --tables` shows what there is to ask");
  }
  const auto& name = file.empty() ? arguments.front() : file;
  if (name == "-") {
    std::string text(k_longest_query + 1, '\0');
    std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::cin.gcount()));
    if (text.size() > k_longest_query) {
      wrong_usage("the query is longer than 1 MiB");
    }
    return text;
  }
  if (file.empty()) {
    return name;
  }
  auto text = read_file(file, k_longest_query);
  if (!text) {
    throw Failure(text.error());
  }
  return *std::move(text);
}

/// What looks like a number is one.
SqlValue parameter_value(const std::string& text) {
  if (const auto whole = parse_int(text); whole && std::to_string(*whole) == text) {
    return *whole;
  }
  const auto real = parse_double(text);
  return real && text.find_first_not_of("-.0123456789") == std::string::npos
             ? SqlValue(*real)
             : SqlValue(std::string_view(text));
}

void bind_parameters(const Invocation& call, SqlStatement& statement) {
  const auto wanted = statement.parameters();
  std::vector<std::string> given;
  for (const auto& parameter : call.texts("param")) {
    const auto split = parameter.find('=');
    const auto name = parameter.substr(0, split);
    if (split == std::string::npos || name.empty()) {
      wrong_usage("--param wants name=value, not \"" + parameter + "\"");
    }
    if (std::find(wanted.begin(), wanted.end(), name) == wanted.end()) {
      const auto near = nearest(name, wanted);
      wrong_usage(fmt::format("the query has no parameter :{}{}", name,
                              near ? "; did you mean :" + *near + "?" : ""));
    }
    statement.bind(name, parameter_value(parameter.substr(split + 1)));
    given.push_back(name);
  }
  for (const auto& name : wanted) {
    if (name.empty()) {
      wrong_usage("a parameter has a name, such as :campaign, and no ? alone");
    }
    if (std::find(given.begin(), given.end(), name) == given.end()) {
      wrong_usage(fmt::format("the query asks for :{}: give it with --param {}=VALUE", name, name));
    }
  }
}

SqlFormat format_of(const Invocation& call) {
  if (call.json && call.flag("csv")) {
    wrong_usage("either --csv or --json");
  }
  return call.json ? SqlFormat::ndjson : call.flag("csv") ? SqlFormat::csv : SqlFormat::table;
}

std::optional<Seconds> timeout_of(const Invocation& call) {
  const auto text = call.text("timeout");
  if (text.empty()) {
    return std::nullopt;
  }
  const auto length = parse_duration(text);
  if (!length || *length <= 0) {
    wrong_usage("--timeout wants a time such as 30s or 5m, not \"" + text + "\"");
  }
  return length;
}

int run_sql(const Invocation& call) {
  if (call.flag("tables")) {
    return list_tables(call);
  }
  const auto sql = query_of(call);
  const auto format = format_of(call);
  const auto timeout = timeout_of(call);
  const auto workspace = call.workspace();
  auto store = open_for_sql(workspace);
  const auto moment = call.text("as-of").empty() ? segments_moment(store, workspace, call.now())
                                                 : as_of(call, store);
  const auto end =
      timeout ? std::optional(Clock::now() + std::chrono::seconds(*timeout)) : std::nullopt;
  SqlSession session(std::move(store), workspace, moment,
                     [end] { return interrupted() || (end && Clock::now() >= *end); });
  auto prepared = session.connection().prepare(sql);
  if (!prepared.statement) {
    wrong_usage(sql_mistake_text(prepared.mistake, sql));
  }
  auto& statement = *prepared.statement;
  bind_parameters(call, statement);
  constexpr std::size_t k_noted = 500; // bytes of a query
  note(call, workspace, "sql", "", 0, printable(sql, k_noted));
  SqlOutput output(statement, format, call.color);
  auto step = statement.step();
  for (; step == SqlStep::row; step = statement.step()) {
    output.row();
  }
  if (step == SqlStep::done) {
    output.end();
    return k_done;
  }
  output.stop();
  if (!interrupted()) {
    throw Failure({ErrorCode::io, fmt::format("not done after {} (--timeout): these are not all "
                                              "rows",
                                              format_duration(*timeout))});
  }
  return k_failed;
}

} // namespace

Command sql_command() {
  return {"sql",
          "\"SELECT …\"",
          "ask the store in SQL: the tables recipient, event, link, campaign, score and ledger; "
          "reads only",
          "  mailfunnel sql \"SELECT kind, count(*) FROM event GROUP BY kind\"\n"
          "  mailfunnel sql --csv --param c=spring-26 --file clickers.sql > clickers.csv",
          [](auto& options) {
            options.add_options()("tables", flag(), "the tables, with their columns")(
                "file", text("FILE"), "the query from a file; - is standard input")(
                "param", po::value<std::vector<std::string>>()->value_name("NAME=VALUE"),
                "what :NAME is in the query; once for each")(
                "csv", flag(), "as CSV instead of a table; --json: an object a line")(
                "timeout", text("T"), "stop after so long, such as 30s")(
                "as-of", text("T"),
                "a date or time, or `latest`; default: the newest scoring run's while it is right, "
                "else now");
          },
          run_sql,
          true};
}

} // namespace mailfunnel::cli
