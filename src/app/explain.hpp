#pragma once
// Everything about one person: points with their events and rules, fit, status, and all events by
// time.

#include "app/workspace.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mailfunnel {

struct Explanation {
  std::string address;
  Seconds as_of = 0;
  Ledger ledger;
  Points score = 0, fit = 0, scale = 0;
  std::uint8_t level = 0, grade = 0, suppressed = 0, phase = 0;
  bool fit_known = false;
  std::string status, scale_status, override_rule;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::shared_ptr<const World> world; // for the names of mailings and links
};

/// The key in the index for what a user typed, and the id if it is known.
struct FoundPerson {
  std::string key;
  std::optional<RecipientId> id;
};
FoundPerson find_person(Store& store, const std::string& who);

/// One person by the same rules at any moments: what is known of them is read once.
class Person {
public:
  /// Error not_found: nobody is known by that address or contact id. Store and the rest must live
  /// as long.
  static Result<Person> find(Store& store, const Workspace& workspace, const Rules& rules,
                             const std::string& who);
  Explanation at(Seconds as_of);
  /// Of the first event; 0: none.
  Seconds first_event() const;

private:
  Person(Store& store, const Workspace& workspace, const Rules& rules, const FoundPerson& found);
  const World& world_at(Seconds as_of);

  Store& m_store;
  const Workspace& m_workspace;
  const Rules& m_rules;
  FoundPerson m_found;
  PersonSource m_source;
  std::vector<Seconds> m_by_hand; // when links were set by hand: the stages change there
  std::shared_ptr<const World> m_world;
  Seconds m_world_at = 0;
};

/// A person at one moment.
Result<Explanation> explain(Store& store, const Workspace& workspace, const Rules& rules,
                            const std::string& who, Seconds as_of);

struct PersonEvent {
  CampaignId campaign;
  EventKind kind;
  EventRow row;
  ClickVerdict judged;
};
/// All events of one person, by time, with what is made of them at the moment.
Result<std::vector<PersonEvent>> events_of(Store& store, const World& world,
                                           const RobotRules& rules, const std::string& who,
                                           Seconds as_of);

} // namespace mailfunnel
