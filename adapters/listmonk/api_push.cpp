// Targets: lists, PUT subscribers/lists {"ids":[77,79],"action":"add","target_list_ids":[5]}, and
// the blocklist, PUT subscribers/blocklist {"ids":[77]}. Both answer {"data":true}; one id that is
// unknown makes a whole call fail.
#include "api.hpp"

#include "adapter/framing.hpp"
#include "adapter/passing_sink.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mailfunnel::listmonk {

using namespace std::string_view_literals;

namespace {

constexpr std::size_t k_ids = 1000; // of one change
constexpr std::size_t k_few = 10;   // people that are looked up one by one

} // namespace

Result<std::vector<ApiTask>> ListmonkApi::look(const PushTarget& target,
                                               std::span<const std::string> wanted) const {
  // Whose subscription counts: that to the account's list.
  const auto& list = target.list.empty() ? m_list : target.list;
  std::vector<ApiTask> tasks{{.step = "find-list", .campaign = list, .memo = target.name}};
  if (target.kind == TargetKind::suppression) {
    tasks = {{.step = "blocklisted"}};
  }
  if (wanted.size() > k_few) {
    tasks.push_back({.step = "people", .campaign = list, .calls = 10});
  } else {
    for (const auto& address : wanted) {
      tasks.push_back({.step = "person", .campaign = list, .memo = address});
    }
  }
  return tasks;
}

void ListmonkApi::find_list(const ApiTask& task, const Json& data, ApiSink& sink) const {
  std::size_t rows = 0;
  std::string found;
  each_element(data["results"], [&](const Json& row) {
    ++rows;
    if (found.empty() && text_of(row["name"]) == task.memo) {
      found = scalar_text(row["id"]);
    }
  });
  if (!found.empty()) {
    sink.target(found);
    sink.next({.step = "members", .campaign = found, .memo = task.campaign});
  } else if (auto more = next_page(task, data, rows)) {
    sink.next(std::move(*more));
  }
}

/// Of the target ("members"; whose subscription counts stands in the memo), or of the account.
void ListmonkApi::read_members(const ApiTask& task, const Json& data, ApiSink& sink) const {
  const bool of_target = task.step == "members", blocklisted = task.step == "blocklisted";
  if (blocklisted) {
    sink.target("blocklist");
  }
  const std::string_view list = of_target ? task.memo : task.campaign;
  std::size_t rows = 0;
  each_element(data["results"], [&](const Json& row) {
    ++rows;
    TargetMember member;
    member.address = text_of(row["email"]);
    member.contact_id = scalar_text(row["id"]);
    bool left_target = false;
    each_element(row["lists"], [&](const Json& one) {
      const auto id = scalar_text(one["id"]);
      const auto state =
          subscription_in_list(text_of(one["subscription_status"]), text_of(one["optin"]));
      if (of_target && id == task.campaign) {
        member.in_target = state != Subscription::unsubscribed;
        left_target = !member.in_target;
      } else if (id == list || (list.empty() && member.subscription != Subscription::subscribed &&
                                state != Subscription::unknown)) {
        member.subscription = state; // of several lists: subscribed to any
      }
    });
    const auto whole = subscription_of(text_of(row["status"]));
    if (whole != Subscription::unknown) { // blocklisted, disabled
      member.subscription = whole;
      member.in_target = member.in_target || blocklisted;
    } else if (left_target) {
      member.subscription = Subscription::unsubscribed;
    }
    sink.member(member);
  });
  if (auto more = next_page(task, data, rows)) {
    sink.next(std::move(*more));
  }
}

Result<std::vector<ApiTask>> ListmonkApi::create(const PushTarget& target) const {
  ApiTask make{.step = "new-list"};
  make.body = "{\"name\":" + json_string(target.name) +
              ",\"type\":\"private\",\"optin\":\"single\",\"tags\":[],\"description\":\"\"}";
  return std::vector<ApiTask>{make};
}

Result<std::vector<PushStep>> ListmonkApi::change(const PushTarget& target, std::string_view id,
                                                  std::span<const MemberChange> changes) const {
  std::vector<std::size_t> adds, removes;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto& contact = changes[i].contact_id;
    if (contact.empty() || !std::all_of(contact.begin(), contact.end(), is_digit)) {
      return Error{ErrorCode::usage,
                   "a subscriber without an id of listmonk: " + changes[i].address};
    }
    (changes[i].action == MemberChange::Action::remove ? removes : adds).push_back(i);
  }
  const auto steps = [&](const std::vector<std::size_t>& all, std::string_view action) {
    return in_batches(all, k_ids, [&](const std::vector<std::size_t>& some) {
      std::string body = "{\"ids\":[";
      for (const auto i : some) {
        body += i == some.front() ? "" : ",";
        body += changes[i].contact_id;
      }
      if (target.kind == TargetKind::suppression) {
        return ApiTask{.step = "block", .body = body + "]}"};
      }
      body +=
          "],\"action\":" + json_string(action) + ",\"target_list_ids\":[" + std::string(id) + "]}";
      return ApiTask{.step = "change-list", .body = std::move(body)};
    });
  };
  auto all = steps(adds, "add");
  for (auto& step : steps(removes, "remove")) {
    all.push_back(std::move(step));
  }
  return all;
}

} // namespace mailfunnel::listmonk
