#include "app/push_plan.hpp"

#include "base/hash.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_set>

namespace mailfunnel {

namespace json = boost::json;

namespace {

constexpr int k_version = 1;

struct LookSink : AnswerSink {
  TargetState state;
  std::vector<TargetMember> told; // of the answer that is being read
  std::optional<std::string> id;
  std::map<std::string, std::string, std::less<>> address_of; // contact id -> key in members

  void target(std::string_view text) override { id = text; }
  void member(const TargetMember& member) override { told.push_back(member); }
  void begin(const ApiTask&, const HttpResponse&) override {
    told.clear();
    id.reset();
  }
  void end(const ApiTask&, bool read, const std::vector<ApiTask>&) override {
    if (!read) {
      return;
    }
    if (id) {
      state.there = true;
      state.id = *id;
    }
    for (const auto& member : told) {
      add(member);
    }
  }

  /// Several answers may tell of one person: who is in the target, who is subscribed.
  void add(const TargetMember& member) {
    std::string scratch;
    std::string key(normalise_address(member.address, scratch));
    const auto known =
        member.contact_id.empty() ? address_of.end() : address_of.find(member.contact_id);
    if (key.empty()) {
      key = known != address_of.end() ? known->second : member.contact_id;
    } else if (known != address_of.end() && known->second != key) { // was known by id only
      auto node = state.members.extract(known->second);
      if (!node.empty()) {
        node.key() = key;
        state.members.insert(std::move(node));
      }
    }
    if (key.empty()) {
      return;
    }
    if (!member.contact_id.empty()) {
      address_of[member.contact_id] = key;
    }
    auto& kept = state.members[key];
    kept.address = member.address.empty() ? kept.address : member.address;
    kept.contact_id = member.contact_id.empty() ? kept.contact_id : member.contact_id;
    kept.in_target = kept.in_target || member.in_target;
    // Where one answer has somebody on a list and another says that he or she left, the latter
    // holds, whichever comes first.
    const bool left =
        kept.subscription != Subscription::unknown && kept.subscription != Subscription::subscribed;
    if (member.subscription != Subscription::unknown &&
        !(left && member.subscription == Subscription::subscribed)) {
      kept.subscription = member.subscription;
    }
    if (!member.fields.empty()) {
      kept.fields = member.fields;
    }
  }
};

/// Of a mailing segment: why the platform's subscription keeps somebody out.
std::string subscription_bars(SegmentUse use, const TargetMember& member,
                              const std::string& account) {
  if (use != SegmentUse::mailing || member.subscription == Subscription::subscribed) {
    return {};
  }
  return member.subscription == Subscription::unknown
             ? fmt::format("{} does not tell whether subscribed", account)
             : fmt::format("{} at {}", name_of(member.subscription), account);
}

bool all_empty(const std::vector<std::string>& values) {
  return std::all_of(values.begin(), values.end(),
                     [](const std::string& value) { return value.empty(); });
}

/// Is it the same value, as far as a platform keeps it? Numbers may come back written otherwise.
bool same_value(const std::string& a, const std::string& b) {
  if (a == b) {
    return true;
  }
  const auto x = parse_double(a), y = parse_double(b);
  return x && y && *x == *y;
}

class Planner {
public:
  Planner(const SegmentPeople& people, const TargetState& state, const SegmentConfig& segment,
          const PushConfig& target, PushPlan& plan)
      : m_people(people), m_state(state), m_segment(segment), m_target(target), m_plan(plan) {}

  void run() {
    const bool fields = m_target.as == TargetKind::fields;
    for (const auto& person : m_people.people) {
      const auto found = m_state.members.find(person.address);
      const auto* member = found == m_state.members.end() ? nullptr : &found->second;
      m_seen.insert(person.address);
      if (fields) {
        plan_fields(person, member);
      } else {
        plan_membership(person, member);
      }
    }
    for (const auto& [key, member] : m_state.members) {
      m_plan.members += member.in_target && !(fields && all_empty(member.fields)) ? 1 : 0;
      if (member.in_target && !m_seen.contains(key)) {
        leave(key, k_nobody, member);
      }
    }
    m_plan.changes = std::move(m_adds);
    m_plan.changes.insert(m_plan.changes.end(), m_removes.begin(), m_removes.end());
    m_plan.changes.insert(m_plan.changes.end(), m_sets.begin(), m_sets.end());
  }

private:
  /// "": may be in it.
  std::string why_not(const SegmentPerson& person, const TargetMember* member) const {
    if (!person.barred.empty()) {
      return person.barred;
    }
    if (member == nullptr) {
      return fmt::format("no contact at {}", m_target.account);
    }
    return subscription_bars(m_segment.use, *member, m_target.account);
  }

