#pragma once
// Everything about one person: points with their events and rules, fit, status, and all events by
// time.

#include "app/workspace.hpp"
#include "app/world.hpp"
#include "store/erasures.hpp"

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
  unsigned clicks_tofu = 0, clicks_mofu = 0, clicks_bofu = 0, non_opens = 0, received = 0;
  Seconds last_open = 0, last_click = 0; // 0: never
  std::vector<std::pair<std::string, std::string>> attributes;
  std::shared_ptr<const World> world; // for the names of mailings and links
};

/// The key in the index for what a user typed, and the id if it is known.
struct FoundPerson {
  std::string key;
  std::optional<RecipientId> id;
  bool known = false;            // also who waits in the inbox without a number
  std::optional<Erasure> erased; // then nothing else is known
};
FoundPerson find_person(Store& store, const std::string& who);
/// Error not_found: nobody is known by that name, or who had it was erased, which is said without
/// the name.
Error nobody(Store& store, const std::string& who);

struct PersonEvent {
  CampaignId campaign;
  EventKind kind;
  EventRow row;
  ClickVerdict judged;
};

/// One person, read once and looked at by any rules at any moment.
class Person {
public:
  /// Error not_found: nobody is known by that address or contact id. The store must live as long.
  static Result<Person> find(Store& store, const std::string& who);
  /// `world` is of these rules.
  Explanation at(Seconds as_of, const Rules& rules, std::shared_ptr<const World> world);
  /// All events by time, with what is made of them at the moment.
  std::vector<PersonEvent> events(const World& world, const RobotRules& rules, Seconds as_of);
  /// Those that this person's events tell of: the world needs no others for at() and events().
  LinksOfMailings links() const;
  /// Of the first event; 0: none.
  Seconds first_event() const;
  std::optional<RecipientId> id() const { return m_found.id; }

private:
  Person(Store& store, const FoundPerson& found)
      : m_store(store), m_found(found), m_source(store.database(), found.id, found.key) {}

  Store& m_store;
  FoundPerson m_found;
  PersonSource m_source;
};

/// A person at one moment.
Result<Explanation> explain(Store& store, const Workspace& workspace, const Rules& rules,
                            const std::string& who, Seconds as_of);

struct PersonActivity {
  World world; // with the person's links alone
  std::vector<PersonEvent> events;
};
/// Person::events() by the config's rules.
Result<PersonActivity> activity_of(Store& store, const Workspace& workspace, const std::string& who,
                                   Seconds as_of);

} // namespace mailfunnel
