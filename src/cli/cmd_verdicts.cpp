// verdicts

#include "app/verdicts.hpp"
#include "base/csv.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "model/event.hpp"
#include "store/catalog.hpp"
#include "store/recipients.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <iostream>
#include <map>

namespace mailfunnel::cli {

namespace {

constexpr std::array k_verdicts{Verdict::human, Verdict::unknown, Verdict::proxy, Verdict::machine};
constexpr unsigned k_shown = 50;

std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

/// Words for the evidence of a record.
std::string_view words_of(std::uint16_t bit) {
  constexpr std::pair<std::uint16_t, std::string_view> k_words[] = {
      {evidence::esp_machine_flag, "the platform marks a machine"},
      {evidence::privacy_proxy, "a privacy proxy"},
      {evidence::image_proxy, "a provider's image proxy"},
      {evidence::crawler_agent, "the user agent of a robot"},
      {evidence::filter_network, "a network of mail filters"},
      {evidence::probable_filter_network, "a network of mail filters and people"},
      {evidence::head_request, "a HEAD request"},
      {evidence::prefetch, "fetched ahead"},
      {evidence::honeypot, "a honeypot, says the source"},
      {evidence::empty_agent, "an empty user agent"}};
  for (const auto& [one, words] : k_words) {
    if (one == bit) {
      return words;
    }
  }
  return "";
}

/// Events with the names that belong to them.
class Namer {
public:
  Namer(Store& store, const World& world) : m_recipients(store.database()), m_world(world) {}