  void plan_membership(const SegmentPerson& person, const TargetMember* member) {
    const bool in = member != nullptr && member->in_target;
    const auto why = why_not(person, member);
    if (person.held && why.empty()) {
      if (person.matches != in) {
        block(person, "held: the status changed a short while ago");
      }
      m_plan.staying += in ? 1 : 0;
      return;
    }
    if (person.matches && why.empty()) {
      if (in) {
        ++m_plan.staying;
      } else {
        add(person, *member);
      }
      return;
    }
    if (person.matches) {
      block(person, why);
    }
    if (in) {
      leave(person.address, person.recipient, *member);
    }
  }

  void plan_fields(const SegmentPerson& person, const TargetMember* member) {
    const auto why = why_not(person, member);
    if (!why.empty()) {
      block(person, why);
      if (member != nullptr && member->in_target) {
        leave(person.address, person.recipient, *member);
      }
    } else if (person.held || !person.matches || same_values(member->fields, person.values)) {
      ++m_plan.staying;
    } else {
      PlannedChange planned{person.recipient, {}, member->fields};
      planned.change = {MemberChange::Action::set,
                        member->address.empty() ? person.address : member->address,
                        member->contact_id, person.values};
      m_sets.push_back(std::move(planned));
    }
  }

  void add(const SegmentPerson& person, const TargetMember& member) {
    PlannedChange planned{person.recipient, {}, {}};
    planned.change = {MemberChange::Action::add,
                      member.address.empty() ? person.address : member.address, member.contact_id,
                      person.values};
    m_adds.push_back(std::move(planned));
  }

  /// Out of the target; of fields: emptied. Nobody leaves a suppression list by us.
  void leave(const std::string& key, RecipientId recipient, const TargetMember& member) {
    if (m_target.as == TargetKind::suppression) {
      ++m_plan.staying;
      return;
    }
    PlannedChange planned{recipient, {}, member.fields};
    planned.change = {MemberChange::Action::remove,
                      member.address.empty() ? key : member.address,
                      member.contact_id,
                      {}};
    if (m_target.as == TargetKind::fields) {
      if (all_empty(member.fields)) {
        return;
      }
      planned.change.action = MemberChange::Action::set;
      planned.change.fields.resize(m_target.fields.size());
    }
    m_removes.push_back(std::move(planned));
  }

  void block(const SegmentPerson& person, std::string why) {
    m_plan.blocked.push_back({person.address, std::move(why)});
  }

  const SegmentPeople& m_people;
  const TargetState& m_state;
  const SegmentConfig& m_segment;
  const PushConfig& m_target;
  PushPlan& m_plan;
  std::unordered_set<std::string> m_seen;
  std::vector<PlannedChange> m_adds, m_removes, m_sets;
};

} // namespace

std::uint64_t PushPlan::count(MemberChange::Action action) const {
  return static_cast<std::uint64_t>(
      std::count_if(changes.begin(), changes.end(), [action](const PlannedChange& planned) {
        return planned.change.action == action;
      }));
}

PushQuestions questions(const PushPlan& plan, const PushRules& rules) {
  PushQuestions out;
  const auto members = static_cast<double>(plan.members);
  const bool fields = plan.target.as == TargetKind::fields;
  // Of fields: those that are emptied.
  const auto removes = static_cast<std::uint64_t>(std::count_if(
      plan.changes.begin(), plan.changes.end(), [fields](const PlannedChange& planned) {
        return fields ? all_empty(planned.change.fields)
                      : planned.change.action == MemberChange::Action::remove;
      }));
  const auto adds = plan.count(MemberChange::Action::add);
  if (removes >= rules.least_removals &&
      static_cast<double>(removes) > rules.large_removal * members) {
    out.large_removal = fmt::format("{} of {} would leave: more than {:.0f} %", removes,
                                    plan.members, rules.large_removal * 100);
  }
  if (plan.first && !plan.changes.empty()) {
    out.confirm = "nothing was ever sent to this target";
  } else if (adds >= rules.least_additions &&
             static_cast<double>(adds) > rules.large_addition * members) {
    out.confirm = fmt::format("{} would be added to {}: more than {:.0f} %", adds, plan.members,
                              rules.large_addition * 100);
  }
  if (!out.confirm.empty() && plan.may_start_automations && adds != 0) {
    out.confirm += "; an addition can start an automation there";
  }
  return out;
}

bool same_values(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), same_value);
}

