// Columns of a database's contacts:
//   GetListMetaData
//   <RESULT><SUCCESS>TRUE</SUCCESS><NAME>Customers</NAME><COLUMNS><COLUMN><NAME>Score</NAME></COLUMN>…
//   SelectRecipientData
//   <RESULT><SUCCESS>TRUE</SUCCESS><RecipientId>5</RecipientId><OptedOut/><COLUMNS><COLUMN><NAME>Score</NAME>
//                          <VALUE>7</VALUE></COLUMN>…
//   AddRecipient         <RESULT><SUCCESS>TRUE</SUCCESS><RecipientId>5</RecipientId></RESULT>, or a
//   fault, 129: opted out
#include "api.hpp"

#include "adapter/framing.hpp"
#include "adapter/xml_reader.hpp"
#include "base/text.hpp"
#include "base/xml.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mailfunnel::acoustic {

using namespace std::string_view_literals;

namespace {

constexpr char k_between = '\n'; // names of columns

std::string column(std::string_view name, std::string_view value) {
  return element("COLUMN", element("NAME", xml_text(name)) + element("VALUE", xml_text(value)));
}

} // namespace

Result<std::vector<ApiTask>> AcousticApi::look(const PushTarget& target,
                                               std::span<const std::string> wanted) const {
  const auto& list = target.list.empty() ? m_list : target.list;
  if (list.empty()) {
    return Error{ErrorCode::usage,
                 "a push to Acoustic needs the database: give the account list = \"…\" "
                 "(Data > the database > Summary: ID)"};
  }
  const auto names = join(target.fields, std::string(1, k_between));
  std::vector<ApiTask> tasks{{.step = "columns", .campaign = list, .memo = names}};
  for (const auto& address : wanted) {
    tasks.push_back({.step = "contact", .campaign = list, .place = address, .memo = names});
  }
  return tasks;
}

/// All columns there: that is the target. `rank`: how many may still be made.
Result<void> AcousticApi::read_columns(const ApiTask& task, pugi::xml_node result,
                                       ApiSink& sink) const {
  const auto columns = find_element(result, "COLUMNS");
  if (!columns) {
    return Error{ErrorCode::bad_syntax, "the answer has no COLUMNS"};
  }
  const auto there = elements_of(columns);
  const auto wanted = split(task.memo, k_between);
  const auto missing = std::find_if(wanted.begin(), wanted.end(), [&there](std::string_view name) {
    return std::none_of(there.begin(), there.end(), [name](pugi::xml_node one) {
      return iequals(trimmed_text(one, "NAME"), name);
    });
  });
  if (missing == wanted.end()) {
    sink.target("columns");
  } else if (task.place == "make") {
    sink.next({.step = "new-column",
               .campaign = task.campaign,
               .place = std::string(*missing),
               .memo = task.memo});
  }
  return {};
}

/// Opted out: OptedOut has a time.
void AcousticApi::read_contact(const ApiTask& task, pugi::xml_node result, ApiSink& sink) const {
  TargetMember member;
  member.address = task.place;
  member.contact_id = trimmed_text(result, "RecipientId");
  member.in_target = true;
  if (child(result, "OptedOut")) {
    member.subscription = trimmed_text(result, "OptedOut").empty() ? Subscription::subscribed
                                                                   : Subscription::unsubscribed;
  }
  const auto columns = elements_of(find_element(result, "COLUMNS"));
  for (const auto name : split(task.memo, k_between)) {
    const auto found = std::find_if(columns.begin(), columns.end(), [name](pugi::xml_node one) {
      return iequals(trimmed_text(one, "NAME"), name);
    });
    member.fields.push_back(found == columns.end() ? std::string() : trimmed_text(*found, "VALUE"));
  }
  sink.member(member);
}

Result<std::vector<ApiTask>> AcousticApi::create(const PushTarget& target) const {
  std::vector<ApiTask> tasks;
  tasks.push_back({.step = "columns",
                   .campaign = target.list.empty() ? m_list : target.list,
                   .place = "make",
                   .memo = join(target.fields, std::string(1, k_between))});
  return tasks;
}

Result<std::vector<PushStep>> AcousticApi::change(const PushTarget& target, std::string_view,
                                                  std::span<const MemberChange> changes) const {
  const auto& list = target.list.empty() ? m_list : target.list;
  std::vector<PushStep> steps;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    std::string columns = column("EMAIL", changes[i].address);
    for (std::size_t f = 0; f < target.fields.size(); ++f) {
      columns += column(target.fields[f],
                        f < changes[i].fields.size() ? changes[i].fields[f] : std::string());
    }
    steps.push_back(
        {{.step = "set",
          .campaign = list,
          .place = changes[i].address,
          .body = element("AddRecipient", element("LIST_ID", xml_text(list)) +
                                              element("CREATED_FROM", "1") +
                                              element("SEND_AUTOREPLY", "false") +
                                              element("UPDATE_IF_FOUND", "true") + columns)},
         {i}});
  }
  return steps;
}

std::vector<ApiTask> AcousticApi::check() const {
  constexpr Seconds k_some_day =
      1'735'689'600; // the answer is not looked at, only that there is one
  std::vector<ApiTask> tasks{{.step = "check", .since = k_some_day, .until = k_some_day + k_day}};
  if (!m_list.empty()) {
    tasks.push_back({.step = "check-list", .campaign = m_list});
  }
  return tasks;
}

} // namespace mailfunnel::acoustic
