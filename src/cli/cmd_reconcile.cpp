// reconcile

#include "app/reconcile.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "ingest/session.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <iostream>

namespace mailfunnel::cli {

namespace {

void print_json(const ReconciledMailing& mailing) {
  std::string line = "{\"account\":";
  append_json_string(line, mailing.account);
  line += ",\"id\":";
  append_json_string(line, mailing.id);
  line += ",\"name\":";
  append_json_string(line, mailing.name);
  line += fmt::format(",\"told_at\":\"{}\",\"figures\":{{", format_time(mailing.told_at));
  for (const auto& figure : mailing.figures) {
    line += &figure == &mailing.figures.front() ? "" : ",";
    append_json_string(line, figure.name);
    line += fmt::format(":{{\"ours\":{},\"theirs\":{},\"why\":", figure.ours, figure.theirs);
    append_json_string(line, figure.why);
    line += '}';
  }
  std::cout << line << "}}\n";
}

void print(const ReconciledMailing& mailing, bool color) {
  std::cout << fmt::format("{} {} {}{}\n  the platform's totals are of {}\n", mailing.account,
                           mailing.id, mailing.name,
                           mailing.sent_at == 0 ? "" : ", sent " + format_date(mailing.sent_at),
                           format_time(mailing.told_at));
  Table table({"figure", "ours>", "platform>", "off>", "why"});
  for (const auto& figure : mailing.figures) {
    table.add({replace_all(figure.name, "_", " "), grouped(figure.ours), grouped(figure.theirs),
               figure.why.empty() ? "" : fmt::format("{:.1f} %", figure.off() * 100), figure.why});
  }
  std::cout << table.text(color) << '\n';
}

int run_reconcile(const Invocation& call) {
  auto workspace = call.workspace();
  auto store = call.open_writing(workspace);
  if (Activity(store.database()).inbox_size() != 0) {
    fold_inbox(store, workspace.threads);
  }
  const auto names = call.texts("arguments");
  if (names.size() > 1) {
    wrong_usage("one mailing, or none for all");
  }
  const auto mailings = reconcile(store, workspace, names.empty() ? "" : names.front());
  if (!mailings) {
    throw Failure(mailings.error());
  }
  for (const auto& mailing : *mailings) {
    if (call.json) {
      print_json(mailing);
    } else {
      print(mailing, call.color);
    }
  }
  return k_done;
}

} // namespace

Command reconcile_command() {
  return {"reconcile",
          "[CAMPAIGN]",
          "our counts of a mailing beside the platform's own, and why they differ",
          "  mailfunnel reconcile\n  mailfunnel reconcile 1646b645d0",
          [](auto&) {},
          run_reconcile};
}

} // namespace mailfunnel::cli