const TargetMember* TargetState::find(const MemberChange& change) const {
  std::string scratch;
  const std::string address(normalise_address(change.address, scratch));
  auto found = address.empty() ? members.end() : members.find(address);
  if (found == members.end() && !change.contact_id.empty()) {
    found = std::find_if(members.begin(), members.end(), [&change](const auto& entry) {
      return entry.second.contact_id == change.contact_id;
    });
  }
  return found == members.end() ? nullptr : &found->second;
}

std::string TargetState::fingerprint() const {
  std::string text = there ? id : "-";
  for (const auto& [key, member] : members) {
    text += fmt::format("\x1f{}\x1f{}{}", key, member.in_target ? 1 : 0,
                        static_cast<int>(member.subscription));
    for (const auto& field : member.fields) {
      text += '\x1f' + field;
    }
  }
  return fmt::format("{:016x}", hash64(text));
}

PushTarget target_of(const PushConfig& config) {
  PushTarget target;
  target.kind = config.as;
  target.name = config.name;
  target.list = config.list;
  for (const auto& [ours, theirs] : config.fields) {
    target.fields.push_back(theirs);
  }
  return target;
}

namespace {

Result<TargetState> state_by(ApiConnection& connection, std::vector<ApiTask> tasks) {
  LookSink sink;
  TaskRun run(connection, sink);
  for (auto& task : tasks) {
    run.add(std::move(task));
  }
  if (auto error = run.run()) {
    return *std::move(error);
  }
  if (!run.failed().empty()) {
    return run.failed().front().error;
  }
  return std::move(sink.state);
}

} // namespace

Result<TargetState> look_at_target(ApiConnection& connection, const PushConfig& target,
                                   const std::vector<std::string>& wanted) {
  MF_TRY(tasks, connection.api().look(target_of(target), wanted));
  return state_by(connection, std::move(tasks));
}

Result<TargetState> look_at_members(ApiConnection& connection, const PushConfig& target,
                                    const std::vector<std::string>& asked) {
  MF_TRY(tasks, connection.api().look_at_members(target_of(target), asked));
  return state_by(connection, std::move(tasks));
}

PushPlan plan_of(const SegmentPeople& people, const TargetState& state,
                 const SegmentConfig& segment, const PushConfig& target) {
  PushPlan plan;
  plan.segment = segment.name;
  plan.use = segment.use;
  plan.target = target;
  plan.as_of = people.as_of;
  plan.run = people.run.id;
  plan.target_there = state.there;
  plan.target_id = state.id;
  plan.base = state.fingerprint();
  Planner(people, state, segment, target, plan).run();
  return plan;
}

Result<MadePlan> make_plan(Store& store, const Workspace& workspace, ApiConnection& connection,
                           const SegmentConfig& segment, const PushConfig& target,
                           const std::vector<std::string>& holders, Seconds now) {
  const auto known = connection.api().targets();
  const auto info = std::find_if(known.begin(), known.end(),
                                 [&](const TargetInfo& one) { return one.kind == target.as; });
  if (info == known.end()) {
    std::vector<std::string> names;
    for (const auto& one : known) {
      names.push_back(fmt::format("{} ({})", name_of(one.kind), one.what));
    }
    return Error{ErrorCode::usage,
                 fmt::format("segment \"{}\": {} has no target as = \"{}\": it has {}",
                             segment.name, connection.adapter().title(), name_of(target.as),
                             names.empty() ? "none" : join(names, ", "))};
  }
  auto people = people_of(store, workspace, segment, target, now);
  std::vector<std::string> wanted;
  for (const auto& person : people.people) {
    wanted.push_back(person.address);
  }
  const std::unordered_set<std::string> in_segment(wanted.begin(), wanted.end());
  std::copy_if(holders.begin(), holders.end(), std::back_inserter(wanted),
               [&](const std::string& address) {
                 return !address.empty() && !in_segment.contains(address);
               });
  MF_TRY(state, look_at_target(connection, target, wanted));
  auto plan = plan_of(people, state, segment, target);
  plan.made = now;
  plan.may_start_automations = info->starts_automations;
  return MadePlan{std::move(plan), people.run, people.world};
}

// ---- as a file
// -----------------------------------------------------------------------------------

namespace {

constexpr std::string_view k_actions[] = {"add", "remove", "set"}; // MemberChange::Action

json::array texts(const std::vector<std::string>& values) {
  json::array out;
  for (const auto& value : values) {
    out.emplace_back(value);
  }
  return out;
}

std::vector<std::string> texts_of_array(const json::value& value) {
  std::vector<std::string> out;
  for (const auto& one : value.as_array()) {
    out.emplace_back(std::string(one.as_string()));
  }
  return out;
}

std::string text_at(const json::object& object, std::string_view name) {
  return std::string(object.at(name).as_string());
}

} // namespace

