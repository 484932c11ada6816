// A push goes into custom fields of a list's subscribers:
//   GET lists/{id}/customfields     <CustomFields><CustomField><FieldName>Funnel
//   stage</FieldName><Key>[Funnelstage]</Key>… POST subscribers/{id}/import
//   {"Subscribers":[{"EmailAddress":"ann@example.com","CustomFields":[{"Key":"Funnelstage","Value":"mofu"}],
//                                     "ConsentToTrack":"Unchanged"}],"Resubscribe":false,…}
// and its answer, with status 201, or 400 where some were refused:
//   {"Code":210,"Message":"Subscriber Import had some
//   failures","ResultData":{"TotalNewSubscribers":0,
//     "FailureDetails":[{"EmailAddress":"gone@example.com","Code":206,"Message":"Subscriber has
//     unsubscribed"}],…}}
// https://www.campaignmonitor.com/api/v3-3/subscribers/#importing-many-subscribers

#include "api.hpp"

#include "adapter/api_request.hpp"
#include "adapter/xml_reader.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <string>

namespace mailfunnel::campaignmonitor {

using namespace std::string_view_literals;

namespace {

constexpr std::size_t k_import = 1000;
constexpr std::size_t k_few = 10; // people that are looked up one by one

/// "[Funnelstage]", "Funnel stage" -> "funnelstage": answers name a field in either way.
std::string plain_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool kept = is_alnum(c) || (static_cast<unsigned char>(c) & 0x80U) != 0;
    out.append(kept ? 1 : 0, ascii_lower(c));
  }
  return out;
}

std::string without_brackets(std::string_view key) {
  const bool brackets = key.size() > 2 && key.front() == '[' && key.back() == ']';
  return std::string(brackets ? key.substr(1, key.size() - 2) : key);
}

/// Fields one below the other: names have commas.
constexpr char k_between = '\n';

std::string field_body(std::string_view name) {
  return "{\"FieldName\":" + json_string(name) +
         ",\"DataType\":\"Text\",\"VisibleInPreferenceCenter\":false}";
}

} // namespace

std::vector<TargetInfo> CampaignMonitorApi::targets() const {
  return {
      {TargetKind::fields,
       "custom fields of the list: membership of a list is a subscription, which is never touched",
       true},
      {TargetKind::suppression, "the client's suppression list, which holds for all its lists"}};
}

Result<std::vector<ApiTask>> CampaignMonitorApi::look(const PushTarget& target,
                                                      std::span<const std::string> wanted) const {
  const auto& list = target.list.empty() ? m_list : target.list;
  if (list.empty()) {
    return Error{ErrorCode::usage,
                 "a push to Campaign Monitor needs the list: give the account list "
                 "= \"…\" (the list's page, change name/type: List API ID)"};
  }
  const auto names = join(target.fields, std::string(1, k_between));
  std::vector<ApiTask> tasks{{.step = "fields", .campaign = list, .memo = names}};
  if (target.kind == TargetKind::suppression) {
    if (m_client.empty()) {
      return Error{ErrorCode::usage,
                   "the suppression list is a client's: give the account client = \"…\""};
    }
    tasks = {{.step = "look-suppressed", .campaign = m_client}};
  }
  if (wanted.size() <= k_few) {
    for (const auto& address : wanted) {
      tasks.push_back({.step = "look-one", .campaign = list, .place = address, .memo = names});
    }
  } else {
    for (const auto* step :
         {"look-active", "look-unconfirmed", "look-unsubscribed", "look-bounced"}) {
      tasks.push_back({.step = step, .campaign = list, .memo = names});
    }
  }
  return tasks;
}

/// All fields there: that is the target, and its id their keys. After create() the first that is
/// missing is made; `place` tells how many may still be.
Result<void> CampaignMonitorApi::read_fields(const ApiTask& task, const XmlDocument& xml,
                                             ApiSink& sink) const {
  std::vector<std::string> keys;
  const auto rows = elements_of(xml.root());
  for (const auto wanted : split(task.memo, k_between)) {
    const auto name = plain_name(wanted);
    const auto found = std::find_if(rows.begin(), rows.end(), [&name](const auto& row) {
      return plain_name(trimmed_text(row, "FieldName")) == name ||
             plain_name(trimmed_text(row, "Key")) == name;
    });
    if (found != rows.end()) {
      keys.push_back(without_brackets(trimmed_text(*found, "Key")));
    } else {
      if (const auto left = offset_of(task); left > 0) {
        sink.next({.step = "new-field",
                   .campaign = task.campaign,
                   .place = std::to_string(left - 1),
                   .memo = task.memo,
                   .body = field_body(without_brackets(wanted))});
      }
      return {};
    }
  }
  sink.target(join(keys, std::string(1, k_between)));
  return {};
}

