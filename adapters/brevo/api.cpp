// Brevo's API v3: https://developers.brevo.com/reference
//
// Pull. Campaigns with their figures; events of transactional mail; contacts. What a person did
// with campaigns is told person by person alone (GET /contacts/{id}/campaignStats): it is asked of
// those on the lists of campaigns whose figures have changed since the last time.
//
// Push. A list, or attributes of contacts: by calls that take existing contacts only. No call names
// a subscription (emailBlacklisted), and none makes a contact.

#include "api.hpp"

#include "adapter/json_value.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"

namespace mailfunnel::brevo {

namespace {

/// "2026-03-01" of a time in seconds: what Brevo takes for a day.
std::string day_of(Seconds time) {
  return format_time(time).substr(0, 10);
}

/// "2026-03-01T12:00:00.000Z"
std::string moment_of(Seconds time) {
  auto text = format_time(time);
  text.pop_back(); // Z
  return text + ".000Z";
}

} // namespace

BrevoApi::BrevoApi(const ApiAccount& account)
    : m_base(base_url(account, "https://api.brevo.com/v3")), m_list(account.list),
      m_key(account.secret("api_key")),
      m_asks_people(!iequals(account.setting("campaign_statistics"), "no")) {}

// ---- requests
// ------------------------------------------------------------------------------------

HttpRequest BrevoApi::request(const ApiTask& task) const {
  const auto& step = task.step;
  const auto page = [&task](std::string_view limit, UrlQuery query) {
    return query.add("limit", limit).add("offset", task.place.empty() ? "0" : task.place).text();
  };
  HttpRequest request;
  if (step == "campaigns") {
    request = get_request(m_base + "/emailCampaigns" +
                          page("50", {{"status", "sent"},
                                      {"statistics", "globalStats"},
                                      {"startDate", moment_of(task.since)},
                                      {"endDate", moment_of(task.until)},
                                      {"sort", "desc"}}));
  } else if (step == "content") {
    request = get_request(m_base + "/emailCampaigns/" + percent_encode(task.campaign));
  } else if (step == "events") {
    request = get_request(m_base + "/smtp/statistics/events" +
                          page("2500", {{"startDate", day_of(task.since)},
                                        {"endDate", day_of(task.until)},
                                        {"sort", "asc"}}));
  } else if (step == "contacts" || step == "people") {
    request = get_request(
        m_base + "/contacts" +
        page("1000", {{"listIds", step == "contacts" ? std::string_view(m_list) : ""},
                      {"modifiedSince", task.since > 0 ? moment_of(task.since) : std::string()},
                      {"sort", "asc"}}));
  } else if (step == "statistics") {
    request = get_request(
        m_base + "/contacts/" + percent_encode(task.place) + "/campaignStats" +
        UrlQuery({{"startDate", day_of(task.since)}, {"endDate", day_of(task.until)}}).text());
  } else if (step == "lists") {
    request = get_request(m_base + "/contacts/lists" + page("50", {{"sort", "asc"}}));
  } else if (step == "members") {
    request = get_request(m_base + "/contacts/lists/" + percent_encode(task.campaign) +
                          "/contacts" + page("500", {{"sort", "asc"}}));
  } else if (step == "person") {
    request = get_request(m_base + "/contacts/" + percent_encode(task.place));
  } else if (step == "attributes") {
    request = get_request(m_base + "/contacts/attributes");
  } else if (step == "folders") {
    request = get_request(m_base + "/contacts/folders" + page("50", {{"sort", "asc"}}));
  } else if (step == "new-list") {
    request = json_request("POST", m_base + "/contacts/lists", task.body);
  } else if (step == "add" || step == "remove") {
    request = json_request(
        "POST", m_base + "/contacts/lists/" + percent_encode(task.campaign) + "/contacts/" + step,
        task.body);
    request.repeatable = true; // sets: twice is as once
  } else if (step == "set") {
    request = json_request("POST", m_base + "/contacts/batch", task.body);
    request.repeatable = true;
  } else if (step == "check-list") {
    request = get_request(m_base + "/contacts/lists/" + percent_encode(task.campaign));
  } else { // account
    request = get_request(m_base + "/account");
  }
  request.headers.emplace_back("api-key", m_key);
  return request;
}

// ---- answers
// -------------------------------------------------------------------------------------

const std::vector<BrevoApi::StepRow>& BrevoApi::steps() {
  using Self = BrevoApi;
  static const std::vector<StepRow> s_rows{
      // NOLINT: never changes
      {"campaigns", &Self::read_campaigns},
      {"content", &Self::read_content},
      {"events", &Self::read_events},
      {"contacts", &Self::read_contacts},
      {"statistics", &Self::read_statistics},
      {"lists", &Self::read_lists},
      {"members", &Self::read_people},
      {"people", &Self::read_people},
      {"person", &Self::read_person},
      {"attributes", &Self::read_attributes},
      {"folders", &Self::read_folders},
      {"new-list", &Self::read_new_list},
      {"add", &Self::read_moved},
      {"remove", &Self::read_moved},
      {"set", &Self::read_nothing},
      {"check-list", &Self::read_check},
      {"account", &Self::read_check},
  };
  return s_rows;
}

Result<void> BrevoApi::read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const {
  for (const auto& row : steps()) {
    if (row.step == task.step) {
      return (this->*row.read)(task, answer, sink);
    }
  }
  return Error{ErrorCode::unsupported, "nobody reads the step \"" + task.step + "\""};
}

bool BrevoApi::understands(const ApiTask& task, int status) const {
  const auto& step = task.step;
  if (status == 404) { // gone in the meantime, or not known
    return step == "content" || step == "statistics" || step == "person" || step == "check-list";
  }
  return status == 400 && (step == "add" || step == "remove"); // nobody was moved
}

std::string BrevoApi::problem(const HttpResponse& answer) const {
  const auto json = read_json(answer);
  if (!json) {
    return {};
  }
  std::string out(text_of((*json)["message"]));
  if (const auto code = text_of((*json)["code"]); !code.empty()) {
    out.append(out.empty() ? "" : " ").append("(").append(code).append(")");
  }
  return out;
}

// ---- check
// ---------------------------------------------------------------------------------------

std::vector<ApiTask> BrevoApi::check() const {
  std::vector<ApiTask> tasks{{.step = "account"}};
  if (!m_list.empty()) {
    tasks.push_back({.step = "check-list", .campaign = m_list});
  }
  return tasks;
}

Result<void> BrevoApi::read_check(const ApiTask& task, const HttpResponse& answer,
                                  ApiSink& sink) const {
  if (!answer.ok()) {
    sink.fact("list", "there is none with this id", false);
    return {};
  }
  MF_TRY(json, read_json(answer));
  if (task.step == "check-list") {
    sink.fact("list", text_of(json["name"]), true);
    return {};
  }
  if (!json.root().is_object()) {
    return Error{ErrorCode::bad_syntax, "the answer is no account"};
  }
  sink.fact("account", text_of(json["companyName"]), true);
  each_element(json["plan"], [&sink](const Json& plan) {
    if (text_of(plan["creditsType"]) == "sendLimit") {
      sink.fact("credits", JsonScalar(plan["credits"]), true);
    }
  });
  return {};
}

Result<std::unique_ptr<Api>> open_api(const ApiAccount& account) {
  if (account.secret("api_key").empty()) {
    return Error{ErrorCode::usage, "Brevo needs the account's api_key, such as "
                                   "api_key = { env = \"BREVO_API_KEY\" }"};
  }
  if (!account.list.empty() && !parse_int(account.list)) {
    return Error{ErrorCode::usage, "list = \"" + account.list +
                                       "\" is no list of Brevo: give its number, as the page of "
                                       "lists shows it"};
  }
  return std::make_unique<BrevoApi>(account);
}

} // namespace mailfunnel::brevo
