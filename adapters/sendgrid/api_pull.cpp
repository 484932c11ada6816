// What is pulled of SendGrid: see api.cpp.
//
// A message does not tell of which Single Send it is, unless its arguments do. Its subject does,
// with the time when it was processed: the mark "mailings" keeps the subjects of Single Sends, a
// line each: when it was sent, its id, its subject. The mark "seen" keeps what was listed of the
// last day, so that the next listing, which overlaps, leads to nothing it led to before.

#include "api.hpp"

#include "activity.hpp"
#include "campaigns.hpp"

#include "adapter/attributes.hpp"
#include "adapter/json_value.hpp"
#include "base/csv.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_set>

namespace mailfunnel::sendgrid {

namespace {

using namespace std::string_view_literals;

constexpr std::int64_t k_first = std::int64_t{1} << 40; // rank of what all else hangs on
constexpr std::size_t k_most_messages = 1000;           // of an answer
constexpr std::size_t k_suppression_page = 500;
constexpr std::size_t k_stats_ids = 25; // of a request
constexpr std::size_t k_most_mailings = 2000, k_most_seen = 50'000;
constexpr Seconds k_lively = 30 * k_day; // so long activity is kept
constexpr Seconds k_overlap = k_day;
constexpr Seconds k_slack = 600; // between the clocks of two systems
constexpr unsigned k_most_waits = 3;

std::optional<Seconds> marked_time(std::string_view mark) {
  const auto time = parse_time(mark);
  return time && !mark.empty() ? std::optional(time->seconds) : std::nullopt;
}

std::optional<Seconds> mark_of(const ApiMarks& marks, std::string_view name) {
  const auto found = marks.find(name);
  return found == marks.end() ? std::nullopt : marked_time(found->second);
}

/// The next page, as _metadata.next names it: its token alone, so that no URL of an answer is
/// called.
std::optional<ApiTask> next_token(const ApiTask& task, const Json& metadata) {
  const auto next = text_of(metadata["next"]);
  const auto token = query_parameter(parse_uri(next).query, "page_token");
  if (!token || token->empty() || *token == task.place) {
    return std::nullopt;
  }
  auto more = task;
  more.place = *token;
  return more;
}

// ---- mailings
// ------------------------------------------------------------------------------------

struct Mailing {
  Seconds sent = 0;
  std::string_view id, subject;
  bool known = false; // its subject is
};

std::vector<Mailing> mailings_of(std::string_view mark) {
  std::vector<Mailing> all;
  while (!mark.empty()) {
    const auto line = next_line(mark);
    const auto first = line.find('\t'), second = line.find('\t', first + 1);
    if (first == std::string_view::npos) {
      continue;
    }
    Mailing one;
    one.sent = parse_int(line.substr(0, first)).value_or(0);
    one.known = second != std::string_view::npos;
    one.id = line.substr(first + 1, one.known ? second - first - 1 : second);
    one.subject = one.known ? line.substr(second + 1) : ""sv;
    all.push_back(one);
  }
  return all;
}

std::string mark_text(std::vector<Mailing> all) {
  std::stable_sort(all.begin(), all.end(),
                   [](const Mailing& a, const Mailing& b) { return a.sent > b.sent; });
  all.resize(std::min(all.size(), k_most_mailings));
  std::string out;
  for (const auto& one : all) {
    fmt::format_to(std::back_inserter(out), "{}\t{}", one.sent, one.id);
    if (one.known) {
      out.append("\t").append(one.subject);
    }
    out += '\n';
  }
  return out;
}

/// A subject on one line; what is filled in for each person ("Hi {{first_name}}") as '*'.
std::string subject_pattern(std::string_view subject) {
  std::string out;
  for (std::size_t i = 0; i < subject.size(); ++i) {
    if (subject.substr(i, 2) == "{{") {
      const auto end = subject.find("}}", i);
      if (end != std::string_view::npos) {
        i = subject.substr(end, 3) == "}}}" ? end + 2 : end + 1;
        out += '*';
        continue;
      }
    }
    const char c = subject[i];
    out += c == '*' ? '?' : static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return out;
}

/// The Single Send with this subject that went out last before `time`.
const Mailing* mailing_of(const std::vector<Mailing>& all, std::string_view subject, Seconds time) {
  const Mailing* best = nullptr;
  for (const auto& one : all) {
    if (one.known && one.sent <= time + k_slack && (best == nullptr || one.sent > best->sent) &&
        glob_match(one.subject, subject)) {
      best = &one;
    }
  }
  return best;
}

// ---- what was listed before
// ----------------------------------------------------------------------

constexpr std::size_t k_seen_width = 24; // of one: its time in 8 hexadecimal digits, its hash in 16

/// Messages of the last day as they were listed.
class Seen {
public:
  explicit Seen(std::string_view mark) : m_text(mark) {
    for (std::size_t i = 0; i + k_seen_width <= m_text.size(); i += k_seen_width) {
      m_all.insert(m_text.substr(i, k_seen_width));
    }
  }
  bool add(Seconds time, std::uint64_t hash, bool keep) {
    auto entry = fmt::format("{:08x}{:016x}", static_cast<std::uint32_t>(time), hash);
    if (m_all.contains(entry)) {
      return false;
    }
    if (keep && m_all.size() < k_most_seen) {
      m_text += entry;
      m_all.insert(std::move(entry));
    }
    return true;
  }
  /// Without those before `since`.
  std::string text(Seconds since) const {
    const auto from =
        fmt::format("{:08x}", static_cast<std::uint32_t>(std::max<Seconds>(since, 0)));
    std::string out;
    for (std::size_t i = 0; i + k_seen_width <= m_text.size(); i += k_seen_width) {
      if (m_text.substr(i, from.size()) >= from) {
        out.append(m_text, i, k_seen_width);
      }
    }
    return out;
  }

private:
  std::string m_text;
  std::unordered_set<std::string> m_all;
};

} // namespace

// ---- tasks
// ---------------------------------------------------------------------------------------

std::vector<ApiTask> SendGridApi::pull(const PullRequest& request) const {
  // Messages come after it: they are told by the subjects of Single Sends.
  std::vector<ApiTask> tasks{
      {.step = "singlesends", .since = request.since, .until = request.now, .rank = k_first}};
  for (const auto& list : k_suppressions) {
    const auto last = mark_of(request.marks, list.step);
    tasks.push_back({.step = std::string(list.step),
                     .since = last ? *last - k_overlap : 0,
                     .until = request.now,
                     .rank = -1});
  }
  tasks.push_back({.step = "groups", .rank = -1});
  tasks.push_back({.step = "contact-count", .campaign = m_list, .until = request.now, .rank = -1});
  return tasks;
}

// ---- Single Sends
// --------------------------------------------------------------------------------

Result<void> SendGridApi::read_singlesends(const ApiTask& task, const HttpResponse& answer,
                                           ApiSink& sink) const {
  const auto listed = marked_time(sink.marked("messages"));
  const ApiTask messages{.step = "messages",
                         .memo = "first",
                         .since = listed ? std::max(task.since, *listed - k_overlap) : task.since,
                         .until = task.until,
                         .rank = k_first - 1};
  if (!answer.ok()) {
    sink.note("no Single Sends: the key has no right to Marketing (read)");
    sink.next(messages);
    return {};
  }
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["result"], "result"));
  const InputFacts facts;
  auto known = mailings_of(sink.marked("mailings"));
  const auto had = known.size();
  std::vector<std::string> ids; // that the views in `known` point into
  ids.reserve(k_most_mailings);
  std::vector<std::string> lively;
  const auto last = marked_time(sink.marked("singlesends"));
  each_element(json["result"], json_member(answer.body, "result"),
               [&](const Json& row, std::string_view record) {
                 const auto sent = time_of(row["send_at"]);
                 const std::string id(text_of(row["id"]));
                 if (id.empty() || !sent || text_of(row["status"]) != "triggered" ||
                     sent->seconds < task.since || sent->seconds > task.until) {
                   return; // a draft, or one that waits
                 }
                 const bool fresh =
                     std::none_of(known.begin(), known.end(),
                                  [&id](const Mailing& one) { return one.id == id; });
                 if (fresh || sink.marked("content/" + id) != text_of(row["updated_at"])) {
                   k_single_sends.read({row, record, facts}, sink.records());
                   sink.mark("content/" + id, text_of(row["updated_at"]));
                   sink.next({.step = "singlesend",
                              .campaign = id,
                              .until = task.until,
                              .rank = k_first,
                              .calls = 1});
                 }
                 if (fresh && ids.size() < k_most_mailings) {
                   ids.push_back(id);
                   known.push_back({sent->seconds, ids.back(), {}, false});
                 }
                 if (!last || sent->seconds >= *last - k_lively) {
                   lively.push_back(id);
                 }
               });
  if (known.size() != had) {
    sink.mark("mailings", mark_text(known));
  }
  for (std::size_t i = 0; i < lively.size(); i += k_stats_ids) {
    const auto end = std::min(i + k_stats_ids, lively.size());
    sink.next({.step = "stats",
               .memo = join({lively.begin() + static_cast<std::ptrdiff_t>(i),
                             lively.begin() + static_cast<std::ptrdiff_t>(end)},
                            ","),
               .rank = k_first - 2});
  }
  if (auto more = next_token(task, json["_metadata"])) {
    sink.next(std::move(*more));
  } else {
    sink.mark("singlesends", format_time(task.until));
    sink.next(messages);
  }
  return {};
}

