// report

#include "app/campaign_report.hpp"
#include "app/report_json.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "ingest/session.hpp"
#include "paper.hpp"
#include "table.hpp"
#include "web/pages/paper.hpp"
#include "web/pages/report_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

namespace mailfunnel::cli {

namespace {

constexpr std::array k_stages{Stage::tofu, Stage::mofu, Stage::bofu, Stage::untagged, Stage::none};

std::string share(std::uint64_t part, std::uint64_t whole) {
  return percent(static_cast<double>(part), static_cast<double>(whole));
}

const Happened& of(const std::array<Happened, 4>& by, Verdict verdict) {
  return by.at(static_cast<std::size_t>(verdict));
}

std::string figures_text(const CampaignReport& report, bool color) {
  Table table({"mailing", "sent on", "sent>", "delivered>", "", "opened>", "", "clicked>", "",
               "bounced>", "", "left>", ""});
  const auto add = [&](const std::string& name, const std::string& day, const MailingFigures& f) {
    const auto bounced = f.hard_bounces + f.other_bounces, left = f.unsubscribed + f.complained;
    const auto of = [&](std::uint64_t part, std::uint64_t whole) {
      return f.told ? share(part, whole) : "";
    };
    table.add({name, day, f.told ? grouped(f.sent) : "-", f.told ? grouped(f.delivered) : "-",
               of(f.delivered, f.sent), grouped(f.openers), of(f.openers, f.delivered),
               grouped(f.clickers), of(f.clickers, f.delivered), grouped(bounced),
               of(bounced, f.sent), grouped(left), of(left, f.delivered)});
  };
  for (const auto& one : report.mailings) {
    add(shortened(one.title, 40), one.sent_at == 0 ? "" : format_date(one.sent_at), one.figures);
  }
  if (report.mailings.size() > 1) {
    add("together, people once", "", report.together);
  }
  const bool untold = std::any_of(report.mailings.begin(), report.mailings.end(),
                                  [](const auto& one) { return !one.figures.told; });
  return table.text(color) +
         (untold
              ? "-: what was imported does not tell to whom it was sent, so there are no shares\n"
              : "");
}

std::string details_text(const CampaignReport& report, bool color) {
  const auto& f = report.together;
  Table table({"", "people>", "times>", ""});
  const auto row = [&](std::string name, std::uint64_t people, std::string times,
                       std::string note) {
    if (people != 0 || !times.empty()) {
      table.add({std::move(name), grouped(people), std::move(times), std::move(note)});
    }
  };
  const auto happened = [&](std::string name, const Happened& one, std::string note) {
    if (one.events != 0) {
      row(std::move(name), one.people, grouped(one.events), std::move(note));
    }
  };
  happened("opened: people", of(f.opens, Verdict::human), "");
  happened("opened: nobody knows who", of(f.opens, Verdict::unknown), "no evidence");
  happened("opened: proxy", of(f.opens, Verdict::proxy),
           fmt::format("read or not; of {} nothing else is known", grouped(f.proxy_only)));
  happened("opened: machine", of(f.opens, Verdict::machine), "");
  happened("clicked: people", of(f.clicks, Verdict::human), "");
  happened("clicked: nobody knows who", of(f.clicks, Verdict::unknown), "half the points");
  happened("clicked: machine", of(f.clicks, Verdict::machine), "no points");
  row("bounced: hard", f.hard_bounces, "", "suppressed");
  row("bounced: soft and blocked", f.other_bounces, "", "");
  row("dropped by the platform", f.dropped, "", "not sent");
  row("unsubscribed", f.unsubscribed, "", "");
  row("complained", f.complained, "", "");
  return table.text(color);
}

std::string measured_text(const CampaignReport& report, bool color) {
  const auto& m = report.measured;
  const auto all = m.all();
  if (all == 0) {
    return "";
  }
  Table table({"of those delivered", "people>", ""});
  const auto row = [&](std::string name, std::uint64_t people, bool always = false) {
    if (people != 0 || always) {
      table.add({std::move(name), grouped(people), share(people, all)});
    }
  };
  const auto silent = [&](Silence silence) {
    return m.silent.at(static_cast<std::size_t>(silence));
  };
  row("opened, clicked or answered", m.opened, true);
  row("not opened", silent(Silence::not_opened), true);
  row("not measurable: a privacy proxy's open is all there is", m.proxy_only);
  for (std::size_t s = 0; s < k_silences; ++s) {
    const auto one = static_cast<Silence>(s);
    if (one != Silence::not_opened) {
      row(std::string(reason_of(one)), silent(one));
    }
  }
  return table.text(color);
}

std::string read_by_text(const CampaignReport& report, bool color) {
  const auto last = report.read_by.back();
  if (last.opens == 0 && last.clicks == 0) {
    return "";
  }
  Table table({"within", "opened>", "", "clicked>", ""});
  for (const auto& one : report.read_by) {
    table.add({format_duration(one.within), share(one.opens, last.opens),
               bar(static_cast<double>(one.opens), static_cast<double>(last.opens), 20),
               share(one.clicks, last.clicks),
               bar(static_cast<double>(one.clicks), static_cast<double>(last.clicks), 20)});
  }
  return table.text(color) + "of those who did so within 30 days\n";
}

std::string links_text(const CampaignReport& report, bool color) {
  constexpr std::size_t k_most = 40;
  const bool several = report.mailings.size() > 1;
  std::vector<std::string> head{"stage", "people>", "times>", "machines>", "link", "text", "why"};
  if (several) {
    head.emplace_back("mailing");
  }
  Table table(head);
  for (std::size_t i = 0; i < report.links.size() && i < k_most; ++i) {
    const auto& link = report.links[i];
    std::vector<std::string> row{std::string(name_of(link.stage)),
                                 grouped(link.human.people + link.unknown.people),
                                 grouped(link.human.events + link.unknown.events),
                                 grouped(link.machine.events),
                                 shortened(link.url, 56),
                                 shortened(link.text, 28),
                                 link.why};
    if (several) {
      row.push_back(shortened(link.mailing, 24));
    }
    table.add(std::move(row));
  }
  auto out = table.text(color);
  if (report.links.size() > k_most) {
    out += fmt::format("and {} more\n", report.links.size() - k_most);
  }
  return out;
}

std::string balance_text(const CampaignReport& report, bool color) {
  Table table({"balance", "links>", "clicks>", ""});
  std::uint64_t top = 0;
  for (const auto stage : k_stages) {
    top = std::max(top, report.clicks_by_stage.at(static_cast<std::size_t>(stage)));
  }
  for (const auto stage : k_stages) {
    const auto s = static_cast<std::size_t>(stage);
    table.add(
        {stage == Stage::none ? "housekeeping" : std::string(name_of(stage)),
         grouped(report.content_links.at(s)), grouped(report.clicks_by_stage.at(s)),
         bar(static_cast<double>(report.clicks_by_stage.at(s)), static_cast<double>(top), 30)});
  }
  auto out = table.text(color);
  for (const auto& warning : report.warnings) {
    out += "  ! " + warning.text() + "\n";
  }
  return out;
}

std::string moves_text(const CampaignReport& report, bool color) {
  std::vector<std::string> head{"readers before"};
  for (const auto& status : report.statuses) {
    head.push_back("to " + status + ">");
  }
  head.emplace_back("all>");
  Table table(head);
  std::uint64_t readers = 0;
  for (std::size_t a = 0; a < report.statuses.size(); ++a) {
    std::vector<std::string> row{report.statuses[a]};
    std::uint64_t all = 0;
    for (const auto count : report.moves[a]) {
      row.push_back(count == 0 ? "-" : grouped(count));
      all += count;
    }
    readers += all;
    row.push_back(grouped(all));
    if (all != 0) {
      table.add(std::move(row));
    }
  }
  return readers == 0
             ? ""
             : table.text(color) + fmt::format("from {} to {}\n", format_time(report.before),
                                               format_time(report.after));
}

std::string report_text(const CampaignReport& report, bool color) {
  std::string out;
  for (const auto& one : report.mailings) {
    out += fmt::format("{}{}, account \"{}\"{}\n", shortened(one.title, 80),
                       one.subject.empty() || one.subject == one.title
                           ? ""
                           : ": \"" + shortened(one.subject, 60) + "\"",
                       one.account, one.sent_at == 0 ? "" : ", " + format_time(one.sent_at));
  }
  out += "as of " + format_time(report.as_of) + "\n";
  for (const auto& part :
       {figures_text(report, color), details_text(report, color), measured_text(report, color),
        read_by_text(report, color), balance_text(report, color), links_text(report, color),
        moves_text(report, color)}) {
    out += part.empty() ? "" : "\n" + part;
  }
  return out + "\ndocs/numbers.md says what is counted\n";
}

int run_report(const Invocation& call) {
  check_paper(call);
  const auto workspace = call.workspace();
  auto store = call.open_writing(workspace);
  fold_inbox(store, workspace.threads);
  const auto report = report_campaign(store, workspace, call.text("campaign"), call.flag("alone"),
                                      as_of(call, store));
  if (!report) {
    throw Failure(report.error());
  }
  if (call.has("html")) {
    write_paper(call, report_paper(words_of(call, workspace.config), *report,
                                   totals_of(store, workspace, *report)));
    return k_done;
  }
  std::cout << (call.json ? report_json(*report) : report_text(*report, call.color));
  return k_done;
}

} // namespace

Command report_command() {
  return {"report",
          "",
          "the review of a mailing: what happened and by whom, its links and their balance, what "
          "became of the readers",
          "  mailfunnel report --campaign spring-24",
          [](auto& options) {
            options.add_options()("campaign", text("ID"),
                                  "its id or name, with its family; default: the newest")(
                "alone", flag(), "without the A/B halves, resends and versions of its family")(
                "as-of", text("T"), "a date or time, or `latest`; default: now")(
                "html", text("FILE"),
                "as one file for a browser or printer instead, without script; - is the output")(
                "lang", text("LANG"),
                "of that file: en, nl or fr; default: [report] locale, else en");
          },
          run_report};
}

} // namespace mailfunnel::cli
