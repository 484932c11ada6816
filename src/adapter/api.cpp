#include "adapter/api.hpp"

#include <boost/json.hpp>

#include <array>

namespace mailfunnel {

namespace json = boost::json;

namespace {

constexpr std::array<std::pair<TargetKind, std::string_view>, 6> k_target_kinds{{
    {TargetKind::segment, "segment"},
    {TargetKind::list, "list"},
    {TargetKind::group, "group"},
    {TargetKind::tag, "tag"},
    {TargetKind::fields, "fields"},
    {TargetKind::suppression, "suppression"},
}};

std::string_view found_in(const std::map<std::string, std::string, std::less<>>& map,
                          std::string_view name) {
  const auto found = map.find(name);
  return found == map.end() ? std::string_view() : std::string_view(found->second);
}

std::string text_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::int64_t number_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

} // namespace

std::string_view ApiAccount::secret(std::string_view name) const {
  return found_in(secrets, name);
}

std::string_view ApiAccount::setting(std::string_view name) const {
  return found_in(settings, name);
}

std::string_view name_of(TargetKind kind) {
  for (const auto& [one, name] : k_target_kinds) {
    if (one == kind) {
      return name;
    }
  }
  return {};
}

std::optional<TargetKind> target_kind(std::string_view name) {
  for (const auto& [kind, one] : k_target_kinds) {
    if (one == name) {
      return kind;
    }
  }
  return std::nullopt;
}

std::optional<ApiTask> Api::restart(const ApiTask&) const {
  return std::nullopt;
}

bool Api::understands(const ApiTask&, int) const {
  return false;
}

std::string Api::problem(const HttpResponse&) const {
  return {};
}

std::vector<ApiTask> Api::pull(const PullRequest&) const {
  return {};
}

bool Api::discovers(const ApiTask&) const {
  return false;
}

Result<std::vector<ApiTask>> Api::look(const PushTarget&, std::span<const std::string>) const {
  return Error{ErrorCode::unsupported, "nothing can be sent back to this platform"};
}

Result<std::vector<ApiTask>> Api::look_at_members(const PushTarget& target,
                                                  std::span<const std::string> asked) const {
  return look(target, target.kind == TargetKind::fields ? asked : std::span<const std::string>());
}

Result<std::vector<ApiTask>> Api::create(const PushTarget& target) const {
  return Error{ErrorCode::unsupported, "the target \"" + target.name +
                                           "\" is not there, and has to be made at the platform"};
}

Result<std::vector<PushStep>> Api::change(const PushTarget&, std::string_view,
                                          std::span<const MemberChange>) const {
  return Error{ErrorCode::unsupported, "nothing can be sent back to this platform"};
}

std::string to_json(const ApiTask& task) {
  json::object out{{"step", task.step}};
  const auto text = [&out](std::string_view name, const std::string& value) {
    if (!value.empty()) {
      out[name] = value;
    }
  };
  const auto number = [&out](std::string_view name, std::int64_t value) {
    if (value != 0) {
      out[name] = value;
    }
  };
  text("campaign", task.campaign);
  text("place", task.place);
  text("memo", task.memo);
  number("since", task.since);
  number("until", task.until);
  number("rank", task.rank);
  number("wait", task.wait);
  return json::serialize(out);
}

Result<ApiTask> api_task(std::string_view text) {
  boost::system::error_code failed;
  const auto value = json::parse(json::string_view(text), failed);
  if (failed || !value.is_object()) {
    return Error{ErrorCode::bad_syntax, "a saved task is no JSON object"};
  }
  const auto& object = value.get_object();
  ApiTask task{.step = text_at(object, "step")};
  task.campaign = text_at(object, "campaign");
  task.place = text_at(object, "place");
  task.memo = text_at(object, "memo");
  task.since = number_at(object, "since");
  task.until = number_at(object, "until");
  task.rank = number_at(object, "rank");
  task.wait = static_cast<unsigned>(number_at(object, "wait"));
  if (task.step.empty()) {
    return Error{ErrorCode::bad_syntax, "a saved task without a step"};
  }
  return task;
}

} // namespace mailfunnel