/// With its content and, which the list does not tell, its subject.
Result<void> SendGridApi::read_singlesend(const ApiTask& task, const HttpResponse& answer,
                                          ApiSink& sink) const {
  const std::string mark(sink.marked("mailings"));
  auto known = mailings_of(mark);
  const auto mine = std::find_if(known.begin(), known.end(),
                                 [&task](const Mailing& one) { return one.id == task.campaign; });
  if (!answer.ok()) { // deleted since
    if (mine != known.end()) {
      known.erase(mine);
      sink.mark("mailings", mark_text(known));
    }
    return {};
  }
  MF_TRY(json, read_json(answer));
  if (text_of(json["id"]) != task.campaign) {
    return Error{ErrorCode::bad_syntax, "the answer is not about this Single Send"};
  }
  const InputFacts facts;
  k_single_sends.read({json.root(), answer.body, facts}, sink.records());
  const auto subject = subject_pattern(text_of(json["email_config"]["subject"]));
  if (mine != known.end()) {
    mine->known = true;
    mine->subject = subject;
    sink.mark("mailings", mark_text(known));
  }
  return {};
}

Result<void> SendGridApi::read_stats(const ApiTask& task, const HttpResponse& answer,
                                     ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["results"], "results"));
  // A row for each variation of a Single Send that is tested.
  std::map<std::string, MailingTotals> all;
  each_element(json["results"], [&all](const Json& row) {
    auto& totals = all[std::string(text_of(row["id"]))];
    const auto add = [&row](std::optional<std::uint64_t>& to, const char* name) {
      if (const auto count = count_of(row["stats"][name])) {
        to = to.value_or(0) + *count;
      }
    };
    add(totals.sent, "requests");
    add(totals.delivered, "delivered");
    add(totals.opens, "opens");
    add(totals.unique_opens, "unique_opens");
    add(totals.clicks, "clicks");
    add(totals.unique_clicks, "unique_clicks");
    add(totals.unsubscribes, "unsubscribes");
    add(totals.complaints, "spam_reports");
  });
  for (auto& [id, totals] : all) {
    totals.campaign = id;
    if (!id.empty()) {
      sink.totals(totals);
    }
  }
  if (auto more = next_token(task, json["_metadata"])) {
    sink.next(std::move(*more));
  }
  return {};
}