  std::string address(const JudgedEvent& event) {
    auto address = m_recipients.address(event.recipient);
    return address.empty() ? "(contact id only)" : address;
  }
  std::string mailing(const JudgedEvent& event) const {
    const auto* campaign = m_world.find(event.campaign);
    return campaign == nullptr ? "" : campaign->title();
  }
  std::string url(const JudgedEvent& event) const {
    if (const auto* campaign = m_world.find(event.campaign)) {
      const auto link = campaign->links.find(event.link);
      return link == campaign->links.end() ? "" : link->second.url;
    }
    return "";
  }

private:
  Recipients m_recipients;
  const World& m_world;
};

std::string why(const JudgedEvent& event) {
  std::string out;
  for (const auto& [bit, name] : k_evidence_names) {
    if ((event.evidence & bit) != 0 && bit != evidence::agent_seen) {
      out.append(out.empty() ? "" : ", ").append(words_of(bit));
    }
  }
  const auto signs = static_cast<std::uint16_t>(out.empty() ? event.judged.signs
                                                            : event.judged.signs & ~sign::record);
  const auto words = sign_words(signs);
  return out + (out.empty() || words.empty() ? "" : ", ") + words;
}

std::string event_json(const JudgedEvent& event, Namer& namer) {
  std::string signs;
  for (const auto& one : robot_signs()) {
    if ((event.judged.signs & one.bit) != 0) {
      signs += fmt::format("{}\"{}\"", signs.empty() ? "" : ",", one.key);
    }
  }
  return fmt::format("{{\"time\":\"{}\",\"address\":{},\"campaign\":{},\"kind\":\"{}\",\"link\":{},"
                     "\"verdict\":\"{}"
                     "\",\"signs\":[{}],\"why\":{}}}",
                     format_time(event.time), json_text(namer.address(event)),
                     json_text(namer.mailing(event)), name_of(event.kind),
                     json_text(namer.url(event)), name_of(event.judged.verdict), signs,
                     json_text(why(event)));
}

// ---- the list
// ----------------------------------------------------------------------------------------------------------

struct Wanted {
  std::optional<Verdict> verdict;
  std::uint16_t sign = 0; // 0: any
  bool operator()(const JudgedEvent& event) const {
    return (!verdict || event.judged.verdict == *verdict) &&
           (sign == 0 || (event.judged.signs & sign) != 0);
  }
};

Wanted wanted_of(const Invocation& call) {
  Wanted wanted;
  if (const auto name = call.text("verdict"); !name.empty()) {
    for (const auto verdict : k_verdicts) {
      if (iequals(name_of(verdict), name)) {
        wanted.verdict = verdict;
      }
    }
    if (!wanted.verdict) {
      wrong_usage("--verdict wants HUMAN, UNKNOWN, PROXY or MACHINE, not \"" + name + "\"");
    }
  }
  if (const auto key = call.text("sign"); !key.empty()) {
    std::string known;
    for (const auto& one : robot_signs()) {
      wanted.sign = one.key == key ? one.bit : wanted.sign;
      known += fmt::format("{}{}", known.empty() ? "" : ", ", one.key);
    }
    if (wanted.sign == 0) {
      wrong_usage("--sign \"" + key + "\" is none of " + known);
    }
  }
  return wanted;
}

int list_events(const Invocation& call, Store& store, const Workspace& workspace,
                const World& world, Seconds as_of) {
  const auto wanted = wanted_of(call);
  Namer namer(store, world);
  Table table({"time", "recipient", "mailing", "kind", "link", "verdict", "why"});
  std::uint64_t found = 0;
  const auto most = call.number("limit").value_or(k_shown);
  const bool csv = call.flag("csv");
  if (csv) {
    std::cout << "time,email,campaign,kind,link,verdict,why\n";
  }
  count_verdicts(
      store, workspace, world, as_of, call.text("campaign"), [&](const JudgedEvent& event) {
        if (!wanted(event)) {
          return;
        }
        ++found;
        if (call.json) {
          std::cout << event_json(event, namer) << '\n';
        } else if (csv) {
          std::string line = format_time(event.time);
          for (const auto& cell :
               {namer.address(event), namer.mailing(event), std::string(name_of(event.kind)),
                namer.url(event), std::string(name_of(event.judged.verdict)), why(event)}) {
            line += ',';
            append_csv_field(line, cell);
          }
          std::cout << line << '\n';
        } else if (found <= most) {
          table.add({format_time(event.time), shortened(namer.address(event), 40),
                     shortened(namer.mailing(event), 24), std::string(name_of(event.kind)),
                     shortened(namer.url(event), 40), std::string(name_of(event.judged.verdict)),
                     why(event)});
        }
      });
  if (!call.json && !csv) {
    std::cout << (table.empty() ? "no such opens or clicks\n" : table.text(call.color));
    if (found > most) {
      std::cout << fmt::format("\n{} of {}: --limit N shows more, --csv all\n", grouped(most),
                               grouped(found));
    }
  }
  return k_done;
}

// ---- the counts
// --------------------------------------------------------------------------------------------------------

void add_reason(Table& table, std::string words, std::string weight, const ReasonTally& reason,
                Namer& namer) {
  if (reason.all.events == 0) {
    return;
  }
  const auto& newest = *reason.example;
  const auto count = [&](Verdict verdict) {
    return grouped(reason.verdicts.at(static_cast<std::size_t>(verdict)));
  };
  table.add({std::move(words), std::move(weight), grouped(reason.all.events),
             grouped(reason.all.people), count(Verdict::machine), count(Verdict::unknown),
             count(Verdict::proxy), count(Verdict::human),
             fmt::format("{}, {}, {}", shortened(namer.address(newest), 32),
                         format_date(newest.time), shortened(namer.mailing(newest), 24))});
}

std::vector<std::pair<std::string, std::string>>
off_by_account(Store& store, const Workspace& workspace, const World& world) {
  std::map<std::string, bool> deliveries; // by account: a mailing's source tells them
  for (const auto& campaign : world.campaigns) {
    deliveries[campaign.account] = deliveries[campaign.account] || campaign.delivery_events;
  }
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& account : Catalog(store.database()).accounts()) {
    const auto* configured = workspace.config.account(account.name);
    const auto* adapter =
        workspace.registry.find(configured != nullptr ? configured->esp : account.adapter);
    if (adapter == nullptr || !deliveries.contains(account.name)) {
      continue;
    }
    const auto off = signs_that_are_off(adapter->capabilities(), deliveries[account.name]);
    if (!off.empty()) {
      out.emplace_back(account.name, off);
    }
  }
  return out;
}

void print_counts(const Invocation& call, Store& store, const Workspace& workspace,
                  const World& world, const VerdictCounts& counts, Seconds as_of) {
  Namer namer(store, world);
  const auto& rules = workspace.config.rules.robots;
  std::cout << "opens and clicks as of " << format_time(as_of) << "\n\n";
  Table verdicts({"verdict", "opens>", "people>", "clicks>", "people>", "counts as"});
  constexpr std::string_view k_meaning[] = {"a person", "nobody knows: clicks give half the points",
                                            "fetched by a proxy, read or not", "a machine"};
  for (const auto verdict : k_verdicts) {
    const auto v = static_cast<std::size_t>(verdict);
    verdicts.add({std::string(name_of(verdict)), grouped(counts.opens.at(v).events),
                  grouped(counts.opens.at(v).people), grouped(counts.clicks.at(v).events),
                  grouped(counts.clicks.at(v).people), std::string(k_meaning[v])});
  }
  std::cout << verdicts.text(call.color) << '\n';
  Table reasons({"sign", "weight>", "events>", "people>", "MACHINE>", "UNKNOWN>", "PROXY>",
                 "HUMAN>", "newest example"});
  const auto signs = robot_signs();
  for (std::size_t i = 0; i < signs.size(); ++i) {
    if (signs[i].bit != sign::record) {
      add_reason(reasons, std::string(signs[i].words), std::to_string(rules.*signs[i].weight),
                 counts.signs[i], namer);
    }
  }
  for (std::size_t i = 0; i < k_evidence_names.size(); ++i) {
    add_reason(reasons, std::string(words_of(k_evidence_names[i].first)), "record",
               counts.evidence[i], namer);
  }
  if (!reasons.empty()) {
    std::cout << reasons.text(call.color) << '\n';
  }
  for (const auto& [account, off] : off_by_account(store, workspace, world)) {
    std::cout << fmt::format("off for account \"{}\": {}\n", account, off);
  }
  if (!rules.timing) {
    std::cout << "`timing = false` in [robots]: only what the record itself gives away counts\n";
  }
}

std::string reason_json(std::string_view key, const ReasonTally& reason, Namer& namer) {
  return fmt::format(
      "{{\"sign\":\"{}\",\"events\":{},\"people\":{},\"machine\":{},\"unknown\":{},\"proxy\":{},"
      "\"human\":{},\"example\":{}}}",
      key, reason.all.events, reason.all.people,
      reason.verdicts[static_cast<std::size_t>(Verdict::machine)],
      reason.verdicts[static_cast<std::size_t>(Verdict::unknown)],
      reason.verdicts[static_cast<std::size_t>(Verdict::proxy)],
      reason.verdicts[static_cast<std::size_t>(Verdict::human)],
      reason.example ? event_json(*reason.example, namer) : "null");
}

std::string counts_json(Store& store, const Workspace& workspace, const World& world,
                        const VerdictCounts& counts, Seconds as_of) {
  Namer namer(store, world);
  std::string out = fmt::format("{{\"result\":\"verdicts\",\"as_of\":\"{}\"", format_time(as_of));
  const auto add = [&](std::string_view kind, const std::array<Tally, 4>& tallies) {
    for (const auto verdict : k_verdicts) {
      const auto& tally = tallies.at(static_cast<std::size_t>(verdict));
      out += fmt::format("{}\"{}\":{{\"events\":{},\"people\":{}}}",
                         verdict == Verdict::human ? fmt::format(",\"{}\":{{", kind) : ",",
                         lower(name_of(verdict)), tally.events, tally.people);
    }
    out += '}';
  };
  add("opens", counts.opens);
  add("clicks", counts.clicks);
  out += ",\"signs\":[";
  const auto signs = robot_signs();
  for (std::size_t i = 0; i < signs.size(); ++i) {
    out += (i == 0 ? "" : ",") + reason_json(signs[i].key, counts.signs[i], namer);
  }
  out += "],\"record\":[";
  bool first = true;
  for (std::size_t i = 0; i < k_evidence_names.size(); ++i) {
    if (k_evidence_names[i].first != evidence::agent_seen) {
      out +=
          (first ? "" : ",") + reason_json(k_evidence_names[i].second, counts.evidence[i], namer);
      first = false;
    }
  }
  out += "],\"off\":{";
  first = true;
  for (const auto& [account, off] : off_by_account(store, workspace, world)) {
    out += (first ? "" : ",") + json_text(account) + ":" + json_text(off);
    first = false;
  }
  return out + "}}\n";
}

int run_verdicts(const Invocation& call) {
  const auto workspace = call.workspace();
  auto store = call.open_reading(workspace);
  const auto at = as_of(call, store);
  const auto world = build_world(store, workspace, workspace.config.rules, at);
  const auto campaign = call.text("campaign");
  if (!campaign.empty() &&
      std::none_of(world.campaigns.begin(), world.campaigns.end(),
                   [&](const WorldCampaign& c) { return c.is_called(campaign); })) {
    wrong_usage("there is no mailing \"" + campaign + "\": `mailfunnel campaigns` lists them");
  }
  if (call.flag("list") || call.flag("csv") || call.has("verdict") || call.has("sign")) {
    return list_events(call, store, workspace, world, at);
  }
  const auto counts = count_verdicts(store, workspace, world, at, campaign);
  if (call.json) {
    std::cout << counts_json(store, workspace, world, counts, at);
  } else {
    print_counts(call, store, workspace, world, counts, at);
  }
  return k_done;
}

} // namespace

Command verdicts_command() {
  return {"verdicts",
          "",
          "who opened and clicked, people or machines, and by which signs that was judged",
          "  mailfunnel verdicts --campaign spring-24\n"
          "  mailfunnel verdicts --sign crowd --csv > crowd.csv",
          [](auto& options) {
            options.add_options()("campaign", text("ID"), "of one mailing: its id or name")(
                "as-of", text("TIME"),
                "the moment; default now")("list", flag(), "each open and click with its verdict")(
                "verdict", text("V"), "list those judged HUMAN, UNKNOWN, PROXY or MACHINE")(
                "sign", text("KEY"), "list those with this sign, such as crowd or all_links")(
                "csv", flag(), "the list as CSV, all of it")(
                "limit", po::value<unsigned>()->value_name("N"), "rows of the list; default 50");
          },
          run_verdicts};
}

} // namespace mailfunnel::cli
