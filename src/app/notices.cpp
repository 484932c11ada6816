#include "app/notices.hpp"

#include "app/campaign_report.hpp"
#include "app/saved_plans.hpp"
#include "app/score_run.hpp"
#include "app/segment_export.hpp"
#include "base/hash.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "net/http_client.hpp"
#include "net/mail_sender.hpp"
#include "store/activity.hpp"
#include "store/catalog.hpp"
#include "store/job_log.hpp"
#include "store/notice_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace mailfunnel {

namespace {

constexpr std::size_t k_past_jobs = 100;
constexpr std::size_t k_most_people = 20'000; // who are looked at for "sql"
constexpr Seconds k_silent = k_day;
constexpr Seconds k_mailing_age = 7 * k_day; // of mailings that are looked at
constexpr std::uint64_t k_reached = 100;     // people, before a share of them says anything
constexpr double k_complaints = 0.001, k_hard_bounces = 0.02, k_moved = 0.2;
constexpr Seconds k_kept = 30 * k_day;
constexpr std::size_t k_most_lines = 50; // of a message

// ---- what holds

/// Keyed, so that no address stands in the table.
std::string person_key(std::uint64_t secret, std::string_view address) {
  return fmt::format("{:016x}", hash64(fmt::format("{:016x}{}", secret, address)));
}

/// People with the status SQL, hottest first.
void find_sql(Store& store, const Workspace& workspace, Seconds now, std::vector<Notice>& out) {
  const auto parsed = parse_expression("status = SQL");
  const std::vector<SegmentRequest> requests{
      {"sql", SegmentUse::sales, parsed.expression.get(), {"email", "score", "reasons"}}};
  const auto results =
      run_segments(store, workspace, segments_moment(store, workspace, now), requests,
                   SegmentForm{.format = ExportFormat::cells, .limit = k_most_people});
  const auto& text = results[0].text;
  for (const auto row : split(text, '\n')) {
    const auto cells = split(row, '\x1f');
    if (cells.size() == 3 && !cells[0].empty()) {
      out.push_back({"sql", person_key(store.secret(), cells[0]),
                     fmt::format("new SQL: {}, {} points: {}", cells[0], cells[1], cells[2])});
    }
  }
}

void find_failed_jobs(Store& store, std::vector<Notice>& out) {
  for (const auto& run : JobLog(store.database()).newest("", k_past_jobs)) {
    if (run.outcome != "failed") {
      continue;
    }
    const auto whole = JobLog(store.database()).run(run.id);
    auto log = std::string(trim(whole ? whole->log : std::string()));
    const auto lines = split(log, '\n');
    const auto last = lines.size() > 1 ? lines[lines.size() - 2] : std::string_view(log);
    out.push_back({"jobs", fmt::format("{}:{}", run.job, run.due),
                   fmt::format("the job \"{}\" failed at {}: {} (mailfunnel runs --job {})",
                               run.job, format_time(run.started), printable(last, 300), run.id)});
  }
}

void find_plans(Store& store, std::vector<Notice>& out) {
  for (const auto& plan : SavedPlans(store).newest(SavedPlans::k_kept)) {
    if (plan.state == PlanState::waiting) {
      out.push_back({"plans", std::to_string(plan.id),
                     fmt::format("plan {} waits for approval: {} (mailfunnel plans show {})",
                                 plan.id, words_of(plan), plan.id)});
    }
  }
}

void find_silence(Store& store, const Workspace& workspace, Seconds now, std::vector<Notice>& out) {
  Catalog catalog(store.database());
  std::map<std::uint32_t, Seconds> last;
  for (const auto& span : catalog.coverage()) {
    if (span.source == "webhook") {
      last[span.account] = std::max(last[span.account], span.ends);
    }
  }
  for (const auto& account : catalog.accounts()) {
    const auto* configured = workspace.config.account(account.name);
    const bool left = configured == nullptr || configured->archived;
    const auto found = last.find(account.id);
    if (!left && found != last.end() && now - found->second >= k_silent) {
      out.push_back({"silence", fmt::format("{}:{}", account.name, found->second),
                     fmt::format("account \"{}\" has had no webhook since {}", account.name,
                                 format_time(found->second))});
    }
  }
}

/// Accounts whose sources tell opens at all.
std::set<std::uint32_t> accounts_with_opens(Store& store,
                                            const std::vector<StoredCampaign>& campaigns) {
  std::set<CampaignId> opened;
  for (const auto& set : Activity(store.database()).sets()) {
    if (set.kind == EventKind::open) {
      opened.insert(set.campaign);
    }
  }
  std::set<std::uint32_t> out;
  for (const auto& campaign : campaigns) {
    if (opened.contains(campaign.id)) {
      out.insert(campaign.account);
    }
  }
  return out;
}

void find_mailings(Store& store, const Workspace& workspace, Seconds now,
                   std::vector<Notice>& out) {
  Catalog catalog(store.database());
  const auto campaigns = catalog.campaigns();
  const auto with_opens = accounts_with_opens(store, campaigns);
  std::map<std::uint32_t, std::string> accounts;
  for (const auto& account : catalog.accounts()) {
    accounts.emplace(account.id, account.name);
  }
  for (const auto& stored : campaigns) {
    const auto sent = stored.campaign.sent_at.value_or(0);
    if (sent <= now - k_mailing_age || sent > now - k_day || stored.campaign.id.empty()) {
      continue;
    }
    const auto report =
        report_campaign(store, workspace, stored.campaign.id, true, now, accounts[stored.account]);
    if (!report || report->together.delivered < k_reached) {
      continue;
    }
    const auto& f = report->together;
    const auto name = stored.campaign.name.empty() ? stored.campaign.id : stored.campaign.name;
    const auto key = std::to_string(stored.id);
    const auto share = [](std::uint64_t part, std::uint64_t of) {
      return static_cast<double>(part) / static_cast<double>(std::max<std::uint64_t>(of, 1));
    };
    std::uint64_t opens = f.openers;
    for (const auto& by_verdict : f.opens) {
      opens += by_verdict.people;
    }
    if (opens == 0 && with_opens.contains(stored.account)) {
      out.push_back(
          {"no-opens", key,
           fmt::format("\"{}\" was delivered to {} people on {}, and nobody opened it: is "
                       "open tracking on, and does its activity come in?",
                       name, f.delivered, format_date(sent))});
    }
    if (share(f.complained, f.delivered) > k_complaints) {
      out.push_back(
          {"complaints", key,
           fmt::format("\"{}\": {} of {} people complained ({:.2f} %)", name, f.complained,
                       f.delivered, share(f.complained, f.delivered) * 100)});
    }
    if (const auto all = std::max(f.sent, f.delivered + f.hard_bounces);
        share(f.hard_bounces, all) > k_hard_bounces) {
      out.push_back({"hard-bounces", key,
                     fmt::format("\"{}\": {} of {} addresses do not exist ({:.1f} %)", name,
                                 f.hard_bounces, all, share(f.hard_bounces, all) * 100)});
    }
  }
}

/// "soft 515, MQL 40" of the last look, with the rules that it was by.
struct Look {
  std::string rules;
  std::map<std::string, std::uint64_t> people;
};

std::string to_text(const Look& look) {
  auto out = look.rules;
  for (const auto& [status, count] : look.people) {
    out += fmt::format("\n{}\t{}", count, status);
  }
  return out;
}

Look look_of(const std::string& text) {
  Look look;
  bool first = true;
  for (const auto line : split(text, '\n')) {
    const auto tab = line.find('\t');
    if (first) {
      look.rules = line;
    } else if (tab != std::string_view::npos) {
      look.people[std::string(line.substr(tab + 1))] =
          static_cast<std::uint64_t>(parse_int(line.substr(0, tab)).value_or(0));
    }
    first = false;
  }
  return look;
}

/// How many have which status now, by the rules of now.
Look look_now(Store& store, const Workspace& workspace, Seconds now) {
  const auto& rules = workspace.config.rules;
  const auto summary =
      run_scores(store, workspace, rules, segments_moment(store, workspace, now), false);
  Look look;
  look.rules = fmt::format("{:016x}", hash64(join(rules.texts, "\n")));
  for (std::size_t i = 0; i < summary.statuses.size(); ++i) {
    look.people[summary.statuses[i]] = summary.by_status[i];
  }
  return look;
}

constexpr std::string_view k_look_key = "notices/statuses";

void find_moves(const Look& before, const Look& now, std::vector<Notice>& out) {
  if (before.rules.empty() || now.rules.empty() || before.rules == now.rules) {
    return;
  }
  std::string moved;
  for (const auto& [status, count] : now.people) {
    const auto found = before.people.find(status);
    const auto old = found == before.people.end() ? 0 : found->second;
    const auto change = static_cast<double>(count) - static_cast<double>(old);
    if (std::abs(change) > k_moved * static_cast<double>(std::max<std::uint64_t>(old, 1))) {
      moved += fmt::format("{}{} {} -> {}", moved.empty() ? "" : ", ", status, old, count);
    }
  }
  if (!moved.empty()) {
    out.push_back({"statuses", now.rules + ":" + before.rules,
                   "after a change of rules: " + moved + " people"});
  }
}

// ---- how it is told

std::string headline(const Workspace& workspace, std::size_t count) {
  const auto name = workspace.config.file.empty() ? workspace.folder : workspace.config.file;
  return fmt::format("mailfunnel: {} {} about {}", count, count == 1 ? "notice" : "notices", name);
}

std::string lines_of(const std::vector<KeptNotice>& notices) {
  std::string out;
  for (std::size_t i = 0; i < std::min(notices.size(), k_most_lines); ++i) {
    out += fmt::format("- {}\n", printable(notices[i].text, 1'000));
  }
  if (notices.size() > k_most_lines) {
    out += fmt::format("- and {} more\n", notices.size() - k_most_lines);
  }
  return out;
}

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

/// The body of a POST. Teams: an adaptive card, as its workflows take them
/// (https://learn.microsoft.com/power-automate/teams/send-a-message-in-teams). Slack: an incoming
/// webhook (https://api.slack.com/messaging/webhooks).
std::string body_of(NotifyBy by, const std::string& title, const std::vector<KeptNotice>& notices) {
  const auto text = title + "\n" + lines_of(notices);
  if (by == NotifyBy::slack) {
    return "{\"text\":" + quoted(text) + "}";
  }
  if (by == NotifyBy::teams) {
    return "{\"type\":\"message\",\"attachments\":[{\"contentType\":\"application/vnd.microsoft."
           "card.adaptive\",\"content\":{\"$schema\":\"http://adaptivecards.io/schemas/"
           "adaptive-card.json\",\"type\":\"AdaptiveCard\",\"version\":\"1.4\",\"body\":[{\"type\":"
           "\"TextBlock\",\"wrap\":true,\"text\":" +
           quoted(text) + "}]}}]}";
  }
  std::string out = "{\"title\":" + quoted(title) + ",\"notices\":[";
  for (std::size_t i = 0; i < notices.size(); ++i) {
    out +=
        fmt::format("{}{{\"kind\":{},\"at\":\"{}\",\"text\":{}}}", i == 0 ? "" : ",",
                    quoted(notices[i].kind), format_time(notices[i].at), quoted(notices[i].text));
  }
  return out + "]}";
}

Result<void> post(const std::string& url, std::string body, const std::string& ca_file) {
  HostRules rules;
  rules.origins = {url.substr(0, url.find('/', url.find("//") + 2))};
  rules.secrets = {url}; // who has it can write there
  auto settings = network_settings_from_environment();
  settings.ca_file = ca_file;
  HttpClient client(std::move(settings), rules);
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = std::move(body);
  MF_TRY(answer, client.send(std::move(request)));
  if (!answer.ok()) {
    return Error{ErrorCode::unreachable, fmt::format("answered {}", answer.status)};
  }
  return {};
}

Result<std::string> secret_of(const std::optional<SecretSource>& source,
                              const Workspace& workspace) {
  return source ? read_secret(*source, workspace.folder) : Result<std::string>(std::string());
}

Result<void> tell(const Workspace& workspace, const NotifyConfig& route,
                  const std::vector<KeptNotice>& notices, Seconds now) {
  const auto title = headline(workspace, notices.size());
  if (route.by != NotifyBy::smtp) {
    MF_TRY(url, secret_of(route.url, workspace));
    return post(url, body_of(route.by, title, notices), workspace.config.ca_file);
  }
  MF_TRY(password, secret_of(route.password, workspace));
  return send_mail({route.server, route.user, password, workspace.config.ca_file},
                   {route.from, route.to, title, lines_of(notices), now});
}

/// All that holds now, whether it was told before or not.
std::vector<Notice> find_notices(Store& store, const Workspace& workspace, const Look& before,
                                 const Look& look, Seconds now) {
  std::vector<Notice> out;
  find_moves(before, look, out);
  find_sql(store, workspace, now, out);
  find_failed_jobs(store, out);
  find_plans(store, out);
  find_silence(store, workspace, now, out);
  find_mailings(store, workspace, now, out);
  return out;
}

bool wants(const NotifyConfig& route, std::string_view kind) {
  return route.about.empty() ||
         std::find(route.about.begin(), route.about.end(), kind) != route.about.end();
}

/// A digest waits for its moment.
bool is_due(Store& store, const NotifyConfig& route, Seconds now) {
  if (!route.digest) {
    return true;
  }
  const auto last = parse_int(store.meta("notify/" + route.name).value_or(""));
  return route.digest->last_due(last.value_or(now - k_day), now).has_value();
}

} // namespace

NotifyReport notify(Store& store, const Workspace& workspace, Seconds now, bool dry_run) {
  NotifyReport report;
  const auto look = look_now(store, workspace, now);
  const auto before = look_of(store.meta(k_look_key).value_or(""));
  const auto found = find_notices(store, workspace, before, look, now);
  report.found = found.size();
  {
    const WriterLock lock(store.path());
    Transaction transaction(store.database());
    NoticeLog log(store.database());
    const bool first_people = !store.meta("notices/began").has_value();
    std::vector<std::string> people;
    for (const auto& notice : found) {
      const bool person = notice.kind == "sql";
      if (person) {
        people.push_back(notice.key);
      }
      // Those who were SQL before anybody asked are no news.
      const bool silent = person && first_people;
      if (log.add(notice.kind, notice.key, silent ? std::string_view() : notice.text, now) &&
          !silent) {
        ++report.fresh;
        report.told.push_back(notice);
      }
    }
    log.forget_others("sql", people);
    log.drop_before(now - k_kept);
    store.set_meta("notices/began", "1");
    store.set_meta(k_look_key, to_text(look));
    if (!dry_run) {
      transaction.commit();
    }
  }
  if (dry_run) {
    return report;
  }
  for (const auto& route : workspace.config.notify) {
    if (!is_due(store, route, now)) {
      continue;
    }
    std::vector<KeptNotice> notices;
    for (auto& notice : NoticeLog(store.database()).untold(route.name, now - k_kept)) {
      if (wants(route, notice.kind)) {
        notices.push_back(std::move(notice));
      }
    }
    if (!notices.empty()) {
      if (const auto sent = tell(workspace, route, notices, now); !sent) {
        auto error = sent.error();
        error.source = "[[notify]] " + route.name;
        report.errors.push_back(std::move(error));
        continue;
      }
      ++report.sent;
    }
    const WriterLock lock(store.path());
    Transaction transaction(store.database());
    for (const auto& notice : notices) {
      NoticeLog(store.database()).told(route.name, notice.id);
    }
    store.set_meta("notify/" + route.name, std::to_string(now));
    transaction.commit();
  }
  return report;
}

} // namespace mailfunnel