// ---- activity
// ------------------------------------------------------------------------------------

Result<void> SendGridApi::read_messages(const ApiTask& task, const HttpResponse& answer,
                                        ApiSink& sink) const {
  if (!answer.ok()) {
    sink.note("no activity: the account has no Email Activity API, or the key no right to it "
              "(Email Activity: read); the event webhook tells all of it");
    return {};
  }
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["messages"], "messages"));
  const std::string mark(sink.marked("mailings"));
  const auto mailings = mailings_of(mark);
  const bool waits =
      std::any_of(mailings.begin(), mailings.end(), [](const Mailing& one) { return !one.known; });
  if (waits && task.campaign.size() < k_most_waits) { // until the subjects are there
    auto again = task;
    again.campaign += '.'; // how often
    again.wait = 2;
    sink.next(std::move(again));
    return {};
  }
  simdjson::dom::array list;
  const auto rows = json["messages"].get_array().get(list) == simdjson::SUCCESS ? list.size() : 0;
  if (task.memo == "first") {
    sink.mark("messages", format_time(task.until));
  }
  if (rows >= k_most_messages && task.until > task.since) {
    const auto middle = task.since + (task.until - task.since) / 2;
    for (auto [since, until] : {std::pair(middle + 1, task.until), std::pair(task.since, middle)}) {
      auto half = task;
      half.since = since;
      half.until = until;
      half.memo.clear();
      half.campaign.clear();
      half.wait = 0;
      sink.next(std::move(half));
    }
    return {};
  }
  if (rows >= k_most_messages) {
    sink.note("more than 1000 messages had their last event in the same second: SendGrid does not "
              "tell of the others");
  }
  const auto from = marked_time(sink.marked("messages")).value_or(task.until) - k_overlap;
  Seen seen(sink.marked("seen"));
  bool changed = false;
  each_element(json["messages"], [&](const Json& row) {
    const auto id = text_of(row["msg_id"]);
    const auto last = time_of(row["last_event_time"]);
    if (id.empty() || !last) {
      sink.records().reject(id.empty()
                                ? mismatch("msg_id", row["msg_id"], "an id")
                                : mismatch("last_event_time", row["last_event_time"], "a time"),
                            {});
      return;
    }
    const auto state = fmt::format("{}/{}/{}/{}", id, text_of(row["status"]),
                                   count_of(row["opens_count"]).value_or(0),
                                   count_of(row["clicks_count"]).value_or(0));
    if (!seen.add(last->seconds, hash64(state), last->seconds >= from)) {
      return;
    }
    changed = true;
    const auto* mailing = mailing_of(mailings, text_of(row["subject"]), last->seconds);
    sink.next({.step = "message",
               .campaign = std::string(mailing != nullptr ? mailing->id : ""sv),
               .place = std::string(id),
               .rank = mailing != nullptr ? mailing->sent : last->seconds});
  });
  if (changed || task.memo == "first") {
    sink.mark("seen", seen.text(from));
  }
  return {};
}