Result<void> CampaignMonitorApi::read_members(const ApiTask& task, const XmlDocument& xml,
                                              std::string_view body, ApiSink& sink) const {
  const bool page = task.step != "look-one";
  if (page) {
    MF_CHECK(need_results(xml));
  }
  const bool suppressed = task.step == "look-suppressed";
  const auto names =
      task.memo.empty() ? std::vector<std::string_view>() : split(task.memo, k_between);
  if (suppressed) {
    sink.target("suppressed");
  }
  const auto count = read_xml_rows(xml, body, [&](const Row& row, std::string_view) {
    TargetMember member;
    member.address = row["EmailAddress"];
    member.subscription = suppressed ? Subscription::unsubscribed : subscription_of(row["State"]);
    member.in_target = suppressed || !names.empty(); // everybody has the fields
    for (const auto name : names) {
      const auto key = plain_name(name);
      const auto found =
          std::find_if(row.custom.begin(), row.custom.end(),
                       [&key](const auto& one) { return plain_name(one.first) == key; });
      member.fields.push_back(found == row.custom.end() ? std::string() : found->second);
    }
    if (!member.address.empty()) {
      sink.member(member);
    }
  });
  if (!page && count == 0) {
    return Error{ErrorCode::bad_syntax, "the answer has no EmailAddress"};
  }
  if (auto more = page ? next_page(task, xml, count) : std::nullopt) {
    sink.next(std::move(*more));
  }
  return {};
}

Result<std::vector<ApiTask>> CampaignMonitorApi::create(const PushTarget& target) const {
  return std::vector<ApiTask>{{.step = "fields",
                               .campaign = target.list.empty() ? m_list : target.list,
                               .place = std::to_string(target.fields.size()),
                               .memo = join(target.fields, std::string(1, k_between))}};
}

/// The field is there, or was: then all are looked at again, and the next one is made.
Result<void> CampaignMonitorApi::read_new_field(const ApiTask& task, const HttpResponse& answer,
                                                ApiSink& sink) const {
  constexpr std::uint64_t k_exists = 255;
  if (!answer.ok()) {
    MF_TRY(json, read_json(answer));
    if (count_of(json["Code"]) != k_exists) {
      return Error{ErrorCode::usage, "the field can't be made: " + problem(answer)};
    }
  }
  sink.next({.step = "fields", .campaign = task.campaign, .place = task.place, .memo = task.memo});
  return {};
}

Result<std::vector<PushStep>>
CampaignMonitorApi::change(const PushTarget& target, std::string_view id,
                           std::span<const MemberChange> changes) const {
  auto keys = split(id, k_between); // as look() found them
  if (keys.size() != target.fields.size()) {
    keys.assign(target.fields.begin(), target.fields.end());
  }
  std::vector<std::size_t> all(changes.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = i;
  }
  if (target.kind == TargetKind::suppression) {
    return in_batches(all, k_import, [&](const std::vector<std::size_t>& some) {
      std::string body = "{\"EmailAddresses\":[";
      for (const auto i : some) {
        body += (i == some.front() ? "" : ",") + json_string(changes[i].address);
      }
      return ApiTask{.step = "suppress", .campaign = m_client, .body = body + "]}"};
    });
  }
  const auto& list = target.list.empty() ? m_list : target.list;
  return in_batches(all, k_import, [&](const std::vector<std::size_t>& some) {
    std::string body = "{\"Subscribers\":[";
    for (const auto i : some) {
      body += i == some.front() ? "" : ",";
      body += "{\"EmailAddress\":" + json_string(changes[i].address) + ",\"CustomFields\":[";
      for (std::size_t f = 0; f < keys.size(); ++f) {
        const auto value = f < changes[i].fields.size() ? changes[i].fields[f] : std::string();
        body += f == 0 ? "{\"Key\":" : ",{\"Key\":";
        body += json_string(keys[f]) + ",\"Value\":" + json_string(value);
        body += value.empty() ? ",\"Clear\":true}" : "}";
      }
      body += "],\"ConsentToTrack\":\"Unchanged\"}";
    }
    body += "],\"Resubscribe\":false,\"QueueSubscriptionBasedAutoResponders\":false,"
            "\"RestartSubscriptionBasedAutoresponders\":false}";
    return ApiTask{.step = "import", .campaign = list, .body = std::move(body)};
  });
}

Result<void> CampaignMonitorApi::read_import(const ApiTask&, const HttpResponse& answer,
                                             ApiSink& sink) const {
  constexpr std::uint64_t k_some_failed = 210;
  MF_TRY(json, read_json(answer));
  if (!answer.ok() && count_of(json["Code"]) != k_some_failed) {
    return Error{ErrorCode::io, "the import was refused: " + problem(answer)};
  }
  const auto result = answer.ok() ? json.root() : json["ResultData"];
  MF_CHECK(need_list(result["FailureDetails"], "FailureDetails"));
  each_element(result["FailureDetails"], [&sink](const Json& failure) {
    std::string words(text_of(failure["Message"]));
    if (const auto code = count_of(failure["Code"])) {
      words += " (" + std::to_string(*code) + ")";
    }
    sink.outcome(text_of(failure["EmailAddress"]), {PushOutcome::State::refused, words});
  });
  return {};
}

} // namespace mailfunnel::campaignmonitor