std::string to_json(const PushPlan& plan) {
  json::object target{{"account", plan.target.account},
                      {"as", name_of(plan.target.as)},
                      {"name", plan.target.name},
                      {"list", plan.target.list}};
  json::object fields;
  for (const auto& [ours, theirs] : plan.target.fields) {
    fields[ours.name] = theirs;
  }
  target["fields"] = std::move(fields);
  json::array changes, blocked;
  for (const auto& [recipient, change, before] : plan.changes) {
    json::object row{{"action", k_actions[static_cast<int>(change.action)]},
                     {"address", change.address}};
    if (!change.contact_id.empty()) {
      row["contact"] = change.contact_id;
    }
    if (!before.empty()) {
      row["before"] = texts(before);
    }
    if (!change.fields.empty()) {
      row["after"] = texts(change.fields);
    }
    changes.push_back(std::move(row));
  }
  for (const auto& [address, reason] : plan.blocked) {
    blocked.push_back(json::object{{"address", address}, {"reason", reason}});
  }
  return json::serialize(json::object{{"mailfunnel_plan", k_version},
                                      {"segment", plan.segment},
                                      {"use", name_of(plan.use)},
                                      {"target", std::move(target)},
                                      {"made", format_time(plan.made)},
                                      {"as_of", format_time(plan.as_of)},
                                      {"run", plan.run},
                                      {"base", plan.base},
                                      {"members", plan.members},
                                      {"staying", plan.staying},
                                      {"first", plan.first},
                                      {"may_start_automations", plan.may_start_automations},
                                      {"changes", std::move(changes)},
                                      {"blocked", std::move(blocked)}});
}

Result<PushPlan> read_plan(std::string_view text) {
  const Error wrong{ErrorCode::bad_syntax, "it is no plan of this version: make it again with "
                                           "push --dry-run --save FILE"};
  try {
    const auto root = json::parse(json::string_view(text));
    const auto& object = root.as_object();
    if (object.at("mailfunnel_plan").as_int64() != k_version) {
      return wrong;
    }
    PushPlan plan;
    plan.segment = text_at(object, "segment");
    for (const auto use : {SegmentUse::mailing, SegmentUse::sales, SegmentUse::suppression}) {
      plan.use = name_of(use) == text_at(object, "use") ? use : plan.use;
    }
    const auto& target = object.at("target").as_object();
    plan.target.account = text_at(target, "account");
    const auto kind = target_kind(text_at(target, "as"));
    if (!kind) {
      return wrong;
    }
    plan.target.as = *kind;
    plan.target.name = text_at(target, "name");
    plan.target.list = text_at(target, "list");
    for (const auto& field : target.at("fields").as_object()) {
      plan.target.fields.emplace_back(parse_column(std::string(field.key())),
                                      std::string(field.value().as_string()));
    }
    plan.made = parse_time(text_at(object, "made")).value_or(Instant{}).seconds;
    plan.as_of = parse_time(text_at(object, "as_of")).value_or(Instant{}).seconds;
    plan.run = object.at("run").to_number<std::int64_t>();
    plan.base = text_at(object, "base");
    plan.members = object.at("members").to_number<std::uint64_t>();
    plan.staying = object.at("staying").to_number<std::uint64_t>();
    plan.first = object.at("first").as_bool();
    plan.may_start_automations = object.at("may_start_automations").as_bool();
    for (const auto& row : object.at("changes").as_array()) {
      const auto& entry = row.as_object();
      PlannedChange planned{k_nobody, {}, {}};
      const auto action =
          std::find(std::begin(k_actions), std::end(k_actions), text_at(entry, "action"));
      if (action == std::end(k_actions)) {
        return wrong;
      }
      planned.change.action = static_cast<MemberChange::Action>(action - std::begin(k_actions));
      planned.change.address = text_at(entry, "address");
      planned.change.contact_id = entry.contains("contact") ? text_at(entry, "contact") : "";
      if (entry.contains("before")) {
        planned.before = texts_of_array(entry.at("before"));
      }
      if (entry.contains("after")) {
        planned.change.fields = texts_of_array(entry.at("after"));
      }
      plan.changes.push_back(std::move(planned));
    }
    for (const auto& row : object.at("blocked").as_array()) {
      plan.blocked.push_back(
          {text_at(row.as_object(), "address"), text_at(row.as_object(), "reason")});
    }
    return plan;
  } catch (const std::exception&) { // Boost.JSON's words name its own files
    return wrong;
  }
}

} // namespace mailfunnel