Result<void> SendGridApi::read_message(const ApiTask&, const HttpResponse& answer,
                                       ApiSink& sink) const {
  if (!answer.ok()) { // past its 30 days
    return {};
  }
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json["events"], "events"));
  std::string scratch;
  auto campaign = campaign_of_message(json.root(), scratch);
  const std::string mark(sink.marked("mailings"));
  const auto mailings = mailings_of(mark);
  if (campaign.empty()) {
    const auto when = processed_at(json.root());
    const auto* mailing = when ? mailing_of(mailings, text_of(json["subject"]), *when) : nullptr;
    campaign = mailing != nullptr ? mailing->id : ""sv;
  }
  sendgrid::read_message(json.root(), campaign, answer.body, sink.records());
  return {};
}

// ---- people
// --------------------------------------------------------------------------------------

Result<void> SendGridApi::read_suppressions(const ApiTask& task, const HttpResponse& answer,
                                            ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json.root(), task.step));
  const auto* list = suppression_list(task.step);
  std::size_t rows = 0;
  each_element(json.root(), answer.body, [&](const Json& row, std::string_view record) {
    ++rows;
    RecipientView view;
    view.record = record;
    view.address = text_of(row["email"]);
    view.subscription = list->subscription;
    if (const auto created = time_of(row["created"])) {
      view.changed_at = created->seconds;
    }
    if (view.address.empty()) {
      sink.records().reject(mismatch("email", row["email"], "an address"), record);
    } else {
      sink.records().accept(view);
    }
  });
  if (auto more = next_offset(task, rows, k_suppression_page, std::nullopt)) {
    sink.next(std::move(*more));
  } else {
    sink.mark(task.step, format_time(task.until));
  }
  return {};
}

/// Unsubscribe groups: those whose number of people has changed are read.
Result<void> SendGridApi::read_groups(const ApiTask& task, const HttpResponse& answer,
                                      ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json.root(), "groups"));
  each_element(json.root(), [&](const Json& row) {
    const JsonScalar id(row["id"]), people(row["unsubscribes"]);
    const auto mark = "group/" + std::string(std::string_view(id));
    if (std::string_view(id).empty() || std::string_view(people) == "0" ||
        (!std::string_view(people).empty() && sink.marked(mark) == std::string_view(people))) {
      return;
    }
    sink.mark(mark, people);
    sink.next({.step = "group", .campaign = std::string(std::string_view(id)), .rank = task.rank});
  });
  return {};
}

Result<void> SendGridApi::read_group(const ApiTask& task, const HttpResponse& answer,
                                     ApiSink& sink) const {
  MF_TRY(json, read_json(answer));
  MF_CHECK(need_list(json.root(), "suppressions"));
  each_element(json.root(), answer.body, [&](const Json& row, std::string_view record) {
    RecipientView view;
    view.record = record;
    view.address = text_of(row);
    view.list = task.campaign;
    view.subscription = Subscription::unsubscribed;
    if (view.address.empty()) {
      sink.records().reject("no address", record);
    } else {
      sink.records().accept(view);
    }
  });
  return {};
}

/// An export a day is enough, unless there are more or fewer people than before.
Result<void> SendGridApi::read_contact_count(const ApiTask& task, const HttpResponse& answer,
                                             ApiSink& sink) const {
  if (!answer.ok()) {
    sink.note("no contacts: the key has no right to Marketing (read)");
    return {};
  }
  MF_TRY(json, read_json(answer));
  const auto count = count_of(json["contact_count"]);
  if (!count) {
    return Error{ErrorCode::bad_syntax, "the answer has no \"contact_count\""};
  }
  if (task.memo == "check") {
    sink.fact("contacts", std::to_string(*count), true);
    return {};
  }
  const auto last = marked_time(sink.marked("contacts"));
  const auto now = std::to_string(*count);
  if (*count == 0 || (last && *last + k_day > task.until && sink.marked("contacts/count") == now)) {
    return {};
  }
  sink.next({.step = "export",
             .campaign = task.campaign,
             .memo = now,
             .until = task.until,
             .rank = task.rank,
             .calls = 5});
  return {};
}

/// CSV with EMAIL, CONTACT_ID, UPDATED_AT, and a column for each field.
Result<void> SendGridApi::read_contacts(const ApiTask&, std::string_view csv, ApiSink& sink) const {
  const auto head = read_csv_head(csv);
  const auto email = head ? head->header.find("email") : std::nullopt;
  if (!email) {
    return Error{ErrorCode::bad_syntax, "the export of contacts has no column EMAIL"};
  }
  const auto id = head->header.find({"contact_id", "contact id"});
  const auto updated = head->header.find({"updated_at", "updated at"});
  const auto& names = head->header.names();
  CsvReader reader(head->dialect);
  reader.start(csv);
  CsvRow row;
  for (bool first = true; reader.next(row); first = false) {
    if (first) {
      continue;
    }
    RecipientView view;
    view.address = trim(row[*email]);
    if (view.address.empty()) {
      sink.records().skip({}); // known by another identifier
      continue;
    }
    view.contact_id = id ? row[*id] : ""sv;
    if (const auto time = updated ? parse_time(row[*updated]) : std::nullopt) {
      view.changed_at = time->seconds;
    }
    Attributes attributes;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i != *email && (!id || i != *id) && (!updated || i != *updated)) {
        attributes.add(names[i], row[i]);
      }
    }
    view.attributes = attributes.all();
    sink.records().accept(view);
  }
  return {};
}

} // namespace mailfunnel::sendgrid
